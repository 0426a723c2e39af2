"""Records: objects in a list that carry an identity, by which they are found in any order."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..model.number_notation import number_of
from ..model.sortable_time import sortable_time
from ..vocabulary.keys import device_members
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
from ..vocabulary.keys.records import TIMES
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
# Members that are the same in all records about one thing; the second, only if they are texts.
_SAME = device_members.HARDWARE | device_members.SERIALS | device_members.DEVICES | device_members.SENDERS
_SAME |= device_members.SOURCES | device_members.BUS_ADDRESSES | {*OF_RECORDS, *OF_PARTS, *KINDS}
_SAME_TEXTS = frozenset({*NAMES, *UNITS})


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


def by_place[Place](
    key: str | int, leaves: Sequence[tuple[Place, Any]]
) -> tuple[dict[Place, IdentifiedRecord], frozenset[Place]]:
    """Return the records among the elements of a list by their places, and the places of outdated ones.

    A message may repeat a record: the newest one has the identity. Other records that share an identity are left out.
    ``key`` is that of the list.
    """
    is_event = isinstance(key, str) and plain_key(key) in LISTS_OF_EVENTS
    records = {place: record for place, element in leaves if (record := record_of(element, is_event=is_event))}
    sharing: defaultdict[str, dict[Place, Any]] = defaultdict(dict)
    for place, element in leaves:
        if record := records.get(place):
            sharing[record.identity][place] = element
    outdated: set[Place] = set()
    for elements in sharing.values():
        if len(elements) == 1:
            continue
        if _are_repeated(elements.values()):
            newest = _newest(elements)
            outdated.update(elements.keys() - {newest})
        else:
            for place in elements:
                del records[place]
    return {place: record for place, record in records.items() if place not in outdated}, frozenset(outdated)


def _are_repeated(elements: Iterable[Any]) -> bool:
    """Return whether records with one identity are about the same part."""
    subjects = {_subject(element) for element in elements}
    return len(subjects) == 1 and None not in subjects


def _subject(element: Any) -> Hashable:
    """Return what a numbered record is about: its keys, and the members that describe it; None without a number."""
    if not isinstance(element, Mapping):
        return None
    members = {plain_key(key): value for key, value in element.items() if isinstance(key, str)}
    if not _first(members, _RANKS[OF_RECORDS]) and not _first(members, _RANKS[OF_PARTS]):
        return None
    described = {
        (key, label(value))
        for key, value in members.items()
        if key in _SAME or (key in _SAME_TEXTS and isinstance(value, str) and number_of(value) is None)
    }
    return frozenset(element), frozenset(described)


def _newest[Place](elements: Mapping[Place, Any]) -> Place:
    """Return the place of the newest record; of the last, if several are as new or have no time."""
    times = {place: _time(element) for place, element in elements.items()}
    return max(reversed(times), key=times.__getitem__)


def _time(element: Mapping[Any, Any]) -> str:
    """Return the time of a record in sortable form; empty if it has none."""
    times = (sortable_time(element[key]) for key in element if isinstance(key, str) and plain_key(key) in TIMES)
    return next((time for time in times if time), "")


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
