"""Evaluator of numbers above, below or outside of their limits; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models import Evaluation, Severity
from .formatting import comparison_text, number_text
from .snapshot import EntitySnapshot, Span, reading_text, span_of

# A limit, and a second one beyond it with another severity.
type Limits = tuple[float | None, float | None]


@dataclass(slots=True)
class _Threshold:
    """Threshold with hysteresis: once exceeded it holds until the number is back at ``release``."""

    name: str
    limit: float
    release: float
    severity: Severity
    is_upper: bool
    is_held: bool = False

    def hold(self, span: Span) -> bool:
        """Apply a number; return whether the threshold is exceeded."""
        self.is_held = self._is_beyond(span, self.release if self.is_held else self.limit)
        return self.is_held

    def _is_beyond(self, span: Span, threshold: float) -> bool:
        return span.low > threshold if self.is_upper else span.high < threshold

    def reason(self, span: Span, reading: str, unit: str | None) -> str:
        """Return the comparison of the number with the limit, or with the release within the hysteresis."""
        sign = ">" if self.is_upper else "<"
        exceeded = self.limit if self._is_beyond(span, self.limit) else self.release
        if span.low < span.high:
            return f"{reading} {sign} {number_text(exceeded, unit)}"
        return comparison_text(span.middle, sign, exceeded, unit)


class ThresholdEvaluator:
    """Evaluator of ABOVE, BELOW and OUTSIDE: the most severe of the exceeded thresholds."""

    def __init__(
        self,
        severity: Severity,
        *,
        upper: Limits = (None, None),
        lower: Limits = (None, None),
        worse: Severity = Severity.CRITICAL,
        hysteresis: float = 0.0,
        attribute: str | None = None,
        unit: str | None = None,
    ) -> None:
        """Start with no threshold exceeded; ``worse`` is the severity of the second limits, ``unit`` that of all."""
        self._severity = severity
        self._evaluation = Evaluation(None)
        self._attribute, self._unit = attribute, unit
        margin = max(0.0, hysteresis)
        limits = (
            ("above", upper[0], severity, True),
            ("worse_above", upper[1], worse, True),
            ("below", lower[0], severity, False),
            ("worse_below", lower[1], worse, False),
        )
        self._thresholds = [
            _Threshold(name, limit, limit - margin if is_upper else limit + margin, limit_severity, is_upper)
            for name, limit, limit_severity, is_upper in limits
            if limit is not None
        ]

    def update(self, snapshot: EntitySnapshot | None, _now: float) -> Evaluation:
        """Evaluate a snapshot; None stands for an entity that does not exist."""
        span = None if snapshot is None else span_of(snapshot, self._attribute)
        if snapshot is None or span is None:
            self._evaluation = Evaluation(None)
            return self._evaluation
        worst: _Threshold | None = None
        for threshold in self._thresholds:
            if threshold.hold(span) and (worst is None or threshold.severity >= worst.severity):
                worst = threshold
        reading = reading_text(snapshot, self._attribute)
        if worst is None:
            self._evaluation = Evaluation(False, self._severity, reading)
        else:
            reason = worst.reason(span, reading, self._unit if snapshot.in_rule else snapshot.unit)
            self._evaluation = Evaluation(True, worst.severity, reading, reason)
        return self._evaluation

    def due(self, _now: float) -> float | None:
        """Return no deadline: time changes nothing."""

    def evaluate(self, _now: float) -> Evaluation:
        """Return the last evaluation."""
        return self._evaluation

    def shift(self, _by_s: float) -> None:
        """Do nothing: there is no time to move."""

    def discount_outage(self, _since: float, now: float) -> Evaluation:
        """Return the last evaluation: an outage does not change a reading."""
        return self.evaluate(now)

    def as_dict(self) -> dict[str, Any]:
        """Return the thresholds that hold, for the store."""
        held = [threshold.name for threshold in self._thresholds if threshold.is_held]
        return {"held": held} if held else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the thresholds that held before a restart."""
        for threshold in self._thresholds:
            threshold.is_held = threshold.name in data["held"]
