"""Profiles and their channels, as stored in a subentry and read again."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.model.message import DeviceMetadata, Path
from custom_components.iotbridge.things.model.profile import Availability, Channel, Joining, Profile, Reading, key_of

FULL = Profile(
    topic="garden/+/#",
    depth=2,
    channels=(
        Channel(name="Temperature", path=("ENERGY", "a.b", 0), unit="°C", scale=0.1, precision=1),
        Channel(name="Power", path=("power", "v"), unit="W", stated_unit="W", unit_path=("power", 0, "u")),
        Channel(name="Pressed", path=("action",), platform="event", event_types=("single", "double")),
        Channel(name="Position", path=("lat",), platform="device_tracker", companions=(("longitude", ("lon",)),)),
        Channel(name="Relay", path=(), subtopic="relay/0", platform="switch", on="on", command_topic="garden/+/set"),
    ),
    devices={"shed": DeviceMetadata(name="Shed", model="W1"), "pond": DeviceMetadata()},
    area="Garden",
    joining=Joining.ADD,
    dropped=frozenset({"uptime"}),
    ignored=frozenset({"gateway"}),
    availability=Availability(topic="garden/+/here", path=("state",)),
    expire_after_s=0,
    exact=True,
    device_member=("device", "id"),
    name_member=("device", "name"),
)


def test_a_profile_survives_storage() -> None:
    stored = json.loads(json.dumps(FULL.as_dict()))

    assert Profile.from_dict(stored) == FULL


def test_default_values_are_not_stored() -> None:
    assert Channel(name="Temperature", path=("t",)).as_dict() == {"name": "Temperature", "path": ["t"]}
    assert Profile.from_dict(
        {"topic": "a", "depth": 0, "channels": [], "devices": {"a": {}}, "joining": "ask"}
    ) == Profile(topic="a", depth=0, channels=(), devices={"a": DeviceMetadata()})


@pytest.mark.parametrize(
    ("subtopic", "path", "key"),
    [
        ("", ("ENERGY", "Total"), "ENERGY.Total"),
        ("", ("onewire", 0), "onewire[0]"),
        ("Dc/0/Voltage", (), "Dc/0/Voltage"),
        ("state", ("params", "switch:0", "output"), "state:params.switch:0.output"),
        ("", (), ""),
    ],
)
def test_a_key_is_readable(subtopic: str, path: Path, key: str) -> None:
    assert key_of(subtopic, path) == key


@pytest.mark.parametrize(
    ("metadata", "is_number"),
    [
        ({"unit": "W"}, True),
        ({"state_class": "measurement"}, True),
        ({"device_class": "power_factor"}, True),
        ({"device_class": "enum"}, False),
        ({}, False),
        ({"platform": "binary_sensor", "device_class": "door"}, False),
    ],
)
def test_numeric_channels_are_recognized(metadata: dict[str, Any], is_number: bool) -> None:
    assert Channel(name="x", path=("x",), **metadata).is_number is is_number


def test_a_read_only_switch_has_no_command() -> None:
    seen = FULL.channels[4].as_read_only()

    assert (seen.platform, seen.command_topic, seen.on) == ("binary_sensor", None, "on")


@pytest.mark.parametrize(("path", "is_decided"), [(("power", "value"), True), (("power", "min"), False)])
def test_the_value_of_an_object_is_that_of_its_former_number(path: Path, is_decided: bool) -> None:
    profile = Profile(topic="a", depth=0, channels=(Channel(name="Power", path=("power",)),), devices={})

    assert profile.is_decided(Reading(channel=Channel(name="Power", path=path), value=1)) is is_decided
