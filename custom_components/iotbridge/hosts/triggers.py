"""Triggers of hosts: lost, back, command failed."""

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
from .entity_filter import POWER_STATE, SENSORS, entities_of_hosts
from .inventory import PowerState

CONF_COMMAND = "command"

EVENTS = {EVENT_DOMAIN: DomainSpec()}
LOST: set[str | bool] = {PowerState.LOST}
NOT_LOST: set[str | bool] = {state for state in PowerState if state is not PowerState.LOST}
BACK: set[str | bool] = {PowerState.ON}
FAILURES = frozenset({Outcome.REFUSED, Outcome.FAILED, Outcome.TIMED_OUT})
# What a template of the automation finds under ``trigger``.
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
    """Follows one kind of our entities and says which host it was."""

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
            description: str,  # noqa: ARG001  (whoever calls may name it)
            context: Context | None = None,
        ) -> asyncio.Task[Any]:
            variables = self._variables(extra_trigger_payload["to_state"])
            return run_action(extra_trigger_payload | variables, self._sentence.format_map(variables), context)

        return await super().async_attach_runner(run, did_not_trigger)

    def _variables(self, state: State) -> dict[str, Any]:
        """Return what an automation wants to know of the host, and of what happened to it."""
        entity = er.async_get(self._hass).async_get(state.entity_id)
        device_id = entity.device_id if entity else None
        device = dr.async_get(self._hass).async_get(device_id) if device_id else None
        name = (device.name_by_user or device.name) if device else None
        return {"host": name or state.name, ATTR_ENTITY_ID: state.entity_id, ATTR_DEVICE_ID: device_id}


class HostLostTrigger(HostTrigger, EntityTransitionTriggerBase):
    """A host that was there, or whose whereabouts were known, vanished without a word.

    Unknown and unavailable are not among the origins: a host that Home Assistant finds lost at its start was lost
    before. While the broker is away nobody is judged, so a host that vanished meanwhile is first on and then lost.
    """

    _domain_specs = SENSORS
    _entity_key = POWER_STATE
    _from_states = NOT_LOST
    _to_states = LOST
    _sentence = "{host} was lost"


class HostBackTrigger(HostTrigger, EntityTransitionTriggerBase):
    """A lost host is on again; one that was rebooted or switched on as intended was never lost."""

    _domain_specs = SENSORS
    _entity_key = POWER_STATE
    _from_states = LOST
    _to_states = BACK
    _sentence = "{host} is back"


class CommandFailedTrigger(HostTrigger, StatelessEntityTriggerBase):
    """A command was refused, failed or timed out, whoever gave it."""

    _domain_specs = EVENTS
    _schema = COMMAND_FAILED_SCHEMA
    _entity_key = "command"
    _sentence = "a command failed on {host}"

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read which commands are meant; none means all."""
        super().__init__(hass, config)
        self._commands = frozenset(self._options[CONF_COMMAND])

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        if state.attributes.get(ATTR_EVENT_TYPE) not in FAILURES:
            return False
        return not self._commands or state.attributes.get("command") in self._commands

    @override
    def _variables(self, state: State) -> dict[str, Any]:
        told = {key: state.attributes.get(key) for key in COMMAND_VARIABLES}
        return super()._variables(state) | told | {"outcome": state.attributes.get(ATTR_EVENT_TYPE)}


HOST_TRIGGERS: dict[str, type[Trigger]] = {
    "command_failed": CommandFailedTrigger,
    "host_back": HostBackTrigger,
    "host_lost": HostLostTrigger,
}
