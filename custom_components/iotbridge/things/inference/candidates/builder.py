"""Builder of candidates: adds the words and the unit that keys and siblings provide to the members. Pure."""

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
import re
from urllib.parse import unquote

from ...model.conversion import unit_of
from ...model.message import Field, Path
from ...vocabulary.keys.key_words import HOLDERS
from ...vocabulary.keys.records import NAMERS, NAMERS_OF_AN_OBJECT, OF_NOW, UNITS, UNITS_FOR_ALL, VALUES
from ...vocabulary.obis import OBIS
from ...vocabulary.roles import GENERIC
from ...vocabulary.units.spellings import NO_UNIT
from ..tokens import Suffix, Words, bracketed, is_number, suffix, words_of
from .candidate import Candidate, ObisKey, SiblingGroup, UnitForAll
from .columns import with_column
from .identities import is_identity, worded
from .members import MessageMember, groups_of, members_of
from .records import Record, record_of, title_of
from .time_series import outdated

# A part of a key that is an address: "0x2916", "4C33A6603C79", "28-0316a2799bff", "28.0316A2799BFF".
ADDRESS = re.compile(
    r"0x[0-9a-fA-F]{4,16}|(?=.*\d)[0-9a-fA-F]{8,16}"
    r"|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){4,7}|[0-9a-fA-F]{2}[-.][0-9a-fA-F]{12}"
)
# A key that starts with the address of its subject: "BidCos-RF.LEQ0423081:4.VALVE_STATE".
ADDRESSED = re.compile(r"(?:.*[./])?[A-Za-z]{0,4}\d{6,}[0-9A-Za-z]*(?::\d+)?[./](?=[A-Za-z])([^./]+)")
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


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of a key: those of its levels, the last one first, of which ``depth`` are its own, and its unit."""

    levels: tuple[Words, ...]
    depth: int
    suffix: Suffix | None
    obis: ObisKey | None


def candidates_of(fields: Sequence[tuple[str, Field]], topic: str) -> list[Candidate]:
    """Return the candidates of a device on a topic."""
    members = worded(members_of(fields))
    groups = groups_of(members)
    old = frozenset(outdated(groups))
    records = {parent: record_of(group) for parent, group in groups.items()}
    sibling_groups = {parent: SiblingGroup(group.texts, group.places) for parent, group in groups.items()}
    base = [level for level in topic.split("/") if level][-BASE_LEVELS:]
    candidates = []
    for member in members:
        record = records[member.parent]
        spare = member in old or (record is not None and member in record.spare) or is_identity(member)
        columns = len(groups[member.parent].members)
        candidate = candidate_of(member, base, sibling_groups[member.parent], columns=columns, spare=spare)
        if record is not None and record.value is member:
            title = title_of(member, groups) if candidate.is_listed and member.field.path[-1] == 1 else None
            candidate = recorded(candidate, record, title)
        sibling_groups[member.parent].candidates.append(candidate)
        candidates.append(candidate)
    return candidates


def candidate_of(
    member: MessageMember, base: Sequence[str], sibling_group: SiblingGroup, *, columns: int, spare: bool
) -> Candidate:
    """Return the candidate of a member in a list of ``columns``; ``base`` are the last levels of the device's topic."""
    record_name = name_in_record(member, sibling_group)
    wording = wording_of(member, base, member.field.name or record_name, columns)
    unit, stated, unit_path = (member.unit, True, None) if member.stated else unit_beside(member, sibling_group)
    return Candidate(
        subtopic=member.subtopic,
        field=member.field,
        parts=member.parts,
        value=member.value,
        number=member.number,
        decimal_comma=member.decimal_comma,
        unit=unit,
        stated=stated,
        levels=wording.levels,
        depth=wording.depth,
        suffix=wording.suffix,
        obis=wording.obis,
        sibling_group=sibling_group,
        annotated=member.annotated,
        settable=member.settable,
        recorded=record_name is not None or is_named_record(member),
        spare=spare,
        unit_path=unit_path,
    )


def recorded(candidate: Candidate, record: Record, title: str | None) -> Candidate:
    """Return a candidate with the unit, the factor and the name of its record, and the ``title`` of its table."""
    described = dataclasses.replace(
        candidate,
        unit=unit_of(record.unit),
        stated=True,
        suffix=None,
        factor=record.factor,
        unit_path=record.unit_path,
    )
    name = record.name
    if name is None:
        return described
    words = words_of(name)
    above = (words_of(title),) if title else candidate.levels[1:]
    return dataclasses.replace(
        described,
        recorded=True,
        levels=(words, *above) if words else candidate.levels,
        depth=max(candidate.depth, 2 if title else 1),
        annotated=f"{title} {name[:1].lower()}{name[1:]}" if title and title.lower() not in name.lower() else name,
    )


