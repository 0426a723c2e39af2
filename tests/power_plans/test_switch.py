"""Switch that lets the UPS begin a plan."""

import pytest

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.const import EntityCategory
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from tests.power_plans.home import UPS
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def turn(lab: PlugLab, action: str, context: Context | None = None, **target: str) -> None:
    target = target or {"entity_id": lab.entity_id("plan_enabled")}
    await lab.kit.hass.services.async_call("switch", action, target, blocking=True, context=context)
    await lab.settle()


async def test_a_plan_that_is_switched_off_is_not_begun_by_its_ups(plugs: PlugLab) -> None:
    await plugs.add(plugs.step("desk"), ups=UPS)
    await turn(plugs, "turn_off")
    assert plugs.shown("plan_enabled").state == "off"
    await plugs.ups("OB")
    await plugs.wait(60)
    assert (plugs.switched(), plugs.state) == ([], "idle")

    await turn(plugs, "turn_on")

    assert plugs.switched() == ["desk off"]


async def test_it_stays_off_over_a_reload(plugs: PlugLab) -> None:
    await turn(plugs, "turn_off")
    (entry,) = plugs.kit.hass.config_entries.async_entries("iotbridge")

    assert await plugs.kit.hass.config_entries.async_reload(entry.entry_id)
    await plugs.settle()

    assert plugs.shown("plan_enabled").state == "off"


async def test_neither_an_area_nor_an_assistant_nor_a_guest_switches_it(plugs: PlugLab) -> None:
    hass = plugs.kit.hass
    area = ar.async_get(hass).async_create("Lab")
    dr.async_get(hass).async_update_device(plugs.plan_device(), area_id=area.id)
    carl = await hass.auth.async_create_user("Carl", group_ids=["system-users"])
    await turn(plugs, "turn_off", area_id=area.id)
    with pytest.raises(Unauthorized):
        await turn(plugs, "turn_off", Context(user_id=carl.id))

    assert plugs.shown("plan_enabled").state == "on"
    entity = er.async_get(hass).async_get(plugs.entity_id("plan_enabled"))
    assert entity is not None
    assert entity.entity_category is EntityCategory.CONFIG
    assert await async_setup_component(hass, "homeassistant", {})
    assert not any(
        async_should_expose(hass, "conversation", plugs.entity_id(key))
        for key in ("plan_enabled", "plan_state", "plan")
    )
