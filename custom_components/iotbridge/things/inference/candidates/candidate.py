"""Candidate of a reading: one value of a device with its words, its unit and its siblings. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field as attribute
from functools import cached_property
from typing import NamedTuple

from ...model.message import Field, Scalar
from ...model.profile import key_of
from ...vocabulary.keys.letters import BESIDE_A_LETTER
from ...vocabulary.keys.periods import BARE_PERIODS, DATE_KEYS, TIME_KEYS
from ..tokens import Suffix, Words

LONGEST_LETTER = len("Va")


class ObisKey(NamedTuple):
    """Number of a meter's reading in OBIS: which one, and of which tariff, empty for all of them."""

    kind: tuple[int, int]
    tariff: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """Value of a device, with the words of its key and topic; complete when it is created.

    ``parts`` are the levels of its key from the topic down, as written; ``levels`` the words of those that say
    something, the last one first; ``depth`` of them are its own, those after them its device's topic. ``number`` is
    the value where it is a number or writes one; ``unit`` is the one that the message states beside the value, and
    ``suffix`` the one in its key. ``recorded``: a record names it; ``factor``: the record multiplies it; ``spare``:
    it only describes another value, or is older than one.
    """

    subtopic: str
    field: Field
    parts: tuple[str, ...]
    value: Scalar
    number: int | float | None
    unit: str | None
    stated: bool
    levels: tuple[Words, ...]
    depth: int
    suffix: Suffix | None
    obis: ObisKey | None
    family: Family = attribute(repr=False)
    annotated: str | None = None
    settable: bool = False
    recorded: bool = False
    factor: float = 1.0
    spare: bool = False

    @property
    def siblings(self) -> Sequence[Place]:
        """Return the values under the same parent, itself among them."""
        return self.family.places

    @property
    def key(self) -> str:
        """Return the key as people read it."""
        return key_of(self.subtopic, self.field.path)

    @cached_property
    def leaf(self) -> Words:
        """Return the words that are its own."""
        return self.levels[0] if self.levels else ()

    @cached_property
    def pattern(self) -> Words:
        """Return the words that it shares with its siblings: those of "temp1" and "temp2", or of a list's elements."""
        return tuple(word for word in self.leaf if not word.isdigit())

    @cached_property
    def letter(self) -> str | None:
        """Return the letter that its key is, numbers aside: "t", "I1", "U_AC"."""
        if self.leaf[1:2] == ("phase",) and len(self.leaf[0]) == 1:
            return self.leaf[0]
        rest = [word for word in self.pattern if word not in BESIDE_A_LETTER]
        if len(rest) != 1 or len(rest[0]) > LONGEST_LETTER:
            return None
        return rest[0][0] if len(rest[0]) == 1 or rest[0][1] in self.family.phases else None

    @property
    def parent(self) -> tuple[str, ...]:
        """Return the levels above it."""
        return self.parts[:-1]

    @property
    def is_bool(self) -> bool:
        """Return whether it is JSON's true or false."""
        return isinstance(self.value, bool)

    @property
    def text(self) -> str | None:
        """Return the value where it is a text that writes no number."""
        return self.value if isinstance(self.value, str) and self.number is None else None

    @property
    def is_listed(self) -> bool:
        """Return whether it is an element of a list."""
        return bool(self.field.path) and isinstance(self.field.path[-1], int)


class Family:
    """Values under one parent, with what each of them asks of all."""

    def __init__(self, texts: dict[str, str]) -> None:
        """Start without values; ``texts`` are those of the group by their keys."""
        self.places: list[Place] = []
        self.texts = texts

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the words of all keys."""
        return frozenset(word for candidate in self.places for word in candidate.leaf)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the keys of numbers that are a single letter."""
        return frozenset(
            letter for candidate in self.places if candidate.number is not None and (letter := candidate.letter)
        )

    @cached_property
    def marks(self) -> frozenset[str]:
        """Return the letters that keys are, whatever they hold: inputs are called A1 and D1."""
        return frozenset(letter for candidate in self.places if (letter := candidate.letter))

    @cached_property
    def periods(self) -> int:
        """Return how many keys are only a day, a week, a month or a year."""
        return sum(candidate.leaf in BARE_PERIODS for candidate in self.places)

    @cached_property
    def phases(self) -> frozenset[str]:
        """Return the last letters of keys like Va, Ia and Pa: those of the phases."""
        pairs = {
            tuple(candidate.leaf[0])
            for candidate in self.places
            if len(candidate.leaf) == 1 and len(candidate.leaf[0]) == LONGEST_LETTER
        }
        volts = {last for first, last in pairs if first in "vu" and last in "abc"}
        return frozenset(last for first, last in pairs if first in "iap" and last in volts)

    @cached_property
    def is_date(self) -> bool:
        """Return whether its members are the parts of a date and a time of day."""
        keys = {candidate.parts[-1].lower().removesuffix("s") for candidate in self.places if candidate.parts}
        return keys >= TIME_KEYS and not DATE_KEYS.isdisjoint(keys)

    @cached_property
    def measured(self) -> frozenset[Words]:
        """Return the patterns of keys that hold a number with digits behind the point: a counter has none."""
        return frozenset(
            candidate.pattern
            for candidate in self.places
            if isinstance(candidate.number, float) and not candidate.number.is_integer()
        )

    @cached_property
    def totals(self) -> int:
        """Return how many keys begin with "total"."""
        return sum(candidate.leaf[:1] == ("total",) for candidate in self.places)

    @cached_property
    def suffixes(self) -> frozenset[str]:
        """Return the units that keys end with, beyond doubt."""
        return frozenset(candidate.suffix.unit for candidate in self.places if candidate.suffix is not None)

    def text(self, keys: Sequence[str]) -> str | None:
        """Return the text of the first of these keys that is there."""
        return next((text for key in keys if (text := self.texts.get(key))), None)
