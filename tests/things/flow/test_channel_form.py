"""Channels in forms: their lines in the list, and the fields of each kind."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.flow.channel_form import check_duplicates, parse_item
from custom_components.iotbridge.things.flow.channel_validation import ChannelError
from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.profile import Channel
from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import WEATHER, Wizard


async def test_the_current_value_is_that_of_the_users_channel(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.edit("temperature", scale=0.1)
    assert wizard.channels["temperature"].startswith("Temperature: 2.15 °C")
    await wizard.submit()
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.change("channels")

    assert wizard.channels["temperature"].startswith("Temperature: 2.15 °C")


async def test_a_switch_is_shown_with_its_commands(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.open("door", "switch")
    await wizard.submit(on="open", off="closed", command_topic="garden/door/set", command_on="open")
    assert wizard.channels["door"] == "Door: on · Switch · door"
    await wizard.submit()
    await wizard.change("channels")
    await wizard.open("door")

    assert wizard.suggested == {
        "name": "Door", "on": "open", "off": "closed", "command_topic": "garden/door/set", "command_on": "open",
        "command_off": "OFF",
    }  # fmt: skip


POWER = {"POWER": "ON", "UptimeSec": 3}


def commands(wizard: Wizard) -> dict[str, list[str | None]]:
    """Return the command topics in discovery messages, by device."""
    topics: dict[str, list[str | None]] = {}
    for call in wizard.kit.mqtt.async_publish.call_args_list:
        if call.args[0].startswith("homeassistant/device/") and call.args[1]:
            (config,) = wizard.kit.published(call.args[0])[-1:]
            components = config["components"].values()
            topics[config["device"]["name"]] = [component.get("command_topic") for component in components]
    return topics


@pytest.mark.parametrize(
    ("topic", "messages", "pattern", "command_topics"),
    [
        (
            "shellies/+/relay/0",
            {"shellies/a/relay/0": "on", "shellies/b/relay/0": "off"},
            "shellies/+/relay/0/command",
            ["shellies/a/relay/0/command", "shellies/b/relay/0/command"],
        ),
        (
            "shellies/+/relay/0",
            {"shellies/shellies/relay/0": "on", "shellies/relay/relay/0": "off"},
            "shellies/+/relay/0/command",
            ["shellies/relay/relay/0/command", "shellies/shellies/relay/0/command"],
        ),
        (
            "stat/+/RESULT",
            {"stat/a/RESULT": {"POWER": "ON"}, "stat/b/RESULT": {"POWER": "OFF"}},
            "cmnd/+/POWER",
            ["cmnd/a/POWER", "cmnd/b/POWER"],
        ),
        (
            "+/tele/STATE",
            {"a/tele/STATE": POWER, "b/tele/STATE": POWER},
            "+/cmnd/POWER",
            ["a/cmnd/POWER", "b/cmnd/POWER"],
        ),
    ],
)
async def test_each_device_of_a_family_has_its_own_command_topic(
    wizard: Wizard, topic: str, messages: dict[str, Any], pattern: str, command_topics: list[str]
) -> None:
    await wizard.learn_from_all(topic, messages)
    (key,) = [key for key, line in wizard.channels.items() if " · Switch" in line]
    await wizard.open(key)
    assert wizard.suggested["command_topic"] == pattern
    await wizard.submit()
    await wizard.submit()
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    await wizard.wait_only(5)

    published = commands(wizard).values()
    assert sorted(topic for topics in published for topic in topics if topic is not None) == command_topics


async def test_switches_without_a_common_command_topic_are_read_only(wizard: Wizard) -> None:
    rpc = {"method": "NotifyStatus", "params": {"switch:0": {"output": True}}}
    await wizard.start("topic")
    await wizard.submit(topic="gate/events/rpc")
    for source in ("one", "two"):
        await wizard.kit.receive("gate/events/rpc", {"src": source, **rpc})
    await wizard.wait(3)
    if wizard.step == "split":
        await wizard.submit()
    ((key, line),) = [(key, line) for key, line in wizard.channels.items() if key.endswith("output")]

    assert " · Binary sensor" in line
    await wizard.edit(key, "switch", on="true", off="false", command_topic="gate/command/switch:0")
    assert wizard.errors == {"command_topic": "command_topic_shared"}


async def test_the_interpretation_is_shown(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)

    assert wizard.suggested["name"] == "garden weather"
    assert "- Topic: `garden/weather`\n- Format: **JSON**\n- Recognized profile: **-**\n" in wizard.text
    assert "- Values read by: Home Assistant\n" in wizard.text
    assert "- Problems: -\n" in wizard.text
    assert wizard.channels["temperature"] == "Temperature: 21.5 °C · Temperature · temperature"
    assert wizard.channels["door"] == "Door: on · Binary sensor (Door) · door"
    await wizard.submit(edit=["temperature", "door"])
    assert wizard.placeholders == {
        "name": "Temperature", "value": "21.5 °C", "source": "temperature", "kind": "Sensor",
    }  # fmt: skip
    await wizard.choose("sensor")
    assert wizard.suggested == {
        "name": "Temperature", "device_class": "temperature", "unit": "°C", "state_class": "measurement",
        "precision": 1,
    }  # fmt: skip
    await wizard.submit()
    await wizard.choose("binary_sensor")
    assert wizard.suggested == {"name": "Door", "device_class": "door", "on": "open", "off": "closed"}


async def test_doubtful_channels_are_not_selected(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)

    assert wizard.channels["loops"] == "Loops: 12345 · loops"
    assert wizard.selected == ["temperature", "humidity", "door"]
    assert "Channels: 4, enabled: 3\n" in wizard.text


async def test_a_bare_value_is_a_channel_without_a_key(wizard: Wizard) -> None:
    await wizard.learn_from("temperature", "21.5")
    assert wizard.channels.keys() == {"."}
    await wizard.edit(".", name=" ")
    assert (wizard.errors, wizard.placeholders["place"]) == ({"name": "no_name"}, ".")
    await wizard.submit(name="Air")
    await wizard.submit()

    (channel,) = wizard.subentry.data["channels"]
    assert (channel["name"], channel["path"]) == ("Air", [])


async def test_a_unit_is_written_as_home_assistant_writes_it(wizard: Wizard) -> None:
    await wizard.add("garden/soil", {"conductivity": "115 \u00b5S/cm", "temperature": 20.5})

    assert wizard.subentry.data["channels"][0]["unit"] == "\u03bcS/cm"


async def test_a_unit_of_the_users_holds_whatever_the_messages_state(wizard: Wizard) -> None:
    await wizard.learn_from("garden/probe", {"temperature": "68.5 °C", "power": "812 W"})
    await wizard.edit("temperature", unit="°F")
    await wizard.edit("power", unit="kW", scale=0.001)
    assert wizard.channels["temperature"].startswith("Temperature: 68.5 °F")
    await wizard.submit()

    for payload, states in (
        ({"temperature": "69.5 °C", "power": "813 W"}, {"temperature": 69.5, "power": 0.813}),
        ({"temperature": "158 °F", "power": "1.25 kW"}, {"temperature": 70.0, "power": 1.25}),
    ):
        await wizard.kit.receive("garden/probe", payload)
        published = wizard.kit.published(f"iotbridge/thing/{thing_uid('garden/probe', 'garden/probe')}/state")
        assert published[-1] == {f"sensor_{key}": state for key, state in states.items()}


async def test_a_position_becomes_a_device_tracker(wizard: Wizard) -> None:
    await wizard.learn_from("van/gps", {"latitude": 45.5, "longitude": 9.25, "speed_kmh": 50})

    assert wizard.channels["latitude"] == "Location: 45.5, 9.25 · Device tracker · latitude"
    assert "longitude" not in wizard.selected
    await wizard.edit("latitude", name="Van")
    await wizard.submit()
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_long_text_is_truncated_for_display(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", json.dumps({**WEATHER, "note": "many words " * 20}))

    assert all(len(line) < 150 for line in wizard.channels.values())


def test_the_former_place_of_a_channel_cannot_be_taken() -> None:
    """Its entity still has the ids that derive from that place."""
    relocated = Channel(name="Air temperature", path=("messages", "4097"), id_key="messages[0].value")
    with pytest.raises(ChannelError) as caught:
        check_duplicates([relocated, Channel(name="Value", path=("messages", 0, "value"))])

    assert (caught.value.key, caught.value.placeholders["place"]) == ("channel_twice", "messages[0].value")


def test_an_edited_channel_keeps_its_ids() -> None:
    relocated = Channel(name="Air", path=("messages", "4097"), by_identity=True, id_key="messages[0].value")

    assert parse_item({"name": "Air"}, "sensor", relocated) == relocated
