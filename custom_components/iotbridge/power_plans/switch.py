"""Switch of a power plan: whether its UPS may begin it."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..callers import async_user
from .engine.plan import Plan
from .entity import IotBridgePlanEntity, async_track_plans
from .manager import PowerPlansManager

KEY = "plan_enabled"


@callback
def async_setup_plan_switches(
    hass: HomeAssistant,
    entry: ConfigEntry,
    power_plans: PowerPlansManager,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switch of each plan."""

    def make(plan: Plan, bridge_id: str) -> list[PlanEnabledSwitch]:
        return [PlanEnabledSwitch(power_plans, plan, KEY, bridge_id)]

    entry.async_on_unload(async_track_plans(hass, entry, power_plans, async_add_entities, make))


class PlanEnabledSwitch(IotBridgePlanEntity, SwitchEntity):
    """Switch that allows the UPS to begin the plan; by hand it can be run all the same.

    Home Assistant exposes switches to assistants and includes them in areas, unless they are configuration.
    """

    _attr_entity_category = EntityCategory.CONFIG

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the UPS may begin the plan."""
        return self._power_plans.record(self._plan_id).is_enabled

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Allow it."""
        await self._async_set(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Forbid it."""
        await self._async_set(False)

    async def _async_set(self, is_enabled: bool) -> None:
        user = await async_user(self.hass, self._context)
        if user is not None and not user.is_admin:
            raise Unauthorized(context=self._context)
        self._power_plans.runners[self._plan_id].async_set_enabled(is_enabled)
