"""Members of a message: each value with its key and its number, and the groups under one parent. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as attribute
import re

from ...model.conversion import is_absent, quantity_of, text_of, unit_of
from ...model.message import Field, Path, Scalar
from ...model.number_notation import has_decimal_comma
from ...vocabulary.keys.letters import COUNTED_BY_LETTERS
from ...vocabulary.keys.records import UNITS
from ...vocabulary.words import WORDS
from ..roles.words import role_of
from ..tokens import letters, phrases, suffix, words_of

# A text under one of these keys is never a number with a unit: "5A" is not a current.
IDENTIFYING = re.compile(r"(?i).*(hex|id|code|type|version|model|serial|name|address|addr|mac|eui)")
PADDED = re.compile(r"0\d+")
# Beside a text like this, one of digits only may be hexadecimal as well: "ID=4C01;TEMP=0080" (RFLink).
HEX = re.compile(r"(?=.*\d)(?=.*[A-Fa-f])[0-9A-Fa-f]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class MessageMember:
    """Value of a message, with its key and unit.

    ``parts`` are the levels of its key from the topic down, as written; ``number`` is the value if it is or contains a
    number, and ``decimal_comma`` is as in ``Channel``; ``unit`` is the one stated beside it, ``stated`` is also True
    for an unknown one; ``annotated`` is the name and ``settable`` the permission in annotation topics (Homie).
    """

    subtopic: str
    field: Field
    parts: tuple[str, ...]
    value: Scalar
    number: int | float | None
    decimal_comma: bool
    unit: str | None
    stated: bool
    annotated: str | None
    settable: bool = False

    @property
    def parent(self) -> tuple[str, ...]:
        """Return the levels above it."""
        return self.parts[:-1]

    @property
    def plain_key(self) -> str:
        """Return the last level of its key, in lower case and without a leading mark: "_unit", "@name"."""
        return plain(self.parts[-1]) if self.parts else ""

    @property
    def text(self) -> str | None:
        """Return the value if it is a text without a number."""
        return self.value if isinstance(self.value, str) and self.number is None else None

    @property
    def stated_unit(self) -> str | None:
        """Return the unit that the value is: "°C"."""
        return unit_of(self.value) if isinstance(self.value, str) else None

    @property
    def is_identity(self) -> bool:
        """Return whether the value is the identity of its record, which its path has in place of an index."""
        path, raw_path = self.field.path, self.field.raw_path
        is_of_record = raw_path is not None and isinstance(raw_path[-2], int)
        return is_of_record and path[-2:-1] == (text_of(self.field.value).strip(),)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """Facts on how a device writes numbers, which decide whether the digits of a text are one.

    ``hex_lengths`` are the lengths of its hexadecimal texts, ``with_unit`` the objects that state a unit.
    """

    decimal_comma: bool
    hex_lengths: set[int] = attribute(default_factory=set)
    with_unit: set[tuple[str, Path]] = attribute(default_factory=set)


def plain(key: str) -> str:
    """Return a key in lower case, without leading marks."""
    return key.lower().lstrip("_@#")


def members_of(fields: Sequence[tuple[str, Field]]) -> list[MessageMember]:
    """Return the members of a device, with the annotations of their topics."""
    notes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    number_format = NumberFormat(decimal_comma=any(writes_decimal_comma(field) for _, field in fields))
    values = []
    for subtopic, field in fields:
        if is_annotation(subtopic):
            owner, _, name = subtopic.rpartition("/")
            notes[owner][name] = text_of(field.value)
            continue
        values.append((subtopic, field))
        if isinstance(field.value, str) and HEX.fullmatch(field.value):
            number_format.hex_lengths.add(len(field.value))
        if field.path and plain(str(field.path[-1])) in UNITS and unit_of(text_of(field.value)):
            number_format.with_unit.add((subtopic, field.path[:-1]))
    return [member_of(subtopic, field, notes[subtopic], number_format) for subtopic, field in values]


def writes_decimal_comma(field: Field) -> bool:
    """Return whether a value shows that its device writes decimals behind a comma.

    As a whole payload even "1,234" does: few programs put a comma between the thousands there.
    """
    if not isinstance(field.value, str) or "," not in field.value:
        return False
    return has_decimal_comma(field.value) or (not field.path and quantity_of(field.value)[0] is None)


def is_annotation(subtopic: str) -> bool:
    """Return whether a topic describes another one, as Homie's ``$unit`` does."""
    return subtopic.startswith("$") or "/$" in subtopic


def member_of(subtopic: str, field: Field, notes: Mapping[str, str], number_format: NumberFormat) -> MessageMember:
    """Return the member of a value; ``notes`` are the annotations of its topic."""
    parts = (*[level for level in subtopic.split("/") if level], *map(str, field.named_path or field.path))
    # "none" may be a state: no alarm.
    absent = is_absent(field.value) and field.value != "" and str(field.value).strip().lower() != "none"
    value = None if absent else field.value
    number, unit = number_of(value, number_format)
    if unit is not None and parts and IDENTIFYING.fullmatch(parts[-1]):
        number, unit = None, None
    stated = field.unit is not None or unit is not None or "$unit" in notes
    if "$unit" in notes or field.unit is not None:
        unit = unit_of(notes.get("$unit") or field.unit or "")
    if is_padded(value):
        has_unit = stated or (subtopic, field.path[:-1]) in number_format.with_unit
        is_number = has_unit or (bool(parts) and names_quantity(parts[-1]))
        number = number if is_number and len(str(value)) not in number_format.hex_lengths else None
    return MessageMember(
        subtopic=subtopic,
        field=field,
        parts=parts,
        value=value,
        number=number,
        decimal_comma=number_format.decimal_comma and number is not None and isinstance(value, str),
        unit=unit,
        stated=stated,
        annotated=notes.get("$name"),
        settable=notes.get("$settable") == "true",
    )


def number_of(value: Scalar, number_format: NumberFormat) -> tuple[int | float | None, str | None]:
    """Return the number that a value is or contains, and the unit behind it."""
    if isinstance(value, str):
        return quantity_of(value, decimal_comma=number_format.decimal_comma)
    return None if isinstance(value, bool) else value, None


def is_padded(value: Scalar) -> bool:
    """Return whether a value is a whole number of fixed width, "0041", or the digits of an identity."""
    return isinstance(value, str) and PADDED.fullmatch(value.strip()) is not None


def names_quantity(key: str) -> bool:
    """Return whether a key names a quantity or a unit, and is no identity: "heat_sink_temp", but not "battery_id"."""
    words = words_of(key)
    units, rest = letters(words)
    has_letter = bool(units) and COUNTED_BY_LETTERS.isdisjoint(rest)
    if suffix(words) is None and not has_letter and not phrases(words, WORDS):
        return False
    return role_of(words, None) in (None, "setting")
