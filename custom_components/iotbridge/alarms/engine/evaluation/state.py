"""Evaluators of states: named states, and an unavailable entity; and matching of events and messages. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, override

from ..models import Evaluation, Severity
from .formatting import duration_text
from .snapshot import UNAVAILABLE, EntitySnapshot

# Home Assistant shows an entity as unavailable while its integration is being loaded; after this time it counts.
NOT_LOADED_S = 300.0
# The maximum length of a state; an attribute may be a whole document, and is part of messages and of the history.
MAX_VALUE = 255

# Translation keys of reasons; the comments name their placeholders.
HOST_LOST = "host_lost"
NOT_LOADED = "not_loaded"  # since
UNREACHABLE = "unavailable"
STATE_FOR = "state_for"  # state, duration
# A state that has only just changed has no duration.
LEAST_DURATION_S = 1.0


def event_matches(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Return whether the data of an event contains all wanted values; nested mappings are compared in the same way."""
    for key, value in wanted.items():
        if key not in data:
            return False
        actual = data[key]
        if isinstance(value, Mapping):
            if not isinstance(actual, Mapping) or not event_matches(value, actual):
                return False
        elif isinstance(value, bool) != isinstance(actual, bool) or value != actual:
            return False
    return True


def message_matches(contains: str, payload: str | bytes) -> bool:
    """Return whether the payload of a message contains a text; every payload contains the empty text."""
    return contains.encode() in payload if isinstance(payload, bytes) else contains in payload


class StatelessEvaluator:
    """Base of evaluators of the present state: without deadlines and stored data."""

    def __init__(self, severity: Severity) -> None:
        """Start without a state; ``severity`` is that of an active evaluation."""
        self._severity = severity
        self._evaluation = Evaluation(None)

    def due(self, now: float) -> float | None:  # noqa: ARG002
        """Return no deadline."""
        return None

    def evaluate(self, now: float) -> Evaluation:  # noqa: ARG002
        """Return the evaluation of the last state."""
        return self._evaluation

    def shift(self, by_s: float) -> None:
        """Do nothing: there is no time to move."""

    def discount_outage(self, _since: float, now: float) -> Evaluation:
        """Return the evaluation of the last state."""
        return self.evaluate(now)

    def as_dict(self) -> dict[str, Any]:
        """Return no data for the store."""
        return {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Do nothing: nothing is stored."""


class StateEvaluator(StatelessEvaluator):
    """Evaluator of STATE and HOST_LOST: the state, or an attribute, is one of several; its case does not matter.

    The reason is the state with its own duration, or that of ``reason_key``.
    """

    def __init__(
        self, severity: Severity, states: Iterable[str], attribute: str | None = None, reason_key: str = ""
    ) -> None:
        super().__init__(severity)
        self._attribute = attribute
        self._states = frozenset(state.casefold() for state in states)
        self._reason_key = reason_key
        self._last_value: str | None = None
        self._since = 0.0

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Return the evaluation of a state; None is an entity that does not exist."""
        value = None if snapshot is None or snapshot.is_absent else self._value(snapshot)
        if value != self._last_value:
            self._last_value, self._since = value, now
        if snapshot is not None and snapshot.state_since is not None and self._attribute is None:
            self._since = snapshot.state_since
        if value is None:
            self._evaluation = Evaluation(None)
        elif value.casefold() in self._states:
            shown = value[:MAX_VALUE]
            self._evaluation = Evaluation(True, self._severity, shown, shown, self._reason_key)
        else:
            self._evaluation = Evaluation(False, self._severity, value[:MAX_VALUE])
        return self.evaluate(now)

    @override
    def evaluate(self, now: float) -> Evaluation:
        evaluation = self._evaluation
        if not evaluation.is_active or self._reason_key or now - self._since < LEAST_DURATION_S:
            return evaluation
        duration = duration_text(now - self._since)
        values = (("state", evaluation.value), ("duration", duration))
        return replace(
            evaluation, reason=f"{evaluation.value} ({duration})", reason_key=STATE_FOR, reason_values=values
        )

    @override
    def shift(self, by_s: float) -> None:
        self._since += by_s

    def _value(self, snapshot: EntitySnapshot) -> str | None:
        if self._attribute is None:
            return snapshot.state
        value = snapshot.attributes.get(self._attribute)
        return None if value is None else str(value)


class UnavailableEvaluator(StatelessEvaluator):
    """Evaluator of UNAVAILABLE: unavailable by its integration, or not loaded by it within five minutes.

    An unknown value does not count: the device is available but has not reported a value yet.
    """

    def __init__(self, severity: Severity) -> None:
        super().__init__(severity)
        self._not_loaded_since: float | None = None

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Return the evaluation of a state; None is an entity that does not exist."""
        if snapshot is None or snapshot.state != UNAVAILABLE or not snapshot.attributes.get("restored"):
            self._not_loaded_since = None
        elif self._not_loaded_since is None:
            self._not_loaded_since = now
        if snapshot is None:
            self._evaluation = Evaluation(None)
        elif snapshot.state != UNAVAILABLE:
            self._evaluation = Evaluation(False, self._severity, snapshot.state)
        elif self._not_loaded_since is None:
            self._evaluation = Evaluation(True, self._severity, snapshot.state, snapshot.state, UNREACHABLE)
        else:
            return self.evaluate(now)
        return self._evaluation

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
            return self._evaluation
        self._not_loaded_since = since = min(since, now)
        if now < since + NOT_LOADED_S:
            return Evaluation(None)
        values = (("since", duration_text(now - since)),)
        return Evaluation(True, self._severity, UNAVAILABLE, UNAVAILABLE, NOT_LOADED, values)
