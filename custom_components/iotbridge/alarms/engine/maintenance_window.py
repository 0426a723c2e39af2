"""A time in which alarms are silent. Pure."""

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
    """A time in which alarms of some entities or rules are silent; ``until`` in seconds since 1970."""

    name: str
    selection: Selection
    rules: tuple[str, ...] = ()
    until: float | None = None
    days: tuple[str, ...] = ()
    start: str = ""
    duration_s: float = 0.0

    def is_open(self, now: float, local: datetime) -> bool:
        """Return whether it is this time; ``local`` is the same moment in the home's time zone.

        Instants are compared: a window is as long in the nights when clocks change as in all others. One whose start
        these skip begins when the skipped hour would have; of an hour that comes twice, it begins in the first.
        """
        if self.until is not None:
            return now < self.until
        begins = day_time.fromisoformat(self.start)
        # The one that began yesterday may go over midnight.
        for days_ago in (0, 1):
            day = local.date() - timedelta(days=days_ago)
            began = datetime.combine(day, begins, local.tzinfo).timestamp()
            if DAYS[day.weekday()] in self.days and began <= local.timestamp() < began + self.duration_s:
                return True
        return False

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MaintenanceWindow:
        """Read what ``as_dict`` wrote. Raises ValueError where a value is not of its type, or is no time or day."""
        selection = Selection.from_dict(data.get("selection", {}))
        given = {**data, "rules": tuple(data.get("rules", ())), "days": tuple(data.get("days", ()))}
        window = cls(**{**given, "selection": selection})
        check(window)
        if window.until is None:
            day_time.fromisoformat(window.start)
        if unknown := set(window.days).difference(DAYS):
            raise ValueError(f"{', '.join(sorted(unknown))}: no day; expected are {', '.join(DAYS)}")
        return window

    @classmethod
    def of_subentry(cls, _window_id: str, name: str, data: Mapping[str, Any]) -> MaintenanceWindow:
        """Read the data of a subentry."""
        given = {key: value for key, value in data.items() if key not in {REGISTRY_IDS, VERSION_KEY}}
        return cls.from_dict({**given, "name": name})
