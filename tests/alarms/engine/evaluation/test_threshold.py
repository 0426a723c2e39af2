"""Limits with their bands and second thresholds."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from tests.alarms.engine.evaluation.readings import State, evaluator_of, play, report


@pytest.mark.parametrize(
    ("condition", "states", "expected"),
    [
        pytest.param({"kind": "above", "above": 80}, "79 80 80.1 80 79", "good good warning good good", id="above"),
        pytest.param({"kind": "below", "below": 10}, "11 10 9.9 10", "good good warning good", id="below"),
        pytest.param(
            {"kind": "outside", "above": 30, "below": 10},
            "20 31 30 9 10",
            "good warning good warning good",
            id="outside",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "hysteresis": 2},
            "79 81 79 78.1 78 79 80",
            "good warning warning warning good good good",
            id="clears at the hysteresis",
        ),
        pytest.param(
            {"kind": "below", "below": 10, "hysteresis": 2},
            "11 9 11.9 12 11",
            "good warning warning good good",
            id="hysteresis of a lower limit",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "worse_above": 90, "hysteresis": 2},
            "85 91 89 88 85 78",
            "warning critical critical warning warning good",
            id="second threshold with hysteresis",
        ),
        pytest.param(
            {"kind": "outside", "above": 30, "worse_above": 40, "below": 10, "worse_below": 0},
            "20 35 45 5 -5 20",
            "good warning critical warning critical good",
            id="second thresholds on both sides",
        ),
        pytest.param(
            {"kind": "outside", "above": 30, "below": 20, "hysteresis": 15},
            "31 16 15 35 34",
            "warning warning warning warning warning",
            id="hysteresis wider than the range",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "worse_above": 90, "worse": Severity.INFO},
            "95",
            "warning",
            id="a less severe second threshold is ignored",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "below": 50}, "40", "good", id="limits of another kind are ignored"
        ),
        pytest.param(
            {"kind": "above", "above": 80, "hysteresis": -5},
            "81 80",
            "warning good",
            id="negative hysteresis is ignored",
        ),
        pytest.param(
            {"kind": "above", "above": 80},
            "81 unavailable unknown nan inf -inf warm 1_000 79",
            "warning ? ? ? ? ? ? ? good",
            id="no number",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "hysteresis": 2},
            "81 unavailable 79 78",
            "warning ? warning good",
            id="hysteresis across an absence",
        ),
        pytest.param({"kind": "above"}, "81", "good", id="without a threshold"),
    ],
)
def test_evaluations_of_numbers(condition: dict[str, Any], states: str, expected: str) -> None:
    assert " ".join(play(evaluator_of(**condition), states.split())) == expected


def test_the_reason_within_the_hysteresis_names_the_release() -> None:
    rule = evaluator_of(kind=AlarmKind.ABOVE, above=80, worse_above=90, hysteresis=2)

    assert report(rule, 91, 0, "°C").reason == "91 °C > 90 °C"
    assert report(rule, 89, 1, "°C").reason == "89 °C > 88 °C"
    assert report(rule, 79, 2, "°C").reason == "79 °C > 78 °C"
    assert report(rule, 78, 3, "°C") == Evaluation(False, Severity.WARNING, "78 °C")


def test_the_farther_of_two_equally_severe_thresholds_is_named() -> None:
    rule = evaluator_of(Severity.CRITICAL, kind=AlarmKind.ABOVE, above=80, worse_above=90)

    assert report(rule, 95, 0).reason == "95 > 90"


NUMBERS = st.floats(-100, 100, allow_nan=False) | st.sampled_from(["unavailable", "unknown", "warm", None])


@given(st.lists(NUMBERS, max_size=30), st.floats(0, 20))
def test_evaluations_do_not_change_within_the_hysteresis(states: list[State], band: float) -> None:
    rule = evaluator_of(kind=AlarmKind.OUTSIDE, above=50, below=-50, hysteresis=band)
    before = False
    for at, state in enumerate(states):
        evaluation = report(rule, state, at)
        if not isinstance(state, float):
            assert evaluation.is_active is None
            continue
        if 50 - band < state <= 50 or -50 <= state < -50 + band:
            assert before or not evaluation.is_active  # nothing becomes bad in there
        elif state > 50 or state < -50:
            assert evaluation.is_active
        else:
            assert not evaluation.is_active
        before = bool(evaluation.is_active)
