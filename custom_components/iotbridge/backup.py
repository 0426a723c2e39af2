"""Backups: the file of the alarms keeps still while it is copied, and nobody waits for that."""

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .runtime import IotBridgeConfigEntry


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Have the file keep still."""
    await _async_keep_still(hass, still=True)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the file change again."""
    await _async_keep_still(hass, still=False)


async def _async_keep_still(hass: HomeAssistant, *, still: bool) -> None:
    """Without a loaded entry the file is closed, and still by itself."""
    entry: IotBridgeConfigEntry
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await entry.runtime_data.alarms.ledger.async_keep_still(still)
