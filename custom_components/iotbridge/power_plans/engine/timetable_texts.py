"""Sentences for timetables: simple ones in words, others as their cron expression. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, time as day_time
from itertools import product

from cronsim import CronSim

from .timetable import DAYS, Timetable

type Sentence = Callable[..., str]
type TimeText = Callable[[day_time], str]

_WORKING_DAYS = list(DAYS[:5])
_WEEKEND = list(DAYS[5:])
# More of them are no sentence.
_MAX_LISTED = 4
_ALL_MINUTES, _ALL_HOURS = 60, 24
_ALL_MONTHS = set(range(1, 13))
_ALL_MONTH_DAYS = set(range(1, 32))
_ANY_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - only the fields of the expression are read


def timetable_text(timetable: Timetable, sentence: Sentence, time_text: TimeText) -> str:
    """Return a timetable in words; ``sentence`` returns a text by its key, ``time_text`` a time of day."""
    cron = CronSim(timetable.expression, _ANY_TIME)
    months, minutes, hours = set(cron.months), sorted(cron.minutes), sorted(cron.hours)
    when = _days_text(cron, sentence) if months == _ALL_MONTHS else None
    if when is None or len(minutes) > _MAX_LISTED:
        return sentence("cron", expression=timetable.expression)
    if len(hours) == _ALL_HOURS and len(minutes) == 1:
        return sentence("hourly", days=when, minute=f"{minutes[0]:02}")
    if len(minutes) * len(hours) > _MAX_LISTED:
        return sentence("cron", expression=timetable.expression)
    times = [time_text(day_time(hour, minute)) for hour, minute in product(hours, minutes)]
    return sentence("at", days=when, times=_joined(times, sentence))


def _days_text(cron: CronSim, sentence: Sentence) -> str | None:
    """Return the days of an expression in words; None for those without simple words."""
    if any(isinstance(day, tuple) for day in cron.weekdays):
        return None
    # Monday is 1, Sunday both 0 and 7.
    numbers = {(day - 1) % len(DAYS) for day in cron.weekdays if isinstance(day, int)}
    is_any_weekday, is_any_day = len(numbers) == len(DAYS), set(cron.days) == _ALL_MONTH_DAYS
    if (is_any_weekday and is_any_day) or ((is_any_weekday or is_any_day) and not cron.day_and):
        return sentence("every_day")
    if is_any_day:
        return _weekdays_text([DAYS[number] for number in sorted(numbers)], sentence)
    return _month_days_text(sorted(cron.days), sentence) if is_any_weekday else None


def _weekdays_text(days: list[str], sentence: Sentence) -> str:
    if days == _WORKING_DAYS:
        return sentence("working_days")
    if days == _WEEKEND:
        return sentence("weekend")
    return sentence("weekdays", days=_joined([sentence(day) for day in days], sentence))


def _month_days_text(days: list[int], sentence: Sentence) -> str | None:
    if days == [CronSim.LAST]:
        return sentence("last_day")
    if len(days) > _MAX_LISTED or days[0] < 1:
        return None
    return sentence("month_days", days=_joined([str(day) for day in days], sentence))


def _joined(words: Sequence[str], sentence: Sentence) -> str:
    *head, last = words
    return sentence("list", head=", ".join(head), last=last) if head else last
