"""The power fails and comes back: hosts stop in order, with proofs, and are woken in order."""

import pytest

from tests.hosts.configured.home import add_host
from tests.kit import Kit
from tests.power_plans.home import UPS, LabHome
from tests.wire import NETWORK, Wire

PING = "binary_sensor.proxmox_ping"

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.fixture
async def lab(kit: Kit, wire: Wire) -> LabHome:
    """Return a lab of a guest on a hypervisor whose disks are on a NAS, on a UPS."""
    home = await LabHome.create(kit, "guest", "proxmox", "nas")
    await home.add(home.step("guest", "proxmox"), home.step("proxmox", "nas"), home.step("nas"), ups=UPS, stagger_s=10)
    return home


async def test_the_whole_way_there_and_back(lab: LabHome, wire: Wire) -> None:
    assert lab.state == "idle"
    await lab.ups("OB DISCHRG", charge=95)
    await lab.wait(25)
    assert lab.state == "idle"
    await lab.wait(10)

    assert lab.state == "stopping"
    assert [lab.stopped(name) for name in lab.hosts] == [1, 0, 0]
    await lab.accept("guest")
    assert [lab.stopped(name) for name in lab.hosts] == [1, 0, 0], "a response is no proof"
    await lab.goes_down("guest")
    assert lab.hosts["guest"].power == "off"
    assert [lab.stopped(name) for name in lab.hosts] == [1, 1, 0]
    await lab.obey("proxmox")
    await lab.obey("nas")
    assert [lab.stopped(name) for name in lab.hosts] == [1, 1, 1]
    assert lab.state == "stopped"
    assert wire.take() == []

    await lab.ups("OL CHRG", charge=40)
    await lab.wait(120)
    assert lab.state == "waiting", "the battery is too low"
    assert wire.take() == []
    await lab.ups("OL CHRG", charge=60)
    assert lab.state == "starting"
    await lab.wait(15)
    assert wire.take() == [(lab.macs["nas"], NETWORK)]
    await lab.comes_up("nas")
    wire.take()
    await lab.wait(15)
    assert wire.take() == [(lab.macs["proxmox"], NETWORK)]
    await lab.comes_up("proxmox")
    await lab.wait(15)
    await lab.comes_up("guest")

    assert lab.state == "idle"
    assert lab.shown("plan").attributes["event_type"] == "finished"
    assert lab.shown("plan").attributes["outcome"] == "completed"


async def test_a_hypervisor_is_off_when_its_proof_says_so_and_only_then_its_nas_stops(lab: LabHome) -> None:
    """Its agent ends before its guests have stopped."""
    (entry,) = lab.kit.hass.config_entries.async_entries("iotbridge")
    proof = {"device_id": lab.device_id("proxmox"), "entity_id": PING, "stop_actions": []}
    lab.kit.hass.states.async_set(PING, "on")
    add_host(lab.kit.hass, entry, "proxmox", **proof)
    await lab.call("run_plan")
    await lab.obey("guest")
    await lab.obey("proxmox")
    assert (lab.hosts["proxmox"].power, lab.stopped("nas")) == ("shutting_down", 0)
    await lab.wait(120)
    assert lab.stopped("nas") == 0
    lab.kit.hass.states.async_set(PING, "off")
    await lab.settle()

    assert (lab.hosts["proxmox"].power, lab.stopped("nas")) == ("off", 1)


async def test_a_host_that_is_not_online_for_a_moment_is_told_when_it_is_back(lab: LabHome) -> None:
    await lab.hosts["guest"].availability("offline")
    await lab.call("run_plan")
    await lab.wait(25)
    assert [lab.stopped(name) for name in lab.hosts] == [0, 0, 0]

    await lab.hosts["guest"].availability("online")
    await lab.wait(15)

    assert [lab.stopped(name) for name in lab.hosts] == [1, 0, 0]
