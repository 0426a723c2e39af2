"""Values that are yes or no, that happen, or that are only text: binary sensors, switches, events and texts. Pure."""

from dataclasses import dataclass
import re

from ..model.conversion import NO, YES, text_of
from ..vocabulary.binary_states import ALARMS, BINARY, BITS, CALM, ONLY_WITH_A_KIND, PAIRS, Binary
from ..vocabulary.events import EVENT_KEYS, EVENT_TYPES, EVENT_VALUES
from ..vocabulary.vendor_commands import COMMANDS
from ..vocabulary.words import WORDS
from .candidate import Place
from .interpretation import Context, role_of
from .tokens import only_qualifies, phrases, words_of

LONGEST_TYPE = 32
# In a key with one of these a 0 or a 1 is a number: "alarm_counter".
NUMBER_WORDS = frozenset({
    "count", "counter", "counts", "time", "duration", "code", "flags", "number", "total", "cnt",
    "num", "nr", "requests", "attempts", "events", "retries", "seconds", "minutes", "hours", "days",
})  # fmt: skip
SENTENCE_WORDS = 3
# What somebody's remote sends beside its command.
OF_A_REMOTE = frozenset({"rolling", "counter", "button", "remote"})
# Words that say in which state something is, under keys that else tell of something that happened.
CONDITIONS = frozenset({
    "heating", "cooling", "idle", "drying", "fan", "defrosting", "preheating", "ready", "disabled", "enabled",
    "inactive", "unavailable", "stopped", "running", "auto", "standby",
})  # fmt: skip
# A remote's "on" is a press, not a state.
ALWAYS_EVENTS = frozenset({"action", "click"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A yes or no: its kind, and how the raw value writes each."""

    kind: Binary
    known: bool
    on: str
    off: str
    device_class: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Where a switch is told what to do, and with what words."""

    topic: str
    on: str
    off: str


# Words that ask for a yes or no only where they are the whole key: {"on": true}, but not "on_demand".
ALONE = {("on",): Binary(), ("operating",): Binary("running")}
# A relay that is closed lets the current through.
CONTACTS = frozenset({"relay", "contactor", "breaker"})


def kind_of(candidate: Place) -> Binary | None:
    """Return what yes or no a key asks for; None where it asks for something else."""
    if candidate.leaf in ALONE:
        return ALONE[candidate.leaf]
    weak: Binary | None = None
    for index, level in enumerate(candidate.levels[:3]):
        above = candidate.levels[index + 1] if index + 1 < len(candidate.levels) else ()
        across = above + level
        found = [phrase for phrase in phrases(across, BINARY) if phrase.end > len(above)]
        if found:
            best = max(found, key=lambda phrase: (not BINARY[phrase.text].weak, phrase.end - phrase.start, phrase.end))
            if not BINARY[best.text].weak or not only_qualifies(level):
                return BINARY[best.text]
            weak = weak or BINARY[best.text]
        elif not only_qualifies(level) or phrases(level, WORDS):
            break
    return weak


def answer_of(candidate: Place) -> Answer | None:
    """Return the yes or no that a value is; None for any other value."""
    kind = alarm_of(candidate) or kind_of(candidate) or bound_of(candidate)
    pair = pair_of(candidate, kind)
    if pair is None:
        return None
    on, off, hint = pair
    row = kind or Binary()
    if candidate.leaf == ("connected",) and "charging" in candidate.family.words:
        row = BINARY["plugged in"]
    if hint == "opening" and not CONTACTS.isdisjoint(candidate.leaf):
        on, off, hint = off, on, None
    if hint is None and row is BINARY["water"] and on.lower() == "on":
        row = Binary()
    if is_about_more(candidate, row):
        row = BINARY["problem"] if is_limit(candidate) else Binary()
    if row.inverted and text_of(candidate.value).lower() in YES | NO:
        on, off = off, on
    return Answer(kind=row, known=kind is not None, on=on, off=off, device_class=row.device_class or hint)


BATTERY_WORDS = frozenset({
    "battery", "batt", "bat", "low", "critical", "warning", "alarm", "weak", "empty", "replace", "state", "status",
    "ok", "alert", "flat", "dead", "fault", "level",
})  # fmt: skip


WATER_WORDS = frozenset({"water", "alarm", "state", "status", "sensor", "alert", "is", "warning", "detector"})
LIMITS = frozenset({"low", "high", "lack", "missing", "shortage", "over", "under", "too"})


def is_limit(candidate: Place) -> bool:
    """Return whether a yes says that something is too low or too high: "lowWaterPressure"."""
    return not LIMITS.isdisjoint(candidate.leaf)


def is_about_more(candidate: Place, row: Binary) -> bool:
    """Return whether a yes or no is not of the class that a weak word in its key tells: a battery that is connected."""
    if row is BINARY["battery"]:
        return not set(candidate.pattern) <= BATTERY_WORDS
    if row is BINARY["water"]:
        return not set(candidate.pattern) <= WATER_WORDS
    return row is BINARY["present"] and candidate.depth > 1


def alarm_of(candidate: Place) -> Binary | None:
    """Return the kind of what stands below "Alarms": each is an alarm, whatever it is about."""
    above = {word for part in candidate.parts[:-1] for word in words_of(part)}
    return BINARY["alarm"] if above & ALARMS and (candidate.is_bool or candidate.number in BITS) else None


BOUNDS = frozenset({("low",), ("high",)})


def bound_of(candidate: Place) -> Binary | None:
    """Return that a yes or no tells whether something is too low or too high: "Storage_Low", "lowOilPressure"."""
    if candidate.is_bool:
        return BINARY["problem"] if is_limit(candidate) and phrases(candidate.leaf, WORDS) else None
    bits = sum(sibling.is_bool or sibling.number in BITS for sibling in candidate.siblings)
    among = candidate.number in BITS and bits >= FEW_BITS and candidate.leaf[-1:] in BOUNDS and len(candidate.leaf) > 1
    return BINARY["problem"] if among else None


FEW_BITS = 4


def pair_of(candidate: Place, kind: Binary | None) -> tuple[str, str, str | None] | None:
    """Return how a key's yes and no are written, and the class that the words tell."""
    value = candidate.value
    if value is None:
        return ("true", "false", None) if kind and not kind.weak and is_asked(candidate) else None
    if isinstance(value, bool):
        return "true", "false", None
    if candidate.number is not None:
        plain = (
            isinstance(candidate.number, int)
            and not candidate.stated
            and candidate.suffix is None
            and not set(candidate.leaf) & NUMBER_WORDS
            and (alarm_of(candidate) is not None or not is_quantity(candidate))
        )
        told = kind is not None and (not kind.weak or candidate.leaf[:1] == ("bool",))
        return ("1", "0", None) if plain and candidate.number in BITS and told else None
    return words_pair(str(value), kind)


def is_asked(candidate: Place) -> bool:
    """Return whether a key is nothing but a yes or no, or ends with one and has no quantity: "low_battery"."""
    if " ".join(candidate.leaf) in BINARY:
        return True
    ends = only_qualifies(candidate.leaf) or any(
        phrase.end == len(candidate.leaf) for phrase in phrases(candidate.leaf, BINARY)
    )
    return ends and not phrases(candidate.leaf, WORDS)


# Where all that begins with one of these is 0 or 1, each is a yes or a no, whatever it is about.
FLAGS = (("error",), ("err",), ("fault",), ("alarm",), ("warning",))


def is_quantity(candidate: Place) -> bool:
    """Return whether a key ends with what is measured, or its sister holds another number than 0 and 1."""
    own = candidate.pattern
    if own[-1:] in BOUNDS:
        return False
    if own[:1] in FLAGS and all(other.number in BITS for other in candidate.siblings if other.leaf[:1] == own[:1]):
        return False
    measured = phrases(own, WORDS)
    states = [phrase for phrase in phrases(own, BINARY) if not BINARY[phrase.text].weak]
    if any(phrase.end == len(own) for phrase in measured) and not any(phrase.end == len(own) for phrase in states):
        return True
    if len(own) == len(candidate.leaf):
        return False
    return any(
        sibling.number is not None and sibling.number not in BITS
        for sibling in candidate.siblings
        if sibling.pattern == own
    )


def words_pair(text: str, kind: Binary | None) -> tuple[str, str, str | None] | None:
    """Return the pair of words that a text is one of, written as it writes it."""
    plain = text.strip().lower().replace("_", " ")
    pairs = [pair for pair in PAIRS if plain in (pair[0].replace("_", " "), pair[1].replace("_", " "))]
    if kind is not None and kind.device_class is not None:
        pairs = [pair for pair in pairs if pair[2] in (None, kind.device_class)] or pairs
    if not pairs or (plain in ONLY_WITH_A_KIND and (kind is None or kind.device_class is None)):
        return None
    yes, no, hint = pairs[0]
    return like(text, yes), like(text, no), None if plain in CALM else hint


def like(text: str, word: str) -> str:
    """Return a word in the capitals, and with the blanks, of another text."""
    if "_" in text:
        word = word.replace(" ", "_")
    if text.isupper():
        return word.upper()
    return word.capitalize() if text[:1].isupper() else word


def is_event(candidate: Place) -> bool:
    """Return whether a value is something that happened."""
    if candidate.number is not None or candidate.is_bool:
        return False
    text = (candidate.text or "").strip().lower()
    if text in EVENT_VALUES or text in CONDITIONS or text.startswith("not "):
        return text in EVENT_VALUES
    key = " ".join(candidate.leaf)
    if candidate.leaf == ("command",) and not candidate.family.words.isdisjoint(OF_A_REMOTE):
        return bool(text) and not is_sentence(text)
    if key not in EVENT_KEYS and not any(key.endswith(f" {word}") for word in ("action", "button event", "click")):
        return False
    if not text or candidate.leaf[-1] in ALWAYS_EVENTS:
        return not is_sentence(text)
    return words_pair(text, None) is None and not is_sentence(text)


def is_sentence(text: str) -> bool:
    """Return whether a text is more than a type of event."""
    return len(text) > LONGEST_TYPE or text.count(" ") >= SENTENCE_WORDS or text.startswith(("http", "{", "["))


def event_types(candidate: Place) -> tuple[str, ...]:
    """Return what may happen: what has been seen, and what is usual, written in the same way."""
    seen = text_of(candidate.value)
    usual = tuple(word.upper() for word in EVENT_TYPES) if seen.isupper() else EVENT_TYPES
    return tuple(dict.fromkeys([seen, *usual] if seen else usual))


def command(candidate: Place, context: Context) -> Command | None:
    """Return where a switch is told what to do, where a vendor's convention says it."""
    topic = "/".join(part for part in (context.topic, candidate.subtopic) if part)
    key = ".".join(map(str, candidate.field.path))
    for row in COMMANDS:
        match = re.fullmatch(f"{row.topic}\n{row.key}", f"{topic}\n{key}")
        if match and (not row.settable or candidate.settable):
            return Command(topic=match.expand(row.command), on=match.expand(row.on), off=match.expand(row.off))
    return None


def is_switch(candidate: Place, context: Context) -> bool:
    """Return whether a yes or no is the state of something that is switched."""
    if command(candidate, context) is not None:
        return True
    return any(
        re.fullmatch(f"{row.topic}\n{row.key}", f"{context.topic}/{candidate.subtopic}\n{candidate.key}")
        for row in COMMANDS
    )


def text_role(candidate: Place) -> str | None:
    """Return what a text is instead of a reading; see meaning.role_of."""
    return role_of(candidate.leaf, None)
