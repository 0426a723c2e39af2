"""Inference over a whole device: its metadata, its medium, its system of units, hostile messages."""

from typing import Any

import pytest

from custom_components.iotbridge.things.inference import infer
from custom_components.iotbridge.things.model.message import Field
from tests.things.fields import channel, inferred, kinds


def test_weather_in_one_system_of_units() -> None:
    imperial = {"station_pressure": 29.91, "air_temperature": 69.0, "rain_rate": 0.5, "wind_speed": 3, "dewpoint": 60}
    metric = {"station_pressure": 1012.1, "air_temperature": 21.0, "rain_rate": 0.5, "wind_speed": 3, "dewpoint": 9}

    assert {unit for unit, _ in kinds(imperial).values()} == {"inHg", "°F", "in/h", "mph"}
    assert {unit for unit, _ in kinds(metric).values()} == {"hPa", "°C", "mm/h", "m/s"}


def test_columns_without_names() -> None:
    fields = [("", Field(path=(index,), value=value)) for index, value in enumerate([100, 200.5, 3])]
    readings = infer(fields, topic="emonhub/rx/10/values").readings

    assert [(reading.channel.name, reading.value, reading.channel.enabled) for reading in readings] == [
        ("Value 1", 100, True),
        ("Value 2", 200.5, True),
        ("Value 3", 3, True),
    ]
    assert {(reading.channel.unit, reading.channel.device_class) for reading in readings} == {(None, None)}


@pytest.mark.parametrize(("media", "device_class"), [("water", "water"), ("gas", "gas"), ("heat", "volume")])
def test_the_medium_of_a_meter_decides_the_class_of_a_volume(media: str, device_class: str) -> None:
    assert channel({"media": media, "total_m3": 12.1}, "total_m3").device_class == device_class


def test_the_topic_names_the_medium_of_a_meter() -> None:
    assert channel({"total_m3": 12.1}, "total_m3", "meters/gas").device_class == "gas"


def test_metadata_of_a_device() -> None:
    document = {"model": "I-9PSL", "serialno": "ecda", "firmware": "3.1.3", "brand": "Air", "name": "Hall", "co2": 600}

    metadata = inferred(document).metadata

    assert (metadata.model, metadata.serial_number, metadata.sw_version) == ("I-9PSL", "ecda", "3.1.3")
    assert (metadata.manufacturer, metadata.name) == ("Air", "Hall")


@pytest.mark.parametrize(
    ("document", "unit", "device_class"),
    [
        ({"tilt": 12.5, "state": "ok", "battery": 80}, "°", None),
        ({"volume": 12.5, "duration": 60, "alarm": False}, None, None),
        ({"fan_speed": 1200, "mode": "auto"}, "rpm", None),
        ({"temp_after_heater": 40.5}, "°C", "temperature"),
        ({"water_temp_after": 40.5}, "°C", "temperature"),
        ({"pressure_between": 1012.5}, "hPa", "atmospheric_pressure"),
        ({"protection_current": 1.2}, "A", "current"),
        ({"cal_temperature": 21.5, "calibration": 0.5}, "°C", "temperature"),
    ],
)
def test_a_reading_beside_words_of_settings(
    document: dict[str, Any], unit: str | None, device_class: str | None
) -> None:
    reading = channel(document, next(iter(document)))

    assert (reading.unit, reading.device_class, reading.enabled) == (unit, device_class, True)


@pytest.mark.parametrize(
    "document",
    [
        {"overload_protection": 124.5},
        {"frost_protection_temperature": 9},
        {"portion_weight": 8},
        {"time_between_press": 250},
        {"tilt": 12.5, "state": "closing"},
        {"tilt": 12.5, "position": 50},
        {"fan_speed": 50, "mode": "auto"},
        {"volume": 12.5, "duration": 60, "alarm": False, "melody": 3},
    ],
)
def test_a_setting_beside_words_of_its_device(document: dict[str, Any]) -> None:
    assert not channel(document, next(iter(document))).enabled


def test_the_most_useful_readings_come_first() -> None:
    keys = [reading.channel.key for reading in inferred({"seq": 1, "rssi": -60, "temperature": 21}).readings]

    assert keys == ["temperature", "rssi", "seq"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"": 1},
        {"{{ states() }}": 21.5},
        {"a'\"b": True},
        {"\x00": "x"},
        {"a" * 5000: 1},
        {"€ßµ": 1.5},
        {"²": 3},
        {"t²": 3, "٣": 4},
        {"x": "9" * 5000},
        {"temperature": 1e308, "humidity": 10**40},
        {"temperature": "1e999"},
        {"lat": "x", "lon": {}},
        {"1": {"2": {"3": 4}}},
    ],
)
def test_hostile_keys_and_values_are_harmless(document: dict[str, Any]) -> None:
    for reading in inferred(document).readings:
        assert reading.channel.name
