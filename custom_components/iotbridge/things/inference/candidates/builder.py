"""Builder of candidates: adds the words and the unit that keys and siblings provide to the members. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
import re
from urllib.parse import unquote

from ...model.conversion import unit_of
from ...model.message import Field, Path
from ...vocabulary.keys.key_words import HOLDERS
from ...vocabulary.keys.records import NAMERS, NAMERS_OF_AN_OBJECT, OF_NOW, UNITS, UNITS_FOR_ALL, VALUES
from ...vocabulary.obis import OBIS
from ...vocabulary.roles import GENERIC
from ...vocabulary.units.spellings import NO_UNIT
from ..tokens import Suffix, Words, bracketed, suffix, words_of
from .candidate import Candidate, ObisKey, SiblingGroup
from .columns import with_column
from .members import MessageMember, members_of
from .records import Record, path_beside, record_of

# A part of a key that is an address: "0x2916", "4C33A6603C79", "28-0316a2799bff", "28.0316A2799BFF".
ADDRESS = re.compile(
    r"0x[0-9a-fA-F]{4,16}|(?=.*\d)[0-9a-fA-F]{8,16}"
    r"|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){4,7}|[0-9a-fA-F]{2}[-.][0-9a-fA-F]{12}"
)
# A key that starts with the address of its subject: "BidCos-RF.LEQ0423081:4.VALVE_STATE".
ADDRESSED = re.compile(r"(?:.*[./])?[A-Za-z]{0,4}\d{6,}[0-9A-Za-z]*(?::\d+)?[./](?=[A-Za-z])([^./]+)")
# Only so much of a level is read, and kept in the cache.
LONGEST_LEVEL = 200
# Number of last levels of the device's topic that may name the measurement: "home/temperature/kitchen".
BASE_LEVELS = 3
# A unit that is in no table is kept as it is written: "kg/cm²", "FAU".
UNKNOWN_UNIT = re.compile(r"[^\W\d_][^\s\d_]{0,7}")
# A meter's OBIS code of a reading: "1-0:16.7.0", "1.8.0*255".
NUMBERED = re.compile(r"(?:\d+-\d+:)?(\d{1,2})\.(\d{1,2})\.(\d{1,3})(?:\*\d+)?")
TOTAL = ("0", "255")
# Values of D that are counted by tariff.
TARIFFS = (8,)
# A unit ends a value's own words, or those right above.
SUFFIXED_LEVELS = 2


def candidates_of(fields: Sequence[tuple[str, Field]], topic: str) -> list[Candidate]:
    """Return the candidates of a device on a topic."""
    members = members_of(fields)
    groups: defaultdict[tuple[str, ...], SiblingGroup] = defaultdict(SiblingGroup)
    for member in members:
        groups[member.parent].members.append(member)
    records = {parent: record_of(group) for parent, group in groups.items()}
    base = [level for level in topic.split("/") if level][-BASE_LEVELS:]
    candidates = []
    for member in members:
        group, record = groups[member.parent], records[member.parent]
        spare = member.field.outdated or member.is_identity or (record is not None and member in record.spare)
        candidate = candidate_of(member, base, group, spare=spare)
        if record is not None and record.value is member:
            candidate = recorded(candidate, record)
        group.candidates.append(candidate)
        candidates.append(candidate)
    return candidates


def candidate_of(member: MessageMember, base: Sequence[str], group: SiblingGroup, *, spare: bool) -> Candidate:
    """Return the candidate of a member; ``base`` are the last levels of the device's topic."""
    record_name = name_in_record(member, group)
    parts = named_parts(member, base, member.field.name or record_name, len(group.members))
    headed = bracketed(parts[-1]) if parts else None
    words = [level_words(part[:LONGEST_LEVEL]) for part in parts]
    depth = sum(map(bool, words[len(base) :]))
    if headed:
        words[-1] = headed.rest
    levels = tuple(level for level in reversed(words) if level)
    is_named = member.field.raw_path is not None and member.field.name is not None
    attributes = vars(member)
    if not member.stated:
        unit, stated, unit_path = unit_beside(member, group)
        attributes = {**attributes, "unit": unit, "stated": stated, "unit_path": unit_path}
    return Candidate(
        **attributes,
        levels=levels,
        depth=depth,
        suffix=headed or unit_in(levels, len(member.field.path)),
        obis=obis_of(parts[-1]) if parts else None,
        sibling_group=group,
        recorded=record_name is not None or is_named,
        spare=spare,
    )


