"""Inference: the fields of a device become proposed channels, with the values they have now.

A wrong guess is worse than none: what is not known stays a plain sensor, and what nobody would miss stays off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import re

from .answers import Answer, answer_of, command, event_types, is_event, kind_of
from .keys import phrases
from .knowledge import names as words, roles
from .knowledge.quantities import QUANTITIES, Quantity
from .meaning import Context, Meaning, is_over, known_convention, meaning, qualifier, role_of
from .models import About, Channel, Field, Problem, ProblemKind, Reading, Value
from .naming import Said, name_of, unique
from .places import Place, places_of, unit_siblings
from .plausible import settled
from .position import position_of, positions
from .precision import precision_of
from .sisters import without_sisters
from .values import convert

MOST_READINGS = 300
IMPERIAL = re.compile(r"(_f|mph|_mi_h|inhg|fahrenheit|tempf)$|(rain|barom).*in$")
METRIC = re.compile(r"(_c|tempc|celsius|hpa|_mm|_km_h|_m_s)$")
MEDIA = {"water": "water", "gas": "gas", "electricity": "energy", "heat": "heat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What the fields of a device say: of itself, and of the world."""

    about: About
    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]


def infer(fields: Sequence[tuple[str, Field]], *, topic: str, format: str) -> Inferred:  # noqa: A002 - the word of Decoded
    """Propose channels for the fields of one device.

    ``fields`` are pairs of a subtopic, empty when the device has one topic, and a value; ``topic`` is the device's own;
    ``format`` is the decoder's name for what the payload is.
    """
    places = places_of(fields, topic)
    context = context_of(places, topic, format)
    located, rest = positions(places)
    proposed = [*located]
    for one in without_sisters(rest):
        channel = channel_of(one, context)
        if channel is not None:
            convention = known_convention(one, context)
            if convention is not None and convention.quantity == "off":
                channel = replace(channel, enabled=False)
            proposed.append((one, channel))
    named = renamed(proposed[:MOST_READINGS])
    readings = [Reading(channel=channel, value=value_of(one, channel)) for one, channel in named]
    about = about_of(places).or_else(annotated(fields))
    problems = encoded(places, readings)
    return Inferred(about=about, readings=tuple(sorted(readings, key=usefulness)), problems=problems)


def context_of(places: Sequence[Place], topic: str, kind: str) -> Context:
    """Return what is the same for all values of a device."""
    keys = frozenset(one.parts[-1].lower() for one in places if one.parts)
    spoken = {
        one.parts[-1].lower(): str(one.value).lower() for one in places if one.parts and isinstance(one.value, str)
    }
    medium = spoken.get("media") or spoken.get("medium") or topic.lower()
    media = next((quantity for word, quantity in MEDIA.items() if re.search(rf"\b{word}|{word}\b", medium)), None)
    return Context(topic=topic, format=kind, keys=keys, units=unit_siblings(places), media=media,
                   imperial=any(IMPERIAL.search(key) for key in keys) and not is_metric(keys), alone=len(places) == 1)  # fmt: skip


def is_metric(keys: frozenset[str]) -> bool:
    """Return whether a message has metric values beside imperial ones: what names no unit is metric then."""
    return any(METRIC.search(key) or (f"{key}_f" in keys) for key in keys)


def channel_of(one: Place, context: Context) -> Channel | None:
    """Propose a channel for a value; None where it is no reading."""
    if is_event(one):
        return Channel(name=name_of(one, Said()), path=one.field.path, subtopic=one.subtopic, platform="event",
                       event_types=event_types(one), enabled=not one.field.technical)  # fmt: skip
    answer = answer_of(one)
    if answer is not None:
        return answer_channel(one, answer, context)
    if one.is_bool or one.text is not None:
        return text_channel(one)
    return number_channel(one, context)


def answer_channel(one: Place, answer: Answer, context: Context) -> Channel | None:
    """Propose a binary sensor, or a switch where the device's maker says how to switch it."""
    told = command(one, context)
    role = role_of(one.leaf, None)
    if role in ("identity", "time"):
        return None
    platform = "switch" if told is not None or is_relay(one) else "binary_sensor"
    kind = answer.kind
    return Channel(
        name=name_of(one, Said(name=kind.title)),
        path=one.field.path,
        subtopic=one.subtopic,
        platform=platform,
        device_class=answer.device_class if platform == "binary_sensor" else None,
        entity_category="diagnostic" if kind.diagnostic or one.field.technical else None,
        enabled=(answer.known or answer.device_class is not None or told is not None)
        and role is None
        and not one.field.technical,
        on=answer.on,
        off=answer.off,
        command_topic=told.topic if told else None,
        command_on=told.on if told else "ON",
        command_off=told.off if told else "OFF",
    )


