"""Lifecycle of the config entry."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .kit import Kit


async def test_without_mqtt_it_waits(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert not await hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "mqtt_not_ready"


async def test_reload_restores_the_hosts_from_retained_messages(kit: Kit) -> None:
    host = await kit.host()
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()
    await host.announce(retain=True)
    await host.availability("online", retain=True)

    assert host.power == "on"
    assert kit.bridge("hosts_online") == "1"


async def test_unloading_unsubscribes(kit: Kit) -> None:
    host = await kit.host()
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    await host.availability("offline")
    await kit.wait(300)

    assert host.power == "unavailable"


async def test_removing_the_integration_removes_the_file_of_hosts(kit: Kit, hass_storage: dict[str, Any]) -> None:
    await kit.host()
    await kit.wait(2)
    assert hass_storage["iotbridge.hosts"]["data"] == {"announced": [["iotbridge", "nas"]]}
    await kit.hass.config_entries.async_remove(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)

    assert "iotbridge.hosts" not in hass_storage
