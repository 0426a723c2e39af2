"""Rules for visibility: no entity, a disabled one, or an enabled one. Pure."""

from enum import Enum, auto

from ...vocabulary.keys.positions import LATITUDE, LONGITUDE
from ...vocabulary.keys.records import UNIT_WORDS
from ...vocabulary.visibility import AT_A_DOOR, FACTS, GROUPS, PAST, USERS
from ..conditions import beside, between, has_head, has_number, has_word, is_key
from ..rule_table import Example, Reads, Table, TableRule, either, no
from ..units.conditions import Case, is_unknown
from .conditions import (
    counts_binary_events,
    has_role,
    has_unit,
    is_alone,
    is_annotated,
    is_device_nameless,
    is_empty,
    is_from_a_scan,
    is_held,
    is_in_group,
    is_in_long_list,
    is_known,
    is_label,
    is_measured,
    is_moment_or_address,
    is_nameless,
    is_of_class,
    is_of_interest,
    is_off_by_convention,
    is_one_of_many_totals,
    is_placeholder,
    is_spare,
    is_technical,
    is_undecoded,
    is_used,
    is_worth_reading,
)


class Visibility(Enum):
    """Visibility of a value."""

    NOT_AT_ALL = auto()
    OFF = auto()
    ON = auto()


# For every value, in addition to the rules of its kind.
CANDIDATE_RULES: Table[Case, TableRule[Case, Visibility]] = Table(
    (
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(is_spare, no(has_number)),
            example=Example({"text": "Raumtemperatur", "val": 221, "unit": "°C"}, None, "blind/oekofen"),
        ),
        TableRule(
            Visibility.OFF,
            when=(is_spare,),
            example=Example({"factor": 0.1, "val": 221, "unit": "°C"}, Reads(0.1, enabled=False), "blind/oekofen"),
        ),
        TableRule(
            Visibility.OFF,
            when=(no(is_technical), no(is_of_class("signal_strength", "battery")), is_in_group(PAST, as_head=False)),
            example=Example(
                {"history": [{"humidity": 50.5}]},
                Reads(50.5, "%", "humidity", enabled=False),
                "Milesight: milesight ws203",
            ),
        ),
        TableRule(
            Visibility.OFF,
            when=(no(is_technical), no(is_of_class("signal_strength", "battery")), is_in_group(GROUPS, as_head=True)),
            example=Example({"header": {"rfLevel": "-67"}}, Reads(-67, enabled=False), "blind/rfplayer-oregon"),
        ),
        TableRule(
            Visibility.OFF,
            when=(is_of_class("signal_strength"), is_from_a_scan),
            example=Example(
                {"measurementValue": [{"rssi": "-50", "mac": "C8:3A:35:00:00:01"}]},
                Reads(-50, "dBm", "signal_strength", enabled=False),
                "SenseCAP: T1000, scan of access points",
            ),
        ),
        TableRule(
            Visibility.OFF,
            when=(no(has_number), is_off_by_convention),
            example=Example({"update": {"state": "idle"}}, Reads("idle", enabled=False), "holdout/z2m-contact"),
        ),
    )
)

BINARY_VALUE_RULES: Table[Case, TableRule[Case, Visibility]] = Table(
    (
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(has_role("identity", "time"),),
            example=Example({"error_id": 0}, None, "blind/smartevse"),
        ),
        TableRule(
            Visibility.OFF,
            when=(has_role("setting", "internal"), no(is_annotated)),
            example=Example(
                {"sosFlag": 0},
                Reads(False, device_class="safety", platform="binary_sensor", enabled=False),
                "blind/abeeway-tracker",
            ),
        ),
        TableRule(
            Visibility.ON,
            when=(either(is_known, is_alone, is_annotated),),
            example=Example(
                {"alarm": False}, Reads(False, device_class="problem", platform="binary_sensor"), "blind/dragino-lwl02"
            ),
        ),
        TableRule(
            Visibility.OFF,
            when=(),
            example=Example(
                {"isKnown": "true", "uid": "f9c2f720"},
                Reads(True, platform="binary_sensor", enabled=False),
                "blind/esp-rfid-access",
            ),
        ),
    )
)

