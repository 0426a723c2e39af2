"""Parameters of conditions: values that the user still has to enter."""

import pytest

from custom_components.iotbridge.alarms.engine.parameters import Parameter, ParameterType

LIMIT = Parameter(name="above", type=ParameterType.NUMBER)
HYSTERESIS = Parameter(name="hysteresis", type=ParameterType.NUMBER, is_required=False)
CHANGE = Parameter(name="change", type=ParameterType.NUMBER, missing_key="change_missing")
STATES = Parameter(name="states", type=ParameterType.TEXTS, missing_key="no_states")
CONTAINS = Parameter(name="contains", type=ParameterType.EXACT_TEXT, is_required=False)
SILENT = Parameter(name="silent", type=ParameterType.LEARNED_DURATION)


@pytest.mark.parametrize(
    ("parameter", "missing", "entered"),
    [
        (LIMIT, [None], [0.0, -5.0]),
        (HYSTERESIS, [], [None, 0.0]),
        (CHANGE, [None, 0.0, -1.0], [0.5]),
        (STATES, [()], [("open",)]),
        (CONTAINS, [], ["", "x"]),
        (SILENT, [], [None, 60.0]),
    ],
)
def test_required_values_have_to_be_entered(parameter: Parameter, missing: list[object], entered: list[object]) -> None:
    assert all(parameter.is_missing(value) for value in missing)
    assert not any(parameter.is_missing(value) for value in entered)
