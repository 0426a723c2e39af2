"""Example conditions of every alarm kind, from the parameters of its row."""

from collections.abc import Mapping
from typing import Any

from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.parameters import Parameter, ParameterType

VALUES: Mapping[ParameterType, Any] = {
    ParameterType.NUMBER: 5.0,
    ParameterType.SEVERITY: Severity.CRITICAL,
    ParameterType.TEXT: "some_text",
    ParameterType.EXACT_TEXT: " text ",
    ParameterType.TEXTS: ("on", "5"),
    ParameterType.MAPPING: {"some": {"data": 1}},
    ParameterType.TEMPLATE: "{{ is_state('lock.door', 'locked') }}",
    ParameterType.TOPIC_FILTER: "garden/+/error",
    ParameterType.DURATION: 120.0,
    ParameterType.LEARNED_DURATION: 120.0,
}
# Limits have an order.
LIMITS = {"worse_below": 3.0, "below": 10.0, "above": 30.0, "worse_above": 35.0}


def value_of(parameter: Parameter) -> Any:
    """Return a valid value of a parameter."""
    return LIMITS.get(parameter.name, VALUES[parameter.type])


def examples(kind: AlarmKind) -> list[Condition]:
    """Return a condition with all parameters of its kind but the attribute, and one with none that can be left out."""
    parameters = [parameter for parameter in KINDS[kind].parameters if parameter.name != "attribute"]
    needed = [
        parameter
        for parameter in parameters
        if parameter.is_required and parameter.type is not ParameterType.LEARNED_DURATION
    ]
    full, least = (
        Condition(kind=kind, **{parameter.field: value_of(parameter) for parameter in chosen})
        for chosen in (parameters, needed)
    )
    return [full] if full == least else [full, least]


def examples_of(*kinds: AlarmKind) -> list[Condition]:
    """Return the examples of several kinds."""
    return [condition for kind in kinds for condition in examples(kind)]
