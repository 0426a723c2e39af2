"""Lifecycle of an alarm: turns evaluations, time and commands into transitions. Pure: the time is an argument.

Every function changes the alarm and returns its transitions in order. Every function is idempotent.
"""

from collections.abc import Iterable

from .models import NO_ACTOR, WAITING, Actor, Alarm, AlarmState, Change, Evaluation, Severity, Timing, Transition


def evaluate(alarm: Alarm, timing: Timing, evaluation: Evaluation, now: float) -> list[Transition]:
    """Apply an evaluation of the rule.

    An undetermined one neither raises nor clears the alarm; a hold that has elapsed waits for the next evaluation.
    """
    alarm.last_evaluation = evaluation
    if evaluation.is_active is None:
        return []
    alarm.value, alarm.reason = evaluation.value, evaluation.reason
    if evaluation.is_active == alarm.active:
        alarm.pending = None
        return (
            (_update_severity(alarm, timing, evaluation, now) or _announce(alarm, timing, now)) if alarm.active else []
        )
    if alarm.pending is not evaluation.is_active or alarm.pending_since > now:
        # A clock that was set back must not lengthen a hold.
        alarm.pending, alarm.pending_since = evaluation.is_active, now
        if evaluation.is_active:
            alarm.condition_since = now
    return tick(alarm, timing, now)


def change_severity(alarm: Alarm, timing: Timing, severity: Severity, now: float) -> list[Transition]:
    """Apply the severity of an edited rule; a higher one worsens an active alarm."""
    if alarm.active:
        return _update_severity(alarm, timing, Evaluation(True, severity), now)
    if alarm.underlying_state is AlarmState.RETURNED:
        alarm.severity = severity
    return []


