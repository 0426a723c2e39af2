"""Sensors of alarms: counts by severity on the device of the bridge, and the state of each rule."""

from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coalescing import CoalescedCall
from ..entity import IotBridgeEntity
from .engine.models import AlarmState, Severity
from .engine.rule import Rule
from .engine.rule_state import rule_state
from .entity import IotBridgeAlarmsEntity, IotBridgeRuleAlarmsEntity, async_track_rules
from .manager import AlarmsManager
from .runtime.events import SIGNAL_COUNTS


@callback
def async_setup_alarm_sensors(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the counts of active and of unacknowledged alarms for each severity, and the state of each rule."""
    async_add_entities(
        AlarmCount(alarms, entry, severity, unacknowledged=unacknowledged)
        for unacknowledged in (False, True)
        for severity in reversed(Severity)
    )

    def make(rule: Rule, device: DeviceEntry) -> list[RuleState]:
        return [RuleState(alarms, rule, device)]

    entry.async_on_unload(async_track_rules(hass, entry, alarms, async_add_entities, make))


class AlarmCount(IotBridgeAlarmsEntity, IotBridgeEntity, SensorEntity):
    """Number of open alarms of a severity, or of the unacknowledged ones; snoozed and suppressed ones do not count."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, alarms: AlarmsManager, entry: ConfigEntry, severity: Severity, *, unacknowledged: bool) -> None:
        """Add the sensor to the device of the bridge."""
        super().__init__(entry, f"alarms_{'unacknowledged' if unacknowledged else 'active'}_{severity.word}")
        self._alarms = alarms
        self._severity = severity
        self._unacknowledged = unacknowledged

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the counts; simultaneous changes are coalesced."""
        changed = CoalescedCall(self.hass, self._async_changed)
        self.async_on_remove(changed.cancel)
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_COUNTS, changed))
        self._attr_native_value = self._count()

    @callback
    def _async_changed(self) -> None:
        if (count := self._count()) != self._attr_native_value:
            self._attr_native_value = count
            self.async_write_ha_state()

    def _count(self) -> int:
        return self._alarms.count(self._severity, unacknowledged=self._unacknowledged)


class RuleState(IotBridgeRuleAlarmsEntity, SensorEntity):
    """State of a rule: the most urgent state of its alarms, unknown while no entity could be evaluated."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [state.value for state in AlarmState]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    @override
    @callback
    def _async_update_attributes(self) -> None:
        alarms = self._alarms.alarms(self._rule.rule_id)
        state = rule_state(alarms)
        is_known = state is not AlarmState.NORMAL or self._is_known(alarms)
        self._attr_native_value = state.value if is_known else None
