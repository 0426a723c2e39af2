"""Home Assistant restarts in the middle of a plan."""

import time

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.power_plans.engine.plan import Role
from homeassistant.components import persistent_notification
from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from homeassistant.exceptions import ServiceValidationError
from tests.entries import repairs
from tests.kit import Kit
from tests.power_plans.home import UPS, LabHome
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def restart(lab: PlugLab | LabHome, entry: MockConfigEntry, *, is_of_home: bool = True) -> None:
    """Restart Home Assistant, as IoT Bridge sees it; or only reload IoT Bridge."""
    hass = lab.kit.hass
    assert await hass.config_entries.async_unload(entry.entry_id)
    await lab.settle()
    if is_of_home:
        hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await lab.settle()
    if is_of_home:
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await lab.settle()


@pytest.mark.parametrize("is_of_home", [True, False], ids=["restart", "reload"])
async def test_an_order_with_a_response_is_not_given_again(
    plugs: PlugLab, entry: MockConfigEntry, is_of_home: bool
) -> None:
    plugs.hung = {"proxmox"}
    await plugs.call("run_plan")
    await restart(plugs, entry, is_of_home=is_of_home)
    assert (plugs.state, plugs.switched()) == ("stopping", ["guest off", "proxmox off"])

    plugs.set("proxmox", "off")
    await plugs.settle()

    assert plugs.switched() == ["guest off", "proxmox off", "nas off"]
    assert plugs.state == "stopped"


async def test_what_the_plan_stopped_is_known_after_a_restart(plugs: PlugLab, entry: MockConfigEntry) -> None:
    await plugs.call("run_plan", wait=True)
    await restart(plugs, entry)
    assert plugs.state == "stopped"

    await plugs.call("run_plan", direction="on", wait=True)

    assert plugs.switched()[3:] == ["nas on", "proxmox on", "guest on"]


async def test_the_power_returns_while_home_assistant_is_off(kit: Kit, entry: MockConfigEntry) -> None:
    lab = await PlugLab.create(kit)
    await lab.add(lab.step("nas"), lab.step("server", role=Role.HOME_ASSISTANT), ups=UPS)
    lab.hung = {"server"}
    await lab.ups("OB")
    await lab.wait(35)
    assert lab.switched() == ["nas off", "server off"]

    kit.hass.states.async_set("sensor.ups_status", "unavailable")
    await restart(lab, entry)
    assert lab.state == "stopped"
    await lab.ups("OL", charge=80)
    await lab.wait(70)

    assert lab.switched() == ["nas off", "server off", "nas on"]
    assert lab.shown("plan").attributes["outcome"] == "completed"


async def test_an_aborted_plan_is_not_begun_again_by_the_same_power_cut(kit: Kit, entry: MockConfigEntry) -> None:
    lab = await PlugLab.create(kit)
    await lab.add(lab.step("guest", "nas"), lab.step("nas"), ups=UPS)
    lab.hung = {"guest"}
    await lab.ups("OB")
    await lab.wait(35)
    await lab.call("abort_plan")
    lab.set("guest", "off")
    await restart(lab, entry)
    await lab.wait(60)
    assert (lab.switched(), lab.state) == (["guest off"], "stopped")

    for _ in range(2):
        await lab.ups("OL")
        await lab.wait(10)
        await lab.ups("OB")
        await lab.wait(35)
    assert (lab.switched(), lab.state) == (["guest off"], "stopped"), "power that flaps is the same power cut"
    await lab.ups("OL")
    await lab.wait(65)
    await lab.ups("OB")
    await lab.wait(35)

    assert lab.switched() == ["guest off", "nas off"]


async def test_a_plan_without_its_user_does_not_run(plugs: PlugLab) -> None:
    hass = plugs.kit.hass
    ben = await hass.auth.async_create_user("Ben", group_ids=["system-admin"])
    await plugs.add(plugs.step("desk"), ups=UPS, user_id=ben.id)
    await hass.auth.async_deactivate_user(ben)
    await plugs.ups("OB")
    await plugs.wait(60)
    assert repairs(hass)["plan_owner_gone"] == ["Lab"]
    assert (plugs.switched(), plugs.state) == ([], "idle")
    with pytest.raises(ServiceValidationError) as refusal:
        await plugs.call("run_plan")
    assert refusal.value.translation_key == "plan_owner_gone"

    await hass.auth.async_activate_user(ben)
    await plugs.ups("OB LB")

    assert "plan_owner_gone" not in repairs(hass)
    assert plugs.switched() == ["desk off"]


async def test_a_plan_of_a_user_who_is_no_administrator_any_more_says_so_in_a_power_cut(plugs: PlugLab) -> None:
    hass = plugs.kit.hass
    ben = await hass.auth.async_create_user("Ben", group_ids=["system-admin"])
    await plugs.add(plugs.step("desk"), ups=UPS, user_id=ben.id)
    await hass.auth.async_update_user(ben, group_ids=["system-users"])
    await plugs.settle()
    assert repairs(hass)["plan_owner_gone"] == ["Lab"]
    assert _async_get_or_create_notifications(hass) == {}

    await plugs.ups("OB")
    await plugs.wait(60)
    (shown,) = _async_get_or_create_notifications(hass).values()
    assert "the plan cannot begin" in shown["message"]
    persistent_notification.async_dismiss(hass, shown["notification_id"])
    await plugs.ups("OB LB")

    assert (plugs.switched(), plugs.state) == ([], "idle")
    assert _async_get_or_create_notifications(hass) == {}, "once in a power cut"


async def test_a_clock_that_is_set_in_the_middle_fails_no_step(plugs: PlugLab, monkeypatch: pytest.MonkeyPatch) -> None:
    plugs.hung = {"guest"}
    await plugs.call("run_plan")
    shift_s, clock = 7200.0, time.time

    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: clock() + shift_s)
        plugs.kit.hass.states.async_set("switch.nas", "on", {"power": 40})
        await plugs.settle()
        assert plugs.switched() == ["guest off"]
        plugs.set("guest", "off")
        await plugs.settle()

        assert plugs.state == "stopped"
        assert plugs.shown("plan").attributes["outcome"] == "completed"