def tick(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Complete a hold and end a snooze that are due.

    The hold comes first: the end of a snooze must not raise an alarm that clears at the same time.
    """
    transitions = _complete_hold(alarm, timing, now)
    if alarm.snoozed_until is not None and now >= alarm.snoozed_until:
        transitions += unsnooze(alarm, timing, now)
        transitions += _complete_hold(alarm, timing, now)
    return transitions


def due(alarm: Alarm, timing: Timing) -> float | None:
    """Return when the next tick is due, None when there is none."""
    times = [] if alarm.snoozed_until is None else [alarm.snoozed_until]
    if _is_holding(alarm, timing):
        times.append(_pending_until(alarm, timing))
    return min(times, default=None)


def acknowledge(alarm: Alarm, by: Actor, now: float) -> list[Transition]:
    """Acknowledge the alarm; one that has returned to normal is closed by that."""
    if alarm.underlying_state not in WAITING:
        return []
    before = alarm.state
    alarm.acknowledged, alarm.acknowledged_by = alarm.active, by
    alarm.returned = False
    return [_transition(alarm, Change.ACKNOWLEDGED, before, now, by=by)]


def unacknowledge(alarm: Alarm, by: Actor, now: float) -> list[Transition]:
    """Take back the acknowledgement of an active alarm; one that has returned to normal is closed by it."""
    if alarm.underlying_state is not AlarmState.ACKNOWLEDGED:
        return []
    before = alarm.state
    alarm.acknowledged, alarm.acknowledged_by = False, NO_ACTOR
    return [_transition(alarm, Change.UNACKNOWLEDGED, before, now, by=by)]


def snooze(alarm: Alarm, until: float, by: Actor, now: float) -> list[Transition]:
    """Snooze the alarm until a time, or until it becomes more severe than it was when it was snoozed."""
    if until <= now or alarm.snoozed_until == until:
        return []
    before = alarm.state
    alarm.snoozed_until, alarm.snoozed_by = until, by
    alarm.snoozed_for = alarm.severity if alarm.announced else None
    return [_transition(alarm, Change.SNOOZED, before, now, by=by)]


def unsnooze(alarm: Alarm, timing: Timing, now: float, by: Actor = NO_ACTOR, *, detail: str = "") -> list[Transition]:
    """End the snooze."""
    if alarm.snoozed_until is None:
        return []
    before = alarm.state
    alarm.snoozed_until, alarm.snoozed_by, alarm.snoozed_for = None, NO_ACTOR, None
    return [_transition(alarm, Change.UNSNOOZED, before, now, by=by, detail=detail), *_announce(alarm, timing, now)]


def suppress(alarm: Alarm, reason: str, now: float, by: Actor = NO_ACTOR) -> list[Transition]:
    """Suppress the alarm for a reason, such as a root cause, maintenance or flapping."""
    if reason in alarm.suppressed_by:
        return []
    before = alarm.state
    alarm.suppressed_by = (*alarm.suppressed_by, reason)
    return [_transition(alarm, Change.SUPPRESSED, before, now, by=by, detail=reason)]


def unsuppress(alarm: Alarm, timing: Timing, reason: str, now: float, by: Actor = NO_ACTOR) -> list[Transition]:
    """Remove a reason for suppression; removing the last one raises an alarm that is active."""
    if reason not in alarm.suppressed_by:
        return []
    before = alarm.state
    alarm.suppressed_by = tuple(kept for kept in alarm.suppressed_by if kept != reason)
    return [_transition(alarm, Change.UNSUPPRESSED, before, now, by=by, detail=reason), *_announce(alarm, timing, now)]


def replace_reason(alarm: Alarm, before: str, after: str) -> None:
    """Replace one reason for suppression by another; the alarm stays suppressed."""
    alarm.suppressed_by = tuple(after if reason == before else reason for reason in alarm.suppressed_by)


def raised_while_suppressed(alarm: Alarm, now: float) -> Transition:
    """Return the history entry of an alarm that became active while suppressed: why no notification was sent."""
    return _transition(alarm, Change.SUPPRESSED, alarm.state, now, detail=alarm.suppressed_by[-1])


def escalated(alarm: Alarm, groups: Iterable[str], now: float) -> Transition:
    """Return the transition of an alarm that escalates to more groups because it is unacknowledged."""
    return _transition(alarm, Change.ESCALATED, alarm.state, now, detail=", ".join(groups))


def take_out_of_service(alarm: Alarm, by: Actor, now: float) -> list[Transition]:
    """Take the alarm out of service until it is returned."""
    if alarm.out_of_service:
        return []
    before = alarm.state
    alarm.out_of_service, alarm.out_of_service_by = True, by
    return [_transition(alarm, Change.OUT_OF_SERVICE, before, now, by=by)]


def return_to_service(alarm: Alarm, timing: Timing, by: Actor, now: float) -> list[Transition]:
    """Return the alarm to service; raise it if it is active."""
    if not alarm.out_of_service:
        return []
    before = alarm.state
    alarm.out_of_service, alarm.out_of_service_by = False, NO_ACTOR
    return [_transition(alarm, Change.IN_SERVICE, before, now, by=by), *_announce(alarm, timing, now)]


def _complete_hold(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Activate or clear the alarm when its hold has elapsed."""
    if not _is_holding(alarm, timing) or now < _pending_until(alarm, timing):
        return []
    return _activate(alarm, timing, alarm.last_evaluation, now) if alarm.pending else _deactivate(alarm, timing, now)


def _is_holding(alarm: Alarm, timing: Timing) -> bool:
    """Return whether the alarm will become active or inactive by time alone.

    A latching momentary alarm that is muted before it was announced stays active until it is unmuted: it would be lost
    otherwise.
    """
    is_unseen_moment = timing.is_momentary and timing.latching and not alarm.announced and not alarm.acknowledged
    if alarm.pending is False and is_unseen_moment and alarm.is_muted:
        return False
    return alarm.pending is not None and alarm.last_evaluation.is_active is alarm.pending


def _pending_until(alarm: Alarm, timing: Timing) -> float:
    return alarm.pending_since + (timing.hold_s if alarm.pending else timing.clear_after_s)


def _activate(alarm: Alarm, timing: Timing, evaluation: Evaluation, now: float) -> list[Transition]:
    alarm.pending = None
    alarm.active, alarm.severity = True, evaluation.severity
    alarm.acknowledged = alarm.announced = False
    alarm.acknowledged_by = NO_ACTOR
    alarm.episode += 1
    alarm.raised_at, alarm.cleared_at = now, None
    return _unsnooze_if_worse(alarm, timing, now) or _announce(alarm, timing, now)


def _announce(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Raise an active alarm that was not announced yet, unless it is muted or about to clear.

    A momentary alarm is about to clear as soon as it is active, and is raised all the same.
    """
    is_clearing = alarm.pending is False and not timing.is_momentary
    if alarm.is_muted or not alarm.active or alarm.announced or is_clearing:
        return []
    alarm.announced, alarm.returned = True, False
    return [_transition(alarm, Change.RAISED, AlarmState.NORMAL, now)]


def _deactivate(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    before = alarm.state
    alarm.pending = None
    alarm.active = False
    # An episode that passed while muted leaves the latched one before it as it was.
    alarm.returned = alarm.returned or (timing.latching and alarm.announced and not alarm.acknowledged)
    alarm.acknowledged = False
    alarm.cleared_at = now
    if not alarm.announced:
        return []  # it was active only while muted, so no notification was sent that would have to be cleared
    alarm.announced = False
    return [_transition(alarm, Change.CLEARED, before, now)]


def _update_severity(alarm: Alarm, timing: Timing, evaluation: Evaluation, now: float) -> list[Transition]:
    """Update the severity; a higher one ends a snooze and an acknowledgement, which were for the lower one."""
    is_worse, was_announced = evaluation.severity > alarm.severity, alarm.announced
    alarm.severity = evaluation.severity
    if not is_worse:
        return []
    transitions = _unsnooze_if_worse(alarm, timing, now)
    if not was_announced:
        return transitions
    before = alarm.state
    alarm.acknowledged, alarm.acknowledged_by = False, NO_ACTOR
    return [*transitions, _transition(alarm, Change.WORSENED, before, now)]


def _unsnooze_if_worse(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """End the snooze of an alarm that is more severe than it was when it was snoozed."""
    if alarm.snoozed_for is None or alarm.severity <= alarm.snoozed_for:
        return []
    return unsnooze(alarm, timing, now, detail=Change.WORSENED)


def _transition(
    alarm: Alarm, change: Change, before: AlarmState, now: float, *, by: Actor = NO_ACTOR, detail: str = ""
) -> Transition:
    return Transition(
        key=alarm.key,
        change=change,
        before=before,
        after=alarm.state,
        at=now,
        severity=alarm.severity,
        episode=alarm.episode,
        value=alarm.value,
        reason=alarm.reason,
        by=by,
        detail=detail,
    )
