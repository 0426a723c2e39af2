"""Sensor of a plan."""

import pytest

from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_the_sensor_follows_the_run(plugs: PlugLab) -> None:
    plugs.hung = {"proxmox"}
    assert (plugs.state, plugs.shown().attributes.get("direction")) == ("idle", None)

    await plugs.call("run_plan")

    assert plugs.state == "stopping"
    attributes = plugs.shown().attributes
    assert (attributes["direction"], attributes["cause"]) == ("off", "call")
    assert (attributes["steps_at_work"], attributes["failures"]) == (["Proxmox"], 0)
    plugs.hung = set()
    plugs.set("proxmox", "off")
    await plugs.settle()
    assert plugs.state == "stopped"
    for name in ("nas", "proxmox", "guest"):
        plugs.set(name, "on")
    await plugs.settle()
    assert plugs.state == "idle", "a person switched everything on again"


async def test_a_run_with_a_failure_shows(plugs: PlugLab) -> None:
    plugs.refusing = {"guest"}

    await plugs.call("run_plan", wait=True)

    assert plugs.state == "failed"
