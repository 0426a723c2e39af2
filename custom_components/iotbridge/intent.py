"""Intent platform: registers the voice intents of every capability."""

from homeassistant.core import HomeAssistant

from .alarms.intents import async_setup_alarm_intents


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register the intents of each capability."""
    async_setup_alarm_intents(hass)
