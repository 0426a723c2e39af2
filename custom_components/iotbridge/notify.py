"""Notify platform: sets up the screens of hosts."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .hosts.notify import async_setup_host_screens
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the screens of hosts."""
    runtime = entry.runtime_data
    async_setup_host_screens(entry, runtime.hosts, runtime.device_links, async_add_entities)
