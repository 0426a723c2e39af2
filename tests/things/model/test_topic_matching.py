"""Topic matching: filters, and the part of a topic that identifies the device."""

import pytest

from custom_components.iotbridge.things.model.topic_matching import (
    TopicMatch,
    common_filter,
    fill,
    fill_exactly,
    guess_depth,
    name_from,
    pattern_of,
    split,
)
from custom_components.iotbridge.topic_filters import matches

RTL = [
    f"rtl_433/pi/devices/{device}/{value}"
    for device in ("Acurite-Tower/A/1234", "LaCrosse-TX141/2/77", "Toyota/ab12")
    for value in ("temperature_C", "battery_ok")
]
VICTRON = [f"N/c0ff/solarcharger/279/{leaf}" for leaf in ("Dc/0/Voltage", "Dc/0/Current", "Yield/Power", "State")]
PHASES = [f"N/c0ff/grid/30/Ac/{phase}/{leaf}" for phase in ("L1", "L2", "L3") for leaf in ("Voltage", "Power")]


TANKS = [
    f"plc/{tank}/{reading}/{leaf}"
    for tank in ("boiler", "cellar")
    for reading in ("temp", "press")
    for leaf in ("value", "unit")
]


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+/c", "a/b/d", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/broker/uptime", False),
        ("+/broker/uptime", "$SYS/broker/uptime", False),
        ("$SYS/#", "$SYS/broker/uptime", True),
    ],
)
def test_filters_match_by_the_rules_of_mqtt(topic_filter: str, topic: str, expected: bool) -> None:
    assert matches(topic_filter, topic) is expected


@pytest.mark.parametrize(
    ("topic_filter", "topics", "single", "expected"),
    [
        pytest.param("emon/emontx/power1", ["emon/emontx/power1"], True, ["emon/emontx"], id="one scalar"),
        pytest.param(
            "emon/emontx/+", ["emon/emontx/power1", "emon/emontx/vrms"], True, ["emon/emontx"], id="last level"
        ),
        pytest.param("sensors/+/temperature", ["sensors/attic/temperature"], True, ["attic"], id="inner level"),
        pytest.param("sensors/+/+", ["sensors/attic/t", "sensors/hall/t"], True, ["attic", "hall"], id="two levels"),
        pytest.param("zigbee2mqtt/+", ["zigbee2mqtt/lamp", "zigbee2mqtt/door"], False, ["lamp", "door"], id="json"),
        pytest.param("tele/+/+", ["tele/pow1/SENSOR", "tele/pow1/STATE"], False, ["pow1"], id="several messages"),
        pytest.param(
            "rtl_433/+/devices/#",
            RTL,
            True,
            ["pi/Acurite-Tower/A/1234", "pi/LaCrosse-TX141/2/77", "pi/Toyota/ab12"],
            id="a tree of many devices",
        ),
        pytest.param("N/c0ff/solarcharger/279/#", VICTRON, True, ["N/c0ff/solarcharger/279"], id="one device's tree"),
        pytest.param("N/c0ff/grid/30/#", PHASES, True, ["N/c0ff/grid/30"], id="phases are no devices"),
        pytest.param("N/+/solarcharger/+/#", VICTRON, True, ["c0ff/279"], id="wildcards before the tree"),
        pytest.param(
            "kitchen/#",
            ["kitchen/sensor/temperature/state", "kitchen/sensor/humidity/state", "kitchen/status"],
            True,
            ["kitchen"],
            id="state under everything is no name",
        ),
        pytest.param(
            "inverter/HM-600/#",
            [f"inverter/HM-600/{channel}/{leaf}" for channel in ("ch0", "ch1") for leaf in ("U_DC", "P_DC")],
            True,
            ["inverter/HM-600"],
            id="channels are no devices",
        ),
        pytest.param(
            "tele/+/+",
            ["tele/pow1/SENSOR", "tele/pow1/STATE", "tele/pow1/LWT"],
            False,
            ["pow1"],
            id="several messages, and one that says whether it is there",
        ),
        pytest.param("plc/boiler/#", TANKS[:4], True, ["plc/boiler"], id="values and units of one device"),
        pytest.param("plc/boiler/#", TANKS[:3], True, ["plc/boiler"], id="a value with a unit and one without"),
        pytest.param("plc/boiler/temp/+", TANKS[:2], True, ["plc/boiler"], id="a value and its unit"),
        pytest.param("plc/#", TANKS, True, ["boiler", "cellar"], id="values and units of two devices"),
        pytest.param("plc/+/+/+", TANKS, True, ["boiler", "cellar"], id="values and units of two devices by level"),
        pytest.param(
            "plc/#",
            [*TANKS, "plc/boiler/running", "plc/cellar/running"],
            True,
            ["boiler", "cellar"],
            id="values and units beside a value alone",
        ),
        pytest.param(
            "homie/super-car/engine/#",
            ["homie/super-car/engine/temperature", "homie/super-car/engine/temperature/$unit"],
            True,
            ["homie/super-car/engine"],
            id="attributes are no values",
        ),
    ],
)
def test_devices_are_found_in_topics(topic_filter: str, topics: list[str], single: bool, expected: list[str]) -> None:
    depth = guess_depth(topic_filter, topics, single=topics if single else ())

    assert list(dict.fromkeys(split(topic_filter, depth, topic).identity for topic in topics)) == expected


