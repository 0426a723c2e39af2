"""States, attributes, events and messages that are words."""

from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.evaluation.evaluator import Evaluator
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.evaluation.state import event_matches, message_matches
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from tests.alarms.engine.evaluation.readings import START, evaluator_of, play, report


@pytest.mark.parametrize(
    ("condition", "states", "expected"),
    [
        ({"kind": "state", "states": ("on", "open")}, "off on open closed", "good warning warning good"),
        ({"kind": "state", "states": ("Not_Home",)}, "home not_home", "good warning"),
        ({"kind": "state", "states": ("on",)}, "unknown unavailable on", "? ? warning"),
        ({"kind": "state", "states": ("unknown", "unavailable")}, "unknown unavailable on", "? ? good"),
        ({"kind": "host_lost"}, "on lost off shutting_down unavailable unknown", "good warning good good ? ?"),
        ({"kind": "unavailable"}, "unavailable unknown 5 unavailable", "warning good good warning"),
    ],
)
def test_evaluations_of_states(condition: dict[str, Any], states: str, expected: str) -> None:
    assert " ".join(play(evaluator_of(**condition), states.split())) == expected


def test_an_attribute_can_be_one_of_the_states() -> None:
    rule = evaluator_of(kind=AlarmKind.STATE, states=("true", "7"), attribute="problem")

    assert report(rule, "true", 0).is_active is None
    assert report(rule, "x", 1, problem=True).is_active
    assert report(rule, "x", 2, problem=7).is_active
    assert report(rule, "x", 3, problem=False).is_active is False


def test_evaluations_of_states_have_reasons() -> None:
    assert report(evaluator_of(kind=AlarmKind.STATE, states=("open",)), "open", 0) == Evaluation(
        True, Severity.WARNING, "open", "open"
    )
    assert report(evaluator_of(Severity.CRITICAL, kind=AlarmKind.HOST_LOST), "lost", 0) == Evaluation(
        True, Severity.CRITICAL, "lost", "lost", "host_lost"
    )
    assert report(evaluator_of(kind=AlarmKind.UNAVAILABLE), "unavailable", 0) == Evaluation(
        True, Severity.WARNING, "unavailable", "unavailable", "unavailable"
    )


def test_the_reason_is_the_state_with_its_own_duration() -> None:
    rule = evaluator_of(kind=AlarmKind.STATE, states=("on", "problem"))
    report(rule, "on", 0)
    report(rule, "on", 15)

    for_20_s = Evaluation(
        True, Severity.WARNING, "on", "on (20 s)", "state_for", (("state", "on"), ("duration", "20 s"))
    )
    assert rule.evaluate(START + 20) == for_20_s
    assert report(rule, "problem", 30).reason == "problem"
    assert rule.evaluate(START + 150).reason == "problem (2 min)"
    assert report(rule, "off", 160).reason == ""


def test_the_duration_of_a_state_is_that_of_home_assistant() -> None:
    rule = evaluator_of(kind=AlarmKind.STATE, states=("on",))
    reported = EntitySnapshot("on", {}, START, state_since=START - 7200)
    assert rule.update(reported, START).reason == "on (2 h)"

    of_attribute = evaluator_of(kind=AlarmKind.STATE, states=("on",), attribute="pump")
    reported = EntitySnapshot("x", {"pump": "on"}, START, state_since=START - 7200)
    assert of_attribute.update(reported, START).reason == "on"
    assert of_attribute.evaluate(START + 5).reason == "on (5 s)"


def test_a_clock_that_is_set_changes_no_duration() -> None:
    rule = evaluator_of(kind=AlarmKind.STATE, states=("on",))
    report(rule, "on", 0)
    rule.shift(3600)
    assert rule.evaluate(START + 3620).reason == "on (20 s)"
    assert rule.evaluate(START + 10).reason == "on"


def test_an_entity_that_is_not_loaded_is_unavailable_after_five_minutes() -> None:
    rule = evaluator_of(kind=AlarmKind.UNAVAILABLE)

    assert report(rule, "unavailable", 0, restored=True).is_active is None
    assert rule.due(START) == START + 300
    assert report(rule, "unavailable", 100, restored=True).is_active is None
    assert rule.evaluate(START + 299).is_active is None
    assert rule.evaluate(START + 300) == Evaluation(
        True, Severity.WARNING, "unavailable", "unavailable", "not_loaded", (("since", "5 min"),)
    )
    assert rule.due(START + 300) is None


def test_an_entity_that_is_loaded_in_time_is_evaluated_by_its_state() -> None:
    rule = evaluator_of(kind=AlarmKind.UNAVAILABLE)
    report(rule, "unavailable", 0, restored=True)

    assert report(rule, "unavailable", 10).is_active
    assert report(rule, "5", 20).is_active is False
    assert rule.due(START + 20) is None
    assert rule.evaluate(START + 1000).is_active is False


def test_a_clock_set_back_does_not_lengthen_the_loading_time() -> None:
    rule = evaluator_of(kind=AlarmKind.UNAVAILABLE)
    report(rule, "unavailable", 10_000, restored=True)

    assert rule.evaluate(START + 100).is_active is None
    assert rule.evaluate(START + 400).is_active


@pytest.mark.parametrize(
    ("wanted", "data", "expected"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 3}, {"a": 1, "b": 2}, False),
        ({"a": None}, {}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": {"b": 1}}, {"a": [1]}, False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": "1"}, {"a": 1}, False),
    ],
)
def test_an_event_matches_if_it_contains_all_wanted_values(
    wanted: dict[str, Any], data: dict[str, Any], expected: bool
) -> None:
    assert event_matches(wanted, data) is expected


@pytest.mark.parametrize(
    ("contains", "payload", "expected"),
    [("fire", "on fire", True), ("Fire", "on fire", False), ("", "", True), ("é", "café".encode(), True),
     ("x", b"\xff\x00", False)],
)  # fmt: skip
def test_a_message_matches_if_it_contains_the_text(contains: str, payload: str | bytes, expected: bool) -> None:
    assert message_matches(contains, payload) is expected


def test_a_long_attribute_is_truncated() -> None:
    evaluator = Evaluator(Condition(kind=AlarmKind.STATE, attribute="text", states=("x" * 1000,)), Severity.WARNING)
    evaluation = evaluator.update(EntitySnapshot("on", {"text": "x" * 1000}, START), START)
    assert evaluation.is_active
    assert evaluation.value == evaluation.reason == "x" * 255