def is_relay(one: Place) -> bool:
    """Return whether a value is a relay of a maker whose relays are called so: POWER, POWER1, switch:0.output."""
    leaf = one.parts[-1] if one.parts else ""
    if re.fullmatch(r"POWER\d*", leaf):
        return True
    return leaf == "output" and any(re.fullmatch(r"switch:\d+", part) for part in one.parts)


def text_channel(one: Place) -> Channel | None:
    """Propose a sensor of text; None for an identity, a time, or nothing to read."""
    role = role_of(one.leaf, None)
    text = one.text
    if text is None or role in ("identity", "time") or is_time(text) or text.startswith(("http", "/", "$")):
        return None
    if looks_encoded(one) or looks_like_id(text) or names_a_unit(one):
        return None
    known = phrases(one.leaf, roles.TEXTS)
    wanted = bool(known) and role_of(one.leaf, known[0]) in (None, "internal")
    return Channel(name=name_of(one, Said()), path=one.field.path, subtopic=one.subtopic,
                   enabled=wanted and not one.field.technical)  # fmt: skip


def number_channel(one: Place, context: Context) -> Channel | None:
    """Propose a sensor of a number, or of nothing yet; None for an identity or a time."""
    found = settled(meaning(one, context), one, context)
    if found.role in ("identity", "time") or is_epoch(one, found):
        return None
    row = found.row
    if row == Quantity() and one.value is None and found.role is None and found.quantity is None:
        return None
    device_class = media_class(one, found, context)
    state_class = state_class_of(one, found, device_class)
    return Channel(
        name=name_of(one, said_of(one, found)),
        path=one.field.path,
        subtopic=one.subtopic,
        unit=found.unit,
        device_class=device_class,
        state_class=state_class,
        entity_category="diagnostic" if row.diagnostic or one.field.technical or found.role == "internal" else None,
        precision=precision_of(device_class, found.unit, one.number),
        scale=found.scale,
        enabled=is_wanted(one, found, context),
    )


def said_of(one: Place, found: Meaning) -> Said:
    """Return what a meaning adds to a name."""
    noun = NOUNS.get(found.quantity or "", found.quantity)
    letter = found.phrase is not None and len(found.phrase) == 1
    return Said(name=found.name, title=found.row.title or (noun if letter else None), phrase=found.phrase, noun=noun, unit=found.unit)


# What a quantity is called where its row is not the word for it.
NOUNS = {
    "air pressure": "pressure",
    "signal share": "signal",
    "signal": "signal",
    "energy of a day": "energy",
    "supply voltage": "voltage",
    "rain amount": "rain",
    "memory size": "memory",
}


def media_class(one: Place, found: Meaning, context: Context) -> str | None:
    """Return the device class, a volume's decided by what the meter counts."""
    if found.quantity == "volume" and context.media in ("water", "gas"):
        return QUANTITIES[context.media].device_class
    return found.row.device_class


def state_class_of(one: Place, found: Meaning, device_class: str | None) -> str | None:
    """Return how a reading is counted: a meter's value of yesterday is not."""
    usual = found.row.state_class
    if usual == "total_increasing" and is_over(one):
        return None
    if device_class == "energy" and one.number is not None and one.number < 0:
        return "total"
    if usual == "total_increasing" and qualifier(one, words.STATISTICS):
        return "measurement" if found.row.device_class is None else None
    return usual


def is_wanted(one: Place, found: Meaning, context: Context) -> bool:
    """Return whether a person would expect this reading."""
    if found.role is not None:
        return False
    if found.quantity is not None or found.name or found.known or counts_answers(one):
        return found.row.enabled and (
            not one.field.technical or found.quantity in ("signal", "snr", "battery", "link quality")
        )
    if one.field.technical:
        return False
    nameless = not one.leaf or all(word.isdigit() for word in one.leaf)
    return found.unit is not None or nameless or context.alone or is_measured(one)


def counts_answers(one: Place) -> bool:
    """Return whether a number stands where others have a yes or no: how often there was motion."""
    kind = kind_of(one)
    return kind is not None and not kind.weak and one.value is not None


def is_measured(one: Place) -> bool:
    """Return whether a number has digits behind the point: what only counts has none."""
    return isinstance(one.number, float) and not one.number.is_integer()


