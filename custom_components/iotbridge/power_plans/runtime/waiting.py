"""Notification of a run that has been waiting for the power or the battery for long: once, with what is awaited."""

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, callback

from ...activity import activity_texts
from ..engine.plan import Ups
from ..engine.power import steady_at
from ..engine.run import PlanRun
from .notifications import TEXTS, async_notify_waiting
from .plan_runner import PlanRunner

WAITING_S = 3600.0


def _is_long(run: PlanRun, now: float) -> bool:
    """Return whether a run has been waiting for an hour since its last event."""
    return run.is_waiting and bool(run.events) and now - run.events[-1].at >= WAITING_S


async def async_check_waiting(hass: HomeAssistant, runner: PlanRunner) -> bool:
    """Notify once about a run that waits; return whether that was done."""
    run, ups = runner.record.run, runner.plan.ups
    if run is None or ups is None or run.run_id == runner.record.notified_run or not _is_long(run, runner.now()):
        return False
    runner.record.notified_run = run.run_id
    message = _async_message(hass, ups, run, runner.now())
    await async_notify_waiting(hass, runner.plan, message, _context(runner))
    return True


def _context(runner: PlanRunner) -> Context | None:
    """Return the rights of the plan; None without its user."""
    return None if runner.is_owner_gone else Context(user_id=runner.plan.user_id)


@callback
def _async_message(hass: HomeAssistant, ups: Ups, run: PlanRun, now: float) -> str:
    steady = steady_at(ups, run.history)
    is_power_awaited = steady is None or steady > now
    entity_id = ups.entity_id if is_power_awaited else ups.battery_entity_id
    state = hass.states.get(entity_id)
    text = activity_texts(hass, TEXTS).get("awaits_power" if is_power_awaited else "awaits_charge", "")
    shown = state.state if state else STATE_UNAVAILABLE
    return text.format(entity=entity_id, state=shown, percent=f"{ups.battery_at_least:g}")
