"""Proposals for new devices, with and without a profile."""

from collections.abc import Mapping
import json
from typing import Any

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.flow.proposal import Proposal, propose
from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.profiles.yaml_file import parse
from tests.things.wizard import WEATHER, Wizard

STATION = parse("""
name: Station
match: {topic: stations/+/data, without: [gateway]}
channels: [{name: Outside, path: [temperature], unit: °C, scale: 0.1}]
availability: {topic: stations/+/here}
""")


def proposal(topic: str, documents: Mapping[str, Mapping[str, Any]], *, by_profile: bool = False) -> Proposal:
    """Return the proposal after a message on each of these topics."""
    samples = [Sample(topic, json.dumps(document).encode()) for topic, document in documents.items()]
    return propose(topic, samples, analyse(samples, topic=topic), STATION if by_profile else None)


def test_a_maker_that_all_devices_have_in_common_is_proposed() -> None:
    alike = {"brand": "Acme", "model": "W1", "temperature": 20.5}
    found = proposal("stations/+/data", {"stations/a/data": alike, "stations/b/data": alike | {"model": "W2"}})

    assert (found.name, found.manufacturer, found.model) == ("stations", "Acme", None)


def test_a_profile_knows_names_and_values_better() -> None:
    found = proposal("stations/a/data", {"stations/a/data": WEATHER | {"temperature": 215}}, by_profile=True)

    assert (found.name, found.channels[0].name, found.values["temperature"]) == ("Station", "Outside", 21.5)
    assert found.availability is not None
    assert found.availability.topic == "stations/a/here"


def test_what_a_profile_left_out_is_off_and_in_a_family_on() -> None:
    single = proposal("stations/a/data", {"stations/a/data": WEATHER}, by_profile=True)
    family = proposal("stations/+/data", {"stations/a/data": WEATHER, "stations/b/data": WEATHER}, by_profile=True)

    assert {channel.key: channel.enabled for channel in single.channels if channel.key == "humidity"} == {
        "humidity": False
    }
    assert {channel.key: channel.enabled for channel in family.channels if channel.key == "humidity"} == {
        "humidity": True
    }


def test_what_a_profile_says_is_no_such_device_adds_no_channels() -> None:
    documents: dict[str, dict[str, Any]] = {"stations/a/data": WEATHER, "stations/gateway/data": {"rssi": -60}}
    found = proposal("stations/+/data", documents, by_profile=True)

    assert found.without == {"gateway"}
    assert "rssi" not in {channel.key for channel in (*found.channels, *found.unproposed)}


async def test_a_kept_profile_does_not_switch_the_device_that_it_was_made_of(wizard: Wizard, tmp_path: Any) -> None:
    wizard.kit.hass.config.config_dir = str(tmp_path)
    await wizard.learn_from("cellar/one", {"pump": "on", "power": 3})
    await wizard.edit("pump", "switch", on="on", off="off", command_topic="cellar/one/set")
    await wizard.submit(name="Pump")
    await wizard.change("export")
    assert "cellar/one" not in wizard.suggested["profile"]
    await wizard.submit(keep=True)
    await wizard.learn_from("cellar/two", {"pump": "on", "power": 3})

    assert "**Pump**" in wizard.text
    assert " · Binary sensor" in wizard.channels["pump"]


async def test_a_name_left_empty_is_the_proposed_one(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(name=" ", manufacturer=" ")

    assert wizard.subentry.title == "garden weather"
    assert wizard.subentry.data["devices"] == {"garden/weather": {"name": "garden weather"}}
