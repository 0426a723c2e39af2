"""Members of a message: each value with its key and its number, and the groups under one parent. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
import re

from ...model.conversion import is_absent, quantity_of, text_of, unit_of
from ...model.message import Field, Scalar

# A text under one of these keys is never a number with a unit: "5A" is not a current.
IDENTIFYING = re.compile(r"(?i).*(hex|id|code|type|version|model|serial|name|address|addr|mac|eui)")
LEADING_ZERO = re.compile(r"0\d+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MessageMember:
    """Value of a message, with its key and unit.

    ``parts`` are the levels of its key from the topic down, as written; ``number`` is the value if it is or contains a
    number; ``unit`` is the one stated beside it, ``stated`` is also True for an unknown one; ``annotated`` is the name
    and ``settable`` the permission in annotation topics (Homie).
    """

    subtopic: str
    field: Field
    parts: tuple[str, ...]
    value: Scalar
    number: int | float | None
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
    for subtopic, field in fields:
        if is_annotation(subtopic):
            owner, _, name = subtopic.rpartition("/")
            notes.setdefault(owner, {})[name] = text_of(field.value)
    return [
        member_of(subtopic, field, notes.get(subtopic, {})) for subtopic, field in fields if not is_annotation(subtopic)
    ]


def is_annotation(subtopic: str) -> bool:
    """Return whether a topic describes another one, as Homie's ``$unit`` does."""
    return any(level.startswith("$") for level in subtopic.split("/"))


def member_of(subtopic: str, field: Field, notes: Mapping[str, str]) -> MessageMember:
    """Return the member of a value; ``notes`` are the annotations of its topic."""
    parts = (*[level for level in subtopic.split("/") if level], *map(str, field.path))
    # "none" may be a state: no alarm.
    absent = is_absent(field.value) and field.value != "" and str(field.value).strip().lower() != "none"
    value = None if absent else field.value
    number, unit = number_of(value)
    if unit is not None and parts and IDENTIFYING.fullmatch(parts[-1]):
        number, unit = None, None
    stated = field.unit is not None or unit is not None or "$unit" in notes
    if "$unit" in notes or field.unit is not None:
        unit = unit_of(notes.get("$unit") or field.unit or "")
    return MessageMember(
        subtopic=subtopic,
        field=field,
        parts=parts,
        value=value,
        number=number,
        unit=unit,
        stated=stated,
        annotated=notes.get("$name"),
        settable=notes.get("$settable") == "true",
    )


def number_of(value: Scalar) -> tuple[int | float | None, str | None]:
    """Return the number that a value is or contains, and the unit behind it."""
    if isinstance(value, bool) or value is None:
        return None, None
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None, None
    number, unit = quantity_of(value)
    return (None if LEADING_ZERO.fullmatch(value.strip()) else number), unit
