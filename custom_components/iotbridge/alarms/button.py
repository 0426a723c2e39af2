"""Button of all alarms: acknowledge."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import IotBridgeEntity
from .entity import IotBridgeAlarmsEntity
from .manager import AlarmsManager
from .runtime.permissions import async_actor


@callback
def async_setup_alarm_buttons(
    entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the button."""
    async_add_entities([AcknowledgeAll(entry, alarms)])


class AcknowledgeAll(IotBridgeAlarmsEntity, IotBridgeEntity, ButtonEntity):
    """Button that acknowledges every alarm; the permission to press it covers them all."""

    def __init__(self, entry: ConfigEntry, alarms: AlarmsManager) -> None:
        """Add the button to the device of the bridge."""
        super().__init__(entry, "acknowledge_all")
        self._alarms = alarms

    @override
    async def async_press(self) -> None:
        """Acknowledge all unacknowledged alarms."""
        by = await async_actor(self.hass, self._context)
        self._alarms.async_acknowledge([alarm.key for alarm in self._alarms.alarms()], by)
