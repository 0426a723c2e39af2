"""Vocabulary tables: every row is valid in Home Assistant, and so is every proposal made from them."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from custom_components.iotbridge.things.inference.units.rules import UNIT_RULES, WRITTEN_UNIT_RULES
from custom_components.iotbridge.things.model.discovery_config import discovery_config
from custom_components.iotbridge.things.model.message import DeviceMetadata
from custom_components.iotbridge.things.model.profile import Channel, Profile
from custom_components.iotbridge.things.vocabulary import roles
from custom_components.iotbridge.things.vocabulary.device_classes import BINARY_CLASSES, SENSOR_CLASSES
from custom_components.iotbridge.things.vocabulary.keys.letters import LETTER_FAMILIES
from custom_components.iotbridge.things.vocabulary.quantities import QUANTITIES, Quantity
from custom_components.iotbridge.things.vocabulary.states.binary_states import BINARY, PAIRS
from custom_components.iotbridge.things.vocabulary.units.known_units import PLAIN, PREFERRED, QUANTITY_OF_UNIT
from custom_components.iotbridge.things.vocabulary.units.meanings import UNIT_WINS
from custom_components.iotbridge.things.vocabulary.units.precision import DIGITS
from custom_components.iotbridge.things.vocabulary.units.spellings import WRITTEN
from custom_components.iotbridge.things.vocabulary.units.suffixes import LETTERS, SUFFIXES
from custom_components.iotbridge.things.vocabulary.vendors.commands import COMMANDS
from custom_components.iotbridge.things.vocabulary.vendors.conventions import CONVENTIONS
from custom_components.iotbridge.things.vocabulary.words import WORDS, climate, devices, energy, languages
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor.const import (
    AMBIGUOUS_UNITS,
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    NON_NUMERIC_DEVICE_CLASSES,
    STATE_CLASS_UNITS,
    SensorDeviceClass,
)
from tests.things.sample_sets import SETS, load, readings

# A socket whose command is unknown; a switch has that class, a binary sensor has not.
OURS_ALONE = {"outlet"}


def as_core_spells(units: Iterable[object]) -> set[str | None]:
    return {None if unit in (None, "None") else AMBIGUOUS_UNITS.get(str(unit), str(unit)) for unit in units}


def core_units(device_class: str) -> set[str | None]:
    return as_core_spells(DEVICE_CLASS_UNITS.get(SensorDeviceClass(device_class), set()))


def test_sensor_classes_are_those_of_home_assistant() -> None:
    numeric = {device_class.value for device_class in SensorDeviceClass} - {
        device_class.value for device_class in NON_NUMERIC_DEVICE_CLASSES
    }

    assert SENSOR_CLASSES.keys() <= numeric
    assert {name: as_core_spells(units) for name, (units, _) in SENSOR_CLASSES.items()} == {
        name: core_units(name) for name in SENSOR_CLASSES
    }
    for name, (_, state_classes) in SENSOR_CLASSES.items():
        assert set(state_classes) <= {
            str(state_class) for state_class in DEVICE_CLASS_STATE_CLASSES[SensorDeviceClass(name)]
        }


def test_binary_classes_are_those_of_home_assistant() -> None:
    assert {device_class.value for device_class in BinarySensorDeviceClass} == BINARY_CLASSES - OURS_ALONE
    assert {row.device_class for row in BINARY.values()} - {None} <= BINARY_CLASSES
    assert {hint for _, _, hint in PAIRS} - {None} <= BINARY_CLASSES


@pytest.mark.parametrize(("name", "row"), QUANTITIES.items())
def test_a_quantity_is_valid(name: str, row: Quantity) -> None:
    if row.device_class is None:
        return
    units, state_classes = SENSOR_CLASSES[row.device_class]

    assert row.unit is None or row.unit in units
    assert row.state_class is None or row.state_class in state_classes


def test_words_lead_to_quantities() -> None:
    tables: tuple[Mapping[Any, str], ...] = (WORDS, QUANTITY_OF_UNIT, UNIT_WINS, *LETTER_FAMILIES)

    assert {quantity for table in tables for quantity in table.values()} <= QUANTITIES.keys()
    assert {row.quantity for row in CONVENTIONS} - {None, "off"} <= QUANTITIES.keys()
    assert {rule.becomes for rule in (*UNIT_RULES.rows, *WRITTEN_UNIT_RULES.rows)} - {None} <= QUANTITIES.keys()


def test_a_word_is_in_one_table_only() -> None:
    tables = [
        climate.CLIMATE, climate.AIR, energy.ELECTRICITY, devices.METERS, devices.DEVICE,
        languages.LANGUAGES,
    ]  # fmt: skip
    spoken = [word for words in languages.SPOKEN.values() for word in words]

    assert sum(len(table) for table in tables) == len(WORDS)
    assert len(spoken) == len(languages.LANGUAGES)


def test_units_are_known() -> None:
    known = QUANTITY_OF_UNIT.keys() | PLAIN
    letters = {unit for units in LETTERS.values() for unit in units}

    assert set(SUFFIXES.values()) - known == set()
    assert set(WRITTEN.values()) - known == set()
    assert letters - known == set()
    assert set(PREFERRED) - known == set()


def test_a_unit_means_a_quantity_that_takes_it() -> None:
    wrong = {
        unit: quantity
        for unit, quantity in QUANTITY_OF_UNIT.items()
        if (device_class := QUANTITIES[quantity].device_class) and unit not in SENSOR_CLASSES[device_class][0]
    }

    assert wrong == {}


def test_precision_is_of_classes_that_exist() -> None:
    assert {device_class for device_class, _ in DIGITS} - {None} <= SENSOR_CLASSES.keys()


def test_every_word_is_lower_case_and_about_names_a_member() -> None:
    tables = (WORDS, BINARY, SUFFIXES, LETTERS, roles.ABOUT)

    assert [word for table in tables for word in table if word != word.lower()] == []
    assert set(roles.ABOUT.values()) <= {"name", "manufacturer", "model", "serial_number", "sw_version"}


def test_commands_are_built_from_their_topics() -> None:
    assert all(row.topic and row.command for row in COMMANDS)


def test_a_class_of_ours_is_published_as_one_of_cores() -> None:
    channel = Channel(name="Socket", path=("socket_status",), platform="binary_sensor", device_class="outlet")
    profile = Profile(topic="a", depth=0, channels=(channel,), devices={"a": DeviceMetadata()}, exact=True)

    config = discovery_config(profile, "uid", "a", DeviceMetadata(), [channel], state_topic=None)

    assert [component["device_class"] for component in config["components"].values()] == ["power"]


def proposals() -> list[Channel]:
    return [reading.channel for name in SETS for sample in load(name) for reading in readings(sample)]


def test_every_proposal_is_valid() -> None:
    """Home Assistant rejects a discovery message with a unit that does not suit the device class."""
    channels = proposals()
    assert len(channels) > 500

    for channel in channels:
        assert channel.name
        assert channel.entity_category in (None, "diagnostic")
        if channel.platform != "sensor":
            assert channel.unit is None
            assert channel.device_class in (None, *BINARY_CLASSES)
        elif channel.device_class is not None:
            units, state_classes = SENSOR_CLASSES[channel.device_class]
            assert channel.device_class == "monetary" or channel.unit in units, channel
            assert channel.state_class in (None, *state_classes), channel
        if channel.state_class in STATE_CLASS_UNITS:
            assert channel.unit == "°"
        if channel.platform == "event":
            assert channel.event_types
