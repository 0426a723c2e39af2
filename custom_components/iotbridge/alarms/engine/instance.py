"""Alarm together with its rule, evaluator and escalation state. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .escalation import EscalationState
from .evaluation.evaluator import Evaluator
from .flapping import Flapping
from .models import Alarm, AlarmKey, MomentTiming, Timing
from .rule import Rule

# The shortest hold of alarms about absence, so that their root cause is known before they are raised.
SETTLE_S = 2.0


@dataclass(slots=True)
class Instance:
    """Alarm of a rule, with its escalation state and evaluator (None where the rule has no entities).

    ``timing`` is the timing of the rule, adapted to its kind: a minimum hold for absence, no hold for moments.
    """

    rule: Rule
    alarm: Alarm
    escalation: EscalationState = field(default_factory=EscalationState)
    evaluator: Evaluator | None = None
    flapping: Flapping = field(default_factory=Flapping)
    is_stored: bool = False
    timing: Timing = field(init=False)

    def __post_init__(self) -> None:
        """Compute the timing once: every evaluation needs it."""
        self.timing = _effective_timing(self.rule)

    @classmethod
    def blank(cls, rule: Rule, subject: str, identity: str = "") -> Instance:
        """Return a new alarm."""
        key = AlarmKey(rule.rule_id, subject)
        return cls(rule, Alarm(key=key, identity=identity, severity=rule.severity), evaluator=_evaluator(rule))

    @classmethod
    def from_dict(cls, rule: Rule, data: Mapping[str, Any]) -> Instance:
        """Read what ``as_dict`` wrote."""
        evaluator = _evaluator(rule)
        if evaluator is not None and data["evaluator"]:
            evaluator.restore(data["evaluator"])
        alarm, escalation = Alarm.from_dict(data["alarm"]), EscalationState.from_dict(data["escalation"])
        return cls(rule, alarm, escalation, evaluator, Flapping.from_dict(data["flapping"]), is_stored=True)

    def change_rule(self, rule: Rule) -> None:
        """Take an edited rule; a different condition is evaluated from scratch."""
        before = self.rule
        if (rule.condition, rule.severity) != (before.condition, before.severity):
            is_same = before.condition == rule.condition or before.condition.differs_only_in_new_unit(rule.condition)
            history = self.evaluator.as_dict() if self.evaluator and is_same else {}
            self.evaluator = _evaluator(rule)
            if self.evaluator:
                self.evaluator.restore(history)
        self.rule, self.timing = rule, _effective_timing(rule)

    @property
    def key(self) -> AlarmKey:
        """Return the key of the alarm."""
        return self.alarm.key

    @property
    def is_blank(self) -> bool:
        """Return whether nothing has to be restored after a restart."""
        return self.alarm.is_blank and not (self.evaluator and self.evaluator.as_dict())

    def shift(self, by_s: float) -> None:
        """Move durations when the clock is set; ends at a time of the day, as of a snooze, stay."""
        self.alarm.shift(by_s)
        self.escalation.shift(by_s)
        self.flapping.shift(by_s)
        if self.evaluator:
            self.evaluator.shift(by_s)

    def as_dict(self) -> dict[str, Any]:
        """Return the alarm for the store."""
        evaluator = self.evaluator.as_dict() if self.evaluator else None
        return {
            "alarm": self.alarm.as_dict(),
            "escalation": self.escalation.as_dict(),
            "evaluator": evaluator,
            "flapping": self.flapping.as_dict(),
        }


def _evaluator(rule: Rule) -> Evaluator | None:
    return Evaluator(rule.condition, rule.severity) if rule.condition.traits.has_entities else None


def _effective_timing(rule: Rule) -> Timing:
    if rule.condition.traits.is_absence:
        return replace(rule.timing, hold_s=max(rule.timing.hold_s, SETTLE_S))
    if rule.condition.traits.is_momentary:
        # A moment has no duration, so it has no hold.
        return MomentTiming(clear_after_s=rule.timing.clear_after_s, latching=rule.timing.latching)
    return rule.timing
