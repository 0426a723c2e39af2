"""Triggers for transitions of alarms: raised, cleared, acknowledged, unacknowledged, escalated."""

from typing import ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType

from .api.serialization import transition_as_dict
from .api.services import SEVERITIES
from .api.targets import async_resolve_target
from .engine.models import Change, Transition
from .runtime.events import SIGNAL_ALARM, AlarmEvent

CONF_RULE = "rule"
CONF_SEVERITY = "severity"

OPTIONS = {
    vol.Optional(CONF_SEVERITY, default=[]): vol.All(cv.ensure_list, [vol.In(SEVERITIES)]),
    vol.Optional(CONF_RULE, default=[]): cv.entity_ids,
}
SCHEMA = vol.Schema(
    {vol.Optional(CONF_TARGET, default={}): cv.TARGET_FIELDS, vol.Optional(CONF_OPTIONS, default={}): OPTIONS}
)


class AlarmTrigger(Trigger):
    """Base of triggers for transitions of alarms.

    A target selects alarms by their entities, or by the entity of a rule; without one all alarms are selected. It is
    resolved at each transition, so that entities that are added to an area or a label later count as well.
    """

    _changes: ClassVar[frozenset[Change]]
    _sentence: ClassVar[str]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the target and the options."""
        super().__init__(hass, config)
        options = config.options or {}
        self._target = config.target or {}
        self._severities = frozenset(options.get(CONF_SEVERITY, ()))
        self._rules = options.get(CONF_RULE, ())

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def run(event: AlarmEvent) -> None:
            if event.transition and self._is_selected(event.transition):
                variables = transition_as_dict(self._hass, event.rule, event.transition)
                run_action(variables, self._sentence.format_map(variables))

        return async_dispatcher_connect(self._hass, SIGNAL_ALARM, run)

    def _is_selected(self, transition: Transition) -> bool:
        if transition.change not in self._changes:
            return False
        if self._severities and transition.severity.word not in self._severities:
            return False
        if (
            self._rules
            and transition.key.rule_id not in async_resolve_target(self._hass, {"entity_id": self._rules}).rules
        ):
            return False
        return async_resolve_target(self._hass, self._target).includes(transition.key)


class AlarmRaisedTrigger(AlarmTrigger):
    """Trigger for alarms that are raised or become more severe."""

    _changes = frozenset({Change.RAISED, Change.WORSENED})
    _sentence = "alarm {rule} was raised for {alarm}"


class AlarmClearedTrigger(AlarmTrigger):
    """Trigger for alarms that are cleared."""

    _changes = frozenset({Change.CLEARED})
    _sentence = "alarm {rule} was cleared for {alarm}"


class AlarmAcknowledgedTrigger(AlarmTrigger):
    """Trigger for alarms that are acknowledged."""

    _changes = frozenset({Change.ACKNOWLEDGED})
    _sentence = "alarm {rule} was acknowledged for {alarm}"


class AlarmUnacknowledgedTrigger(AlarmTrigger):
    """Trigger for alarms whose acknowledgement is taken back."""

    _changes = frozenset({Change.UNACKNOWLEDGED})
    _sentence = "the acknowledgement of alarm {rule} was taken back for {alarm}"


class AlarmEscalatedTrigger(AlarmTrigger):
    """Trigger for alarms that escalate because they were not acknowledged in time."""

    _changes = frozenset({Change.ESCALATED})
    _sentence = "alarm {rule} was escalated for {alarm}"


ALARM_TRIGGERS: dict[str, type[Trigger]] = {
    "alarm_acknowledged": AlarmAcknowledgedTrigger,
    "alarm_cleared": AlarmClearedTrigger,
    "alarm_escalated": AlarmEscalatedTrigger,
    "alarm_raised": AlarmRaisedTrigger,
    "alarm_unacknowledged": AlarmUnacknowledgedTrigger,
}
