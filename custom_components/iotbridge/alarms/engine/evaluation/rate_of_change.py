"""Evaluator of numbers that change too fast; pure."""

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..models import Evaluation, Severity
from .formatting import duration_text, number_text
from .snapshot import EntitySnapshot, reading_text, span_of

# Translation key of the reason.
CHANGED = "changed"  # change, within, limit, per
# Readings closer together than this fraction of the window are merged, which limits the memory.
_RESOLUTION = 200


class TimedValue(NamedTuple):
    """Number with the time of its reading."""

    at: float
    number: float


class Extremes:
    """Maximum and minimum of the readings in a window; only readings that can still become one of them are kept.

    At most 201 of each; a reading may leave the window by a 200th of it too early.
    """

    def __init__(self, per_s: float) -> None:
        """Start with an empty window of ``per_s`` seconds."""
        self._per_s = per_s
        self.high: deque[TimedValue] = deque()
        self.low: deque[TimedValue] = deque()

    def add(self, reading: TimedValue) -> None:
        """Add a reading that is not older than the others."""
        resolution_s = self._per_s / _RESOLUTION
        high, low = self.high, self.low
        while high and high[-1].number <= reading.number:
            high.pop()
        while low and low[-1].number >= reading.number:
            low.pop()
        if not high or high[-1].at + resolution_s <= reading.at:
            high.append(reading)
        if not low or low[-1].at + resolution_s <= reading.at:
            low.append(reading)

    def forget(self, now: float) -> None:
        """Drop readings that have left the window."""
        for kept in (self.high, self.low):
            while kept and kept[0].at + self._per_s <= now:
                kept.popleft()

    def clear(self) -> None:
        """Drop all readings."""
        self.high.clear()
        self.low.clear()

    def shift(self, by_s: float) -> None:
        """Move the readings when the clock is set."""
        for kept in (self.high, self.low):
            kept.extend([_later(kept.popleft(), by_s) for _ in range(len(kept))])


class RateOfChangeEvaluator:
    """Evaluator of RATE: any two readings of the last ``per_s`` seconds differ by more than ``change``.

    A reading is valid until the next, as most entities report only changes: a value that was constant for an hour and
    then jumps has changed fast. It is not valid across a time without a value.
    """

    def __init__(
        self,
        severity: Severity,
        change: float,
        per_s: float,
        *,
        attribute: str | None = None,
        unit: str | None = None,
    ) -> None:
        """Start without readings; ``unit`` is that of ``change``."""
        self._attribute = attribute
        self._change = change
        self._per_s = per_s
        self._severity = severity
        self._window = Extremes(per_s)
        self._last: TimedValue | None = None
        # The last two successive readings that differed too much, and the time of the newest reading.
        self._jump: tuple[TimedValue, TimedValue] | None = None
        self._newest_at: float | None = None
        # The unit of the readings: that of the rule, or of an entity with another quantity.
        self._rule_unit = unit
        self._unit: str | None = None
        self._value = ""

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Evaluate a reading, or the absence of one."""
        span = None if snapshot is None else span_of(snapshot, self._attribute)
        if snapshot is None or span is None:
            self._last = None
            return Evaluation(None)
        self._update_unit(self._rule_unit if snapshot.in_rule else snapshot.unit)
        self._value = reading_text(snapshot, self._attribute)
        # A difference that is only caused by rounding in another unit is no change.
        is_same = self._last is not None and span.low <= self._last.number <= span.high
        number = self._last.number if self._last and is_same else span.middle
        reading = TimedValue(min(snapshot.changed_at, now), number)
        if self._newest_at is not None and reading.at < self._newest_at:
            # The clock was set back: readings from its future are worthless.
            self._clear()
        if self._last is not None and abs(number - self._last.number) > self._change:
            self._jump = (self._last, reading)
        self._last, self._newest_at = reading, reading.at
        self._window.add(reading)
        return self.evaluate(now)

    def due(self, now: float) -> float | None:
        """Return when the reading that makes it active leaves the window."""
        if self._last is None or not self._changes(now):
            return None
        times = [kept[0].at for kept in (self._window.high, self._window.low) if kept]
        if self._jump is not None:
            times.append(self._jump[1].at)
        return min((at + self._per_s for at in times if at + self._per_s > now), default=None)

    def evaluate(self, now: float) -> Evaluation:
        """Evaluate the readings at this time."""
        if self._last is None:
            return Evaluation(None)
        changes = self._changes(now)
        if not changes:
            return Evaluation(False, self._severity, self._value)
        first, last = sorted(changes)
        sign = "+" if last.number > first.number else "-"
        change = sign + number_text(abs(last.number - first.number), self._unit)
        limit = number_text(self._change, self._unit)
        within, per = duration_text(last.at - first.at), duration_text(self._per_s)
        values = (("change", change), ("within", within), ("limit", limit), ("per", per))
        return Evaluation(True, self._severity, self._value, f"{change} / {within} > {limit} / {per}", CHANGED, values)

    def shift(self, by_s: float) -> None:
        """Move the readings when the clock is set."""
        self._window.shift(by_s)
        self._last = self._last and _later(self._last, by_s)
        self._jump = self._jump and (_later(self._jump[0], by_s), _later(self._jump[1], by_s))
        self._newest_at = None if self._newest_at is None else self._newest_at + by_s

    def _update_unit(self, unit: str | None) -> None:
        """Drop the readings when the unit of the entity changes to another quantity."""
        if unit is None:
            return
        if self._unit not in {None, unit}:
            self._clear()
        self._unit = unit

    def _clear(self) -> None:
        self._window.clear()
        self._last = self._jump = None

    def _changes(self, now: float) -> tuple[TimedValue, TimedValue] | None:
        """Return two readings that differ too much, None when there are none."""
        window = self._window
        window.forget(now)
        if self._jump is not None and self._jump[1].at + self._per_s <= now:
            self._jump = None
        if self._last is not None:
            high = max(window.high[0] if window.high else self._last, self._last, key=_number)
            low = min(window.low[0] if window.low else self._last, self._last, key=_number)
            if high.number - low.number > self._change:
                return high, low
        return self._jump

    def discount_outage(self, _since: float, now: float) -> Evaluation:
        """Evaluate as before: an outage does not change a reading."""
        return self.evaluate(now)

    def as_dict(self) -> dict[str, Any]:
        """Return the readings with their times for the store."""
        if not self._window.high and self._jump is None:
            return {}
        return {
            "high": [list(reading) for reading in self._window.high],
            "low": [list(reading) for reading in self._window.low],
            "jump": self._jump and [list(reading) for reading in self._jump],
            "newest_at": self._newest_at,
            "unit": self._unit,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the readings of before a restart."""
        self._window.high.extend(TimedValue(*reading) for reading in data["high"])
        self._window.low.extend(TimedValue(*reading) for reading in data["low"])
        if data["jump"]:
            before, after = data["jump"]
            self._jump = (TimedValue(*before), TimedValue(*after))
        self._newest_at, self._unit = data["newest_at"], data.get("unit")


def _later(reading: TimedValue, by_s: float) -> TimedValue:
    return TimedValue(reading.at + by_s, reading.number)


def _number(reading: TimedValue) -> float:
    return reading.number
