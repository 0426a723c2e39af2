"""Maintenance window: a period in which alarms are suppressed. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time as day_time, timedelta
from typing import Any

from ...migration import VERSION_KEY
from .parsing import check
from .references import REGISTRY_IDS
from .rule import Selection

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """Period in which the alarms of some entities or rules are suppressed; ``until`` is in seconds since 1970.

    Without ``until`` it recurs on ``days`` at the local time ``start``.
    """

    name: str
    selection: Selection
    rules: tuple[str, ...] = ()
    until: float | None = None
    days: tuple[str, ...] = ()
    start: str = ""
    duration_s: float = 0.0

    def is_open(self, now: float, local: datetime) -> bool:
        """Return whether the window is open; ``local`` is ``now`` in the home's time zone.

        Instants are compared, so a window has the same length in nights in which clocks change. When its start is in
        the skipped hour, the window starts when that hour would have; in a repeated hour it starts in the first one.
        """
        if self.until is not None:
            return now < self.until
        start = day_time.fromisoformat(self.start)
        # A window that started yesterday may span midnight.
        for days_ago in (0, 1):
            day = local.date() - timedelta(days=days_ago)
            opened_at = datetime.combine(day, start, local.tzinfo).timestamp()
            if DAYS[day.weekday()] in self.days and opened_at <= local.timestamp() < opened_at + self.duration_s:
                return True
        return False

    def as_dict(self) -> dict[str, Any]:
        """Return the window for the store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MaintenanceWindow:
        """Read what ``as_dict`` wrote; raise ValueError for a value of a wrong type, or that is no time or day."""
        selection = Selection.from_dict(data.get("selection", {}))
        values = {**data, "rules": tuple(data.get("rules", ())), "days": tuple(data.get("days", ()))}
        window = cls(**{**values, "selection": selection})
        check(window)
        if window.until is None:
            day_time.fromisoformat(window.start)
        if unknown := set(window.days).difference(DAYS):
            raise ValueError(f"{', '.join(sorted(unknown))}: no day; expected are {', '.join(DAYS)}")
        return window

    @classmethod
    def of_subentry(cls, _window_id: str, name: str, data: Mapping[str, Any]) -> MaintenanceWindow:
        """Read the data of a subentry."""
        values = {key: value for key, value in data.items() if key not in {REGISTRY_IDS, VERSION_KEY}}
        return cls.from_dict({**values, "name": name})
