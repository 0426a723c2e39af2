"""Rules for binary values: whether a value is one, its kind, and which raw value means on. Pure."""

from dataclasses import dataclass

from ...model.conversion import NO, YES, text_of
from ...vocabulary.states.binary_states import ALARMS, BINARY, BITS, Binary
from ...vocabulary.states.binary_words import (
    BATTERY_WORDS,
    CONTACTS,
    FLAGS,
    LIMITS,
    NUMBER_WORDS,
    WATER_WORDS,
)
from ...vocabulary.words import WORDS
from ..candidates.candidate import Candidate
from ..conditions import (
    beside,
    has_only,
    has_unit,
    has_word,
    is_beside_opposite_number,
    is_beyond_quantity,
    is_bit,
    is_key,
)
from ..rule_table import Condition, Example, Reads, Table, TableRule, either, no
from ..tokens import phrases, words_of
from .binary import BinaryValue, Pair, kind_of, pair_of

FEW_BITS = 3
# Correction of a binary value whose raw values for on and off change places.
SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class BinaryCase:
    """Value that may be binary, with the kind that its key names, and its raw value."""

    candidate: Candidate
    kind: Binary | None = None
    pair: Pair | None = None


def is_bool(case: BinaryCase) -> bool:
    """Return whether the value is JSON's true or false."""
    return case.candidate.is_bool


def is_missing(case: BinaryCase) -> bool:
    """Return whether there is no value now."""
    return case.candidate.value is None


def is_below_alarms(case: BinaryCase) -> bool:
    """Return whether the value is in a group of alarms, where each value is one."""
    return any(not ALARMS.isdisjoint(words_of(part)) for part in case.candidate.parts[:-1])


def has_quantity(case: BinaryCase) -> bool:
    """Return whether a word of the key names a quantity."""
    return bool(phrases(case.candidate.leaf, WORDS))


def is_kind(*names: str) -> Condition[BinaryCase]:
    """Return the condition that the kind is one of these rows of binary_states.py."""
    rows = tuple(BINARY[name] for name in names)
    return lambda case: any(case.kind is row for row in rows)


def is_bound_among_bits(case: BinaryCase) -> bool:
    """Return whether the key is a low or high quantity, and all numbers of the group, several, are 0 or 1."""
    if LIMITS.isdisjoint(case.candidate.leaf[:1]) or not has_quantity(case):
        return False
    numbers = [other.number for other in case.candidate.siblings if other.number is not None]
    return len(numbers) >= FEW_BITS and BITS.keys() >= set(numbers)


def has_kind(case: BinaryCase) -> bool:
    """Return whether the words of the key name a kind of binary value."""
    return case.kind is not None


def is_strong(case: BinaryCase) -> bool:
    """Return whether the key can only name a binary value."""
    return case.kind is not None and not case.kind.weak


def is_among_flags(case: BinaryCase) -> bool:
    """Return whether all siblings that start with the same "error" or "alarm" are 0 or 1."""
    own = case.candidate.pattern[:1]
    return own in FLAGS and all(other.number in BITS for other in case.candidate.siblings if other.leaf[:1] == own)


def ends_with_quantity(case: BinaryCase) -> bool:
    """Return whether a key ends with a quantity, and not with a state."""
    own = case.candidate.pattern
    states = [phrase for phrase in phrases(own, BINARY) if not BINARY[phrase.text].weak]
    return any(phrase.end == len(own) for phrase in phrases(own, WORDS)) and not any(
        phrase.end == len(own) for phrase in states
    )


def is_inside(case: BinaryCase) -> bool:
    """Return whether the value is below another level of the device."""
    return case.candidate.depth > 1


def is_written_on(case: BinaryCase) -> bool:
    """Return whether the words of the pair are "on" and "off", which imply no class."""
    return case.pair is not None and case.pair.hint is None and case.pair.on.lower() == "on"


def is_opening_pair(case: BinaryCase) -> bool:
    """Return whether the words of the pair are those of an opening."""
    return case.pair is not None and case.pair.hint == "opening"


def is_inverted(case: BinaryCase) -> bool:
    """Return whether the key names the opposite of its class, and the value is a plain boolean."""
    written = text_of(case.candidate.value).lower()
    return case.kind is not None and case.kind.inverted and (written in YES or written in NO)


# Kinds of binary values, rows of binary_states.py, whose words do not name them.
KIND_RULES: Table[BinaryCase, TableRule[BinaryCase, str]] = Table(
    (
        TableRule(
            "alarm",
            when=(is_below_alarms, either(is_bool, is_bit)),
            example=Example(
                {"Alarms": {"LowVoltage": {"value": 0}}},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "holdout/victron-battery",
            ),
        ),
        TableRule(
            "problem",
            when=(no(has_kind), is_bool, has_word(LIMITS), has_quantity),
            example=Example(
                {"high_temperature": False},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "Zigbee2MQTT: CTM Lyng 6254380",
            ),
        ),
        TableRule(
            "problem",
            when=(no(is_strong), either(is_bool, is_bit), either(is_beyond_quantity, is_bound_among_bits)),
            example=Example(
                {"under_voltage": 1, "over_current": 0},
                Reads(True, device_class="problem", platform="binary_sensor"),
                "Modbus: flags of inverters",
            ),
        ),
    )
)

