"""Form of a rule's condition: a field for each parameter of its kind, according to the parameter's type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers import selector

from ...forms import DURATION, TEXT, FieldError, duration, seconds, text
from ...topic_filters import fault
from ..engine.evaluation.formatting import duration_text, number_text
from ..engine.kinds import KINDS, AlarmKind, Condition
from ..engine.models import Severity
from ..engine.parameters import Parameter, ParameterError, ParameterType
from ..runtime.template_result import TemplateResult, async_template_result
from .fields import NUMBER, SEVERITY, TEXTS, filled, number_with

LEARNED, FIXED = RHYTHMS = ("learned", "fixed")
_RHYTHM = selector.SelectSelector(
    selector.SelectSelectorConfig(
        options=list(RHYTHMS), translation_key="rhythm", mode=selector.SelectSelectorMode.LIST
    )
)

# Types whose fields may be empty although the parameter is required.
_OPTIONAL = (ParameterType.LEARNED_DURATION, ParameterType.NUMBER)
_UNSET = Condition(kind=AlarmKind.ABOVE)

type Input = Mapping[str, Any]
type Reader = Callable[[HomeAssistant, Parameter, Input], Any]


def schema(kind: AlarmKind, units: Sequence[str] = ()) -> vol.Schema:
    """Return the schema for a kind; ``units`` are those in which its limits can be entered.

    A required number is optional here: the frontend would fill it with a 0.
    """
    fields: dict[vol.Marker, Any] = {}
    is_measuring = KINDS[kind].is_measuring
    limits = [parameter for parameter in KINDS[kind].parameters if _is_limit(parameter)]
    for parameter in KINDS[kind].parameters:
        if parameter.type is ParameterType.LEARNED_DURATION:
            fields[vol.Required("rhythm", default=LEARNED)] = _RHYTHM
        is_required = parameter.is_required and parameter.type not in _OPTIONAL
        default = vol.UNDEFINED if parameter.default is None else parameter.default
        marker = vol.Required if is_required else vol.Optional
        control = _FIELDS[parameter.type].control
        if is_measuring and parameter.type is ParameterType.NUMBER and len(units) == 1:
            control = number_with(units[0])
        fields[marker(parameter.name, default=default)] = control
        if is_measuring and len(units) > 1 and parameter is limits[-1]:
            fields[vol.Optional("unit")] = selector.SelectSelector(
                selector.SelectSelectorConfig(options=list(units), mode=selector.SelectSelectorMode.DROPDOWN)
            )
    return vol.Schema(fields)


def _is_limit(parameter: Parameter) -> bool:
    return parameter.type is ParameterType.NUMBER and parameter.is_required


def suggested(condition: Condition) -> dict[str, Any]:
    """Return the suggested values of the form."""
    values: dict[str, Any] = {"unit": condition.unit}
    for parameter in condition.traits.parameters:
        value = getattr(condition, parameter.field)
        if parameter.type is ParameterType.LEARNED_DURATION:
            values["rhythm"] = LEARNED if value is None else FIXED
        is_unset = parameter.type is ParameterType.NUMBER and value == getattr(_UNSET, parameter.field)
        if value is not None and not is_unset and not parameter.is_missing(value):
            values[parameter.name] = _FIELDS[parameter.type].suggested(value)
    return filled(values)


def read(hass: HomeAssistant, kind: AlarmKind, user_input: Input, units: Sequence[str] = ()) -> Condition:
    """Return the condition of a form with these units; raise FieldError."""
    values: dict[str, Any] = {}
    for parameter in KINDS[kind].parameters:
        value = _FIELDS[parameter.type].read(hass, parameter, user_input)
        if parameter.is_missing(value):
            raise FieldError(parameter.name, parameter.missing_key or "limit_missing")
        values[parameter.field] = value
    unit = units[0] if len(units) == 1 and KINDS[kind].is_measuring else user_input.get("unit") or None
    condition = Condition(kind=kind, unit=unit, **filled(values))
    if check := condition.traits.check:
        try:
            check(condition)
        except ParameterError as error:
            raise FieldError(error.parameter, error.key) from None
    return condition


def is_learned(condition: Condition) -> bool:
    """Return whether a duration of the condition is learned from each entity."""
    return any(
        parameter.type is ParameterType.LEARNED_DURATION and getattr(condition, parameter.field) is None
        for parameter in condition.traits.parameters
    )


def parameter_texts(condition: Condition) -> dict[str, str]:
    """Return the values of the parameters as texts, by the names of the parameters."""
    values: dict[str, str] = {}
    for parameter in condition.traits.parameters:
        value = getattr(condition, parameter.field)
        values[parameter.name] = "" if value is None else _FIELDS[parameter.type].text(value, condition.unit)
    return values


def result_now(hass: HomeAssistant, condition: Condition) -> TemplateResult | None:
    """Return the present result of the template of a condition, None for a condition without a template."""
    if not any(parameter.type is ParameterType.TEMPLATE for parameter in condition.traits.parameters):
        return None
    return async_template_result(hass, condition.template)


@dataclass(frozen=True, slots=True)
class _Field:
    """Field of the form for a type of parameter: its selector, and conversion of its value from and to the form."""

    control: selector.Selector[Any]
    read: Reader
    suggested: Callable[[Any], Any] = lambda value: value
    text: Callable[[Any, str | None], str] = lambda value, _unit: str(value)


def _number(_hass: HomeAssistant, parameter: Parameter, user_input: Input) -> float | None:
    value = user_input.get(parameter.name)
    return None if value is None else float(value)


def _texts(_hass: HomeAssistant, parameter: Parameter, user_input: Input) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stripped for each in user_input[parameter.name] if (stripped := each.strip())))


def _mapping(_hass: HomeAssistant, parameter: Parameter, user_input: Input) -> dict[str, Any]:
    value = user_input.get(parameter.name) or {}
    if not isinstance(value, Mapping):
        raise FieldError(parameter.name, "data_invalid")
    return dict(value)


def _template(hass: HomeAssistant, parameter: Parameter, user_input: Input) -> str:
    # The selector has checked the syntax; other errors occur only when the template is rendered.
    template: str = user_input[parameter.name]
    result = async_template_result(hass, template)
    if isinstance(result.value, TemplateError):
        raise FieldError(parameter.name, "template_fails", reason=result.text)
    if result.is_always_unclear:
        raise FieldError(parameter.name, "template_unclear", reason=result.text)
    return template


def _topic_filter(_hass: HomeAssistant, parameter: Parameter, user_input: Input) -> str:
    topic: str = user_input[parameter.name]
    if key := fault(topic):
        raise FieldError(parameter.name, key)
    return topic


def _duration(_hass: HomeAssistant, parameter: Parameter, user_input: Input) -> float:
    return seconds(user_input, parameter.name, least=parameter.least_s)


def _learned_duration(hass: HomeAssistant, parameter: Parameter, user_input: Input) -> float | None:
    return None if user_input["rhythm"] == LEARNED else _duration(hass, parameter, user_input)


def _duration_text(value: float, _unit: str | None) -> str:
    return duration_text(value)


_FIELDS: Mapping[ParameterType, _Field] = {
    ParameterType.NUMBER: _Field(NUMBER, _number, text=number_text),
    ParameterType.SEVERITY: _Field(
        SEVERITY,
        lambda _hass, parameter, user_input: Severity[user_input[parameter.name].upper()],
        lambda severity: severity.word,
        lambda severity, _unit: severity.word,
    ),
    ParameterType.TEXT: _Field(TEXT, lambda _hass, parameter, user_input: text(user_input, parameter.name)),
    ParameterType.EXACT_TEXT: _Field(TEXT, lambda _hass, parameter, user_input: user_input.get(parameter.name) or ""),
    ParameterType.TEXTS: _Field(TEXTS, _texts, list, lambda states, _unit: ", ".join(states)),
    ParameterType.MAPPING: _Field(selector.ObjectSelector(), _mapping, lambda value: dict(value) or None),
    ParameterType.TEMPLATE: _Field(selector.TemplateSelector(), _template),
    ParameterType.TOPIC_FILTER: _Field(TEXT, _topic_filter),
    ParameterType.DURATION: _Field(DURATION, _duration, duration, _duration_text),
    ParameterType.LEARNED_DURATION: _Field(DURATION, _learned_duration, duration, _duration_text),
}