@lru_cache(4096)
def level_words(part: str) -> Words:
    """Return the words of a level of a key; none of an address."""
    return () if ADDRESS.fullmatch(part) else words_of(part)


def recorded(candidate: Candidate, record: Record) -> Candidate:
    """Return a candidate with the unit, the factor and the name of its record."""
    words = words_of(record.name or "")
    return replace(
        candidate,
        unit=unit_of(record.unit),
        stated=True,
        suffix=None,
        factor=record.factor,
        unit_path=record.unit_path,
        recorded=candidate.recorded or record.name is not None,
        annotated=record.name or candidate.annotated,
        levels=(words, *candidate.levels[1:]) if words else candidate.levels,
        depth=candidate.depth or len(words[:1]),
    )


def name_in_record(member: MessageMember, sibling_group: SiblingGroup) -> str | None:
    """Return the name that a record gives its own value; None if the key is the name."""
    if member.plain_key not in VALUES or not member.field.path:
        return None
    in_list = any(isinstance(part, int) for part in member.field.paths[-1][-2:])
    return sibling_group.text(NAMERS if in_list else NAMERS_OF_AN_OBJECT)


def named_parts(member: MessageMember, base: Sequence[str], name: str | None, columns: int) -> list[str]:
    """Return the levels of a member's key below ``base``; the last one is its ``name``, or that of its column."""
    parts = [*base, *member.parts]
    path = member.field.path
    if name is not None:
        return [*parts[:-1], name]
    if path and isinstance(path[-1], str) and (bare := ADDRESSED.fullmatch(unquote(parts[-1]))):
        return [*parts[:-1], bare[1]]
    return with_column(parts, path[-1], columns) if path and isinstance(path[-1], int) and len(parts) > 1 else parts


def unit_in(levels: tuple[Words, ...], own: int) -> Suffix | None:
    """Return the unit at the end of the first level with words of its own.

    The topic above the ``own`` levels of a message provides the unit of nothing but its value: {"value": 21}.
    """
    for index, level in enumerate(levels[:SUFFIXED_LEVELS], 1):
        unit = suffix(level)
        if unit:
            return unit
        if not all(word in GENERIC or word.isdigit() for word in level) or (index == own and level not in HOLDERS):
            return None
    return None


def unit_beside(member: MessageMember, group: SiblingGroup) -> tuple[str | None, bool, Path | None]:
    """Return the unit in a sibling, whether there is one, and its path if it is in the same message.

    For example {"value": 21, "unit": "C"}, {"temp_unit": "F"}.
    """
    key = member.plain_key
    keys = (f"{key}_unit", f"{key}unit", f"{key}_units", f"unit_{key}", f"{key}u")
    beside = group.member((*UNITS, *keys) if key in VALUES or key in OF_NOW else keys)
    if beside is None:
        return None, False, None
    text = str(beside.field.value)
    unit = unit_of(text) or (text if UNKNOWN_UNIT.fullmatch(text) and text not in NO_UNIT else None)
    return unit, unit is not None or text in NO_UNIT, path_beside(beside, member)


def obis_of(key: str) -> ObisKey | None:
    """Return the reading of an OBIS code; None for other keys."""
    match = NUMBERED.fullmatch(key) if key[:1].isdigit() else None
    kind = (int(match[1]), int(match[2])) if match else None
    if match is None or kind is None or kind not in OBIS:
        return None
    return ObisKey(kind, "" if match[3] in TOTAL or kind[1] not in TARIFFS else match[3])


def units_for_all(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """Return the texts with a unit for all values of a quantity: {"TempUnit": "C"} is that of "temperature"."""
    return {
        UNITS_FOR_ALL[name]: candidate
        for candidate in candidates
        if (name := candidate.plain_key.replace("_", "")) in UNITS_FOR_ALL and candidate.stated_unit
    }
