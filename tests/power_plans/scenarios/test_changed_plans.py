"""A plan is changed in the middle of its run."""

import asyncio
import gc

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import ServiceCall
from tests.power_plans.plans import plan_of
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_a_step_is_removed_while_its_order_is_executed(plugs: PlugLab, entry: MockConfigEntry) -> None:
    hass = plugs.kit.hass
    rest = plan_of(plugs.step("proxmox", "nas"), plugs.step("nas"), user_id=plugs.user_id)

    async def remove_step(call: ServiceCall) -> None:
        plugs.calls.append(call)
        hass.config_entries.async_update_subentry(entry, entry.subentries[plugs.plan_id], data=rest.as_dict())
        for _ in range(100):
            await asyncio.sleep(0)

    hass.services.async_register("plug", "turn_off", remove_step)
    await plugs.call("run_plan")
    # An exception in the background is reported with its garbage, and fails the test then.
    gc.collect()

    assert plugs.switched() == ["guest off", "proxmox off"]
