"""Labs of the tests of power plans; and Monday evening in Rome, with IoT Bridge running."""

from collections.abc import AsyncGenerator

from freezegun.api import FrozenDateTimeFactory
import pytest

from tests.kit import Kit

from .plugs import PlugLab


@pytest.fixture
def evening(freezer: FrozenDateTimeFactory) -> None:
    """Set the time to 21:28 in Rome, on a Monday."""
    freezer.move_to("2026-11-30 20:28:00+00:00")


@pytest.fixture
async def rome(evening: None, kit: Kit) -> AsyncGenerator[Kit]:
    """Return an IoT Bridge in Rome that has been running for a minute: it is 21:29."""
    await kit.hass.config.async_set_time_zone("Europe/Rome")
    await kit.wait(60)  # until schedules begin
    yield kit
    # A timer of core's mqtt, which ends when it runs without a broker.
    await kit.wait(1)


@pytest.fixture
async def plugs(kit: Kit) -> PlugLab:
    """Return a lab of three plugs behind each other: a guest, its hypervisor, and the NAS with the disks."""
    lab = await PlugLab.create(kit)
    await lab.add(lab.step("guest", "proxmox"), lab.step("proxmox", "nas"), lab.step("nas"))
    return lab
