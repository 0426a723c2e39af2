"""To-do list platform: sets up the lists of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.todo import async_setup_alarm_list
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the to-do lists of each capability."""
    async_setup_alarm_list(hass, entry, entry.runtime_data.alarms, async_add_entities)
