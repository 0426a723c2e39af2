"""Notification of a run that waits for long."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from tests.power_plans.home import UPS
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def minutes(plugs: PlugLab, count: int) -> None:
    """Advance the time in steps of five minutes."""
    for _ in range(count // 5):
        plugs.kit.freezer.tick(timedelta(minutes=5))
        await plugs.kit.wait(1)
        await plugs.settle()


async def cut(plugs: PlugLab) -> None:
    """Stop everything in a power cut."""
    await plugs.ups("OB")
    await plugs.wait(40)
    assert plugs.state == "stopped"


async def test_a_ups_that_stays_unavailable_is_named_once(plugs: PlugLab) -> None:
    await plugs.add(plugs.step("desk"), ups=UPS)
    await cut(plugs)
    await plugs.ups("unavailable")
    await minutes(plugs, 50)
    assert _async_get_or_create_notifications(plugs.kit.hass) == {}

    await minutes(plugs, 20)
    (shown,) = _async_get_or_create_notifications(plugs.kit.hass).values()
    assert "when sensor.ups_status shows steady power; it shows unavailable" in shown["message"]


async def test_a_battery_that_does_not_charge_is_notified_by_the_plan(plugs: PlugLab) -> None:
    notify = {"action": "notify.anna", "data": {"message": "{{ kind }}: {{ message }}"}}
    messages = async_mock_service(plugs.kit.hass, "notify", "anna")
    await plugs.add(plugs.step("desk"), ups=UPS, notify=(notify,))
    await cut(plugs)
    await plugs.ups("OL", charge=20)
    await minutes(plugs, 200)

    (message,) = [call.data["message"] for call in messages if call.data["message"].startswith("waiting")]
    assert message.endswith("when sensor.ups_charge reaches 50 %; it shows 20.")
    assert _async_get_or_create_notifications(plugs.kit.hass) == {}
