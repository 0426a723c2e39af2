"""Backup platform: freezes the alarm database while Home Assistant copies it."""

from homeassistant.core import HomeAssistant

from .alarms.backup import async_freeze_alarms
from .runtime import loaded_runtime


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Freeze the alarm database."""
    await _async_freeze(hass, is_frozen=True)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Resume writing to the alarm database."""
    await _async_freeze(hass, is_frozen=False)


async def _async_freeze(hass: HomeAssistant, *, is_frozen: bool) -> None:
    runtime = loaded_runtime(hass)
    await async_freeze_alarms(hass, runtime.alarms if runtime else None, is_frozen=is_frozen)
