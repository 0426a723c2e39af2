"""Binary sensors: whether an alarm rule finds something bad, and whether the broker is there."""

from collections import Counter
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import mqtt_client
from .alarms.models import WAITING, Alarm, AlarmState
from .alarms.rule import MOMENTARY, Rule
from .alarms.shown import async_alarm
from .entity import IotBridgeEntity, IotBridgeRuleEntity, async_follow_rules
from .runtime import IotBridgeConfigEntry
from .soon import Soon

PARALLEL_UPDATES = 0

# More alarms than anybody reads in the attributes of one entity; the action list has all.
MAX_SHOWN = 50
# No values of other entities: attributes are for all who may see this one.
SHOWN = ("alarm", "entity_id", "state", "severity", "since", "acknowledged_by", "suppressed_by")


async def async_setup_entry(
    hass: HomeAssistant, entry: IotBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the connection of the broker now, and a sensor for each rule as it comes."""
    alarms = entry.runtime_data.alarms
    async_add_entities([BrokerConnection(entry, "broker_connected")])

    def make(rule: Rule, device: DeviceEntry) -> list[RuleProblem]:
        return [RuleProblem(alarms, rule, device)]

    entry.async_on_unload(async_follow_rules(hass, entry, alarms, async_add_entities, make))


class RuleProblem(IotBridgeRuleEntity, BinarySensorEntity):
    """Whether what a rule looks for is the case with any of its entities, told or silent.

    An alarm that is out of service does not count. While nothing is known of any entity, neither is this.
    """

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _unrecorded_attributes = frozenset({"alarms", "what_to_do"})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the rule and its alarms; a rule over a thousand entities may have a thousand alarms at once."""
        await super().async_added_to_hass()
        self._changed = Soon(self.hass, self._async_changed)
        self.async_on_remove(self._changed.cancel)
        self.async_on_remove(self._alarms.async_listen_rule(self._rule.rule_id, self._changed))
        self._async_look()

    @callback
    def _async_changed(self) -> None:
        self._async_look()
        self.async_write_ha_state()

    @override
    @callback
    def _async_rule_changed(self) -> None:
        self._changed()

    @callback
    def _async_look(self) -> None:
        alarms = self._alarms.alarms(self._rule.rule_id)
        active = [alarm for alarm in alarms if alarm.active and not alarm.out_of_service]
        is_known = self._rule.condition.kind in MOMENTARY or any(alarm.last.is_bad is not None for alarm in alarms)
        self._attr_is_on = True if active else False if is_known else None
        self._attr_extra_state_attributes = self._attributes(alarms, active)

    def _attributes(self, alarms: list[Alarm], active: list[Alarm]) -> dict[str, Any]:
        states = Counter(alarm.state for alarm in alarms)
        eventful = [alarm for alarm in alarms if alarm.state is not AlarmState.NORMAL]
        eventful.sort(key=lambda alarm: (-alarm.severity, -(alarm.raised_at or 0.0), alarm.key))
        shown = (async_alarm(self.hass, self._rule, alarm) for alarm in eventful[:MAX_SHOWN])
        return {
            "severity": max((alarm.severity for alarm in active), default=self._rule.severity).word,
            "total": len(alarms),
            "active": len(active),
            "unacknowledged": sum(states[state] for state in WAITING),
            "alarms": [{key: alarm[key] for key in SHOWN} for alarm in shown],
            "what_to_do": self._rule.what_to_do,
        }


class BrokerConnection(IotBridgeEntity, BinarySensorEntity):
    """Whether Home Assistant is connected to the MQTT broker."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the connection."""
        self.async_on_remove(mqtt_client.async_subscribe_connection_status(self.hass, self._async_connection_changed))
        self._attr_is_on = mqtt_client.is_connected(self.hass)

    @callback
    def _async_connection_changed(self, is_connected: bool) -> None:
        self._attr_is_on = is_connected
        self.async_write_ha_state()
