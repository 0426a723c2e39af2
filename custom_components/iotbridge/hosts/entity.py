"""Base class of the entities on a host's device, and the filter that finds those of triggers and conditions."""

from typing import override

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity import Entity

from ..const import DOMAIN
from .inventory import Host
from .manager import HostsManager

SENSORS = {SENSOR_DOMAIN: DomainSpec()}
POWER_STATE = "power_state"


class IotBridgeHostEntity(Entity):
    """Entity of ours on the device that core's mqtt created for a host."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, manager: HostsManager, host: Host, device: DeviceEntry, key: str) -> None:
        """Attach the entity to the device; identifiers in a device_info would create a second one."""
        self.device_entry = device
        self._manager = manager
        self._host = host
        self._attr_unique_id = f"{host.uid}_{key}"
        self._attr_translation_key = key

    @property
    @override
    def available(self) -> bool:
        """Return whether states are updated: those that come by the broker are not while it is away."""
        is_updated = self._manager.is_connected or not self._host.has_agent
        return is_updated and not self._manager.is_failed

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to changes of the host."""
        self.async_on_remove(self._manager.async_add_host_listener(self._async_host_changed, self._host.key))
        self._async_host_changed(self._host)

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Allow renaming in place: nothing here is keyed by the entity id."""

    @callback
    def _async_host_changed(self, host: Host) -> None:
        self._host = host
        self.async_write_ha_state()


def entities_of_hosts(hass: HomeAssistant, entity_ids: set[str], key: str) -> set[str]:
    """Return the entities of this integration with one translation key.

    A device or an area has many more sensors and events than those of its host, and the host's own device also has
    those of core's mqtt.
    """
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entity := registry.async_get(entity_id)) and entity.platform == DOMAIN and entity.translation_key == key
    }
