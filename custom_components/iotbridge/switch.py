"""Switch platform: sets up the switches of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.switch import async_setup_alarm_switches
from .hosts.switch import async_setup_host_switches
from .power_plans.schedule_entities import ScheduleSwitch, async_setup_schedule_entities
from .power_plans.switch import async_setup_plan_switches
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the switches of each capability."""
    runtime = entry.runtime_data
    async_setup_host_switches(entry, runtime.hosts, runtime.device_links, runtime.waker, async_add_entities)
    async_setup_alarm_switches(entry, runtime.alarms, async_add_entities)
    async_setup_schedule_entities(hass, entry, runtime.schedules, ScheduleSwitch, async_add_entities)
    async_setup_plan_switches(hass, entry, runtime.power_plans, async_add_entities)
