"""Notifications of a plan."""

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.iotbridge.power_plans.engine.plan import FailurePolicy
from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

NOTIFY = {"action": "notify.anna", "data": {"title": "{{ title }}", "message": "{{ kind }} {{ step }}: {{ message }}"}}


async def test_the_actions_of_the_plan_notify(plugs: PlugLab) -> None:
    messages = async_mock_service(plugs.kit.hass, "notify", "anna")
    await plugs.add(plugs.step("guest", "nas", on_failure=FailurePolicy.CONTINUE), plugs.step("nas"), notify=(NOTIFY,))
    plugs.refusing = {"guest", "nas"}

    await plugs.call("run_plan", wait=True)
    await plugs.settle()

    assert [call.data["message"] for call in messages] == [
        "started : The plan stops its steps in order.",
        "step_failed Nas: Nas failed. the plug is locked",
        "finished : The plan has finished, but these steps failed: Guest, Nas.",
    ]
    assert {call.context.user_id for call in messages} == {plugs.user_id}


async def test_without_actions_a_failure_is_shown_in_home_assistant(plugs: PlugLab) -> None:
    await plugs.call("run_plan", wait=True)
    await plugs.settle()
    assert _async_get_or_create_notifications(plugs.kit.hass) == {}
    await plugs.call("run_plan", direction="on", wait=True)

    plugs.refusing = {"guest"}
    await plugs.call("run_plan", wait=True)
    await plugs.settle()

    (shown,) = _async_get_or_create_notifications(plugs.kit.hass).values()
    assert (shown["title"], "Guest" in shown["message"]) == ("Lab", True)
