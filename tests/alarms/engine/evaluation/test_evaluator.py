"""Evaluators of every kind: restarts, due times, rules that were changed."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.evaluation.evaluator import EVALUATORS
from custom_components.iotbridge.alarms.engine.models import Evaluation
from custom_components.iotbridge.alarms.engine.rule import WITHOUT_ENTITIES, AlarmKind
from tests.alarms.engine.evaluation.readings import START, State, evaluator_of, report, restarted

CONDITIONS: dict[AlarmKind, Mapping[str, Any]] = {
    AlarmKind.ABOVE: {"above": 20, "worse_above": 30, "hysteresis": 5},
    AlarmKind.BELOW: {"below": 20, "worse_below": 10, "hysteresis": 5},
    AlarmKind.OUTSIDE: {"above": 30, "below": 10, "worse_above": 35, "worse_below": 5, "hysteresis": 3},
    AlarmKind.STATE: {"states": ("on", "5")},
    AlarmKind.RATE: {"change": 5, "per_s": 120},
    AlarmKind.NO_DATA: {},
    AlarmKind.UNAVAILABLE: {},
    AlarmKind.HOST_LOST: {},
}
ANYTHING = st.lists(
    st.tuples(
        st.integers(-100, 500),
        st.sampled_from([None, "unavailable", "unknown", "on", "off", "lost", "nan", "x"]) | st.integers(0, 40),
    ),
    max_size=40,
)


def test_every_kind_is_judged_here_or_has_no_entity() -> None:
    assert CONDITIONS.keys() == EVALUATORS.keys() == set(AlarmKind) - WITHOUT_ENTITIES


@pytest.mark.parametrize("kind", sorted(WITHOUT_ENTITIES))
def test_a_kind_without_an_entity_is_judged_elsewhere(kind: AlarmKind) -> None:
    with pytest.raises(ValueError, match=kind):
        evaluator_of(kind=kind)


@pytest.mark.parametrize("kind", EVALUATORS)
def test_nothing_is_known_of_an_entity_that_is_not_there(kind: AlarmKind) -> None:
    rule = evaluator_of(kind=kind, **CONDITIONS[kind])

    assert rule.evaluate(START).is_active is None
    assert report(rule, None, 0) == Evaluation(None)
    assert rule.due(START) is None
    assert rule.as_dict() == {} or kind is AlarmKind.NO_DATA


@pytest.mark.parametrize("kind", EVALUATORS)
@given(before=ANYTHING, after=ANYTHING)
def test_a_restart_is_as_if_it_had_not_been_there_for_a_moment(
    kind: AlarmKind, before: list[tuple[int, State]], after: list[tuple[int, State]]
) -> None:
    condition: dict[str, Any] = {"kind": kind, **CONDITIONS[kind]}
    one, at = evaluator_of(**condition), 0
    for gap, state in before:
        at += gap
        report(one, state, at)
    other = restarted(one, **condition)
    report(one, None, at)
    for gap, state in after:
        at += gap
        assert report(one, state, at) == report(other, state, at)
        assert one.due(START + at) == other.due(START + at)


@pytest.mark.parametrize("kind", EVALUATORS)
@given(states=ANYTHING)
def test_nothing_changes_before_it_is_due_and_that_has_an_end(kind: AlarmKind, states: list[tuple[int, State]]) -> None:
    rule, at, verdict = evaluator_of(kind=kind, **CONDITIONS[kind]), 0, Evaluation(None)
    for gap, state in states:
        at += gap
        verdict = report(rule, state, at)
        assert rule.evaluate(START + at) == verdict
    due = rule.due(START + at)
    while due is not None:
        assert rule.evaluate((START + at + due) / 2).is_active == verdict.is_active
        verdict, before = rule.evaluate(due), due
        due = rule.due(before)
        assert due is None or due > before


def test_a_rule_that_was_changed_forgets_what_it_knew() -> None:
    hot = evaluator_of(kind=AlarmKind.ABOVE, above=80, hysteresis=5)
    report(hot, 81, 0)

    assert report(restarted(hot, kind=AlarmKind.ABOVE, above=80, hysteresis=5), 79, 1).is_active
    assert report(restarted(hot, kind=AlarmKind.BELOW, below=10), 79, 1).is_active is False
    changed = restarted(hot, kind=AlarmKind.ABOVE, above=80, hysteresis=5, attribute="level")
    assert report(changed, "x", 1, level=79).is_active is False
