"""One alarm at work. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from .flapping import Flapping
from .models import Alarm, AlarmKey, Timing
from .rule import WITHOUT_ENTITIES, Kind, Rule
from .telling import Telling
from .topology import PRESENCE
from .verdicts import Judge

# What is gone must be gone for so long, so that what explains it is known before it is raised.
SETTLE_S = 2.0


@dataclass(slots=True)
class Instance:
    """One alarm of a rule, how far it was told, and what judges its entity (None where the rule knows no entity)."""

    rule: Rule
    alarm: Alarm
    telling: Telling = field(default_factory=Telling)
    judge: Judge | None = None
    flapping: Flapping = field(default_factory=Flapping)
    is_stored: bool = False

    @classmethod
    def blank(cls, rule: Rule, subject: str) -> Instance:
        """Return an alarm to which nothing has ever happened."""
        return cls(rule, Alarm(key=AlarmKey(rule.rule_id, subject), severity=rule.severity), judge=_judge(rule))

    @classmethod
    def from_dict(cls, rule: Rule, data: Mapping[str, Any]) -> Instance:
        """Read what ``as_dict`` wrote."""
        judge = _judge(rule)
        if judge is not None and data["judge"]:
            judge.restore(data["judge"])
        alarm, telling = Alarm.from_dict(data["alarm"]), Telling.from_dict(data["telling"])
        return cls(rule, alarm, telling, judge, Flapping.from_dict(data["flapping"]), is_stored=True)

    def follow(self, rule: Rule) -> None:
        """Go on with a rule that was changed; another condition begins anew."""
        if (rule.condition, rule.severity) != (self.rule.condition, self.rule.severity):
            self.judge = _judge(rule)
        self.rule = rule

    @property
    def key(self) -> AlarmKey:
        """Return whose it is."""
        return self.alarm.key

    @property
    def timing(self) -> Timing:
        """Return how patient to be: at least as much as the kind of rule needs."""
        return _patient(self.rule.timing, self.rule.condition.kind)

    def shift(self, by_s: float) -> None:
        """Take what lasts along when the clock is set; what is for a certain time of the day stays there."""
        self.alarm.shift(by_s)
        self.telling.shift(by_s)
        self.flapping.shift(by_s)
        if self.judge:
            self.judge.shift(by_s)

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        judge = self.judge.as_dict() if self.judge else None
        return {
            "alarm": self.alarm.as_dict(),
            "telling": self.telling.as_dict(),
            "judge": judge,
            "flapping": self.flapping.as_dict(),
        }


def _judge(rule: Rule) -> Judge | None:
    return None if rule.condition.kind in WITHOUT_ENTITIES else Judge(rule.condition, rule.severity)


@lru_cache
def _patient(timing: Timing, kind: Kind) -> Timing:
    if kind in PRESENCE:
        return replace(timing, hold_s=max(timing.hold_s, SETTLE_S))
    return timing
