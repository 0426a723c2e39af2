"""Lifecycle of an alarm: evaluations, time and commands in, transitions out. Pure: the clock is the caller's.

Every function changes the alarm and returns what happened, in order. Calling one twice changes nothing the second time.
"""

from collections.abc import Iterable

from .models import NO_ACTOR, WAITING, Actor, Alarm, AlarmState, Change, Evaluation, Severity, Timing, Transition


def evaluate(alarm: Alarm, timing: Timing, verdict: Evaluation, now: float) -> list[Transition]:
    """Take what the rule makes of its entity now.

    Nothing known is no news: it neither raises nor clears, and a hold that is over waits for the next verdict.
    """
    alarm.last_evaluation = verdict
    if verdict.is_active is None:
        return []
    alarm.value, alarm.reason = verdict.value, verdict.reason
    if verdict.is_active == alarm.active:
        alarm.pending = None
        return (_follow_severity(alarm, timing, verdict, now) or _announce(alarm, timing, now)) if alarm.active else []
    if alarm.pending is not verdict.is_active or alarm.pending_since > now:
        # A clock that was set back must not make a hold longer than it is.
        alarm.pending, alarm.pending_since = verdict.is_active, now
        if verdict.is_active:
            alarm.condition_since = now
    return tick(alarm, timing, now)


def change_severity(alarm: Alarm, timing: Timing, severity: Severity, now: float) -> list[Transition]:
    """Follow a severity that somebody edited; a higher one is news while the alarm is active."""
    if alarm.active:
        return _follow_severity(alarm, timing, Evaluation(True, severity), now)
    if alarm.beneath is AlarmState.RETURNED:
        alarm.severity = severity
    return []


