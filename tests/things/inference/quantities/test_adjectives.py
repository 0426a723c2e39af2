"""Words that name a quantity in one key, and describe another one elsewhere."""

from typing import Any

import pytest

from tests.things.fields import kinds

type Kind = tuple[str | None, str | None]

CELSIUS = ("°C", "temperature")
AMPERES = ("A", "current")
MILLIMETERS = ("mm", "precipitation")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"current_c": 3.2, "current_phase_c": 3.2}, {"current_c": AMPERES, "current_phase_c": AMPERES}),
        ({"rms_voltage_ph_c": 230.1, "ph": 7.2}, {"rms_voltage_ph_c": ("V", "voltage"), "ph": (None, "ph")}),
        ({"voltage_ph1": 230.1}, {"voltage_ph1": ("V", "voltage")}),
        ({"current_summ_delivered": 1542.6, "voltage": 231}, {"current_summ_delivered": ("kWh", "energy")}),
        ({"humidity_battery": 87, "humidity": 47.5}, {"humidity_battery": ("%", "battery")}),
        ({"tf_co2": 70.2, "pm25_co2": 12}, {"tf_co2": ("°F", "temperature"), "pm25_co2": ("µg/m³", "pm25")}),
        ({"cost_energy": 3.2, "price_gas_m3": 1.2}, {"cost_energy": (None, "monetary"), "price_gas_m3": (None, None)}),
        ({"price": {"energy": 0.31}}, {"price.energy": (None, None)}),
        ({"queue": {"current": 3, "size": 10}}, {"queue.current": None}),
        ({"grid_a": 100, "grid_b": 90, "grid_c": 80}, {"grid_a": (None, None), "grid_c": (None, None)}),
        ({"solar_w": 20.1, "solar_d": 3.2}, {"solar_w": (None, None)}),
        ({"solar_w": 320, "solar_v": 31.2}, {"solar_w": ("W", "power")}),
        ({"rain_hour": 0.2, "rain_15min": 0.1}, {"rain_15min": MILLIMETERS}),
        ({"voltage_battery": 12.6}, {"voltage_battery": ("V", "voltage")}),
        ({"temp_battery": 21.5}, {"temp_battery": CELSIUS}),
    ],
)  # fmt: skip
def test_the_quantity_is_the_one_that_is_meant(document: dict[str, Any], expected: dict[str, Kind]) -> None:
    found = kinds(document)

    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("topic", "document", "expected"),
    [
        (
            "car/high_voltage_battery/state",
            {"charge_state": 40, "ambient_air_temperature": 18.5},
            {"ambient_air_temperature": CELSIUS},
        ),
        ("ups/voltage/status", {"charge": 98, "battery": 80}, {"battery": ("%", "battery")}),
        ("home/low_voltage_lights", {"in": 3, "temperature": 21.5}, {"temperature": CELSIUS}),
        ("home/bar", {"state": 5, "temperature": 21.5}, {"temperature": CELSIUS}),
        ("home/watt", {"user": 5, "temperature": 21.5}, {"temperature": CELSIUS}),
        ("home/lux", {"status": 5, "temperature": 21.5}, {"temperature": CELSIUS}),
        ("home/minutes", {"sensor1": 5, "temperature": 21.5}, {"temperature": CELSIUS}),
        ("home/power", {"l1": 120.5, "l2": 99}, {"l1": ("W", "power"), "l2": ("W", "power")}),
        ("home/lux", {"value": 120, "temperature": 21.5}, {"value": ("lx", "illuminance"), "temperature": CELSIUS}),
    ],
)  # fmt: skip
def test_a_topic_names_the_quantity_of_nothing_else(
    topic: str, document: dict[str, Any], expected: dict[str, Kind]
) -> None:
    assert kinds(document, topic) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"rain_hour": 0.2, "rain_day": 3.2, "rain_month": 130.4, "rain_year": 614.4}, MILLIMETERS),
        ({"rain": 614.4, "rain_h": 0, "rain_d": 0, "rain_w": 76.4, "rain_m": 30.4}, MILLIMETERS),
        ({"precip_hour": 2.2, "precipitation_week": 3, "rain_last_hour": 0.4}, MILLIMETERS),
        ({"energy_hour": 0.4, "energy_week": 20.1, "energy_year": 614.4}, ("kWh", "energy")),
        ({"water_hour": 12, "gas_hour": 0.3, "gas_meter": 523.4, "water_meter": 22.1}, (None, None)),
        ({"distance_meter": 1.2, "depth_meters": 3}, ("m", "distance")),
    ],
)
def test_a_period_or_a_meter_is_no_unit(document: dict[str, Any], expected: Kind) -> None:
    assert kinds(document) == dict.fromkeys(document, expected)
