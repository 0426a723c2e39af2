"""Candidate for a reading: one value of a device with its words, its unit and its siblings. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field as attribute
from functools import cached_property
from typing import NamedTuple

from ...model.conversion import unit_of
from ...model.message import Path
from ...model.profile import key_of
from ...vocabulary.keys.letters import BESIDE_A_LETTER
from ...vocabulary.keys.periods import DATE_KEYS, TIME_KEYS
from ...vocabulary.keys.records import UNITS
from ..tokens import Suffix, Words
from .members import MessageMember

LONGEST_LETTER = len("Va")


class ObisKey(NamedTuple):
    """OBIS code of a meter's reading: its kind, and its tariff, which is empty for the total."""

    kind: tuple[int, int]
    tariff: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate(MessageMember):
    """Member of a message, with the words of its key and topic; complete when it is created.

    ``levels`` are the words of the meaningful levels of its key, the last one first; ``depth`` of them are its own,
    those after them its device's topic. ``unit`` is the one that the message states beside the value, in the member at
    ``unit_path`` if it has one, and ``suffix`` the one in its key. ``recorded``: a record names it; ``factor``: factor
    of the record; ``spare``: it only describes another value, or is older than one.
    """

    levels: tuple[Words, ...]
    depth: int
    suffix: Suffix | None
    obis: ObisKey | None
    sibling_group: SiblingGroup = attribute(repr=False)
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
    def is_bool(self) -> bool:
        """Return whether it is JSON's true or false."""
        return isinstance(self.value, bool)

    @property
    def is_listed(self) -> bool:
        """Return whether it is an element of a list."""
        return bool(self.field.path) and isinstance(self.field.path[-1], int)


class SiblingGroup:
    """Values under one parent, with the properties of the group."""

    def __init__(self) -> None:
        """Start without values: first the members are added, then a candidate for each."""
        self.members: list[MessageMember] = []
        self.candidates: list[Candidate] = []

    @cached_property
    def texts(self) -> dict[str, MessageMember]:
        """Return the members that are texts, by key."""
        return {
            member.plain_key: member
            for member in self.members
            if member.parts and isinstance(member.field.value, str) and member.field.value
        }

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
    def suffixes(self) -> frozenset[str]:
        """Return the units at the end of keys."""
        return frozenset(candidate.suffix.unit for candidate in self.candidates if candidate.suffix is not None)

    @cached_property
    def unit(self) -> str | None:
        """Return the unit that the group states."""
        return unit_of(self.text(UNITS) or "")

    def member(self, keys: Sequence[str]) -> MessageMember | None:
        """Return the text with the first of these keys that exists."""
        return next((self.texts[key] for key in keys if key in self.texts), None)

    def text(self, keys: Sequence[str]) -> str | None:
        """Return the text of the first of these keys that exists."""
        member = self.member(keys)
        return None if member is None else str(member.field.value)
