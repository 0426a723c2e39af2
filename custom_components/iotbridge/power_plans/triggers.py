"""Triggers of power plans: a plan started, a step failed, a plan finished."""

from typing import ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType

from .api.documents import async_event_variables
from .api.targets import async_targeted_plans
from .engine.run import PlanRunEventKind
from .runtime.events import SIGNAL_PLAN_EVENT, PlanEvent

SCHEMA = vol.Schema(
    {vol.Optional(CONF_TARGET, default={}): cv.TARGET_FIELDS, vol.Optional(CONF_OPTIONS, default={}): {}}
)


class PlanTrigger(Trigger):
    """Base of triggers for events of plans: those of a target, of all plans without one."""

    _kind: ClassVar[PlanRunEventKind]
    _sentence: ClassVar[str]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the target."""
        super().__init__(hass, config)
        self._target = config.target or {}

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def run(event: PlanEvent) -> None:
            plans = async_targeted_plans(self._hass, self._target)
            if event.event.kind is self._kind and (plans is None or event.plan.plan_id in plans):
                variables = async_event_variables(self._hass, event)
                run_action(variables, self._sentence.format_map(variables))

        return async_dispatcher_connect(self._hass, SIGNAL_PLAN_EVENT, run)


class PlanStartedTrigger(PlanTrigger):
    """Trigger for the beginning of a run."""

    _kind = PlanRunEventKind.STARTED
    _sentence = "power plan {plan} started"


class PlanStepFailedTrigger(PlanTrigger):
    """Trigger for a step that failed or was not proven in time."""

    _kind = PlanRunEventKind.STEP_FAILED
    _sentence = "{step} failed in power plan {plan}"


class PlanFinishedTrigger(PlanTrigger):
    """Trigger for the end of a run, whatever its outcome."""

    _kind = PlanRunEventKind.FINISHED
    _sentence = "power plan {plan} finished"


PLAN_TRIGGERS: dict[str, type[Trigger]] = {
    "plan_finished": PlanFinishedTrigger,
    "plan_started": PlanStartedTrigger,
    "plan_step_failed": PlanStepFailedTrigger,
}
