"""State of a plan, as its sensor shows it. Pure."""

from enum import StrEnum

from .run import AT_WORK, Direction, Phase, PlanOutcome, PlanRun


class PlanState(StrEnum):
    """State of a plan."""

    IDLE = "idle"
    WAITING = "waiting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STARTING = "starting"
    FAILED = "failed"


def plan_state(run: PlanRun | None, last: PlanRun | None, *, has_stopped: bool) -> PlanState:
    """Return the state of a plan from its run, or from its last run and whether what that stopped is still off."""
    if run is None:
        if last is not None and last.outcome is PlanOutcome.FAILED:
            return PlanState.FAILED
        is_off = last is not None and last.direction is Direction.OFF and has_stopped
        return PlanState.STOPPED if is_off else PlanState.IDLE
    match run.phase:
        case Phase.STOPPED:
            return PlanState.STOPPED
        case Phase.RETURNING:
            return PlanState.WAITING
        case Phase.STARTING:
            return PlanState.STARTING
    is_at_work = any(step.state in AT_WORK for step in run.steps.values())
    return PlanState.STOPPING if is_at_work else PlanState.WAITING
