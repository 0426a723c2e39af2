"""Channels that Home Assistant would not accept as entities, and those that it accepts."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.profile import Profile
from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import WEATHER, Wizard, edit


async def test_one_command_topic_for_all_devices_is_refused(wizard: Wizard) -> None:
    await wizard.learn_from_all("shellies/+/relay/0", {"shellies/a/relay/0": "on", "shellies/b/relay/0": "off"})
    await wizard.edit("relay/0", command_topic="shellies/a/relay/0/command")
    assert wizard.errors == {"command_topic": "command_topic_family"}
    await wizard.submit(command_topic="shellies/+/+/command")
    assert wizard.errors == {"command_topic": "command_topic_plus"}
    await wizard.submit(command_topic="shellies/+/relay/0/command")
    await wizard.submit()

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


TEMPERATURE = {"name": "T", "device_class": None, "unit": None, "state_class": None, "precision": None}
DOOR = {"name": "D", "device_class": None}
ON_AND_OFF = {"on": "open", "off": "closed"}


@pytest.mark.parametrize(
    ("key", "kind", "fields", "errors", "placeholders"),
    [
        ("temperature", "sensor", {"name": " "}, {"name": "no_name"}, {"place": "temperature"}),
        ("temperature", "sensor", {"name": "humidity"}, {"name": "name_twice"}, {"channel": "humidity"}),
        (
            "temperature",
            "sensor",
            {"device_class": "temperature", "unit": "bar"},
            {"unit": "unit_invalid"},
            {"channel": "T", "unit": "bar", "kind": "temperature", "units": "K, °C, °F"},
        ),
        (
            "temperature",
            "sensor",
            {"device_class": "temperature"},
            {"unit": "unit_missing"},
            {"units": "K, °C, °F"},
        ),
        ("temperature", "sensor", {"device_class": "ph", "unit": "°C"}, {"unit": "unit_not_wanted"}, {"kind": "ph"}),
        ("door", "sensor", {"device_class": "enum", "unit": "V"}, {"unit": "unit_not_wanted"}, {"kind": "enum"}),
        (
            "temperature",
            "sensor",
            {"state_class": "measurement_angle", "unit": "V"},
            {"unit": "unit_invalid"},
            {"units": "°"},
        ),
        (
            "temperature",
            "sensor",
            {"device_class": "pressure", "unit": "X"},
            {"unit": "unit_invalid"},
            {"kind": "pressure"},
        ),
        ("temperature", "sensor", {"unit": "x" * 65}, {"unit": "unit_long"}, {"channel": "T"}),
        (
            "temperature",
            "sensor",
            {"device_class": "temperature", "unit": "°C", "state_class": "total"},
            {"state_class": "state_class_invalid"},
            {"state_class": "total", "kind": "temperature", "state_classes": "measurement"},
        ),
        (
            "door",
            "sensor",
            {"device_class": "enum", "state_class": "measurement"},
            {"state_class": "state_class_not_wanted"},
            {"kind": "enum"},
        ),
        ("door", "sensor", {"unit": "V"}, {"base": "not_a_number"}, {"channel": "D"}),
        ("door", "sensor", {"state_class": "measurement"}, {"base": "not_a_number"}, {"channel": "D"}),
        ("door", "sensor", {"precision": 1}, {"base": "not_a_number"}, {"channel": "D"}),
        ("door", "binary_sensor", {"on": "", "off": "closed"}, {"on": "on_and_off"}, {"channel": "D"}),
        ("door", "binary_sensor", {"on": "open", "off": "open"}, {"on": "on_and_off"}, {"channel": "D"}),
        ("door", "switch", ON_AND_OFF, {"command_topic": "command_topic_invalid"}, {"channel": "D"}),
        (
            "door",
            "switch",
            ON_AND_OFF | {"command_topic": "a/#"},
            {"command_topic": "command_topic_invalid"},
            {"channel": "D"},
        ),
        (
            "door",
            "switch",
            ON_AND_OFF | {"command_topic": "garden/+/set"},
            {"command_topic": "command_topic_plus"},
            {"channel": "D"},
        ),
        ("door", "event", {"event_types": [" "]}, {"event_types": "no_event_types"}, {"channel": "D"}),
        ("sky", "sensor", {"unit": "V"}, {"base": "not_a_number"}, {"value": "cloudy"}),
    ],
)
async def test_channels_that_home_assistant_would_reject_are_named(
    wizard: Wizard, key: str, kind: str, fields: dict[str, Any], errors: dict[str, str], placeholders: dict[str, str]
) -> None:
    await wizard.learn_from("garden/weather", WEATHER | {"sky": "cloudy"})
    await wizard.open(key, kind)
    answers = (TEMPERATURE if key == "temperature" else DOOR) | fields
    await wizard.submit(**answers)

    assert (wizard.step, wizard.errors) == (kind, errors)
    assert placeholders.items() <= wizard.placeholders.items()
    assert {name: wizard.suggested.get(name) for name in answers} == answers


@pytest.mark.parametrize(
    ("key", "kind", "fields"),
    [
        (
            "temperature",
            "sensor",
            {"device_class": "temperature", "unit": "°C", "state_class": "measurement", "precision": 0},
        ),
        ("temperature", "sensor", {"unit": "widgets"}),
        ("temperature", "sensor", {"state_class": "measurement"}),
        ("temperature", "sensor", {"device_class": "ph"}),
        ("door", "sensor", {}),
        ("door", "sensor", {"device_class": "enum"}),
        ("door", "binary_sensor", {"category": "diagnostic", "device_class": "door"}),
        ("door", "switch", ON_AND_OFF | {"command_topic": "garden/door/set", "command_on": "1", "category": "config"}),
        ("door", "event", {"event_types": ["open"]}),
    ],
)
async def test_channels_that_home_assistant_accepts_are_accepted(
    wizard: Wizard, key: str, kind: str, fields: dict[str, Any]
) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.edit(key, kind, **((TEMPERATURE if key == "temperature" else DOOR) | fields))
    await wizard.submit(channels=[key])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_disabled_channel_may_be_incomplete(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    data: dict[str, Any] = Profile.from_dict(wizard.subentry.data).as_dict()
    data["channels"][0] |= {"unit": "bar"}
    edit(wizard, Profile.from_dict(data))
    await wizard.change("channels")
    await wizard.submit()
    assert wizard.errors == {"channels": "unit_invalid"}
    await wizard.submit(channels=["humidity"])

    assert wizard.step == "reconfigure_successful"


async def test_the_other_sign_for_micro_is_the_one_home_assistant_knows(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", {"pm25": 12})
    await wizard.edit("pm25", name="Dust", device_class="pm25", unit="\u00b5g/m³")
    await wizard.submit()

    assert wizard.subentry.data["channels"][0]["unit"] == "\u03bcg/m³"
