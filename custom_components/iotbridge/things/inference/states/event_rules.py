"""Rules for values that are events, such as a press or a gesture. Pure."""

from enum import Enum, auto

from ...model.conversion import is_absent, text_of
from ...model.profile import RECEIVED
from ...vocabulary.states.events import (
    ALWAYS_EVENTS,
    CODES,
    CODES_OF_A_SIGNAL,
    CONDITIONS,
    EVENT_ENDINGS,
    EVENT_KEYS,
    EVENT_TYPES,
    EVENT_VALUES,
    OF_A_CARD,
    OF_A_REMOTE,
    OF_A_SIGNAL,
    RECEIVERS,
)
from ..candidates.candidate import Candidate
from ..conditions import Subject, beside, has_head, is_key, near
from ..rule_table import Example, Reads, Table, TableRule, either, no
from .binary import pair_of

LONGEST_TYPE = 32
SENTENCE_WORDS = 3


class EventKind(Enum):
    """Kind of an event: one of a few types, or a code, of which there may be any number."""

    TYPE = auto()
    CODE = auto()


def written(subject: Subject) -> str:
    """Return the text of a value in lower case."""
    return (subject.candidate.text or "").strip().lower()


def is_binary_or_number(subject: Subject) -> bool:
    """Return whether the value is true, false or a number."""
    return subject.candidate.number is not None or subject.candidate.is_bool


def is_press(subject: Subject) -> bool:
    """Return whether the text is a press, under any key."""
    return written(subject) in EVENT_VALUES


def is_state(subject: Subject) -> bool:
    """Return whether the text is a state, under any key."""
    return written(subject) in CONDITIONS or written(subject).startswith("not ")


def is_sentence(subject: Subject) -> bool:
    """Return whether the text is more than a type of event."""
    text = written(subject)
    return len(text) > LONGEST_TYPE or text.count(" ") >= SENTENCE_WORDS or text.startswith(("http", "{", "["))


def has_event_key(subject: Subject) -> bool:
    """Return whether the key names an event."""
    key = " ".join(subject.candidate.leaf)
    return key in EVENT_KEYS or any(key.endswith(f" {words}") for words in EVENT_ENDINGS)


def is_empty(subject: Subject) -> bool:
    """Return whether there has been no event yet."""
    return not written(subject)


def is_coded(subject: Subject) -> bool:
    """Return whether the value can be a code: a number or a text with digits, or none yet."""
    value = subject.candidate.field.value
    return is_absent(value) or any(letter.isdigit() for letter in text_of(value))


def is_word_for_a_state(subject: Subject) -> bool:
    """Return whether the text is a word for on or off."""
    return pair_of(written(subject), None) is not None


# None: the value is no event.
EVENT_RULES: Table[Subject, TableRule[Subject, EventKind | None]] = Table(
    (
        TableRule(
            EventKind.CODE,
            when=(has_head(CODES), near(RECEIVERS), is_coded),
            example=Example(
                {"RfReceived": {"RfKey": 2, "Sync": 13520}}, Reads("2", platform="event"), "Tasmota: radio bridge"
            ),
        ),
        TableRule(
            EventKind.CODE,
            when=(is_key(*CODES_OF_A_SIGNAL), beside("protocol"), beside(*OF_A_SIGNAL)),
            example=Example(
                {"value": 5447, "protocol": 1, "length": 24, "delay": 180},
                Reads("5447", platform="event"),
                "OpenMQTTGateway: receiver for 433 MHz",
            ),
        ),
        TableRule(
            None,
            when=(is_binary_or_number,),
            example=Example({"button": 1}, Reads(1), "blind2/merryiot-door"),
        ),
        TableRule(
            EventKind.TYPE,
            when=(is_press,),
            example=Example(
                {"status": "short press"}, Reads("short press", platform="event"), "holdout/milesight-ws101"
            ),
        ),
        TableRule(
            None,
            when=(either(is_state, is_sentence),),
            example=Example({"action": "cooling"}, Reads("cooling", enabled=False), "blind/mitsubishi2mqtt"),
        ),
        TableRule(
            EventKind.TYPE,
            when=(is_key(("command",)), beside(*OF_A_REMOTE), no(is_empty)),
            example=Example(
                {"command": "open", "counter": 221}, Reads("open", platform="event"), "blind/rtl433-solexa"
            ),
        ),
        TableRule(
            EventKind.TYPE,
            when=(has_event_key, either(is_empty, has_head(ALWAYS_EVENTS))),
            example=Example({"action": "vibration"}, Reads("vibration", platform="event"), "holdout/z2m-vibration"),
        ),
        TableRule(
            EventKind.TYPE,
            when=(has_event_key, no(is_word_for_a_state)),
            example=Example({"ring": "ring1"}, Reads("ring1", platform="event"), "Zigbee2MQTT: Tuya ZG-225Z"),
        ),
    )
)


def event_kind(candidate: Candidate) -> EventKind | None:
    """Return the kind of the event that a value is; None for any other value."""
    rule = EVENT_RULES.first(Subject(candidate))
    return None if rule is None else rule.gives


def is_card(candidate: Candidate) -> bool:
    """Return whether a value that is not proposed may be the code of a card."""
    return not OF_A_CARD.isdisjoint(candidate.leaf)


def event_types(candidate: Candidate) -> tuple[str, ...]:
    """Return the possible event types: the current one, and the usual ones in the same style; any code for a code."""
    if event_kind(candidate) is not EventKind.TYPE:
        return (RECEIVED,) if is_absent(candidate.field.value) else (RECEIVED, text_of(candidate.field.value))
    seen = text_of(candidate.value)
    usual = tuple(word.upper() for word in EVENT_TYPES) if seen.isupper() else EVENT_TYPES
    return tuple(dict.fromkeys([seen, *usual] if seen else usual))
