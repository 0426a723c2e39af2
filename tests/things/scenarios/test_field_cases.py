"""Messages from public bug reports: the readings of each, what can be chosen, and what later messages change.

A row has what a person would expect. Cases that need more than messages are shown where ``SHOWN_ELSEWHERE`` says.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path as File

import pytest

from custom_components.iotbridge.things import decoders
from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.device_members import member_choices
from custom_components.iotbridge.things.model.device_member import DeviceSplitter
from custom_components.iotbridge.things.model.mapping import ProfileReader
from custom_components.iotbridge.things.model.message import Sample, Value
from custom_components.iotbridge.things.model.profile import Analysis, Profile, Reading
from custom_components.iotbridge.things.model.topic_matching import common_filter, split
from homeassistant.util import slugify
from tests.things.sample_sets import is_same

REPOSITORY = File(__file__).parents[3]

type Message = tuple[str, str]


@dataclass(frozen=True)
class Expected:
    """Sensor that a person would expect, or would not."""

    value: float
    unit: str
    device_class: str | None

    def is_met_by(self, reading: Reading) -> bool:
        """Return whether a reading is on with this value, unit and device class."""
        channel = reading.channel
        described = (channel.platform, channel.unit, channel.device_class)
        return (
            channel.enabled
            and described == ("sensor", self.unit, self.device_class)
            and is_same(reading.value, self.value)
        )


@dataclass(frozen=True)
class Later:
    """Message that arrives later, and the values that it has by the names of the entities; None is unknown."""

    message: Message
    values: dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class FieldCase:
    """Messages with their expected result.

    Of ``any_of``, one reading is enough; ``selectable`` are the paths of values that the wizard offers, on or not;
    ``on`` is the number of entities, ``devices`` that of the devices as the wizard proposes to tell them apart.
    """

    id: str
    source: str
    what: str
    messages: Sequence[Message]
    readings: Sequence[Expected] = ()
    any_of: Sequence[Expected] = ()
    not_on_as: Sequence[Expected] = ()
    selectable: Sequence[str] = ()
    on: int | None = None
    devices: int = 1
    after: Sequence[Later] = ()


MEASUREMENTS = {
    "3000": "Battery",
    "4097": "Air Temperature",
    "4197": "Longitude",
    "4198": "Latitude",
    "4199": "Light",
    "4200": "Event Status",
}


def records(values: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the records of a tracker, from values by the number of the measurement."""
    return [
        {"measurementId": number, "measurementValue": value, "type": MEASUREMENTS[number]}
        for number, value in values.items()
    ]


def flat(values: Mapping[str, object]) -> Message:
    """Return a message with a list of records."""
    return "gw/flat", json.dumps({"messages": records(values)})


def uplink(values: Mapping[str, object]) -> Message:
    """Return a message of a tracker on The Things Stack, with a list of records in a list."""
    document = {
        "end_device_ids": {
            "device_id": "tracker",
            "application_ids": {"application_id": "app"},
            "dev_eui": "2CF7F1C000000001",
        },
        "received_at": "2026-11-20T12:52:50Z",
        "uplink_message": {
            "f_port": 5,
            "f_cnt": 9,
            "decoded_payload": {"err": 0, "valid": True, "messages": [records(values)]},
        },
    }
    return "v3/app@ttn/devices/tracker/up", json.dumps(document)


def node(number: int, battery: int, voltage: float) -> Message:
    """Return the telemetry of a node of a mesh, as its gateway publishes it."""
    document = {
        "channel": 0,
        "from": number,
        "hops_away": 0,
        "id": 2829045551,
        "payload": {"battery_level": battery, "voltage": voltage},
        "sender": "!a2e227d4",
        "timestamp": 1733680876,
        "to": 4294967295,
        "type": "telemetry",
    }
    return "msh/EU_868/2/json/LongFast/!a2e227d4", json.dumps(document)


