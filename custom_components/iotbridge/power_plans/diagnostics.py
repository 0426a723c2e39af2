"""Diagnostics of power plans, without names."""

from typing import Any

from .manager import PowerPlansManager


def plans_diagnostics(power_plans: PowerPlansManager) -> list[dict[str, Any]]:
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
