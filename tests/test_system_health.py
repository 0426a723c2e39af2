"""Lines under System information."""

from typing import Any

from pytest_homeassistant_custom_component.common import get_system_health_info

from homeassistant.config_entries import ConfigEntryState
from homeassistant.setup import async_setup_component

from .kit import Kit


async def info(kit: Kit) -> dict[str, Any]:
    assert await async_setup_component(kit.hass, "system_health", {})
    await kit.hass.async_block_till_done()
    lines: dict[str, Any] = await get_system_health_info(kit.hass, "iotbridge")
    return lines


async def test_a_household_with_three_hosts(kit: Kit) -> None:
    await kit.host("nas", agent="1.9.0")
    await kit.host("pi", agent="1.10.0")
    lost = await kit.host("pc", agent="my own build")
    await lost.availability("offline")
    await kit.receive("iotbridge/device/pi/status", "no JSON")

    assert await info(kit) == {
        "broker_connected": True,
        "hosts_total": 3,
        "hosts_online": 2,
        "hosts_lost": 1,
        "messages_rejected": 1,
        "things": 0,
        "alarm_rules": 0,
        "alarms_active": 0,
        "alarms_unacknowledged": 0,
        "maintenance": False,
        "agent_version": "1.10.0",
        "prefixes": "iotbridge, ipwatch",
    }


async def test_an_empty_household(kit: Kit) -> None:
    lines = await info(kit)

    assert lines["hosts_total"] == 0
    assert lines["agent_version"] == "-"


async def test_without_a_loaded_entry_there_are_no_lines(kit: Kit) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    await kit.hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED

    assert await info(kit) == {}
