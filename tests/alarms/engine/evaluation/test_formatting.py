"""Formatting of numbers."""

from typing import Any

import pytest

from tests.alarms.engine.evaluation.readings import evaluator_of, report


@pytest.mark.parametrize(
    ("condition", "state", "unit", "value", "reason"),
    [
        ({"kind": "above", "above": 80.0}, "81.5", "°C", "81.5 °C", "81.5 °C > 80 °C"),
        ({"kind": "above", "above": 80.0}, "90", "%", "90%", "90% > 80%"),
        ({"kind": "above", "above": 1013.25}, "1014.330000001", "hPa", "1014.33 hPa", "1014.33 hPa > 1013.25 hPa"),
        ({"kind": "above", "above": 80.0}, "80.001", "°C", "80 °C", "80.001 °C > 80 °C"),
        ({"kind": "above", "above": 0.0001}, "0.00025", None, "0.00025", "0.00025 > 0.0001"),
        ({"kind": "below", "below": -5}, "-7.25", "°C", "-7.25 °C", "-7.25 °C < -5 °C"),
        ({"kind": "above", "above": 1e15}, "2.5e20", "B", "2.5e+20 B", "2.5e+20 B > 1e+15 B"),
    ],
)
def test_numbers_are_rounded_to_the_needed_decimals(
    condition: dict[str, Any], state: str, unit: str | None, value: str, reason: str
) -> None:
    evaluation = report(evaluator_of(**condition), state, 0, unit)

    assert (evaluation.value, evaluation.reason, evaluation.reason_key) == (value, reason, "")
