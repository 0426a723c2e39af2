"""What a rule makes of its entity: readings in, verdicts out. Pure: the clock is the caller's.

A ``Judge`` is for one rule and one entity. It never raises because of what it sees; where nothing can be said, its
verdict is neither good nor bad. Templates, events and messages are judged where Home Assistant hands them out.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .limits import LimitJudge
from .models import Severity, Verdict
from .rate import RateJudge
from .rule import Condition, Kind
from .seen import UNAVAILABLE, Seen, Why, duration_text
from .silence import SilenceJudge

__all__ = ["JUDGED", "Judge", "Seen", "Why", "event_matches", "message_matches"]

# Home Assistant shows an entity as unavailable while its integration is not loaded yet. After so long, it is.
NOT_LOADED_S = 300.0
HOST_LOST = "lost"
# As long as a state can be; an attribute may be a whole document, and would be in every message and in the history.
MAX_WORD = 255


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


def event_matches(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Tell whether the data of an event has all that is wanted; of a mapping inside, too, only what is wanted."""
    for key, value in wanted.items():
        if key not in data:
            return False
        found = data[key]
        if isinstance(value, Mapping):
            if not isinstance(found, Mapping) or not event_matches(value, found):
                return False
        elif isinstance(value, bool) != isinstance(found, bool) or value != found:
            return False
    return True


def message_matches(contains: str, payload: str | bytes) -> bool:
    """Tell whether a text is in the payload of a message; an empty one is in every payload."""
    return contains.encode() in payload if isinstance(payload, bytes) else contains in payload


class _StatelessJudge:
    """What judges each state by itself."""

    def __init__(self, severity: Severity) -> None:
        self._severity = severity
        self._verdict = Verdict(None)

    def due(self, _now: float) -> float | None:
        return None

    def look(self, _now: float) -> Verdict:
        return self._verdict

    def shift(self, by_s: float) -> None:
        """Keep no time."""

    def excuse(self, _since: float, now: float) -> Verdict:
        return self.look(now)

    def as_dict(self) -> dict[str, Any]:
        return {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Keep nothing."""


class _StateJudge(_StatelessJudge):
    """STATE: the state, or an attribute, is one of some words; upper and lower case are the same."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        super().__init__(severity)
        self._attribute = condition.attribute
        self._words = frozenset(word.casefold() for word in condition.states)
        self._why_key = ""

    def see(self, seen: Seen | None, _now: float) -> Verdict:
        word = None if seen is None or seen.is_away else self._word(seen)
        if word is None:
            self._verdict = Verdict(None)
        elif word.casefold() in self._words:
            self._verdict = Verdict(True, self._severity, word[:MAX_WORD], word[:MAX_WORD], self._why_key)
        else:
            self._verdict = Verdict(False, self._severity, word[:MAX_WORD])
        return self._verdict

    def _word(self, seen: Seen) -> str | None:
        if self._attribute is None:
            return seen.state
        value = seen.attributes.get(self._attribute)
        return None if value is None else str(value)


class _HostLostJudge(_StateJudge):
    """HOST_LOST: the power state that IoT Bridge shows of a host says so."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        super().__init__(Condition(kind=condition.kind, states=(HOST_LOST,)), severity)
        self._why_key = Why.HOST_LOST


class _UnavailableJudge(_StatelessJudge):
    """UNAVAILABLE: its integration says that it cannot be reached, or has not brought it for five minutes.

    An unknown value is no reason: the device is there and has said nothing yet.
    """

    def __init__(self, _condition: Condition, severity: Severity) -> None:
        super().__init__(severity)
        self._not_loaded_since: float | None = None

    def see(self, seen: Seen | None, now: float) -> Verdict:
        if seen is None or seen.state != UNAVAILABLE or not seen.attributes.get("restored"):
            self._not_loaded_since = None
        elif self._not_loaded_since is None:
            self._not_loaded_since = now
        if seen is None:
            self._verdict = Verdict(None)
        elif seen.state != UNAVAILABLE:
            self._verdict = Verdict(False, self._severity, seen.state)
        elif self._not_loaded_since is None:
            self._verdict = Verdict(True, self._severity, seen.state, seen.state, Why.UNAVAILABLE)
        else:
            return self.look(now)
        return self._verdict

    def due(self, now: float) -> float | None:
        if self._not_loaded_since is None:
            return None
        at = self._not_loaded_since + NOT_LOADED_S
        return at if at > now else None

    def shift(self, by_s: float) -> None:
        if self._not_loaded_since is not None:
            self._not_loaded_since += by_s

    def look(self, now: float) -> Verdict:
        since = self._not_loaded_since
        if since is None:
            return self._verdict
        self._not_loaded_since = since = min(since, now)
        if now < since + NOT_LOADED_S:
            return Verdict(None)
        values = (("since", duration_text(now - since)),)
        return Verdict(True, self._severity, UNAVAILABLE, UNAVAILABLE, Why.NOT_LOADED, values)


# The kinds that judge an entity.
JUDGED: Mapping[Kind, Callable[[Condition, Severity], _KindJudge]] = {
    Kind.ABOVE: LimitJudge,
    Kind.BELOW: LimitJudge,
    Kind.OUTSIDE: LimitJudge,
    Kind.STATE: _StateJudge,
    Kind.RATE: RateJudge,
    Kind.NO_DATA: SilenceJudge,
    Kind.UNAVAILABLE: _UnavailableJudge,
    Kind.HOST_LOST: _HostLostJudge,
}
