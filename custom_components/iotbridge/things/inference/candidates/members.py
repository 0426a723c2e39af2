"""Members of a message: each value with its key and its number, and the groups under one parent. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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
    settable: bool

    @property
    def parent(self) -> tuple[str, ...]:
        """Return the levels above it."""
        return self.parts[:-1]

    @property
    def key(self) -> str:
        """Return the last level of its key, in lower case and without a leading mark: "_unit", "@name"."""
        return plain(self.parts[-1]) if self.parts else ""

    @property
    def text(self) -> str | None:
        """Return the value if it is a text without a number."""
        return self.value if isinstance(self.value, str) and self.number is None else None


class MemberGroup:
    """Members under one parent."""

    def __init__(self) -> None:
        """Start without members."""
        self.members: list[MessageMember] = []

    @cached_property
    def texts(self) -> dict[str, str]:
        """Return the members that are texts, by key."""
        return {
            member.key: member.field.value
            for member in self.members
            if member.parts and isinstance(member.field.value, str) and member.field.value
        }

    @cached_property
    def places(self) -> dict[str, tuple[str, Path]]:
        """Return the subtopics and paths of the members that are texts, by key."""
        return {
            member.key: (member.subtopic, member.field.path)
            for member in self.members
            if member.parts and isinstance(member.field.value, str) and member.field.value
        }

    def text(self, keys: Sequence[str]) -> str | None:
        """Return the text of the first of these keys that exists."""
        return next((text for key in keys if (text := self.texts.get(key))), None)


def groups_of(members: Sequence[MessageMember]) -> dict[tuple[str, ...], MemberGroup]:
    """Return the members by the levels above them."""
    groups: defaultdict[tuple[str, ...], MemberGroup] = defaultdict(MemberGroup)
    for member in members:
        groups[member.parent].members.append(member)
    return dict(groups)


def plain(key: str) -> str:
    """Return a key in lower case, without leading marks."""
    return key.lower().lstrip("_@#")


def members_of(fields: Sequence[tuple[str, Field]]) -> list[MessageMember]:
    """Return the members of a device, with the annotations of their topics."""
    notes: dict[str, dict[str, str]] = {}
    with_unit = set()
    hex_lengths = {len(text) for _, field in fields if isinstance(text := field.value, str) and HEX.fullmatch(text)}
    for subtopic, field in fields:
        if is_annotation(subtopic):
            owner, _, name = subtopic.rpartition("/")
            notes.setdefault(owner, {})[name] = text_of(field.value)
        elif field.path and plain(str(field.path[-1])) in UNITS and unit_of(text_of(field.value)):
            with_unit.add((subtopic, field.path[:-1]))
    decimal_comma = any(writes_decimal_comma(field) for _, field in fields)
    return [
        member_of(
            subtopic,
            field,
            notes.get(subtopic, {}),
            decimal_comma=decimal_comma,
            has_unit_beside=(subtopic, field.path[:-1]) in with_unit,
            hex_lengths=hex_lengths,
        )
        for subtopic, field in fields
        if not is_annotation(subtopic)
    ]


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


def member_of(
    subtopic: str,
    field: Field,
    notes: Mapping[str, str],
    *,
    decimal_comma: bool,
    has_unit_beside: bool,
    hex_lengths: set[int],
) -> MessageMember:
    """Return the member of a value; ``notes`` are the annotations of its topic."""
    parts = (*[level for level in subtopic.split("/") if level], *map(str, field.path))
    # "none" may be a state: no alarm.
    absent = is_absent(field.value) and field.value != "" and str(field.value).strip().lower() != "none"
    value = None if absent else field.value
    number, unit = number_of(value, decimal_comma=decimal_comma)
    if unit is not None and parts and IDENTIFYING.fullmatch(parts[-1]):
        number, unit = None, None
    stated = field.unit is not None or unit is not None or "$unit" in notes
    if "$unit" in notes or field.unit is not None:
        unit = unit_of(notes.get("$unit") or field.unit or "")
    if is_padded(value):
        has_meaning = stated or has_unit_beside or (bool(parts) and names_quantity(parts[-1]))
        number = number if has_meaning and len(str(value)) not in hex_lengths else None
    return MessageMember(
        subtopic=subtopic,
        field=field,
        parts=parts,
        value=value,
        number=number,
        decimal_comma=decimal_comma and number is not None and isinstance(value, str),
        unit=unit,
        stated=stated,
        annotated=notes.get("$name"),
        settable=notes.get("$settable") == "true",
    )


def number_of(value: Scalar, *, decimal_comma: bool) -> tuple[int | float | None, str | None]:
    """Return the number that a value is or contains, and the unit behind it."""
    if isinstance(value, bool) or value is None:
        return None, None
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None, None
    return quantity_of(value, decimal_comma=decimal_comma)


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
