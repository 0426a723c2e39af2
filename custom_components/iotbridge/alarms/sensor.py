"""Sensors of alarms: counts in total and by severity on the device of the bridge, and the state of each rule."""

from collections.abc import Collection
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coalescing import CoalescedCall
from ..const import ALARM_ELEMENT
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
    """Add the counts of active and of unacknowledged alarms, in total and by severity, and the state of each rule."""
    for kind in ("active", "unacknowledged"):
        async_add_entities([AlarmCount(alarms, entry, f"alarms_{kind}", Severity)])
        async_add_entities(
            AlarmCount(alarms, entry, f"alarms_{kind}_{severity.word}", [severity], is_enabled=False)
            for severity in reversed(Severity)
        )

    def make(rule: Rule, device: DeviceEntry) -> list[RuleState]:
        return [RuleState(alarms, rule, device)]

    entry.async_on_unload(async_track_rules(hass, entry, alarms, async_add_entities, make))


class AlarmCount(IotBridgeAlarmsEntity, IotBridgeEntity, SensorEntity):
    """Number of active or unacknowledged alarms of some severities; snoozed and suppressed ones do not count."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(
        self,
        alarms: AlarmsManager,
        entry: ConfigEntry,
        key: str,
        severities: Collection[Severity],
        *,
        is_enabled: bool = True,
    ) -> None:
        """Add the sensor to the device of the bridge; ``is_enabled``: unless the user decided otherwise."""
        super().__init__(entry, key)
        self._alarms = alarms
        self._severities = tuple(severities)
        self._is_unacknowledged = key.startswith("alarms_unacknowledged")
        self._attr_entity_registry_enabled_default = is_enabled

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
        counts = (self._alarms.count(severity, unacknowledged=self._is_unacknowledged) for severity in self._severities)
        return sum(counts)


class RuleState(IotBridgeRuleAlarmsEntity, SensorEntity):
    """State of a rule: the most urgent state of its alarms, unknown while no entity could be evaluated."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_extra_state_attributes = {"custom_ui_more_info": ALARM_ELEMENT}  # noqa: RUF012
    _unrecorded_attributes = frozenset({"custom_ui_more_info"})
    _attr_options = [state.value for state in AlarmState]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    @override
    @callback
    def _async_update_attributes(self) -> None:
        alarms = self._alarms.alarms(self._rule.rule_id)
        state = rule_state(alarms)
        is_known = state is not AlarmState.NORMAL or self._is_known(alarms)
        self._attr_native_value = state.value if is_known else None
