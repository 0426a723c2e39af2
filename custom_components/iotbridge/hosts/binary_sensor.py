"""Binary sensor of the bridge's own device: the connection to the MQTT broker."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .. import mqtt_client
from ..entity import IotBridgeEntity


@callback
def async_setup_host_binary_sensors(entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the connectivity sensor of the broker."""
    async_add_entities([BrokerConnection(entry, "broker_connected")])


class BrokerConnection(IotBridgeEntity, BinarySensorEntity):
    """Connectivity sensor: on while Home Assistant is connected to the MQTT broker."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the connection status."""
        self.async_on_remove(mqtt_client.async_subscribe_connection_status(self.hass, self._async_connection_changed))
        self._attr_is_on = mqtt_client.is_connected(self.hass)

    @callback
    def _async_connection_changed(self, is_connected: bool) -> None:
        self._attr_is_on = is_connected
        self.async_write_ha_state()