# Raw values for on and off; None: the value is not binary. Texts are, if they are in one of the pairs of words.
WRITING_RULES: Table[BinaryCase, TableRule[BinaryCase, Pair | None]] = Table(
    (
        TableRule(
            Pair("true", "false"),
            when=(is_bool,),
            example=Example(
                {"alarm": False}, Reads(False, device_class="problem", platform="binary_sensor"), "blind/dragino-lwl02"
            ),
        ),
        TableRule(
            None,
            when=(either(is_missing, no(is_bit), has_unit, has_word(NUMBER_WORDS)),),
            example=Example({"faultcode": 0}, Reads(0, enabled=False), "blind/growatt-parser"),
        ),
        TableRule(
            None,
            when=(is_beside_opposite_number,),
            example=Example(
                {"temperature_alarm_low": 1, "temperature_alarm_high": 8},
                Reads(1, enabled=False),
                "Modbus: limits of cold rooms",
            ),
        ),
        TableRule(
            Pair("1", "0"),
            when=(is_bound_among_bits,),
            example=Example(
                {"low_voltage": 0, "high_temperature": 1, "door": 0},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "Modbus: faults",
            ),
        ),
        TableRule(
            Pair("1", "0"),
            when=(is_beyond_quantity,),
            example=Example(
                {"over_power": 0}, Reads(False, device_class="problem", platform="binary_sensor"), "Modbus: faults"
            ),
        ),
        TableRule(
            Pair("1", "0"),
            when=(is_strong, either(is_below_alarms, is_among_flags)),
            example=Example(
                {"ERROR_BATT": 0}, Reads(False, device_class="problem", platform="binary_sensor"), "blind2/innotas"
            ),
        ),
        TableRule(
            None,
            when=(ends_with_quantity,),
            example=Example({"heatbreak_fan_speed": "0"}, Reads(0), "blind/bambu-p1p"),
        ),
        TableRule(
            Pair("1", "0"),
            when=(is_strong,),
            example=Example(
                {"closed": 1}, Reads(False, device_class="opening", platform="binary_sensor"), "blind/rtl433-dsc"
            ),
        ),
    )
)

# Corrections of binary values: their kind, "" for one without a class, or SWAPPED.
CORRECTION_RULES: Table[BinaryCase, TableRule[BinaryCase, str]] = Table(
    (
        TableRule(
            "plugged in",
            when=(is_key(("connected",)), beside("charging")),
            example=Example(
                {"connected": True, "charging": True},
                Reads(True, device_class="plug", platform="binary_sensor"),
                "holdout/evcc",
            ),
        ),
        TableRule(
            SWAPPED,
            when=(is_opening_pair, has_word(CONTACTS)),
            example=Example({"InvGridRelay": "Closed"}, Reads(True, platform="binary_sensor"), "blind/sbfspot"),
        ),
        TableRule(
            "",
            when=(is_kind("water"), is_written_on),
            example=Example({"water": "ON"}, Reads(True, platform="binary_sensor"), "blind2/drop-hub"),
        ),
        TableRule(
            "problem",
            when=(is_kind("water"), no(has_only(WATER_WORDS)), has_word(LIMITS)),
            example=Example(
                {"lowwaterpressure": False},
                Reads(False, device_class="problem", platform="binary_sensor"),
                "blind2/hcpy-dishwasher",
            ),
        ),
        TableRule(
            "",
            when=(is_kind("battery"), no(has_only(BATTERY_WORDS))),
            example=Example(
                {"battery_defect": False}, Reads(False, platform="binary_sensor"), "Zigbee2MQTT: Develco REXZB-111"
            ),
        ),
        TableRule(
            "",
            when=(is_kind("water"), no(has_only(WATER_WORDS))),
            example=Example(
                {"temperature_setpoint_hold_water": True},
                Reads(True, platform="binary_sensor", enabled=False),
                "blind/z2m-hive",
            ),
        ),
        TableRule(
            "",
            when=(is_kind("present"), is_inside),
            example=Example({"bin": {"present": True}}, Reads(True, platform="binary_sensor"), "blind2/roomba"),
        ),
        TableRule(
            SWAPPED,
            when=(is_inverted,),
            example=Example(
                {"closed": 1}, Reads(False, device_class="opening", platform="binary_sensor"), "blind/rtl433-dsc"
            ),
        ),
    )
)


def binary_value_of(candidate: Candidate) -> BinaryValue | None:
    """Return the binary value of a candidate; None for any other value."""
    case = BinaryCase(candidate, kind_of(candidate))
    kind_rule = KIND_RULES.first(case)
    if kind_rule is not None:
        case = BinaryCase(candidate, BINARY[kind_rule.gives])
    pair, kind = written_pair(case), case.kind or Binary()
    if pair is None:
        return None
    correction = CORRECTION_RULES.first(BinaryCase(candidate, kind, pair))
    if correction is not None and correction.gives == SWAPPED:
        pair = Pair(pair.off, pair.on, None if pair.hint == "opening" else pair.hint)
    elif correction is not None:
        kind = BINARY.get(correction.gives, Binary())
    device_class = kind.device_class or pair.hint
    return BinaryValue(kind=kind, known=case.kind is not None, on=pair.on, off=pair.off, device_class=device_class)


def written_pair(case: BinaryCase) -> Pair | None:
    """Return the raw values for on and off."""
    if case.candidate.text is not None:
        return pair_of(case.candidate.text, case.kind)
    rule = WRITING_RULES.first(case)
    return rule.gives if rule is not None else None
