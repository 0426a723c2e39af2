"""Trigger platform: the automation triggers of every capability."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import Trigger

from .alarms.triggers import ALARM_TRIGGERS
from .hosts.triggers import HOST_TRIGGERS
from .power_plans.triggers import PLAN_TRIGGERS


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return {**ALARM_TRIGGERS, **HOST_TRIGGERS, **PLAN_TRIGGERS}
