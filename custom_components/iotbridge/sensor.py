"""Sensor platform: sets up the sensors of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.sensor import async_setup_alarm_sensors
from .hosts.sensor import async_setup_host_sensors
from .power_plans.schedule_entities import NextRunSensor, async_setup_schedule_entities
from .power_plans.sensor import async_setup_plan_sensors
from .runtime import IotBridgeConfigEntry
from .things.sensor import async_setup_thing_sensors

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of each capability."""
    runtime = entry.runtime_data
    async_setup_host_sensors(entry, runtime.hosts, runtime.device_links, async_add_entities)
    async_setup_alarm_sensors(hass, entry, runtime.alarms, async_add_entities)
    async_setup_thing_sensors(hass, entry, runtime.things, async_add_entities)
    async_setup_schedule_entities(hass, entry, runtime.schedules, NextRunSensor, async_add_entities)
    async_setup_plan_sensors(hass, entry, runtime.power_plans, async_add_entities)
