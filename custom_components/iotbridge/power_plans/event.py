"""Event entity of a power plan: what happens in its runs."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.plan import Plan
from .engine.run import PlanRunEventKind
from .entity import IotBridgePlanEntity, async_track_plans
from .manager import PowerPlansManager
from .runtime.events import SIGNAL_PLAN_EVENT, PlanEvent

KEY = "plan"
# Orders and responses are in the report; an entity with all of them would be noise in the database.
KINDS = (
    PlanRunEventKind.STARTED,
    PlanRunEventKind.STEP_DONE,
    PlanRunEventKind.STEP_FAILED,
    PlanRunEventKind.POWER_BACK,
    PlanRunEventKind.POWER_LOST,
    PlanRunEventKind.ABORTED,
    PlanRunEventKind.FINISHED,
)


@callback
def async_setup_plan_events(
    hass: HomeAssistant,
    entry: ConfigEntry,
    power_plans: PowerPlansManager,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity of each plan."""

    def make(plan: Plan, bridge_id: str) -> list[PlanEventEntity]:
        return [PlanEventEntity(power_plans, plan, KEY, bridge_id)]

    entry.async_on_unload(async_track_plans(hass, entry, power_plans, async_add_entities, make))


class PlanEventEntity(IotBridgePlanEntity, EventEntity):
    """Event entity of a plan."""

    _attr_event_types = [kind.value for kind in KINDS]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the events of the plan."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_PLAN_EVENT, self._async_event))

    @override
    @callback
    def _async_plan_changed(self) -> None:
        """Leave the state: it is that of the last event."""

    @callback
    def _async_event(self, event: PlanEvent) -> None:
        if event.plan.plan_id == self._plan_id and event.event.kind in KINDS:
            self._trigger_event(event.event.kind, event.async_attributes(self.hass))
            self.async_write_ha_state()
