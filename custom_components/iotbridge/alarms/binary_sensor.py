"""Binary sensor of an alarm rule: on while one of its alarms is active and not muted."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import ALARM_ELEMENT
from .api.serialization import alarm_as_dict
from .engine.models import ACTIVE, WAITING, Alarm, AlarmState, Severity
from .engine.rule import Rule
from .entity import IotBridgeRuleAlarmsEntity, async_track_rules
from .manager import AlarmsManager
from .runtime import core_alerts

# A longer list is unreadable in the attributes of an entity; the action ``list`` returns all.
MAX_SHOWN = 50
# Without the values of other entities and the alarms that are root causes: everyone who may see this entity may see its
# attributes.
ATTRIBUTE_KEYS = ("alarm", "entity_id", "state", "severity", "since", "acknowledged_by", "suppressed_by")
REASON_KEYS = ("reason", "window_id")
ICONS = {Severity.CRITICAL: "mdi:alert-octagon", Severity.WARNING: "mdi:alert", Severity.INFO: "mdi:information"}


@callback
def async_setup_alarm_binary_sensors(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a sensor for each rule, now and when a rule is created."""

    def make(rule: Rule, device: DeviceEntry) -> list[RuleProblem]:
        return [RuleProblem(alarms, rule, device)]

    entry.async_on_unload(async_track_rules(hass, entry, alarms, async_add_entities, make))
    entry.async_on_unload(core_alerts.async_follow_renames(hass))


class RuleProblem(IotBridgeRuleAlarmsEntity, BinarySensorEntity):
    """Binary sensor of a rule: on while any of its alarms is active and neither snoozed, suppressed nor out of service.

    The state is unknown while no entity of the rule could be evaluated. It is a problem unless it is an information:
    Home Assistant counts problems on its Maintenance page, without exception.
    """

    _unrecorded_attributes = frozenset({"alarms", "custom_ui_more_info", "instructions"})

    def __init__(self, alarms: AlarmsManager, rule: Rule, device: DeviceEntry) -> None:
        """Keep the severity of the rule, to follow its changes."""
        super().__init__(alarms, rule, device)
        self._severity = rule.severity

    @override
    @callback
    def _async_rule_changed(self) -> None:
        """Update the state, and the severity in Home Assistant's own Alerts."""
        super()._async_rule_changed()
        before, self._severity = self._severity, self._rule.severity
        if self._severity is not before:
            self.hass.async_create_task(
                core_alerts.async_change_severity(self.hass, self.entity_id, before, self._severity)
            )

    @override
    async def async_removed_from_registry(self) -> None:
        """Take the rule out of Home Assistant's own Alerts."""
        await core_alerts.async_remove(self.hass, {self.entity_id})

    @override
    @callback
    def _async_update_attributes(self) -> None:
        alarms = self._alarms.alarms(self._rule.rule_id)
        active = [alarm for alarm in alarms if alarm.state in ACTIVE]
        severity = max((alarm.severity for alarm in active), default=self._rule.severity)
        self._attr_is_on = True if active else False if self._is_known(alarms) else None
        self._attr_device_class = BinarySensorDeviceClass.PROBLEM if severity > Severity.INFO else None
        self._attr_icon = ICONS[severity] if active else f"{ICONS[severity]}-outline"
        self._attr_extra_state_attributes = self._attributes(alarms, active, severity)

    def _attributes(self, alarms: list[Alarm], active: list[Alarm], severity: Severity) -> dict[str, Any]:
        states = Counter(alarm.state for alarm in alarms)
        shown = [alarm for alarm in alarms if alarm.state is not AlarmState.NORMAL]
        shown.sort(key=lambda alarm: (-alarm.severity, -(alarm.raised_at or 0.0), alarm.key))
        serialized = (_public(alarm_as_dict(self.hass, self._rule, alarm)) for alarm in shown[:MAX_SHOWN])
        return {
            "severity": severity.word,
            "total": len(alarms),
            "active": len(active),
            "unacknowledged": sum(states[state] for state in WAITING),
            "alarms": list(serialized),
            "instructions": self._rule.instructions,
            "custom_ui_more_info": ALARM_ELEMENT,
        }


def _public(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """Return what everyone who may see the rule's entity may see: no values, and no root cause, which is elsewhere."""
    reasons = [{key: reason[key] for key in REASON_KEYS if key in reason} for reason in alarm["suppressed_by"]]
    return {**{key: alarm[key] for key in ATTRIBUTE_KEYS}, "suppressed_by": reasons}
