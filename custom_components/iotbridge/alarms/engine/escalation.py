"""Escalation of alarms: notifications, their recipients and times, repeats, recovery. Pure: the clock is the caller's.

The lifecycle produces transitions; this module turns them into notifications for notifier groups.
"""

from collections.abc import Mapping
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
    CLEARED = "cleared"
    # Removes the previous notification without replacing it.
    WITHDRAWN = "withdrawn"


class Sound(StrEnum):
    """Loudness of the notification that ends an alarm."""

    NORMAL = "normal"
    # The message was withdrawn when the alarm was suppressed, snoozed or taken out of service: its end need not ring.
    SILENT = "silent"
    # The notification of the root cause covers it; only targets that cannot withdraw a message get this one as well.
    NONE = "none"


# The kinds that ask for a reaction; quiet hours may defer them.
ACTIONABLE = frozenset(
    {NotificationKind.RAISED, NotificationKind.WORSENED, NotificationKind.REPEATED, NotificationKind.ESCALATED}
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
    ``told`` are the groups informed of ``episode``.
    """

    episode: int = 0
    began_at: float | None = None
    step: int = 0
    repeats: int = 0
    repeat_at: float | None = None
    informed: list[str] = field(default_factory=list)

    def shift(self, by_s: float) -> None:
        """Take the steps and the repeats along when the clock is set."""
        self.began_at = None if self.began_at is None else self.began_at + by_s
        self.repeat_at = None if self.repeat_at is None else self.repeat_at + by_s

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EscalationState:
        """Read what ``as_dict`` wrote."""
        return cls(**{**data, "informed": list(data["informed"])})


def notify(
    telling: EscalationState, policy: EscalationPolicy, alarm: Alarm, happened: Transition
) -> list[Notification]:
    """Return the notifications that a transition of the alarm causes."""
    now, change = happened.at, happened.change
    notices: list[Notification] = []
    if change is Change.RAISED:
        _start(telling, alarm, now, told=[])
        notices = _take_due_steps(telling, policy, alarm, now, NotificationKind.RAISED)
    elif change is Change.WORSENED and not alarm.is_quiet:
        notices = _restart(telling, policy, alarm, now, NotificationKind.WORSENED)
    elif change in _MUTING:
        notices = _finish(telling, alarm, now, NotificationKind.WITHDRAWN, is_last=False)
    elif change in _UNMUTING:
        notices = _resume(telling, policy, alarm, happened)
    elif change is Change.ACKNOWLEDGED:
        sound = Sound.SILENT if alarm.is_quiet else Sound.NORMAL
        notices = _finish(telling, alarm, now, NotificationKind.ACKNOWLEDGED, is_last=not alarm.active, sound=sound)
    elif change is Change.CLEARED:
        notices = _notify_cleared(telling, alarm, now)
    return notices


def tick(telling: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float) -> list[Notification]:
    """Return the notifications due now, until the alarm is acknowledged: the next steps, or a repeat."""
    if telling.began_at is None or alarm.state is not AlarmState.UNACKNOWLEDGED:
        return []
    notices = _take_due_steps(
        telling, policy, alarm, now, NotificationKind.ESCALATED if telling.informed else NotificationKind.RAISED
    )
    if notices or telling.repeat_at is None or now < telling.repeat_at:
        return notices
    telling.repeats += 1
    telling.repeat_at = now + _repeat_s(policy, telling.repeats)
    return _notifications(alarm, NotificationKind.REPEATED, telling.informed, now)


def replan(telling: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float) -> list[Notification]:
    """Follow a changed policy; return notifications for groups that it would have informed by now."""
    if telling.began_at is None or alarm.state is not AlarmState.UNACKNOWLEDGED:
        return []
    come = [step for step in policy.steps if now >= telling.began_at + step.after_s]
    groups = [group for group in dict.fromkeys(chain(*(step.groups for step in come))) if group not in telling.informed]
    telling.step = len(come)
    telling.informed += groups
    if not policy.repeat_s:
        telling.repeat_at = None
    elif telling.repeat_at is None and telling.informed:
        telling.repeat_at = now + _repeat_s(policy, telling.repeats)
    return _notifications(alarm, NotificationKind.RAISED, groups, now)


def due(telling: EscalationState, policy: EscalationPolicy) -> float | None:
    """Return when the next step or repeat is due, None when there is none."""
    if telling.began_at is None:
        return None
    times = [] if telling.repeat_at is None else [telling.repeat_at]
    if telling.step < len(policy.steps):
        times.append(telling.began_at + policy.steps[telling.step].after_s)
    return min(times, default=None)


def _restart(
    telling: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float, kind: NotificationKind
) -> list[Notification]:
    """Restart the escalation; notify the groups informed before once more, those of later steps included."""
    before = telling.informed
    _start(telling, alarm, now, told=[])
    notices = _take_due_steps(telling, policy, alarm, now, kind)
    also = [group for group in before if group not in telling.informed]
    telling.informed += also
    return notices + _notifications(alarm, kind, also, now)


def _resume(
    telling: EscalationState, policy: EscalationPolicy, alarm: Alarm, happened: Transition
) -> list[Notification]:
    """Repeat a withdrawn notification that is still actionable; a worsened alarm gets its own notification."""
    if happened.detail == FLAPPING and telling.informed and not alarm.active:
        # The flapping is over. Its episodes were not notified, so the informed groups take them for the one they know.
        telling.episode = alarm.episode
        is_last = alarm.beneath is not AlarmState.RETURNED
        return _finish(telling, alarm, happened.at, NotificationKind.CLEARED, is_last=is_last, sound=Sound.SILENT)
    is_known = alarm.state is AlarmState.UNACKNOWLEDGED and alarm.announced and telling.episode == alarm.episode
    if not is_known or happened.detail == Change.WORSENED:
        return []
    return _restart(telling, policy, alarm, happened.at, NotificationKind.REPEATED)


def _notify_cleared(telling: EscalationState, alarm: Alarm, now: float) -> list[Notification]:
    """Notify the informed groups of the end; for a flapping alarm that waits until the flapping is over."""
    if FLAPPING in alarm.suppressed_by:
        telling.began_at = telling.repeat_at = None
        return []
    return _finish(
        telling,
        alarm,
        now,
        NotificationKind.CLEARED,
        is_last=alarm.beneath is not AlarmState.RETURNED,
        sound=_sound_of_end(alarm),
    )


def _start(telling: EscalationState, alarm: Alarm, now: float, told: list[str]) -> None:
    telling.episode, telling.began_at, telling.informed = alarm.episode, now, list(told)
    telling.step, telling.repeats, telling.repeat_at = 0, 0, None


def _take_due_steps(
    telling: EscalationState, policy: EscalationPolicy, alarm: Alarm, now: float, kind: NotificationKind
) -> list[Notification]:
    """Take all steps that are due; skip groups already informed when a later step escalates."""
    assert telling.began_at is not None  # noqa: S101 - the callers began it
    groups: list[str] = []
    while telling.step < len(policy.steps) and now >= telling.began_at + policy.steps[telling.step].after_s:
        groups += [group for group in policy.steps[telling.step].groups if group not in groups]
        telling.step += 1
    if kind is NotificationKind.ESCALATED:
        groups = [group for group in groups if group not in telling.informed]
    telling.informed += [group for group in groups if group not in telling.informed]
    if groups and policy.repeat_s:
        telling.repeat_at = now + _repeat_s(policy, telling.repeats)
    return _notifications(alarm, kind, groups, now)


def withdraw(telling: EscalationState, alarm: Alarm, now: float) -> list[Notification]:
    """Return the final withdrawal of an alarm's last notification, whose buttons would have no effect any more."""
    return _finish(telling, alarm, now, NotificationKind.WITHDRAWN, is_last=True)


def _finish(
    telling: EscalationState,
    alarm: Alarm,
    now: float,
    kind: NotificationKind,
    *,
    is_last: bool,
    sound: Sound = Sound.NORMAL,
) -> list[Notification]:
    told = list(telling.informed) if telling.episode == alarm.episode else []
    telling.began_at = telling.repeat_at = None
    if is_last:
        telling.informed = []
    return [replace(notice, is_last=is_last, sound=sound) for notice in _notifications(alarm, kind, told, now)]


def _sound_of_end(alarm: Alarm) -> Sound:
    """Return the loudness of the end: silent for recipients whose notification was withdrawn before."""
    if not alarm.is_quiet:
        return Sound.NORMAL
    is_aside = alarm.out_of_service or alarm.snoozed_until is not None
    is_explained = all(reason.startswith(PARENT) for reason in alarm.suppressed_by)
    is_seen = is_aside or not is_explained or alarm.beneath is AlarmState.RETURNED
    return Sound.SILENT if is_seen else Sound.NONE


def _repeat_s(policy: EscalationPolicy, repeats: int) -> float:
    """Return the next interval in seconds: each twice the previous one, at most a day."""
    return min(policy.repeat_s * 2.0 ** min(repeats, 30), LONGEST_REPEAT_S)


def _notifications(alarm: Alarm, kind: NotificationKind, groups: list[str], now: float) -> list[Notification]:
    if not groups:
        return []
    return [
        Notification(
            kind=kind, key=alarm.key, episode=alarm.episode, groups=tuple(groups), severity=alarm.severity, at=now
        )
    ]
