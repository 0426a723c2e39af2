"""What a rule makes of its entity: readings in, verdicts out. Pure: the clock is the caller's.

A ``Judge`` is for one rule and one entity. It never raises because of what it sees; where nothing can be said, its
verdict is neither good nor bad. Templates, events and messages are judged where Home Assistant hands them out.
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
    """One kind of rule over one entity."""

    def update(self, seen: EntitySnapshot | None, now: float) -> Evaluation: ...
    def due(self, now: float) -> float | None: ...
    def evaluate(self, now: float) -> Evaluation: ...
    def shift(self, by_s: float) -> None: ...
    def discount_outage(self, since: float, now: float) -> Evaluation: ...
    def as_dict(self) -> dict[str, Any]: ...
    def restore(self, data: Mapping[str, Any]) -> None: ...


class Evaluator:
    """One rule over one entity; keeps what it needs of the past. Raises ValueError for a kind that has no entity."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Begin with an entity nothing is known of; a bad verdict has the severity, or a worse one."""
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
        """Judge what was seen last at a later time."""
        return self._judge.evaluate(now)

    def shift(self, by_s: float) -> None:
        """Take all times along when the clock is set: what was seen is as old as before."""
        self._judge.shift(by_s)

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Judge again after a time in which nobody could be heard: it was no silence."""
        return self._judge.discount_outage(since, now)

    def as_dict(self) -> dict[str, Any]:
        """Return what survives a restart, as JSON has it; empty when there is nothing."""
        kept = self._judge.as_dict()
        return {**self._about, **kept} if kept else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what ``as_dict`` returned before a restart, unless the rule has become another since."""
        if data and all(data.get(key) == value for key, value in self._about.items()):
            self._judge.restore(data)


# The kinds that judge an entity.
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
