"""Buttons: acknowledge all alarms."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms.manager import AlarmsManager
from .alarms.meant import async_by
from .entity import IotBridgeEntity
from .runtime import IotBridgeConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the button."""
    async_add_entities([AcknowledgeAll(entry, entry.runtime_data.alarms)])


class AcknowledgeAll(IotBridgeEntity, ButtonEntity):
    """Whoever may press it knows of every alarm."""

    def __init__(self, entry: IotBridgeConfigEntry, alarms: AlarmsManager) -> None:
        """Put the button on the bridge."""
        super().__init__(entry, "acknowledge_all")
        self._alarms = alarms

    @override
    async def async_press(self) -> None:
        """Acknowledge whatever waits for that."""
        by = await async_by(self.hass, self._context)
        self._alarms.async_acknowledge([alarm.key for alarm in self._alarms.alarms()], by)
