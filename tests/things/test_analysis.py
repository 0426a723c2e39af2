"""Analysis of messages: their devices, and the metadata of each."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.analysis import MAX_DEVICES, analyse
from custom_components.iotbridge.things.model.message import Path, Problem, ProblemKind, Sample


def sample(topic: str, document: object) -> Sample:
    return Sample(topic, json.dumps(document).encode())


def test_topics_of_one_value_each_are_one_device() -> None:
    found = analyse([sample("N/279/Dc/0/Voltage", {"value": 20.4}), sample("N/279/Dc/0/Current", {"value": 1.5})])

    (device,) = found.devices
    assert {(reading.value, reading.channel.unit) for reading in device.readings} == {(20.4, "V"), (1.5, "A")}


def test_a_value_and_its_unit_on_two_topics_are_one_reading_named_after_their_parent() -> None:
    payloads = {"temp/value": b"61.5", "temp/unit": "°C".encode(), "flow/value": b"2.25", "flow/unit": "m³/h".encode()}
    found = analyse([Sample(f"plc/tank/{topic}", payload) for topic, payload in payloads.items()])

    (device,) = found.devices
    assert {(reading.channel.name, reading.value, reading.channel.unit) for reading in device.readings} == {
        ("Temperature", 61.5, "°C"),
        ("Flow", 2.25, "m³/h"),
    }


def test_documents_of_a_wildcard_are_devices_by_their_topics() -> None:
    samples = [sample(f"sensors/{name}/data", {"temperature": 20.5}) for name in ("a", "b")]
    found = analyse(samples, topic="sensors/+/data")

    assert [device.identity for device in found.devices] == ["a", "b"]


def test_the_newest_value_of_each_field_is_used() -> None:
    found = analyse([sample("a", {"temperature": 20, "humidity": 40}), sample("a", {"temperature": 21})])

    (device,) = found.devices
    assert {reading.channel.key: reading.value for reading in device.readings} == {"temperature": 21, "humidity": 40}


def test_an_unreadable_message_is_a_problem_and_the_rest_is_read() -> None:
    found = analyse([Sample("a", b'{"temperature": '), sample("a", {"temperature": 21})])

    assert [problem.kind for problem in found.problems] == [ProblemKind.BROKEN]
    assert found.devices[0].readings[0].value == 21


@pytest.mark.parametrize(
    ("payload", "exact"), [(b'{"temperature": 21.5}', True), (b'{"temperature": "21,5"}', False), (b"t=21.5", False)]
)
def test_exact_is_what_a_template_would_read_the_same(payload: bytes, exact: bool) -> None:
    assert analyse([Sample("a", payload)]).exact is exact


def test_more_devices_than_are_looked_at_are_counted() -> None:
    found = analyse([sample(f"rooms/{number}/data", {"temperature": 20}) for number in range(MAX_DEVICES + 30)])

    assert len(found.devices) == MAX_DEVICES
    assert found.problems == (Problem(ProblemKind.TOO_MANY_DEVICES, (("most", "200"), ("count", "230"))),)


def test_the_messages_of_a_system_that_announces_its_devices_name_it() -> None:
    assert analyse([sample("zigbee2mqtt/lamp", {"temperature": 21})]).system == "Zigbee2MQTT"
    assert analyse([sample("garden/lamp", {"temperature": 21})]).system is None


def test_switches_of_a_wildcard_have_command_topics_of_their_own() -> None:
    found = analyse([Sample(f"shellies/{name}/relay/0", b"on") for name in ("a", "b")], topic="shellies/+/relay/0")

    channels = [reading.channel for device in found.devices for reading in device.readings]
    assert {(channel.platform, channel.command_topic) for channel in channels} == {
        ("switch", "shellies/+/relay/0/command")
    }


def test_a_switch_of_a_device_that_may_share_its_topic_is_read_only() -> None:
    messages = [sample("tele/gate/STATE", {"from": 1, "POWER": "ON"})]

    def platforms(member: Path | None) -> set[str]:
        found = analyse(messages, topic="tele/+/STATE", device_member=member)
        return {reading.channel.platform for device in found.devices for reading in device.readings}

    assert (platforms(None), platforms(("from",))) == ({"switch"}, {"binary_sensor"})


def test_switches_that_share_a_topic_are_read_only() -> None:
    def rpc(source: str) -> Sample:
        return sample(
            "gate/events/rpc", {"src": source, "method": "NotifyStatus", "params": {"switch:0": {"output": True}}}
        )

    found = analyse([rpc("one"), rpc("two")])

    assert [device.identity for device in found.devices] == ["one", "two"]
    assert {reading.channel.platform for device in found.devices for reading in device.readings} == {"binary_sensor"}


@pytest.mark.parametrize(
    "members",
    [
        {"val": 21.5, "unit": "°C"},
        {"val": 21.5, "unit": "°C", "ts": 1764500000},
        # https://github.com/mqtt-smarthome/mqtt-smarthome/blob/master/Architecture.md
        {"val": 21.5, "ts": 1764500000000, "lc": 1764500000000},
        {"value": "21.5", "unit": "°C", "timestamp": "2026-11-30T10:00:00Z"},
        {"v": 21.5, "u": "°C", "t": 1764500000, "q": 192},
        {"reading": 21.5, "uom": "°C", "min": -20, "max": 60},
        {"Value": "21,5", "Unit": "°C", "Status": "Good"},
    ],
)
def test_topics_of_a_value_with_its_unit_are_one_device(members: dict[str, object]) -> None:
    """The device is above the topics of its values."""
    samples = [sample(f"boiler/{name}", members) for name in ("flow_temperature", "outside_temperature")]
    found = analyse(samples)

    (device,) = found.devices
    names = {reading.channel.name: (reading.value, reading.channel.unit) for reading in device.readings}
    assert {"Flow temperature", "Outside temperature"} <= names.keys()
    assert names["Flow temperature"] == (21.5, "°C")
    assert device.identity == "boiler"
    assert found.exact is ("21,5" not in members.values())


def test_the_name_of_a_value_is_not_that_of_its_device() -> None:
    values = {"temp": ("Supply", 45.5, "°C"), "p": ("Water", 1.5, "bar")}
    samples = [
        sample(f"boiler/{key}", {"name": name, "val": val, "unit": unit}) for key, (name, val, unit) in values.items()
    ]
    (device,) = analyse(samples).devices

    assert device.metadata.name == "boiler"
    assert {reading.value for reading in device.readings if reading.channel.enabled} == {45.5, 1.5}


@pytest.mark.parametrize("members", [{"val": 21.5, "battery": 80}, {"val": {"x": 1}}, {"temperature": 21.5}])
def test_documents_of_other_values_are_devices_of_their_own(members: dict[str, object]) -> None:
    found = analyse([sample(f"rooms/{name}", members) for name in ("kitchen", "bath")])

    assert [device.identity for device in found.devices] == ["kitchen", "bath"]


@pytest.mark.parametrize(
    ("topic", "message", "names"),
    [
        ("boiler", {"boiler_temp": 50.1, "boiler_pressure": 1.5}, {"Temperature", "Pressure"}),
        ("home/heat_pump", {"heatPumpTemperature": 50.1, "flow": 1.5}, {"Temperature", "Flow"}),
        ("boiler", {"boiler_temp": 50.1, "temperature": 20.5}, {"Boiler temperature", "Temperature"}),
        ("temperature", {"temperature_outside": 5.5, "humidity": 40}, {"Temperature outside", "Humidity"}),
        ("meter", {"meter2_power": 12, "power": 5}, {"Meter 2 power", "Power"}),
    ],
)
def test_readings_do_not_repeat_the_name_of_their_device(topic: str, message: dict[str, Any], names: set[str]) -> None:
    (device,) = analyse([Sample(topic, json.dumps(message).encode())]).devices

    assert {reading.channel.name for reading in device.readings} == names


def test_several_devices_share_the_names_of_readings() -> None:
    samples = [Sample(f"home/{name}", b'{"boiler_temp": 50.1}') for name in ("boiler", "pump")]

    devices = analyse(samples, topic="home/+", depth=2).devices
    assert {(device.metadata.name, device.readings[0].channel.name) for device in devices} == {
        ("boiler", "Boiler temperature"),
        ("pump", "Boiler temperature"),
    }


def test_a_device_is_not_named_after_its_only_reading() -> None:
    (device,) = analyse([Sample("home/kitchen/temperature/now", b'{"temperature": 21.5}')], depth=4).devices

    assert (device.metadata.name, device.readings[0].channel.name) == ("kitchen now", "Temperature")
