"""Form of a condition, with the parameters in the row of its kind."""

from dataclasses import replace

import pytest

from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.parameters import Parameter, ParameterType
from custom_components.iotbridge.alarms.flow.condition_form import parameter_texts, read, result_now, schema, suggested
from custom_components.iotbridge.forms import FieldError
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


async def test_only_a_template_has_a_present_result(hass: HomeAssistant) -> None:
    hass.states.async_set("lock.door", "locked")
    results = {kind: result_now(hass, full(kind)) for kind in AlarmKind}

    result = results.pop(AlarmKind.TEMPLATE)
    assert result is not None
    assert result.is_true is True
    assert set(results.values()) == {None}


@pytest.mark.parametrize(
    "template",
    [
        "{{ states('sensor.press') | float <= 0,5 }}",
        "{{ [states('sensor.press')] }}",
        "{{ {'press': 1} }}",
        "states('sensor.press') | float < 0.5",
        "{{ 'sensor.press' }}",
        "{{ none }}",
    ],
)
async def test_a_template_that_can_be_neither_true_nor_false_is_rejected(hass: HomeAssistant, template: str) -> None:
    hass.states.async_set("sensor.press", "0.3")
    with pytest.raises(FieldError) as caught:
        read(hass, AlarmKind.TEMPLATE, {"template": template})

    assert (caught.value.field, caught.value.key) == ("template", "template_unclear")
    assert caught.value.placeholders["reason"]
