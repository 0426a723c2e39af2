"""Calendar platform: sets up the calendars of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .power_plans.calendar import async_setup_schedule_calendar
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the calendars of each capability."""
    async_setup_schedule_calendar(entry, entry.runtime_data.schedules, async_add_entities)
