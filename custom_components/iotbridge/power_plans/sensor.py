"""Sensor of a power plan: its state."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .engine.plan import Plan
from .engine.plan_state import PlanState
from .engine.run import AT_WORK
from .entity import IotBridgePlanEntity, async_track_plans
from .manager import PowerPlansManager
from .runtime.names import async_step_names

KEY = "plan_state"


@callback
def async_setup_plan_sensors(
    hass: HomeAssistant,
    entry: ConfigEntry,
    power_plans: PowerPlansManager,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the state of each plan."""

    def make(plan: Plan, bridge_id: str) -> list[PlanStateSensor]:
        return [PlanStateSensor(power_plans, plan, KEY, bridge_id)]

    entry.async_on_unload(async_track_plans(hass, entry, power_plans, async_add_entities, make))


class PlanStateSensor(IotBridgePlanEntity, SensorEntity):
    """State of a plan, with the run at work."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [state.value for state in PlanState]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    @property
    @override
    def native_value(self) -> str:
        """Return the state."""
        return self._power_plans.state(self._plan_id).value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the run: its direction, its beginning, and the steps at work."""
        runner = self._power_plans.runners[self._plan_id]
        if (run := runner.record.run) is None:
            return {}
        names = async_step_names(self.hass, runner.plan)
        return {
            "direction": run.direction.value,
            "cause": run.cause.value,
            "started_at": dt_util.utc_from_timestamp(run.started_at).isoformat(),
            "steps_at_work": [names.get(key, key) for key, step in run.steps.items() if step.state in AT_WORK],
            "failures": run.failures,
        }
