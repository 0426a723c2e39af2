"""Advance of an alarm by one input: an evaluation, the time, a command, a change of its rule or surroundings. Pure.

Only this module combines the lifecycle, the escalation and the flapping of an alarm. The caller stores and dispatches
the outcome.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from . import escalation, lifecycle
from .escalation import Notification, NotificationKind
from .flapping import FLAPPING
from .instance import Instance
from .models import NO_ACTOR, NOT_WATCHED, Actor, Alarm, AlarmState, Evaluation, Severity, Timing, Transition
from .rule import Rule
from .suppression import parent_of, recomputed

# A function of the lifecycle with everything but the alarm, its timing and the time filled in.
type Command = Callable[[Alarm, Timing, float], Sequence[Transition]]
type Input = Evaluation | TimeElapsed | Commanded | RuleChanged | SuppressionChanged | Removed | FlappingStarted


@dataclass(frozen=True, slots=True)
class TimeElapsed:
    """Input: a deadline has passed."""


@dataclass(frozen=True, slots=True)
class Commanded:
    """Input: a command of a person, such as to acknowledge."""

    command: Command


@dataclass(frozen=True, slots=True)
class RuleChanged:
    """Input: the rule was edited."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class SuppressionChanged:
    """Input: the present reasons that follow from the state of the home."""

    reasons: frozenset[str]
    by: Actor = NO_ACTOR


@dataclass(frozen=True, slots=True)
class Removed:
    """Input: the entity or the rule was removed."""


@dataclass(frozen=True, slots=True)
class FlappingStarted:
    """Input: the alarm was raised too often; it follows the outcome of the raise, which is published before."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of all alarms. ``explain`` returns the reason of an evaluation as a sentence."""

    flapping_per_hour: int
    explain: Callable[[Evaluation], str]


@dataclass(slots=True)
class AlarmOutcome:
    """Result of an input.

    ``transitions`` are published; ``history`` also has those that are only recorded. ``is_updated`` means that the
    alarm changed its appearance without a transition, ``is_condition_changed`` that a hold started or ended,
    ``is_policy_changed`` that the escalation follows another policy, ``is_flapping`` that FlappingStarted follows.
    ``due_at`` is the time of the next TimeElapsed, None for never.
    """

    transitions: list[Transition] = field(default_factory=list)
    history: list[Transition] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    is_updated: bool = False
    is_condition_changed: bool = False
    is_policy_changed: bool = False
    is_flapping: bool = False
    due_at: float | None = None

    @property
    def is_changed(self) -> bool:
        """Return whether the stored alarm is outdated."""
        return bool(
            self.history or self.notifications or self.is_updated or self.is_condition_changed or self.is_policy_changed
        )

    def add(self, transitions: Sequence[Transition]) -> None:
        """Add transitions to publish and to record."""
        self.transitions += transitions
        self.history += transitions


def outcomes(instance: Instance, event: Input, now: float, settings: Settings) -> Iterator[AlarmOutcome]:
    """Yield the outcome of an input, and that of the start of flapping; the alarm is in the state of each meanwhile."""
    outcome = advance(instance, event, now, settings)
    yield outcome
    if outcome.is_flapping:
        yield advance(instance, FlappingStarted(), now, settings)


def advance(instance: Instance, event: Input, now: float, settings: Settings) -> AlarmOutcome:
    """Change the instance by one input; return the transitions, the notifications and the next due time."""
    outcome = AlarmOutcome()
    match event:
        case Evaluation():
            _evaluate(instance, event, now, settings, outcome)
        case TimeElapsed():
            _elapse(instance, now, settings, outcome)
        case Commanded():
            _apply(instance, event.command, now, settings, outcome)
        case SuppressionChanged():
            _change_suppression(instance, event, now, outcome)
        case FlappingStarted():
            _start_flapping(instance, now, outcome)
        case RuleChanged():
            _change_rule(instance, event.rule, now, outcome)
        case Removed():
            _remove(instance, now, settings, outcome)
    outcome.due_at = due_at(instance, now, settings)
    return outcome


def due_at(instance: Instance, now: float, settings: Settings) -> float | None:
    """Return when the alarm needs its next TimeElapsed, None for never."""
    times = (
        lifecycle.due(instance.alarm, instance.timing),
        escalation.due(instance.escalation, instance.rule.escalation),
        instance.evaluator.due(now) if instance.evaluator else None,
        instance.flapping.due(settings.flapping_per_hour),
    )
    return min((at for at in times if at is not None), default=None)


def _evaluate(
    instance: Instance, evaluation: Evaluation, now: float, settings: Settings, outcome: AlarmOutcome
) -> None:
    if evaluation.reason_key and evaluation.is_active is not instance.alarm.active:
        evaluation = replace(evaluation, reason=settings.explain(evaluation))
    _apply(
        instance,
        lambda alarm, timing, at: lifecycle.evaluate(alarm, timing, evaluation, at),
        now,
        settings,
        outcome,
    )


