"""Triggers of power plans."""

import pytest

from tests.automation import Automate
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

TOLD = {
    key: f"{{{{ trigger.{key} }}}}"
    for key in ("plan", "direction", "step", "reason", "message", "outcome", "entity_id")
}


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ("plan_started", [("", "")]),
        ("plan_step_failed", [("Proxmox", "")]),
        ("plan_finished", [("", "failed")]),
    ],
)
async def test_a_plan_triggers(
    plugs: PlugLab, automate: Automate, trigger: str, expected: list[tuple[str, str]]
) -> None:
    ran = await automate({"trigger": f"iotbridge.{trigger}"}, tell=TOLD)
    plugs.refusing = {"proxmox"}

    await plugs.call("run_plan", wait=True)
    await plugs.settle()

    assert [(event.data["step"], event.data["outcome"]) for event in ran] == expected
    assert {(event.data["plan"], event.data["direction"]) for event in ran} == {("Lab", "off")}
    assert {event.data["entity_id"] for event in ran} == {plugs.entity_id()}


async def test_only_plans_of_the_target_trigger(plugs: PlugLab, automate: Automate) -> None:
    first = plugs.entity_id()
    await plugs.add(plugs.step("desk"), name="Desk")
    ran = await automate({"trigger": "iotbridge.plan_started", "target": {"entity_id": first}}, tell=TOLD)

    await plugs.call("run_plan", wait=True)
    assert ran == []
    await plugs.call("run_plan", plan=first, wait=True)
    await plugs.settle()

    assert len(ran) == 1
