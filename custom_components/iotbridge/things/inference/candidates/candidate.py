"""Candidate for a reading: one value of a device with its words, its unit and its siblings. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field as attribute
from functools import cached_property
from typing import NamedTuple

from ...model.message import Field, Path, Scalar
from ...model.profile import key_of
from ...vocabulary.keys.letters import BESIDE_A_LETTER
from ...vocabulary.keys.periods import BARE_PERIODS, DATE_KEYS, TIME_KEYS
from ..tokens import Suffix, Words

LONGEST_LETTER = len("Va")


class UnitForAll(NamedTuple):
    """Unit that a message states once for all values of a quantity, and its place."""

    unit: str
    subtopic: str
    path: Path


class ObisKey(NamedTuple):
    """OBIS code of a meter's reading: its kind, and its tariff, which is empty for the total."""

    kind: tuple[int, int]
    tariff: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """Value of a device, with the words of its key and topic; complete when it is created.

    ``parts`` are the levels of its key from the topic down, as written; ``levels`` the words of the meaningful ones,
    the last one first; ``depth`` of them are its own, those after them its device's topic. ``number`` is the value if
    it is or contains a number, and ``decimal_comma`` is as in ``Channel``; ``unit`` is the one that the message states
    beside the value, in the member at ``unit_path`` if it has one, and ``suffix`` the one in its key. ``recorded``: a
    record names it; ``factor``: factor of the record; ``spare``: it only describes another value, or is older than one.
    """

    subtopic: str
    field: Field
    parts: tuple[str, ...]
    value: Scalar
    number: int | float | None
    decimal_comma: bool
    unit: str | None
    stated: bool
    levels: tuple[Words, ...]
    depth: int
    suffix: Suffix | None
    obis: ObisKey | None
    sibling_group: SiblingGroup = attribute(repr=False)
    annotated: str | None = None
    settable: bool = False
    recorded: bool = False
    factor: float = 1.0
    spare: bool = False
    unit_path: Path | None = None

    @property
    def siblings(self) -> Sequence[Candidate]:
        """Return the values under the same parent, including itself."""
        return self.sibling_group.candidates

    @property
    def key(self) -> str:
        """Return the key as users read it."""
        return key_of(self.subtopic, self.field.path)

    @cached_property
    def leaf(self) -> Words:
        """Return its own words."""
        return self.levels[0] if self.levels else ()

    @cached_property
    def pattern(self) -> Words:
        """Return the words shared with similar keys: those of "temp1" and "temp2", or of a list's elements."""
        return tuple(word for word in self.leaf if not word.isdigit())

    @cached_property
    def letter(self) -> str | None:
        """Return the single letter of its key, without numbers: "t", "I1", "U_AC"."""
        if self.leaf[1:2] == ("phase",) and len(self.leaf[0]) == 1:
            return self.leaf[0]
        rest = [word for word in self.pattern if word not in BESIDE_A_LETTER]
        if len(rest) != 1 or len(rest[0]) > LONGEST_LETTER:
            return None
        return rest[0][0] if len(rest[0]) == 1 or rest[0][1] in self.sibling_group.phases else None

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
        """Return the value if it is a text without a number."""
        return self.value if isinstance(self.value, str) and self.number is None else None

    @property
    def is_listed(self) -> bool:
        """Return whether it is an element of a list."""
        return bool(self.field.path) and isinstance(self.field.path[-1], int)


class SiblingGroup:
    """Values under one parent, with the properties of the group."""

    def __init__(self, texts: dict[str, str], places: dict[str, tuple[str, Path]]) -> None:
        """Start without values; ``texts`` are the group's texts by key, ``places`` their subtopics and paths."""
        self.candidates: list[Candidate] = []
        self.texts = texts
        self.places = places

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the words of all keys."""
        return frozenset(word for candidate in self.candidates for word in candidate.leaf)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the single letters that are keys of numbers."""
        return frozenset(
            letter for candidate in self.candidates if candidate.number is not None and (letter := candidate.letter)
        )

    @cached_property
    def marks(self) -> frozenset[str]:
        """Return the single letters that are keys of any values: inputs are called A1 and D1."""
        return frozenset(letter for candidate in self.candidates if (letter := candidate.letter))

    @cached_property
    def periods(self) -> Counter[Words]:
        """Return the number of keys that end with a day, a week, a month or a year, by the words before it."""
        return Counter(
            candidate.leaf[:-1] for candidate in self.candidates if not BARE_PERIODS.isdisjoint(candidate.leaf[-1:])
        )

    @cached_property
    def phases(self) -> frozenset[str]:
        """Return the last letters of keys like Va, Ia and Pa, which name the phases."""
        pairs = {
            tuple(candidate.leaf[0])
            for candidate in self.candidates
            if len(candidate.leaf) == 1 and len(candidate.leaf[0]) == LONGEST_LETTER
        }
        volts = {last for first, last in pairs if first in "vu" and last in "abc"}
        return frozenset(last for first, last in pairs if first in "iap" and last in volts)

    @cached_property
    def is_date(self) -> bool:
        """Return whether its members are the parts of a date and a time of day."""
        keys = {candidate.parts[-1].lower().removesuffix("s") for candidate in self.candidates if candidate.parts}
        return keys >= TIME_KEYS and not DATE_KEYS.isdisjoint(keys)

    @cached_property
    def measured(self) -> frozenset[Words]:
        """Return the patterns of keys with a decimal number, which is not a counter."""
        return frozenset(
            candidate.pattern
            for candidate in self.candidates
            if isinstance(candidate.number, float) and not candidate.number.is_integer()
        )

    @cached_property
    def totals(self) -> int:
        """Return the number of keys that start with "total"."""
        return sum(candidate.leaf[:1] == ("total",) for candidate in self.candidates)

    @cached_property
    def suffixes(self) -> frozenset[str]:
        """Return the units at the end of keys."""
        return frozenset(candidate.suffix.unit for candidate in self.candidates if candidate.suffix is not None)

    def text(self, keys: Sequence[str]) -> str | None:
        """Return the text of the first of these keys that exists."""
        return next((text for key in keys if (text := self.texts.get(key))), None)

    def path_beside(self, subtopic: str, keys: Sequence[str]) -> Path | None:
        """Return the path of that text if it is in the messages on a subtopic."""
        place = next((self.places[key] for key in keys if self.texts.get(key)), None)
        return place[1] if place is not None and place[0] == subtopic else None
