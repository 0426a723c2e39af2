"""Members of messages: numbers written as texts, and annotations beside them."""

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.message import Sample
from tests.things.fields import channel, inferred_tree, values


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("100.0 PERCENT", 100, "%"),
        ("3 Hours", 3, "h"),
        ("12 Amps", 12, "A"),
        ("5 Kilowatts", 5, "kW"),
        ("003546.2*kWh", 3546.2, "kWh"),
        ("17 pcs", 17, "pcs"),
    ],
)
def test_a_number_with_its_unit_in_words(text: str, value: float, unit: str) -> None:
    found = channel({"thing": text}, "thing")

    assert (found.unit, values({"thing": text})) == (unit, {"thing": value})


@pytest.mark.parametrize("text", ["12 Nov", "3 of 5", "10 am", "04d", "2 beta"])
def test_a_number_and_a_word_that_is_not_a_unit(text: str) -> None:
    assert channel({"thing": text, "other": 1}, "thing").unit is None


def test_numbers_as_text() -> None:
    assert values({"hum": "52.6", "temperature": "21,4", "co2": "612", "voltage": "230.1 V"}) == {
        "hum": 52.6,
        "temperature": 21.4,
        "co2": 612,
        "voltage": 230.1,
    }


def test_homie_annotates_its_properties() -> None:
    messages = {
        "temperature": "21.5",
        "temperature/$name": "Engine temperature",
        "temperature/$unit": "°C",
        "temperature/$datatype": "float",
        "temperature/$settable": "false",
        "temperature/$format": "-20:120",
        "power": True,
        "power/$settable": True,
        "$name": "Engine",
    }
    result = inferred_tree("homie/car/engine", messages)
    found = {reading.channel.key: reading.channel for reading in result.readings}

    assert found.keys() == {"temperature", "power"}
    assert (found["temperature"].name, found["temperature"].unit) == ("Engine temperature", "°C")
    assert (found["power"].platform, found["power"].command_topic) == ("switch", "homie/car/engine/power/set")
    assert (found["power"].command_on, found["power"].command_off) == ("true", "false")
    assert result.metadata.name == "Engine"


def test_digits_with_leading_zeros_that_are_not_quoted_are_a_number_only_of_a_quantity() -> None:
    (device,) = analyse([Sample("gate/in", b'{"heat_sink_temp": 0041, "pin": 0041}')]).devices

    assert {reading.channel.key: reading.value for reading in (*device.readings, *device.unproposed)} == {
        "heat_sink_temp": 41,
        "pin": "0041",
    }