def tick(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Do what is due at this time.

    First what became of the condition, then the end of snoozing: what is over by now is not raised for it.
    """
    happened = _settle(alarm, timing, now)
    if alarm.snoozed_until is not None and now >= alarm.snoozed_until:
        happened += unsnooze(alarm, timing, now)
        happened += _settle(alarm, timing, now)
    return happened


def due(alarm: Alarm, timing: Timing) -> float | None:
    """Return when the alarm wants its next tick."""
    times = [] if alarm.snoozed_until is None else [alarm.snoozed_until]
    if _is_settling(alarm, timing):
        times.append(_pending_until(alarm, timing))
    return min(times, default=None)


def acknowledge(alarm: Alarm, by: Actor, now: float) -> list[Transition]:
    """Note that somebody knows; an alarm that has returned is over with that."""
    if alarm.beneath not in WAITING:
        return []
    before = alarm.state
    alarm.acknowledged, alarm.acknowledged_by = alarm.active, by
    alarm.returned = False
    return [_transition(alarm, Change.ACKNOWLEDGED, before, now, by=by)]


def snooze(alarm: Alarm, until: float, by: Actor, now: float) -> list[Transition]:
    """Put the alarm aside until a time; it comes back by itself, earlier when it is worse than what was seen."""
    if until <= now or alarm.snoozed_until == until:
        return []
    before = alarm.state
    alarm.snoozed_until, alarm.snoozed_by = until, by
    alarm.snoozed_for = alarm.severity if alarm.announced else None
    return [_transition(alarm, Change.SNOOZED, before, now, by=by)]


def unsnooze(alarm: Alarm, timing: Timing, now: float, by: Actor = NO_ACTOR, *, detail: str = "") -> list[Transition]:
    """Take the alarm back before or at its time."""
    if alarm.snoozed_until is None:
        return []
    before = alarm.state
    alarm.snoozed_until, alarm.snoozed_by, alarm.snoozed_for = None, NO_ACTOR, None
    return [_transition(alarm, Change.UNSNOOZED, before, now, by=by, detail=detail), *_announce(alarm, timing, now)]


def suppress(alarm: Alarm, reason: str, now: float, by: Actor = NO_ACTOR) -> list[Transition]:
    """Silence the alarm for a reason: its parent is down, maintenance, flapping."""
    if reason in alarm.suppressed_by:
        return []
    before = alarm.state
    alarm.suppressed_by = (*alarm.suppressed_by, reason)
    return [_transition(alarm, Change.SUPPRESSED, before, now, by=by, detail=reason)]


def unsuppress(alarm: Alarm, timing: Timing, reason: str, now: float, by: Actor = NO_ACTOR) -> list[Transition]:
    """Take a reason away; with the last one the alarm is judged again."""
    if reason not in alarm.suppressed_by:
        return []
    before = alarm.state
    alarm.suppressed_by = tuple(other for other in alarm.suppressed_by if other != reason)
    return [_transition(alarm, Change.UNSUPPRESSED, before, now, by=by, detail=reason), *_announce(alarm, timing, now)]


def replace_reason(alarm: Alarm, before: str, after: str) -> None:
    """Put another reason in the place of one; the alarm is as silent as it was."""
    alarm.suppressed_by = tuple(after if reason == before else reason for reason in alarm.suppressed_by)


def raised_while_suppressed(alarm: Alarm, now: float) -> Transition:
    """Return that an alarm came while it is suppressed: who asks later why nobody was told finds the reason."""
    return _transition(alarm, Change.SUPPRESSED, alarm.state, now, detail=alarm.suppressed_by[-1])


def escalated(alarm: Alarm, groups: Iterable[str], now: float) -> Transition:
    """Return that more groups are told, because nobody acknowledged."""
    return _transition(alarm, Change.ESCALATED, alarm.state, now, detail=", ".join(groups))


def take_out_of_service(alarm: Alarm, by: Actor, now: float) -> list[Transition]:
    """Switch the alarm off until somebody switches it on."""
    if alarm.out_of_service:
        return []
    before = alarm.state
    alarm.out_of_service, alarm.out_of_service_by = True, by
    return [_transition(alarm, Change.OUT_OF_SERVICE, before, now, by=by)]


def return_to_service(alarm: Alarm, timing: Timing, by: Actor, now: float) -> list[Transition]:
    """Switch the alarm on again."""
    if not alarm.out_of_service:
        return []
    before = alarm.state
    alarm.out_of_service, alarm.out_of_service_by = False, NO_ACTOR
    return [_transition(alarm, Change.IN_SERVICE, before, now, by=by), *_announce(alarm, timing, now)]


def _settle(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Follow a condition that has lasted for long enough."""
    if not _is_settling(alarm, timing) or now < _pending_until(alarm, timing):
        return []
    return _activate(alarm, timing, alarm.last_evaluation, now) if alarm.pending else _deactivate(alarm, timing, now)


def _is_settling(alarm: Alarm, timing: Timing) -> bool:
    """Return whether the alarm becomes active or inactive by time alone.

    A latching moment that nobody could be told of stays active until its silence ends: it would be lost otherwise.
    """
    is_kept = timing.is_momentary and timing.latching and not alarm.announced and not alarm.acknowledged
    if alarm.pending is False and is_kept and alarm.is_quiet:
        return False
    return alarm.pending is not None and alarm.last_evaluation.is_active is alarm.pending


def _pending_until(alarm: Alarm, timing: Timing) -> float:
    return alarm.pending_since + (timing.hold_s if alarm.pending else timing.clear_after_s)


def _activate(alarm: Alarm, timing: Timing, verdict: Evaluation, now: float) -> list[Transition]:
    alarm.pending = None
    alarm.active, alarm.severity = True, verdict.severity
    alarm.acknowledged = alarm.returned = alarm.announced = False
    alarm.acknowledged_by = NO_ACTOR
    alarm.episode += 1
    alarm.raised_at, alarm.cleared_at = now, None
    return _unsnooze_worse(alarm, timing, now) or _announce(alarm, timing, now)


def _announce(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Raise an active alarm that nobody heard of yet, unless it is to be quiet, or about to be over.

    A moment is about to be over from its beginning: that is no reason to be silent about it.
    """
    is_ending = alarm.pending is False and not timing.is_momentary
    if alarm.is_quiet or not alarm.active or alarm.announced or is_ending:
        return []
    alarm.announced = True
    return [_transition(alarm, Change.RAISED, AlarmState.NORMAL, now)]


def _deactivate(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    before = alarm.state
    alarm.pending = None
    alarm.active = False
    alarm.returned = timing.latching and alarm.announced and not alarm.acknowledged
    alarm.acknowledged = False
    alarm.cleared_at = now
    if not alarm.announced:
        return []  # it came and went while it was to be quiet: nobody heard of it, nobody needs to hear its end
    alarm.announced = False
    return [_transition(alarm, Change.CLEARED, before, now)]


def _follow_severity(alarm: Alarm, timing: Timing, verdict: Evaluation, now: float) -> list[Transition]:
    """Follow the severity; a higher one is news, also to who acknowledged the lower one or put it aside."""
    is_worse, was_announced = verdict.severity > alarm.severity, alarm.announced
    alarm.severity = verdict.severity
    if not is_worse:
        return []
    happened = _unsnooze_worse(alarm, timing, now)
    if not was_announced:
        return happened
    before = alarm.state
    alarm.acknowledged, alarm.acknowledged_by = False, NO_ACTOR
    return [*happened, _transition(alarm, Change.WORSENED, before, now)]


def _unsnooze_worse(alarm: Alarm, timing: Timing, now: float) -> list[Transition]:
    """Take an alarm back that is worse than what somebody saw when they put it aside."""
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
