"""Records: objects in a list that carry an identity, by which they are found in any order."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from ..model.conversion import quantity_of
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
    PAIRS,
    TIMES,
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
# A message has no more fields, and each of these records has at least one.
_LONGEST_SERIES = 500
_SEPARATORS = str.maketrans("", "", "_- .")
_RANKS = {
    keys: {key: rank for rank, key in reversed(list(enumerate(keys)))}
    for keys in (OF_RECORDS, OF_PARTS, NAMES, KINDS, UNITS)
}
_DESCRIBING = BESIDE_A_VALUE | {*OF_RECORDS, *OF_PARTS, *NAMES, *KINDS} | {key for pair in PAIRS for key in pair}
# Members that are the same in all records about one thing; the second, only if they are texts.
_SAME = device_members.HARDWARE | device_members.SERIALS | device_members.DEVICES | device_members.SENDERS
_SAME |= device_members.SOURCES | device_members.BUS_ADDRESSES | {*OF_RECORDS, *OF_PARTS, *KINDS, "chip"}
# Members whose numbers tell the records of a list apart.
_NUMBERED = _SAME | device_members.PARTS | {"sensor"}
_SAME_TEXTS = frozenset({*NAMES, *UNITS})


@dataclass(frozen=True, slots=True)
class IdentifiedRecord:
    """Record of a list: its identity, its own name, and the key of its value; None if it has several.

    ``identity`` None: others of its list have the same, so that it is found by its place only.
    ``value_name`` and ``unit`` are those of the value. ``is_single``: the other members only describe the value.
    """

    identity: str | None
    name: str | None = None
    value_key: Any = None
    value_name: str | None = None
    unit: str | None = None
    is_single: bool = False


def plain_key(key: str) -> str:
    """Return a key without case and separators; of a longer one only the begin, which the cache keeps."""
    return _plain(key[:_LONGEST_KEY])


@lru_cache(4096)
def _plain(key: str) -> str:
    return key.lower().translate(_SEPARATORS)


def identified_record(element: Any, *, is_event: bool = False) -> IdentifiedRecord | None:
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
    pair = _pair(members)
    own, part = _first(members, _RANKS[OF_RECORDS]) or pair, _first(members, _RANKS[OF_PARTS])
    if is_event and not own:
        return None
    name, kind = pair or _first(members, _RANKS[NAMES], only=str), _kind(members)
    if value_key is None:
        identity = own or part or name or kind
        return IdentifiedRecord(identity, name) if identity else None
    distinct = [own] if own else [part or name, kind]
    identity = " ".join(text for text in distinct if text)
    if not identity:
        return None
    is_single = len(keys) == len(element) and keys.keys() - {plain_key(value_key)} <= _DESCRIBING
    # Beside more members, the unit is that of one of them, and there may be a factor.
    unit = _first(members, _RANKS[UNITS], only=str) if is_single else None
    value_name = _value_name(name, kind, None if own else part)
    return IdentifiedRecord(identity, name, value_key, value_name, unit, is_single)


class Leaf(NamedTuple):
    """Element of a list, or of a list in it, with its indexes; ``outdated``: a later record of the same follows."""

    place: tuple[int, ...]
    element: Any
    outdated: bool


def by_place(
    key: str | int, leaves: Sequence[Leaf]
) -> tuple[dict[tuple[int, ...], IdentifiedRecord], frozenset[tuple[int, ...]]]:
    """Return the records among the elements of a list by their places, and the places of repeated ones.

    A message may repeat a record: the newest one has the identity. Other records that share an identity are left out,
    or, if they are rows of a table, have none. ``key`` is that of the list.
    """
    is_event = isinstance(key, str) and plain_key(key) in LISTS_OF_EVENTS
    records = {leaf.place: record for leaf in leaves if (record := identified_record(leaf.element, is_event=is_event))}
    sharing: defaultdict[str, dict[tuple[int, ...], Any]] = defaultdict(dict)
    for place, element, _ in leaves:
        if (record := records.get(place)) and record.identity:
            sharing[record.identity][place] = element
    repeated: set[tuple[int, ...]] = set()
    for elements in sharing.values():
        if len(elements) == 1:
            continue
        if _are_repeated(elements.values()):
            repeated.update(elements.keys() - {_newest(elements)})
        else:
            for place, element in elements.items():
                record = records.pop(place)
                if isinstance(element, list):
                    records[place] = replace(record, identity=None)
    return {place: record for place, record in records.items() if place not in repeated}, frozenset(repeated)


def _are_repeated(elements: Iterable[Any]) -> bool:
    """Return whether records with one identity are about the same part."""
    subjects = {_subject(element) for element in elements}
    return len(subjects) == 1 and None not in subjects


def _subject(element: Any) -> Hashable:
    """Return what a numbered record is about: its keys, and the members that describe it; None without a number."""
    if not isinstance(element, Mapping):
        return None
    members = {plain_key(key): value for key, value in element.items() if isinstance(key, str)}
    if not (_pair(members) or _first(members, _RANKS[OF_RECORDS]) or _first(members, _RANKS[OF_PARTS])):
        return None
    described = {
        (key, label(value))
        for key, value in members.items()
        if key in _SAME or (key in _SAME_TEXTS and isinstance(value, str) and number_of(value) is None)
    }
    return frozenset(element), frozenset(described)


def _newest(elements: Mapping[tuple[int, ...], Any]) -> tuple[int, ...]:
    """Return the place of the newest record; of the last, if several are as new or have no time."""
    times = {place: _time(element) for place, element in elements.items()}
    return max(reversed(times), key=times.__getitem__)


def _time(element: Mapping[Any, Any] | list[Any]) -> str:
    """Return the time of a record in sortable form, or that of a row; empty if it has none."""
    if isinstance(element, list):
        return sortable_time(element[0]) or "" if element else ""
    times = (sortable_time(element[key]) for key in element if isinstance(key, str) and plain_key(key) in TIMES)
    return next((time for time in times if time), "")


def flattened(elements: Sequence[Any], levels: int, *, outdated: bool = False) -> Iterator[Leaf]:
    """Yield the elements of a list and of the lists in it."""
    former = _outdated(elements)
    for index, element in enumerate(elements):
        is_outdated = outdated or index in former
        if isinstance(element, list) and levels > 1 and _row(element) is None:
            inner = flattened(element, levels - 1, outdated=is_outdated)
            yield from (Leaf((index, *place), leaf, is_former) for place, leaf, is_former in inner)
        else:
            yield Leaf((index,), element, is_outdated)


def _outdated(elements: Sequence[Any]) -> set[int]:
    """Return the indexes of records that a later one follows with the same keys, texts and numbers of parts."""
    times: defaultdict[Hashable, dict[int, str]] = defaultdict(dict)
    for index, element in enumerate(elements[:_LONGEST_SERIES]):
        if isinstance(element, Mapping | list) and (time := _time(element)):
            times[_series(element)][index] = time
    return {index for series in times.values() for index, time in series.items() if time < max(series.values())}


def _series(element: Mapping[Any, Any] | list[Any]) -> Hashable:
    """Return what a record with a time is about."""
    members = element if isinstance(element, Mapping) else dict(enumerate(element))
    scalars = {str(key): value for key, value in members.items() if _is_scalar(value)}
    described = {(key, label(value)) for key, value in scalars.items() if _is_description(key, value)}
    return frozenset(scalars), frozenset(described)


def _is_description(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return sortable_time(value) is None and quantity_of(value)[0] is None
    return plain_key(key) in _NUMBERED


def names_of(records: Mapping[Any, IdentifiedRecord]) -> dict[str, str]:
    """Return the names of records by their identities; without those that two of them share."""
    count = Counter(record.name for record in records.values())
    return {
        record.identity: record.name
        for record in records.values()
        if record.identity and record.name and count[record.name] == 1
    }


def _row(cells: Sequence[Any]) -> IdentifiedRecord | None:
    """Return the record of a table's row: ["Humidity", "38", "%"], ["L1", 231, 0.4]; a time is not an identity."""
    if len(cells) not in _ROW or not all(_is_scalar(cell) for cell in cells):
        return None
    name, value, *others = cells
    if not isinstance(name, str) or not name[:1].isalpha() or not _is_short(name) or not _is_number(value):
        return None
    if not all(isinstance(cell, str) for cell in others):
        return IdentifiedRecord(name)
    return IdentifiedRecord(name, name, 1, name, others[0] if others else None, is_single=True)


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


def _pair(members: Mapping[str, Any]) -> str | None:
    """Return the texts of two members that identify a record together."""
    for pair in PAIRS:
        texts = [text for key in pair if (text := label(members.get(key))) and _is_short(text)]
        if len(texts) == len(pair):
            return " ".join(texts)
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
