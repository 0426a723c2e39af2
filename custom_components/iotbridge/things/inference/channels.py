"""Proposals: a value becomes a channel, or none. Pure."""

from dataclasses import replace

from ..model.profile import Channel
from ..vocabulary import display_names as words, roles
from ..vocabulary.binary_states import BINARY
from ..vocabulary.quantities import QUANTITIES
from .binary import Answer, answer_of, command, event_types, is_event, kind_of
from .candidate import Place
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


def propose(candidate: Place, context: Context) -> Channel | None:
    """Propose a channel for a value; None where it is no reading."""
    if candidate.spare and candidate.number is None:
        return None
    channel = channel_of(candidate, context)
    if channel is not None and (candidate.spare or is_of_a_group(candidate, channel)):
        return replace(channel, enabled=False)
    convention = known_convention(candidate, context)
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


def is_of_a_group(candidate: Place, channel: Channel) -> bool:
    """Return whether a value stands among settings or in a header; how well its radio is heard is still worth it."""
    if candidate.field.technical or channel.device_class in ("signal_strength", "battery"):
        return False
    if any(not PAST.isdisjoint(words_of(part)) for part in candidate.parts[:-1]):
        return True
    return any(not GROUPS.isdisjoint(words_of(part)[-1:]) for part in candidate.parts[:-1])


def channel_of(candidate: Place, context: Context) -> Channel | None:
    """Propose a channel for a value; None where it is no reading."""
    if is_event(candidate):
        return Channel(name=name_of(candidate, Said()), path=candidate.field.path, subtopic=candidate.subtopic, platform="event",
                       event_types=event_types(candidate), enabled=not candidate.field.technical)  # fmt: skip
    answer = answer_of(candidate)
    if answer is not None:
        return answer_channel(candidate, answer, context)
    if candidate.is_bool or candidate.text is not None:
        return text_channel(candidate)
    return number_channel(candidate, context)


def answer_channel(candidate: Place, answer: Answer, context: Context) -> Channel | None:
    """Propose a binary sensor, or a switch where the device's maker says how to switch it."""
    told = command(candidate, context)
    named = candidate.levels[1] if candidate.leaf in HOLDERS and len(candidate.levels) > 1 else candidate.leaf
    role = role_of(named, asked_of(candidate))
    if role in ("identity", "time"):
        return None
    switched = told is not None and answer.on.lower() in SWITCHED
    platform = "switch" if switched else "binary_sensor"
    kind = answer.kind
    return Channel(
        name=name_of(candidate, Said(name=kind.title)),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        platform=platform,
        device_class=answer.device_class if platform == "binary_sensor" else None,
        entity_category="diagnostic" if kind.diagnostic or candidate.field.technical else None,
        enabled=(answer.known or answer.device_class is not None or told is not None or is_alone(candidate, context))
        and (role is None or candidate.annotated is not None)
        and not candidate.field.technical,
        on=answer.on,
        off=answer.off,
        command_topic=told.topic if told and switched else None,
        command_on=told.on if told and switched else "ON",
        command_off=told.off if told and switched else "OFF",
    )


def asked_of(candidate: Place) -> Phrase | None:
    """Return the words that are a whole key and ask for a yes or a no beyond doubt: "error"."""
    text = " ".join(candidate.leaf)
    listed = any(isinstance(part, int) for part in candidate.field.path)
    known = text in BINARY and not BINARY[text].weak and candidate.is_bool and not listed
    return Phrase(text, 0, len(candidate.leaf)) if known else None


def text_channel(candidate: Place) -> Channel | None:
    """Propose a sensor of text; None for an identity, a time, or nothing to read."""
    text = candidate.text
    if text is None or is_no_reading(candidate, text):
        return None
    leaf = (
        candidate.leaf
        if candidate.leaf not in HOLDERS
        else next((level for level in candidate.levels if level not in HOLDERS), ())
    )
    known = phrases(leaf, roles.TEXTS)
    wanted = bool(known) and role_of(leaf, known[0]) in (None, "internal") and says_more(leaf, known[0])
    wanted = wanted or bool(candidate.annotated) or is_who(candidate)
    return Channel(name=name_of(candidate, Said()), path=candidate.field.path, subtopic=candidate.subtopic,
                   enabled=wanted and text.strip().lower() not in NOTHING and not candidate.field.technical)  # fmt: skip


# A text that says that there is nothing to say.
NOTHING = frozenset({"", "noop", "nop"})
TELLS = frozenset({"text", "name", "description", "message", "detail", "details", "string", "str", "msg"})
# Beside one of these a user is not an account, but who it was.
AT_A_DOOR = frozenset({"access", "card", "uid", "tag", "badge", "pin", "unlock", "door"})


