"""Rules of starting: a step starts when all that it needs is on. Pure."""

from .draft import OrderKind, RunDraft
from .plan import Step, effective_needs, waves
from .run import AT_WORK, PlanOutcome, Reason, StepState


def choose_steps(draft: RunDraft) -> None:
    """Choose the steps to start: those that the plan stopped, and no others."""
    for key, step in list(draft.steps.items()):
        if step.is_stopped_by_plan and step.state not in AT_WORK:
            draft.change(key, state=StepState.TO_START, since=draft.now, reason=Reason.NONE)


def start_steps(draft: RunDraft) -> None:
    """Order the steps that can start now, one after the other with a pause between them."""
    _correct(draft)
    if draft.halted:
        reason = Reason.ABORTED if draft.halted is PlanOutcome.ABORTED else Reason.HALTED
        draft.leave(StepState.TO_START, StepState.LEFT_OFF, reason)
        return
    needs = effective_needs(draft.plan)
    for key in (key for wave in waves(draft.plan) for key in wave):
        if draft.steps[key].state is not StepState.TO_START:
            continue
        if not all(_is_started(draft, draft.plan.by_key[need]) for need in needs[key]):
            continue
        if draft.last_start_at is not None and not draft.is_due(draft.last_start_at + draft.plan.stagger_s):
            return
        if key not in draft.world.off and not draft.is_due(draft.patient_until):
            continue
        draft.order(OrderKind.START, key)


def _correct(draft: RunDraft) -> None:
    """Leave out what is on already, and what the plan does not start."""
    for key in draft.keys(StepState.TO_START):
        step = draft.plan.by_key[key]
        if key in draft.world.on:
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
