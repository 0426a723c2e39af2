"""Words that name a quantity only beside others."""

from typing import Any

import pytest

from tests.things.fields import channel, kinds

type Kind = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("document", "key", "kind"),
    [
        ({"currentFloor": 3.5}, "currentFloor", (None, None)),
        ({"currentX": 30.6}, "currentX", (None, None)),
        ({"cycles": {"total": 525, "current": 0}}, "cycles.current", (None, None)),
        ({"house_battery": {"current": 1.5}}, "house_battery.current", ("A", "current")),
        ({"Battery_charge_current": 3, "soc": 80}, "Battery_charge_current", ("A", "current")),
        ({"max_power_production_kw": 4.7}, "max_power_production_kw", ("kW", "power")),
        ({"reactEnergyTotal": 12.5}, "reactEnergyTotal", (None, None)),
        ({"pwrFactor": 0.98, "voltage": 231}, "pwrFactor", (None, "power_factor")),
        ({"socStatus": 1, "soc": 80}, "socStatus", (None, None)),
        ({"batcur": 2.5}, "batcur", ("A", "current")),
        ({"PWR": 1, "LCK": 0, "AIR": 0, "FLT": 0}, "PWR", (None, None)),
        ({"power": 1, "voltage": 231}, "power", ("W", "power")),
        ({"ncPm2_5": 41.5}, "ncPm2_5", (None, None)),
        ({"usageLastHour": 3.5}, "usageLastHour", (None, None)),
        ({"temp1": 250}, "temp1", (None, None)),
        ({"flue_temp": 250}, "flue_temp", ("°C", "temperature")),
        ({"fan_speed": 45}, "fan_speed", (None, None)),
        ({"fan_speed": 1450}, "fan_speed", ("rpm", None)),
        ({"energy_total": 55306378, "energy_today": 5300}, "energy_today", ("Wh", "energy")),
        ({"energy_total": 55306, "energy_today": 5.3}, "energy_today", ("kWh", "energy")),
        ({"max_cell_voltage": 3.35, "charging_enabled": True}, "max_cell_voltage", ("V", "voltage")),
        ({"outdoor_temp_max": 12, "setpoint": 40}, "outdoor_temp_max", ("°C", "temperature")),
        ({"high_temp": 31.1, "low_temp": 11, "humidity": 40}, "high_temp", ("°C", "temperature")),
        ({"wind_vane": 270}, "wind_vane", ("°", "wind_direction")),
        ({"max_temperature": 45, "linkquality": 120}, "max_temperature", (None, None)),
        ({"progress": 92}, "progress", ("%", None)),
        ({"socLevel": 80}, "socLevel", ("%", "battery")),
    ],
)  # fmt: skip
def test_a_word_that_misleads(document: dict[str, Any], key: str, kind: Kind) -> None:
    assert kinds(document).get(key, (None, None)) == kind


@pytest.mark.parametrize(
    ("document", "key", "unit"),
    [
        ({"ENERGY": {"Power": [120, 30], "Current": [0.5, 0.1]}}, "ENERGY.Current[0]", "A"),
        ({"ENERGY": {"Voltage": 230, "Current": 0.5}}, "ENERGY.Current", "A"),
        ({"temperature": {"current": 21.5, "min": 4.0}}, "temperature.current", "°C"),
        ({"power": {"current": 120, "max": 300}}, "power.current", "W"),
        ({"current_temperature": 21.5}, "current_temperature", "°C"),
        ({"battery": {"V": 5.77, "percent": 93}}, "battery.percent", "%"),
        ({"battery": {"V": 5.77, "percent": 93}}, "battery.V", "V"),
    ],
)
def test_current_is_amperes_or_now(document: dict[str, Any], key: str, unit: str) -> None:
    assert channel(document, key).unit == unit
