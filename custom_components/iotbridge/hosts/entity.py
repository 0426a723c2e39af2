"""Base class of the entities on a host's device, and the filter that finds those of triggers and conditions."""

from collections.abc import Callable
from typing import override

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from .device_links import DeviceLinks
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


@callback
def async_add_when_ready(
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    async_add_entities: AddConfigEntryEntitiesCallback,
    is_ready: Callable[[Host], bool],
    create: Callable[[Host, DeviceEntry], Entity],
) -> None:
    """Add an entity of each host once its device exists and the host is ready for it."""
    waiting: dict[str, DeviceEntry] = {}

    @callback
    def add_host(host: Host, device: DeviceEntry) -> None:
        waiting[host.uid] = device
        add_if_ready(host)

    @callback
    def add_if_ready(host: Host) -> None:
        if host.uid in waiting and is_ready(host):
            async_add_entities([create(host, waiting.pop(host.uid))], config_subentry_id=host.subentry_id)

    @callback
    def forget(host: Host) -> None:
        waiting.pop(host.uid, None)

    entry.async_on_unload(device_links.async_add_listener(add_host))
    entry.async_on_unload(manager.async_add_host_listener(add_if_ready))
    entry.async_on_unload(manager.async_add_forget_listener(forget))


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
