"""Inference pipeline: proposes channels for the fields of a device, with their current values.

A wrong guess is worse than none: an unknown value becomes a plain sensor, and one of little interest is disabled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import re

from ..model.conversion import convert
from ..model.mapping import position
from ..model.message import DeviceMetadata, Field, Problem, Value
from ..model.own_page import is_page, is_root
from ..model.profile import Channel, Reading
from ..vocabulary import roles
from ..vocabulary.keys.pages import MAYBE_PAGE_KEYS, PAGE_KEYS
from ..vocabulary.obis import OBIS
from ..vocabulary.systems import MEDIA
from ..vocabulary.words import WORDS
from .candidates.builder import candidates_of, units_for_all
from .candidates.candidate import Candidate
from .cards import with_cards
from .channels import propose
from .conventions import conventions_of
from .duplicates import without_duplicates
from .interpretation import Context
from .location import positions
from .naming import unique
from .texts import undecoded
from .tokens import phrases
from .units.unit_system import is_imperial
from .unproposed import unproposed_channel

MEDIA_PATTERNS = tuple((re.compile(rf"\b{word}|{word}\b"), quantity) for word, quantity in MEDIA.items())
# A single device with more values is not meant for people.
MAX_CANDIDATES = 600
MAX_READINGS = 300
MAX_UNPROPOSED = 300
# Metadata of a device is at the top of its message, or in a group there.
METADATA_DEPTH = 2
MAX_METADATA = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """Result of the inference: the device's metadata, its readings, the values that are none, and the problems."""

    metadata: DeviceMetadata
    readings: tuple[Reading, ...]
    unproposed: tuple[Reading, ...]
    problems: tuple[Problem, ...]


def infer(fields: Sequence[tuple[str, Field]], *, topic: str) -> Inferred:
    """Return the proposed channels for the fields of one device.

    ``fields`` are pairs of a subtopic, empty if the device has a single topic, and a value; ``topic`` is the device's
    own.
    """
    candidates = candidates_of(fields[:MAX_CANDIDATES], topic)
    context = context_of(candidates, topic)
    located, rest = positions(candidates)
    for candidate in without_duplicates(rest):
        channel = propose(candidate, context)
        if channel is not None:
            located.append((candidate, channel))
    proposed = renamed(with_cards(located[:MAX_READINGS], rest))
    readings = [reading_of(candidate, channel) for candidate, channel in proposed]
    used = {candidate for candidate, _ in proposed}
    others = [candidate for candidate in candidates if candidate not in used][:MAX_UNPROPOSED]
    return Inferred(
        metadata=metadata_of(candidates).or_else(annotated(fields)),
        readings=tuple(sorted(readings, key=usefulness)),
        unproposed=tuple(reading_of(candidate, unproposed_channel(candidate, context)) for candidate in others),
        problems=undecoded(candidates, readings),
    )


def context_of(candidates: Sequence[Candidate], topic: str) -> Context:
    """Return the facts shared by all values of a device."""
    keys = frozenset(candidate.parts[-1].lower() for candidate in candidates if candidate.parts)
    texts = {member.plain_key: member.value.lower() for member in candidates if isinstance(member.value, str)}
    medium = texts.get("media") or texts.get("medium") or texts.get("type", "") + " " + topic.lower()
    media = next((quantity for pattern, quantity in MEDIA_PATTERNS if pattern.search(medium)), None)
    return Context(
        topic=topic,
        keys=keys,
        units=units_for_all(candidates),
        media=media,
        imperial=is_imperial(candidates, keys),
        alone=sum(not candidate.field.encoded for candidate in candidates) == 1,
        conventions=conventions_of(keys, topic),
        watt_hours=any(counts_watt_hours(candidate) for candidate in candidates),
    )


# No household has used a thousand gigawatt hours: a meter with such a count counts in watt hours.
MOST_KWH = 1e6


def counts_watt_hours(candidate: Candidate) -> bool:
    """Return whether a number is an energy without a unit, and too large for kilowatt hours."""
    if candidate.number is None or abs(candidate.number) < MOST_KWH or candidate.suffix is not None or candidate.unit:
        return False
    if candidate.obis is not None:
        return OBIS[candidate.obis.kind].quantity == "energy"
    return any(WORDS[phrase.text] == "energy" for phrase in phrases(candidate.leaf, WORDS))


def reading_of(candidate: Candidate, channel: Channel) -> Reading:
    """Return a channel with its current value."""
    raw_path = candidate.field.raw_path
    if raw_path is not None:
        channel = replace(channel, by_identity=True)
    return Reading(channel=channel, value=value_of(candidate, channel), raw_path=raw_path)


def value_of(candidate: Candidate, channel: Channel) -> Value:
    """Return the current value of a channel; None if it has none."""
    try:
        if channel.platform != "device_tracker":
            return convert(channel, candidate.value)
        by_path = {other.field.path: other.field.value for other in candidate.siblings}
        return position(candidate.field.value, by_path.get(dict(channel.companions)["longitude"]))
    except ValueError:
        return None


def metadata_of(candidates: Sequence[Candidate]) -> DeviceMetadata:
    """Return the device's metadata in its fields."""
    known: dict[str, str] = {}
    for candidate in candidates:
        words, value = " ".join(candidate.leaf), candidate.field.value
        # In a tree of values, each has a name of its own.
        is_of_device = len(candidate.parts) <= METADATA_DEPTH and not (candidate.spare and candidate.subtopic)
        if not is_of_device or not isinstance(value, str | int) or not value or value is True:
            continue
        if member := roles.ABOUT.get(words):
            known.setdefault(member, str(value)[:MAX_METADATA])
        elif (words in PAGE_KEYS and is_page(str(value))) or (words in MAYBE_PAGE_KEYS and is_root(str(value))):
            known.setdefault("configuration_url", str(value))
    return DeviceMetadata(**known)


def annotated(fields: Sequence[tuple[str, Field]]) -> DeviceMetadata:
    """Return the device's metadata in Homie's topics."""
    notes = {subtopic: candidate.value for subtopic, candidate in fields if isinstance(candidate.value, str)}
    return DeviceMetadata(name=notes.get("$name"), sw_version=notes.get("$fw/version"))


def renamed(proposed: Sequence[tuple[Candidate, Channel]]) -> list[tuple[Candidate, Channel]]:
    """Return the proposals with unique names."""
    names = unique([channel.name for _, channel in proposed], [candidate for candidate, _ in proposed])
    return [
        (candidate, channel if channel.name == name else replace(channel, name=name))
        for (candidate, channel), name in zip(proposed, names, strict=True)
    ]


def usefulness(candidate: Reading) -> tuple[bool, bool]:
    """Return the sort key of a reading: enabled ones first, diagnostic ones last."""
    return not candidate.channel.enabled, candidate.channel.entity_category is not None
