"""Binary sensor platform: sets up the binary sensors of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.binary_sensor import async_setup_alarm_binary_sensors
from .hosts.binary_sensor import async_setup_host_binary_sensors
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of each capability."""
    async_setup_host_binary_sensors(entry, async_add_entities)
    async_setup_alarm_binary_sensors(hass, entry, entry.runtime_data.alarms, async_add_entities)
