"""Escalation of alarms: notifications, their recipients and times, repeats, recovery. Pure: the time is an argument.

The lifecycle produces transitions; this module turns them into notifications for notifier groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import chain
from typing import Any

from .flapping import FLAPPING
from .models import Alarm, AlarmKey, AlarmState, Change, Severity, Transition
from .root_cause import PARENT
from .rule import EscalationPolicy

LONGEST_REPEAT_S = 24 * 3600.0


class NotificationKind(StrEnum):
    """Kind of a notification."""

    RAISED = "raised"
    WORSENED = "worsened"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    CLEARED = "cleared"
    # Removes the previous notification without replacing it.
    WITHDRAWN = "withdrawn"


class Sound(StrEnum):
    """Loudness of the notification that ends an alarm."""

    NORMAL = "normal"
    # The message was withdrawn when the alarm was suppressed, snoozed or taken out of service: no sound for its end.
    SILENT = "silent"
    # The notification of the root cause covers it; only targets that cannot withdraw a message get this one as well.
    NONE = "none"


# The kinds that ask for a reaction; quiet hours may defer them.
ACTIONABLE = frozenset(
    {
        NotificationKind.RAISED,
        NotificationKind.WORSENED,
        NotificationKind.REPEATED,
        NotificationKind.ESCALATED,
        NotificationKind.UNACKNOWLEDGED,
    }
)

_MUTING = frozenset({Change.SNOOZED, Change.SUPPRESSED, Change.OUT_OF_SERVICE})
_UNMUTING = frozenset({Change.UNSNOOZED, Change.UNSUPPRESSED, Change.IN_SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Notification about an alarm for notifier groups, given by the ids of their subentries.

    ``is_last`` marks the final notification of an episode.
    """

    kind: NotificationKind
    key: AlarmKey
    episode: int
    groups: tuple[str, ...]
    severity: Severity
    at: float
    sound: Sound = Sound.NORMAL
    is_last: bool = False


