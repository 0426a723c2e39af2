"""Signals of the power plans, on Home Assistant's dispatcher."""

from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ...const import DOMAIN
from ..engine.plan import Plan
from ..engine.run import PlanRun, PlanRunEvent, PlanRunEventKind
from .names import async_step_names

# A plan was added, changed or removed.
SIGNAL_PLANS: Final = f"{DOMAIN}_power_plans"
# An event of a run; the argument is a PlanEvent.
SIGNAL_PLAN_EVENT: Final = f"{DOMAIN}_power_plan_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEvent:
    """Event of a run, with its plan and the run as it is after it."""

    plan: Plan
    run: PlanRun
    event: PlanRunEvent

    @callback
    def async_attributes(self, hass: HomeAssistant) -> dict[str, Any]:
        """Return the event as attributes of an entity, without what is empty."""
        event = self.event
        attributes = {
            "plan": self.plan.name,
            "direction": self.run.direction.value,
            "step": async_step_names(hass, self.plan).get(event.step),
            "step_state": event.state if event.step else None,
            "outcome": self.run.outcome if event.kind is PlanRunEventKind.FINISHED else None,
            "reason": event.reason.value,
            "message": event.message,
        }
        return {key: value for key, value in attributes.items() if value}


def signal_of_plan(plan_id: str) -> str:
    """Return the signal of any change of one plan: its run, its reports or its switch."""
    return f"{DOMAIN}_power_plan_{plan_id}"


@callback
def async_publish(hass: HomeAssistant, plan: Plan, run: PlanRun, events: tuple[PlanRunEvent, ...]) -> None:
    """Publish a change of a run, and its events one by one."""
    for event in events:
        async_dispatcher_send(hass, SIGNAL_PLAN_EVENT, PlanEvent(plan=plan, run=run, event=event))
    async_dispatcher_send(hass, signal_of_plan(plan.plan_id))
