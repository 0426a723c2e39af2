"""Buttons that acknowledge alarms: all of them, or those of one rule."""

from typing import override

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.button import ButtonEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..callers import async_user
from ..entity import IotBridgeEntity
from .api.services import async_check_permission
from .engine.models import WAITING
from .engine.rule import Rule
from .entity import IotBridgeAlarmsEntity, IotBridgeRuleEntity, async_track_rules
from .manager import AlarmsManager
from .runtime.permissions import async_actor, async_permits

ACKNOWLEDGE_ALL = "acknowledge_all"


@callback
def async_setup_alarm_buttons(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the button of all alarms, and one for each rule, now and when a rule is created."""
    async_add_entities([AcknowledgeAll(entry, alarms)])

    def make(rule: Rule, device: DeviceEntry) -> list[AcknowledgeRule]:
        return [AcknowledgeRule(alarms, rule, device)]

    entry.async_on_unload(async_track_rules(hass, entry, alarms, async_add_entities, make))


class AcknowledgeAll(IotBridgeAlarmsEntity, IotBridgeEntity, ButtonEntity):
    """Button that acknowledges every alarm whose entity the user may control; for an automation, every alarm."""

    def __init__(self, entry: ConfigEntry, alarms: AlarmsManager) -> None:
        """Add the button to the device of the bridge."""
        super().__init__(entry, ACKNOWLEDGE_ALL)
        self._alarms = alarms

    @override
    async def async_press(self) -> None:
        """Acknowledge the unacknowledged alarms that the user may control."""
        user = await async_user(self.hass, self._context or Context())
        by = await async_actor(self.hass, self._context)
        keys = [alarm.key for alarm in self._alarms.alarms()]
        permitted = [key for key in keys if user is None or async_permits(self.hass, user, key, POLICY_CONTROL)]
        self._alarms.async_acknowledge(permitted, by)


class AcknowledgeRule(IotBridgeRuleEntity, ButtonEntity):
    """Button that acknowledges the alarms of a rule; the user must be allowed to control their entities, too."""

    _attr_entity_registry_enabled_default = False

    @override
    async def async_press(self) -> None:
        """Acknowledge the unacknowledged alarms of the rule."""
        waiting = [alarm for alarm in self._alarms.alarms(self._rule.rule_id) if alarm.underlying_state in WAITING]
        keys = [alarm.key for alarm in waiting]
        await async_check_permission(self.hass, self._alarms, self._context or Context(), keys)
        self._alarms.async_acknowledge(keys, await async_actor(self.hass, self._context))