def name_in_record(member: MessageMember, sibling_group: SiblingGroup) -> str | None:
    """Return the name that a record gives its own value; None if the key is the name."""
    if member.key not in VALUES or not member.field.path:
        return None
    in_list = any(isinstance(part, int) for part in member.field.paths[-1][-2:])
    return sibling_group.text(NAMERS if in_list else NAMERS_OF_AN_OBJECT)


def is_named_record(member: MessageMember) -> bool:
    """Return whether a value is a whole record with a name."""
    return member.field.raw_path is not None and member.field.name is not None


def wording_of(member: MessageMember, base: Sequence[str], name: str | None, columns: int) -> Wording:
    """Return the words of a member's key; ``name`` replaces its last level, ``base`` is prepended."""
    parts = [*base, *member.parts]
    path = member.field.path
    if name is not None:
        parts = [*parts[:-1], name]
    elif path and isinstance(path[-1], str) and (bare := ADDRESSED.fullmatch(unquote(parts[-1]))):
        parts = [*parts[:-1], bare[1]]
    elif path and isinstance(path[-1], int) and len(parts) > 1:
        parts = with_column(parts, path[-1], columns)
    headed = bracketed(parts[-1]) if parts else None
    levels = [() if ADDRESS.fullmatch(part) else words_of(part) for part in parts]
    depth = sum(map(bool, levels[len(base) :]))
    if headed:
        levels[-1] = headed.rest
    levels_with_words = tuple(level for level in reversed(levels) if level)
    return Wording(
        levels_with_words, depth, headed or unit_in(levels_with_words, len(path)), obis_of(parts[-1]) if parts else None
    )


def unit_in(levels: tuple[Words, ...], own: int) -> Suffix | None:
    """Return the unit at the end of the first level with words of its own.

    The topic above the ``own`` levels of a message provides the unit of nothing but its value: {"value": 21}.
    """
    for index, level in enumerate(levels[:SUFFIXED_LEVELS], 1):
        unit = suffix(level)
        if unit:
            return unit
        if not all(word in GENERIC or is_number(word) for word in level) or (index == own and level not in HOLDERS):
            return None
    return None


def unit_beside(member: MessageMember, sibling_group: SiblingGroup) -> tuple[str | None, bool, Path | None]:
    """Return the unit in a sibling, whether there is one, and its path if it is in the same message.

    For example {"value": 21, "unit": "C"}, {"temp_unit": "F"}.
    """
    key = member.key
    if key in VALUES or key in OF_NOW:
        text = sibling_group.text(UNITS)
        if text is not None:
            unit = unit_of(text) or (text if UNKNOWN_UNIT.fullmatch(text) and text not in NO_UNIT else None)
            return unit, unit is not None or text in NO_UNIT, sibling_group.path_beside(member.subtopic, UNITS)
    keys = (f"{key}_unit", f"{key}unit", f"{key}_units", f"unit_{key}", f"{key}u")
    text = sibling_group.text(keys)
    if text is None:
        return None, False, None
    return unit_of(text), True, sibling_group.path_beside(member.subtopic, keys)


def obis_of(key: str) -> ObisKey | None:
    """Return the reading of an OBIS code; None for other keys."""
    match = NUMBERED.fullmatch(key) if key[:1].isdigit() else None
    kind = (int(match[1]), int(match[2])) if match else None
    if match is None or kind is None or kind not in OBIS:
        return None
    return ObisKey(kind, "" if match[3] in TOTAL or kind[1] not in TARIFFS else match[3])


def unit_siblings(candidates: Sequence[Candidate]) -> dict[str, UnitForAll]:
    """Return the units that a message states once for all values: {"TempUnit": "C"} is °C for "temperature"."""
    return {
        UNITS_FOR_ALL[name]: UnitForAll(unit, candidate.subtopic, candidate.field.path)
        for candidate in candidates
        if candidate.parts and (name := candidate.parts[-1].lower().replace("_", "")) in UNITS_FOR_ALL
        if isinstance(candidate.value, str) and (unit := unit_of(candidate.value))
    }
