"""Rules of stopping: a step stops when all steps that need it are off. Pure."""

from .draft import RETRY_S, OrderKind, RunDraft, clusters_of, devices
from .plan import FailurePolicy, Step, dependents
from .power import stage_at
from .run import PlanOutcome, Reason, RunCause, StepState

# A step that comes on again more often than this, because something else switches it on, is left to that.
MAX_TIMES_ON_AGAIN = 3

# States of a host that is off, or may be soon.
_NOT_ON = frozenset({StepState.STOPPING, StepState.OFF, StepState.STOP_FAILED, StepState.WAS_OFF})

# States of a step that was started before the power failed again.
_ON = frozenset({StepState.ON, StepState.START_FAILED})
# States of a step that may be on when the power fails again.
_REOPENED = _ON | {StepState.LEFT_ON, StepState.STOP_FAILED}


def stop_steps(draft: RunDraft) -> None:
    """Order the steps that can stop now, and leave on those that cannot stop any more."""
    _correct(draft)
    _fail_unsent(draft)
    if draft.halted:
        reason = Reason.ABORTED if draft.halted is PlanOutcome.ABORTED else Reason.HALTED
        draft.leave(StepState.TO_STOP, StepState.LEFT_ON, reason)
        return
    needed_by = dependents(draft.plan)
    # Leaving a step on changes what those can do that it needs.
    while any(_is_changed(draft, draft.plan.by_key[key], needed_by[key]) for key in draft.keys(StepState.TO_STOP)):
        if draft.halted:
            stop_steps(draft)
            return


def has_step_on_again(draft: RunDraft) -> bool:
    """Return whether a step is on again that was stopped: it empties the battery."""
    return any(_is_on_again(draft, key) for key in draft.steps)


def reopen_steps(draft: RunDraft) -> None:
    """Prepare to stop again after the power failed again: what is on is stopped, and what is off stays off."""
    for key, step in list(draft.steps.items()):
        if step.state in _REOPENED:
            draft.change(key, state=StepState.TO_STOP, since=draft.now, reason=Reason.NONE)
        elif step.state in (StepState.TO_START, StepState.LEFT_OFF):
            draft.change(key, state=StepState.OFF if step.is_stopped_by_plan else StepState.WAS_OFF, since=draft.now)


def _correct(draft: RunDraft) -> None:
    """Follow what happened without an order: off already, on again, started before the power failed."""
    for key, step in list(draft.steps.items()):
        is_asleep = step.stop_at is None and key in draft.world.asleep
        if step.state is StepState.TO_STOP and (key in draft.world.off or is_asleep):
            if step.stop_at is None:
                draft.move(key, StepState.WAS_OFF, Reason.WAS_OFF)
            else:
                settle_s = draft.plan.by_key[key].settle_s
                ready_at = draft.now + settle_s
                draft.move(key, StepState.OFF, stopped_at=draft.now, ready_at=ready_at, is_stopped_by_plan=True)
        elif step.state in _ON or (step.state is StepState.WAS_OFF and key in draft.world.on):
            draft.change(key, state=StepState.TO_STOP, since=draft.now, reason=Reason.NONE)
        elif _is_on_again(draft, key):
            times = step.times_on_again + 1
            draft.change(key, state=StepState.TO_STOP, since=draft.now, reason=Reason.NONE, times_on_again=times)


def _is_on_again(draft: RunDraft, key: str) -> bool:
    """Return whether a step that was stopped is on again, and worth another order.

    The machine of Home Assistant counts as off after its restart, although it is on.
    """
    step = draft.steps[key]
    is_counted_off = step.state is StepState.OFF and step.reason is not Reason.RESTARTED
    return is_counted_off and key in draft.world.on and step.times_on_again < MAX_TIMES_ON_AGAIN


def _is_changed(draft: RunDraft, step: Step, needed_by: frozenset[str]) -> bool:
    """Order a step to stop or leave it on, if that is decided; return whether it is."""
    if any(draft.steps[key].state is StepState.LEFT_ON and _has_off(draft.plan.by_key[key]) for key in needed_by):
        draft.move(step.key, StepState.LEFT_ON, Reason.STILL_NEEDED)
        return True
    if not _can_order(draft, step.key) or not all(_is_stopped(draft, draft.plan.by_key[key]) for key in needed_by):
        return False
    if not _has_off(step):
        draft.move(step.key, StepState.LEFT_ON, Reason.NOTHING_TO_DO)
        return True
    is_at_risk = _has_majority_at_risk(draft, step)
    is_unclear = is_at_risk and not _has_majority_at_risk(draft, step, draft.world.devices_unknown)
    if (is_unclear or step.key not in draft.world.on) and not draft.is_due(draft.patient_until):
        return False
    if draft.cause is RunCause.UPS:
        at = stage_at(step.stage, draft.history, draft.world.power)
        if at is None or not draft.is_due(at):
            return False
    if is_at_risk:
        draft.refuse(step.key, Reason.MAJORITY)
    else:
        draft.order(OrderKind.STOP, step.key)
    return True


def _fail_unsent(draft: RunDraft) -> None:
    """Give up the orders that could not be sent in time."""
    for key in draft.keys(StepState.TO_STOP):
        step = draft.steps[key]
        if step.unsent_since is not None and draft.is_due(step.unsent_since + draft.plan.by_key[key].off_within_s):
            draft.fail(key, Reason.COMMAND_FAILED, step.message)


def _can_order(draft: RunDraft, key: str) -> bool:
    """Return whether the pause after an order that could not be sent is over."""
    step = draft.steps[key]
    return step.unsent_since is None or draft.is_due(step.since + RETRY_S)


def _is_stopped(draft: RunDraft, step: Step) -> bool:
    """Return whether a step is out of the way of those that it needs."""
    state = draft.steps[step.key]
    match state.state:
        case StepState.OFF:
            return draft.is_due(state.ready_at)
        case StepState.WAS_OFF:
            return True
        case StepState.STOP_FAILED:
            return step.on_failure is not FailurePolicy.STOP
        case StepState.LEFT_ON:
            return not _has_off(step)
    return False


def _has_off(step: Step) -> bool:
    return step.is_host or bool(step.off_actions)


def _has_majority_at_risk(draft: RunDraft, step: Step, uncounted: frozenset[str] = frozenset()) -> bool:
    """Return whether a cluster would not keep a majority that is proven on without this host.

    ``uncounted`` are devices that may turn out to be on.
    """
    if draft.plan.is_whole_site or not step.is_host:
        return False
    ordered = {device for device, run in devices(draft.plan, draft.steps).items() if run.state in _NOT_ON}
    kept = (draft.world.devices_on | uncounted) - ordered - {step.device_id}
    return any(2 * len(members & kept) <= len(members) for members in clusters_of(draft.plan, step.device_id))
