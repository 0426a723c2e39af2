"""Switch of all alarms: maintenance."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import IotBridgeEntity
from .entity import IotBridgeAlarmsEntity
from .manager import AlarmsManager
from .runtime.events import SIGNAL_COUNTS
from .runtime.permissions import async_actor


@callback
def async_setup_alarm_switches(
    entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switch."""
    async_add_entities([Maintenance(entry, alarms)])


class Maintenance(IotBridgeAlarmsEntity, IotBridgeEntity, SwitchEntity):
    """Switch that suppresses all alarms while it is on; their rules are evaluated meanwhile."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, entry: ConfigEntry, alarms: AlarmsManager) -> None:
        """Add the switch to the device of the bridge."""
        super().__init__(entry, "maintenance")
        self._alarms = alarms

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to maintenance, which is restored after a restart."""
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_COUNTS, self._async_changed))
        self._attr_is_on = self._alarms.is_maintenance_on

    @callback
    def _async_changed(self) -> None:
        if self._attr_is_on != self._alarms.is_maintenance_on:
            self._attr_is_on = self._alarms.is_maintenance_on
            self.async_write_ha_state()

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Suppress all alarms."""
        self._alarms.async_set_maintenance(True, await async_actor(self.hass, self._context))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """End the suppression, and raise the alarms that are active."""
        self._alarms.async_set_maintenance(False, await async_actor(self.hass, self._context))
