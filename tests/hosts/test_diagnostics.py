"""Diagnostics of hosts."""

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.downloads import download, household
from tests.kit import Kit


async def test_redacted_diagnostics_are_still_useful(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    await household(kit)

    data = await download(kit, hass_client)

    nas, old = data["hosts"]
    assert nas["topic"] == "iotbridge/device/host_1"
    assert nas["power"] == "on"
    assert nas["announce"]["commands"] == ["ping", "status", "reboot", "shutdown"]
    assert nas["announce"]["mac"] == ["**REDACTED**"]
    assert nas["announce"]["cards"] == [
        {"mac": "**REDACTED**", "name": "card_1", "broadcast": "**REDACTED**", "wake": True}
    ]
    assert nas["readings"] == {
        "hostname": "host_1",
        "cpu_percent": 3.5,
        "ip": "**REDACTED**",
        "note": "**REDACTED**",
        "platform": "Linux",
        "boot_time": "2026-11-01T10:00:00Z",
        "is_on_mains": True,
        "disk_percent": 12,
        "disk_percent_1": 40,
        "docker_1": True,
    }
    # One name, one number: these are two agents on one machine.
    assert nas["announce"]["hostname"] == old["announce"]["hostname"] == "host_1"
    assert old["topic"] == "ipwatch/device/host_2"
    assert old["power"] == "lost"
    assert data["rejected"] == {
        "iotbridge/device/host_1/status": 1,
        "iotbridge/device/host_1/…": 1,
        "iotbridge/device/host_3/status": 1,
    }
    assert data["mqtt"] == {"is_connected": True, "protocol": "5", "is_discovery_on": True}