CASES = (
    FieldCase(
        id="charge-state-volts",
        source="BigThunderSR/homeassistant-addons-onstar2mqtt#1436",
        what="A level of the topic has the word voltage; the state of charge below it is none.",
        messages=[("car/high_voltage_battery/state", '{"charge_state":40,"ambient_air_temperature":18.5}')],
        readings=[Expected(18.5, "°C", "temperature")],
        not_on_as=[Expected(40, "V", "voltage")],
    ),
    FieldCase(
        id="comma-cpu-temperature",
        source="hjelev/rpi-mqtt-monitor#144",
        what="A bare number is written with a decimal comma.",
        messages=[("masoko/diet/cpu_temperature", "40,78")],
        readings=[Expected(40.78, "°C", "temperature")],
        on=1,
    ),
    FieldCase(
        id="comma-energy",
        source="flyte/mqtt-io#204",
        what="Three decimals after a comma look like thousands.",
        messages=[("meter/energy_kwh", "1234,567")],
        readings=[Expected(1234.567, "kWh", "energy")],
        on=1,
    ),
    FieldCase(
        id="comma-thousands",
        source="flyte/mqtt-io#204",
        what="A point before the thousands, a comma before the decimals.",
        messages=[("meter/energy_kwh", "1.234,56")],
        readings=[Expected(1234.56, "kWh", "energy")],
        on=1,
    ),
    FieldCase(
        id="comma-with-unit",
        source="home-assistant/core#91592, hjelev/rpi-mqtt-monitor#144",
        what="A unit follows a bare number with a decimal comma.",
        messages=[("attic/temperature", "-3,5 °C")],
        readings=[Expected(-3.5, "°C", "temperature")],
        on=1,
    ),
    FieldCase(
        id="lock-user",
        source="Koenkk/zigbee2mqtt#26651",
        what="The number of the user who unlocked a door is 0.",
        messages=[(
            "zigbee2mqtt/door",
            '{"lock_state":"unlocked","last_unlock_user":0,"last_unlock_source":"keypad","battery":80}',
        )],
        selectable=["last_unlock_user", "last_unlock_source"],
    ),
    FieldCase(
        id="meshtastic-nodes-of-one-gateway",
        source="meshtastic/meshtastic#1598, kvj/hass_Mtastic_MQTT#13",
        what="All nodes of a mesh are on the topic of their gateway.",
        messages=[node(101, 99, 4.1), node(102, 50, 3.7)],
        readings=[
            Expected(99, "%", "battery"), Expected(4.1, "V", "voltage"),
            Expected(50, "%", "battery"), Expected(3.7, "V", "voltage"),
        ],
        devices=2,
    ),
    FieldCase(
        id="nan-in-one-field",
        source="Blueforcer/awtrix-ng#9, esphome/issues#1436",
        what="One sensor of a message fails later; the others go on.",
        messages=[(
            "clock/stats",
            '{"wifiRssi":-52,"batteryPercent":61,"batteryVoltage":3.88,"temperature":21.5,"humidity":45}',
        )],
        readings=[Expected(21.5, "°C", "temperature"), Expected(61, "%", "battery")],
        after=[
            Later(
                (
                    "clock/stats",
                    '{"wifiRssi":-60,"batteryPercent":60,"batteryVoltage":3.87,"temperature":nan,"humidity":44}',
                ),
                {"battery": 60, "humidity": 44, "temperature": None},
            )
        ],
    ),
    FieldCase(
        id="padded-inverter",
        source="dsmrreader/dsmr-reader#733",
        what="Numbers have zeros in front, to a fixed width.",
        messages=[(
            "inv/state",
            '{"pv_input_power_w":"00312","battery_voltage":"052.70","heat_sink_temp":"0041","load_percent":"012"}',
        )],
        readings=[Expected(312, "W", "power"), Expected(52.7, "V", "voltage"), Expected(41, "°C", "temperature")],
        selectable=["load_percent"],
    ),
    FieldCase(
        id="rain-hour-word",
        source="variation of matthias-bs/BresserWeatherSensorReceiver#267",
        what="Rain of periods that are written as words: an hour is no unit of rain.",
        messages=[("ws/data2", '{"rain_hour":0.2,"rain_day":3.2,"rain_month":130.4,"rain_year":614.4}')],
        readings=[Expected(3.2, "mm", "precipitation"), Expected(0.2, "mm", "precipitation")],
        selectable=["rain_month", "rain_year"],
    ),
    FieldCase(
        id="rain-week-letter",
        source="matthias-bs/BresserWeatherSensorReceiver#267",
        what="Rain of periods that are written as letters, two of them without rain.",
        messages=[("ws/data", '{"temp_c":-4.6,"rain":614.4,"rain_h":0,"rain_d":0,"rain_w":76.4,"rain_m":30.4}')],
        readings=[Expected(rain, "mm", "precipitation") for rain in (614.4, 76.4, 30.4)],
        selectable=["rain_h", "rain_d"],
    ),
    FieldCase(
        id="records-flat-reorder",
        source="angelnu/home_assistant_thethingsnetwork#22",
        what="Records of a list change their places.",
        messages=[flat({"4097": 21.3, "4199": 4, "3000": 87})],
        readings=[Expected(21.3, "°C", "temperature"), Expected(87, "%", "battery")],
        after=[Later(flat({"3000": 86, "4097": 19.9, "4199": 7}), {"air_temperature": 19.9, "battery": 86})],
    ),
    FieldCase(
        id="rf-bridge-key",
        source="home-assistant/core#14418",
        what="A radio bridge received a code that it has learned.",
        messages=[(
            "tele/rfb/RESULT",
            '{"RfReceived":{"Sync":13520,"Low":480,"High":1380,"Data":"28A321","RfKey":2}}',
        )],
        selectable=["RfReceived.RfKey", "RfReceived.Data"],
    ),
    FieldCase(
        id="rf-code-only",
        source="arendst/Tasmota#3543, arendst/Tasmota#1832, arendst/Tasmota#1428",
        what="A radio bridge received a code that it has not learned.",
        messages=[(
            "tele/rfb/RESULT",
            '{"RfReceived":{"Sync":9450,"Low":310,"High":950,"Data":"B1E1E7","RfKey":"None"}}',
        )],
        selectable=["RfReceived.Data"],
    ),
    FieldCase(
        id="rtl433-light-klx",
        source="merbanan/rtl_433#2369",
        what="Light is sent in thousands of lux.",
        messages=[(
            "rtl_433/x/events",
            ('{"time":"2026-07-01 12:00:00","model":"Bresser-7in1","id":1234,'
             '"temperature_C":28.1,"light_klx":97.882}'),
        )],
        readings=[Expected(28.1, "°C", "temperature")],
        any_of=[Expected(97882, "lx", "illuminance"), Expected(97.882, "klx", None)],
    ),
    FieldCase(
        id="sensecap-t1000-order",
        source="angelnu/home_assistant_thethingsnetwork#22",
        what="The event of a tracker decides which records it sends, and in which order.",
        messages=[uplink({"4200": [], "4097": "21.3", "4199": "4", "3000": 87})],
        readings=[Expected(21.3, "°C", "temperature"), Expected(87, "%", "battery")],
        after=[
            Later(
                uplink({"4200": [], "3000": 86, "4097": "19.9", "4199": "7"}),
                {"air_temperature": 19.9, "battery": 86},
            ),
            Later(
                uplink({"4197": "9.19", "4198": "45.46", "4097": "18.8", "3000": 85}),
                {"air_temperature": 18.8, "battery": 85},
            ),
        ],
    ),
    FieldCase(
        id="single-quotes",
        source="home-assistant/core#42393, home-assistant/core#46459",
        what="A script publishes a dictionary as Python prints it.",
        messages=[("gw/room1", "{'connected': True, 'hum': 66.5, 'temp': 21.8, 'bat': None}")],
        readings=[Expected(66.5, "%", "humidity"), Expected(21.8, "°C", "temperature")],
    ),
    FieldCase(
        id="value-withdrawn",
        source="tillsteinbach/WeConnect-mqtt#191, tillsteinbach/WeConnect-mqtt#385",
        what="A topic is cleared later, because its value does not exist any more.",
        messages=[("evx/1/chargePower", "350"), ("evx/1/remaining_min", "45")],
        readings=[Expected(350, "W", "power"), Expected(45, "min", "duration")],
    ),
)  # fmt: skip

