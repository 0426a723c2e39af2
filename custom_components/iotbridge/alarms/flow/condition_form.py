"""The condition of an alarm as a form, for each kind its own fields, and back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers import selector
from homeassistant.helpers.template import Template, result_as_boolean

from ...forms import TEXT
from ...topic_filters import fault
from ..engine.models import Severity
from ..engine.rule import MEASURING, AlarmKind, Condition
from .fields import DURATION, NUMBER, SEVERITY, WORDS_LIST, FieldError, duration, filled, seconds, text

# Nothing to ask: the kind says it all.
WITHOUT_FIELDS = frozenset({AlarmKind.UNAVAILABLE, AlarmKind.HOST_LOST})
LEARNED, FIXED = RHYTHMS = ("learned", "fixed")
_LEAST_SILENCE_S = 5.0

type Fields = dict[vol.Marker, Any]
type Given = Mapping[str, Any]


def _attribute() -> Fields:
    return {vol.Optional("attribute"): TEXT}


def _worse(*limits: str) -> Fields:
    return {
        vol.Required("hysteresis", default=0): NUMBER,
        **{vol.Optional(limit): NUMBER for limit in limits},
        vol.Required("worse", default=Severity.CRITICAL.word): SEVERITY,
        **_attribute(),
    }


def _rhythm() -> Fields:
    rhythms = selector.SelectSelectorConfig(
        options=list(RHYTHMS), translation_key="rhythm", mode=selector.SelectSelectorMode.LIST
    )
    return {
        vol.Required("rhythm", default=LEARNED): selector.SelectSelector(rhythms),
        vol.Optional("silent"): DURATION,
    }


_FIELDS: Mapping[AlarmKind, Fields] = {
    AlarmKind.ABOVE: {vol.Required("above"): NUMBER, **_worse("worse_above")},
    AlarmKind.BELOW: {vol.Required("below"): NUMBER, **_worse("worse_below")},
    AlarmKind.OUTSIDE: {
        vol.Required("below"): NUMBER,
        vol.Required("above"): NUMBER,
        **_worse("worse_below", "worse_above"),
    },
    AlarmKind.STATE: {vol.Required("states"): WORDS_LIST, **_attribute()},
    AlarmKind.RATE: {
        vol.Required("change"): NUMBER,
        vol.Required("per", default={"minutes": 1}): DURATION,
        **_attribute(),
    },
    AlarmKind.NO_DATA: _rhythm(),
    AlarmKind.TEMPLATE: {vol.Required("template"): selector.TemplateSelector()},
    AlarmKind.EVENT: {vol.Required("event_type"): TEXT, vol.Optional("event_data"): selector.ObjectSelector()},
    AlarmKind.MESSAGE: {vol.Required("topic"): TEXT, vol.Optional("contains"): TEXT},
}


def schema(kind: AlarmKind, units: Sequence[str] = ()) -> vol.Schema:
    """Return the form of a kind; ``units`` are those in which its limits can be written."""
    if kind not in MEASURING or not units:
        return vol.Schema(_FIELDS[kind])
    chosen = selector.SelectSelector(
        selector.SelectSelectorConfig(options=list(units), mode=selector.SelectSelectorMode.DROPDOWN)
    )
    return vol.Schema({**_FIELDS[kind], vol.Optional("unit"): chosen})


def suggested(condition: Condition) -> dict[str, Any]:
    """Return what the form shows at first."""
    shown: dict[str, Any] = {
        "above": condition.above,
        "below": condition.below,
        "hysteresis": condition.hysteresis,
        "worse_above": condition.worse_above,
        "worse_below": condition.worse_below,
        "worse": condition.worse.word,
        "attribute": condition.attribute,
        "states": list(condition.states),
        "change": condition.change or None,
        "per": duration(condition.per_s),
        "rhythm": LEARNED if condition.silent_s is None else FIXED,
        "silent": duration(condition.silent_s) if condition.silent_s else None,
        "template": condition.template,
        "event_type": condition.event_type,
        "event_data": dict(condition.event_data) or None,
        "topic": condition.topic,
        "contains": condition.contains,
        "unit": condition.unit,
    }
    return filled(shown)


def read(hass: HomeAssistant, kind: AlarmKind, given: Given) -> Condition:
    """Return the condition of a form; raise FieldError."""
    if kind is AlarmKind.TEMPLATE:
        # The selector has looked at the grammar; whether it can be computed is seen when it is.
        try:
            Template(given["template"], hass).async_render()
        except TemplateError as error:
            raise FieldError("template", "template_fails", reason=str(error)) from None
    attribute, unit = text(given, "attribute") or None, given.get("unit") or None
    return replace(_READERS[kind](given), kind=kind, attribute=attribute, unit=unit)


def is_true(hass: HomeAssistant, template: str) -> bool:
    """Return whether a template is true at this moment."""
    try:
        return bool(result_as_boolean(Template(template, hass).async_render()))
    except TemplateError:
        return False


def _limits(given: Given) -> Condition:
    above, below = given.get("above"), given.get("below")
    worse_above, worse_below = given.get("worse_above"), given.get("worse_below")
    hysteresis = float(given["hysteresis"])
    if hysteresis < 0:
        raise FieldError("hysteresis", "hysteresis_negative")
    if above is not None and below is not None and below >= above:
        raise FieldError("above", "limits_crossed")
    if above is not None and below is not None and above - hysteresis <= below + hysteresis:
        raise FieldError("hysteresis", "hysteresis_wide")
    if above is not None and worse_above is not None and worse_above <= above:
        raise FieldError("worse_above", "worse_above_low")
    if below is not None and worse_below is not None and worse_below >= below:
        raise FieldError("worse_below", "worse_below_high")
    return Condition(
        kind=AlarmKind.OUTSIDE,
        above=above,
        below=below,
        hysteresis=hysteresis,
        worse_above=worse_above,
        worse_below=worse_below,
        worse=Severity[given["worse"].upper()],
    )


def _states(given: Given) -> Condition:
    states = tuple(dict.fromkeys(state.strip() for state in given["states"] if state.strip()))
    if not states:
        raise FieldError("states", "no_states")
    return Condition(kind=AlarmKind.STATE, states=states)


def _rate(given: Given) -> Condition:
    if given["change"] <= 0:
        raise FieldError("change", "change_missing")
    return Condition(kind=AlarmKind.RATE, change=float(given["change"]), per_s=seconds(given, "per", least=1.0))


def _silence(given: Given) -> Condition:
    if given["rhythm"] == LEARNED:
        return Condition(kind=AlarmKind.NO_DATA)
    return Condition(kind=AlarmKind.NO_DATA, silent_s=seconds(given, "silent", least=_LEAST_SILENCE_S))


def _template(given: Given) -> Condition:
    return Condition(kind=AlarmKind.TEMPLATE, template=given["template"])


def _event(given: Given) -> Condition:
    data = given.get("event_data") or {}
    if not isinstance(data, Mapping):
        raise FieldError("event_data", "data_invalid")
    if not (event_type := text(given, "event_type")):
        raise FieldError("event_type", "event_missing")
    return Condition(kind=AlarmKind.EVENT, event_type=event_type, event_data=dict(data))


def _message(given: Given) -> Condition:
    if wrong := fault(given["topic"]):
        raise FieldError("topic", wrong)
    return Condition(kind=AlarmKind.MESSAGE, topic=given["topic"], contains=given.get("contains") or "")


_READERS: Mapping[AlarmKind, Callable[[Given], Condition]] = {
    AlarmKind.ABOVE: _limits,
    AlarmKind.BELOW: _limits,
    AlarmKind.OUTSIDE: _limits,
    AlarmKind.STATE: _states,
    AlarmKind.RATE: _rate,
    AlarmKind.NO_DATA: _silence,
    AlarmKind.TEMPLATE: _template,
    AlarmKind.EVENT: _event,
    AlarmKind.MESSAGE: _message,
}
