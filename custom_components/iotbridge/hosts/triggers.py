"""Triggers of hosts: host lost, host back, command failed."""

import asyncio
from typing import Any, override

import voluptuous as vol

from homeassistant.components.event import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTransitionTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)

from ..protocol.messages import COMMAND_NAME
from .commander import Outcome
from .entity import POWER_STATE, SENSORS, entities_of_hosts
from .inventory import PowerState

CONF_COMMAND = "command"

EVENTS = {EVENT_DOMAIN: DomainSpec()}
LOST: set[str | bool] = {PowerState.LOST}
NOT_LOST: set[str | bool] = {state for state in PowerState if state is not PowerState.LOST}
BACK: set[str | bool] = {PowerState.ON}
FAILURES = frozenset({Outcome.REFUSED, Outcome.FAILED, Outcome.TIMED_OUT})
# Variables under ``trigger`` in templates of the automation.
COMMAND_VARIABLES = ("command", "message", "reason", "command_id")

COMMAND_FAILED_SCHEMA = ENTITY_STATE_TRIGGER_SCHEMA.extend(
    {
        vol.Required(CONF_OPTIONS, default={}): {
            vol.Optional(CONF_COMMAND, default=[]): vol.All(
                cv.ensure_list, [cv.matches_regex(rf"^{COMMAND_NAME.pattern}\Z")]
            )
        }
    }
)


class HostTrigger(EntityTriggerBase):
    """Base of triggers on one kind of our entities, which adds the host to the trigger variables."""

    _entity_key: str
    _sentence: str

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return entities_of_hosts(self._hass, super().entity_filter(entities), self._entity_key)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def run(
            extra_trigger_payload: dict[str, Any],
            description: str,  # noqa: ARG001  (may be passed by keyword)
            context: Context | None = None,
        ) -> asyncio.Task[Any]:
            variables = self._variables(extra_trigger_payload["to_state"])
            return run_action(extra_trigger_payload | variables, self._sentence.format_map(variables), context)

        return await super().async_attach_runner(run, did_not_trigger)

    def _variables(self, state: State) -> dict[str, Any]:
        """Return the trigger variables: the host, its entity and its device."""
        entity = er.async_get(self._hass).async_get(state.entity_id)
        device_id = entity.device_id if entity else None
        device = dr.async_get(self._hass).async_get(device_id) if device_id else None
        name = (device.name_by_user or device.name) if device else None
        return {"host": name or state.name, ATTR_ENTITY_ID: state.entity_id, ATTR_DEVICE_ID: device_id}


class HostLostTrigger(HostTrigger, EntityTransitionTriggerBase):
    """Trigger for a host that became lost.

    Unknown and unavailable are not among the origin states: a host that is lost when Home Assistant starts was lost
    before. While the broker is away power states are not updated, so a host that vanished meanwhile is first on and
    then lost.
    """

    _domain_specs = SENSORS
    _entity_key = POWER_STATE
    _from_states = NOT_LOST
    _to_states = LOST
    _sentence = "{host} was lost"


class HostBackTrigger(HostTrigger, EntityTransitionTriggerBase):
    """Trigger for a lost host that is on again; a host that was rebooted or switched on by intent was never lost."""

    _domain_specs = SENSORS
    _entity_key = POWER_STATE
    _from_states = LOST
    _to_states = BACK
    _sentence = "{host} is back"


class CommandFailedTrigger(HostTrigger, StatelessEntityTriggerBase):
    """Trigger for a command that was refused, failed or timed out, from any sender."""

    _domain_specs = EVENTS
    _schema = COMMAND_FAILED_SCHEMA
    _entity_key = "command"
    _sentence = "a command failed on {host}"

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the commands to trigger on; an empty list means all."""
        super().__init__(hass, config)
        self._commands = frozenset(self._options[CONF_COMMAND])

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        if state.attributes.get(ATTR_EVENT_TYPE) not in FAILURES:
            return False
        return not self._commands or state.attributes.get("command") in self._commands

    @override
    def _variables(self, state: State) -> dict[str, Any]:
        command_variables = {key: state.attributes.get(key) for key in COMMAND_VARIABLES}
        return super()._variables(state) | command_variables | {"outcome": state.attributes.get(ATTR_EVENT_TYPE)}


HOST_TRIGGERS: dict[str, type[Trigger]] = {
    "command_failed": CommandFailedTrigger,
    "host_back": HostBackTrigger,
    "host_lost": HostLostTrigger,
}
