"""Results of templates: true, false or neither, and results that can never be either."""

from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from custom_components.iotbridge.alarms.runtime.template_result import TemplateResult, async_template_result
from homeassistant.core import HomeAssistant


@pytest.mark.parametrize("value", [True, "on", "Yes", "enable", "true", 1, 21.5, -3])
def test_values_that_are_true(value: Any) -> None:
    assert TemplateResult(value).evaluation(Severity.INFO) == Evaluation(True, Severity.INFO)


@pytest.mark.parametrize("value", [False, "off", "No", "disable", "0", 0, 0.0])
def test_values_that_are_false(value: Any) -> None:
    assert TemplateResult(value).evaluation(Severity.INFO) == Evaluation(False, Severity.INFO)


@pytest.mark.parametrize(
    ("template", "text", "is_always_unclear"),
    [
        ("{{ states('sensor.press') | float <= 0,5 }}", "(True, 5)", True),
        ("{{ [states('sensor.press')] }}", "['-0.3']", True),
        ("{{ {'press': states('sensor.press')} }}", "{'press': '-0.3'}", True),
        ("states('sensor.press') < 0.5", "states('sensor.press') < 0.5", True),
        ("{{ 'open' }}", "open", True),
        ("{{ none }}", "None", True),
        ("{{ states('sensor.gone') }}", "unknown", False),
        ("{{ states.sensor | map(attribute='state') | first }}°", "-0.3°", False),
        ("{{ state_attr('sensor.press', 'fault') }}", "None", False),
        ("{{ '' if is_state('sensor.press', '-0.3') }}", "''", False),
        ("{{ now().strftime('at %M') is none or 'unknown' }}", "unknown", False),
        ("{{ 1 / (states('sensor.press') | float - states('sensor.press') | float) }}", "ZeroDivisionError", False),
    ],
)
async def test_results_that_are_neither(hass: HomeAssistant, template: str, text: str, is_always_unclear: bool) -> None:
    hass.states.async_set("sensor.press", "-0.3")

    result = async_template_result(hass, template)

    assert result.is_true is None
    assert result.text.startswith(text)
    assert result.is_always_unclear is is_always_unclear
    evaluation = result.evaluation(Severity.INFO)
    assert evaluation.is_active is None
    assert result.text in dict(evaluation.reason_values).values()
