"""Integration for tests: a voice satellite that receives and answers by text, through Home Assistant's own pipeline."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

PLATFORMS = ("assist_satellite", "stt", "tts")


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up the satellite, its speech recognition and its voice."""
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True
