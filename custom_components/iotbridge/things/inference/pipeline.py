"""Inference: the fields of a device become proposed channels, with the values they have now.

A wrong guess is worse than none: what is not known stays a plain sensor, and what nobody would miss stays off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import re

from ..model.conversion import convert
from ..model.mapping import position
from ..model.message import DeviceMetadata, Field, Problem, Value
from ..model.profile import Channel, Reading
from ..vocabulary import roles
from ..vocabulary.obis import OBIS
from ..vocabulary.systems import DEW_POINT, MEDIA, OF_THE_AIR, WEATHER
from ..vocabulary.words import WORDS
from .candidates.builder import candidates_of, unit_siblings
from .candidates.candidate import Place
from .channels import propose
from .conventions import conventions_of
from .duplicates import without_sisters
from .interpretation import Context
from .location import positions
from .naming import unique
from .texts import undecoded
from .tokens import phrases

# More than that of one device is no message for a person.
MOST_PLACES = 600
MOST_READINGS = 300
# What a device says of itself stands at the top of its message, or in a group there.
ABOUT_DEPTH = 2
LONGEST_ABOUT = 80
IMPERIAL = re.compile(r"(_f|mph|_mi_h|inhg|fahrenheit|tempf)$|(rain|barom).*in$")
METRIC = re.compile(r"(_c|tempc|celsius|hpa|_mm|_km_h|_m_s)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """Facts that the fields of a device tell: about itself, and as readings."""

    metadata: DeviceMetadata
    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]


def infer(fields: Sequence[tuple[str, Field]], *, topic: str, format: str) -> Inferred:  # noqa: A002 - the word of Decoded
    """Propose channels for the fields of one device.

    ``fields`` are pairs of a subtopic, empty when the device has one topic, and a value; ``topic`` is the device's own;
    ``format`` is the decoder's name for what the payload is.
    """
    places = candidates_of(fields[:MOST_PLACES], topic)
    context = context_of(places, topic, format)
    located, rest = positions(places)
    proposed = [*located]
    for candidate in without_sisters(rest):
        channel = propose(candidate, context)
        if channel is not None:
            proposed.append((candidate, channel))
    named = renamed(proposed[:MOST_READINGS])
    readings = [Reading(channel=channel, value=value_of(candidate, channel)) for candidate, channel in named]
    metadata = about_of(places).or_else(annotated(fields))
    problems = undecoded(places, readings)
    return Inferred(metadata=metadata, readings=tuple(sorted(readings, key=usefulness)), problems=problems)


def context_of(places: Sequence[Place], topic: str, kind: str) -> Context:
    """Return what is the same for all values of a device."""
    keys = frozenset(candidate.parts[-1].lower() for candidate in places if candidate.parts)
    weather = is_imperial_weather(places)
    spoken = {
        candidate.parts[-1].lower(): str(candidate.value).lower()
        for candidate in places
        if candidate.parts and isinstance(candidate.value, str)
    }
    medium = spoken.get("media") or spoken.get("medium") or spoken.get("type", "") + " " + topic.lower()
    media = next((quantity for word, quantity in MEDIA.items() if re.search(rf"\b{word}|{word}\b", medium)), None)
    return Context(
        topic=topic,
        format=kind,
        keys=keys,
        units=unit_siblings(places),
        media=media,
        imperial=(any(IMPERIAL.search(key) for key in keys) or weather) and not is_metric(keys),
        alone=len(places) == 1,
        conventions=conventions_of(keys, topic),
        watt_hours=any(counts_watt_hours(candidate) for candidate in places),
    )


# Nobody's house has drawn a thousand megawatt hours: who counts so far, counts in watt hours.
MOST_KWH = 1e6
# The air weighs that many inches of mercury, and is never so moist that dew falls above that many degrees Celsius.
INCHES = (24, 32)
HIGHEST_DEW_POINT = 40


def counts_watt_hours(candidate: Place) -> bool:
    """Return whether a number is an energy without a unit, and too large for kilowatt hours."""
    if candidate.number is None or abs(candidate.number) < MOST_KWH or candidate.suffix is not None or candidate.unit:
        return False
    if candidate.obis is not None:
        return OBIS[candidate.obis.kind].quantity == "energy"
    return any(WORDS[phrase.text] == "energy" for phrase in phrases(candidate.leaf, WORDS))


def is_imperial_weather(places: Sequence[Place]) -> bool:
    """Return whether values of the weather can only be imperial: a pressure of 30.1, a dew point of 67."""
    if any(candidate.leaf == ("us", "units") and candidate.number == 1 for candidate in places):
        return True
    if not any(WEATHER & set(candidate.leaf) for candidate in places):
        return False
    for candidate in places:
        if candidate.number is None or candidate.suffix is not None or candidate.unit:
            continue
        words = set(candidate.leaf)
        if words & DEW_POINT or {"dew", "point"} <= words:
            if candidate.number > HIGHEST_DEW_POINT:
                return True
        elif words & OF_THE_AIR and isinstance(candidate.number, float) and INCHES[0] < candidate.number < INCHES[1]:
            return True
    return False


def is_metric(keys: frozenset[str]) -> bool:
    """Return whether a message has metric values beside imperial ones: what names no unit is metric then."""
    return any(METRIC.search(key) or (f"{key}_f" in keys) for key in keys)


def value_of(candidate: Place, channel: Channel) -> Value:
    """Return the value that a channel has now; None where it has none."""
    try:
        if channel.platform != "device_tracker":
            return convert(channel, candidate.value)
        by_path = {other.field.path: other.field.value for other in candidate.siblings}
        return position(candidate.field.value, by_path.get(dict(channel.companions)["longitude"]))
    except ValueError:
        return None


def about_of(places: Sequence[Place]) -> DeviceMetadata:
    """Return what the fields say of the device itself."""
    known: dict[str, str] = {}
    for candidate in places:
        member = roles.ABOUT.get(" ".join(candidate.leaf))
        text = candidate.field.value
        if member and len(candidate.parts) <= ABOUT_DEPTH and isinstance(text, str | int) and text and text is not True:
            known.setdefault(member, str(text)[:LONGEST_ABOUT])
    return DeviceMetadata(**known)


def annotated(fields: Sequence[tuple[str, Field]]) -> DeviceMetadata:
    """Return what Homie's topics say of the device itself."""
    notes = {subtopic: candidate.value for subtopic, candidate in fields if isinstance(candidate.value, str)}
    return DeviceMetadata(name=notes.get("$name"), sw_version=notes.get("$fw/version"))


def renamed(proposed: Sequence[tuple[Place, Channel]]) -> list[tuple[Place, Channel]]:
    """Return the proposals with names that are unique in the device."""
    names = unique([channel.name for _, channel in proposed], [candidate for candidate, _ in proposed])
    return [
        (candidate, replace(channel, name=name)) for (candidate, channel), name in zip(proposed, names, strict=True)
    ]


def usefulness(candidate: Reading) -> tuple[bool, bool]:
    """Return where a reading stands in the list: what is on before what is off, the world before the device."""
    return not candidate.channel.enabled, candidate.channel.entity_category is not None
