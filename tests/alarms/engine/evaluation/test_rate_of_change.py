"""Changes that are too changes_too_fast."""

from itertools import pairwise
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from tests.alarms.engine.evaluation.readings import START, State, evaluator_of, report, snapshot_of, word

RATE: dict[str, Any] = {"kind": AlarmKind.RATE, "change": 5.0, "per_s": 600.0}


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        pytest.param([(0, 20), (300, 25), (400, 25.1)], "good good warning", id="up"),
        pytest.param([(0, 20), (300, 15), (400, 14.9)], "good good warning", id="down"),
        pytest.param([(0, 20), (500, 24), (601, 25.5)], "good good good", id="slow"),
        pytest.param([(0, 20), (100, 26), (200, 20), (799, 20), (800, 20)], "good warning warning warning good",
                     id="back again"),
        pytest.param([(0, 20), (7200, 26), (7800, 26)], "good warning good", id="valid until the next"),
        pytest.param([(0, 20), (10, "unavailable"), (7200, 26)], "good ? good", id="invalid across an absence"),
        pytest.param([(0, 20), (10, "unavailable"), (300, 26)], "good ? warning", id="before an absence"),
        pytest.param([(0, 20), (10, None), (20, "nan"), (30, 26)], "good ? ? warning", id="no number"),
        pytest.param([(100, 20), (50, 26), (60, 32)], "good good warning", id="clock set back"),
    ],
)  # fmt: skip
def test_evaluations_of_a_rate(readings: list[tuple[float, State]], expected: str) -> None:
    rule = evaluator_of(**RATE)

    assert " ".join(word(report(rule, state, at)) for at, state in readings) == expected


def test_a_change_clears_when_it_has_left_the_window() -> None:
    rule = evaluator_of(**RATE)
    report(rule, 20, 0, "°C")
    report(rule, 23, 60, "°C")

    evaluation = report(rule, 26, 90, "°C")

    assert evaluation == Evaluation(
        True,
        Severity.WARNING,
        "26 °C",
        "+6 °C / 90 s > 5 °C / 10 min",
        "changed",
        (("change", "+6 °C"), ("within", "90 s"), ("limit", "5 °C"), ("per", "10 min")),
    )
    assert rule.due(START + 90) == START + 600
    assert rule.evaluate(START + 599).is_active
    assert rule.evaluate(START + 600) == Evaluation(False, Severity.WARNING, "26 °C")
    assert rule.due(START + 600) is None


def test_no_deadline_without_a_change() -> None:
    rule = evaluator_of(**RATE)

    assert rule.due(START) is None
    report(rule, 20, 0)
    assert rule.due(START) is None
    report(rule, 30, 1)
    report(rule, "unavailable", 2)
    assert rule.due(START + 2) is None
    assert rule.evaluate(START + 3).is_active is None


def test_a_repeated_report_is_one_reading() -> None:
    rule = evaluator_of(**RATE)
    first = snapshot_of(20, 0)
    rule.update(first, START)
    rule.update(first, START + 500)

    assert report(rule, 26, 590).is_active
    assert rule.due(START + 590) == START + 600  # the reading left first, then the jump from it
    assert rule.evaluate(START + 1189).is_active
    assert rule.evaluate(START + 1190).is_active is False


def changes_too_fast(readings: list[tuple[float, float]], now: float, per_s: float, change: float) -> bool:
    """Return the result of a comparison of all readings with each other."""
    inside = [number for at, number in readings if at > now - per_s] or [readings[-1][1]]
    neighbours = pairwise(readings)
    jumps = [abs(after[1] - before[1]) for before, after in neighbours if after[0] > now - per_s]
    return max([max(inside) - min(inside), *jumps]) > change


SERIES = st.lists(st.tuples(st.integers(1, 400), st.integers(-10, 10)), min_size=1, max_size=60)


@given(SERIES, st.integers(0, 800))
def test_the_rate_equals_a_comparison_of_all_readings(series: list[tuple[int, int]], later: int) -> None:
    rule = evaluator_of(kind=AlarmKind.RATE, change=8, per_s=200)  # readings at least a 200th of the window apart
    at, readings = 0.0, list[tuple[float, float]]()
    for gap, number in series:
        at += gap
        readings.append((at, number))
        assert report(rule, number, at).is_active == changes_too_fast(readings, at, 200, 8)
    assert rule.evaluate(START + at + later).is_active == changes_too_fast(readings, at + later, 200, 8)


@given(SERIES)
def test_crowded_readings_shorten_the_window_by_a_200th(series: list[tuple[int, int]]) -> None:
    rule = evaluator_of(kind=AlarmKind.RATE, change=8, per_s=200)
    at, readings = 0.0, list[tuple[float, float]]()
    for gap, number in series:
        at += gap / 256
        readings.append((at, number))
        evaluation = report(rule, number, at).is_active
        assert evaluation or not changes_too_fast(readings, at, 199, 8)
        assert changes_too_fast(readings, at, 200, 8) or not evaluation


@pytest.mark.parametrize("step", [1, -1])
def test_the_stored_readings_are_limited(step: int) -> None:
    rule = evaluator_of(kind=AlarmKind.RATE, change=1e9, per_s=1000)
    for number in range(20_000):
        report(rule, number * step, number / 100)

    assert len(json.dumps(rule.as_dict())) < 15_000