# Cases of agents, alarms and running things: the test that shows each.
SHOWN_ELSEWHERE = {
    "comma-in-a-template": "tests/alarms/flow/test_rule_flow.py::test_a_rejected_template_is_shown_with_its_result",
    "container-config-folder": "agent/tests/collectors/test_disk.py::"
    "test_a_container_has_the_disk_below_its_overlay_without_mounted_folders",
    "lid-closed": "agent/tests/test_power_watch.py::test_a_machine_that_sleeps_by_itself_is_suspended_before_it_sleeps",
    "lxc-second-subvol": "agent/tests/collectors/test_disk.py::test_datasets_with_a_size_of_their_own_are_disks",
    "nan-in-one-field": "tests/things/scenarios/test_changed_payloads.py::test_values_follow_however_they_are_written",
    "value-withdrawn": "tests/things/scenarios/test_changed_payloads.py::test_a_withdrawn_value_is_unknown",
}


def learned(case: FieldCase) -> Analysis:
    """Return the analysis of the messages, with the device member that the wizard proposes."""
    samples = [Sample(topic, payload.encode()) for topic, payload in case.messages]
    found = analyse(samples)
    topic_filter = common_filter([sample.topic for sample in samples])
    member = member_choices(samples, topic_filter, found.depth).proposed
    return analyse(samples, device_member=member) if member else found


