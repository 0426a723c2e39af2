"""Tokenizer of keys: units at their ends and words in them."""

from typing import Any

import pytest

from tests.things.fields import kinds, values

type Kind = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("document", "key", "kind"),
    [
        ({"v_string1_v": 310.2, "i_string1_a": 2.1}, "i_string1_a", ("A", "current")),
        ({"l3V": 231.2, "l3KW": 1.2}, "l3V", ("V", "voltage")),
        ({"outV": 13.2, "outW": 24.1, "outA": 1.8}, "outA", ("A", "current")),
        ({"low_cell_v": 3.29}, "low_cell_v", ("V", "voltage")),
        ({"phase_a": 3.1, "total_kwh": 1.2}, "phase_a", (None, None)),
        ({"meter_a": 3.1, "meter_b": 3.2, "total_kwh": 1.2}, "meter_a", (None, None)),
        ({"amp_p1": 1.2, "volt_p1": 231.1}, "amp_p1", ("A", "current")),
        ({"amp_p1": 1.2, "volt_p1": 231.1}, "volt_p1", ("V", "voltage")),
        ({"etoday": 3.1}, "etoday", ("kWh", "energy")),
        ({"epv2total": 149.7}, "epv2total", ("kWh", "energy")),
        ({"coolertemp": 41.5}, "coolertemp", ("°C", "temperature")),
        ({"PV_watthour": 1200}, "PV_watthour", ("Wh", "energy")),
        ({"rainRate_cm_per_hour": 0.3}, "rainRate_cm_per_hour", ("cm/h", None)),
        ({"rainRate_inch_per_hour": 0.3}, "rainRate_inch_per_hour", ("in/h", "precipitation_intensity")),
        ({"tC": 21.5}, "tC", ("°C", "temperature")),
        ({"W": 312, "kWh": 123.4}, "W", ("W", "power")),
        ({"apprntPwr": 480, "rmsVoltage": 231.2}, "apprntPwr", ("VA", "apparent_power")),
        ({"UV": 3.2}, "UV", (None, None)),
        ({"filter_hours_left": 812}, "filter_hours_left", ("h", "duration")),
        ({"minutes_remaining": 41}, "minutes_remaining", ("min", "duration")),
        ({"remaining_min": 45}, "remaining_min", ("min", "duration")),
        ({"outdoorUnitTemperature": 3.5}, "outdoorUnitTemperature", ("°C", "temperature")),
        ({"unit_2_power": 812}, "unit_2_power", ("W", "power")),
        ({"tempout_batt": 1.48}, "tempout_batt", ("V", "voltage")),
    ],
)
def test_units_at_the_ends_of_keys(document: dict[str, Any], key: str, kind: Kind) -> None:
    assert kinds(document)[key] == kind


@pytest.mark.parametrize(
    ("key", "value", "unit", "device_class"),
    [
        ("temperature_C", 21.5, "°C", "temperature"),
        ("temperatureC", 21.5, "°C", "temperature"),
        ("temp-c", 21.5, "°C", "temperature"),
        ("tempC", 21.5, "°C", "temperature"),
        ("temp_celsius", 21.5, "°C", "temperature"),
        ("OutdoorTempF", 70.1, "°F", "temperature"),
        ("TempC_SHT", 21.5, "°C", "temperature"),
        ("temp2", 21.5, "°C", "temperature"),
        ("ch1_temperature", 21.5, "°C", "temperature"),
        ("t1_temperature_c", 64.6, "°C", "temperature"),
        ("total_m3", 12.3, "m³", "volume"),
        ("power_kW", 1.2, "kW", "power"),
        ("powerW", 12, "W", "power"),
        ("energy_kWh", 12.1, "kWh", "energy"),
        ("energyWh", 12100, "Wh", "energy"),
        ("wind_avg_km_h", 3.6, "km/h", "wind_speed"),
        ("wind_gust_mph", 3.6, "mph", "wind_speed"),
        ("rain_mm", 4.2, "mm", "precipitation"),
        ("rain_rate_mm_h", 4.2, "mm/h", "precipitation_intensity"),
        ("pressure_hPa", 1002.3, "hPa", "atmospheric_pressure"),
        ("tire_pressure_kPa", 230, "kPa", "pressure"),
        ("light_lux", 320, "lx", "illuminance"),
        ("storage_kB", 812, "kB", "data_size"),
        ("response_ms", 12, "ms", "duration"),
        ("humidity_pct", 45, "%", "humidity"),
        ("batt_mv", 2980, "mV", "voltage"),
        ("BatV", 3.1, "V", "voltage"),
        ("supply_voltage_v", 3.1, "V", "voltage"),
        ("current_mA", 74, "mA", "current"),
        ("flow_l_min", 4.1, "L/min", "volume_flow_rate"),
        ("max_flow_m3h", 0, "m³/h", "volume_flow_rate"),
        ("pm25_ugm3", 7, "µg/m³", "pm25"),
        ("tvoc_ppb", 120, "ppb", "volatile_organic_compounds_parts"),
        ("conductivity_us_cm", 512, "µS/cm", "conductivity"),
        ("distance_cm", 84, "cm", "distance"),
        ("weight_kg", 70.2, "kg", "weight"),
        ("download_mbps", 93.1, "Mbit/s", "data_rate"),
        ("Temperature (°C)", 21.5, "°C", "temperature"),
    ],
)
def test_a_unit_that_only_the_suffix_names(key: str, value: float, unit: str, device_class: str) -> None:
    assert kinds({key: value, "other": "x"}) == {key: (unit, device_class)}
    assert values({key: value, "other": "x"}) == {key: value}


@pytest.mark.parametrize("key", ["power_a", "power_b", "voltage_c", "power_l1", "power_L2"])
def test_a_phase_is_not_a_unit(key: str) -> None:
    unit, _ = kinds({key: 230, "other": "x"})[key]

    assert unit in ("W", "V")
