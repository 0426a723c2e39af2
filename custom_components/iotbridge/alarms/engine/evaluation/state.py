"""Evaluators of states: words, a lost host, an unavailable entity; and matching of events and messages. Pure."""

from collections.abc import Mapping
from typing import Any, override

from ..models import Evaluation, Severity
from ..rule import Condition
from .formatting import duration_text
from .snapshot import UNAVAILABLE, EntitySnapshot, Reason

# Home Assistant shows an entity as unavailable while its integration is not loaded yet. After so long, it is.
NOT_LOADED_S = 300.0
HOST_LOST = "lost"
# As long as a state can be; an attribute may be a whole document, and would be in every message and in the history.
MAX_WORD = 255


def event_matches(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Return whether the data of an event has all that is wanted; of a mapping inside, too, only what is wanted."""
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
    """Return whether a text is in the payload of a message; an empty one is in every payload."""
    return contains.encode() in payload if isinstance(payload, bytes) else contains in payload


class StatelessEvaluator:
    """Base of evaluators that look at the current state only: no deadline, nothing kept over a restart."""

    def __init__(self, severity: Severity) -> None:
        """Start without a state; ``severity`` is that of an active evaluation."""
        self._severity = severity
        self._verdict = Evaluation(None)

    def due(self, now: float) -> float | None:  # noqa: ARG002
        """Return no deadline."""
        return None

    def evaluate(self, now: float) -> Evaluation:  # noqa: ARG002
        """Return the evaluation of the last state."""
        return self._verdict

    def shift(self, by_s: float) -> None:
        """Keep no time."""

    def discount_outage(self, _since: float, now: float) -> Evaluation:
        """Return the evaluation of the last state."""
        return self.evaluate(now)

    def as_dict(self) -> dict[str, Any]:
        """Return nothing to keep."""
        return {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Keep nothing."""


class StateEvaluator(StatelessEvaluator):
    """STATE: the state, or an attribute, is one of some words; upper and lower case are the same."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        super().__init__(severity)
        self._attribute = condition.attribute
        self._words = frozenset(word.casefold() for word in condition.states)
        self._why_key = ""

    def update(self, seen: EntitySnapshot | None, _now: float) -> Evaluation:
        """Return the evaluation of a state; None is an entity that does not exist."""
        word = None if seen is None or seen.is_absent else self._word(seen)
        if word is None:
            self._verdict = Evaluation(None)
        elif word.casefold() in self._words:
            self._verdict = Evaluation(True, self._severity, word[:MAX_WORD], word[:MAX_WORD], self._why_key)
        else:
            self._verdict = Evaluation(False, self._severity, word[:MAX_WORD])
        return self._verdict

    def _word(self, seen: EntitySnapshot) -> str | None:
        if self._attribute is None:
            return seen.state
        value = seen.attributes.get(self._attribute)
        return None if value is None else str(value)


class HostLostEvaluator(StateEvaluator):
    """HOST_LOST: the power state that IoT Bridge shows of a host says so."""

    def __init__(self, condition: Condition, severity: Severity) -> None:
        super().__init__(Condition(kind=condition.kind, states=(HOST_LOST,)), severity)
        self._why_key = Reason.HOST_LOST


class UnavailableEvaluator(StatelessEvaluator):
    """UNAVAILABLE: its integration says that it cannot be reached, or has not brought it for five minutes.

    An unknown value is no reason: the device is there and has said nothing yet.
    """

    def __init__(self, _condition: Condition, severity: Severity) -> None:
        super().__init__(severity)
        self._not_loaded_since: float | None = None

    def update(self, seen: EntitySnapshot | None, now: float) -> Evaluation:
        """Return the evaluation of a state; None is an entity that does not exist."""
        if seen is None or seen.state != UNAVAILABLE or not seen.attributes.get("restored"):
            self._not_loaded_since = None
        elif self._not_loaded_since is None:
            self._not_loaded_since = now
        if seen is None:
            self._verdict = Evaluation(None)
        elif seen.state != UNAVAILABLE:
            self._verdict = Evaluation(False, self._severity, seen.state)
        elif self._not_loaded_since is None:
            self._verdict = Evaluation(True, self._severity, seen.state, seen.state, Reason.UNAVAILABLE)
        else:
            return self.evaluate(now)
        return self._verdict

    @override
    def due(self, now: float) -> float | None:
        if self._not_loaded_since is None:
            return None
        at = self._not_loaded_since + NOT_LOADED_S
        return at if at > now else None

    @override
    def shift(self, by_s: float) -> None:
        if self._not_loaded_since is not None:
            self._not_loaded_since += by_s

    @override
    def evaluate(self, now: float) -> Evaluation:
        since = self._not_loaded_since
        if since is None:
            return self._verdict
        self._not_loaded_since = since = min(since, now)
        if now < since + NOT_LOADED_S:
            return Evaluation(None)
        values = (("since", duration_text(now - since)),)
        return Evaluation(True, self._severity, UNAVAILABLE, UNAVAILABLE, Reason.NOT_LOADED, values)
