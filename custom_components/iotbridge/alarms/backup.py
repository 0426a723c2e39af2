"""Backups of alarms: freezes the alarm database while it is copied; alarms continue meanwhile."""

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from .manager import AlarmsManager
from .runtime.writer import BACKUP_RUNS


async def async_freeze_alarms(hass: HomeAssistant, alarms: AlarmsManager | None, *, is_frozen: bool) -> None:
    """Freeze or resume the alarm database, including one that is opened while the backup runs."""
    hass.data[BACKUP_RUNS] = is_frozen
    if alarms is None:
        return
    try:
        await alarms.async_freeze(is_frozen)
    except Exception:  # noqa: BLE001 - logged, and the backup continues
        # A backup without the last minutes of the alarms is better than none: Home Assistant aborts the whole backup
        # where a hook raises.
        LOGGER.exception("Could not prepare the alarm database for the backup")
