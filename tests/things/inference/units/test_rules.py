"""Units of numbers with misleading names."""

from typing import Any

import pytest

from tests.things.fields import inferred


@pytest.mark.parametrize(
    ("document", "key", "unit", "device_class", "value"),
    [
        ({"battery": 3.02}, "battery", "V", "voltage", 3.02),
        ({"battery": 3020}, "battery", "mV", "voltage", 3020),
        ({"battery": 87}, "battery", "%", "battery", 87),
        ({"battery": 87.5}, "battery", "%", "battery", 87.5),
        ({"battery": 0.87}, "battery", "%", "battery", 87),
        ({"voltage": 3005, "battery": 100}, "voltage", "mV", "voltage", 3005),
        ({"voltage": 231, "power": 12}, "voltage", "V", "voltage", 231),
        ({"voltage": 235.2, "current": 0.074, "power": 7}, "current", "A", "current", 0.074),
        ({"rssi": 100}, "rssi", "%", None, 100),
        ({"rssi": -67}, "rssi", "dBm", "signal_strength", -67),
        ({"RSRP": -822}, "RSRP", "dBm", "signal_strength", -82.2),
        ({"humidity": 0.45}, "humidity", "%", "humidity", 45),
        ({"humidity": 455}, "humidity", "%", "humidity", 45.5),
        ({"temperature": 2153, "humidity": 4521}, "temperature", "°C", "temperature", 21.53),
        ({"temperature": 215, "humidity": 455}, "temperature", "°C", "temperature", 21.5),
        ({"temperature": 2153}, "temperature", None, None, 2153),
        ({"power_factor": 0.98}, "power_factor", None, "power_factor", 0.98),
        ({"power_factor": 98}, "power_factor", "%", "power_factor", 98),
        ({"pressure": 1013.2}, "pressure", "hPa", "atmospheric_pressure", 1013.2),
        ({"pressure": 100843}, "pressure", "Pa", "atmospheric_pressure", 100843),
        ({"pressure": 2.4}, "pressure", None, None, 2.4),
        ({"light_klux": 97.882}, "light_klux", "lx", "illuminance", 97882),
        ({"current": 14, "voltage": 230, "power": 3220}, "current", "A", "current", 14),
        ({"current": 120, "voltage": 51.2, "power": 6144}, "current", "A", "current", 120),
        ({"current": 142}, "current", None, None, 142),
        ({"uptime": 123456}, "uptime", "s", "duration", 123456),
        ({"uptime": 12, "rssi": -60}, "uptime", "s", "duration", 12),
        ({"uptime": 12, "battery": 80}, "uptime", None, None, 12),
        ({"ec_ds_m": 1.2}, "ec_ds_m", "mS/cm", "conductivity", 1.2),
        ({"valve_opening_degree": 45}, "valve_opening_degree", "%", None, 45),
        ({"frost_point": -3.2}, "frost_point", "°C", "temperature", -3.2),
        ({"dewpointf": 55.2}, "dewpointf", "°F", "temperature", 55.2),
        ({"windChillC": 10.5}, "windChillC", "°C", "temperature", 10.5),
        ({"Vcc": 3.3}, "Vcc", "V", "voltage", 3.3),
        ({"vdd": 3642}, "vdd", "mV", "voltage", 3642),
    ],
)
def test_a_name_that_misleads_about_the_unit(
    document: dict[str, Any], key: str, unit: str | None, device_class: str | None, value: float
) -> None:
    reading = next(reading for reading in inferred(document).readings if reading.channel.key == key)

    assert (reading.channel.unit, reading.channel.device_class) == (unit, device_class)
    assert reading.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("key", "written", "unit", "device_class"),
    [
        ("conductivity", "mS⋅cm⁻¹", "mS/cm", "conductivity"),
        ("ec", "dS/m", "mS/cm", "conductivity"),
        ("particles", "1⋅cm⁻³", "1/cm³", None),
        ("radiation", "W⋅m⁻²", "W/m²", "irradiance"),
        ("solar_radiation", "W m-2", "W/m²", "irradiance"),
        ("wind", "m⋅s⁻¹", "m/s", "wind_speed"),
        ("rain", "mm·h^-1", "mm/h", "precipitation_intensity"),
        ("par", "µmol⋅m⁻²⋅s⁻¹", "µmol/m²/s", None),
        ("apparent_energy", "VAh", "VAh", None),
        ("dendrometer_position", "µm", "µm", None),
        ("turbidity", "FNU", "FNU", None),
        ("energy_price", "€/kWh", "EUR/kWh", None),
        ("co2_concentration", "ppm", "ppm", "carbon_dioxide"),
        ("soil_tension", "cbar", "cbar", "pressure"),
        ("light", "FAU/x", "FAU/x", None),
        ("light", "kLux", "lx", "illuminance"),
    ],
)
def test_a_stated_unit_is_kept(key: str, written: str, unit: str, device_class: str | None) -> None:
    (reading,) = inferred({key: {"value": 1.2, "unit": written}}).readings

    assert (reading.channel.unit, reading.channel.device_class, reading.channel.enabled) == (unit, device_class, True)


@pytest.mark.parametrize(
    ("document", "unit", "device_class"),
    [
        ({"temperature": -127}, "°C", "temperature"),
        ({"temp1": 3276.7}, "°C", "temperature"),
        ({"temperature": {"value": -327.68, "unit": "°C"}}, "°C", "temperature"),
        ({"humidity": 65535}, "%", "humidity"),
        ({"co2": -9999}, "ppm", "carbon_dioxide"),
    ],
)
def test_an_error_number_of_a_sensor_is_no_value(
    document: dict[str, Any], unit: str | None, device_class: str | None
) -> None:
    (reading,) = inferred(document).readings

    assert (reading.channel.unit, reading.channel.device_class, reading.channel.scale) == (unit, device_class, 1)
    assert reading.value is None
