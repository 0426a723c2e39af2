"""Run of a plan: the state of each step, kept over restarts. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from ...parsing import check, plain
from .plan import Plan
from .power import PowerHistory

# Events that are kept of a run; a UPS that comes and goes makes many.
MAX_EVENTS = 400


class Direction(StrEnum):
    """Direction of a run, as it was asked for."""

    OFF = "off"
    ON = "on"


class RunCause(StrEnum):
    """Cause of a run."""

    CALL = "call"
    """A person, an automation or a schedule. It ends when everything is off."""
    UPS = "ups"
    """Power cut. It ends when what it stopped is on again."""


class Phase(StrEnum):
    """Phase of a run."""

    STOPPING = "stopping"
    STOPPED = "stopped"
    """Wait for the power, with all steps off that were to be stopped."""
    RETURNING = "returning"
    """Wait until the power that is back is steady, and the battery charged."""
    STARTING = "starting"
    ENDED = "ended"


class PlanOutcome(StrEnum):
    """Outcome of a run."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


class StepState(StrEnum):
    """State of a step in a run."""

    TO_STOP = "to_stop"
    STOPPING = "stopping"
    OFF = "off"
    STOP_FAILED = "stop_failed"
    WAS_OFF = "was_off"
    LEFT_ON = "left_on"
    TO_START = "to_start"
    STARTING = "starting"
    ON = "on"
    START_FAILED = "start_failed"
    LEFT_OFF = "left_off"


AT_WORK = frozenset({StepState.STOPPING, StepState.STARTING})


class ServicesState(StrEnum):
    """State of the services of a host that starts them as the last part of its step."""

    NOT_ASKED = ""
    ASKED = "asked"
    UNSENT = "unsent"
    """The order could not be sent, or there is no final response yet; it is repeated."""
    STARTED = "started"


class PlanRunEventKind(StrEnum):
    """Kind of an event in a run."""

    STARTED = "started"
    STOP_SENT = "stop_sent"
    START_SENT = "start_sent"
    SERVICES_SENT = "services_sent"
    RESPONDED = "responded"
    STEP_DONE = "step_done"
    STEP_FAILED = "step_failed"
    STEP_LEFT = "step_left"
    POWER_BACK = "power_back"
    POWER_LOST = "power_lost"
    RESTARTED = "restarted"
    ABORTED = "aborted"
    FINISHED = "finished"


