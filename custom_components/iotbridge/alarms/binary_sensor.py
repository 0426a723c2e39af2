"""Binary sensor of an alarm rule: on while one of its alarms is active."""

from collections import Counter
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coalescing import CoalescedCall
from .api.serialization import alarm_as_dict
from .engine.models import WAITING, Alarm, AlarmState
from .engine.rule import Rule
from .entity import IotBridgeRuleEntity, async_track_rules
from .manager import AlarmsManager
from .runtime.events import signal_of_rule

# A longer list is unreadable in the attributes of an entity; the action ``list`` returns all.
MAX_SHOWN = 50
# Without the values of other entities: everyone who may see this entity may see its attributes.
ATTRIBUTE_KEYS = ("alarm", "entity_id", "state", "severity", "since", "acknowledged_by", "suppressed_by")


@callback
def async_setup_alarm_binary_sensors(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a sensor for each rule, now and when a rule is created."""

    def make(rule: Rule, device: DeviceEntry) -> list[RuleProblem]:
        return [RuleProblem(alarms, rule, device)]

    entry.async_on_unload(async_track_rules(hass, entry, alarms, async_add_entities, make))


class RuleProblem(IotBridgeRuleEntity, BinarySensorEntity):
    """Problem sensor of a rule: on while any of its alarms is active, even if snoozed or suppressed.

    Alarms out of service do not count. The state is unknown while no entity of the rule could be evaluated.
    """

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _unrecorded_attributes = frozenset({"alarms", "instructions"})

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the rule and its alarms; changes are coalesced, because a thousand alarms may change at once."""
        await super().async_added_to_hass()
        self._changed = CoalescedCall(self.hass, self._async_changed)
        self.async_on_remove(self._changed.cancel)
        signal = signal_of_rule(self._rule.rule_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._changed))
        self._async_update_attributes()

    @callback
    def _async_changed(self) -> None:
        self._async_update_attributes()
        self.async_write_ha_state()

    @override
    @callback
    def _async_rule_changed(self) -> None:
        self._changed()

    @callback
    def _async_update_attributes(self) -> None:
        alarms = self._alarms.alarms(self._rule.rule_id)
        active = [alarm for alarm in alarms if alarm.active and not alarm.out_of_service]
        is_known = self._rule.condition.traits.is_momentary or any(
            alarm.last_evaluation.is_active is not None for alarm in alarms
        )
        self._attr_is_on = True if active else False if is_known else None
        self._attr_extra_state_attributes = self._attributes(alarms, active)

    def _attributes(self, alarms: list[Alarm], active: list[Alarm]) -> dict[str, Any]:
        states = Counter(alarm.state for alarm in alarms)
        shown = [alarm for alarm in alarms if alarm.state is not AlarmState.NORMAL]
        shown.sort(key=lambda alarm: (-alarm.severity, -(alarm.raised_at or 0.0), alarm.key))
        serialized = (alarm_as_dict(self.hass, self._rule, alarm) for alarm in shown[:MAX_SHOWN])
        return {
            "severity": max((alarm.severity for alarm in active), default=self._rule.severity).word,
            "total": len(alarms),
            "active": len(active),
            "unacknowledged": sum(states[state] for state in WAITING),
            "alarms": [{key: alarm[key] for key in ATTRIBUTE_KEYS} for alarm in serialized],
            "instructions": self._rule.instructions,
        }
