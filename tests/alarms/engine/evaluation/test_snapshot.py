"""Attributes and states as numbers."""

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from tests.alarms.engine.evaluation.readings import evaluator_of, report


@pytest.mark.parametrize("value", [None, True, "", [], {}, "warm", 10**400, float("nan")])
def test_an_attribute_that_is_no_number_is_undetermined(value: object) -> None:
    rule = evaluator_of(kind=AlarmKind.ABOVE, above=0, attribute="temperature")

    assert report(rule, "heat", 0, temperature=value).is_active is None
    assert report(rule, "heat", 1).is_active is None


def test_an_attribute_is_evaluated_instead_of_the_state() -> None:
    rule = evaluator_of(kind=AlarmKind.ABOVE, above=20, attribute="temperature")

    evaluation = report(rule, 5, 0, temperature=21.5)

    assert (evaluation.is_active, evaluation.value, evaluation.reason) == (True, "21.5", "21.5 > 20")
    assert report(rule, "unavailable", 1, temperature=21.5).is_active is None