def later_values(case: FieldCase, analysis: Analysis, later: Later) -> dict[str, Value]:
    """Return the values that the learned channels have in a later message, by the names of their entities."""
    channels = [reading.channel for device in analysis.devices for reading in device.readings]
    profile = Profile(
        topic=common_filter([topic for topic, _ in case.messages]),
        depth=analysis.depth,
        channels=tuple(channels),
        devices={device.identity: device.metadata for device in analysis.devices},
        device_member=analysis.device_member,
    )
    topic, payload = later.message
    match = split(profile.topic, profile.depth, topic)
    reader = ProfileReader(profile)
    decoded = decoders.decode(reader.with_columns(Sample(topic, payload.encode()), match))
    (update,) = reader.read(match, DeviceSplitter.of(profile).split(match, decoded))
    assert not update.broken
    return {slugify(channel.name): update.values[channel.key] for channel in channels if channel.key in update.values}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_messages_are_read_as_a_person_would(case: FieldCase) -> None:
    analysis = learned(case)
    readings = [reading for device in analysis.devices for reading in device.readings]
    shown = [(reading.channel.key, reading.value, reading.channel.unit) for reading in readings]

    assert not analysis.problems
    for expected in case.readings:
        assert any(map(expected.is_met_by, readings)), (expected, shown)
    assert not case.any_of or any(expected.is_met_by(reading) for expected in case.any_of for reading in readings), (
        shown
    )
    assert not any(expected.is_met_by(reading) for expected in case.not_on_as for reading in readings), shown
    offered = {reading.channel.key for device in analysis.devices for reading in (*device.readings, *device.unproposed)}
    assert offered >= set(case.selectable)
    assert case.on is None or sum(reading.channel.enabled for reading in readings) == case.on, shown
    assert len(analysis.devices) == case.devices
    for later in case.after:
        values = later_values(case, analysis, later)
        for name, value in later.values.items():
            assert name in values
            assert is_same(values[name], value), (name, values)


@pytest.mark.parametrize("test", SHOWN_ELSEWHERE.values(), ids=SHOWN_ELSEWHERE)
def test_the_test_that_shows_a_case_exists(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((REPOSITORY / file).read_text("utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
