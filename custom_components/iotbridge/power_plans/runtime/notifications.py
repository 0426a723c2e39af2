"""Notifications of a plan: its own actions, or a notification in Home Assistant where it has none."""

from collections.abc import Mapping

import voluptuous as vol

from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ...activity import activity_texts
from ...const import DOMAIN, LOGGER
from ...markdown import escaped
from ..engine.plan import FailurePolicy, Plan
from ..engine.run import Direction, PlanOutcome, PlanRunEventKind, RunCause
from ..engine.timeline import failed_steps
from .events import PlanEvent
from .names import async_step_names
from .orders import async_run_actions

TEXTS = "plan_message"


@callback
def async_message(hass: HomeAssistant, event: PlanEvent) -> str | None:
    """Return the message about an event, in the language of the home; None where nothing is notified."""
    texts = activity_texts(hass, TEXTS)
    names = async_step_names(hass, event.plan)
    match event.event.kind:
        case PlanRunEventKind.STARTED:
            cause = "ups" if event.run.cause is RunCause.UPS else event.run.direction.value
            return texts.get(f"started_{cause}")
        case PlanRunEventKind.STEP_FAILED:
            step = event.plan.by_key.get(event.event.step)
            if step is None or step.on_failure is FailurePolicy.CONTINUE:
                return None
            reason = event.event.message or texts.get(event.event.reason.value, "")
            return texts.get("step_failed", "").format(step=names[step.key], reason=reason)
        case PlanRunEventKind.FINISHED:
            return _finished(event, texts, names)
    return None


async def async_notify(hass: HomeAssistant, event: PlanEvent, message: str, context: Context) -> None:
    """Run the plan's notification; without one, show failures in Home Assistant."""
    plan = event.plan
    if not plan.notify:
        if event.event.kind is PlanRunEventKind.STEP_FAILED or event.run.outcome is PlanOutcome.FAILED:
            async_show(hass, plan, message)
        return
    step = async_step_names(hass, plan).get(event.event.step, "")
    await _async_run(hass, plan, message, event.event.kind.value, step, context)


async def async_notify_waiting(hass: HomeAssistant, plan: Plan, message: str, context: Context | None) -> None:
    """Run the plan's notification about a run that waits; show it in Home Assistant without one, or without a user."""
    if plan.notify and context:
        await _async_run(hass, plan, message, "waiting", "", context)
    else:
        async_show(hass, plan, message)


async def _async_run(hass: HomeAssistant, plan: Plan, message: str, kind: str, step: str, context: Context) -> None:
    variables = {"title": plan.name, "message": message, "plan": plan.name, "kind": kind, "step": step}
    try:
        await async_run_actions(hass, f"{plan.name}: notification", plan.notify, variables, context)
    except (HomeAssistantError, vol.Invalid) as error:
        LOGGER.error("The notification of %s failed: %s", plan.name, error)


@callback
def async_show(hass: HomeAssistant, plan: Plan, message: str) -> None:
    """Show a message about a plan in Home Assistant, in place of the one before."""
    title = " ".join(plan.name.split())
    persistent_notification.async_create(hass, escaped(message), title, f"{DOMAIN}_plan_{plan.plan_id}")


def _finished(event: PlanEvent, texts: Mapping[str, str], names: Mapping[str, str]) -> str | None:
    outcome = event.run.outcome
    if outcome is PlanOutcome.FAILED:
        steps = ", ".join(failed_steps(event.run, names))
        return texts.get("finished_failed", "").format(steps=steps)
    if outcome is PlanOutcome.ABORTED:
        return texts.get("finished_aborted")
    is_off = event.run.direction is Direction.OFF and event.run.cause is RunCause.CALL
    return texts.get("finished_off" if is_off else "finished_on")
