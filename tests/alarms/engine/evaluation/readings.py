"""Readings of an entity and their evaluations."""

from collections.abc import Iterable
import json
from typing import Any

from custom_components.iotbridge.alarms.engine.evaluation.evaluator import Evaluator
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity

START = 1_800_000_000.0
type State = str | float | None


def snapshot_of(state: State, at: float, unit: str | None = None, **attributes: Any) -> EntitySnapshot | None:
    """Return a snapshot of an entity in a state; None where it does not exist."""
    return None if state is None else EntitySnapshot(str(state), attributes, START + at, unit)


def evaluator_of(severity: Severity = Severity.WARNING, *, kind: str, **condition: Any) -> Evaluator:
    """Return the evaluator of a condition."""
    return Evaluator(Condition(kind=AlarmKind(kind), **condition), severity)


def report(evaluator: Evaluator, state: State, at: float, unit: str | None = None, **attributes: Any) -> Evaluation:
    """Report a state at this moment; return the evaluation."""
    return evaluator.update(snapshot_of(state, at, unit, **attributes), START + at)


def word(evaluation: Evaluation) -> str:
    """Return an evaluation in one word."""
    if evaluation.is_active is None:
        return "?"
    return evaluation.severity.word if evaluation.is_active else "good"


def play(evaluator: Evaluator, states: Iterable[State], every_s: float = 60) -> list[str]:
    """Return the evaluations of successive reports, one word each."""
    return [word(report(evaluator, state, number * every_s)) for number, state in enumerate(states)]


def restarted(evaluator: Evaluator, **condition: Any) -> Evaluator:
    """Return an evaluator that is restored from JSON, as after a restart."""
    restored = Evaluator(Condition(**condition), Severity.WARNING)
    restored.restore(json.loads(json.dumps(evaluator.as_dict())))
    return restored
