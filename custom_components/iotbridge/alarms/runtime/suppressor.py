"""Suppression of alarms by maintenance, maintenance windows and root causes, kept up to date with the home."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import inf
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
from ...parsing import parse_or_log
from ..engine.advance import SuppressionChanged
from ..engine.instance import Instance
from ..engine.maintenance_window import MaintenanceWindow
from ..engine.models import NO_ACTOR, Actor, AlarmKey
from ..engine.references import Moves, moved_key, moved_reason, moved_selection
from ..engine.root_cause import BROKER, PARENT, Location, Member, chain, key_of, parent_of, parents, reason_of
from ..engine.rule import Selection
from ..engine.suppression import MAINTENANCE, WINDOW, recomputed
from .entity_selector import EntitySelector
from .events import SIGNAL_COUNTS
from .processor import AlarmProcessor

# Key of the entity that reports the connection to the broker.
BROKER_CONNECTED = "broker_connected"
# Name of the remembered ends of recurring windows that a person ended.
ENDED_WINDOWS = "ended_windows"
# After a root cause has cleared, the alarms that it explained get this time to clear before they are notified: hosts
# reconnect to a broker within a minute.
GRACE_S = 75.0


class Suppressor:
    """Sets and removes the reasons for which alarms are suppressed."""

    def __init__(self, hass: HomeAssistant, processor: AlarmProcessor, selector: EntitySelector) -> None:
        """Prepare; nothing is suppressed."""
        self._hass = hass
        self._processor = processor
        self._selector = selector
        self._locations: dict[str, Location] = {}
        self._children: dict[str, list[Instance]] | None = None
        # End of the grace period of each alarm and its former root cause.
        self._grace_ends: dict[tuple[AlarmKey, str], float] = {}
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._broker_lost_at: float | None = None
        self.async_apply_soon = CoalescedCall(hass, self.async_apply)
        self.maintenance = False
        self.windows: dict[str, MaintenanceWindow] = {}
        # By recurring window that a person ended, when it would have closed; it opens again the next time.
        self._ended: dict[str, float] = {}

    @callback
    def async_restore(self, remembered: Mapping[str, Any]) -> None:
        """Restore maintenance and windows."""
        self.maintenance = bool(remembered.get("maintenance", False))
        for key, data in remembered.get("windows", {}).items():
            if window := parse_or_log("A maintenance window", partial(MaintenanceWindow.from_dict, data)):
                self.windows[key] = window
        self._broker_lost_at = remembered.get(BROKER)
        self._ended = dict(remembered.get(ENDED_WINDOWS, {}))

    @property
    def timed_windows(self) -> dict[str, MaintenanceWindow]:
        """Return the windows that do not recur, by id."""
        return {key: window for key, window in self.windows.items() if window.until is not None}

    @callback
    def async_set_windows(self, recurring: Mapping[str, MaintenanceWindow]) -> None:
        """Replace the recurring windows."""
        self.windows = {**recurring, **self.timed_windows}
        self.async_apply_soon()

    @callback
    def async_set_maintenance(self, on: bool, by: Actor) -> None:
        """Suppress all alarms, or end that; their rules are evaluated meanwhile."""
        self.maintenance = on
        self._processor.async_remember("maintenance", on)
        self.async_apply(by)
        async_dispatcher_send(self._hass, SIGNAL_COUNTS)

    @callback
    def async_start_window(
        self, name: str, selection: Selection, until: float, by: Actor, *, rules: tuple[str, ...] = ()
    ) -> str:
        """Suppress the alarms of some entities and rules until a time; return the id of the window."""
        window_id = uuid.uuid4().hex
        self.windows[window_id] = MaintenanceWindow(name=name, selection=selection, rules=rules, until=until)
        self._async_save_windows()
        self.async_apply(by)
        return window_id

    @callback
    def async_end_window(self, window_id: str, by: Actor) -> None:
        """End a window before its time; a recurring one opens again the next time."""
        if (until := self.closes_at(window_id, self._processor.now())) is None:
            return
        if self.windows[window_id].until is None:
            self._ended[window_id] = until
        else:
            del self.windows[window_id]
        self._async_save_windows()
        self.async_apply(by)

    @callback
    def async_update_windows(self) -> None:
        """Remove the windows that have ended, and apply those that open or close now."""
        now = self._processor.now()
        past = [key for key in self.timed_windows if self.closes_at(key, now) is None]
        for window_id in past:
            del self.windows[window_id]
        if past:
            self._async_save_windows()
        self.async_apply()

    @callback
    def _async_save_windows(self) -> None:
        self._ended = {key: until for key, until in self._ended.items() if until > self._processor.now()}
        self._processor.async_remember("windows", {key: window.as_dict() for key, window in self.timed_windows.items()})
        self._processor.async_remember(ENDED_WINDOWS, self._ended)
        async_dispatcher_send(self._hass, SIGNAL_COUNTS)

    @callback
    def async_clear_locations(self) -> None:
        """Clear the cached locations after a change of devices or entities."""
        self._locations.clear()

    @callback
    def async_move(self, moves: Moves) -> None:
        """Apply a rename of entities."""
        self._grace_ends = {
            (moved_key(key, moves), moved_reason(reason, moves)): until
            for (key, reason), until in self._grace_ends.items()
        }
        self._children = None
        self._locations.clear()
        moved = {
            key: replace(window, selection=moved_selection(window.selection, moves))
            for key, window in self.windows.items()
        }
        if moved != self.windows:
            self.windows = moved
            self._async_save_windows()
        self.async_apply_soon()

    @callback
    def async_stop(self) -> None:
        """Cancel scheduled updates."""
        self.async_apply_soon.cancel()
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def async_clock_set(self, by_s: float) -> None:
        """Move the grace periods and the time of the broker's loss when the clock is set."""
        self._grace_ends = {key: until + by_s for key, until in self._grace_ends.items()}
        if self._broker_lost_at is not None:
            self._broker_lost_at += by_s

    @callback
    def async_apply(self, by: Actor = NO_ACTOR) -> None:
        """Set exactly the present reasons on every alarm."""
        self.async_stop()
        now = self._processor.now()
        self._children = None
        grace_ends, self._grace_ends = self._grace_ends, {}
        open_windows = self.open_windows(now)
        instances = list(self._processor)
        self._async_update_broker(instances, now)
        explained = parents(map(self._member, instances), broker_lost_at=self._broker_lost_at)
        for instance in instances:
            reasons = self._reasons(instance, open_windows)
            if (parent := explained.get(instance.key)) is not None:
                reasons.append(reason_of(parent))
            else:
                reasons += self._reasons_in_grace(instance, grace_ends, now)
            self._async_set_reasons(instance, reasons, now, by)
        if self._grace_ends:
            wait_s = max(0.0, min(self._grace_ends.values()) - now)
            self._cancel_timer = async_call_later(self._hass, wait_s, self._async_grace_ended)

    @callback
    def _async_grace_ended(self, _now: datetime) -> None:
        self.async_apply()

    @callback
    def _async_update_broker(self, instances: Iterable[Instance], now: float) -> None:
        """Record since when the broker is lost; after its return the outage does not count as missing reports."""
        lost_at, is_lost = self._broker_lost_at, not mqtt_client.is_connected(self._hass)
        if is_lost is (lost_at is not None):
            return
        self._broker_lost_at = now if is_lost else None
        self._processor.async_remember(BROKER, self._broker_lost_at)
        if lost_at is None:
            return
        for instance in instances:
            if instance.evaluator and BROKER in self._location(instance.key.subject).behind:
                self._processor.async_advance(instance, instance.evaluator.discount_outage(lost_at, now), now)

    def _member(self, instance: Instance) -> Member:
        return Member(instance.rule, instance.alarm, self._location(instance.key.subject))

    def _reasons_in_grace(
        self, instance: Instance, grace_ends: Mapping[tuple[AlarmKey, str], float], now: float
    ) -> list[str]:
        """Return the former root cause of an alarm as a reason while its grace period lasts."""
        if instance.alarm.last_evaluation.is_active is False and not instance.alarm.active:
            return []
        for reason in instance.alarm.suppressed_by:
            if not reason.startswith(PARENT):
                continue
            cause = self._processor.get(key_of(reason))
            if cause is None or (cause.alarm.active and not self._member(cause).is_cause):
                return []  # a person suppressed or removed the root cause
            until = grace_ends.get((instance.key, reason), now + GRACE_S)
            if now < until:
                self._grace_ends[instance.key, reason] = until
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

    def is_broker_entity(self, entity_id: str) -> bool:
        """Return whether an entity reports the connection to the broker."""
        return self._location(entity_id).device == BROKER

    def is_behind_lost_broker(self, instance: Instance) -> bool:
        """Return whether an alarm reports the absence of an entity that is behind the lost broker."""
        member = self._member(instance)
        return member.is_absent and BROKER in member.location.behind and self._broker_lost_at is not None

    def is_in_maintenance(self, entity_id: str) -> bool:
        """Return whether maintenance or an open window suppresses the alarms of an entity."""
        matching = self.open_windows(self._processor.now()).values()
        return self.maintenance or any(entity_id in entities for _, entities in matching)

    def closes_at(self, window_id: str, at: float) -> float | None:
        """Return when a window closes that is open at a time; None while it is not, or when a person ended it."""
        if (window := self.windows.get(window_id)) is None:
            return None
        until = window.closes_at(at, self._local(at))
        return None if until is None or until <= self._ended.get(window_id, -inf) else until

    def next_change(self, at: float) -> float | None:
        """Return when the next window opens or closes, or a grace period ends, after a time."""
        local = self._local(at)
        times = [*self._grace_ends.values(), *(window.opens_at(local) for window in self.windows.values())]
        times += [self.closes_at(window_id, at) for window_id in self.windows]
        return min((each for each in times if each is not None and each > at), default=None)

    def reasons_at(self, instance: Instance, at: float) -> frozenset[str]:
        """Return the reasons of maintenance and of a grace period that an alarm will have at a time."""
        grace = (reason for (key, reason), until in self._grace_ends.items() if key == instance.key and at < until)
        return frozenset([*self._reasons(instance, self.open_windows(at)), *grace])

    def causes(self) -> list[Member]:
        """Return the present alarms that may explain others, as ``cause_of`` needs them."""
        return [member for member in map(self._member, self._processor) if member.is_cause]

    def cause_of(self, instance: Instance, causes: Iterable[Member]) -> AlarmKey | None:
        """Return the root cause that an alarm in another state than the present one would have."""
        return parent_of(self._member(instance), causes, broker_lost_at=self._broker_lost_at)

    def _local(self, at: float) -> datetime:
        return dt_util.as_local(dt_util.utcnow() + timedelta(seconds=at - self._processor.now()))

    def open_windows(self, now: float) -> dict[str, tuple[MaintenanceWindow, frozenset[str]]]:
        """Return the windows that are open at a time, by id, with the entities that they select."""
        return {
            key: (window, self._selector.async_matching(window.selection))
            for key, window in self.windows.items()
            if self.closes_at(key, now) is not None
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
    def _async_set_reasons(self, instance: Instance, reasons: Iterable[str], now: float, by: Actor) -> None:
        present = frozenset(reasons)
        if present != recomputed(instance.alarm.suppressed_by):
            self._children = None
            self._processor.async_advance(instance, SuppressionChanged(present, by), now)

    def _location(self, entity_id: str) -> Location:
        if (location := self._locations.get(entity_id)) is None:
            location = self._locations[entity_id] = self._locate(entity_id)
        return location

    def _locate(self, entity_id: str) -> Location:
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
        """Return whether an entity belongs to the MQTT integration, or to IoT Bridge on a device of it."""
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
