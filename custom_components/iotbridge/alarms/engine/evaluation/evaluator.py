"""Evaluator of a rule: wraps that of its kind, and restores its history only for the same condition. Pure."""

from collections.abc import Mapping
from typing import Any

from ..kinds import Condition
from ..models import Evaluation, Severity
from .snapshot import EntitySnapshot


class Evaluator:
    """Evaluator of a rule for one entity, with its history; ``KindEvaluator`` has the details."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Start without a snapshot; an active evaluation has the severity, or that of the second threshold.

        Raises ValueError for a kind that has no entities.
        """
        if (evaluator := condition.traits.evaluator) is None:
            raise ValueError(f"a rule of kind {condition.kind} evaluates no entity")
        self._identity = {"kind": condition.kind.value, "attribute": condition.attribute}
        self._evaluator = evaluator(condition, severity)

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Evaluate a snapshot, None for an entity that does not exist; a repeated report changes nothing."""
        return self._evaluator.update(snapshot, now)

    def due(self, now: float) -> float | None:
        """Return when to evaluate without a new report, None when there is no need; it is later than now."""
        return self._evaluator.due(now)

    def evaluate(self, now: float) -> Evaluation:
        """Evaluate the last snapshot at a later time."""
        return self._evaluator.evaluate(now)

    def shift(self, by_s: float) -> None:
        """Move all times when the clock is set: reports are as old as before."""
        self._evaluator.shift(by_s)

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Evaluate again after an outage of the connection, which does not count as missing reports."""
        return self._evaluator.discount_outage(since, now)

    def as_dict(self) -> dict[str, Any]:
        """Return the history for the store; empty when there is none."""
        history = self._evaluator.as_dict()
        return {**self._identity, **history} if history else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore what ``as_dict`` returned before a restart, unless kind or attribute of the rule have changed."""
        if data and all(data.get(key) == value for key, value in self._identity.items()):
            self._evaluator.restore(data)
