"""Condition of power plans."""

import pytest

from tests.automation import Automate
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_a_plan_is_running(plugs: PlugLab, automate: Automate) -> None:
    other = plugs.entity_id()
    await plugs.add(plugs.step("desk"), name="Desk")
    targets = [{}, {"target": {"entity_id": plugs.entity_id()}}, {"target": {"entity_id": other}}]
    conditions = [{"condition": "iotbridge.is_plan_running", **target} for target in targets]
    ran = await automate(
        {"trigger": "event", "event_type": "ask"},
        condition={
            "condition": "and",
            "conditions": [*conditions[:2], {"condition": "not", "conditions": conditions[2:]}],
        },
    )
    plugs.kit.hass.bus.async_fire("ask")
    await plugs.settle()
    assert ran == []

    plugs.hung = {"desk"}
    await plugs.call("run_plan")
    plugs.kit.hass.bus.async_fire("ask")
    await plugs.settle()

    assert len(ran) == 1