def says_more(leaf: Words, phrase: Phrase) -> bool:
    """Return whether a key ends with the words that make its text worth reading: no "status_hex"."""
    after = leaf[phrase.end :]
    return only_qualifies(after) or not TELLS.isdisjoint(after)


def is_who(candidate: Place) -> bool:
    """Return whether a text is whoever opened a door."""
    return candidate.leaf in (("username",), ("user",)) and not candidate.family.words.isdisjoint(AT_A_DOOR)


def is_alone(candidate: Place, context: Context) -> bool:
    """Return whether nothing else is told of a device, or its maker gave the value a name."""
    return context.alone or candidate.annotated is not None


def is_no_reading(candidate: Place, text: str) -> bool:
    """Return whether a text is a time, an address, a unit or content that nobody decoded."""
    if is_who(candidate):
        return False
    known = phrases(candidate.leaf, roles.TEXTS)
    if (
        role_of(candidate.leaf, known[0] if known else None) in ("identity", "time")
        or names_a_unit(candidate)
        or names_a_record(candidate)
        or is_encoded(candidate)
    ):
        return True
    return is_time(text) or is_identifier(text) or text.startswith(("http", "/", "$"))


def number_channel(candidate: Place, context: Context) -> Channel | None:
    """Propose a sensor of a number, or of nothing yet; None for an identity or a time."""
    found = with_unit(meaning(candidate, context), candidate, context)
    if found.role in ("identity", "time") or is_epoch(candidate, found):
        return None
    row = found.row
    if candidate.value is None and found.quantity is None and found.role is None and not found.known:
        return None
    device_class = media_class(found, context)
    state_class = state_class_of(candidate, found, device_class)
    return Channel(
        name=name_of(candidate, said_of(found)),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        unit=found.unit,
        device_class=device_class,
        state_class=state_class,
        entity_category="diagnostic"
        if row.diagnostic or candidate.field.technical or found.role == "internal"
        else None,
        precision=precision_of(device_class, found.unit, candidate.number),
        scale=found.scale * candidate.factor,
        enabled=is_wanted(candidate, found, context),
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


def state_class_of(candidate: Place, found: Meaning, device_class: str | None) -> str | None:
    """Return how a reading is counted: a meter's value of yesterday is not."""
    usual = found.row.state_class
    if usual == "total_increasing" and is_over(candidate):
        return None
    if device_class == "energy" and candidate.number is not None and candidate.number < 0:
        return "total"
    if usual == "total_increasing" and qualifier(candidate, words.STATISTICS):
        return "measurement" if found.row.device_class is None else None
    return usual


def is_wanted(candidate: Place, found: Meaning, context: Context) -> bool:
    """Return whether a person would expect this reading."""
    if found.quantity == "signal" and is_heard(candidate):
        return False
    if found.role is not None or set(candidate.leaf) & (LATITUDE | LONGITUDE):
        return False
    if found.quantity is not None or found.name or found.known or counts_answers(candidate):
        return found.row.enabled and (not candidate.field.technical or found.quantity in OF_TRANSPORT)
    return not candidate.field.technical and (found.unit is not None or is_telling(candidate, context))


def is_telling(candidate: Place, context: Context) -> bool:
    """Return whether a number of which nobody knows what it is looks like one that somebody wants to see."""
    nameless = all(word.isdigit() for level in candidate.levels[: candidate.depth] for word in level)
    if candidate.field.path and isinstance(candidate.field.path[-1], int) and len(candidate.siblings) >= LONG_LIST:
        return nameless and not is_named(context)
    if any(words_of(part)[-1:] == ("info",) for part in candidate.parts[:-1]):
        return False
    used = not USED.isdisjoint(candidate.leaf) and (only_qualifies(candidate.leaf) or candidate.leaf[-1] in USED)
    if nameless or context.alone or candidate.annotated is not None or used:
        return True
    if candidate.field.path and candidate.parent and candidate.parts[-2].lower() in HELD:
        return True
    return candidate.pattern in candidate.family.measured or (
        candidate.leaf[:1] == ("total",) and candidate.family.totals >= MANY_TOTALS
    )


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


def is_heard(candidate: Place) -> bool:
    """Return whether a value stands in a list of what the device hears: other radios, not its own."""
    listed = any(isinstance(part, int) for part in candidate.field.path)
    return listed and not candidate.recorded and not candidate.field.technical


def counts_answers(candidate: Place) -> bool:
    """Return whether a number stands where others have a yes or no: how often there was motion."""
    kind = kind_of(candidate)
    return kind is not None and kind.device_class in COUNTED and candidate.value is not None


def is_epoch(candidate: Place, found: Meaning) -> bool:
    """Return whether a number is a time: seconds or milliseconds since 1970."""
    return (
        found.quantity is None
        and candidate.number is not None
        and any(EPOCH[0] * factor <= candidate.number <= EPOCH[1] * factor for factor in (1, 1000))
    )