@dataclass(slots=True)
class EscalationState:
    """Progress of an alarm's escalation; kept over a restart.

    ``step`` is the index of the next step of the policy, whose delay counts from ``began_at`` (seconds since 1970);
    ``informed`` are the groups informed of ``episode``. ``elapsed_s`` is the time since ``began_at`` when the alarm was
    acknowledged; None when it was not escalating then.
    """

    episode: int = 0
    began_at: float | None = None
    step: int = 0
    repeats: int = 0
    repeat_at: float | None = None
    informed: list[str] = field(default_factory=list)
    elapsed_s: float | None = None

    def shift(self, by_s: float) -> None:
        """Move the steps and the repeats when the clock is set."""
        self.began_at = None if self.began_at is None else self.began_at + by_s
        self.repeat_at = None if self.repeat_at is None else self.repeat_at + by_s

    def as_dict(self) -> dict[str, Any]:
        """Return the state for the store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EscalationState:
        """Read what ``as_dict`` wrote."""
        return cls(**{**data, "informed": list(data["informed"])})


def notify(
    escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, transition: Transition
) -> list[Notification]:
    """Return the notifications that a transition of the alarm causes."""
    now, change = transition.at, transition.change
    notifications: list[Notification] = []
    if change is Change.RAISED:
        notifications = _restart(escalation, policy, alarm, now, NotificationKind.RAISED)
    elif change is Change.WORSENED and not alarm.is_muted:
        notifications = _restart(escalation, policy, alarm, now, NotificationKind.WORSENED)
    elif change in _MUTING:
        notifications = _finish(escalation, alarm, now, NotificationKind.WITHDRAWN, is_last=False)
    elif change in _UNMUTING:
        notifications = _resume(escalation, policy, alarm, transition)
    elif change is Change.ACKNOWLEDGED:
        sound = Sound.SILENT if alarm.is_muted else Sound.NORMAL
        is_last = not alarm.active or not alarm.announced
        escalation.elapsed_s = None if escalation.began_at is None else now - escalation.began_at
        notifications = _finish(escalation, alarm, now, NotificationKind.ACKNOWLEDGED, is_last=is_last, sound=sound)
    elif change is Change.UNACKNOWLEDGED:
        notifications = _continue(escalation, policy, alarm, now)
    elif change is Change.CLEARED:
        notifications = _notify_cleared(escalation, alarm, now)
    return notifications


def tick(escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float) -> list[Notification]:
    """Return the notifications due now, until the alarm is acknowledged: the next steps, or a repeat."""
    if escalation.began_at is None or alarm.state is not AlarmState.UNACKNOWLEDGED:
        return []
    notifications = _take_due_steps(
        escalation, policy, alarm, now, NotificationKind.ESCALATED if escalation.informed else NotificationKind.RAISED
    )
    if notifications or escalation.repeat_at is None or now < escalation.repeat_at:
        return notifications
    escalation.repeats += 1
    escalation.repeat_at = now + _repeat_s(policy, escalation.repeats)
    return notifications_of(alarm, NotificationKind.REPEATED, escalation.informed, now)


def change_policy(
    escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float
) -> list[Notification]:
    """Apply a changed policy; return notifications for groups that it would have informed by now."""
    if escalation.began_at is None or alarm.state is not AlarmState.UNACKNOWLEDGED:
        return []
    reached = [step for step in policy.steps if now >= escalation.began_at + step.after_s]
    groups = [
        group for group in dict.fromkeys(chain(*(step.groups for step in reached))) if group not in escalation.informed
    ]
    escalation.step = len(reached)
    escalation.informed += groups
    if not policy.repeat_s:
        escalation.repeat_at = None
    elif escalation.repeat_at is None and escalation.informed:
        escalation.repeat_at = now + _repeat_s(policy, escalation.repeats)
    return notifications_of(alarm, NotificationKind.RAISED, groups, now)


def due(escalation: EscalationState, policy: EscalationPolicy) -> float | None:
    """Return when the next step or repeat is due, None when there is none."""
    if escalation.began_at is None:
        return None
    times = [] if escalation.repeat_at is None else [escalation.repeat_at]
    if escalation.step < len(policy.steps):
        times.append(escalation.began_at + policy.steps[escalation.step].after_s)
    return min(times, default=None)


def _restart(
    escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float, kind: NotificationKind
) -> list[Notification]:
    """Restart the escalation; notify the groups informed before once more, those of later steps included."""
    before = escalation.informed
    _start(escalation, alarm, now)
    notifications = _take_due_steps(escalation, policy, alarm, now, kind)
    later = [group for group in before if group not in escalation.informed]
    escalation.informed += later
    return notifications + notifications_of(alarm, kind, later, now)


def _resume(
    escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, transition: Transition
) -> list[Notification]:
    """Repeat a withdrawn notification that is still actionable; a worsened alarm gets its own notification."""
    if transition.detail == FLAPPING and escalation.informed and not alarm.active:
        # The flapping has ended. Its episodes were not notified: to the groups they are the one they were informed of.
        escalation.episode = alarm.episode
        is_last = alarm.underlying_state is not AlarmState.RETURNED
        return _finish(escalation, alarm, transition.at, NotificationKind.CLEARED, is_last=is_last, sound=Sound.SILENT)
    is_known = alarm.state is AlarmState.UNACKNOWLEDGED and alarm.announced and escalation.episode == alarm.episode
    if not is_known or transition.detail == Change.WORSENED:
        return []
    return _restart(escalation, policy, alarm, transition.at, NotificationKind.REPEATED)


def _continue(escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float) -> list[Notification]:
    """Continue where the acknowledgement stopped the escalation: notify the informed groups; later steps follow."""
    kind = NotificationKind.UNACKNOWLEDGED
    if alarm.is_muted or not alarm.announced:
        return []
    if escalation.elapsed_s is None:
        return _restart(escalation, policy, alarm, now, kind)
    escalation.began_at, informed = now - escalation.elapsed_s, tuple(escalation.informed)
    # The policy may have changed since the acknowledgement.
    return notifications_of(alarm, kind, informed, now) + change_policy(escalation, policy, alarm, now)


def _notify_cleared(escalation: EscalationState, alarm: Alarm, now: float) -> list[Notification]:
    """Notify the informed groups of the end; for a flapping alarm that is deferred until the flapping ends."""
    if FLAPPING in alarm.suppressed_by:
        escalation.began_at = escalation.repeat_at = None
        return []
    return _finish(
        escalation,
        alarm,
        now,
        NotificationKind.CLEARED,
        is_last=alarm.underlying_state is not AlarmState.RETURNED,
        sound=_sound_of_end(alarm),
    )


def _start(escalation: EscalationState, alarm: Alarm, now: float) -> None:
    escalation.episode, escalation.began_at, escalation.informed = alarm.episode, now, []
    escalation.step, escalation.repeats, escalation.repeat_at, escalation.elapsed_s = 0, 0, None, None


def _take_due_steps(
    escalation: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float, kind: NotificationKind
) -> list[Notification]:
    """Take all steps that are due; skip groups already informed when a later step escalates."""
    assert escalation.began_at is not None  # noqa: S101 - the callers started it
    groups: list[str] = []
    while escalation.step < len(policy.steps) and now >= escalation.began_at + policy.steps[escalation.step].after_s:
        groups += [group for group in policy.steps[escalation.step].groups if group not in groups]
        escalation.step += 1
    if kind is NotificationKind.ESCALATED:
        groups = [group for group in groups if group not in escalation.informed]
    escalation.informed += [group for group in groups if group not in escalation.informed]
    if groups and policy.repeat_s:
        escalation.repeat_at = now + _repeat_s(policy, escalation.repeats)
    return notifications_of(alarm, kind, groups, now)


def withdraw(escalation: EscalationState, alarm: Alarm, now: float) -> list[Notification]:
    """Return the final withdrawal of the last notification, whose buttons no longer have an effect."""
    return _finish(escalation, alarm, now, NotificationKind.WITHDRAWN, is_last=True)


def _finish(
    escalation: EscalationState,
    alarm: Alarm,
    now: float,
    kind: NotificationKind,
    *,
    is_last: bool,
    sound: Sound = Sound.NORMAL,
) -> list[Notification]:
    informed = list(escalation.informed)
    escalation.began_at = escalation.repeat_at = None
    if is_last:
        escalation.informed = []
    return [
        replace(notification, is_last=is_last, sound=sound)
        for notification in notifications_of(alarm, kind, informed, now)
    ]


def _sound_of_end(alarm: Alarm) -> Sound:
    """Return the loudness of the end: silent for recipients whose notification was withdrawn before."""
    if not alarm.is_muted:
        return Sound.NORMAL
    is_muted_by_person = alarm.out_of_service or alarm.snoozed_until is not None
    is_explained = all(reason.startswith(PARENT) for reason in alarm.suppressed_by)
    is_shown = is_muted_by_person or not is_explained or alarm.underlying_state is AlarmState.RETURNED
    return Sound.SILENT if is_shown else Sound.NONE


def _repeat_s(policy: EscalationPolicy, repeats: int) -> float:
    """Return the next interval in seconds: each twice the previous one, at most a day."""
    return min(policy.repeat_s * 2.0 ** min(repeats, 30), LONGEST_REPEAT_S)


def notifications_of(alarm: Alarm, kind: NotificationKind, groups: Sequence[str], now: float) -> list[Notification]:
    """Return the notification of a kind about an alarm; none without groups."""
    if not groups:
        return []
    return [
        Notification(
            kind=kind, key=alarm.key, episode=alarm.episode, groups=tuple(groups), severity=alarm.severity, at=now
        )
    ]
