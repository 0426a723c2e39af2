"""Rules for a value that is something that happened: a press, a gesture. Pure."""

from typing import NamedTuple

from ...model.conversion import text_of
from ...vocabulary.states.events import (
    ALWAYS_EVENTS,
    CONDITIONS,
    EVENT_ENDINGS,
    EVENT_KEYS,
    EVENT_TYPES,
    EVENT_VALUES,
    OF_A_REMOTE,
)
from ..candidates.candidate import Place
from ..rule_table import Condition, Example, Reads, Table, either, no
from .binary import words_pair

LONGEST_TYPE = 32
SENTENCE_WORDS = 3


class EventRule(NamedTuple):
    """Decision that a value is an event, or none."""

    is_event: bool
    when: tuple[Condition[Place], ...]
    example: Example


def written(candidate: Place) -> str:
    """Return the text of a value in lower case."""
    return (candidate.text or "").strip().lower()


def is_answer_or_number(candidate: Place) -> bool:
    """Return whether the value is true, false or a number."""
    return candidate.number is not None or candidate.is_bool


def is_press(candidate: Place) -> bool:
    """Return whether the text is a press, whatever its key is called."""
    return written(candidate) in EVENT_VALUES


def is_state(candidate: Place) -> bool:
    """Return whether the text is a state, whatever its key is called."""
    return written(candidate) in CONDITIONS or written(candidate).startswith("not ")


def is_sentence(candidate: Place) -> bool:
    """Return whether the text is more than a type of event."""
    text = written(candidate)
    return len(text) > LONGEST_TYPE or text.count(" ") >= SENTENCE_WORDS or text.startswith(("http", "{", "["))


def is_command_of_a_remote(candidate: Place) -> bool:
    """Return whether the text is the command in a remote's message."""
    return (
        candidate.leaf == ("command",) and not candidate.family.words.isdisjoint(OF_A_REMOTE) and bool(candidate.text)
    )


def has_event_key(candidate: Place) -> bool:
    """Return whether the key tells of something that happened."""
    key = " ".join(candidate.leaf)
    return key in EVENT_KEYS or any(key.endswith(f" {words}") for words in EVENT_ENDINGS)


def is_empty(candidate: Place) -> bool:
    """Return whether nothing happened yet."""
    return not written(candidate)


def is_always_event(candidate: Place) -> bool:
    """Return whether the value of such a key is a press even where its word could be a state."""
    return candidate.leaf[-1:] != () and candidate.leaf[-1] in ALWAYS_EVENTS


def is_word_for_a_state(candidate: Place) -> bool:
    """Return whether the text is a yes or a no."""
    return words_pair(written(candidate), None) is not None


EVENT_RULES: Table[Place, EventRule] = Table(
    (
        EventRule(
            is_event=False,
            when=(is_answer_or_number,),
            example=Example({"button": 1}, Reads(1), "blind2/merryiot-door"),
        ),
        EventRule(
            is_event=True,
            when=(is_press,),
            example=Example(
                {"status": "short press"}, Reads("short press", platform="event"), "holdout/milesight-ws101"
            ),
        ),
        EventRule(
            is_event=False,
            when=(either(is_state, is_sentence),),
            example=Example({"action": "cooling"}, Reads("cooling", enabled=False), "blind/mitsubishi2mqtt"),
        ),
        EventRule(
            is_event=True,
            when=(is_command_of_a_remote,),
            example=Example(
                {"command": "open", "counter": 221}, Reads("open", platform="event"), "blind/rtl433-solexa"
            ),
        ),
        EventRule(
            is_event=True,
            when=(has_event_key, either(is_empty, is_always_event)),
            example=Example({"action": "vibration"}, Reads("vibration", platform="event"), "holdout/z2m-vibration"),
        ),
        EventRule(
            is_event=True,
            when=(has_event_key, no(is_word_for_a_state)),
            example=Example({"ring": "ring1"}, Reads("ring1", platform="event"), "Zigbee2MQTT: Tuya ZG-225Z"),
        ),
    )
)


def is_event(candidate: Place) -> bool:
    """Return whether a value is something that happened."""
    rule = EVENT_RULES.first(candidate)
    return rule is not None and rule.is_event


def event_types(candidate: Place) -> tuple[str, ...]:
    """Return the types that may happen: the one that was seen, and the usual ones, written in the same way."""
    seen = text_of(candidate.value)
    usual = tuple(word.upper() for word in EVENT_TYPES) if seen.isupper() else EVENT_TYPES
    return tuple(dict.fromkeys([seen, *usual] if seen else usual))
