"""Messages of rules and reasons of evaluations, in the language of the home."""

import pytest

from custom_components.iotbridge.alarms.engine.evaluation.no_data import SILENT
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Evaluation, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy
from custom_components.iotbridge.alarms.notifications.rendering import async_reason_text
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.translation import async_load_integrations
from tests.alarms.home import wait
from tests.kit import Kit
from tests.rules import add_rule, set_state


async def sent(kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], message: str) -> str:
    """Return the notifications about an alarm whose rule has a message."""
    await add_rule(kit, "sensor.one", escalation=policy, message=message)
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler", unit_of_measurement="°C")
    await wait(kit, 2)
    (call,) = notifications
    text: str = call.data["message"]
    return text


async def test_a_rule_has_its_own_message(kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]) -> None:
    text = await sent(kit, policy, notifications, "{{ name }} of {{ rule }} at {{ value }}, {{ severity }}")

    assert text == "Boiler of Hot at 90 °C, warning"


async def test_without_a_message_the_reason_is_sent(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    assert await sent(kit, policy, notifications, "") == "90 °C > 80 °C"


async def test_a_message_that_cannot_be_rendered_does_not_prevent_the_notification(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], caplog: pytest.LogCaptureFixture
) -> None:
    assert await sent(kit, policy, notifications, "{{ 1 / 0 }}") == "90 °C > 80 °C"
    assert "The message of the alarm Hot cannot be rendered" in caplog.text


@pytest.mark.parametrize(("language", "text"), [("en", "on for 20 s"), ("it", "on da 20 s"), ("fr", "on depuis 20 s")])
async def test_a_state_is_sent_with_its_duration(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], language: str, text: str
) -> None:
    await kit.hass.config.async_update(language=language)
    await async_load_integrations(kit.hass, {"iotbridge"})
    condition = Condition(kind=AlarmKind.STATE, states=("on",))
    await add_rule(kit, "binary_sensor.pump", condition=condition, escalation=policy, timing=Timing(hold_s=20))
    await set_state(kit, "binary_sensor.pump", "on")
    await wait(kit, 22)

    (call,) = notifications
    assert call.data["message"] == text


@pytest.mark.usefixtures("home_texts")
@pytest.mark.parametrize("language", ["en", "it", "fr"])
async def test_a_reason_is_a_sentence_where_it_has_one(hass: HomeAssistant, language: str) -> None:
    await hass.config.async_update(language=language)
    await async_load_integrations(hass, {"iotbridge"})
    values = (("silent", "10 min"), ("limit", "5 min"))
    sentence = async_reason_text(
        hass, Evaluation(True, reason="10 min > 5 min", reason_key=SILENT, reason_values=values)
    )

    assert "10 min" in sentence
    assert "5 min" in sentence
    assert sentence != "10 min > 5 min"
    assert async_reason_text(hass, Evaluation(True, reason="90 > 80")) == "90 > 80"
