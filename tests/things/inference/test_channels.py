"""Proposed channels: state classes, categories, and missing values."""

from typing import Any

import pytest

from custom_components.iotbridge.things.inference import infer
from custom_components.iotbridge.things.model.message import Field
from tests.things.fields import channel, inferred


def test_a_null_value_is_inferred_from_its_key() -> None:
    document = {"temperature": None, "humidity": None, "action": None, "co2": None}
    found = {reading.channel.key: reading for reading in inferred(document).readings}

    assert {reading.value for reading in found.values()} == {None}
    assert found["temperature"].channel.device_class == "temperature"
    assert found["co2"].channel.unit == "ppm"
    assert found["action"].channel.platform == "event"


@pytest.mark.parametrize(
    ("document", "key", "state_class"),
    [
        ({"ENERGY": {"Total": 6.2, "Power": 3}}, "ENERGY.Total", "total_increasing"),
        ({"ENERGY": {"Yesterday": 5.3, "Power": 3}}, "ENERGY.Yesterday", None),
        ({"ENERGY": {"Today": 0.9, "Power": 3}}, "ENERGY.Today", "total_increasing"),
        ({"power": 12}, "power", "measurement"),
        ({"media": "water", "total_m3": 12.1}, "total_m3", "total_increasing"),
        ({"media": "water", "last_month_total_m3": 12.1}, "last_month_total_m3", None),
        ({"rain_mm": 2.5}, "rain_mm", "total_increasing"),
        ({"rain_rate_mm_h": 2.5}, "rain_rate_mm_h", "measurement"),
        ({"bootCount": 3}, "bootCount", "total_increasing"),
        ({"cost": 3.2}, "cost", "total"),
        ({"wind_direction": 200}, "wind_direction", "measurement_angle"),
        ({"free_text": "x", "status": "ok"}, "status", None),
        ({"volume_l": 12}, "volume_l", "total_increasing"),
    ],
)
def test_counters_and_measurements(document: dict[str, Any], key: str, state_class: str | None) -> None:
    assert channel(document, key).state_class == state_class


def test_an_unknown_measurement_claims_nothing() -> None:
    found = channel({"frobnication": 12.34}, "frobnication")

    assert (found.unit, found.device_class, found.state_class) == (None, None, "measurement")
    assert found.enabled


def test_values_about_the_transport_are_diagnostic() -> None:
    fields = [
        ("", Field(path=("rssi",), value=-60, technical=True)),
        ("", Field(path=("frequency",), value=868100000, technical=True)),
    ]
    readings = {reading.channel.key: reading.channel for reading in infer(fields, topic="t").readings}

    assert (readings["rssi"].enabled, readings["frequency"].enabled) == (True, False)
    assert {channel.entity_category for channel in readings.values()} == {"diagnostic"}
