"""The same thing at several times, in one message: only what is newest is a reading of now. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .candidates import Family, Place

# How a time is written that can be compared with another one of the same message.
WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
EPOCH = 1e9
# Members that tell when their record was measured.
TIMES = frozenset({"time", "timestamp", "date", "datetime", "ts", "t", "at"})
NAMES = frozenset({"type", "sensor", "channel", "id", "index", "number", "address", "port"})


def outdated(families: Mapping[tuple[str, ...], Family]) -> Iterator[Family]:
    """Yield the records of lists that a later one of the same list, and of the same name, follows."""
    lists: defaultdict[tuple[object, ...], list[tuple[str, Family]]] = defaultdict(list)
    for parent, family in families.items():
        when = time_of(family) if is_listed(family) else None
        if when:
            members = frozenset(one.parts[-1] for one in family.places)
            lists[parent[:-1], members, name_of(family)].append((when, family))
    for records in lists.values():
        newest = max(when for when, _ in records)
        yield from (family for when, family in records if when != newest)


def is_listed(family: Family) -> bool:
    """Return whether a family is an element of a list."""
    path = family.places[0].field.path
    return len(path) > 1 and isinstance(path[-2], int)


def time_of(family: Family) -> str | None:
    """Return when a record was measured, in a form that sorts; None where it does not say."""
    for index, one in enumerate(family.places):
        if one.parts[-1].lower() not in TIMES and not (index == 0 and one.field.path[-1:] == (0,)):
            continue
        value = one.field.value
        if isinstance(value, str) and WRITTEN.fullmatch(value):
            return value
        if isinstance(value, int | float) and value > EPOCH:
            return f"{value:020.3f}"
    return None


def name_of(family: Family) -> tuple[str, ...]:
    """Return what a record says of itself in words, and by its number: another one that says the same is its like."""
    return tuple(str(one.field.value) for one in family.places if is_name(one))


def is_name(one: Place) -> bool:
    """Return whether a member may tell whose record it is: a text that is no time, or a number that names."""
    value = one.field.value
    if isinstance(value, str):
        return WRITTEN.fullmatch(value) is None and one.number is None
    return one.parts[-1].lower() in NAMES
