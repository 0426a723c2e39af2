"""Draft of the next state of a run, which the rules change. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .plan import FailurePolicy, Plan
from .power import PowerReading
from .run import (
    AT_WORK,
    MAX_EVENTS,
    Phase,
    PlanOutcome,
    PlanRun,
    PlanRunEvent,
    PlanRunEventKind,
    Reason,
    ServicesState,
    StepRun,
    StepState,
)

# Pause before an order is repeated that could not be sent.
RETRY_S = 10.0

_FAILED = {
    StepState.TO_STOP: StepState.STOP_FAILED,
    StepState.STOPPING: StepState.STOP_FAILED,
    StepState.STARTING: StepState.START_FAILED,
}
# States of steps that are as they were: nothing was done, and nothing failed.
_LEFT = frozenset({StepState.LEFT_ON, StepState.LEFT_OFF})


class OrderKind(StrEnum):
    """Kind of an order."""

    STOP = "stop"
    START = "start"
    SERVICES = "services"
    """Start of the services of a host that is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Order to stop or start a step."""

    kind: OrderKind
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """World as it is now: the keys of the steps that are proven off and on, members of clusters on, and the UPS.

    A step in neither set is unknown, or on its way.
    """

    off: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()
    hosts_on: frozenset[str] = frozenset()
    """Hosts whose power state is on; of those in ``on``, further proofs hold as well."""
    asleep: frozenset[str] = frozenset()
    """Hosts that sleep: none of them can obey, and the plan leaves them so."""
    devices_on: frozenset[str] = frozenset()
    devices_unknown: frozenset[str] = frozenset()
    """Members of clusters of which nothing is known, as right after a restart."""
    power: PowerReading | None = None


class RunDraft:
    """Next state of a run, with its orders, events and due time."""

    def __init__(self, plan: Plan, run: PlanRun, world: World, now: float) -> None:
        """Begin with the run as it is."""
        self.plan = plan
        self.run = run
        self.world = world
        self.now = now
        self.phase = run.phase
        self.cause = run.cause
        self.steps = dict(run.steps)
        self.history = run.history
        self.halted = run.halted
        self.failures = run.failures
        self.last_start_at = run.last_start_at
        self.patient_until = run.patient_until
        self.orders: list[Order] = []
        self.events: list[PlanRunEvent] = []
        self.due: float | None = None
        self._outcome: PlanOutcome | None = None

    @property
    def is_at_work(self) -> bool:
        """Return whether a step is at work."""
        return any(step.state in AT_WORK for step in self.steps.values())

    def has(self, state: StepState) -> bool:
        """Return whether a step is in a state."""
        return any(step.state is state for step in self.steps.values())

    def keys(self, state: StepState) -> list[str]:
        """Return the keys of the steps in a state, in the order of the plan."""
        return [key for key, step in self.steps.items() if step.state is state]

    def is_due(self, at: float) -> bool:
        """Return whether a time has come; otherwise remember to call again then."""
        if at <= self.now:
            return True
        self.due = at if self.due is None else min(self.due, at)
        return False

    def change(self, key: str, **changes: Any) -> None:
        """Change a step without an event."""
        self.steps[key] = replace(self.steps[key], **changes)

    def move(self, key: str, state: StepState, reason: Reason = Reason.NONE, **changes: Any) -> None:
        """Move a step to a state in which nothing is at work, and record that."""
        self.change(key, state=state, since=self.now, reason=reason, unsent_since=None, **changes)
        self.record(PlanRunEventKind.STEP_LEFT if state in _LEFT else PlanRunEventKind.STEP_DONE, key, reason)

    def fail(self, key: str, reason: Reason, message: str = "") -> None:
        """Move a step at work to its failure, and halt the run where the plan says so."""
        step = self.steps[key]
        # A host that did not take the command was not stopped; actions that failed may have done their work.
        is_untouched = reason is Reason.COMMAND_FAILED and not self.plan.by_key[key].off_actions
        is_mine = step.is_stopped_by_plan and not (step.state is StepState.STOPPING and is_untouched)
        state = _FAILED[step.state]
        self.change(key, state=state, since=self.now, reason=reason, message=message, is_stopped_by_plan=is_mine)
        self.change(key, unsent_since=None)
        self._count_failure(key, reason, message)

    def postpone(self, key: str, message: str) -> None:
        """Take back an order to stop that could not be sent."""
        step = self.steps[key]
        since = self.now if step.unsent_since is None else step.unsent_since
        self.change(
            key,
            state=StepState.TO_STOP,
            since=self.now,
            message=message,
            unsent_since=since,
            is_stopped_by_plan=False,
        )

    def refuse(self, key: str, reason: Reason) -> None:
        """Leave a step on because the plan must not stop it, and record that as its failure."""
        self.change(key, state=StepState.LEFT_ON, since=self.now, reason=reason)
        self._count_failure(key, reason, "")

    def order(self, kind: OrderKind, key: str) -> None:
        """Order a step to stop or start."""
        is_stop = kind is OrderKind.STOP
        times = {"stop_at": self.now, "is_stopped_by_plan": True} if is_stop else {"start_at": self.now}
        state = StepState.STOPPING if is_stop else StepState.STARTING
        self.change(key, state=state, since=self.now, services=ServicesState.NOT_ASKED, **times)
        if not is_stop:
            self.last_start_at = self.now
        if self.steps[key].unsent_since is None:
            self.record(PlanRunEventKind.STOP_SENT if is_stop else PlanRunEventKind.START_SENT, key)
        self._give(kind, key)

    def order_services(self, key: str) -> None:
        """Order the services of a step that is being started, that is on without an order, or that came on too late."""
        if self.steps[key].state is StepState.TO_START:
            self.change(key, start_at=self.now, services=ServicesState.NOT_ASKED)
            self.last_start_at = self.now
        if self.steps[key].state is not StepState.STARTING:
            self.change(key, state=StepState.STARTING, since=self.now)
        if self.steps[key].services is ServicesState.NOT_ASKED:
            self.record(PlanRunEventKind.SERVICES_SENT, key)
        self.change(key, services=ServicesState.ASKED, services_at=self.now)
        self._give(OrderKind.SERVICES, key)

    def leave(self, state: StepState, left: StepState, reason: Reason) -> None:
        """Leave all steps of one state as they are."""
        for key in self.keys(state):
            self.move(key, left, reason)

    def record(self, kind: PlanRunEventKind, step: str = "", reason: Reason = Reason.NONE, message: str = "") -> None:
        """Add an event."""
        state = self.steps[step].state.value if step else ""
        self.events.append(PlanRunEvent(at=self.now, kind=kind, step=step, state=state, reason=reason, message=message))

    def end(self) -> None:
        """End the run."""
        self._outcome = self.halted or (PlanOutcome.FAILED if self.failures else PlanOutcome.COMPLETED)
        self.phase = Phase.ENDED
        self.due = None
        self.events.append(PlanRunEvent(at=self.now, kind=PlanRunEventKind.FINISHED, state=self._outcome))

    def finished(self) -> PlanRun:
        """Return the run."""
        return replace(
            self.run,
            phase=self.phase,
            cause=self.cause,
            steps=self.steps,
            history=self.history,
            halted=self.halted,
            failures=self.failures,
            last_start_at=self.last_start_at,
            patient_until=self.patient_until,
            ended_at=self.now if self._outcome else None,
            outcome=self._outcome,
            events=(*self.run.events, *self.events)[-MAX_EVENTS:],
        )

    def _give(self, kind: OrderKind, key: str) -> None:
        self.change(key, reason=Reason.NONE, message="", has_response=False)
        rule = self.plan.by_key[key]
        within_s = rule.off_within_s if kind is OrderKind.STOP else rule.on_within_s
        self.is_due(self.steps[key].since + within_s)  # the deadline does not depend on a response
        self.orders.append(Order(kind=kind, key=key))

    def _count_failure(self, key: str, reason: Reason, message: str) -> None:
        self.failures += 1
        self.record(PlanRunEventKind.STEP_FAILED, key, reason, message)
        if self.plan.by_key[key].on_failure is FailurePolicy.STOP:
            self.halted = self.halted or PlanOutcome.FAILED


def clusters_of(plan: Plan, device_id: str) -> list[frozenset[str]]:
    """Return the devices of each cluster that a device is a member of."""
    return [frozenset(cluster.devices) for cluster in plan.clusters if device_id in cluster.devices]


def devices(plan: Plan, keys: Mapping[str, StepRun]) -> dict[str, StepRun]:
    """Return the steps of hosts by their devices."""
    return {step.device_id: keys[step.key] for step in plan.steps if step.is_host}
