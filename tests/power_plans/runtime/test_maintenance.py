"""Maintenance of the hosts of a plan, as the alarms see it."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.core import ServiceCall, SupportsResponse
from tests.kit import Kit
from tests.power_plans.home import LabHome
from tests.wire import Wire

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.fixture
async def lab(kit: Kit, wire: Wire) -> LabHome:
    """Return a lab of two hosts."""
    home = await LabHome.create(kit, "guest", "nas")
    await home.add(home.step("guest", "nas"), home.step("nas", off_within_s=7200))
    return home


def windows(lab: LabHome, window_id: str = "w") -> tuple[list[ServiceCall], list[ServiceCall]]:
    """Replace the actions of the alarms; return their calls."""
    return (
        async_mock_service(
            lab.kit.hass,
            "iotbridge",
            "maintenance_start",
            response={"window_id": [window_id]},
            supports_response=SupportsResponse.OPTIONAL,
        ),
        async_mock_service(lab.kit.hass, "iotbridge", "maintenance_end"),
    )


async def test_a_host_is_in_maintenance_from_its_order_and_renewed_while_the_run_lasts(lab: LabHome) -> None:
    started, ended = windows(lab)
    await lab.call("run_plan")
    (window,) = started
    assert (window.data["device_id"], window.data["duration"]) == ([lab.device_id("guest")], {"seconds": 3600.0})
    assert window.context.user_id == lab.user_id

    await lab.obey("guest")
    assert [call.data["device_id"] for call in started] == [[lab.device_id("guest")], [lab.device_id("nas")]]
    assert ended == []
    await lab.accept("nas")
    lab.kit.freezer.tick(timedelta(minutes=46))
    await lab.kit.wait(1)
    await lab.settle()
    renewed = {device_id for call in started[2:] for device_id in call.data["device_id"]}
    assert renewed == {lab.device_id("guest"), lab.device_id("nas")}
    assert len(ended) == 2, "the former ones"
    await lab.goes_down("nas")
    assert lab.state == "stopped"
    assert len(ended) == 2, "a host that is off stays in maintenance until its window ends"


async def test_a_host_that_fails_is_taken_out_of_maintenance(lab: LabHome) -> None:
    _started, ended = windows(lab)
    await lab.call("run_plan")

    await lab.hosts["guest"].respond(lab.hosts["guest"].commands()[-1], "refused", reason="busy")
    await lab.settle()

    assert [call.data["window_id"] for call in ended] == [["w"]]
    assert lab.stopped("nas") == 1, "the plan goes on"


async def test_a_host_that_fails_after_a_restart_is_taken_out_of_maintenance(lab: LabHome) -> None:
    hass = lab.kit.hass
    (entry,) = hass.config_entries.async_entries("iotbridge")
    windows(lab)
    await lab.call("run_plan")
    await lab.accept("guest")
    started, ended = windows(lab, "second")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await lab.settle()
    assert ended == []

    await lab.wait(400)

    assert [call.data["window_id"] for call in ended] == [["w"]]
    assert [call.data["device_id"] for call in started] == [[lab.device_id("nas")]]


async def test_the_windows_of_a_plan_that_is_removed_end(lab: LabHome) -> None:
    _started, ended = windows(lab)
    await lab.call("run_plan")
    (entry,) = lab.kit.hass.config_entries.async_entries("iotbridge")

    lab.kit.hass.config_entries.async_remove_subentry(entry, lab.plan_id)
    await lab.settle()

    assert [call.data["window_id"] for call in ended] == [["w"]]


async def test_without_an_alarm_for_the_host_the_plan_runs_all_the_same(lab: LabHome) -> None:
    await lab.call("run_plan")

    assert lab.stopped("guest") == 1
