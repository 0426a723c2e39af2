"""Named conditions of several tables: the words of a value's key, and those of its siblings. Pure."""

from typing import NamedTuple, Protocol

from ..vocabulary.states.binary_states import BITS
from ..vocabulary.states.binary_words import BEYOND, OPPOSITES
from ..vocabulary.words import WORDS
from .candidates.candidate import Candidate
from .rule_table import Condition
from .tokens import Words, phrases


class HasCandidate(Protocol):
    """Subject of a table that is about a value."""

    @property
    def candidate(self) -> Candidate:
        """Return the value."""


class Subject(NamedTuple):
    """Subject of a table about nothing but a value."""

    candidate: Candidate


def has_number(subject: HasCandidate) -> bool:
    """Return whether the value is a number, not a text with a number and a unit."""
    return subject.candidate.number is not None


def has_unit(subject: HasCandidate) -> bool:
    """Return whether a unit is stated beside the number, or in its key."""
    return subject.candidate.stated or subject.candidate.suffix is not None


def is_bit(subject: HasCandidate) -> bool:
    """Return whether the value is 0 or 1."""
    return isinstance(subject.candidate.number, int) and subject.candidate.number in BITS


def whole(subject: HasCandidate) -> bool:
    """Return whether the number is written without decimals."""
    return isinstance(subject.candidate.number, int)


def decimal(subject: HasCandidate) -> bool:
    """Return whether the number is written with decimals."""
    return isinstance(subject.candidate.number, float)


def between(low: float, high: float) -> Condition[HasCandidate]:
    """Return the condition that the number is in a range, both ends included."""
    return lambda subject: subject.candidate.number is not None and low <= subject.candidate.number <= high


def is_listed(subject: HasCandidate) -> bool:
    """Return whether the value is an element of a list."""
    return subject.candidate.is_listed


def is_key(*keys: Words) -> Condition[HasCandidate]:
    """Return the condition that the key consists of the words of one of these."""
    return lambda subject: subject.candidate.leaf in keys


def has_only(words: frozenset[str]) -> Condition[HasCandidate]:
    """Return the condition that the key has no other words than these, apart from numbers."""
    return lambda subject: words.issuperset(subject.candidate.pattern)


def has_word(words: frozenset[str]) -> Condition[HasCandidate]:
    """Return the condition that the key has one of these words."""
    return lambda subject: not words.isdisjoint(subject.candidate.leaf)


def has_phrase(table: frozenset[str]) -> Condition[HasCandidate]:
    """Return the condition that the key has a phrase of a table."""
    words = frozenset(word for phrase in table for word in phrase.split())
    return lambda subject: not words.isdisjoint(subject.candidate.leaf) and bool(phrases(subject.candidate.leaf, table))


def has_head(words: frozenset[str]) -> Condition[HasCandidate]:
    """Return the condition that the last word of the key is one of these."""
    return lambda subject: not words.isdisjoint(subject.candidate.leaf[-1:])


def near(words: frozenset[str], levels: int = 2) -> Condition[HasCandidate]:
    """Return the condition that the key, or a level right above it, has one of these words."""
    return lambda subject: any(not words.isdisjoint(level) for level in subject.candidate.levels[:levels])


def beside(*words: str) -> Condition[HasCandidate]:
    """Return the condition that a key of the group, including its own, has one of these words."""
    wanted = frozenset(words)
    return lambda subject: not wanted.isdisjoint(subject.candidate.sibling_group.words)


def beside_key(*keys: Words) -> Condition[HasCandidate]:
    """Return the condition that a key of the group consists of the words of one of these."""
    return lambda subject: any(other.leaf in keys for other in subject.candidate.siblings)


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
