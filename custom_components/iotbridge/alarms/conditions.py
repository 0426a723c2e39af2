"""Conditions of alarms: an alarm is active, a target is in maintenance."""

from collections.abc import Callable
from typing import Unpack, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .api.targets import AlarmTarget, async_manager, async_resolve_target
from .engine.models import ACTIVE, Alarm
from .engine.suppression import MAINTENANCE, WINDOW
from .manager import AlarmsManager
from .runtime.events import SIGNAL_ALARM, AlarmEvent
from .triggers import CONF_RULE, CONF_SEVERITY, OPTIONS

_TARGET = {vol.Optional(CONF_TARGET, default={}): cv.TARGET_FIELDS}


class AlarmCondition(Condition):
    """Base of conditions on the alarms of a target, on all without one; False while IoT Bridge is not running."""

    _schema: vol.Schema

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls._schema(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Read the target."""
        super().__init__(hass, config)
        self._target = config.target or {}

    @override
    async def _async_track_changes(self, action: Callable[[], None]) -> CALLBACK_TYPE:
        @callback
        def check(event: AlarmEvent) -> None:
            if event.transition:
                action()

        return async_dispatcher_connect(self._hass, SIGNAL_ALARM, check)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        manager = async_manager(self._hass)
        return manager is not None and self._is_met(manager, async_resolve_target(self._hass, self._target))

    def _is_met(self, manager: AlarmsManager, alarm_target: AlarmTarget) -> bool:
        raise NotImplementedError


class AlarmIsActiveCondition(AlarmCondition):
    """Condition that an alarm is active, acknowledged or not; snoozed and suppressed ones do not count."""

    _schema = vol.Schema({**_TARGET, vol.Optional(CONF_OPTIONS, default={}): OPTIONS})

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Read the severities and rules."""
        super().__init__(hass, config)
        options = config.options or {}
        self._severities = frozenset(options.get(CONF_SEVERITY, ()))
        self._rules = options.get(CONF_RULE, ())

    @override
    def _is_met(self, manager: AlarmsManager, alarm_target: AlarmTarget) -> bool:
        rules = async_resolve_target(self._hass, {"entity_id": self._rules}).rules if self._rules else None
        return any(
            alarm.state in ACTIVE
            and (rules is None or alarm.key.rule_id in rules)
            and (not self._severities or alarm.severity.word in self._severities)
            and alarm_target.includes(alarm.key)
            for alarm in manager.alarms()
        )


class InMaintenanceCondition(AlarmCondition):
    """Condition that the home, or at least one of the targets, is in maintenance."""

    _schema = vol.Schema({**_TARGET, vol.Optional(CONF_OPTIONS, default={}): {}})

    @override
    def _is_met(self, manager: AlarmsManager, alarm_target: AlarmTarget) -> bool:
        if manager.is_maintenance_on or alarm_target.is_everything:
            return manager.is_maintenance_on
        return any(map(manager.is_in_maintenance, alarm_target.subjects)) or any(
            alarm_target.includes(alarm.key) and _is_in_maintenance(alarm) for alarm in manager.alarms()
        )


def _is_in_maintenance(alarm: Alarm) -> bool:
    return any(reason.startswith((MAINTENANCE, WINDOW)) for reason in alarm.suppressed_by)


ALARM_CONDITIONS: dict[str, type[Condition]] = {
    "alarm_active": AlarmIsActiveCondition,
    "in_maintenance": InMaintenanceCondition,
}
