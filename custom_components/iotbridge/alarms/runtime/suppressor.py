"""Suppression of alarms by maintenance, maintenance windows and root causes, kept up to date with the home."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
import uuid

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ... import mqtt_client
from ...coalescing import CoalescedCall
from ...const import DOMAIN, MQTT_DOMAIN
from ..engine.advance import SuppressionChanged
from ..engine.instance import Instance
from ..engine.maintenance_window import MaintenanceWindow
from ..engine.models import NO_ACTOR, Actor, AlarmKey
from ..engine.parsing import parse_or_log
from ..engine.references import Moves, moved_key, moved_reason, moved_selection
from ..engine.root_cause import BROKER, PARENT, Location, Member, chain, key_of, parents, reason_of
from ..engine.rule import Selection
from ..engine.suppression import MAINTENANCE, WINDOW, recomputed
from .entity_selector import EntitySelector
from .events import SIGNAL_COUNTS
from .processor import AlarmProcessor

# Of the entity that says whether the broker is there.
BROKER_CONNECTED = "broker_connected"
# When a cause is over, what it took away gets this time to come back before it speaks for itself: hosts find a broker
# again within a minute.
GRACE_S = 75.0


class Suppressor:
    """Puts reasons on alarms and takes them away."""

    def __init__(self, hass: HomeAssistant, processor: AlarmProcessor, selections: EntitySelector) -> None:
        """Prepare; nothing is silent."""
        self._hass = hass
        self._processor = processor
        self._selections = selections
        self._places: dict[str, Location] = {}
        self._children: dict[str, list[Instance]] | None = None
        # Until when a cause that is over goes on to explain an alarm.
        self._lingering: dict[tuple[AlarmKey, str], float] = {}
        self._stop_waiting: CALLBACK_TYPE | None = None
        self._broker_gone_at: float | None = None
        self.async_soon = CoalescedCall(hass, self.async_apply)
        self.maintenance = False
        self.windows: dict[str, MaintenanceWindow] = {}

    @callback
    def async_restore(self, remembered: Mapping[str, Any]) -> None:
        """Take up what was silent before a restart."""
        self.maintenance = bool(remembered.get("maintenance", False))
        for key, data in remembered.get("windows", {}).items():
            if window := parse_or_log("A maintenance window", partial(MaintenanceWindow.from_dict, data)):
                self.windows[key] = window
        self._broker_gone_at = remembered.get(BROKER)

    @property
    def timed_windows(self) -> dict[str, MaintenanceWindow]:
        """Return the windows that end once and for all, by id."""
        return {key: window for key, window in self.windows.items() if window.until is not None}

    @callback
    def async_set_windows(self, recurring: Mapping[str, MaintenanceWindow]) -> None:
        """Follow the windows that come again and again."""
        self.windows = {**recurring, **self.timed_windows}
        self.async_soon()

    @callback
    def async_set_maintenance(self, on: bool, by: Actor) -> None:
        """Silence all alarms, or judge them again; measuring goes on."""
        self.maintenance = on
        self._processor.async_remember("maintenance", on)
        self.async_apply(by)
        async_dispatcher_send(self._hass, SIGNAL_COUNTS)

    @callback
    def async_start_window(
        self, name: str, selection: Selection, until: float, by: Actor, *, rules: tuple[str, ...] = ()
    ) -> str:
        """Silence the alarms of some entities and rules until a time; return the id of the window."""
        window_id = uuid.uuid4().hex
        self.windows[window_id] = MaintenanceWindow(name=name, selection=selection, rules=rules, until=until)
        self._async_keep_windows()
        self.async_apply(by)
        return window_id

    @callback
    def async_end_window(self, window_id: str, by: Actor) -> None:
        """End a window before its time."""
        if self.windows.pop(window_id, None) is not None:
            self._async_keep_windows()
            self.async_apply(by)

    @callback
    def async_minute(self) -> None:
        """Forget the windows that are over, and see which begin or end now."""
        now = self._processor.now()
        over = [key for key, window in self.timed_windows.items() if not window.is_open(now, dt_util.now())]
        for window_id in over:
            del self.windows[window_id]
        if over:
            self._async_keep_windows()
        self.async_apply()

    @callback
    def _async_keep_windows(self) -> None:
        self._processor.async_remember("windows", {key: window.as_dict() for key, window in self.timed_windows.items()})

    @callback
    def async_forget_places(self) -> None:
        """Devices or entities changed: look again where they belong."""
        self._places.clear()

    @callback
    def async_move(self, moves: Moves) -> None:
        """Follow a rename of entities."""
        self._lingering = {
            (moved_key(key, moves), moved_reason(reason, moves)): until
            for (key, reason), until in self._lingering.items()
        }
        self._children = None
        self._places.clear()
        moved = {
            key: replace(each, selection=moved_selection(each.selection, moves)) for key, each in self.windows.items()
        }
        if moved != self.windows:
            self.windows = moved
            self._async_keep_windows()
        self.async_soon()

    @callback
    def async_stop(self) -> None:
        """Apply no more."""
        self.async_soon.cancel()
        if self._stop_waiting:
            self._stop_waiting()
            self._stop_waiting = None

    @callback
    def async_clock_set(self, by_s: float) -> None:
        """Take what lasts along when the clock is set."""
        self._lingering = {key: until + by_s for key, until in self._lingering.items()}
        if self._broker_gone_at is not None:
            self._broker_gone_at += by_s

    @callback
    def async_apply(self, by: Actor = NO_ACTOR) -> None:
        """Give every alarm exactly the reasons that hold now."""
        self.async_stop()
        now = self._processor.now()
        self._children = None
        lingering, self._lingering = self._lingering, {}
        open_windows = self._open_windows(now)
        instances = list(self._processor)
        self._async_look_at_broker(instances, now)
        explained = parents(map(self._member, instances), broker_gone_at=self._broker_gone_at)
        for instance in instances:
            reasons = self._reasons(instance, open_windows)
            if (parent := explained.get(instance.key)) is not None:
                reasons.append(reason_of(parent))
            else:
                reasons += self._over(instance, lingering, now)
            self._async_set(instance, reasons, now, by)
        if self._lingering:
            wait_s = max(0.0, min(self._lingering.values()) - now)
            self._stop_waiting = async_call_later(self._hass, wait_s, self._async_waited)

    @callback
    def _async_waited(self, _now: datetime) -> None:
        self.async_apply()

    @callback
    def _async_look_at_broker(self, instances: Iterable[Instance], now: float) -> None:
        """Note since when the broker is gone; when it is back, what could not be heard was not silent."""
        gone_at, is_gone = self._broker_gone_at, not mqtt_client.is_connected(self._hass)
        if is_gone is (gone_at is not None):
            return
        self._broker_gone_at = now if is_gone else None
        self._processor.async_remember(BROKER, self._broker_gone_at)
        if gone_at is None:
            return
        for instance in instances:
            if instance.evaluator and BROKER in self._place(instance.key.subject).behind:
                self._processor.async_advance(instance, instance.evaluator.discount_outage(gone_at, now), now)

    def _member(self, instance: Instance) -> Member:
        return Member(instance.rule, instance.alarm, self._place(instance.key.subject))

    def _over(self, instance: Instance, lingering: Mapping[tuple[AlarmKey, str], float], now: float) -> list[str]:
        """Return the cause that explained an alarm until now, when the alarm may be over in a moment as well."""
        if instance.alarm.last_evaluation.is_active is False and not instance.alarm.active:
            return []
        for reason in instance.alarm.suppressed_by:
            if not reason.startswith(PARENT):
                continue
            cause = self._processor.get(key_of(reason))
            if cause is None or (cause.alarm.active and not self._member(cause).is_cause):
                return []  # somebody has silenced it, or taken it away
            until = lingering.get((instance.key, reason), now + GRACE_S)
            if now < until:
                self._lingering[instance.key, reason] = until
                return [reason]
        return []

    def children(self, key: AlarmKey) -> list[Instance]:
        """Return the alarms that this one explains."""
        if self._children is None:
            self._children = {}
            for instance in self._processor:
                for reason in instance.alarm.suppressed_by:
                    self._children.setdefault(reason, []).append(instance)
        return self._children.get(reason_of(key), [])

    def is_broker(self, entity_id: str) -> bool:
        """Return whether an entity says whether the broker is there."""
        return self._place(entity_id).device == BROKER

    def lacks_broker(self, instance: Instance) -> bool:
        """Return whether an alarm says that something is gone that cannot be reached without the broker."""
        member = self._member(instance)
        return member.is_absent and BROKER in member.place.behind and self._broker_gone_at is not None

    def is_in_maintenance(self, entity_id: str) -> bool:
        """Return whether an entity's alarms are silent because somebody works on it."""
        matching = self._open_windows(self._processor.now()).values()
        return self.maintenance or any(entity_id in entities for _, entities in matching)

    def _open_windows(self, now: float) -> dict[str, tuple[MaintenanceWindow, frozenset[str]]]:
        local = dt_util.now()
        return {
            key: (window, self._selections.async_matching(window.selection))
            for key, window in self.windows.items()
            if window.is_open(now, local)
        }

    def _reasons(
        self, instance: Instance, open_windows: Mapping[str, tuple[MaintenanceWindow, frozenset[str]]]
    ) -> list[str]:
        reasons = [MAINTENANCE] if self.maintenance else []
        key = instance.key
        reasons += [
            f"{WINDOW}{window_id}"
            for window_id, (window, entities) in open_windows.items()
            if key.rule_id in window.rules or key.subject in entities
        ]
        return reasons

    @callback
    def _async_set(self, instance: Instance, reasons: Iterable[str], now: float, by: Actor) -> None:
        wanted = frozenset(reasons)
        if wanted != recomputed(instance.alarm.suppressed_by):
            self._children = None
            self._processor.async_advance(instance, SuppressionChanged(wanted, by), now)

    def _place(self, entity_id: str) -> Location:
        if (place := self._places.get(entity_id)) is None:
            place = self._places[entity_id] = self._find(entity_id)
        return place

    def _find(self, entity_id: str) -> Location:
        entry = er.async_get(self._hass).async_get(entity_id)
        if entry is None:
            return Location()
        if entry.platform == DOMAIN and entry.unique_id.endswith(BROKER_CONNECTED):
            return Location(BROKER)
        behind: tuple[str, ...] = ()
        if entry.device_id is not None:
            behind = tuple(chain(entry.device_id, _via(dr.async_get(self._hass))))
        if self._is_behind_broker(entry):
            behind = (*behind, BROKER)
        return Location(entry.device_id, behind)

    def _is_behind_broker(self, entry: er.RegistryEntry) -> bool:
        """Return whether an entity is of core's mqtt, or what we add to a device of core's mqtt."""
        if entry.platform == DOMAIN and entry.device_id is not None:
            return bool(mqtt_client.async_device_identifiers(self._hass, entry.device_id))
        return entry.platform == MQTT_DOMAIN


def _via(devices: dr.DeviceRegistry) -> Callable[[str], str | None]:
    def via(device_id: str) -> str | None:
        device = devices.async_get(device_id)
        if isinstance(device, dr.DeviceEntry):
            return device.via_device_id
        return device.parent_device_id if isinstance(device, dr.ChildDeviceEntry) else None

    return via
