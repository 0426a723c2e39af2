"""Timeline and report of a run: what was, what is at work, and what earlier runs let expect. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from .draft import World
from .plan import Plan, Step, dependents, effective_needs, waves
from .run import Direction, Phase, PlanRun, StepRun, StepState

# Expected time of a step that no run has done yet.
EXPECTED_OFF_S = 60.0
EXPECTED_ON_S = 90.0

_TO_DO = frozenset({StepState.TO_STOP, StepState.TO_START})
_FAILED = frozenset({StepState.STOP_FAILED, StepState.START_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """Step in a timeline; times in seconds since 1970, None where nothing is done."""

    step: Step
    state: StepState
    run: StepRun | None
    begins_at: float | None = None
    ends_at: float | None = None
    is_expected: bool = False
    """True if the end, or both times, are only expected."""
    deadline_at: float | None = None

    def as_dict(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the row with JSON types."""
        return {
            "key": self.step.key,
            "name": names.get(self.step.key, self.step.key),
            "device_id": self.step.device_id or None,
            "role": self.step.role.value,
            "needs": [names.get(key, key) for key in self.step.needs],
            "state": self.state.value,
            "reason": self.run.reason.value if self.run else "",
            "message": self.run.message if self.run else "",
            "services": self.run.services.value if self.run else "",
            "begins_at": as_iso(self.begins_at),
            "ends_at": as_iso(self.ends_at),
            "is_expected": self.is_expected,
            "deadline_at": as_iso(self.deadline_at),
            "on_failure": self.step.on_failure.value,
        }


def direction_of(run: PlanRun) -> Direction:
    """Return the direction in which a run works now; a power cut has both."""
    if run.phase in (Phase.RETURNING, Phase.STARTING):
        return Direction.ON
    if run.phase is Phase.ENDED and any(step.start_at is not None for step in run.steps.values()):
        return Direction.ON
    return Direction.OFF if run.phase is not Phase.ENDED else run.direction


def timeline(
    plan: Plan, direction: Direction, run: PlanRun, past: Iterable[PlanRun], world: World, now: float
) -> list[TimelineRow]:
    """Return the timeline of a run in one direction, in the order in which the steps begin.

    A run that has not begun is that of a dry run: what is off already is left out of it.
    """
    is_off = direction is Direction.OFF
    first = dependents(plan) if is_off else effective_needs(plan)
    order = [key for wave in (reversed(waves(plan)) if is_off else waves(plan)) for key in wave]
    expected = _expected(plan, direction, list(past))
    free_at: dict[str, float] = {}
    rows = []
    last_start = run.last_start_at
    for key in order:
        step, step_run = plan.by_key[key], run.steps[key]
        earliest = max([now, *(free_at[other] for other in first[key] if other in free_at)])
        if not is_off and last_start is not None:
            earliest = max(earliest, last_start + plan.stagger_s)
        row = _row(step, step_run, is_off, world, earliest, expected[key], now)
        if row.ends_at is not None:
            free_at[key] = row.ends_at + step.settle_s
        if not is_off and row.begins_at is not None and row.state in _TO_DO:
            last_start = row.begins_at
        rows.append(row)
    return rows


def report(run: PlanRun, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the report of a run: who, when, how long, and what failed."""
    end = run.ended_at
    return {
        "run_id": run.run_id,
        "direction": run.direction.value,
        "cause": run.cause.value,
        "started_by": run.started_by,
        "started_at": as_iso(run.started_at),
        "ended_at": as_iso(end),
        "duration_s": None if end is None else round(end - run.started_at, 1),
        "outcome": run.outcome.value if run.outcome else None,
        "failed": failed_steps(run, names),
        "steps": [
            {
                "key": key,
                "name": names.get(key, key),
                "state": step.state.value,
                "reason": step.reason.value,
                "message": step.message,
                "off_s": duration(step, Direction.OFF),
                "on_s": duration(step, Direction.ON),
            }
            for key, step in run.steps.items()
        ],
        "events": [
            {
                "at": as_iso(event.at),
                "kind": event.kind.value,
                "step": names.get(event.step, event.step),
                "state": event.state,
                "reason": event.reason.value,
                "message": event.message,
            }
            for event in run.events
        ],
    }


def failed_steps(run: PlanRun, names: Mapping[str, str]) -> list[str]:
    """Return the names of the steps that failed in a run."""
    keys = dict.fromkeys(event.step for event in run.events if event.kind == "step_failed")
    return [names.get(key, key) for key in keys]


def duration(step: StepRun, direction: Direction) -> float | None:
    """Return how long a step took from its order to its proof."""
    begin, end = (step.stop_at, step.stopped_at) if direction is Direction.OFF else (step.start_at, step.started_at)
    return round(end - begin, 1) if begin is not None and end is not None and end >= begin else None


def as_iso(at: float | None) -> str | None:
    """Return a time in seconds since 1970 as a text in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _row(
    step: Step, run: StepRun, is_off: bool, world: World, earliest: float, expected_s: float, now: float
) -> TimelineRow:
    begin, end = (run.stop_at, run.stopped_at) if is_off else (run.start_at, run.started_at)
    within_s = step.off_within_s if is_off else step.on_within_s
    to_do = StepState.TO_STOP if is_off else StepState.TO_START
    at_work = StepState.STOPPING if is_off else StepState.STARTING
    if run.state is to_do:
        if is_off and step.key in world.off:
            return TimelineRow(step=step, state=StepState.WAS_OFF, run=run)
        if not is_off and step.key in world.on and not step.start_services:
            return TimelineRow(step=step, state=StepState.ON, run=run)
        if not is_off and not step.is_started:
            return TimelineRow(step=step, state=StepState.LEFT_OFF, run=run)
        ends_at, deadline = earliest + expected_s, earliest + within_s
        return TimelineRow(
            step=step,
            state=to_do,
            run=run,
            begins_at=earliest,
            ends_at=ends_at,
            is_expected=True,
            deadline_at=deadline,
        )
    if run.state is at_work and begin is not None:
        ends_at = max(now, begin + expected_s)
        return TimelineRow(
            step=step,
            state=at_work,
            run=run,
            begins_at=begin,
            ends_at=ends_at,
            is_expected=True,
            deadline_at=run.since + within_s,
        )
    if begin is not None and end is None and run.state in _FAILED:
        end = run.since
    return TimelineRow(step=step, state=run.state, run=run, begins_at=begin, ends_at=end)


def _expected(plan: Plan, direction: Direction, past: Sequence[PlanRun]) -> dict[str, float]:
    """Return how long each step took in earlier runs, half of them less and half of them more."""
    default = EXPECTED_OFF_S if direction is Direction.OFF else EXPECTED_ON_S
    expected = {}
    for key in plan.by_key:
        known = [duration(run.steps[key], direction) for run in past if key in run.steps]
        expected[key] = median([value for value in known if value is not None] or [default])
    return expected
