"""Rules for the role of a number if its words alone do not decide. Pure."""

from collections.abc import Collection

from ...vocabulary import roles
from ...vocabulary.keys.encoded import BYTES, ENCODED_LISTS
from ...vocabulary.keys.key_words import CODES, FIRM, MEASURED, STATES, WHERE
from ...vocabulary.keys.periods import BARE_PERIODS, DATE_PARTS
from ...vocabulary.quantities import QUANTITIES
from ...vocabulary.states.binary_states import BITS
from ..conditions import (
    beside,
    beside_key,
    between,
    has_only,
    has_phrase,
    is_beside_opposite_number,
    is_beyond_quantity,
    is_bit,
    is_listed,
    whole,
)
from ..quantities.words import Key
from ..rule_table import Condition, Example, Reads, Table, TableRule, no
from ..tokens import phrases, words_of

# Smaller numbers are not a time of our age.
EPOCH = 1e8
SMALL_CODES = range(10)
# Words of a cover's state.
COVER_STATES = frozenset({"open", "opened", "opening", "close", "closed", "closing", "stop", "stopped"})


def has_role(*wanted: str) -> Condition[Key]:
    """Return the condition that the words of the key indicate one of these roles."""
    return lambda key: key.role in wanted


def names(*quantities: str) -> Condition[Key]:
    """Return the condition that the value's own words name one of these quantities; any of them if there are none."""
    return lambda key: key.level == 0 and (key.quantity in quantities if quantities else key.phrase is not None)


def is_part_of_a_date(key: Key) -> bool:
    """Return whether the number is the day, the hour … of a date."""
    head = key.candidate.leaf[-1:]
    return key.candidate.sibling_group.is_date and any(word.removesuffix("s") in DATE_PARTS for word in head)


def is_among_periods(key: Key) -> bool:
    """Return whether siblings differ only by a day, a month or a year: they are counts, not a date."""
    stem, siblings = key.candidate.leaf[:-1], key.candidate.siblings
    count = sum(other.leaf[:-1] == stem and not BARE_PERIODS.isdisjoint(other.leaf[-1:]) for other in siblings)
    return count > 1 and not key.candidate.sibling_group.is_date and key.candidate.number is not None


def has_unit(key: Key) -> bool:
    """Return whether a unit is stated beside the number."""
    return key.candidate.stated and bool(key.candidate.unit)


def ends_in_unit(*units: str) -> Condition[Key]:
    """Return the condition that the key ends with one of these units."""
    return lambda key: key.candidate.suffix is not None and key.candidate.suffix.unit in units


def is_in_group(words: frozenset[str], numbers: Collection[int]) -> Condition[Key]:
    """Return the condition that the level above has one of these words, and its values are all of these numbers."""
    return lambda key: (
        not words.isdisjoint(words_of("".join(key.candidate.parts[-2:-1])))
        and all(sibling.number in numbers or sibling.is_bool for sibling in key.candidate.siblings)
    )


def is_definite_setting(key: Key) -> bool:
    """Return whether the key is a setting, or a value of the past, regardless of any unit beside it."""
    return key.is_own and key.role is not None and bool(phrases(key.words, FIRM))


def is_duration(key: Key) -> bool:
    """Return whether a "…Time" is a duration: a small number, and not a known moment."""
    candidate = key.candidate
    time_phrases = phrases(candidate.leaf, roles.TIME)
    is_qualified_time = bool(time_phrases) and time_phrases[0].text == "time" and len(candidate.leaf) > 1
    return is_qualified_time and candidate.number is not None and abs(candidate.number) < EPOCH


def is_beside_cover(key: Key) -> bool:
    """Return whether the position or the state of a cover is among the siblings."""
    group = key.candidate.sibling_group
    return "position" in group.words or (group.text(["state"]) or "").lower() in COVER_STATES


