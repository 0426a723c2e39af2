"""Proposals: a value becomes a channel, or none. Pure."""

from dataclasses import replace

from ..model.profile import Channel
from ..vocabulary import display_names as words, roles
from ..vocabulary.binary_states import BINARY
from ..vocabulary.quantities import QUANTITIES
from .binary import Answer, answer_of, command, event_types, is_event, kind_of
from .candidates import Place
from .interpretation import HOLDERS, Context, Meaning, is_over, known_convention, meaning, qualifier, role_of
from .location import LATITUDE, LONGITUDE
from .naming import Said, name_of
from .precision import precision_of
from .texts import is_encoded, is_identifier, is_time, names_a_record, names_a_unit
from .tokens import Phrase, Words, only_qualifies, phrases, words_of
from .unit_rules import with_unit

# Seconds since 1970, from 2014 to 2039.
EPOCH = (1.4e9, 2.2e9)
# How the yes of a switch is written; a cover's is "open", a lock's is "lock".
SWITCHED = frozenset({"on", "true", "1"})
# Classes whose events are counted, too.
COUNTED = frozenset({"motion", "occupancy", "presence", "vibration", "opening", "door"})
# What is worth seeing of a message's transport.
OF_TRANSPORT = frozenset({"signal", "snr", "battery", "link quality"})


def propose(one: Place, context: Context) -> Channel | None:
    """Propose a channel for a value; None where it is no reading."""
    if one.spare and one.number is None:
        return None
    channel = channel_of(one, context)
    if channel is not None and (one.spare or is_of_a_group(one, channel)):
        return replace(channel, enabled=False)
    convention = known_convention(one, context)
    if channel is not None and convention is not None and convention.quantity == "off":
        return replace(channel, enabled=False)
    return channel


# Groups of what a device is told, and of how its message came here.
GROUPS = frozenset({
    "settings", "config", "configuration", "setup", "limits", "preferences", "header", "meta", "metadata",
})  # fmt: skip


# Groups of what was measured before now.
PAST = frozenset({
    "history", "historic", "historical", "archive", "archived", "archieved", "datalog", "backlog",
    "timeseries",
})  # fmt: skip


def is_of_a_group(one: Place, channel: Channel) -> bool:
    """Return whether a value stands among settings or in a header; how well its radio is heard is still worth it."""
    if one.field.technical or channel.device_class in ("signal_strength", "battery"):
        return False
    if any(not PAST.isdisjoint(words_of(part)) for part in one.parts[:-1]):
        return True
    return any(not GROUPS.isdisjoint(words_of(part)[-1:]) for part in one.parts[:-1])


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
    named = one.levels[1] if one.leaf in HOLDERS and len(one.levels) > 1 else one.leaf
    role = role_of(named, asked_of(one))
    if role in ("identity", "time"):
        return None
    switched = told is not None and answer.on.lower() in SWITCHED
    platform = "switch" if switched else "binary_sensor"
    kind = answer.kind
    return Channel(
        name=name_of(one, Said(name=kind.title)),
        path=one.field.path,
        subtopic=one.subtopic,
        platform=platform,
        device_class=answer.device_class if platform == "binary_sensor" else None,
        entity_category="diagnostic" if kind.diagnostic or one.field.technical else None,
        enabled=(answer.known or answer.device_class is not None or told is not None or is_alone(one, context))
        and (role is None or one.annotated is not None)
        and not one.field.technical,
        on=answer.on,
        off=answer.off,
        command_topic=told.topic if told and switched else None,
        command_on=told.on if told and switched else "ON",
        command_off=told.off if told and switched else "OFF",
    )


def asked_of(one: Place) -> Phrase | None:
    """Return the words that are a whole key and ask for a yes or a no beyond doubt: "error"."""
    text = " ".join(one.leaf)
    listed = any(isinstance(part, int) for part in one.field.path)
    known = text in BINARY and not BINARY[text].weak and one.is_bool and not listed
    return Phrase(text, 0, len(one.leaf)) if known else None


def text_channel(one: Place) -> Channel | None:
    """Propose a sensor of text; None for an identity, a time, or nothing to read."""
    text = one.text
    if text is None or is_no_reading(one, text):
        return None
    leaf = one.leaf if one.leaf not in HOLDERS else next((level for level in one.levels if level not in HOLDERS), ())
    known = phrases(leaf, roles.TEXTS)
    wanted = bool(known) and role_of(leaf, known[0]) in (None, "internal") and says_more(leaf, known[0])
    wanted = wanted or bool(one.annotated) or is_who(one)
    return Channel(name=name_of(one, Said()), path=one.field.path, subtopic=one.subtopic,
                   enabled=wanted and text.strip().lower() not in NOTHING and not one.field.technical)  # fmt: skip


# A text that says that there is nothing to say.
NOTHING = frozenset({"", "noop", "nop"})
TELLS = frozenset({"text", "name", "description", "message", "detail", "details", "string", "str", "msg"})
# Beside one of these a user is not an account, but who it was.
AT_A_DOOR = frozenset({"access", "card", "uid", "tag", "badge", "pin", "unlock", "door"})


