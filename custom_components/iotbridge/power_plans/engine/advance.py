"""Advance of a run by one step: the world and a signal in; the new run, orders and the next due time out. Pure.

The world counts as it is, not as it changed: a missed change is made up for at the next call. The rules are those of
``stopping`` and ``starting``; this module has the phases between them.
"""

from dataclasses import dataclass, replace

from .draft import Order, OrderKind, RunDraft, World
from .plan import Plan
from .power import begins_at, is_charged, steady_at, updated
from .run import (
    AT_WORK,
    Phase,
    PlanOutcome,
    PlanRun,
    PlanRunEvent,
    PlanRunEventKind,
    Reason,
    RunCause,
    ServicesState,
    StepState,
)
from .starting import choose_steps, follow_start, start_steps
from .stopping import has_step_on_again, reopen_steps, stop_steps

# Time for machines to be known again after a restart of Home Assistant.
PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """Result of the order of a step; ``is_ok`` None: no response came in time, so only the proof counts."""

    key: str
    is_ok: bool | None
    message: str = ""
    is_sent: bool = True
    """False if the host or the broker was not reachable; an order to stop, or of services, is repeated then."""
    kind: OrderKind | None = None
    """None for an order to stop or start, which the state of the step tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort:
    """Wish of a person that nothing further begins."""

    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """Restart in the middle of the run, of Home Assistant or (``is_reload``) only of IoT Bridge."""

    is_reload: bool = False


type Signal = OrderResult | Abort | Restart


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """Consequences of one step forward; ``due`` is when to call again without a change of the world."""

    run: PlanRun
    orders: tuple[Order, ...]
    events: tuple[PlanRunEvent, ...]
    due: float | None


def advance(plan: Plan, run: PlanRun, world: World, now: float, signal: Signal | None = None) -> Advance:
    """Return the consequences of the world, a signal and the time for a run."""
    if run.is_ended:
        return Advance(run=run, orders=(), events=(), due=None)
    draft = RunDraft(plan, run, world, now)
    draft.history = updated(run.history, world.power, now, plan.ups.steady_s if plan.ups else 0.0)
    match signal:
        case OrderResult():
            _apply_result(draft, signal)
        case Abort():
            _abort(draft, signal)
        case Restart():
            _restart(draft, signal)
    while True:
        phase = draft.phase
        _resolve(draft)
        _PHASES[phase](draft)
        if draft.phase in (phase, Phase.ENDED):
            break
    return Advance(run=draft.finished(), orders=tuple(draft.orders), events=tuple(draft.events), due=draft.due)


def superseded(run: PlanRun, now: float) -> PlanRun:
    """Return a run that waited for the power, ended because a person decided."""
    event = PlanRunEvent(at=now, kind=PlanRunEventKind.FINISHED, state=PlanOutcome.COMPLETED)
    return replace(run, phase=Phase.ENDED, ended_at=now, outcome=PlanOutcome.COMPLETED, events=(*run.events, event))


def _apply_result(draft: RunDraft, result: OrderResult) -> None:
    step = draft.steps.get(result.key)
    if step is None or step.state not in AT_WORK:
        return
    if step.services is not ServicesState.NOT_ASKED or result.kind is OrderKind.SERVICES:
        # Of a host whose services are being started, the response to the order before says nothing any more.
        if step.services is ServicesState.ASKED and result.kind is OrderKind.SERVICES:
            _apply_services_result(draft, result)
        return
    if not result.is_sent and step.state is StepState.STOPPING:
        draft.postpone(result.key, result.message)
        return
    if result.is_ok is False:
        draft.fail(result.key, Reason.COMMAND_FAILED, result.message)
        return
    draft.change(result.key, has_response=True, message=result.message, unsent_since=None)
    if result.is_ok:
        draft.record(PlanRunEventKind.RESPONDED, result.key, message=result.message)


def _apply_services_result(draft: RunDraft, result: OrderResult) -> None:
    """Follow the response of an agent that all services run, that one failed, or that it is too early to say."""
    if result.is_ok is False and result.is_sent:
        draft.fail(result.key, Reason.COMMAND_FAILED, result.message)
        return
    services = ServicesState.STARTED if result.is_ok else ServicesState.UNSENT
    draft.change(result.key, services=services, services_at=draft.now, message=result.message)
    if result.is_ok:
        draft.record(PlanRunEventKind.RESPONDED, result.key, message=result.message)


def _abort(draft: RunDraft, abort: Abort) -> None:
    draft.halted = PlanOutcome.ABORTED
    draft.record(PlanRunEventKind.ABORTED, message=abort.by)


def _restart(draft: RunDraft, restart: Restart) -> None:
    """Order again where no response came: the order may not have been sent. Deadlines begin again.

    The machine that runs Home Assistant was told to stop, and Home Assistant is running: it was off in between.
    """
    draft.record(PlanRunEventKind.RESTARTED)
    draft.patient_until = draft.now + PATIENCE_S
    # The clock may have been set back while Home Assistant was off.
    draft.last_start_at = None if draft.last_start_at is None else min(draft.last_start_at, draft.now)
    for key, step in list(draft.steps.items()):
        draft.change(key, unsent_since=None, ready_at=min(step.ready_at, draft.now + draft.plan.by_key[key].settle_s))
        runs_us = draft.plan.by_key[key].runs_home_assistant and not restart.is_reload
        if step.state is StepState.STOPPING and runs_us:
            draft.move(key, StepState.OFF, Reason.RESTARTED, stopped_at=draft.now)
        elif step.state is StepState.STARTING and step.services is not ServicesState.NOT_ASKED:
            # An agent that has started its services answers that at once.
            is_done = step.services is ServicesState.STARTED
            draft.change(key, since=draft.now, services=step.services if is_done else ServicesState.NOT_ASKED)
        elif step.state in AT_WORK and not step.has_response:
            _order_again(draft, key, is_stop=step.state is StepState.STOPPING)
        elif step.state in AT_WORK:
            draft.change(key, since=draft.now)


def _order_again(draft: RunDraft, key: str, *, is_stop: bool) -> None:
    """Order a step again at its turn; where a failure halted the run, finish what was at work at once."""
    if draft.halted is not PlanOutcome.FAILED:
        draft.change(key, state=StepState.TO_STOP if is_stop else StepState.TO_START, since=draft.now)
    elif is_stop or draft.phase is Phase.STARTING:
        draft.order(OrderKind.STOP if is_stop else OrderKind.START, key)
    else:  # the power failed meanwhile: the proof or the deadline decides
        draft.change(key, since=draft.now)


def _resolve(draft: RunDraft) -> None:
    """Resolve the steps at work by their proof or deadline."""
    for key, step in list(draft.steps.items()):
        rule = draft.plan.by_key[key]
        if step.state in (StepState.STOPPING, StepState.STOP_FAILED) and key in draft.world.off:
            draft.move(key, StepState.OFF, stopped_at=draft.now, ready_at=draft.now + rule.settle_s)
        elif step.state in (StepState.STARTING, StepState.START_FAILED):
            follow_start(draft, key)
        if (step := draft.steps[key]).state in AT_WORK:
            within_s = rule.off_within_s if step.state is StepState.STOPPING else rule.on_within_s
            if draft.is_due(step.since + within_s):
                draft.fail(key, Reason.NOT_IN_TIME)


def _in_stopping(draft: RunDraft) -> None:
    if _is_power_back(draft) and not draft.halted:
        draft.record(PlanRunEventKind.POWER_BACK)
        draft.leave(StepState.TO_STOP, StepState.LEFT_ON, Reason.POWER_BACK)
        draft.phase = Phase.RETURNING
        return
    stop_steps(draft)
    if draft.is_at_work or draft.has(StepState.TO_STOP):
        return
    if draft.cause is RunCause.UPS and draft.halted is not PlanOutcome.ABORTED:
        draft.phase = Phase.STOPPED
    else:
        draft.end()


def _in_stopped(draft: RunDraft) -> None:
    if draft.halted is PlanOutcome.ABORTED or draft.plan.ups is None:
        draft.end()
    elif _is_power_back(draft):
        draft.record(PlanRunEventKind.POWER_BACK)
        draft.phase = Phase.RETURNING
    elif not draft.halted and draft.world.power and draft.world.power.is_on_battery and has_step_on_again(draft):
        draft.phase = Phase.STOPPING


def _in_returning(draft: RunDraft) -> None:
    """Wait for the steps at work, for steady power and for the battery."""
    if draft.halted is PlanOutcome.ABORTED:
        if not draft.is_at_work:
            draft.end()
        return
    if _is_power_lost(draft):
        return
    if draft.is_at_work:
        return
    if (ups := draft.plan.ups) is None or not any(step.is_stopped_by_plan for step in draft.steps.values()):
        draft.end()
        return
    steady = steady_at(ups, draft.history)
    if steady is not None and draft.is_due(steady) and is_charged(ups, draft.world.power):
        draft.halted = None
        choose_steps(draft)
        draft.phase = Phase.STARTING


def _in_starting(draft: RunDraft) -> None:
    if not draft.halted and _is_power_lost(draft):
        return
    start_steps(draft)
    if draft.is_at_work or draft.has(StepState.TO_START):
        return
    # A power cut whose limit is not reached yet may still stop everything again.
    if draft.halted or _lost_at(draft) is None:
        draft.end()


def _is_power_back(draft: RunDraft) -> bool:
    return draft.cause is RunCause.UPS and draft.history.is_on_battery is False


def _is_power_lost(draft: RunDraft) -> bool:
    """Return whether the power failed again, for as long as a power cut has to last; stop again then."""
    at = _lost_at(draft)
    if not _was_short(draft) and (at is None or not draft.is_due(at)):
        return False
    draft.record(PlanRunEventKind.POWER_LOST)
    draft.cause, draft.halted = RunCause.UPS, None
    reopen_steps(draft)
    draft.phase = Phase.STOPPING
    return True


def _was_short(draft: RunDraft) -> bool:
    """Return whether the power has just failed again before it was steady: the limit was reached before."""
    before, ups = draft.run.history, draft.plan.ups
    is_lost = before.is_on_battery is False and draft.history.is_on_battery is True
    return ups is not None and draft.phase is Phase.RETURNING and is_lost and draft.now < before.since + ups.steady_s


def _lost_at(draft: RunDraft) -> float | None:
    """Return when the power will have failed for long enough; None while nothing points to it."""
    ups = draft.plan.ups
    return begins_at(ups, draft.history, draft.world.power) if ups else None


_PHASES = {
    Phase.STOPPING: _in_stopping,
    Phase.STOPPED: _in_stopped,
    Phase.RETURNING: _in_returning,
    Phase.STARTING: _in_starting,
}
