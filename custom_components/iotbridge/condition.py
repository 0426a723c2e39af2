"""Condition platform: the automation conditions of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition

from .alarms.conditions import ALARM_CONDITIONS
from .hosts.conditions import HOST_CONDITIONS
from .power_plans.conditions import PLAN_CONDITIONS


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return {**ALARM_CONDITIONS, **HOST_CONDITIONS, **PLAN_CONDITIONS}
