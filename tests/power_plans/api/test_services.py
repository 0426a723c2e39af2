"""Actions run_plan and abort_plan."""

import pytest
import voluptuous as vol

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from tests.power_plans.home import UPS
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_a_plan_stops_and_starts_again_and_both_are_reported(plugs: PlugLab) -> None:
    off = await plugs.call("run_plan", direction="off", wait=True)

    assert plugs.switched() == ["guest off", "proxmox off", "nas off"]
    assert (off["plan"], off["state"], off["direction"]) == ("Lab", "stopped", "off")
    assert [(row["name"], row["state"]) for row in off["timeline"]] == [
        ("Guest", "off"),
        ("Proxmox", "off"),
        ("Nas", "off"),
    ]
    assert (off["report"]["outcome"], off["report"]["started_by"]) == ("completed", "Anna")
    assert off["report"]["failed"] == []
    on = await plugs.call("run_plan", direction="on", wait=True)
    assert plugs.switched()[3:] == ["nas on", "proxmox on", "guest on"]
    assert (on["state"], on["report"]["outcome"]) == ("idle", "completed")


async def test_what_a_person_switched_on_again_is_not_started(plugs: PlugLab) -> None:
    await plugs.call("run_plan", wait=True)
    plugs.set("nas", "on")
    await plugs.settle()

    await plugs.call("run_plan", direction="on", wait=True)

    assert plugs.switched()[3:] == ["proxmox on", "guest on"]


async def test_the_actions_run_as_the_user_who_made_the_plan(plugs: PlugLab) -> None:
    ben = await plugs.kit.hass.auth.async_create_user("Ben", group_ids=["system-admin"])

    result = await plugs.call("run_plan", wait=True, context=Context(user_id=ben.id))

    assert {call.context.user_id for call in plugs.calls} == {plugs.user_id}
    assert result["report"]["started_by"] == "Ben"


async def test_a_dry_run_sends_nothing_and_says_what_would_happen(plugs: PlugLab) -> None:
    plugs.set("guest", "off")

    result = await plugs.call("run_plan", dry_run=True)

    assert plugs.switched() == []
    assert [(row["name"], row["state"], row["is_expected"]) for row in result["timeline"]] == [
        ("Guest", "was_off", False),
        ("Proxmox", "to_stop", True),
        ("Nas", "to_stop", True),
    ]
    assert result["timeline"][1]["ends_at"] == result["timeline"][2]["begins_at"]
    assert (plugs.state, result["run_id"]) == ("idle", None)


async def test_a_run_in_the_middle_can_be_aborted(plugs: PlugLab) -> None:
    plugs.hung = {"proxmox"}
    begun = await plugs.call("run_plan")
    assert (begun["state"], "report" in begun) == ("stopping", False)
    with pytest.raises(ServiceValidationError) as refusal:
        await plugs.call("run_plan")
    assert refusal.value.translation_key == "plan_running"

    report = await plugs.call("abort_plan")
    assert [step["state"] for step in report["steps"]] == ["off", "stopping", "left_on"]
    plugs.set("proxmox", "off")
    await plugs.settle()

    assert plugs.switched() == ["guest off", "proxmox off"]
    assert plugs.shown("plan").attributes["outcome"] == "aborted"
    with pytest.raises(ServiceValidationError) as refusal:
        await plugs.call("abort_plan")
    assert refusal.value.translation_key == "plan_not_running"


async def test_only_admins_and_automations_may_run_and_abort(plugs: PlugLab) -> None:
    carl = await plugs.kit.hass.auth.async_create_user("Carl", group_ids=["system-users"])
    for action in ("run_plan", "abort_plan"):
        with pytest.raises(Unauthorized):
            await plugs.call(action, context=Context(user_id=carl.id))
    assert plugs.switched() == []

    await plugs.call("run_plan", wait=True, context=Context())
    assert len(plugs.calls) == 3


async def test_the_device_or_any_entity_of_the_plan_names_it(plugs: PlugLab) -> None:
    for plan in (plugs.entity_id("plan"), plugs.entity_id("plan_enabled"), plugs.plan_device()):
        assert (await plugs.call("run_plan", plan=plan, dry_run=True))["plan_id"] == plugs.plan_id
    for other in ("sensor.ups_status", "sensor.none"):
        with pytest.raises(ServiceValidationError) as refusal:
            await plugs.call("run_plan", plan=other)
        assert refusal.value.translation_key == "plan_not_found"
    with pytest.raises(vol.Invalid):
        await plugs.call("run_plan", direction="both")


async def test_nothing_is_started_while_the_ups_is_on_battery(plugs: PlugLab) -> None:
    await plugs.add(plugs.step("desk"), ups=UPS)
    plugs.set("desk", "off")
    await plugs.ups("OB")

    with pytest.raises(ServiceValidationError) as refusal:
        await plugs.call("run_plan", direction="on")

    assert refusal.value.translation_key == "plan_on_battery"
    await plugs.kit.hass.services.async_call(
        "switch", "turn_off", {"entity_id": plugs.entity_id("plan_enabled")}, blocking=True
    )
    await plugs.call("run_plan", direction="on", wait=True)
    assert plugs.switched() == ["desk on"]
