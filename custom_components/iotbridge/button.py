"""Button platform: sets up the buttons of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.button import async_setup_alarm_buttons
from .hosts.button import async_setup_host_buttons
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of each capability."""
    runtime = entry.runtime_data
    async_setup_host_buttons(entry, runtime.hosts, runtime.device_links, runtime.waker, async_add_entities)
    async_setup_alarm_buttons(hass, entry, runtime.alarms, async_add_entities)
