"""Forecast of the notifications of an alarm: runs the engine, the queue and the delivery policy ahead. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..engine.advance import Input, Settings, SuppressionChanged, TimeElapsed, outcomes
from ..engine.escalation import EscalationState, Notification, NotificationKind
from ..engine.instance import Instance
from ..engine.models import NO_ACTOR, Alarm, Change, Evaluation, Severity
from .delivery_policy import DeliveryPolicy, Digest
from .notifier import Group
from .queue import NotificationQueue, deferral_by
from .queued_notification import QueuedNotification

HORIZON_S = 8 * 86400.0
MAX_DELIVERIES = 20
_MAX_STEPS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Surroundings of an alarm: how they are, and how they are known to change.

    ``group`` returns a notifier group, ``reasons`` the reasons of maintenance at a time, ``next_change`` when they
    change after a time, ``local`` a time in the home's time zone. ``cause`` is the reason that names a root cause,
    which stays.
    """

    settings: Settings
    policy: DeliveryPolicy
    group: Callable[[str], Group | None]
    reasons: Callable[[float], frozenset[str]]
    next_change: Callable[[float], float | None]
    local: Callable[[float], datetime]
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDelivery:
    """Delivery that is to be expected; ``since`` is when it was due before it was deferred by ``held_by``."""

    at: float
    since: float
    group: str
    kind: NotificationKind
    severity: Severity
    held_by: Digest | None
    targets: frozenset[str]


@dataclass(slots=True)
class Forecast:
    """Expected notifications that ask for a reaction, in order.

    ``raised_at`` is when the alarm is raised, None for not within the horizon. ``active`` is the alarm when it becomes
    active, with what mutes it then.
    """

    raised_at: float | None = None
    active: Alarm | None = None
    deliveries: list[ExpectedDelivery] = field(default_factory=list)


def forecast(
    instance: Instance,
    queued: Iterable[QueuedNotification],
    surroundings: Surroundings,
    start: float,
    *,
    limit: int = MAX_DELIVERIES,
) -> Forecast:
    """Return the forecast for an alarm without any command, whose condition stays as it is."""
    return _run(_copy(instance), queued, surroundings, start, (), limit)


def forecast_of_new(instance: Instance, surroundings: Surroundings, start: float, evaluation: Evaluation) -> Forecast:
    """Return the forecast for an alarm whose condition is met at a time, and stays so.

    An alarm that is active has cleared before; what mutes it stays.
    """
    copy = _copy(instance)
    copy.alarm = replace(
        copy.alarm,
        active=False,
        pending=None,
        acknowledged=False,
        acknowledged_by=NO_ACTOR,
        announced=False,
        returned=False,
        last_evaluation=Evaluation(False),
    )
    copy.escalation = EscalationState()
    evaluations = [evaluation]
    if copy.timing.is_momentary:
        evaluations.append(replace(evaluation, is_active=False))
    return _run(copy, (), surroundings, start, evaluations, MAX_DELIVERIES)


def _run(
    instance: Instance,
    queued: Iterable[QueuedNotification],
    surroundings: Surroundings,
    start: float,
    evaluations: Sequence[Evaluation],
    limit: int,
) -> Forecast:
    result, policy = Forecast(), deepcopy(surroundings.policy)
    queue = NotificationQueue(QueuedNotification.from_dict(item.id, item.as_dict()) for item in queued)
    cause = _lasting_cause(surroundings, start)
    now = start
    inputs: list[Input] = [TimeElapsed(), SuppressionChanged(surroundings.reasons(now)), *evaluations]
    for _ in range(_MAX_STEPS):
        for event in inputs:
            _advance(instance, event, now, surroundings, queue, result)
        reasons = surroundings.reasons(now)
        if instance.alarm.active or instance.alarm.pending:
            reasons |= cause
        due_at = _advance(instance, SuppressionChanged(reasons), now, surroundings, queue, result)
        result.deliveries += _deliver(queue, policy, surroundings, now)
        times = [due_at, surroundings.next_change(now), *(queue.due(group, now) for group in queue.groups)]
        later = [at for at in times if at is not None and now < at <= start + HORIZON_S]
        if not later or len(result.deliveries) >= limit:
            break
        now, inputs = min(later), [TimeElapsed()]
    del result.deliveries[limit:]
    return result


def _lasting_cause(surroundings: Surroundings, start: float) -> frozenset[str]:
    """Return the root cause, unless its grace period has begun: that is among the reasons, and ends."""
    return frozenset([surroundings.cause] if surroundings.cause else []) - surroundings.reasons(start)


def _advance(
    instance: Instance, event: Input, now: float, surroundings: Surroundings, queue: NotificationQueue, result: Forecast
) -> float | None:
    """Advance the alarm, and queue its notifications; return when it is due next."""
    due_at = None
    for outcome in outcomes(instance, event, now, surroundings.settings):
        if result.raised_at is None and any(transition.change is Change.RAISED for transition in outcome.transitions):
            result.raised_at = now
        alarm, due_at = instance.alarm, outcome.due_at
        if alarm.active and (result.active is None or alarm.raised_at == now):
            result.active = replace(alarm)
        _queue(queue, outcome.notifications)
    return due_at


def _queue(queue: NotificationQueue, notifications: Iterable[Notification]) -> None:
    for notification in notifications:
        for group in notification.groups:
            queue.add(
                QueuedNotification.from_notification(
                    notification, group, number=queue.next_id(), message={}, due_at=notification.at
                )
            )


def _deliver(
    queue: NotificationQueue, policy: DeliveryPolicy, surroundings: Surroundings, now: float
) -> Iterator[ExpectedDelivery]:
    """Yield the deliveries that are due, and remove them from the queue."""
    for group_id in queue.groups:
        group = surroundings.group(group_id)
        targets = frozenset(group.targets if group else ())
        breaks_through = group is not None and group.breaks_through
        defer = deferral_by(policy, group_id, surroundings.local(now), breaks_through=breaks_through)
        review = queue.review(group_id, now, defer, targets)
        for item, names in (*review.single, *review.together):
            if item.is_actionable or item.occurrences:  # of a moment, the beginning and the end are one message
                yield ExpectedDelivery(
                    at=now,
                    since=item.at,
                    group=group_id,
                    kind=item.kind if item.is_actionable else NotificationKind.RAISED,
                    severity=item.severity,
                    held_by=item.digest,
                    targets=names,
                )
            item.delivered_to |= names
            queue.remove(item, targets)


def active_copy(instance: Instance, severity: Severity, at: float) -> Instance:
    """Return a copy of an alarm whose condition is met since a time."""
    copy = _copy(instance)
    copy.alarm = replace(copy.alarm, active=True, pending=None, severity=severity, condition_since=at)
    return copy


def _copy(instance: Instance) -> Instance:
    """Return a copy without an evaluator: its condition stays as it is."""
    return Instance(
        instance.rule,
        replace(instance.alarm),
        replace(instance.escalation, informed=list(instance.escalation.informed)),
        None,
        replace(instance.flapping, times=list(instance.flapping.times)),
    )
