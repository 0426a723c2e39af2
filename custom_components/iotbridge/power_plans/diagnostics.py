"""Diagnostics of power plans and schedules, without names."""

from datetime import timedelta
from typing import Any, Final

from .manager import PowerPlansManager
from .schedules import SchedulesManager

MAX_RUNS: Final = 20


def power_diagnostics(power_plans: PowerPlansManager, schedules: SchedulesManager) -> dict[str, Any]:
    """Return the diagnostics of the power plans and the schedules."""
    return {"power_plans": _plans(power_plans), "schedules": _schedules(schedules)}


def _plans(power_plans: PowerPlansManager) -> list[dict[str, Any]]:
    """Return the shape of each plan and the outcome of its runs."""
    return [
        {
            "state": power_plans.state(plan_id),
            "steps": len(runner.plan.steps),
            "has_ups": runner.plan.ups is not None,
            "is_whole_site": runner.plan.is_whole_site,
            "is_enabled": runner.record.is_enabled,
            "is_owner_gone": runner.is_owner_gone,
            "phase": runner.record.run.phase if runner.record.run else None,
            "reports": [
                {
                    "direction": report.direction,
                    "cause": report.cause,
                    "outcome": report.outcome,
                    "failures": report.failures,
                    "states": sorted(step.state for step in report.steps.values()),
                }
                for report in runner.record.reports
            ],
        }
        for plan_id, runner in power_plans.runners.items()
    ]


def _schedules(schedules: SchedulesManager) -> list[dict[str, Any]]:
    """Return the times and options of each schedule, and the outcome of its runs."""
    return [
        {
            "task": schedule.task,
            "times": schedule.timetable.expression,
            "conditions": len(schedule.conditions),
            "is_without_users": schedule.is_without_users,
            "notice_min": schedule.notice / timedelta(minutes=1),
            "catch_up_h": schedule.catch_up / timedelta(hours=1),
            "state": schedules.state(schedule_id).as_dict(),
            "runs": [
                (record.planned.isoformat(), record.result.outcome, record.result.reason)
                for record in schedules.records()
                if record.schedule_id == schedule_id
            ][-MAX_RUNS:],
        }
        for schedule_id, schedule in schedules.schedules.items()
    ]
