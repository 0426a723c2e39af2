"""Rules for values that are events, such as a press or a gesture. Pure."""

from typing import NamedTuple

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
from ..rule_table import Condition, Example, Reads, Table, either, no
from .binary import pair_of

LONGEST_TYPE = 32
SENTENCE_WORDS = 3


class EventRule(NamedTuple):
    """Decision whether a value is an event; ``is_code``: its value is a code, of which there may be any number."""

    is_event: bool
    when: tuple[Condition[Candidate], ...]
    example: Example
    is_code: bool = False


def written(candidate: Candidate) -> str:
    """Return the text of a value in lower case."""
    return (candidate.text or "").strip().lower()


def is_binary_or_number(candidate: Candidate) -> bool:
    """Return whether the value is true, false or a number."""
    return candidate.number is not None or candidate.is_bool


def is_press(candidate: Candidate) -> bool:
    """Return whether the text is a press, under any key."""
    return written(candidate) in EVENT_VALUES


def is_state(candidate: Candidate) -> bool:
    """Return whether the text is a state, under any key."""
    return written(candidate) in CONDITIONS or written(candidate).startswith("not ")


def is_sentence(candidate: Candidate) -> bool:
    """Return whether the text is more than a type of event."""
    text = written(candidate)
    return len(text) > LONGEST_TYPE or text.count(" ") >= SENTENCE_WORDS or text.startswith(("http", "{", "["))


def is_command_of_a_remote(candidate: Candidate) -> bool:
    """Return whether the text is the command in a message of a remote."""
    return (
        candidate.leaf == ("command",)
        and not candidate.sibling_group.words.isdisjoint(OF_A_REMOTE)
        and bool(candidate.text)
    )


def has_event_key(candidate: Candidate) -> bool:
    """Return whether the key names an event."""
    key = " ".join(candidate.leaf)
    return key in EVENT_KEYS or any(key.endswith(f" {words}") for words in EVENT_ENDINGS)


def is_empty(candidate: Candidate) -> bool:
    """Return whether there has been no event yet."""
    return not written(candidate)


def is_always_event(candidate: Candidate) -> bool:
    """Return whether the value of such a key is a press even if its word could be a state."""
    return candidate.leaf[-1:] != () and candidate.leaf[-1] in ALWAYS_EVENTS


def is_code_of_a_receiver(candidate: Candidate) -> bool:
    """Return whether the key names a code, and it or the one above a receiver of codes."""
    above = candidate.levels[1] if len(candidate.levels) > 1 else ()
    return not CODES.isdisjoint(candidate.leaf[-1:]) and not RECEIVERS.isdisjoint(candidate.leaf + above)


def is_coded(candidate: Candidate) -> bool:
    """Return whether the value can be a code: a number or a text with digits, or none yet."""
    return is_absent(candidate.field.value) or any(letter.isdigit() for letter in text_of(candidate.field.value))


def is_code_of_a_signal(candidate: Candidate) -> bool:
    """Return whether the value is a code beside the protocol and the timing of its signal."""
    words = candidate.sibling_group.words
    return candidate.leaf in CODES_OF_A_SIGNAL and "protocol" in words and not OF_A_SIGNAL.isdisjoint(words)


def is_word_for_a_state(candidate: Candidate) -> bool:
    """Return whether the text is a word for on or off."""
    return pair_of(written(candidate), None) is not None


EVENT_RULES: Table[Candidate, EventRule] = Table(
    (
        EventRule(
            is_event=True,
            is_code=True,
            when=(is_code_of_a_receiver, is_coded),
            example=Example(
                {"RfReceived": {"RfKey": 2, "Sync": 13520}}, Reads("2", platform="event"), "Tasmota: radio bridge"
            ),
        ),
        EventRule(
            is_event=True,
            is_code=True,
            when=(is_code_of_a_signal,),
            example=Example(
                {"value": 5447, "protocol": 1, "length": 24, "delay": 180},
                Reads("5447", platform="event"),
                "OpenMQTTGateway: receiver for 433 MHz",
            ),
        ),
        EventRule(
            is_event=False,
            when=(is_binary_or_number,),
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


def is_event(candidate: Candidate) -> bool:
    """Return whether a value is an event."""
    rule = EVENT_RULES.first(candidate)
    return rule is not None and rule.is_event


def is_card(candidate: Candidate) -> bool:
    """Return whether a value that is not proposed may be the code of a card."""
    return not OF_A_CARD.isdisjoint(candidate.leaf)


def event_types(candidate: Candidate) -> tuple[str, ...]:
    """Return the possible event types: the current one, and the usual ones in the same style; any code for a code."""
    rule = EVENT_RULES.first(candidate)
    if rule is None or rule.is_code:
        return (RECEIVED,) if is_absent(candidate.field.value) else (RECEIVED, text_of(candidate.field.value))
    seen = text_of(candidate.value)
    usual = tuple(word.upper() for word in EVENT_TYPES) if seen.isupper() else EVENT_TYPES
    return tuple(dict.fromkeys([seen, *usual] if seen else usual))
