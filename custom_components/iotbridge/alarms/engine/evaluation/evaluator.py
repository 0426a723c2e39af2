"""What a rule makes of its entity: readings in, verdicts out. Pure: the clock is the caller's.

A ``Judge`` is for one rule and one entity. It never raises because of what it sees; where nothing can be said, its
verdict is neither good nor bad. Templates, events and messages are judged where Home Assistant hands them out.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..models import Severity, Verdict
from ..rule import Condition, Kind
from .no_data import SilenceJudge
from .rate_of_change import RateJudge
from .snapshot import Seen
from .state import HostLostJudge, StateJudge, UnavailableJudge
from .threshold import LimitJudge


class _KindJudge(Protocol):
    """One kind of rule over one entity."""

    def see(self, seen: Seen | None, now: float) -> Verdict: ...
    def due(self, now: float) -> float | None: ...
    def look(self, now: float) -> Verdict: ...
    def shift(self, by_s: float) -> None: ...
    def excuse(self, since: float, now: float) -> Verdict: ...
    def as_dict(self) -> dict[str, Any]: ...
    def restore(self, data: Mapping[str, Any]) -> None: ...


class Judge:
    """One rule over one entity; keeps what it needs of the past. Raises ValueError for a kind that has no entity."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Begin with an entity nothing is known of; a bad verdict has the severity, or a worse one."""
        if (judge := JUDGED.get(condition.kind)) is None:
            raise ValueError(f"a rule of kind {condition.kind} judges no entity")
        self._about = {"kind": condition.kind.value, "attribute": condition.attribute}
        self._judge = judge(condition, severity)

    def see(self, seen: Seen | None, now: float) -> Verdict:
        """Take the entity as it is now, None when it is not there. Seeing the same report twice changes nothing."""
        return self._judge.see(seen, now)

    def due(self, now: float) -> float | None:
        """Return when to look although nothing was reported, None when there is no need; it is later than now."""
        return self._judge.due(now)

    def look(self, now: float) -> Verdict:
        """Judge what was seen last at a later time."""
        return self._judge.look(now)

    def shift(self, by_s: float) -> None:
        """Take all times along when the clock is set: what was seen is as old as before."""
        self._judge.shift(by_s)

    def excuse(self, since: float, now: float) -> Verdict:
        """Judge again after a time in which nobody could be heard: it was no silence."""
        return self._judge.excuse(since, now)

    def as_dict(self) -> dict[str, Any]:
        """Return what survives a restart, as JSON has it; empty when there is nothing."""
        kept = self._judge.as_dict()
        return {**self._about, **kept} if kept else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what ``as_dict`` returned before a restart, unless the rule has become another since."""
        if data and all(data.get(key) == value for key, value in self._about.items()):
            self._judge.restore(data)


# The kinds that judge an entity.
JUDGED: Mapping[Kind, Callable[[Condition, Severity], _KindJudge]] = {
    Kind.ABOVE: LimitJudge,
    Kind.BELOW: LimitJudge,
    Kind.OUTSIDE: LimitJudge,
    Kind.STATE: StateJudge,
    Kind.RATE: RateJudge,
    Kind.NO_DATA: SilenceJudge,
    Kind.UNAVAILABLE: UnavailableJudge,
    Kind.HOST_LOST: HostLostJudge,
}
