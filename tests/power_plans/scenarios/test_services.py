"""A plan wakes a host, and has its agent start the services of the host as the last part of the step."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.kit import Kit
from tests.power_plans.home import LabHome
from tests.wire import Wire

from .test_restarts import restart

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.fixture
async def lab(kit: Kit, wire: Wire) -> LabHome:
    """Return a lab whose NAS is off, and is being woken by its plan."""
    home = await LabHome.create(kit, "nas")
    await home.add(home.step("nas", start_services=True, on_within_s=200))
    await home.call("run_plan")
    await home.obey("nas")
    await home.call("run_plan", direction="on")
    await home.comes_up("nas")
    return home


def asked(lab: LabHome) -> list[dict[str, Any]]:
    """Return the commands that start services."""
    return [command for command in lab.hosts["nas"].commands() if command["command"] == "start_services"]


async def test_the_step_is_on_when_the_services_run(lab: LabHome) -> None:
    (command,) = asked(lab)
    await lab.hosts["nas"].respond(command, "accepted")
    await lab.wait(60)
    assert lab.state == "starting", "a service may need a while"
    await lab.hosts["nas"].respond(command, "done", message="start_services succeeded.")
    await lab.settle()

    assert lab.state == "idle"
    assert lab.shown("plan").attributes["outcome"] == "completed"


async def test_a_service_that_fails_fails_the_step(lab: LabHome) -> None:
    (command,) = asked(lab)
    await lab.hosts["nas"].respond(command, "accepted")
    await lab.hosts["nas"].respond(command, "failed", reason="error", message="Hub failed to start.")
    await lab.settle()

    assert lab.state == "failed"
    assert lab.shown("plan").attributes["outcome"] == "failed"


async def test_an_agent_that_is_busy_is_asked_again(lab: LabHome) -> None:
    (command,) = asked(lab)
    await lab.hosts["nas"].respond(command, "refused", reason="busy")
    await lab.settle()
    assert lab.state == "starting"
    await lab.wait(15)
    _, command = asked(lab)
    await lab.hosts["nas"].respond(command, "done")
    await lab.settle()

    assert lab.state == "idle"


async def test_services_that_take_too_long_fail_the_step(lab: LabHome) -> None:
    await lab.hosts["nas"].respond(asked(lab)[0], "accepted")
    await lab.wait(205)

    assert lab.state == "failed"
    assert lab.shown("plan").attributes["outcome"] == "failed"


async def test_a_restart_in_the_middle_asks_again(lab: LabHome, entry: MockConfigEntry) -> None:
    await lab.hosts["nas"].respond(asked(lab)[0], "accepted")
    await restart(lab, entry)
    await lab.comes_up("nas")
    assert len(asked(lab)) == 2
    await lab.hosts["nas"].respond(asked(lab)[1], "done")
    await lab.settle()

    assert lab.state == "idle"