def is_code(key: Key) -> bool:
    """Return whether a number is a code: "inverterStatus": 102."""
    candidate, quantity = key.candidate, key.quantity
    words = [word for word in candidate.pattern if word not in WHERE]
    if key.level or not candidate.parts or candidate.stated or not CODES.issuperset(words[-1:]):
        return False
    if not words or quantity is None:
        return bool(words)
    small = key.phrase is not None and key.phrase.end < len(candidate.leaf) and candidate.number in SMALL_CODES
    return quantity != "battery" and (QUANTITIES[quantity].subject or small)


# Roles of numbers; None: it is a reading. One that matches no rule has the role that its words indicate.
ROLE_RULES: Table[Key, TableRule[Key, str | None]] = Table(
    (
        TableRule(
            None,
            when=(has_unit, no(is_definite_setting)),
            example=Example({"MAXTIME": "0 Seconds"}, Reads(0, "s", "duration"), "blind/apcupsd"),
        ),
        TableRule(
            "setting",
            when=(has_phrase(roles.PRESETS),),
            example=Example(
                {"comfort_temperature": 21.4, "local_temperature": 22.1},
                Reads(21.4, enabled=False),
                "Zigbee2MQTT: TECH VNTH-T2_v2",
            ),
        ),
        TableRule(
            "setting",
            when=(beside(*roles.CONFIGURED), has_phrase(roles.ADJUSTABLE), no(has_phrase(roles.PASSED))),
            example=Example(
                {"max_temperature": 45, "temperature_sensitivity": 0.5, "temperature": 21.4},
                Reads(45, enabled=False),
                "Zigbee2MQTT: Nous SZ-T04",
            ),
        ),
        TableRule(
            "setting",
            when=(has_phrase(roles.BOUNDS), names("level", "duration", "distance")),
            example=Example(
                {"max_duration": 60, "battery": 87}, Reads(60, enabled=False), "Zigbee2MQTT: Heiman HS2WD-E"
            ),
        ),
        TableRule(
            "setting",
            when=(names("duration"), beside(*roles.CONFIGURED), no(has_phrase(roles.ELAPSED))),
            example=Example(
                {"irrigation_duration": 15, "irrigation_mode": "duration", "child_lock": "UNLOCK"},
                Reads(15, enabled=False),
                "Zigbee2MQTT: SONOFF SWV-ZFE",
            ),
        ),
        # A thermostat sends all its settings, also those whose words are unknown or misspelled.
        TableRule(
            "setting",
            when=(no(names()), no(has_role("identity", "time", "internal")), beside("child"), beside("calibration")),
            example=Example(
                {"hysterersis": 1.1, "local_temperature_calibration": 0.5, "child_lock": "UNLOCK"},
                Reads(1.1, enabled=False),
                "Zigbee2MQTT: Namron 540139X",
            ),
        ),
        TableRule(
            "setting",
            when=(has_phrase(frozenset({"alarm"})), names(), no(names("count"))),
            example=Example({"co2_alarm_value": 4600}, Reads(4600, enabled=False), "Zigbee2MQTT: Lincukoo E02C-Z10T"),
        ),
        TableRule(
            "setting",
            when=(names("battery"), is_beside_opposite_number),
            example=Example({"battery_low": 1, "battery_high": 14}, Reads(1, enabled=False), "Modbus: limits of UPS"),
        ),
        # Flags, which are 0 or 1, are binary values.
        TableRule(
            "setting",
            when=(is_beyond_quantity, names(), no(names("count", "incidents"))),
            example=Example(
                {"over_voltage": 265, "under_voltage": 180.5}, Reads(265, enabled=False), "Modbus: limits of relays"
            ),
        ),
        # The number of a unit: "C" is 0, "F" is 1.
        TableRule(
            "setting",
            when=(has_phrase(frozenset({"unit"})), names(), is_bit),
            example=Example({"unit_temp": 1, "temp": 21.5}, Reads(1, enabled=False), "Tuya: units of thermostats"),
        ),
        TableRule(
            "setting",
            when=(
                has_phrase(frozenset({"duration", "volume", "light"})),
                beside("alarm", "siren"),
                beside("duration"),
                beside("volume"),
                beside("light", "melody", "siren", "strobe", "ringtone"),
            ),
            example=Example(
                {"duration": 60, "volume": 12, "light": 12, "alarm": False},
                Reads(60, enabled=False),
                "Zigbee2MQTT: Immax 07504L",
            ),
        ),
        TableRule(
            "setting",
            when=(has_phrase(frozenset({"tilt"})), is_beside_cover),
            example=Example(
                {"tilt": 47.5, "position": 47.5, "state": "OPEN"},
                Reads(47.5, enabled=False),
                "Zigbee2MQTT: Profalux MOT-C1ZxxC/F",
            ),
        ),
        TableRule(
            "setting",
            when=(names("speed"), beside("effect", "brightness", "behavior")),
            example=Example(
                {"speed": 12, "effect": "running_water", "state": "OFF"},
                Reads(12, enabled=False),
                "Zigbee2MQTT: Tuya MS032Z",
            ),
        ),
        # A fan's speed is set as a level or in percent; it is measured in revolutions per minute.
        TableRule(
            "setting",
            when=(has_phrase(frozenset({"fan speed", "target fan"})), beside("mode", "swing"), whole, between(0, 100)),
            example=Example(
                {"fan_speed": 2, "system_mode": "off", "target_temperature": 21.4},
                Reads(2, enabled=False),
                "Zigbee2MQTT: ONOKOM DK-1-ZB-S",
            ),
        ),
        TableRule(
            "time",
            when=(is_part_of_a_date,),
            example=Example(
                {"day": 1, "hours": 0, "minutes": 0}, None, "The Things Network: laird rs1xx-ext-temp-rtd-sensor"
            ),
        ),
        TableRule(
            "identity",
            when=(is_listed, is_in_group(ENCODED_LISTS, BYTES)),
            example=Example({"bytes": [18, 52, 86, 120], "temperature": 21.5}, None, "TTN: raw payloads"),
        ),
        TableRule(
            "internal",
            when=(names(), is_in_group(STATES, BITS)),
            example=Example(
                {"sensor_status": {"temperature": 0, "humidity": 0}, "temperature": 21.5},
                Reads(0, enabled=False),
                "Milesight: states of sensors",
            ),
        ),
        TableRule(
            None,
            when=(has_role("time"), is_among_periods),
            example=Example(
                {"energy": {"import": {"month": 293.598, "week": 141.71}}},
                Reads(293.598, "kWh", "energy"),
                "blind2/glow-electricity",
            ),
        ),
        TableRule(
            None,
            when=(has_role("identity"), has_phrase(frozenset({"meter"})), names()),
            example=Example({"distance_meter": 1.24}, Reads(1.24, "m", "distance"), "Tuya: ZY-M100"),
        ),
        TableRule(
            None,
            when=(has_role("identity"), ends_in_unit("kWh", "Wh", "MWh", "kW")),
            example=Example({"session_kwh": 12.5}, Reads(12.5, "kWh", "energy"), "OpenEVSE: words of sessions"),
        ),
        TableRule(
            "internal",
            when=(has_role("time"), is_duration),
            example=Example({"min_time": 60}, Reads(60, enabled=False), "TagoIO: netvox r718n325"),
        ),
        TableRule(
            None,
            when=(ends_in_unit("%"), no(has_role("identity", "time", "setting"))),
            example=Example(
                {"fs_free_prcnt": 63, "mac_address": "b8:27:eb:00:00:01"}, Reads(63, "%"), "holdout/rpi-reporter"
            ),
        ),
        TableRule(
            "internal",
            when=(no(has_role("identity", "time", "setting", "internal")), has_only(CODES), beside_key(*MEASURED)),
            example=Example({"pH": {"State": 0, "Data": 7.2}}, Reads(0, enabled=False), "blind2/neopool"),
        ),
        TableRule(
            "internal",
            when=(no(has_role("identity", "time", "setting", "internal")), is_code),
            example=Example({"heatState": 0}, Reads(0, enabled=False), "blind/zendure-800"),
        ),
    )
)


def role_of_number(key: Key) -> str | None:
    """Return the role of a number; None if it may be a reading."""
    rule = ROLE_RULES.first(key)
    return key.role if rule is None else rule.gives
