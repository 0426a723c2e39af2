"""Formats of dates and times as a user chose them in their profile. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time as day_time
from typing import Any

_NOON = 12


@dataclass(frozen=True, slots=True)
class ClockFormat:
    """Format of times and dates; ``order`` is that of day, month and year: DMY, MDY or YMD."""

    has_twelve_hours: bool = False
    order: str = "YMD"

    def time(self, at: day_time) -> str:
        """Return a time of day, such as 23:30 or 11:30 PM."""
        if not self.has_twelve_hours:
            return f"{at.hour:02}:{at.minute:02}"
        return f"{at.hour % _NOON or _NOON}:{at.minute:02} {'AM' if at.hour < _NOON else 'PM'}"

    def date(self, at: date) -> str:
        """Return a date in the order of the user."""
        separator = "-" if self.order == "YMD" else "/"
        parts = {"Y": f"{at.year}", "M": f"{at.month:02}", "D": f"{at.day:02}"}
        return separator.join(parts[part] for part in self.order)

    def moment(self, at: datetime, weekday: str) -> str:
        """Return a date with its weekday and time."""
        return f"{weekday} {self.date(at)}, {self.time(at.time())}"

    @classmethod
    def of_profile(cls, profile: Mapping[str, Any], language: str) -> ClockFormat:
        """Return the format of a user's profile; what it leaves open follows from the language."""
        spoken = str(profile.get("language") or language)
        is_american = spoken in {"en", "en-US"}
        hours, order = profile.get("time_format"), profile.get("date_format")
        return cls(
            has_twelve_hours=hours == "12" or (hours != "24" and is_american),
            order=order if order in {"DMY", "MDY", "YMD"} else "MDY" if is_american else "DMY",
        )
