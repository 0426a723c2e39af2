"""Readings that a device sends twice."""

from typing import Any

import pytest

from tests.things.fields import enabled, inferred, values


def test_the_same_with_and_without_its_unit_is_one_reading() -> None:
    assert list(values({"illuminance": 120, "illuminance_lux": 120})) == ["illuminance"]


def test_a_repeated_sample_is_one_reading() -> None:
    document = {"samples": [{"variable": "humidity", "value": 41.5, "unit": "%"}], "humidity": 41.5}

    assert enabled(document) == {"humidity"}


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ({"tempc": 19.2, "tempf": 66.56}, "tempc"),
        ({"tempf": 66.56, "tempc": 19.2}, "tempc"),
        ({"tempc2": 21, "tempf2": 69.8}, "tempc2"),
        ({"tC": 25.3, "tF": 77.5}, "tC"),
        ({"temperature": 48.1, "temperature_f": 118.6}, "temperature"),
        ({"temperature_F": 70, "temperature_C": 21.1}, "temperature_C"),
        ({"wind_avg_mi_h": 2.2, "wind_avg_km_h": 3.6, "wind_avg_m_s": 1}, "wind_avg_m_s"),
        ({"pressure_inHg": 29.9, "pressure_hPa": 1012.5}, "pressure_hPa"),
        ({"lvl_cm": 15.4, "lvl_in": 6.1}, "lvl_cm"),
        ({"rain_in": 0.1, "rain_mm": 2.5}, "rain_mm"),
        ({"rain_in": 0, "rain_mm": 0}, "rain_mm"),
        ({"runtime_s": 7265, "runtime_h": 2}, "runtime_s"),
        ({"runtime_min": 121.1, "runtime_h": 2.02}, "runtime_min"),
    ],
)
def test_the_same_in_two_units_is_one_reading(document: dict[str, Any], kept: str) -> None:
    if kept == "tC":
        document = {"temperature": document}
        kept = "temperature.tC"

    assert [reading.channel.key for reading in inferred(document).readings] == [kept]


def test_different_readings_with_units_are_kept() -> None:
    document = {"temp_in_c": 21, "temp_out_c": 4, "battery_V": 3.04, "battery_pct": 100}

    assert len(values(document)) == 4


@pytest.mark.parametrize(
    ("document", "count"),
    [
        # https://github.com/matthias-bs/BresserWeatherSensorReceiver/issues/267
        ({"temp_c": -4.6, "rain": 614.4, "rain_h": 0, "rain_d": 0}, 4),
        ({"rain_h": 0.2, "rain_d": 3.2}, 2),
        ({"rain_h": 1, "rain_d": 1}, 2),
        ({"sunshine_min": 0, "sunshine_h": 0}, 2),
        ({"illuminance": 0, "illuminance_lux": 0}, 2),
        ({"samples": [{"variable": "humidity", "value": 0, "unit": "%"}], "humidity": 0}, 2),
    ],
    ids=str,
)
def test_zeros_and_periods_are_readings_of_their_own(document: dict[str, Any], count: int) -> None:
    """Two zeros are no proof that one repeats the other."""
    assert len(inferred(document).readings) == count
