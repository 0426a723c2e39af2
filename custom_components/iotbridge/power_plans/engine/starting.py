"""Rules of starting: a step starts when all that it needs is on. Pure."""

from .draft import RETRY_S, OrderKind, RunDraft
from .plan import Step, effective_needs, waves
from .run import AT_WORK, Phase, PlanOutcome, Reason, ServicesState, StepState

# Phases in which the power is there for services.
_SERVICES_IN = (Phase.RETURNING, Phase.STARTING)


def choose_steps(draft: RunDraft) -> None:
    """Choose the steps to start: those that the plan stopped, and no others."""
    for key, step in list(draft.steps.items()):
        if step.is_stopped_by_plan and step.state not in AT_WORK:
            draft.change(key, state=StepState.TO_START, since=draft.now, reason=Reason.NONE)


def start_steps(draft: RunDraft) -> None:
    """Order the steps that can start now, one after the other with a pause between them."""
    _correct(draft)
    if draft.halted:
        draft.leave(StepState.TO_START, StepState.LEFT_OFF, _reason_of_halt(draft))
        return
    needs = effective_needs(draft.plan)
    for key in (key for wave in waves(draft.plan) for key in wave):
        if draft.steps[key].state is not StepState.TO_START:
            continue
        if not all(_is_started(draft, draft.plan.by_key[need]) for need in needs[key]):
            continue
        if draft.last_start_at is not None and not draft.is_due(draft.last_start_at + draft.plan.stagger_s):
            return
        is_up = _is_up(draft, key)
        if key not in draft.world.off and not is_up and not draft.is_due(draft.patient_until):
            continue
        if is_up:  # its own firmware may have started it when the power came back, before what its services need
            draft.order_services(key)
        else:
            draft.order(OrderKind.START, key)


def follow_start(draft: RunDraft, key: str) -> None:
    """Count a step as on that is proven so; where its services are part of it, order them before."""
    step, rule = draft.steps[key], draft.plan.by_key[key]
    is_failed = step.state is StepState.START_FAILED
    if rule.start_services and step.services is not ServicesState.STARTED and draft.phase in _SERVICES_IN:
        if is_failed and step.services is not ServicesState.NOT_ASKED:
            return
        if draft.halted is not PlanOutcome.ABORTED and not (is_failed and draft.halted):
            is_due = step.services is ServicesState.NOT_ASKED
            is_due |= step.services is ServicesState.UNSENT and draft.is_due(step.services_at + RETRY_S)
            if key in draft.world.hosts_on and is_due:
                draft.order_services(key)
            return
    if key in draft.world.on:
        is_complete = not rule.start_services or step.services is ServicesState.STARTED
        if draft.phase is Phase.STOPPING and step.state is StepState.STARTING and not is_complete:
            draft.change(key, state=StepState.TO_STOP, since=draft.now, is_stopped_by_plan=False)
            return
        reason = Reason.NONE if is_complete else _reason_of_halt(draft)
        ready_at = draft.now + rule.settle_s
        draft.move(key, StepState.ON, reason, started_at=draft.now, ready_at=ready_at, is_stopped_by_plan=False)


def _reason_of_halt(draft: RunDraft) -> Reason:
    reasons = {None: Reason.NONE, PlanOutcome.ABORTED: Reason.ABORTED}
    return reasons.get(draft.halted, Reason.HALTED)


def _is_up(draft: RunDraft, key: str) -> bool:
    """Return whether a host is on without an order, and only its services remain to be started."""
    return draft.plan.by_key[key].start_services and key in draft.world.hosts_on


def _correct(draft: RunDraft) -> None:
    """Leave out what is on already, and what the plan does not start."""
    for key in draft.keys(StepState.TO_START):
        step = draft.plan.by_key[key]
        if key in draft.world.on and not (step.is_started and _is_up(draft, key) and not draft.halted):
            # An order before a restart may have started it just now.
            ready_at = 0.0 if draft.steps[key].start_at is None else draft.now + step.settle_s
            draft.move(key, StepState.ON, Reason.WAS_ON, is_stopped_by_plan=False, ready_at=ready_at)
        elif not step.is_started:
            draft.move(key, StepState.LEFT_OFF, Reason.NOT_STARTED_AGAIN)
        elif not step.is_host and not step.on_actions:
            draft.move(key, StepState.LEFT_OFF, Reason.NOTHING_TO_DO)


def _is_started(draft: RunDraft, step: Step) -> bool:
    """Return whether a step is out of the way of those that need it: on, failed, or none of the plan's business."""
    state = draft.steps[step.key]
    if state.state is StepState.ON:
        return draft.is_due(state.ready_at)
    return state.state not in (StepState.TO_START, *AT_WORK)
