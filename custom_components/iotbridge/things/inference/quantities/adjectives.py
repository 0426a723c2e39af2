"""Rules for words that may name a quantity, and only describe another one here: the current version. Pure."""

from typing import NamedTuple

from ...vocabulary.keys.key_words import (
    CLIMATE,
    COUNTED,
    ELECTRIC,
    ELECTRIC_OF_A_FACTOR,
    ELECTRICITY,
    GASES,
    MEASURED_BESIDE,
    METERS,
    NOT_AMPERES,
    NOW,
    OTHER_TIMES,
    PAID,
    PHASE_LETTERS,
    THINGS,
)
from ...vocabulary.keys.records import VALUE_WORDS
from ...vocabulary.keys.word_parts import MONEY
from ...vocabulary.words import WORDS
from ..candidates.candidate import Candidate
from ..conditions import beside, beside_key
from ..rule_table import Condition, Example, Reads, Table, TableRule, either, no
from ..tokens import Phrase, Words, only_qualifies, phrases

# Levels of a battery that are no percentage: a flag, or one of a few bars.
BATTERY_LEVELS = range(7)


class Mention(NamedTuple):
    """Phrase that may name a quantity, among the words around it and the other such phrases.

    ``is_above``: it is in the device's topic, and not in the key of its message.
    """

    phrase: Phrase
    words: Words
    others: list[Phrase]
    candidate: Candidate
    is_above: bool


def is_electric(candidate: Candidate) -> bool:
    """Return whether "current" is amperes, because there is a voltage or a power among the siblings."""
    return not candidate.sibling_group.words.isdisjoint(ELECTRIC)


def is_above(mention: Mention) -> bool:
    """Return whether the phrase is in the device's topic, and not in the key of its message."""
    return mention.is_above


def is_word(*words: str) -> Condition[Mention]:
    """Return the condition that the phrase is one of these words."""
    return lambda mention: mention.phrase.text in words


def means(quantities: frozenset[str]) -> Condition[Mention]:
    """Return the condition that the phrase names one of these quantities."""
    return lambda mention: WORDS[mention.phrase.text] in quantities


def is_before(words: frozenset[str]) -> Condition[Mention]:
    """Return the condition that one of these words follows."""
    return lambda mention: not words.isdisjoint(mention.words[mention.phrase.end :][:1])


def is_behind_quantity(quantities: frozenset[str]) -> Condition[Mention]:
    """Return the condition that one of these quantities precedes."""
    return lambda mention: any(
        other.end <= mention.phrase.start and WORDS[other.text] in quantities for other in mention.others
    )


def is_beside_quantity(quantities: frozenset[str]) -> Condition[Mention]:
    """Return the condition that one of these quantities is named, too."""
    return lambda mention: any(WORDS[other.text] in quantities for other in mention.others)


def is_place_of_battery(mention: Mention) -> bool:
    """Return whether a battery follows that belongs to a sensor of the quantity: "temp_out_batt", "temp_batt": 0."""
    behind = next((other for other in mention.others if WORDS[other.text] == "battery"), None)
    if behind is None or behind.start < mention.phrase.end:
        return False
    number = mention.candidate.number
    return behind.start > mention.phrase.end or (isinstance(number, int) and number in BATTERY_LEVELS)


def is_below(words: frozenset[str]) -> Condition[Mention]:
    """Return the condition that a level above the key has one of these words."""
    return lambda mention: any(not words.isdisjoint(level) for level in mention.candidate.levels[1:])


def is_before_unknown_words(mention: Mention) -> bool:
    """Return whether words of unknown meaning follow."""
    after = mention.words[mention.phrase.end :]
    return not only_qualifies(after) and not phrases(after, WORDS)


def is_last(mention: Mention) -> bool:
    """Return whether nothing follows the phrase."""
    return mention.phrase.end == len(mention.words)


def is_whole_key(mention: Mention) -> bool:
    """Return whether the phrase is the key."""
    return mention.phrase.text == " ".join(mention.candidate.leaf)


# Phrases that name no quantity.
ADJECTIVES: Table[Mention, TableRule[Mention, None]] = Table(
    (
        TableRule(
            None,
            when=(is_word("factor"), either(no(is_whole_key), no(beside(*ELECTRIC_OF_A_FACTOR)))),
            example=Example({"lux_factor": 12}, Reads(12), "Zigbee2MQTT: EFEKTA MODKAM_Flower"),
        ),
        TableRule(
            None,
            when=(no(means(PAID)), either(is_beside_quantity(PAID), is_below(MONEY))),
            example=Example({"price_energy": 0.31}, Reads(0.31), "Tibber: prices of energy"),
        ),
        TableRule(
            None,
            when=(is_word(*NOW), is_before(NOT_AMPERES)),
            example=Example(
                {"current_index_tarif": 12, "voltage": 231.4},
                Reads(12, enabled=False),
                "Zigbee2MQTT: LiXee ZLinky_TIC",
            ),
        ),
        TableRule(
            None,
            when=(
                is_word(*NOW),
                no(beside(*ELECTRIC)),
                either(is_before_unknown_words, is_before(VALUE_WORDS)),
            ),
            example=Example({"current_on": 704, "total_on": 1041}, Reads(704, enabled=False), "blind/landroid"),
        ),
        TableRule(
            None,
            when=(is_word(*NOW), no(beside(*ELECTRIC)), is_last, beside_key(*OTHER_TIMES)),
            example=Example({"cycles": {"current": 0, "total": 525}}, Reads(0, enabled=False), "blind/landroid"),
        ),
        TableRule(
            None,
            when=(is_word("ph"), either(is_before(PHASE_LETTERS), is_beside_quantity(ELECTRICITY))),
            example=Example(
                {"rms_current_ph_b": 1.42, "rms_voltage": 231.4},
                Reads(1.42, "A", "current"),
                "Zigbee2MQTT: LiXee ZLinky_TIC",
            ),
        ),
        TableRule(
            None,
            when=(is_before(COUNTED),),
            example=Example({"voltage_events": 2}, Reads(2), "Modbus: counts of meters"),
        ),
        TableRule(
            None,
            when=(means(frozenset({"temperature"})), is_place_of_battery),
            example=Example({"outtempbatt": 0, "outtemp": 4.5}, Reads(0), "Ecowitt: WH32"),
        ),
        TableRule(
            None,
            when=(is_word(*METERS), is_beside_quantity(frozenset({"battery"}))),
            example=Example({"water_meter_battery": 88}, Reads(88, "%", "battery"), "TTN: batteries of meters"),
        ),
        TableRule(
            None,
            when=(means(CLIMATE), is_beside_quantity(frozenset({"battery"}))),
            example=Example({"co2_batt": 6, "co2": 612}, Reads(6), "Ecowitt: WH45"),
        ),
        TableRule(
            None,
            when=(means(GASES), is_behind_quantity(MEASURED_BESIDE)),
            example=Example({"humi_co2": 47.5, "co2": 612}, Reads(47.5, "%", "humidity"), "Ecowitt: WH45"),
        ),
        TableRule(
            None,
            when=(is_before(frozenset({"compensated"})), is_beside_quantity(GASES)),
            example=Example(
                {"co2_pressure_compensated": 612}, Reads(612, "ppm", "carbon_dioxide"), "TagoIO: tektelic breeze-co2"
            ),
        ),
        TableRule(
            None,
            when=(is_above, is_before(THINGS)),
            example=Example(
                {"total": 12, "state": "ON"},
                Reads(12, enabled=False),
                "Zigbee2MQTT: a name that a user gave",
                topic="zigbee2mqtt/power_strip",
            ),
        ),
    )
)
