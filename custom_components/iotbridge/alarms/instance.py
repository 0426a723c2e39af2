"""One alarm at work. Pure."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from .flapping import Flapping
from .models import Alarm, AlarmKey, Timing
from .rule import Kind, Rule
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
    due: float | None = None
    is_stored: bool = False

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
        self.due = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        judge = self.judge.as_dict() if self.judge else None
        return {
            "alarm": self.alarm.as_dict(),
            "telling": self.telling.as_dict(),
            "judge": judge,
            "flapping": self.flapping.as_dict(),
        }


@lru_cache
def _patient(timing: Timing, kind: Kind) -> Timing:
    if kind in PRESENCE:
        return replace(timing, hold_s=max(timing.hold_s, SETTLE_S))
    return timing
