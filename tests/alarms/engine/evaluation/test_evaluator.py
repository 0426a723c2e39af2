"""Evaluators of every kind: restarts, due times, rules that were changed."""

from dataclasses import asdict
import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge import alarms
from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Evaluation
from tests.alarms.conditions import examples_of
from tests.alarms.engine.evaluation.readings import START, State, evaluator_of, report, restarted

TEXTS = Path(alarms.__file__).parents[1] / "translations" / "en.json"
REASONS = json.loads(TEXTS.read_text("utf-8"))["selector"]["alarm_why"]["options"]
EVALUATED = [kind for kind, traits in KINDS.items() if traits.has_entities]
each_condition = pytest.mark.parametrize("condition", examples_of(*EVALUATED), ids=lambda condition: condition.kind)
ANYTHING = st.lists(
    st.tuples(
        st.integers(-100, 500),
        st.sampled_from([None, "unavailable", "unknown", "on", "off", "lost", "nan", "x"]) | st.integers(0, 40),
    ),
    max_size=40,
)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - EVALUATED))
def test_a_kind_without_entities_has_no_evaluator(kind: AlarmKind) -> None:
    with pytest.raises(ValueError, match=kind):
        evaluator_of(kind=kind)


@each_condition
def test_an_entity_that_does_not_exist_is_undetermined(condition: Condition) -> None:
    evaluator = evaluator_of(**asdict(condition))

    assert evaluator.evaluate(START).is_active is None
    assert report(evaluator, None, 0) == Evaluation(None)
    assert evaluator.due(START) is None
    assert evaluator.as_dict() == {} or condition.kind is AlarmKind.NO_DATA


@each_condition
@given(before=ANYTHING, after=ANYTHING)
def test_a_restart_equals_a_moment_without_the_entity(
    condition: Condition, before: list[tuple[int, State]], after: list[tuple[int, State]]
) -> None:
    continuous, at = evaluator_of(**asdict(condition)), 0
    for gap, state in before:
        at += gap
        report(continuous, state, at)
    restored = restarted(continuous, **asdict(condition))
    report(continuous, None, at)
    for gap, state in after:
        at += gap
        assert report(continuous, state, at) == report(restored, state, at)
        assert continuous.due(START + at) == restored.due(START + at)


@each_condition
@given(states=ANYTHING)
def test_evaluations_change_only_at_the_due_time(condition: Condition, states: list[tuple[int, State]]) -> None:
    evaluator, at, evaluation = evaluator_of(**asdict(condition)), 0, Evaluation(None)
    for gap, state in states:
        at += gap
        evaluation = report(evaluator, state, at)
        assert evaluator.evaluate(START + at) == evaluation
        assert not evaluation.reason_key or evaluation.reason_key in REASONS
    due = evaluator.due(START + at)
    while due is not None:
        assert evaluator.evaluate((START + at + due) / 2).is_active == evaluation.is_active
        evaluation, before = evaluator.evaluate(due), due
        assert not evaluation.reason_key or evaluation.reason_key in REASONS
        due = evaluator.due(before)
        assert due is None or due > before


def test_another_kind_or_attribute_is_not_restored() -> None:
    hot = evaluator_of(kind=AlarmKind.ABOVE, above=80, hysteresis=5)
    report(hot, 81, 0)

    assert report(restarted(hot, kind=AlarmKind.ABOVE, above=80, hysteresis=5), 79, 1).is_active
    assert report(restarted(hot, kind=AlarmKind.BELOW, below=10), 79, 1).is_active is False
    changed = restarted(hot, kind=AlarmKind.ABOVE, above=80, hysteresis=5, attribute="level")
    assert report(changed, "x", 1, level=79).is_active is False
