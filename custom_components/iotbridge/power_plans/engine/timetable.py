"""Timetable: the times at which a schedule runs, by weekdays and a time or by a cron expression. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time as day_time, timedelta, tzinfo
from itertools import islice, pairwise, takewhile
from typing import Final

from cronsim import CronSim, CronSimError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A machine that is shut down again and again cannot be used to stop that.
MIN_GAP: Final = timedelta(minutes=10)
_FIELDS: Final = 5
_MAX_LENGTH: Final = 100
# Runs that are compared for their distance.
_COMPARED: Final = 50
# Longest time that is searched run by run; a longer one is first searched at its end.
_SEARCHED: Final = timedelta(days=8)
_MINUTE: Final = timedelta(minutes=1)


class TimetableError(ValueError):
    """Invalid timetable; ``key`` is the error key of the flow."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Times by the clock of the household: ``cron``, or else ``time`` (HH:MM) on ``days``.

    Each time of each day is one run in the nights when clocks change, too: a time that is skipped runs as soon as the
    clock goes on, a time that is repeated runs the first time.
    """

    cron: str = ""
    days: tuple[str, ...] = ()
    time: str = ""

    @property
    def expression(self) -> str:
        """Return the cron expression."""
        if self.cron:
            return self.cron
        at = day_time.fromisoformat(self.time)
        numbers = sorted(DAYS.index(day) + 1 for day in self.days)
        return f"{at.minute} {at.hour} * * {','.join(map(str, numbers))}"

    def runs(self, after: datetime) -> Iterator[datetime]:
        """Yield the runs after a time, in its time zone."""
        last, zone = after.astimezone(UTC), after.tzinfo
        for wall in CronSim(self.expression, after.replace(tzinfo=None)):
            local = _local(wall, zone)
            if local is not None and local.astimezone(UTC) > last:
                last = local.astimezone(UTC)
                yield local

    def next_run(self, after: datetime) -> datetime | None:
        """Return the first run after a time; None if there is none in 50 years."""
        return next(self.runs(after), None)

    def last_run(self, after: datetime, until: datetime) -> datetime | None:
        """Return the last run after a time and not after another one."""
        for start in (max(after, until - _SEARCHED), after):
            runs = deque(takewhile(lambda run: run.astimezone(UTC) <= until, self.runs(start)), maxlen=1)
            if runs:
                return runs[0]
        return None

    def check(self, now: datetime) -> None:
        """Raise TimetableError for a timetable that cannot be read, never runs, or runs too often."""
        if not self.cron and not self.days:
            raise TimetableError("no_days")
        if len(self.cron) > _MAX_LENGTH or (self.cron and len(self.cron.split()) != _FIELDS):
            raise TimetableError("cron_invalid")
        try:
            runs = [run.astimezone(UTC) for run in islice(self.runs(now), _COMPARED)]
        except (CronSimError, ValueError, AssertionError) as error:
            raise TimetableError("cron_invalid") from error
        if not runs:
            raise TimetableError("never_runs")
        if any(later - earlier < MIN_GAP for earlier, later in pairwise(runs)):
            raise TimetableError("too_often")


def _local(wall: datetime, zone: tzinfo | None) -> datetime | None:
    """Return the time of a clock in a zone; None on a day that the zone left out."""
    if _is_skipped(wall, zone):
        first, last = (datetime.combine(wall.date(), at) for at in (day_time(0, 0), day_time(23, 59)))
        if _is_skipped(first, zone) and _is_skipped(last, zone):
            return None
    while _is_skipped(wall, zone):
        wall += _MINUTE
    return wall.replace(tzinfo=zone)


def _is_skipped(wall: datetime, zone: tzinfo | None) -> bool:
    local = wall.replace(tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
