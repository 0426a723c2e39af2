"""Maintenance window: a period in which alarms are suppressed. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time as day_time, timedelta
from typing import Any

from ...migration import VERSION_KEY
from ...parsing import check
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
        """Return whether the window is open; ``local`` is ``now`` in the home's time zone."""
        return self.closes_at(now, local) is not None

    def closes_at(self, now: float, local: datetime) -> float | None:
        """Return when the window closes, in seconds since 1970; None while it is not open.

        Instants are compared, so a window has the same length in nights in which clocks change. When its start is in
        the skipped hour, the window starts when that hour would have; in a repeated hour it starts in the first one.
        """
        if self.until is not None:
            return self.until if now < self.until else None
        # A window that started yesterday may span midnight.
        starts = (self._starts_at(local, -days_ago) for days_ago in (0, 1))
        ends = [at + self.duration_s for at in starts if at is not None and at <= local.timestamp()]
        return next((end for end in ends if local.timestamp() < end), None)

    def opens_at(self, local: datetime) -> float | None:
        """Return when the window opens next, in seconds since 1970; None when it does not recur."""
        if self.until is not None:
            return None
        starts = (self._starts_at(local, days) for days in range(len(DAYS) + 1))
        return next((at for at in starts if at is not None and at > local.timestamp()), None)

    def _starts_at(self, local: datetime, days: int) -> float | None:
        """Return when the window opens on the day that is so many days ahead; None when it does not recur that day."""
        day = local.date() + timedelta(days=days)
        if DAYS[day.weekday()] not in self.days:
            return None
        return datetime.combine(day, day_time.fromisoformat(self.start), local.tzinfo).timestamp()

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
