"""Sensor and name of a power plan, by the id of its subentry."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN


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
