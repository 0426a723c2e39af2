"""Form of a condition, with the parameters in the row of its kind."""

from dataclasses import replace

import pytest

from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.parameters import Parameter, ParameterType
from custom_components.iotbridge.alarms.flow.condition_form import is_true_now, parameter_texts, read, schema, suggested
from custom_components.iotbridge.alarms.flow.fields import FieldError
from homeassistant.core import HomeAssistant

from ..conditions import examples, examples_of

MISSING = [
    (kind, parameter) for kind, traits in KINDS.items() for parameter in traits.parameters if parameter.missing_key
]
EMPTY = {ParameterType.NUMBER: 0, ParameterType.TEXT: " ", ParameterType.TEXTS: [" "]}


def full(kind: AlarmKind) -> Condition:
    return examples(kind)[0]


@pytest.mark.parametrize("condition", examples_of(*AlarmKind), ids=lambda condition: condition.kind)
async def test_an_unchanged_form_keeps_the_condition(hass: HomeAssistant, condition: Condition) -> None:
    form = schema(condition.kind)

    assert read(hass, condition.kind, form(suggested(condition))) == condition


@pytest.mark.parametrize("kind", [kind for kind, traits in KINDS.items() if traits.is_measuring])
async def test_limits_have_the_selected_unit(hass: HomeAssistant, kind: AlarmKind) -> None:
    condition = replace(full(kind), unit="°F", attribute="temperature")
    form = schema(kind, ["°C", "°F"])

    assert read(hass, kind, form(suggested(condition))) == condition
    assert "unit" not in schema(kind).schema


@pytest.mark.parametrize(("kind", "parameter"), MISSING, ids=lambda each: getattr(each, "name", each))
async def test_an_empty_parameter_is_rejected(hass: HomeAssistant, kind: AlarmKind, parameter: Parameter) -> None:
    answers = schema(kind)({**suggested(full(kind)), parameter.name: EMPTY[parameter.type]})
    with pytest.raises(FieldError) as caught:
        read(hass, kind, answers)

    assert (caught.value.field, caught.value.key) == (parameter.name, parameter.missing_key)


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_parameter_has_a_text(kind: AlarmKind) -> None:
    texts = parameter_texts(full(kind))

    assert texts.keys() == {parameter.name for parameter in KINDS[kind].parameters}
    assert [name for name, text in texts.items() if not text and name != "attribute"] == []


async def test_only_a_template_is_true_now(hass: HomeAssistant) -> None:
    hass.states.async_set("lock.door", "locked")

    assert {kind: is_true_now(hass, full(kind)) for kind in AlarmKind} == {
        kind: True if kind is AlarmKind.TEMPLATE else None for kind in AlarmKind
    }
    hass.states.async_set("lock.door", "open")
    assert is_true_now(hass, full(AlarmKind.TEMPLATE)) is False
    assert is_true_now(hass, Condition(kind=AlarmKind.TEMPLATE, template="{{ nonsense() }}")) is False
