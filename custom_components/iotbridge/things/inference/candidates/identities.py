"""Identities of records in the keys of members: the words of records, and values that repeat an identity. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...model.conversion import text_of
from ...model.message import Field
from ...vocabulary.keys.identities import NAMES
from .members import MessageMember, groups_of


def worded(members: Sequence[MessageMember]) -> list[MessageMember]:
    """Return the members with keys that name their records.

    The identity of a record is an address, such as a serial number; the name beside it has the words. The value of a
    record has no key of its own in its path; beside other values it needs one.
    """
    if all(member.field.raw_path is None for member in members):
        return list(members)
    parents = {member.parent for member in members}
    keyed = [
        replace(member, parts=(*member.parts, str(member.field.paths[-1][-1])))
        if member.field.raw_path is not None and member.parts in parents
        else member
        for member in members
    ]
    names = names_of(keyed)
    return [replace(member, parts=tuple(named(member, names))) for member in keyed]


def names_of(members: Sequence[MessageMember]) -> Mapping[tuple[str, ...], str]:
    """Return the names of records by their keys; without those that two records of a list share."""
    names = {
        parent: name
        for parent, group in groups_of(members).items()
        if is_record(group.members[0], len(parent)) and (name := group.text(NAMES))
    }
    count = Counter((record[:-1], name) for record, name in names.items())
    return {record: name for record, name in names.items() if count[record[:-1], name] == 1}


def named(member: MessageMember, names: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    """Yield the levels of a member's key, with names in place of identities."""
    for level, part in enumerate(member.parts, 1):
        yield names.get(member.parts[:level], part)


def is_record(member: MessageMember, level: int) -> bool:
    """Return whether that many levels of a member's key are the key of a record."""
    before = len(member.parts) - len(member.field.path)
    return level - before - 1 in identity_levels(member.field)


def identity_levels(field: Field) -> Iterator[int]:
    """Yield the positions of identities in a path: the raw path has indexes there."""
    if field.raw_path is None:
        return
    raw = list(reversed(field.raw_path))
    for level, part in enumerate(field.path):
        if raw and raw[-1] == part:
            raw.pop()
            continue
        yield level
        while raw and isinstance(raw[-1], int):
            raw.pop()


def is_identity(member: MessageMember) -> bool:
    """Return whether a value is the identity of its record, which its key contains."""
    field = member.field
    above = len(field.path) - 2
    return above in identity_levels(field) and text_of(field.value).strip() == field.path[above]
