"""Records: objects in a list that carry an identity, by which they are found in any order."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..model.number_notation import number_of
from ..vocabulary.keys.identities import (
    BESIDE_A_VALUE,
    KINDS,
    LISTS_OF_EVENTS,
    NAMES,
    NO_KINDS,
    OF_PARTS,
    OF_RECORDS,
    UNITS,
    VALUES,
)
from .scalars import label

# Numbers of cells in a table's row.
_ROW = range(2, 12)
# A longer text is not an identity.
_LONGEST = 64
# A longer number of a part is not repeated in the name of its value.
_LONGEST_NUMBER = 3
_LONGEST_KEY = 40
_SEPARATORS = str.maketrans("", "", "_- .")
_RANKS = {
    keys: {key: rank for rank, key in reversed(list(enumerate(keys)))}
    for keys in (OF_RECORDS, OF_PARTS, NAMES, KINDS, UNITS)
}
_DESCRIBING = BESIDE_A_VALUE | {*OF_RECORDS, *OF_PARTS, *NAMES, *KINDS}


@dataclass(frozen=True, slots=True)
class IdentifiedRecord:
    """Record of a list: its identity, and the key of its value; None if it has several.

    ``name`` and ``unit`` are those of the value. ``is_single``: the other members only describe the value.
    """

    identity: str
    value_key: Any = None
    name: str | None = None
    unit: str | None = None
    is_single: bool = False


def plain_key(key: str) -> str:
    """Return a key without case and separators; of a longer one only the begin, which the cache keeps."""
    return _plain(key[:_LONGEST_KEY])


@lru_cache(4096)
def _plain(key: str) -> str:
    return key.lower().translate(_SEPARATORS)


def record_of(element: Any, *, is_event: bool = False) -> IdentifiedRecord | None:
    """Return the record that an element of a list is; None if it has no identity.

    It depends on nothing but the element: whatever else a message contains, the record has the same identity. Of an
    event, only the component that it is about is an identity.
    """
    if isinstance(element, list):
        return _row(element)
    if not element or not isinstance(element, Mapping):
        return None
    keys = {plain_key(key): key for key in element if isinstance(key, str)}
    members = {plain: element[key] for plain, key in keys.items()}
    value_key = next((keys[plain] for plain in VALUES if _is_scalar(members.get(plain, {}))), None)
    own, part = _first(members, _RANKS[OF_RECORDS]), _first(members, _RANKS[OF_PARTS])
    if is_event and not own:
        return None
    name, kind = _first(members, _RANKS[NAMES], only=str), _kind(members)
    if value_key is None:
        identity = own or part or name or kind
        return IdentifiedRecord(identity) if identity else None
    distinct = [own] if own else [part or name, kind]
    identity = " ".join(text for text in distinct if text)
    if not identity:
        return None
    is_single = len(keys) == len(element) and keys.keys() - {plain_key(value_key)} <= _DESCRIBING
    # Beside more members, the unit is that of one of them, and there may be a factor.
    unit = _first(members, _RANKS[UNITS], only=str) if is_single else None
    return IdentifiedRecord(identity, value_key, _value_name(name, kind, None if own else part), unit, is_single)


def by_place[Place](key: str | int, leaves: Sequence[tuple[Place, Any]]) -> dict[Place, IdentifiedRecord]:
    """Return the records among the elements of a list by their places; without those that share an identity.

    ``key`` is that of the list.
    """
    is_event = isinstance(key, str) and plain_key(key) in LISTS_OF_EVENTS
    records = {place: record for place, element in leaves if (record := record_of(element, is_event=is_event))}
    count = Counter(record.identity for record in records.values())
    return {place: record for place, record in records.items() if count[record.identity] == 1}


def flattened(elements: Sequence[Any], levels: int) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield the elements of a list and of the lists in it, with their places."""
    for index, element in enumerate(elements):
        if isinstance(element, list) and levels > 1 and _row(element) is None:
            yield from (((index, *place), inner) for place, inner in flattened(element, levels - 1))
        else:
            yield (index,), element


def _row(cells: Sequence[Any]) -> IdentifiedRecord | None:
    """Return the record of a table's row: ["Humidity", "38", "%"], ["L1", 231, 0.4]; a time is not an identity."""
    if len(cells) not in _ROW or not all(_is_scalar(cell) for cell in cells):
        return None
    name, value, *others = cells
    if not isinstance(name, str) or not name[:1].isalpha() or not _is_short(name) or not _is_number(value):
        return None
    if not all(isinstance(cell, str) for cell in others):
        return IdentifiedRecord(name)
    return IdentifiedRecord(name, 1, name, others[0] if others else None, is_single=True)


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and number_of(value) is not None)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, Mapping | list | bytes)


def _first(members: Mapping[str, Any], ranks: Mapping[str, int], only: type = object) -> str | None:
    """Return the text of the member with the first rank that has one."""
    for key in sorted(members.keys() & ranks.keys(), key=ranks.__getitem__):
        if isinstance(members[key], only) and (text := label(members[key])) and _is_short(text):
            return text
    return None


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST


def _kind(members: Mapping[str, Any]) -> str | None:
    kind = _first(members, _RANKS[KINDS])
    return None if kind is None or kind.lower() in NO_KINDS else kind


def _value_name(name: str | None, kind: str | None, part: str | None) -> str | None:
    """Return the name of a value: "Kitchen temperature", "Air Temperature", "humidity 2"."""
    if kind is None or kind.isdigit():
        return name
    if name is not None:
        return name if kind.lower() in name.lower() else f"{name} {kind}"
    return f"{kind} {part}" if part and len(part) <= _LONGEST_NUMBER else kind
