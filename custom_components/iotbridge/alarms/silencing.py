"""Why alarms are silent: maintenance, windows, and causes that explain them. Kept in step with the home."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time as day_time, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from . import lifecycle
from .instance import Instance
from .ledger import Ledger
from .models import NOBODY, Alarm, AlarmKey, AlarmState, By
from .rule import Rule, Selection
from .selection import async_matching
from .topology import PARENT, Place, chain, is_cause, parent_of

MAINTENANCE = "maintenance"
BY_HAND = "by_hand"
WINDOW = "window:"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which alarms of some entities or rules are silent; ``until`` in seconds since 1970."""

    name: str
    selection: Selection
    rules: tuple[str, ...] = ()
    until: float | None = None
    days: tuple[str, ...] = ()
    start: str = ""
    duration_s: float = 0.0

    def is_open(self, now: float, local: datetime) -> bool:
        """Tell whether it is this time; ``local`` is the same moment in the home's time zone."""
        if self.until is not None:
            return now < self.until
        begins = day_time.fromisoformat(self.start)
        # The one that began yesterday may go over midnight.
        for days_ago in (0, 1):
            day = local.date() - timedelta(days=days_ago)
            began = datetime.combine(day, begins, local.tzinfo)
            if DAYS[day.weekday()] in self.days and began <= local < began + timedelta(seconds=self.duration_s):
                return True
        return False

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Window:
        """Read what ``as_dict`` wrote, or the data of a subentry."""
        selection = Selection.from_dict(data.get("selection", {}))
        given = {**data, "rules": tuple(data.get("rules", ())), "days": tuple(data.get("days", ()))}
        return cls(**{**given, "selection": selection})


class Silencing:
    """Puts reasons on alarms and takes them away."""

    def __init__(self, hass: HomeAssistant, ledger: Ledger) -> None:
        """Prepare; nothing is silent."""
        self._hass = hass
        self._ledger = ledger
        self._places: dict[str, Place] = {}
        self.maintenance = False
        self.windows: dict[str, Window] = {}

    @callback
    def async_forget_places(self) -> None:
        """Devices or entities changed: look again where they belong."""
        self._places.clear()

    @callback
    def async_apply(self, by: By = NOBODY) -> None:
        """Give every alarm exactly the reasons that hold now."""
        now = self._ledger.now()
        instances = list(self._ledger)
        open_windows = self._open_windows(now)
        causes = [(i.rule, i.alarm) for i in instances if is_cause(i.rule, i.alarm)]
        by_device: defaultdict[str | None, list[tuple[Rule, Alarm]]] = defaultdict(list)
        for cause in causes:
            by_device[self._place(cause[1].key.subject).device].append(cause)
        for instance in instances:
            reasons = self._reasons(instance, open_windows)
            near = causes if instance.rule.parents else self._near(instance, by_device)
            if near and (parent := parent_of(instance.rule, instance.alarm, near, self._place)):
                reasons.append(f"{PARENT}{parent.rule_id}/{parent.subject}")
            self._async_set(instance, reasons, now, by)

    def _near(
        self, instance: Instance, by_device: Mapping[str | None, list[tuple[Rule, Alarm]]]
    ) -> list[tuple[Rule, Alarm]]:
        """Return the causes on the alarm's device and on those it is behind."""
        place = self._place(instance.key.subject) if by_device else Place()
        devices = (place.device, *place.behind) if place.device else ()
        return [cause for device in devices for cause in by_device.get(device, ())]

    @callback
    def async_ended_windows(self) -> list[str]:
        """Return the timed windows that are over."""
        now = self._ledger.now()
        return [key for key, window in self.windows.items() if window.until is not None and now >= window.until]

    def children(self, key: AlarmKey) -> list[Instance]:
        """Return the alarms that this one explains."""
        reason = f"{PARENT}{key.rule_id}/{key.subject}"
        return [instance for instance in self._ledger if reason in instance.alarm.suppressed_by]

    def is_in_maintenance(self, entity_id: str) -> bool:
        """Tell whether an entity's alarms are silent because somebody works on it."""
        matching = self._open_windows(self._ledger.now()).values()
        return self.maintenance or any(entity_id in entities for _, entities in matching)

    def _open_windows(self, now: float) -> dict[str, tuple[Window, frozenset[str]]]:
        local = dt_util.now()
        return {
            key: (window, _matching(self._hass, window.selection))
            for key, window in self.windows.items()
            if window.is_open(now, local)
        }

    def _reasons(self, instance: Instance, open_windows: Mapping[str, tuple[Window, frozenset[str]]]) -> list[str]:
        reasons = [MAINTENANCE] if self.maintenance else []
        key = instance.key
        reasons += [
            f"{WINDOW}{window_id}"
            for window_id, (window, entities) in open_windows.items()
            if key.rule_id in window.rules or key.subject in entities
        ]
        return reasons

    @callback
    def _async_set(self, instance: Instance, reasons: Iterable[str], now: float, by: By) -> None:
        wanted, alarm = set(reasons), instance.alarm
        ours = {reason for reason in alarm.suppressed_by if reason.startswith((MAINTENANCE, WINDOW, PARENT))}
        happened = []
        for reason in sorted(wanted - ours):
            happened += lifecycle.suppress(alarm, reason, now, by)
        for reason in sorted(ours - wanted):
            happened += lifecycle.unsuppress(alarm, reason, now, by)
        if happened and alarm.beneath is AlarmState.NORMAL:
            # It has nothing to say: a hub that is gone for a moment is no history of all that is behind it.
            self._ledger.async_quietly(instance)
        elif happened:
            self._ledger.async_happened(instance, happened)

    def _place(self, entity_id: str) -> Place:
        if (place := self._places.get(entity_id)) is None:
            place = self._places[entity_id] = self._find(entity_id)
        return place

    def _find(self, entity_id: str) -> Place:
        entry = er.async_get(self._hass).async_get(entity_id)
        if entry is None or entry.device_id is None:
            return Place()
        devices = dr.async_get(self._hass)
        return Place(entry.device_id, tuple(chain(entry.device_id, _via(devices))))


def _via(devices: dr.DeviceRegistry) -> Callable[[str], str | None]:
    def via(device_id: str) -> str | None:
        device = devices.async_get(device_id)
        if isinstance(device, dr.DeviceEntry):
            return device.via_device_id
        return device.parent_device_id if isinstance(device, dr.ChildDeviceEntry) else None

    return via


def _matching(hass: HomeAssistant, selection: Selection) -> frozenset[str]:
    """Return the entities of a window; one that names only rules has none."""
    return async_matching(hass, selection) if selection != Selection() else frozenset()
