"""Sensor, name and hosts of a power plan, by the id of its subentry."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from .hosts import HostDevice, async_host


@callback
def async_plan_sensor(hass: HomeAssistant, plan_id: str) -> str | None:
    """Return the sensor of a plan; None where there is none yet."""
    return er.async_get(hass).async_get_entity_id(Platform.SENSOR, DOMAIN, f"{plan_id}_plan_state")


@callback
def async_plan_name(hass: HomeAssistant, plan_id: str) -> str:
    """Return the name of a plan."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if plan := entry.subentries.get(plan_id):
            return plan.title
    return "-"


@callback
def async_plan_hosts(hass: HomeAssistant, plan_id: str) -> list[HostDevice]:
    """Return the hosts of a plan."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if plan := entry.subentries.get(plan_id):
            devices = (step.get("device_id") for step in plan.data.get("steps", ()))
            return [host for device_id in devices if device_id and (host := async_host(hass, device_id))]
    return []
