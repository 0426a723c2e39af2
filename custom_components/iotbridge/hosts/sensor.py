"""Sensors of hosts: the power state of each host, and the counts on the bridge's own device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import IotBridgeEntity
from .device_links import DeviceLinks
from .entity import IotBridgeHostEntity
from .inventory import Host, PowerState
from .manager import HostsManager


@dataclass(frozen=True, kw_only=True)
class BridgeSensorDescription(SensorEntityDescription):
    """Description of a count over all hosts."""

    value_fn: Callable[[HostsManager], int]


BRIDGE_SENSORS = (
    BridgeSensorDescription(
        key="hosts_online",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda manager: manager.count(PowerState.ON),
    ),
    BridgeSensorDescription(
        key="hosts_lost",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda manager: manager.count(PowerState.LOST),
    ),
    BridgeSensorDescription(
        key="messages_rejected",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda manager: manager.rejected.total(),
    ),
)


@callback
def async_setup_host_sensors(
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the counts, and the power state of each host once its device exists."""
    async_add_entities(BridgeSensor(manager, entry, description) for description in BRIDGE_SENSORS)

    @callback
    def add_host(host: Host, device: DeviceEntry) -> None:
        async_add_entities([PowerStateSensor(manager, host, device)], config_subentry_id=host.subentry_id)

    entry.async_on_unload(device_links.async_add_listener(add_host))


class PowerStateSensor(IotBridgeHostEntity, SensorEntity):
    """Sensor of a host's power state: on, shutting down, rebooting, suspended, off or lost.

    The page of a device sorts its sensors by name. The translated name comes before those of the agent's readings; the
    entity id does not follow it.
    """

    _attr_device_class = SensorDeviceClass.ENUM

    def __init__(self, manager: HostsManager, host: Host, device: DeviceEntry) -> None:
        """Set the key and the options."""
        super().__init__(manager, host, device, "power_state")
        self._attr_options = [power.value for power in PowerState]

    @property
    @override
    def suggested_object_id(self) -> str:
        """Return the object id, which is the same in every language."""
        return "power_state"

    @property
    @override
    def native_value(self) -> str | None:
        """Return the power state; None while it is unknown."""
        return self._host.power


class BridgeSensor(IotBridgeEntity, SensorEntity):
    """Count over all hosts, on the bridge's own device."""

    entity_description: BridgeSensorDescription

    def __init__(self, manager: HostsManager, entry: ConfigEntry, description: BridgeSensorDescription) -> None:
        """Attach the sensor to the bridge's device."""
        super().__init__(entry, description.key)
        self.entity_description = description
        self._manager = manager

    @property
    @override
    def available(self) -> bool:
        """Return whether the hosts could be started."""
        return not self._manager.is_failed

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the counts."""
        self.async_on_remove(self._manager.async_add_fleet_listener(self._async_fleet_changed))
        self._attr_native_value = self.entity_description.value_fn(self._manager)

    @callback
    def _async_fleet_changed(self) -> None:
        value = self.entity_description.value_fn(self._manager)
        if value != self._attr_native_value:
            self._attr_native_value = value
            self.async_write_ha_state()
