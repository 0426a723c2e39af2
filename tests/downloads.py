"""Diagnostics as downloaded by a user, of a household with private data."""

from typing import Any

from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.setup import async_setup_component
from tests.kit import Kit

PRIVATE = (
    "rossi",
    "nas-of-anna",
    "192.168.7.20",
    "192.168.7.21",
    "00:11:22:33:44:55",
    "001122334455",
    "192.168.7.255",
    "a-secret-word",
    "instance-7",
)


async def download(kit: Kit, client: ClientSessionGenerator) -> dict[str, Any]:
    """Press Download diagnostics."""
    assert await async_setup_component(kit.hass, "diagnostics", {})
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    data: dict[str, Any] = await get_diagnostics_for_config_entry(kit.hass, client, entry)
    return data


async def household(kit: Kit) -> None:
    """Household with private data."""
    card = {"mac": "00:11:22:33:44:55", "name": "enx001122334455", "broadcast": "192.168.7.255", "wake": True}
    host = await kit.host(
        "nas-of-anna",
        ip="192.168.7.20",
        mac=["00:11:22:33:44:55"],
        cards=[card],
        instance="instance-7",
        platform="Linux",
    )
    await host.status(
        ip="192.168.7.20",
        note="a-secret-word",
        platform="Linux",
        boot_time="2026-11-01T10:00:00Z",
        is_on_mains=True,
        disk_percent=12,
        disk_percent_home_rossi=40,
        docker_rossi_cloud=True,
    )
    old = await kit.host("192.168.7.21", prefix="ipwatch", hostname="nas-of-anna")
    await old.availability("offline")
    await kit.receive("iotbridge/device/nas-of-anna/status", "no JSON")
    await kit.receive("iotbridge/device/nas-of-anna/rossi", "x")
    await kit.receive("iotbridge/device/rossi rossi/status", "x")
