"""Display names of readings."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred


def test_a_name_of_the_maker_stays_as_it_is_written() -> None:
    document = {"BME280_temperature": 21.2, "DS18B20-1_temp": 22.5, "TempC_SHT": 21.7, "PWR_OUT": 12.5}

    assert {reading.channel.name for reading in inferred(document).readings} == {
        "BME280 temperature",
        "DS18B20-1 temperature",
        "Temperature SHT",
        "Power out",
    }


def test_a_key_that_is_a_unit_is_named_after_its_quantity() -> None:
    found = {
        reading.channel.key: reading.channel.name
        for reading in inferred({"kWh": 12.5, "liters": 3}, "energy/x").readings
    }

    assert found == {"kWh": "Energy", "liters": "Volume"}


def test_one_subject_in_several_units_has_several_names() -> None:
    document = {"Load_watt": 420, "Load_va": 500, "Load_pct": 12}

    assert {reading.channel.name for reading in inferred(document).readings} == {
        "Load power",
        "Load apparent power",
        "Load",
    }


def test_a_compound_is_named_in_one_word() -> None:
    assert channel({"Vorlauftemperatur_Soll": 35.5, "x": 1}, "Vorlauftemperatur_Soll").name == "Vorlauftemperatur soll"


def test_a_member_named_by_a_number_keeps_it() -> None:
    tree = {"relays": {"3": {"power": 31.2}, "4": {"power": 0.5}}}
    assert {reading.channel.key: reading.channel.name for reading in inferred(tree).readings} == {
        "relays.3.power": "Relays 3 power",
        "relays.4.power": "Relays 4 power",
    }


def test_a_device_id_that_is_a_key() -> None:
    document = {"0x2916": {"Temperature": 25.7, "Humidity": 47.7}, "0x2917": {"Temperature": 21.1}}
    found = {reading.channel.key: reading.channel for reading in inferred(document).readings}

    assert found["0x2916.Humidity"].name == "Humidity"
    assert found["0x2916.Temperature"].name == "0x2916 temperature"
    assert found["0x2917.Temperature"].name == "0x2917 temperature"


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"sensorTemperature": 21.5, "WaterTemperatureMax": 40}, {"Sensor temperature", "Water temperature max"}),
        ({"sensortemperature": 21.5, "supplytemperature": 40}, {"Sensor temperature", "Supply temperature"}),
        ({"sensingdistance": 1.5, "x": 1}, {"Sensing distance", "X"}),
        ({"limit_l4": 1.5, "limit_l5": 2.5}, {"Limit L4", "Limit L5"}),
        ({"battery": {"battery": 87, "battery_power": 12}}, {"Battery", "Battery power"}),
        ({"Battery": {"battery": 87}, "battery": {"battery": 55}}, {"Battery", "Battery 2"}),
        ({"humidity_24h_rh": 45.5}, {"Humidity 24 h"}),
        ({"frames": [{"status": 1.5}, {"status": 2.5}]}, {"Frames 1", "Frames 2"}),
        ({"frames": [{"unit_count": 1.5}, {"unit_count": 2.5}]}, {"Frames 1 unit count", "Frames 2 unit count"}),
    ],
)
def test_words_are_split_and_not_repeated(document: dict[str, Any], names: set[str]) -> None:
    assert {reading.channel.name for reading in inferred(document).readings} == names


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"current": 1.5}, {"Current"}),
        ({"total_current": 1.5, "phase": 1}, {"Total current", "Phase"}),
        ({"a": {"aqi": 15}, "b": {"aqi": 17}}, {"A AQI", "B AQI"}),
        (
            {"battery": {"value": 3.1}, "power": {"battery": {"value": 3.2}}},
            {"Battery voltage", "Power battery voltage"},
        ),
    ],
)
@pytest.mark.parametrize("levels", [("uplink_message", "decoded_payload"), ("object",), ("data", "payload_fields")])
def test_envelopes_are_no_part_of_a_name(levels: tuple[str, ...], content: dict[str, Any], names: set[str]) -> None:
    document = content
    for level in reversed(levels):
        document = {level: document}

    assert {reading.channel.name for reading in inferred(document).readings} == names


@pytest.mark.parametrize("address", ["28-0316a2799bff", "28.0316A2799BFF", "28ff641e8216b5c2", "3B-0316a2799bff"])
def test_an_address_is_a_part_of_a_name_as_it_is_written(address: str) -> None:
    other = address.replace("a", "b").replace("A", "B").replace("e", "d")
    nested = {address: {"temperature": 21.5}, other: {"temperature": 20.5}}
    bare = {"temperatures": {address: 21.5, other: 20.5}}

    assert {reading.channel.name for reading in inferred(nested).readings} == {
        f"{address} temperature",
        f"{other} temperature",
    }
    assert {reading.channel.name for reading in inferred(bare).readings} == {
        f"Temperature {address}",
        f"Temperature {other}",
    }
    assert {reading.channel.name for reading in inferred({address: 21.5, other: 20.5}).readings} == {
        f"Sensor {address}",
        f"Sensor {other}",
    }


@pytest.mark.parametrize("address", ["28-0316a2799bff", "28ff641e8216b5c2"])
def test_an_address_in_a_key_is_one_word(address: str) -> None:
    assert channel({f"{address}_temp": 21.5}, f"{address}_temp").name == f"{address} temperature"
    assert channel({f"temp_{address}": 21.5}, f"temp_{address}").name == f"Temperature {address}"


def test_names_are_unique_and_readable() -> None:
    document = {
        "Dc": {"0": {"Voltage": 12.1}},
        "Wifi": {"RSSI": 80},
        "pm2_5": 7,
        "a": {"temperature": 20},
        "b": {"temperature": 21},
    }
    names = {reading.channel.key: reading.channel.name for reading in inferred(document).readings}

    assert names == {
        "Dc.0.Voltage": "DC voltage",
        "Wifi.RSSI": "Wi-Fi RSSI",
        "pm2_5": "PM2.5",
        "a.temperature": "A temperature",
        "b.temperature": "B temperature",
    }
