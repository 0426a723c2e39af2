"""Registers the actions of every capability."""

from homeassistant.core import HomeAssistant, callback

from .alarms.api.services import async_setup_alarm_services
from .errors import InvalidCallError
from .hosts.services import async_setup_host_services
from .runtime import Runtime, loaded_runtime
from .things.services import async_setup_thing_services


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action; one that needs a loaded entry raises InvalidCallError while there is none."""

    def runtime() -> Runtime:
        if (loaded := loaded_runtime(hass)) is None:
            raise InvalidCallError("not_set_up")
        return loaded

    async_setup_alarm_services(hass, lambda: runtime().alarms)
    async_setup_host_services(hass, lambda: (runtime().hosts, runtime().device_links))
    async_setup_thing_services(hass)
