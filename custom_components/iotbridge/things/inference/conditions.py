"""Named conditions of several tables: the words of a value's key, and those of its siblings. Pure."""

from typing import Protocol

from ..vocabulary.states.binary_states import BITS
from ..vocabulary.states.binary_words import BEYOND, OPPOSITES
from ..vocabulary.words import WORDS
from .candidates.candidate import Candidate
from .rule_table import Condition
from .tokens import phrases


class HasCandidate(Protocol):
    """Subject of a table that is about a value."""

    @property
    def candidate(self) -> Candidate:
        """Return the value."""


def has_number(subject: HasCandidate) -> bool:
    """Return whether the value is a number, not a text with a number and a unit."""
    return subject.candidate.number is not None


def has_word(words: frozenset[str]) -> Condition[HasCandidate]:
    """Return the condition that the key has one of these words."""
    return lambda subject: not words.isdisjoint(subject.candidate.leaf)


def beside(*words: str) -> Condition[HasCandidate]:
    """Return the condition that a key of the group, including its own, has one of these words."""
    wanted = frozenset(words)
    return lambda subject: not wanted.isdisjoint(subject.candidate.sibling_group.words)


def is_beside_opposite_number(subject: HasCandidate) -> bool:
    """Return whether two opposite bounds are numbers, not both 0 or 1: {"alarm_low": 1, "alarm_high": 8}."""
    own = subject.candidate
    if own.number is None or OPPOSITES.keys().isdisjoint(own.leaf):
        return False
    opposite = tuple(OPPOSITES.get(word, word) for word in own.leaf)
    return any(
        other.leaf == opposite and other.number is not None and not BITS.keys() >= {own.number, other.number}
        for other in own.siblings
    )


def is_beyond_quantity(subject: HasCandidate) -> bool:
    """Return whether the key names a quantity that is exceeded, or too small: "over_voltage"."""
    own = subject.candidate.leaf
    return not BEYOND.isdisjoint(own) and any(
        phrase.start > 0 and own[phrase.start - 1] in BEYOND for phrase in phrases(own, WORDS)
    )
