"""Channels that Home Assistant would not accept as entities, and those that it accepts."""

from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import WEATHER, Wizard


async def test_one_command_topic_for_all_devices_is_refused(wizard: Wizard) -> None:
    await wizard.learn_from_all("shellies/+/relay/0", {"shellies/a/relay/0": "on", "shellies/b/relay/0": "off"})
    (item,) = wizard.channels.values()
    await wizard.submit(channels=[item | {"command_topic": "shellies/a/relay/0/command"}])
    assert wizard.errors == {"channels": "command_topic_family"}
    await wizard.submit(channels=[item | {"command_topic": "shellies/+/+/command"}])
    assert wizard.errors == {"channels": "command_topic_plus"}
    await wizard.submit(channels=[item])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


TEMPERATURE = {"key": "temperature", "name": "T", "platform": "sensor"}
HUMIDITY = {"key": "humidity", "name": "H", "platform": "sensor"}
DOOR = {"key": "door", "name": "D", "platform": "binary_sensor", "on": "open", "off": "closed"}


@pytest.mark.parametrize(
    ("items", "error", "placeholders"),
    [
        ([TEMPERATURE | {"name": " "}], "no_name", {"place": "temperature"}),
        ([TEMPERATURE, HUMIDITY | {"name": "t"}], "name_twice", {"channel": "t"}),
        ([TEMPERATURE, TEMPERATURE | {"name": "U"}], "channel_twice", {"channel": "U", "place": "temperature"}),
        (
            [TEMPERATURE | {"device_class": "temperature", "unit": "bar"}],
            "unit_invalid",
            {"channel": "T", "unit": "bar", "kind": "temperature", "units": "K, °C, °F"},
        ),
        ([TEMPERATURE | {"device_class": "temperature"}], "unit_missing", {"units": "K, °C, °F"}),
        ([TEMPERATURE | {"device_class": "ph", "unit": "°C"}], "unit_not_wanted", {"kind": "ph"}),
        ([DOOR | {"platform": "sensor", "device_class": "enum", "unit": "V"}], "unit_not_wanted", {"kind": "enum"}),
        ([TEMPERATURE | {"state_class": "measurement_angle", "unit": "V"}], "unit_invalid", {"units": "°"}),
        ([TEMPERATURE | {"device_class": "pressure", "unit": "X"}], "unit_invalid", {"kind": "pressure"}),
        (
            [TEMPERATURE | {"device_class": "temperature", "unit": "°C", "state_class": "total"}],
            "state_class_invalid",
            {"state_class": "total", "kind": "temperature", "state_classes": "measurement"},
        ),
        (
            [DOOR | {"platform": "sensor", "device_class": "enum", "state_class": "measurement"}],
            "state_class_not_wanted",
            {"kind": "enum"},
        ),
        ([DOOR | {"platform": "sensor", "unit": "V"}], "not_a_number", {"channel": "D"}),
        ([DOOR | {"platform": "sensor", "state_class": "measurement"}], "not_a_number", {"channel": "D"}),
        ([DOOR | {"platform": "sensor", "precision": 1}], "not_a_number", {"channel": "D"}),
        ([DOOR | {"device_class": "temperature"}], "device_class_invalid", {"kind": "temperature"}),
        ([TEMPERATURE | {"category": "config"}], "category_invalid", {"channel": "T"}),
        ([DOOR | {"on": ""}], "on_and_off", {"channel": "D"}),
        ([DOOR | {"off": "open"}], "on_and_off", {"channel": "D"}),
        ([DOOR | {"platform": "switch"}], "command_topic_invalid", {"channel": "D"}),
        ([DOOR | {"platform": "switch", "command_topic": "a/#"}], "command_topic_invalid", {"channel": "D"}),
        ([DOOR | {"platform": "switch", "command_topic": "garden/+/set"}], "command_topic_plus", {"channel": "D"}),
        ([DOOR | {"platform": "event", "event_types": [" "]}], "no_event_types", {"channel": "D"}),
        ([DOOR | {"platform": "device_tracker"}], "not_a_position", {"channel": "D"}),
    ],
)
async def test_channels_that_home_assistant_would_reject_are_named(
    wizard: Wizard, items: list[dict[str, Any]], error: str, placeholders: dict[str, str]
) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(channels=items)

    assert (wizard.step, wizard.errors) == ("device", {"channels": error})
    assert placeholders.items() <= wizard.placeholders.items()
    assert wizard.suggested["channels"] == items


@pytest.mark.parametrize(
    "item",
    [
        TEMPERATURE | {"device_class": "temperature", "unit": "°C", "state_class": "measurement", "precision": 0},
        TEMPERATURE | {"unit": "widgets"},
        TEMPERATURE | {"state_class": "measurement"},
        TEMPERATURE | {"device_class": "ph"},
        DOOR | {"platform": "sensor"},
        DOOR | {"platform": "sensor", "device_class": "enum"},
        DOOR | {"category": "diagnostic", "device_class": "door"},
        DOOR | {"platform": "switch", "command_topic": "garden/door/set", "command_on": "1", "category": "config"},
        DOOR | {"platform": "event", "event_types": ["open"]},
    ],
)
async def test_channels_that_home_assistant_accepts_are_accepted(wizard: Wizard, item: dict[str, Any]) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(channels=[item])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_disabled_channel_may_be_incomplete(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(channels=[TEMPERATURE, DOOR | {"platform": "switch", "enabled": False}])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_other_sign_for_micro_is_the_one_home_assistant_knows(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", {"pm25": 12})
    item = {"key": "pm25", "name": "Dust", "platform": "sensor", "device_class": "pm25", "unit": "\u00b5g/m³"}
    await wizard.submit(channels=[item])

    assert wizard.subentry.data["channels"][0]["unit"] == "\u03bcg/m³"


@pytest.mark.parametrize("item", [{"unit": "V"}, {"state_class": "measurement"}, {"precision": 2}])
async def test_a_text_is_not_a_number(wizard: Wizard, item: dict[str, Any]) -> None:
    await wizard.learn_from("garden/weather", WEATHER | {"sky": "cloudy"})
    await wizard.submit(channels=[{"key": "sky", "name": "Sky", "platform": "sensor"} | item])

    assert wizard.errors == {"channels": "not_a_number"}
    assert wizard.placeholders["value"] == "cloudy"
