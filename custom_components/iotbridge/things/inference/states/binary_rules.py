"""Rules for a value that is yes or no: its kind, whether it is one at all, and which of both means yes. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from ...model.conversion import NO, YES, text_of
from ...vocabulary.states.binary_states import ALARMS, BINARY, BITS, Binary
from ...vocabulary.states.binary_words import BATTERY_WORDS, CONTACTS, FLAGS, LIMITS, NUMBER_WORDS, WATER_WORDS
from ...vocabulary.words import WORDS
from ..candidates.candidate import Place
from ..rule_table import Condition, Example, Reads, Table, either, no
from ..tokens import phrases, words_of
from .binary import BinaryValue, Pair, kind_of, words_pair

FEW_BITS = 4


@dataclass(frozen=True, slots=True)
class Question:
    """A value that may be a yes or no, with the kind that its key asks for, and how it is written."""

    candidate: Place
    kind: Binary | None = None
    pair: Pair | None = None


class KindRule(NamedTuple):
    """Kind of a yes or no under conditions, a row of binary_states.py, where its words do not tell it."""

    kind: str
    when: tuple[Condition[Question], ...]
    example: Example


class WritingRule(NamedTuple):
    """Writing of a yes and a no under conditions; None: it is neither."""

    pair: Pair | None
    when: tuple[Condition[Question], ...]
    example: Example


class CorrectionRule(NamedTuple):
    """Correction of a yes or no under conditions: of its ``kind``, "" for one without a class, or ``swapped``."""

    when: tuple[Condition[Question], ...]
    example: Example
    kind: str | None = None
    swapped: bool = False


def is_bool(question: Question) -> bool:
    """Return whether the value is JSON's true or false."""
    return question.candidate.is_bool


def is_number(question: Question) -> bool:
    """Return whether the value is a number, and not one written as a text with a unit."""
    return question.candidate.number is not None


def is_missing(question: Question) -> bool:
    """Return whether there is no value now."""
    return question.candidate.value is None


def is_bit(question: Question) -> bool:
    """Return whether the value is 0 or 1."""
    return isinstance(question.candidate.number, int) and question.candidate.number in BITS


def has_unit(question: Question) -> bool:
    """Return whether a unit is written beside the number, or in its key."""
    return question.candidate.stated or question.candidate.suffix is not None


def is_below_alarms(question: Question) -> bool:
    """Return whether the value stands in a group of alarms: each is one there, whatever it is about."""
    return any(not ALARMS.isdisjoint(words_of(part)) for part in question.candidate.parts[:-1])


def is_key(*words: str) -> Condition[Question]:
    """Return the condition that the key has these words and no others."""
    return lambda question: question.candidate.leaf == words


def has_word(words: frozenset[str]) -> Condition[Question]:
    """Return the condition that the key has one of these words."""
    return lambda question: not words.isdisjoint(question.candidate.leaf)


def has_other_words_than(words: frozenset[str]) -> Condition[Question]:
    """Return the condition that the key has another word than these."""
    return lambda question: not words.issuperset(question.candidate.pattern)


def is_beside(*words: str) -> Condition[Question]:
    """Return the condition that a key of the group has one of these words."""
    return lambda question: not question.candidate.family.words.isdisjoint(words)


def has_quantity(question: Question) -> bool:
    """Return whether a word of the key names a quantity."""
    return bool(phrases(question.candidate.leaf, WORDS))


def is_kind(*names: str) -> Condition[Question]:
    """Return the condition that the kind is one of these rows of binary_states.py."""
    rows = tuple(BINARY[name] for name in names)
    return lambda question: any(question.kind is row for row in rows)


def has_kind(question: Question) -> bool:
    """Return whether the words of the key ask for a yes or no."""
    return question.kind is not None


def is_strong(question: Question) -> bool:
    """Return whether the key asks for nothing but a yes or no."""
    return question.kind is not None and not question.kind.weak


def is_among_flags(question: Question) -> bool:
    """Return whether all neighbours that begin with the same "error" or "alarm" are 0 or 1."""
    own = question.candidate.pattern[:1]
    return own in FLAGS and all(other.number in BITS for other in question.candidate.siblings if other.leaf[:1] == own)


def ends_with_quantity(question: Question) -> bool:
    """Return whether a key ends with what is measured, and not with a state."""
    own = question.candidate.pattern
    states = [phrase for phrase in phrases(own, BINARY) if not BINARY[phrase.text].weak]
    return any(phrase.end == len(own) for phrase in phrases(own, WORDS)) and not any(
        phrase.end == len(own) for phrase in states
    )


def is_inside(question: Question) -> bool:
    """Return whether the value stands below another level of the device."""
    return question.candidate.depth > 1


def is_written_on(question: Question) -> bool:
    """Return whether the words for yes and no are "on" and "off", which tell no class."""
    return question.pair is not None and question.pair.hint is None and question.pair.on.lower() == "on"


def tells_opening(question: Question) -> bool:
    """Return whether the words for yes and no are those of an opening."""
    return question.pair is not None and question.pair.hint == "opening"


def is_inverted(question: Question) -> bool:
    """Return whether the key asks for the opposite of its class, and is answered with a plain yes or no."""
    written = text_of(question.candidate.value).lower()
    return question.kind is not None and question.kind.inverted and (written in YES or written in NO)