def _elapse(instance: Instance, now: float, settings: Settings, outcome: AlarmOutcome) -> None:
    alarm, timing = instance.alarm, instance.timing
    if instance.evaluator:
        _evaluate(instance, instance.evaluator.evaluate(now), now, settings, outcome)
    _apply(instance, lifecycle.tick, now, settings, outcome)
    if instance.flapping.end_if_calm(now, settings.flapping_per_hour):
        _record(instance, lifecycle.unsuppress(alarm, timing, FLAPPING, now), outcome)
    due = escalation.tick(instance.escalation, instance.rule.escalation, alarm, now)
    escalated = [notification.groups for notification in due if notification.kind is NotificationKind.ESCALATED]
    outcome.add([lifecycle.escalated(alarm, groups, now) for groups in escalated])
    outcome.notifications += due


def _apply(instance: Instance, command: Command, now: float, settings: Settings, outcome: AlarmOutcome) -> None:
    """Run a step of the lifecycle, and count the episode that it started."""
    alarm = instance.alarm
    appearance, episode, pending, active = _appearance(alarm), alarm.episode, alarm.pending, alarm.active
    transitions = command(alarm, instance.timing, now)
    if transitions:
        _record(instance, transitions, outcome)
    elif _appearance(alarm) != appearance:
        outcome.is_updated = True
    if (alarm.pending, alarm.active) != (pending, active):
        # The start of a hold must be restored after a restart.
        outcome.is_condition_changed = True
    if alarm.episode != episode:
        _count_episode(instance, now, settings, outcome)


def _record(instance: Instance, transitions: Sequence[Transition], outcome: AlarmOutcome) -> None:
    """Add transitions to the outcome, with the notifications that they cause."""
    outcome.add(transitions)
    for transition in transitions:
        outcome.notifications += escalation.notify(
            instance.escalation, instance.rule.escalation, instance.alarm, transition
        )


def _count_episode(instance: Instance, now: float, settings: Settings, outcome: AlarmOutcome) -> None:
    """Count an episode, and mark the outcome of one with which the flapping starts."""
    alarm = instance.alarm
    if not alarm.announced and FLAPPING not in alarm.suppressed_by:
        if alarm.suppressed_by:
            # Recorded only: an outage of a thousand entities must not publish a thousand events.
            outcome.history.append(lifecycle.raised_while_suppressed(alarm, now))
        return
    outcome.is_flapping = instance.flapping.record(now, settings.flapping_per_hour)


def _start_flapping(instance: Instance, now: float, outcome: AlarmOutcome) -> None:
    """Suppress an alarm that is raised too often, until the flapping ends, and notify that once."""
    alarm, informed = instance.alarm, tuple(instance.escalation.informed)
    _record(instance, lifecycle.suppress(alarm, FLAPPING, now), outcome)
    if not alarm.acknowledged:
        outcome.notifications += escalation.notifications_of(alarm, NotificationKind.RAISED, informed, now)


def _change_suppression(instance: Instance, change: SuppressionChanged, now: float, outcome: AlarmOutcome) -> None:
    """Add and remove reasons; the replacement of one root cause by another is no transition."""
    alarm = instance.alarm
    current = recomputed(alarm.suppressed_by)
    old_cause, new_cause = parent_of(current - change.reasons), parent_of(change.reasons - current)
    if old_cause and new_cause:
        lifecycle.replace_reason(alarm, old_cause, new_cause)
        current = current - {old_cause} | {new_cause}
        outcome.is_updated = True
    transitions: list[Transition] = []
    for reason in sorted(change.reasons - current):
        transitions += lifecycle.suppress(alarm, reason, now, change.by)
    for reason in sorted(current - change.reasons):
        transitions += lifecycle.unsuppress(alarm, instance.timing, reason, now, change.by)
    if transitions and alarm.underlying_state is AlarmState.NORMAL:
        # A hub that is absent for a moment must not fill the history with all the inactive alarms behind it.
        outcome.is_updated = True
    else:
        _record(instance, transitions, outcome)


def _change_rule(instance: Instance, rule: Rule, now: float, outcome: AlarmOutcome) -> None:
    policy = instance.rule.escalation
    instance.change_rule(rule)
    if rule.escalation != policy:
        outcome.is_policy_changed = True
        outcome.notifications += escalation.change_policy(instance.escalation, rule.escalation, instance.alarm, now)


def _remove(instance: Instance, now: float, settings: Settings, outcome: AlarmOutcome) -> None:
    """Clear the alarm even if it is muted, so that the informed groups are notified."""
    alarm = instance.alarm
    alarm.suppressed_by, alarm.snoozed_until, alarm.out_of_service, alarm.pending = (), None, False, None
    if not alarm.announced:
        outcome.notifications += escalation.withdraw(instance.escalation, alarm, now)
        return
    reason = settings.explain(Evaluation(False, reason_key=NOT_WATCHED))
    timing = Timing(latching=False)
    _record(instance, lifecycle.evaluate(alarm, timing, Evaluation(False, reason=reason), now), outcome)


def _appearance(alarm: Alarm) -> tuple[bool, bool, Severity]:
    return (alarm.active, alarm.last_evaluation.is_active is None, alarm.severity)
