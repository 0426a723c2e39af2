"""Intent platform: registers the voice intents of every capability."""

from homeassistant.core import HomeAssistant

from .alarms.intents import async_setup_alarm_intents
from .hosts.intents import async_setup_host_intents
from .runtime import running_alarms, running_voice


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register the intents of each capability."""
    async_setup_alarm_intents(hass, lambda: running_alarms(hass))
    async_setup_host_intents(hass, lambda: running_voice(hass))