KIND_RULES: Table[Question, KindRule] = Table(
    (
        KindRule(
            "alarm",
            when=(is_below_alarms, either(is_bool, is_bit)),
            example=Example(
                {"Alarms": {"LowVoltage": {"value": 0}}},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "holdout/victron-battery",
            ),
        ),
        KindRule(
            "problem",
            when=(no(has_kind), is_bool, has_word(LIMITS), has_quantity),
            example=Example(
                {"high_temperature": False},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "Zigbee2MQTT: CTM Lyng 6254380",
            ),
        ),
    )
)

# Texts are a yes or no where they are one of the pairs of words.
WRITING_RULES: Table[Question, WritingRule] = Table(
    (
        WritingRule(
            Pair("true", "false"),
            when=(is_bool,),
            example=Example(
                {"alarm": False}, Reads(False, device_class="problem", platform="binary_sensor"), "blind/dragino-lwl02"
            ),
        ),
        WritingRule(
            None,
            when=(either(is_missing, no(is_bit), has_unit, has_word(NUMBER_WORDS)),),
            example=Example({"faultcode": 0}, Reads(0, enabled=False), "blind/growatt-parser"),
        ),
        WritingRule(
            Pair("1", "0"),
            when=(is_strong, either(is_below_alarms, is_among_flags)),
            example=Example(
                {"ERROR_BATT": 0}, Reads(False, device_class="problem", platform="binary_sensor"), "blind2/innotas"
            ),
        ),
        WritingRule(
            None,
            when=(ends_with_quantity,),
            example=Example({"heatbreak_fan_speed": "0"}, Reads(0), "blind/bambu-p1p"),
        ),
        WritingRule(
            Pair("1", "0"),
            when=(is_strong,),
            example=Example(
                {"closed": 1}, Reads(False, device_class="opening", platform="binary_sensor"), "blind/rtl433-dsc"
            ),
        ),
    )
)

CORRECTION_RULES: Table[Question, CorrectionRule] = Table(
    (
        CorrectionRule(
            when=(is_key("connected"), is_beside("charging")),
            kind="plugged in",
            example=Example(
                {"connected": True, "charging": True},
                Reads(True, device_class="plug", platform="binary_sensor"),
                "holdout/evcc",
            ),
        ),
        CorrectionRule(
            when=(tells_opening, has_word(CONTACTS)),
            swapped=True,
            example=Example({"InvGridRelay": "Closed"}, Reads(True, platform="binary_sensor"), "blind/sbfspot"),
        ),
        CorrectionRule(
            when=(is_kind("water"), is_written_on),
            kind="",
            example=Example({"water": "ON"}, Reads(True, platform="binary_sensor"), "blind2/drop-hub"),
        ),
        CorrectionRule(
            when=(is_kind("water"), has_other_words_than(WATER_WORDS), has_word(LIMITS)),
            kind="problem",
            example=Example(
                {"lowwaterpressure": False},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "blind2/hcpy-dishwasher",
            ),
        ),
        CorrectionRule(
            when=(is_kind("battery"), has_other_words_than(BATTERY_WORDS)),
            kind="",
            example=Example(
                {"battery_defect": False}, Reads(False, platform="binary_sensor"), "Zigbee2MQTT: Develco REXZB-111"
            ),
        ),
        CorrectionRule(
            when=(is_kind("water"), has_other_words_than(WATER_WORDS)),
            kind="",
            example=Example(
                {"temperature_setpoint_hold_water": True},
                Reads(True, platform="binary_sensor", enabled=False),
                "blind/z2m-hive",
            ),
        ),
        CorrectionRule(
            when=(is_kind("present"), is_inside),
            kind="",
            example=Example({"bin": {"present": True}}, Reads(True, platform="binary_sensor"), "blind2/roomba"),
        ),
        CorrectionRule(
            when=(is_inverted,),
            swapped=True,
            example=Example(
                {"closed": 1}, Reads(False, device_class="opening", platform="binary_sensor"), "blind/rtl433-dsc"
            ),
        ),
    )
)


def answer_of(candidate: Place) -> BinaryValue | None:
    """Return the yes or no that a value is; None for any other value."""
    question = Question(candidate, kind_of(candidate))
    kind_rule = KIND_RULES.first(question)
    if kind_rule is not None:
        question = Question(candidate, BINARY[kind_rule.kind])
    pair = written_pair(question)
    if pair is None:
        return None
    asked = question.kind or Binary()
    correction = CORRECTION_RULES.first(Question(candidate, asked, pair))
    kind = asked
    if correction is not None:
        if correction.kind is not None:
            kind = BINARY[correction.kind] if correction.kind else Binary()
        if correction.swapped:
            pair = Pair(pair.off, pair.on, None if pair.hint == "opening" else pair.hint)
    return BinaryValue(kind=kind, known=question.kind is not None, on=pair.on, off=pair.off,
                  device_class=kind.device_class or pair.hint)  # fmt: skip


def written_pair(question: Question) -> Pair | None:
    """Return how a key's yes and no are written."""
    if question.candidate.text is not None:
        return words_pair(question.candidate.text, question.kind)
    rule = WRITING_RULES.first(question)
    return rule.pair if rule is not None else None
