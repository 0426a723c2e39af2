"""Documents about power plans: for responses of actions and for the WebSocket."""

from typing import Any

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..engine.run import Direction, PlanRun, PlanRunEventKind, matching, new_run
from ..engine.timeline import as_iso, direction_of, report, timeline
from ..manager import PowerPlansManager
from ..runtime.events import PlanEvent
from ..runtime.names import async_step_names
from ..runtime.plan_entities import async_plan_sensor
from ..runtime.world import async_world

_VARIABLES = ("plan", "direction", "step", "step_state", "outcome", "reason", "message")


@callback
def async_dry_run(
    hass: HomeAssistant, manager: PowerPlansManager, plan_id: str, direction: Direction
) -> dict[str, Any]:
    """Return what a run would do now, without doing it."""
    now, record = manager.runners[plan_id].now(), manager.record(plan_id)
    run = new_run(manager.plans[plan_id], direction, run_id="", now=now, stopped_by_plan=record.stopped_by_plan)
    return {**_document(hass, manager, plan_id, run, direction, now), "run_id": None, "dry_run": True}


@callback
def async_run_document(hass: HomeAssistant, manager: PowerPlansManager, plan_id: str, run: PlanRun) -> dict[str, Any]:
    """Return a run with its timeline; with its report when it has ended."""
    now = manager.runners[plan_id].now()
    document = _document(hass, manager, plan_id, run, direction_of(run), now)
    return {**document, "report": async_report(hass, manager, plan_id, run)} if run.is_ended else document


@callback
def async_report(hass: HomeAssistant, manager: PowerPlansManager, plan_id: str, run: PlanRun) -> dict[str, Any]:
    """Return the report of a run."""
    return report(run, async_step_names(hass, manager.plans[plan_id]))


@callback
def async_event_variables(hass: HomeAssistant, event: PlanEvent) -> dict[str, Any]:
    """Return the variables of a trigger: the event, and with the end of a run its report."""
    attributes = event.async_attributes(hass)
    entity_id = async_plan_sensor(hass, event.plan.plan_id)
    variables = {key: attributes.get(key, "") for key in _VARIABLES} | {ATTR_ENTITY_ID: entity_id}
    if event.event.kind is PlanRunEventKind.FINISHED:
        variables["report"] = report(event.run, async_step_names(hass, event.plan))
    return variables


@callback
def _document(
    hass: HomeAssistant,
    manager: PowerPlansManager,
    plan_id: str,
    run: PlanRun,
    direction: Direction,
    now: float,
) -> dict[str, Any]:
    plan, record = manager.plans[plan_id], manager.record(plan_id)
    names = async_step_names(hass, plan)
    rows = timeline(plan, direction, matching(plan, run, now), record.reports, async_world(hass, plan), now)
    return {
        "plan": plan.name,
        "plan_id": plan_id,
        "run_id": run.run_id,
        "direction": direction.value,
        "state": manager.state(plan_id).value,
        "timeline": [row.as_dict(names) for row in rows],
    }


@callback
def async_plan_summary(hass: HomeAssistant, manager: PowerPlansManager, plan_id: str) -> dict[str, Any]:
    """Return a plan as a row of a list."""
    plan, record = manager.plans[plan_id], manager.record(plan_id)
    entity_id = async_plan_sensor(hass, plan_id)
    entity = er.async_get(hass).async_get(entity_id) if entity_id else None
    last, ups = record.reports[0] if record.reports else None, plan.ups
    return {
        "plan_id": plan_id,
        "name": plan.name,
        "state": manager.state(plan_id).value,
        "is_enabled": record.is_enabled,
        "entity_id": entity_id,
        "device_id": entity.device_id if entity else None,
        "is_running": record.run is not None,
        "ups": ups
        and {
            "entity_id": ups.entity_id,
            "battery_entity_id": ups.battery_entity_id or None,
            "runtime_entity_id": ups.runtime_entity_id or None,
        },
        "last_report": _without_events(async_report(hass, manager, plan_id, last)) if last else None,
    }


@callback
def async_plan_document(hass: HomeAssistant, manager: PowerPlansManager, plan_id: str) -> dict[str, Any]:
    """Return a plan with the timeline of its run; without a run, with those that it would have."""
    record, runner = manager.record(plan_id), manager.runners[plan_id]
    run, summary = record.run, async_plan_summary(hass, manager, plan_id)
    reading = {"is_on_battery": runner.is_on_battery, "on_battery_since": as_iso(runner.on_battery_since)}
    return {
        **summary,
        "ups": summary["ups"] and {**summary["ups"], **reading},
        "run": run
        and {
            **async_run_document(hass, manager, plan_id, run),
            "phase": run.phase.value,
            "report": async_report(hass, manager, plan_id, run),
        },
        "expected": None
        if run
        else {direction.value: async_dry_run(hass, manager, plan_id, direction)["timeline"] for direction in Direction},
        "last_report": async_report(hass, manager, plan_id, record.reports[0]) if record.reports else None,
        "reports": [_without_events(async_report(hass, manager, plan_id, report)) for report in record.reports],
    }


def _without_events(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report for a list: the events of twenty runs would be too much for each change."""
    return {key: value for key, value in report.items() if key != "events"}
