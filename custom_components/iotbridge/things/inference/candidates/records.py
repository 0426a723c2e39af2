"""Records: a value beside members with its unit, its factor and its name is one reading. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...model.conversion import unit_of
from ...model.message import Path
from ...vocabulary.keys.records import FACTORS, NAME_WORDS, SPARE, TITLES, UNIT_WORDS, VALUE_WORDS
from ...vocabulary.units.known_units import QUANTITY_OF_UNIT
from ...vocabulary.units.spellings import NO_UNIT
from ...vocabulary.words import WORDS
from ..tokens import Words, phrases, words_of
from .members import MemberGroup, MessageMember

# Columns of a table's row: name, value, unit, and perhaps one more.
ROW = range(3, 6)
# Maximum distance of a table's title above its row.
TITLE_LEVELS = 4


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


def record_of(group: MemberGroup) -> Record | None:
    """Return the single reading of a group; None if its members are readings of their own."""
    return row_of(group) or described(group)


def described(group: MemberGroup) -> Record | None:
    """Return the record of an object: {"val": 221, "unit": "°C", "factor": 0.1}."""
    units = [member for member in group.members if member.text is not None and names_unit(member)]
    if len(units) != 1 or (unit_of(units[0].text or "") is None and units[0].text not in NO_UNIT):
        return None
    prefix = words_of(units[0].parts[-1])[:-1]
    value = value_of(group, prefix, QUANTITY_OF_UNIT.get(unit_of(units[0].text or "") or ""))
    if value is None:
        return None
    duplicates = [
        member for member in group.members if member is not value and member.number is not None and member.stated
    ]
    applied = any(member.number == value.number for member in duplicates)
    spare = frozenset(
        member for member in group.members if member is not value and (member in duplicates or is_spare(member))
    )
    factor = 1.0 if applied else factor_of(group)
    return Record(value, units[0].text or "", name_of(group, prefix), factor, spare, path_of(units[0], value))


def names_unit(member: MessageMember) -> bool:
    """Return whether a key declares its text as a unit: "unit", "parameterUnit"."""
    words = words_of(member.parts[-1]) if member.parts else ()
    return bool(words) and (words[-1] in UNIT_WORDS or words == ("u",))


def value_of(group: MemberGroup, prefix: Words, quantity: str | None) -> MessageMember | None:
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
    return named[0] if len(named) == 1 else None


def is_spare(member: MessageMember) -> bool:
    """Return whether a member only describes the value beside it."""
    return not SPARE.isdisjoint(words_of(member.parts[-1]))


def factor_of(group: MemberGroup) -> float:
    """Return the factor of a value, or its power of ten if negative."""
    for member in group.members:
        if member.parts[-1].lower() in FACTORS and member.number:
            return float(member.number) if member.number > 0 else float(10**member.number)
    return 1.0


def name_of(group: MemberGroup, prefix: Words) -> str | None:
    """Return the name of a record's value, whose key is formed like that of its unit: "parameterName"."""
    for member in group.members:
        words = words_of(member.parts[-1]) if member.text else ()
        if prefix and words and words[-1] in NAME_WORDS and words[:-1] == prefix:
            return member.text
    return None if prefix else group.text(TITLES)


def row_of(group: MemberGroup) -> Record | None:
    """Return the record of a table's row: ["Humidity", "38", "%"]."""
    row = group.members
    if len(row) not in ROW or [member.field.path[-1:] for member in row] != [(index,) for index in range(len(row))]:
        return None
    name, value, unit = (member.text for member in row[:3])
    if not name or value is not None or row[1].number is None or not unit or unit_of(unit) is None:
        return None
    spare = frozenset(member for member in row if member is not row[1])
    return Record(row[1], unit, name, 1.0, spare, path_of(row[2], row[1]))


def path_of(unit: MessageMember, value: MessageMember) -> Path | None:
    """Return the path of a unit; None if it is not in the same messages as its value."""
    return unit.field.path if unit.subtopic == value.subtopic else None


def title_of(member: MessageMember, groups: Mapping[tuple[str, ...], MemberGroup]) -> str | None:
    """Return the title of a row's table."""
    above: Sequence[str] = member.parent
    for length in range(len(above) - 1, max(0, len(above) - TITLE_LEVELS), -1):
        group = groups.get(tuple(above[:length]))
        title = group.text(NAME_WORDS) if group else None
        if title:
            return title
    return None