def test_a_topic_is_split_into_device_and_rest() -> None:
    assert split("rtl_433/+/devices/#", -1, "rtl_433/pi/devices/Acurite/A/1/temperature_C") == TopicMatch(
        "rtl_433/pi/devices/Acurite/A/1", "pi/Acurite/A/1", "temperature_C"
    )
    assert split("N/c0ff/solarcharger/279/#", 4, "N/c0ff/solarcharger/279/Dc/0/Voltage") == TopicMatch(
        "N/c0ff/solarcharger/279", "N/c0ff/solarcharger/279", "Dc/0/Voltage"
    )
    assert split("tele/+/SENSOR", 0, "tele/pow1/SENSOR") == TopicMatch("tele/pow1/SENSOR", "pow1", "")


def test_an_availability_topic_has_the_levels_of_its_device() -> None:
    assert fill("tele/+/LWT", "tele/+/SENSOR", "tele/pow1/SENSOR") == "tele/pow1/LWT"
    assert fill("boat/status", "boat/tank", "boat/tank") == "boat/status"


@pytest.mark.parametrize(
    ("topic", "topic_filter", "depth", "base", "pattern"),
    [
        ("cmnd/a/POWER", "tele/+/STATE", 2, "tele/a", "cmnd/+/POWER"),
        ("cmnd/a/POWER", "tele/+/STATE", -1, "tele/a", "cmnd/+/POWER"),
        ("a/a/set", "+/a/state", 0, "a/a/state", "+/a/set"),
        ("x/a/b/set", "x/+/+/state", 0, "x/a/b/state", "x/+/+/set"),
        ("x/a/set", "x/+/+/state", 0, "x/a/b/state", None),
        ("set/x/a", "x/+/state", 0, "x/a/state", None),
        ("shellies/a/relay/0/command", "shellies/#", 2, "shellies/a", "shellies/+/relay/0/command"),
        ("shellies/a/command", "shellies/#", 0, "shellies/a", None),
        ("cmnd/plug/POWER", "tele/plug/#", -1, "tele/plug", "cmnd/plug/POWER"),
        ("boiler/set", "boiler/+", 1, "boiler", "boiler/set"),
        ("a/set", "a/b", 0, "a/b", "a/set"),
    ],
)
def test_a_topic_of_one_device_becomes_that_of_all(
    topic: str, topic_filter: str, depth: int, base: str, pattern: str | None
) -> None:
    assert pattern_of(topic, topic_filter, depth, base) == pattern
    if pattern is not None:
        assert fill_exactly(pattern, topic_filter, base) == topic


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        (["a/b"], "a/b"),
        (["a/b", "a/b"], "a/b"),
        (["a/b", "a/c"], "a/+"),
        (["a/b/c", "a/d"], "a/#"),
        (["a/b", "c/d"], "#"),
        (["N/x/Dc/0/Voltage", "N/x/Dc/0/Current"], "N/x/Dc/0/+"),
    ],
)
def test_the_narrowest_filter_of_topics(topics: list[str], expected: str) -> None:
    assert common_filter(topics) == expected
    assert all(matches(expected, topic) for topic in topics)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("tele/pow1/SENSOR", "pow1"),
        ("zigbee2mqtt/FRIENDLY_NAME", "FRIENDLY NAME"),
        ("owntracks/jane/iphone", "jane iphone"),
        ("emonhub/rx/10/values", "emonhub 10"),
        ("N/c0619ab2f3d1/solarcharger/279", "solarcharger 279"),
        ("airgradient/readings/ecda3b1eaaaf", "airgradient ecda3b1eaaaf"),
        ("home/OpenMQTTGateway/BTtoMQTT/4C33A6603C79", "4C33A6603C79"),
        ("sensors", "sensors"),
        ("phones/pixel8", "pixel8"),
        ("zanzito/pixel/location", "zanzito pixel"),
        ("location", "location"),
        ("trackers/phones", "trackers phones"),
    ],
)
def test_a_device_is_named_after_its_topic(base: str, expected: str) -> None:
    assert name_from(base) == expected


@pytest.mark.parametrize(
    ("base", "reading", "expected"),
    [
        ("home/kitchen/temperature", "Temperature", "kitchen"),
        ("home/temperature/kitchen", "Temperature", "kitchen"),
        ("home/kitchen/co2_level", "CO2 level", "kitchen"),
        ("home/battery", "Battery", "battery"),
        ("home/kitchen/temperature", "", "kitchen temperature"),
        ("home/kitchen/temperature", "Humidity", "kitchen temperature"),
    ],
)
def test_a_device_is_not_named_after_its_only_reading(base: str, reading: str, expected: str) -> None:
    assert name_from(base, reading) == expected


def test_documents_with_bare_presence_beside_them_are_devices() -> None:
    topics = ["zigbee2mqtt/lamp", "zigbee2mqtt/lamp/availability", "zigbee2mqtt/door", "zigbee2mqtt/door/availability"]
    assert guess_depth("zigbee2mqtt/#", topics, single={topics[1], topics[3]}) == 0


def test_documents_among_bare_values_are_of_the_same_device() -> None:
    topics = ["shellies/plug/relay/0", "shellies/plug/relay/0/power", "shellies/plug/info"]
    assert guess_depth("shellies/plug/#", topics, single=set(topics[:2])) == 2
