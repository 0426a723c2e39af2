"""Time series: of several records of the same thing in one message only the newest is a current reading. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ...model.sortable_time import WRITTEN, sortable_time
from ...vocabulary.keys.records import RECORD_NUMBERS, TIMES
from .members import MemberGroup, MessageMember


def outdated(groups: Mapping[tuple[str, ...], MemberGroup]) -> Iterator[MessageMember]:
    """Yield the members of records that are followed by a later record of the same list and the same name."""
    lists: defaultdict[tuple[object, ...], list[tuple[str, MemberGroup]]] = defaultdict(list)
    for parent, group in groups.items():
        when = time_of(group) if is_listed(group) else None
        if when:
            keys = frozenset(member.parts[-1] for member in group.members)
            lists[parent[:-1], keys, name_of(group)].append((when, group))
    for records in lists.values():
        newest = max(when for when, _ in records)
        yield from (member for when, group in records if when != newest for member in group.members)


def is_listed(group: MemberGroup) -> bool:
    """Return whether a group is an element of a list."""
    path = group.members[0].field.path
    return len(path) > 1 and isinstance(path[-2], int)


def time_of(group: MemberGroup) -> str | None:
    """Return the time of a record in sortable form; None if it has none."""
    for index, member in enumerate(group.members):
        if member.parts[-1].lower() not in TIMES and not (index == 0 and member.field.path[-1:] == (0,)):
            continue
        if time := sortable_time(member.field.value):
            return time
    return None


def name_of(group: MemberGroup) -> tuple[str, ...]:
    """Return the identity of a record within its list: its texts and its number."""
    return tuple(str(member.field.value) for member in group.members if is_name(member))


def is_name(member: MessageMember) -> bool:
    """Return whether a member may identify its record: a text that is not a time, or an identifying number."""
    value = member.field.value
    if isinstance(value, str):
        return WRITTEN.fullmatch(value) is None and member.number is None
    return member.parts[-1].lower() in RECORD_NUMBERS
