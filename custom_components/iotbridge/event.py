"""Event platform: sets up the event entities of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.event import async_setup_alarm_events
from .hosts.event import async_setup_host_events
from .power_plans.event import async_setup_plan_events
from .power_plans.schedule_entities import RunEvent, async_setup_schedule_entities
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the event entities of each capability."""
    runtime = entry.runtime_data
    async_setup_host_events(hass, entry, runtime.hosts, runtime.device_links, async_add_entities)
    async_setup_alarm_events(hass, entry, runtime.alarms, async_add_entities)
    async_setup_schedule_entities(hass, entry, runtime.schedules, RunEvent, async_add_entities)
    async_setup_plan_events(hass, entry, runtime.power_plans, async_add_entities)
