"""Whether a number is above, below or outside its limits; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models import Severity, Verdict
from ..rule import Condition, Kind
from .formatting import comparison_text, number_text
from .snapshot import Seen, Span, reading_text, span_of


@dataclass(slots=True)
class _Limit:
    """One threshold; once passed it holds until the number is at ``release``."""

    name: str
    limit: float
    release: float
    severity: Severity
    is_upper: bool
    is_held: bool = False

    def hold(self, span: Span) -> bool:
        """Take a number; tell whether the threshold is passed."""
        self.is_held = self._is_beyond(span, self.release if self.is_held else self.limit)
        return self.is_held

    def _is_beyond(self, span: Span, threshold: float) -> bool:
        return span.low > threshold if self.is_upper else span.high < threshold

    def why(self, span: Span, shown: str, unit: str | None) -> str:
        """Return the number beside what it has passed, or has not come back to; ``unit`` is that of the limit."""
        sign = ">" if self.is_upper else "<"
        passed = self.limit if self._is_beyond(span, self.limit) else self.release
        if span.low < span.high:
            return f"{shown} {sign} {number_text(passed, unit)}"
        return comparison_text(span.middle, sign, passed, unit)


class LimitJudge:
    """ABOVE, BELOW and OUTSIDE: the worst of the thresholds that are passed."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Begin with no threshold passed."""
        self._severity = severity
        self._verdict = Verdict(None)
        self._attribute, self._unit = condition.attribute, condition.unit
        worse, back = condition.worse, max(0.0, condition.hysteresis)
        uppers = [("above", condition.above, severity), ("worse_above", condition.worse_above, worse)]
        lowers = [("below", condition.below, severity), ("worse_below", condition.worse_below, worse)]
        self._limits: list[_Limit] = []
        if condition.kind is not Kind.BELOW:
            self._limits += [_Limit(name, at, at - back, bad, True) for name, at, bad in uppers if at is not None]
        if condition.kind is not Kind.ABOVE:
            self._limits += [_Limit(name, at, at + back, bad, False) for name, at, bad in lowers if at is not None]

    def see(self, seen: Seen | None, _now: float) -> Verdict:
        """Take a number, or that there is none."""
        span = None if seen is None else span_of(seen, self._attribute)
        if seen is None or span is None:
            self._verdict = Verdict(None)
            return self._verdict
        worst: _Limit | None = None
        for limit in self._limits:
            if limit.hold(span) and (worst is None or limit.severity >= worst.severity):
                worst = limit
        value = reading_text(seen, self._attribute)
        if worst is None:
            self._verdict = Verdict(False, self._severity, value)
        else:
            self._verdict = Verdict(
                True, worst.severity, value, worst.why(span, value, self._unit if seen.in_rule else seen.unit)
            )
        return self._verdict

    def due(self, _now: float) -> float | None:
        """Return None: time changes nothing."""

    def look(self, _now: float) -> Verdict:
        """Return the last verdict."""
        return self._verdict

    def shift(self, _by_s: float) -> None:
        """Keep no time."""

    def excuse(self, _since: float, now: float) -> Verdict:
        """Judge as ever: a reading is as good as it was."""
        return self.look(now)

    def as_dict(self) -> dict[str, Any]:
        """Return which thresholds hold."""
        held = [limit.name for limit in self._limits if limit.is_held]
        return {"held": held} if held else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Hold those thresholds."""
        for limit in self._limits:
            limit.is_held = limit.name in data["held"]