TEXT_RULES: Table[Case, TableRule[Case, Visibility]] = Table(
    (
        TableRule(
            Visibility.ON,
            when=(is_key(*USERS), beside(*AT_A_DOOR)),
            example=Example({"username": "Marlon", "uid": "f9c2f720"}, Reads("Marlon"), "blind/esp-rfid-access"),
        ),
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(has_role("identity", "time"),),
            example=Example({"apiName": "Axis Retail Data"}, None, "blind/axis-people"),
        ),
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(either(has_head(UNIT_WORDS), is_label),),
            example=Example({"Unit": "gal"}, None, "blind/metermon-water"),
        ),
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(is_undecoded,),
            example=Example({"data": "abc8"}, None, "blind/rtl433-arlec"),
        ),
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(is_moment_or_address,),
            example=Example({"timer": "00:00"}, None, "blind/rtl433-bbq"),
        ),
        TableRule(
            Visibility.OFF,
            when=(either(is_placeholder, is_technical),),
            example=Example({"error": ""}, Reads("", enabled=False), "blind/octoprint-progress"),
        ),
        TableRule(
            Visibility.ON,
            when=(is_worth_reading,),
            example=Example({"fanStatus": "STANDBY"}, Reads("STANDBY"), "blind/milesight-wt201"),
        ),
        TableRule(
            Visibility.ON,
            when=(is_annotated,),
            example=Example(
                "ready",
                Reads("ready"),
                "blind/balboa-homie",
                topic="homie/bwa/spa/heating-mode",
                beside=(("homie/bwa/spa/heating-mode/$name", "Heating Mode"),),
            ),
        ),
        TableRule(
            Visibility.OFF,
            when=(),
            example=Example({"reason": "car"}, Reads("car", enabled=False), "blind/axis-analytics"),
        ),
    )
)

NUMBER_RULES: Table[Case, TableRule[Case, Visibility]] = Table(
    (
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(has_role("identity", "time"),),
            example=Example({"ackToken": 0}, None, "blind/abeeway-tracker"),
        ),
        # Seconds or milliseconds since 1970, from 2014 to 2039.
        TableRule(
            Visibility.NOT_AT_ALL,
            when=(is_unknown, either(between(1.4e9, 2.2e9), between(1.4e12, 2.2e12))),
            example=Example({"t": 1668000000}, None, "holdout/ams-han"),
        ),
        TableRule(Visibility.NOT_AT_ALL, when=(is_empty,), example=Example({"reset_at": None}, None, "blind/landroid")),
        TableRule(
            Visibility.OFF,
            when=(has_role("setting", "internal"),),
            example=Example(
                {"length": 10295.38853000338}, Reads(10295.38853000338, enabled=False), "blind/octoprint-progress"
            ),
        ),
        TableRule(
            Visibility.OFF,
            when=(has_word(LATITUDE | LONGITUDE),),
            example=Example({"long_press_duration": 250}, Reads(250, enabled=False), "Zigbee2MQTT: YOKIS MVR500E-UP"),
        ),
        TableRule(
            Visibility.OFF,
            when=(no(is_of_interest),),
            example=Example({"accx": 3}, Reads(3, enabled=False), "holdout/theengs-mopeka"),
        ),
        TableRule(
            Visibility.ON,
            when=(either(is_known, counts_binary_events, has_unit),),
            example=Example({"PWR": 1, "RED": 0, "FLT": 0, "HJT": 1}, Reads(1), "blind/bestway-spa"),
        ),
        TableRule(
            Visibility.OFF,
            when=(is_in_long_list, no(is_device_nameless)),
            example=Example(
                {"ch0": [34.9, 1.7, 58.5, 1248.54], "acv": 233.9}, Reads(34.9, enabled=False), "blind2/apsystems-ecu"
            ),
        ),
        TableRule(
            Visibility.OFF,
            when=(is_in_group(FACTS, as_head=True),),
            example=Example({"device_info": {"frm_lora": 5.1}}, Reads(5.1, enabled=False), "blind2/nanosense"),
        ),
        TableRule(
            Visibility.ON,
            when=(either(is_nameless, is_alone, is_annotated),),
            example=Example({"current_chn1": 300}, Reads(300), "Milesight: milesight ct303"),
        ),
        TableRule(
            Visibility.ON, when=(is_used,), example=Example({"avgUsed": 76, "leak": 0}, Reads(76), "blind2/drop-hub")
        ),
        TableRule(
            Visibility.ON,
            when=(is_held,),
            example=Example({"values": {"tag1": 123}, "errors": {"tag4": 2015}}, Reads(123), "blind2/neuron"),
        ),
        TableRule(
            Visibility.ON,
            when=(is_measured,),
            example=Example({"htotal": 435.04625, "eractoday": 0}, Reads(435.04625), "blind/growatt-parser"),
        ),
        TableRule(
            Visibility.ON,
            when=(is_one_of_many_totals,),
            example=Example(
                {"total": "20960", "totalTruck": "2857", "totalUnknown": "0"}, Reads(20960), "blind/axis-analytics"
            ),
        ),
        TableRule(
            Visibility.OFF, when=(), example=Example({"LCK": 0, "HJT": 1}, Reads(0, enabled=False), "blind/bestway-spa")
        ),
    )
)
