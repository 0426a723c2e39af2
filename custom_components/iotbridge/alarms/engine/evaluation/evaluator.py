"""Evaluation of rules: snapshots of an entity in, evaluations out. Pure: the clock is the caller's.

An ``Evaluator`` never raises because of an entity's state; where it cannot decide, ``is_active`` is None. Templates,
events and messages are evaluated where Home Assistant delivers them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..models import Evaluation, Severity
from ..rule import AlarmKind, Condition
from .no_data import NoDataEvaluator
from .rate_of_change import RateOfChangeEvaluator
from .snapshot import EntitySnapshot
from .state import HostLostEvaluator, StateEvaluator, UnavailableEvaluator
from .threshold import ThresholdEvaluator


class _KindEvaluator(Protocol):
    """Evaluator of one kind of condition for one entity."""

    def update(self, seen: EntitySnapshot | None, now: float) -> Evaluation: ...
    def due(self, now: float) -> float | None: ...
    def evaluate(self, now: float) -> Evaluation: ...
    def shift(self, by_s: float) -> None: ...
    def discount_outage(self, since: float, now: float) -> Evaluation: ...
    def as_dict(self) -> dict[str, Any]: ...
    def restore(self, data: Mapping[str, Any]) -> None: ...


class Evaluator:
    """Evaluator of a rule for one entity, with its history. Raises ValueError for a kind that has no entity."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Begin with an unknown entity; an active evaluation has the severity, or that of the second threshold."""
        if (judge := EVALUATORS.get(condition.kind)) is None:
            raise ValueError(f"a rule of kind {condition.kind} judges no entity")
        self._about = {"kind": condition.kind.value, "attribute": condition.attribute}
        self._judge = judge(condition, severity)

    def update(self, seen: EntitySnapshot | None, now: float) -> Evaluation:
        """Take the entity as it is now, None when it is not there. Seeing the same report twice changes nothing."""
        return self._judge.update(seen, now)

    def due(self, now: float) -> float | None:
        """Return when to look although nothing was reported, None when there is no need; it is later than now."""
        return self._judge.due(now)

    def evaluate(self, now: float) -> Evaluation:
        """Evaluate the last snapshot at a later time."""
        return self._judge.evaluate(now)

    def shift(self, by_s: float) -> None:
        """Take all times along when the clock is set: what was seen is as old as before."""
        self._judge.shift(by_s)

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Evaluate again after an outage of the connection, which does not count as the entity's silence."""
        return self._judge.discount_outage(since, now)

    def as_dict(self) -> dict[str, Any]:
        """Return what survives a restart, as JSON has it; empty when there is nothing."""
        kept = self._judge.as_dict()
        return {**self._about, **kept} if kept else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what ``as_dict`` returned before a restart, unless the rule has become another since."""
        if data and all(data.get(key) == value for key, value in self._about.items()):
            self._judge.restore(data)


# The kinds that evaluate an entity.
EVALUATORS: Mapping[AlarmKind, Callable[[Condition, Severity], _KindEvaluator]] = {
    AlarmKind.ABOVE: ThresholdEvaluator,
    AlarmKind.BELOW: ThresholdEvaluator,
    AlarmKind.OUTSIDE: ThresholdEvaluator,
    AlarmKind.STATE: StateEvaluator,
    AlarmKind.RATE: RateOfChangeEvaluator,
    AlarmKind.NO_DATA: NoDataEvaluator,
    AlarmKind.UNAVAILABLE: UnavailableEvaluator,
    AlarmKind.HOST_LOST: HostLostEvaluator,
}
