"""Condition of power plans: a plan is running."""

from collections.abc import Callable
from typing import Unpack, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .api.targets import async_manager, async_targeted_plans
from .runtime.events import SIGNAL_PLAN_EVENT, PlanEvent
from .triggers import SCHEMA


class PlanIsRunningCondition(Condition):
    """Condition that a plan of the target, or any without one, has a run that has not ended."""

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Read the target."""
        super().__init__(hass, config)
        self._target = config.target or {}

    @override
    async def _async_track_changes(self, action: Callable[[], None]) -> CALLBACK_TYPE:
        @callback
        def check(_event: PlanEvent) -> None:
            action()

        return async_dispatcher_connect(self._hass, SIGNAL_PLAN_EVENT, check)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        manager = async_manager(self._hass)
        plans = async_targeted_plans(self._hass, self._target)
        return manager is not None and any(
            runner.record.run is not None and (plans is None or plan_id in plans)
            for plan_id, runner in manager.runners.items()
        )


PLAN_CONDITIONS: dict[str, type[Condition]] = {"is_plan_running": PlanIsRunningCondition}
