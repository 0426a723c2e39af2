"""Profile files: writing, parsing, matching."""

from dataclasses import replace
from pathlib import Path as File

import pytest

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Availability, Channel, Profile
from custom_components.iotbridge.things.profiles.yaml_file import FOLDER, ProfileError, dump, find, parse, shipped
from custom_components.iotbridge.topic_filters import matches
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS
from tests.things.sample_sets import documented

MINIMAL = "name: x\nmatch: {topic: a/+}\nchannels:\n  - {name: T, path: [t]}\n"


def texts(prefix: str, **values: str) -> list[Sample]:
    """Return a message for each value of a tree of topics."""
    return [Sample(f"{prefix}/{key.replace('__', '/')}", value.encode()) for key, value in values.items()]


# Topics and values of OpenDTU: its page mqtt_topics; of rtl_433: docs/DATA_FORMAT.md and its default topics.
THINGS = {
    "airgradient_one": documented("airgradient-one"),
    "wmbusmeters_water": documented("wmbusmeters-water"),
    "victron_solar_charger": documented("victron-solarcharger"),
    "opendtu_inverter": texts(
        "solar/114190641177",
        **{"name": "HM-800", "0/power": "0.0", "0/yieldday": "216", "0/yieldtotal": "13.338", "status/reachable": "0"},
    ),
    "rtl_433_climate": texts(
        "rtl_433/shed/devices/Acurite-Tower/A/1234",
        time="2020-10-04 17:44:39", id="1234", battery_ok="1", temperature_C="11.7", humidity="99", mic="CHECKSUM",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_each_shipped_profile_matches_its_device_and_no_other(name: str) -> None:
    profile = parse((FOLDER / f"{name}.yaml").read_text("utf-8"))

    assert find(THINGS[name], shipped()) == profile
    assert all(find(samples, [profile]) is None for other, samples in THINGS.items() if other != name)


@pytest.mark.parametrize("profile", shipped(), ids=lambda profile: profile.name)
def test_channels_of_a_profile_differ(profile: object) -> None:
    channels = parse(next(path.read_text("utf-8") for path in FOLDER.glob("*.yaml") if _is(path, profile))).channels

    assert len({channel.key for channel in channels}) == len({channel.name for channel in channels}) == len(channels)


@pytest.mark.parametrize(
    "channel",
    [pytest.param(channel, id=f"{file.name}: {channel.name}") for file in shipped() for channel in file.channels],
)
def test_home_assistant_accepts_each_channel(channel: Channel) -> None:
    if channel.platform == "binary_sensor":
        assert channel.device_class is None or BinarySensorDeviceClass(channel.device_class)
        assert channel.on is not None
        return
    assert channel.platform == "sensor"
    if channel.device_class:
        device_class = SensorDeviceClass(channel.device_class)
        assert channel.unit in DEVICE_CLASS_UNITS[device_class]
        assert channel.state_class in DEVICE_CLASS_STATE_CLASSES[device_class]
    elif channel.state_class:
        assert SensorStateClass(channel.state_class)


def _is(path: File, profile: object) -> bool:
    return parse(path.read_text("utf-8")) == profile


SHARED = """
name: Node
match: {keys: [payload.battery]}
device_member: [from]
name_member: [payload, longname]
channels:
  - {name: Battery, path: [payload, battery]}
"""


def test_the_members_of_devices_that_share_a_topic_are_kept() -> None:
    file = parse(SHARED)
    assert (file.device_member, file.name_member) == (("from",), ("payload", "longname"))
    profile = Profile(
        topic="mesh/+",
        depth=0,
        channels=file.channels,
        devices={},
        device_member=file.device_member,
        name_member=file.name_member,
    )
    again = parse(dump(profile, "Node"))
    assert (again.device_member, again.name_member) == (file.device_member, file.name_member)
    assert (parse(MINIMAL).device_member, parse(MINIMAL).name_member) == (None, None)


def test_each_device_on_a_shared_topic_has_to_match() -> None:
    records = [Sample("mesh", b'{"readings": [{"mac": "aa", "t": 20}, {"mac": "bb", "t": 21, "h": 40}]}')]
    text = "name: x\nmatch: {keys: [%s]}\ndevice_member: [readings, mac]\nchannels:\n  - {name: T, path: [t]}\n"

    assert find(records, [parse(text % "readings.t, readings.h")])
    assert find(records, [parse(text % "readings.mac")]) is None, "the member is no value of a device"


@pytest.mark.parametrize("member", ["from", "[1]", "{a: b}"])
def test_a_member_is_a_list_of_names(member: str) -> None:
    with pytest.raises(ProfileError):
        parse(f"{MINIMAL}device_member: {member}\n")


def test_similar_devices_do_not_match() -> None:
    gas = b'{"media":"gas","meter":"x","id":"1","total_m3":5}'

    assert find([Sample("wmbusmeters/1", gas)], shipped()) is None
    assert (
        find([replace(sample, topic="other/33225544") for sample in documented("wmbusmeters-water")], shipped()) is None
    )
    assert find([Sample("wmbusmeters/1", b"\x00\x01")], shipped()) is None
    assert find([], shipped()) is None


def test_values_of_two_devices_do_not_add_up_to_one() -> None:
    halves = [
        *texts("rtl_433/shed/devices/A/1", temperature_C="11.7"),
        *texts("rtl_433/shed/devices/A/2", humidity="99"),
    ]

    assert find(halves, shipped()) is None


def test_the_gateway_of_the_inverters_is_not_an_inverter() -> None:
    inverter = THINGS["opendtu_inverter"]
    (known,) = [profile for profile in shipped() if find(inverter, [profile])]

    for other in ("dtu", "ac", "dc"):
        alike = [Sample(sample.topic.replace("114190641177", other), sample.payload) for sample in inverter]
        assert find(alike, shipped()) is None
        assert find([*alike, *inverter], shipped()) == known


def test_the_profile_with_more_criteria_takes_precedence() -> None:
    loose = parse(MINIMAL)
    strict = parse(MINIMAL.replace("name: x", "name: y").replace("a/+}", "a/+, keys: [t]}"))

    assert find([Sample("a/b", b'{"t":1}')], [loose, strict, loose]) == strict


PROFILE = Profile(
    topic="garden/+/#",
    depth=2,
    devices={"secret": DeviceMetadata(name="My shed")},
    area="garden",
    channels=(
        Channel(
            name="Temperature: {{ now() }}",
            path=("ENERGY", "a.b", 0),
            unit="°C",
            scale=0.1,
            decimal_comma=True,
            stated_unit="°F",
            unit_path=("ENERGY", "unit"),
            precision=1,
        ),
        Channel(name="Door", path=(), subtopic="door", platform="binary_sensor", on="open", off="no", enabled=False),
        Channel(name="Pressed", path=("action",), platform="event", event_types=("single", "true")),
        Channel(name="Position", path=("lat",), platform="device_tracker", companions=(("longitude", ("lon",)),)),
        Channel(name="Relay", path=("r",), platform="switch", command_topic="garden/+/set", command_on="1"),
    ),
    availability=Availability(topic="garden/+/lwt", offline="gone"),
    expire_after_s=60,
)


def test_a_dumped_profile_can_be_parsed() -> None:
    text = dump(PROFILE, "Shed: 'no' \"yes\"", manufacturer="no", model="1.0")
    again = parse(text)

    assert again.channels == PROFILE.channels
    assert (again.depth, again.availability, again.expire_after_s) == (2, PROFILE.availability, 60)
    assert (again.name, again.manufacturer, again.model) == ("Shed: 'no' \"yes\"", "no", "1.0")
    assert matches(again.match.topic, "garden/one/state")
    assert "My shed" not in text
    assert "secret" not in text


def test_the_topic_of_a_single_device_is_not_exported() -> None:
    profile = Profile(topic="home/anna/thermo", depth=0, channels=(Channel(name="T", path=("t",)),), devices={})
    text = dump(profile, "Thermometer")

    assert "anna" not in text
    assert find([Sample("elsewhere/thermo", b'{"t":1}')], [parse(text)]) is not None
    assert find([Sample("elsewhere/thermo", b'{"h":1}')], [parse(text)]) is None


def test_the_former_key_of_a_channel_is_not_exported() -> None:
    channel = Channel(name="Air temperature", path=("messages", "4097"), by_identity=True, id_key="messages[0].value")
    profile = Profile(topic="gw/+", depth=2, channels=(channel,), devices={"one": DeviceMetadata()})

    (exported,) = parse(dump(profile, "Tracker")).channels
    assert exported == replace(channel, id_key=None)


def test_a_file_that_names_a_record_by_its_position_still_matches() -> None:
    file = parse("name: x\nmatch: {keys: ['m[1].value']}\nchannels:\n  - {name: T, path: [m, 1, value]}\n")
    message = b'{"m": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]}'

    assert find([Sample("gw", message)], [file]) is file
