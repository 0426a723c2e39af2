"""Sensors: the power state of each host, the counts over all of them, and those of alarms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agents.inventory import Host, PowerState
from .agents.manager import AgentsManager
from .alarms.manager import AlarmsManager
from .alarms.models import Severity
from .entity import IotBridgeEntity, IotBridgeHostEntity
from .runtime import IotBridgeConfigEntry
from .soon import Soon

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BridgeSensorDescription(SensorEntityDescription):
    """A count over all hosts."""

    value_fn: Callable[[AgentsManager], int]


BRIDGE_SENSORS = (
    BridgeSensorDescription(
        key="hosts_online",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda agents: agents.count(PowerState.ON),
    ),
    BridgeSensorDescription(
        key="hosts_lost",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda agents: agents.count(PowerState.LOST),
    ),
    BridgeSensorDescription(
        key="messages_rejected",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda agents: agents.rejected.total(),
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the counts now, and each host's power state when its device is there."""
    runtime = entry.runtime_data
    async_add_entities(BridgeSensor(runtime.agents, entry, description) for description in BRIDGE_SENSORS)
    async_add_entities(
        AlarmCount(runtime.alarms, entry, severity, unacknowledged=unacknowledged)
        for unacknowledged in (False, True)
        for severity in reversed(Severity)
    )

    @callback
    def add_host(host: Host, device: DeviceEntry) -> None:
        async_add_entities([PowerStateSensor(runtime.agents, host, device)])

    entry.async_on_unload(runtime.attachments.async_add_listener(add_host))


class PowerStateSensor(IotBridgeHostEntity, SensorEntity):
    """Whether a host is on, on its way down or up, off, or lost."""

    _attr_device_class = SensorDeviceClass.ENUM

    def __init__(self, agents: AgentsManager, host: Host, device: DeviceEntry) -> None:
        """Name the entity."""
        super().__init__(agents, host, device, "power_state")
        self._attr_options = [power.value for power in PowerState]

    @property
    @override
    def native_value(self) -> str | None:
        """Return the power state, None while nothing was heard of it."""
        return self._host.power


class BridgeSensor(IotBridgeEntity, SensorEntity):
    """A count over all hosts, on the bridge's own device."""

    entity_description: BridgeSensorDescription

    def __init__(
        self, agents: AgentsManager, entry: IotBridgeConfigEntry, description: BridgeSensorDescription
    ) -> None:
        """Put the sensor on the bridge."""
        super().__init__(entry, description.key)
        self.entity_description = description
        self._agents = agents

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the counts."""
        self.async_on_remove(self._agents.async_add_fleet_listener(self._async_fleet_changed))
        self._attr_native_value = self.entity_description.value_fn(self._agents)

    @callback
    def _async_fleet_changed(self) -> None:
        value = self.entity_description.value_fn(self._agents)
        if value != self._attr_native_value:
            self._attr_native_value = value
            self.async_write_ha_state()


class AlarmCount(IotBridgeEntity, SensorEntity):
    """How many alarms of a severity are active, or wait for somebody; silent ones do not count."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(
        self, alarms: AlarmsManager, entry: IotBridgeConfigEntry, severity: Severity, *, unacknowledged: bool
    ) -> None:
        """Put the sensor on the bridge."""
        super().__init__(entry, f"alarms_{'unacknowledged' if unacknowledged else 'active'}_{severity.word}")
        self._alarms = alarms
        self._severity = severity
        self._unacknowledged = unacknowledged

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the counts; what happens together is shown once."""
        changed = Soon(self.hass, self._async_changed)
        self.async_on_remove(changed.cancel)
        self.async_on_remove(self._alarms.async_listen_counts(changed))
        self._attr_native_value = self._count()

    @callback
    def _async_changed(self) -> None:
        if (count := self._count()) != self._attr_native_value:
            self._attr_native_value = count
            self.async_write_ha_state()

    def _count(self) -> int:
        return self._alarms.count(self._severity, unacknowledged=self._unacknowledged)