class Reason(StrEnum):
    """Reason for the state of a step."""

    NONE = ""
    WAS_OFF = "was_off"
    WAS_ON = "was_on"
    NOT_IN_TIME = "not_in_time"
    COMMAND_FAILED = "command_failed"
    MAJORITY = "majority"
    """The cluster would have lost its majority."""
    STILL_NEEDED = "still_needed"
    """A step that needs it was left on."""
    POWER_BACK = "power_back"
    ABORTED = "aborted"
    HALTED = "halted"
    """Another step failed, and the plan stops then."""
    NOT_STARTED_AGAIN = "not_started_again"
    NOTHING_TO_DO = "nothing_to_do"
    RESTARTED = "restarted"
    """Home Assistant is back on the machine that it was told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRunEvent:
    """Event in a run; ``step`` is empty where it is about the run as a whole."""

    at: float
    kind: PlanRunEventKind
    step: str = ""
    state: str = ""
    """State of the step afterwards."""
    reason: Reason = Reason.NONE
    message: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlanRunEvent:
        """Read stored data."""
        return cls(**{**data, "kind": PlanRunEventKind(data["kind"]), "reason": Reason(data["reason"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """Step in a run."""

    state: StepState
    since: float
    is_stopped_by_plan: bool = False
    """True from the moment the plan stops it until it is proven on again, or refuses: only then it is started again."""
    has_response: bool = False
    reason: Reason = Reason.NONE
    message: str = ""
    unsent_since: float | None = None
    """Time since which its stop order could not be sent; None if it was, or none was tried."""
    times_on_again: int = 0
    """Times that it came on again after it was proven off, while others were still being stopped."""
    ready_at: float = 0.0
    """Time after which the next steps may begin."""
    stop_at: float | None = None
    stopped_at: float | None = None
    start_at: float | None = None
    started_at: float | None = None
    services: ServicesState = ServicesState.NOT_ASKED
    services_at: float = 0.0
    """Time of the last order to start its services, or of its result."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StepRun:
        """Read stored data."""
        states = {
            "state": StepState(data["state"]),
            "reason": Reason(data["reason"]),
            "services": ServicesState(data.get("services", "")),
        }
        return cls(**{**data, **states})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRun:
    """Run of a plan, from its beginning to its end; times in seconds since 1970."""

    run_id: str
    direction: Direction
    cause: RunCause
    started_by: str
    started_at: float
    phase: Phase
    steps: Mapping[str, StepRun]
    history: PowerHistory = field(default_factory=PowerHistory)
    halted: PlanOutcome | None = None
    """Outcome of a run in which no further step begins."""
    failures: int = 0
    last_start_at: float | None = None
    patient_until: float = 0.0
    """Time until which machines of unknown state are waited for, after a restart of Home Assistant."""
    ended_at: float | None = None
    outcome: PlanOutcome | None = None
    events: tuple[PlanRunEvent, ...] = ()

    @property
    def is_ended(self) -> bool:
        """Return whether the run has ended."""
        return self.phase is Phase.ENDED

    @property
    def is_waiting(self) -> bool:
        """Return whether the run waits for the power, with nothing at work."""
        return self.phase in (Phase.STOPPED, Phase.RETURNING) and not any(
            step.state in AT_WORK for step in self.steps.values()
        )

    @property
    def stopped_by_plan(self) -> frozenset[str]:
        """Return the keys of the steps that the plan stopped and that are not on again."""
        return frozenset(key for key, step in self.steps.items() if step.is_stopped_by_plan)

    def as_dict(self) -> dict[str, Any]:
        """Return the run with JSON types."""
        data: dict[str, Any] = plain(asdict(self))
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlanRun:
        """Read stored data. Raises ValueError where a value is not of its type."""
        halted, outcome = data["halted"], data["outcome"]
        run = cls(
            **{
                **data,
                "direction": Direction(data["direction"]),
                "cause": RunCause(data["cause"]),
                "phase": Phase(data["phase"]),
                "steps": {key: StepRun.from_dict(step) for key, step in data["steps"].items()},
                "history": PowerHistory(**data["history"]),
                "halted": None if halted is None else PlanOutcome(halted),
                "outcome": None if outcome is None else PlanOutcome(outcome),
                "events": tuple(map(PlanRunEvent.from_dict, data["events"])),
            }
        )
        check(run)
        for step in run.steps.values():
            check(step)
        return run


def new_run(
    plan: Plan,
    direction: Direction,
    *,
    run_id: str,
    now: float,
    cause: RunCause = RunCause.CALL,
    started_by: str = "",
    stopped_by_plan: Iterable[str] = (),
    history: PowerHistory | None = None,
) -> PlanRun:
    """Return a run at its beginning; ``stopped_by_plan`` are the steps of earlier runs that are not on again.

    A run that starts things starts those, and all steps where there are none. A run that stops things takes for its own
    only what it stops itself: when the power is back, what was off before the power cut stays off.
    """
    is_off = direction is Direction.OFF
    mine = frozenset() if is_off else frozenset(stopped_by_plan) & plan.by_key.keys() or frozenset(plan.by_key)
    left = StepState.TO_STOP if is_off else StepState.LEFT_ON
    states = {step.key: StepState.TO_START if step.key in mine else left for step in plan.steps}
    return PlanRun(
        run_id=run_id,
        direction=direction,
        cause=cause,
        started_by=started_by,
        started_at=now,
        phase=Phase.STOPPING if is_off else Phase.STARTING,
        steps={key: StepRun(state=state, since=now, is_stopped_by_plan=key in mine) for key, state in states.items()},
        history=history or PowerHistory(),
        events=(PlanRunEvent(at=now, kind=PlanRunEventKind.STARTED, state=direction, message=started_by),),
    )


def matching(plan: Plan, run: PlanRun, now: float) -> PlanRun:
    """Return a run with the steps of a plan that was changed meanwhile: new steps are left, old ones are dropped."""
    if run.steps.keys() == plan.by_key.keys():
        return run
    left = StepRun(state=StepState.LEFT_ON, since=now, reason=Reason.NOTHING_TO_DO)
    return replace(run, steps={step.key: run.steps.get(step.key, left) for step in plan.steps})
