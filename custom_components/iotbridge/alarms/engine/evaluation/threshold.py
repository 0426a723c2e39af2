"""Evaluator of numbers above, below or outside of their limits; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models import Evaluation, Severity
from ..rule import AlarmKind, Condition
from .formatting import comparison_text, number_text
from .snapshot import EntitySnapshot, Span, reading_text, span_of


@dataclass(slots=True)
class _Limit:
    """Threshold with hysteresis; once passed it holds until the number is back at ``release``."""

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


class ThresholdEvaluator:
    """ABOVE, BELOW and OUTSIDE: the worst of the thresholds that are passed."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Begin with no threshold passed."""
        self._severity = severity
        self._verdict = Evaluation(None)
        self._attribute, self._unit = condition.attribute, condition.unit
        worse, back = condition.worse, max(0.0, condition.hysteresis)
        uppers = [("above", condition.above, severity), ("worse_above", condition.worse_above, worse)]
        lowers = [("below", condition.below, severity), ("worse_below", condition.worse_below, worse)]
        self._limits: list[_Limit] = []
        if condition.kind is not AlarmKind.BELOW:
            self._limits += [_Limit(name, at, at - back, bad, True) for name, at, bad in uppers if at is not None]
        if condition.kind is not AlarmKind.ABOVE:
            self._limits += [_Limit(name, at, at + back, bad, False) for name, at, bad in lowers if at is not None]

    def update(self, seen: EntitySnapshot | None, _now: float) -> Evaluation:
        """Evaluate a snapshot; None stands for an entity that does not exist."""
        span = None if seen is None else span_of(seen, self._attribute)
        if seen is None or span is None:
            self._verdict = Evaluation(None)
            return self._verdict
        worst: _Limit | None = None
        for limit in self._limits:
            if limit.hold(span) and (worst is None or limit.severity >= worst.severity):
                worst = limit
        value = reading_text(seen, self._attribute)
        if worst is None:
            self._verdict = Evaluation(False, self._severity, value)
        else:
            self._verdict = Evaluation(
                True, worst.severity, value, worst.why(span, value, self._unit if seen.in_rule else seen.unit)
            )
        return self._verdict

    def due(self, _now: float) -> float | None:
        """Return None: time changes nothing."""

    def evaluate(self, _now: float) -> Evaluation:
        """Return the last evaluation."""
        return self._verdict

    def shift(self, _by_s: float) -> None:
        """Keep no time."""

    def discount_outage(self, _since: float, now: float) -> Evaluation:
        """Return the last evaluation: an outage does not change a reading."""
        return self.evaluate(now)

    def as_dict(self) -> dict[str, Any]:
        """Return which thresholds hold."""
        held = [limit.name for limit in self._limits if limit.is_held]
        return {"held": held} if held else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Hold those thresholds."""
        for limit in self._limits:
            limit.is_held = limit.name in data["held"]