def says_more(leaf: Words, phrase: Phrase) -> bool:
    """Return whether a key ends with the words that make its text worth reading: no "status_hex"."""
    after = leaf[phrase.end :]
    return only_qualifies(after) or not TELLS.isdisjoint(after)


def is_who(one: Place) -> bool:
    """Return whether a text is whoever opened a door."""
    return one.leaf in (("username",), ("user",)) and not one.family.words.isdisjoint(AT_A_DOOR)


def is_alone(one: Place, context: Context) -> bool:
    """Return whether nothing else is told of a device, or its maker gave the value a name."""
    return context.alone or one.annotated is not None


def is_no_reading(one: Place, text: str) -> bool:
    """Return whether a text is a time, an address, a unit or content that nobody decoded."""
    if is_who(one):
        return False
    known = phrases(one.leaf, roles.TEXTS)
    if (
        role_of(one.leaf, known[0] if known else None) in ("identity", "time")
        or names_a_unit(one)
        or names_a_record(one)
        or is_encoded(one)
    ):
        return True
    return is_time(text) or is_identifier(text) or text.startswith(("http", "/", "$"))


def number_channel(one: Place, context: Context) -> Channel | None:
    """Propose a sensor of a number, or of nothing yet; None for an identity or a time."""
    found = with_unit(meaning(one, context), one, context)
    if found.role in ("identity", "time") or is_epoch(one, found):
        return None
    row = found.row
    if one.value is None and found.quantity is None and found.role is None and not found.known:
        return None
    device_class = media_class(found, context)
    state_class = state_class_of(one, found, device_class)
    return Channel(
        name=name_of(one, said_of(found)),
        path=one.field.path,
        subtopic=one.subtopic,
        unit=found.unit,
        device_class=device_class,
        state_class=state_class,
        entity_category="diagnostic" if row.diagnostic or one.field.technical or found.role == "internal" else None,
        precision=precision_of(device_class, found.unit, one.number),
        scale=found.scale * one.factor,
        enabled=is_wanted(one, found, context),
    )


def said_of(found: Meaning) -> Said:
    """Return what a meaning adds to a name."""
    noun = NOUNS.get(found.quantity or "", found.quantity) if found.quantity != "solar" else None
    letter = found.phrase is not None and len(found.phrase) == 1
    return Said(
        name=found.name,
        title=found.row.title or (noun if letter else None),
        phrase=found.phrase,
        noun=noun,
        unit=found.unit,
    )


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


def media_class(found: Meaning, context: Context) -> str | None:
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
    if found.quantity == "signal" and is_heard(one):
        return False
    if found.role is not None or set(one.leaf) & (LATITUDE | LONGITUDE):
        return False
    if found.quantity is not None or found.name or found.known or counts_answers(one):
        return found.row.enabled and (not one.field.technical or found.quantity in OF_TRANSPORT)
    return not one.field.technical and (found.unit is not None or is_telling(one, context))


def is_telling(one: Place, context: Context) -> bool:
    """Return whether a number of which nobody knows what it is looks like one that somebody wants to see."""
    nameless = all(word.isdigit() for level in one.levels[: one.depth] for word in level)
    if one.field.path and isinstance(one.field.path[-1], int) and len(one.siblings) >= LONG_LIST:
        return nameless and not is_named(context)
    if any(words_of(part)[-1:] == ("info",) for part in one.parts[:-1]):
        return False
    used = not USED.isdisjoint(one.leaf) and (only_qualifies(one.leaf) or one.leaf[-1] in USED)
    if nameless or context.alone or one.annotated is not None or used:
        return True
    if one.field.path and one.parent and one.parts[-2].lower() in HELD:
        return True
    return one.pattern in one.family.measured or (one.leaf[:1] == ("total",) and one.family.totals >= MANY_TOTALS)


# What was used of something is worth seeing, whatever it was.
USED = frozenset({"consumption", "used"})
# Who names a group so, has put into it what was measured.
HELD = frozenset({"values", "readings", "measurements", "tags", "metrics"})
# So many "total…" beside each other are counts of things.
MANY_TOTALS = 3
# Nobody can tell what the numbers of so long a list without names are.
LONG_LIST = 4


def is_named(context: Context) -> bool:
    """Return whether any value of the device has a name."""
    return any(not key.isdigit() for key in context.keys)


def is_heard(one: Place) -> bool:
    """Return whether a value stands in a list of what the device hears: other radios, not its own."""
    listed = any(isinstance(part, int) for part in one.field.path)
    return listed and not one.recorded and not one.field.technical


def counts_answers(one: Place) -> bool:
    """Return whether a number stands where others have a yes or no: how often there was motion."""
    kind = kind_of(one)
    return kind is not None and kind.device_class in COUNTED and one.value is not None


def is_epoch(one: Place, found: Meaning) -> bool:
    """Return whether a number is a time: seconds or milliseconds since 1970."""
    return (
        found.quantity is None
        and one.number is not None
        and any(EPOCH[0] * factor <= one.number <= EPOCH[1] * factor for factor in (1, 1000))
    )
