"""The power fails a second time, after the plan has begun to start what it stopped."""

import pytest

from tests.kit import Kit
from tests.power_plans.home import UPS
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.fixture
async def lab(kit: Kit) -> PlugLab:
    """Return a lab whose NAS is off after a power cut, and is about to start."""
    lab = await PlugLab.create(kit)
    await lab.add(lab.step("nas"), ups=UPS)
    await lab.ups("OB")
    await lab.wait(35)
    lab.hung = {"nas"}
    await lab.ups("OL", charge=100)
    await lab.wait(65)
    assert lab.switched() == ["nas off", "nas on"]
    lab.hung = set()
    return lab


async def test_the_last_step_comes_on_before_the_limit_is_reached(lab: PlugLab) -> None:
    await lab.ups("OB")
    await lab.wait(10)
    lab.set("nas", "on")
    await lab.wait(10)
    assert lab.switched() == ["nas off", "nas on"]
    await lab.wait(15)

    assert lab.switched() == ["nas off", "nas on", "nas off"]
    assert lab.state == "stopped"


async def test_an_aborted_start_is_stopped_by_the_next_power_cut(lab: PlugLab) -> None:
    await lab.call("abort_plan")
    await lab.ups("OB")
    await lab.wait(10)
    lab.set("nas", "on")
    await lab.wait(30)

    assert lab.switched() == ["nas off", "nas on", "nas off"]
