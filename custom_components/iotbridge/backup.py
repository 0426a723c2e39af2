"""Backups: the file of the alarms keeps still while it is copied, and nobody waits for that."""

from homeassistant.core import HomeAssistant

from .alarms.runtime.writer import BACKUP_RUNS
from .const import DOMAIN, LOGGER
from .runtime import IotBridgeConfigEntry


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Have the file keep still."""
    await _async_freeze(hass, still=True)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the file change again."""
    await _async_freeze(hass, still=False)


async def _async_freeze(hass: HomeAssistant, *, still: bool) -> None:
    """Have the file keep still or not, also one that is opened while the backup is made."""
    hass.data[BACKUP_RUNS] = still
    entry: IotBridgeConfigEntry
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        try:
            await entry.runtime_data.alarms.processor.writer.async_freeze(still)
        except Exception:  # noqa: BLE001 - logged, and the backup goes on
            # A backup without the last minutes of the alarms is better than none: Home Assistant gives up the whole
            # backup where a hook raises.
            LOGGER.exception("The file of the alarms could not be prepared for the backup")