def is_epoch(one: Place, found: Meaning) -> bool:
    """Return whether a number is a time: seconds or milliseconds since 1970."""
    value = one.number
    return found.quantity is None and value is not None and (1.4e9 < value < 2.2e9 or 1.4e12 < value < 2.2e12)


TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ].*)?|\d\d?[:.]\d\d([:.]\d\d)?( ?[AP]M)?|\d+T\d\d:\d\d:\d\d|\d\d?[./]\d\d?[./]\d{2,4}.*|P\d*[DT].*"
)
HEX = re.compile(r"(0x)?([0-9a-fA-F]{2}){4,}")
BASE64 = re.compile(r"(?=.*[A-Z0-9+/=])(?:[A-Za-z0-9+/_-]{4})+(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=)?")
ENCODED = frozenset({"data", "payload", "raw", "hex", "bytes", "frame", "frm payload", "payload raw", "raw payload", "payload hex",
                     "raw data", "data hex", "manufacturerdata", "manufacturer data", "servicedata", "service data", "telegram",
                     "adv data", "advdata", "base64", "payload base64", "rawdata"})  # fmt: skip


def names_a_unit(one: Place) -> bool:
    """Return whether a text is the unit of another value."""
    return bool(one.leaf) and one.leaf[-1] in ("unit", "units", "uom")


def is_time(text: str) -> bool:
    """Return whether a text is a date, a time or how long something took."""
    return TIME.fullmatch(text.strip()) is not None


def looks_like_id(text: str) -> bool:
    """Return whether a text is an address or a number that only names something."""
    return (
        re.fullmatch(
            r"([0-9a-fA-F]{2}[:-]){3,}[0-9a-fA-F]{2}|0x[0-9a-fA-F]+|(\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F-]{12,}|0\d+", text
        )
        is not None
    )


def looks_encoded(one: Place) -> bool:
    """Return whether a text is content that nobody decoded."""
    text = one.text or ""
    named = " ".join(one.leaf) in ENCODED
    if named and (HEX.fullmatch(text) or (BASE64.fullmatch(text) and len(text) >= 4)):
        return True
    return (
        len(text) >= 24
        and (HEX.fullmatch(text) or (text.endswith("=") and BASE64.fullmatch(text))) is not None
        and (role_of(one.leaf, None) not in ("identity", "time"))
    )


def encoded(places: Sequence[Place], readings: Sequence[Reading]) -> tuple[Problem, ...]:
    """Return what nobody decoded, where it is all that the message has to say."""
    if any(one.channel.enabled and one.channel.entity_category is None for one in readings):
        return ()
    return tuple(
        Problem(ProblemKind.ENCODED, (("field", one.key),)) for one in places if one.text and looks_encoded(one)
    )


def value_of(one: Place, channel: Channel) -> Value:
    """Return the value that a channel has now; None where it has none."""
    if channel.platform == "device_tracker":
        by_path = {other.field.path: other.field.value for other in one.siblings}
        return position_of(one.field.value, by_path.get(dict(channel.companions)["longitude"]))
    try:
        return convert(channel, one.value)
    except ValueError:
        return None


def about_of(places: Sequence[Place]) -> About:
    """Return what the fields say of the device itself."""
    known: dict[str, str] = {}
    for one in places:
        member = roles.ABOUT.get(" ".join(one.leaf))
        text = one.field.value
        if (
            member
            and len(one.parts) <= 2
            and isinstance(text, str | int)
            and not isinstance(text, bool)
            and text not in ("", 0)
        ):
            known.setdefault(member, str(text)[:80])
    return About(**known)


def annotated(fields: Sequence[tuple[str, Field]]) -> About:
    """Return what Homie's topics say of the device itself."""
    notes = {subtopic: one.value for subtopic, one in fields if isinstance(one.value, str)}
    return About(name=notes.get("$name"), sw_version=notes.get("$fw/version"))


def renamed(proposed: Sequence[tuple[Place, Channel]]) -> list[tuple[Place, Channel]]:
    """Return the proposals with names that are unique in the device."""
    names = unique([channel.name for _, channel in proposed], [one for one, _ in proposed])
    return [(one, replace(channel, name=name)) for (one, channel), name in zip(proposed, names, strict=True)]


def usefulness(one: Reading) -> tuple[bool, bool]:
    """Return where a reading stands in the list: what is on before what is off, the world before the device."""
    return not one.channel.enabled, one.channel.entity_category is not None
