"""Records: a value beside members with its unit, its factor and its name is one reading. Pure."""

from dataclasses import dataclass

from ...model.conversion import unit_of
from ...model.message import Path
from ...vocabulary.keys.records import (
    FACTORS,
    NAME_WORDS,
    ONLY_UNITS,
    ONLY_VALUES,
    SPARE,
    TITLES,
    UNIT_WORDS,
    VALUE_WORDS,
)
from ...vocabulary.units.known_units import QUANTITY_OF_UNIT
from ...vocabulary.units.spellings import NO_UNIT
from ...vocabulary.words import WORDS
from ..tokens import Words, phrases, words_of
from .candidate import SiblingGroup
from .members import MessageMember


@dataclass(frozen=True, slots=True)
class Record:
    """Reading made of several members: ``value`` holds its number, those in ``spare`` only describe it.

    ``unit_path`` is the place of the unit if it is in the same message.
    """

    value: MessageMember
    unit: str
    name: str | None
    factor: float
    spare: frozenset[MessageMember]
    unit_path: Path | None


def record_of(group: SiblingGroup) -> Record | None:
    """Return the single reading of an object, {"val": 221, "unit": "°C", "factor": 0.1}; None if it has several."""
    units = [member for member in group.members if member.text is not None and names_unit(member)]
    if len(units) != 1 or (unit_of(units[0].text or "") is None and units[0].text not in NO_UNIT):
        return None
    prefix = words_of(units[0].parts[-1])[:-1]
    value = value_of(group, prefix, QUANTITY_OF_UNIT.get(unit_of(units[0].text or "") or ""))
    if value is None:
        return None
    others = [member for member in group.members if member is not value]
    repeated = [member for member in others if member.number is not None and member.stated]
    spare = frozenset(member for member in others if member in repeated or is_spare(member))
    factor = 1.0 if any(member.number == value.number for member in repeated) else factor_of(group)
    return Record(value, units[0].text or "", name_of(group, prefix), factor, spare, path_beside(units[0], value))


def names_unit(member: MessageMember) -> bool:
    """Return whether a key declares its text as a unit: "unit", "parameterUnit"."""
    words = words_of(member.parts[-1]) if member.parts else ()
    return bool(words) and (words[-1] in UNIT_WORDS or words in ONLY_UNITS)


def value_of(group: SiblingGroup, prefix: Words, quantity: str | None) -> MessageMember | None:
    """Return the member that a unit belongs to: the one named after its quantity, or "value"."""
    numbers = [
        (words_of(member.parts[-1]), member)
        for member in group.members
        if member.number is not None and not is_spare(member) and not member.unit
    ]
    if prefix and any(words == prefix for words, _ in numbers):
        return None
    if not prefix and quantity:
        matching = [
            member
            for words, member in numbers
            if any(WORDS[phrase.text] == quantity for phrase in phrases(words, WORDS))
        ]
        if matching:
            return matching[0] if len(matching) == 1 else None
    named = [member for words, member in numbers if words and words[-1] in VALUE_WORDS and words[:-1] in ((), prefix)]
    named = named or [member for words, member in numbers if words in ONLY_VALUES and len(numbers) == 1]
    return named[0] if len(named) == 1 else None


def is_spare(member: MessageMember) -> bool:
    """Return whether a member only describes the value beside it."""
    return not SPARE.isdisjoint(words_of(member.parts[-1]))


def factor_of(group: SiblingGroup) -> float:
    """Return the factor of a value, or its power of ten if negative."""
    for member in group.members:
        if member.parts[-1].lower() in FACTORS and member.number:
            return float(member.number) if member.number > 0 else float(10**member.number)
    return 1.0


def name_of(group: SiblingGroup, prefix: Words) -> str | None:
    """Return the name of a record's value, whose key is formed like that of its unit: "parameterName"."""
    for member in group.members:
        words = words_of(member.parts[-1]) if member.text else ()
        if prefix and words and words[-1] in NAME_WORDS and words[:-1] == prefix:
            return member.text
    return None if prefix else group.text(TITLES)


def path_beside(unit: MessageMember, value: MessageMember) -> Path | None:
    """Return the path of a unit; None if it is not in the same messages as its value."""
    return unit.field.path if unit.subtopic == value.subtopic else None
