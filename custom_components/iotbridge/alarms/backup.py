"""Backups: the file of the alarms does not change while it is copied, and alarms go on meanwhile."""

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from .manager import AlarmsManager
from .runtime.writer import BACKUP_RUNS


async def async_freeze_alarms(hass: HomeAssistant, alarms: AlarmsManager | None, *, is_frozen: bool) -> None:
    """Freeze the file of the alarms or release it, also one that is opened while the backup is made."""
    hass.data[BACKUP_RUNS] = is_frozen
    if alarms is None:
        return
    try:
        await alarms.processor.writer.async_freeze(is_frozen)
    except Exception:  # noqa: BLE001 - logged, and the backup goes on
        # A backup without the last minutes of the alarms is better than none: Home Assistant gives up the whole
        # backup where a hook raises.
        LOGGER.exception("The file of the alarms could not be prepared for the backup")
