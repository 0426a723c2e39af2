"""Registers the actions of every capability."""

from homeassistant.core import HomeAssistant, callback

from .alarms.api.services import async_setup_alarm_services
from .hosts.services import async_setup_host_services
from .power_plans.api.services import async_setup_plan_services
from .runtime import running_alarms, running_hosts, running_power_plans
from .things.services import async_setup_thing_services


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action; one of a part that is not running raises InvalidCallError."""
    async_setup_alarm_services(hass, lambda: running_alarms(hass))
    async_setup_host_services(hass, lambda: running_hosts(hass))
    async_setup_plan_services(hass, lambda: running_power_plans(hass))
    async_setup_thing_services(hass)
