"""The rules that a blind examination taught, in words that it did not use: siblings, units, adjectives, systems."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred, inferred_tree, kinds, values

type Kind = tuple[str | None, str | None]


def enabled(document: dict[str, Any]) -> set[str]:
    """Return the keys of what is on."""
    return {one.channel.key for one in inferred(document).readings if one.channel.enabled}


@pytest.mark.parametrize(
    ("document", "key", "value", "kind"),
    [
        ({"p": {"val": 1503, "unit": "hPa", "factor": 0.1, "min": 0}}, "p.val", 150.3, ("hPa", "pressure")),
        ({"t": {"value": 215, "unit": "degC", "scale": -1}}, "t.value", 21.5, ("°C", "temperature")),
        ({"t": {"value": 21.5, "displayValue": "21.5 °C", "uom": "°C"}}, "t.value", 21.5, ("°C", "temperature")),
        ({"points": [{"pointName": "Brine in", "pointUnit": "°C", "value": 4.5, "strVal": "4.5°C"}]},
         "points[0].value", 4.5, ("°C", "temperature")),
        ({"Type": "Gas", "Units": "ft3", "Consumption": 1234}, "Consumption", 1234, ("ft³", "gas")),
        ({"temperature": 70.5, "unit": "F"}, "temperature", 70.5, ("°F", "temperature")),
        ({"rows": [["Humidity", "38", "%"], ["Wind", "3.4", "m/s"]]}, "rows[1][1]", 3.4, ("m/s", "wind_speed")),
        ({"readings": [{"type": "hygrometry", "value": "66", "unit": ""}]}, "readings[0].value", 66,
         ("%", "humidity")),
    ],
)  # fmt: skip
def test_a_value_and_what_describes_it_are_one_reading(
    document: dict[str, Any], key: str, value: float, kind: Kind
) -> None:
    assert kinds(document)[key] == kind
    assert values(document)[key] == pytest.approx(value)
    assert all(one == key or one.startswith("rows[0]") for one in enabled(document))


def test_a_row_is_called_by_its_table() -> None:
    document = {"tables": [{"title": "Cellar", "list": [["Temperature", "12.5", "°C"], ["Humidity", "61", "%"]]}]}

    assert [one.channel.name for one in inferred(document).readings] == ["Cellar temperature", "Cellar humidity"]


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
def test_a_number_and_a_word_that_is_no_unit(text: str) -> None:
    assert channel({"thing": text, "other": 1}, "thing").unit is None


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
    ],
)
def test_units_in_the_ends_of_keys(document: dict[str, Any], key: str, kind: Kind) -> None:
    assert kinds(document)[key] == kind


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
        ({"progress": 92}, "progress", ("%", None)),
        ({"socLevel": 80}, "socLevel", ("%", "battery")),
    ],
)  # fmt: skip
def test_a_word_that_misleads(document: dict[str, Any], key: str, kind: Kind) -> None:
    assert kinds(document).get(key, (None, None)) == kind


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("packInputPower", 0), ("heater_speed", 1), ("pump_frequency", 0), ("fan", 0.0), ("relay_temperature", 1),
        ("lock_state", 1),
    ],
)  # fmt: skip
def test_a_number_that_is_nought_or_one_now(key: str, value: float) -> None:
    assert channel({key: value, "other": 3}, key).platform == "sensor"


@pytest.mark.parametrize(
    ("document", "key", "device_class", "value"),
    [
        ({"pumpFailed": False}, "pumpFailed", "problem", False),
        ({"filter_dirty": True}, "filter_dirty", "problem", True),
        ({"maintenance_needed": True}, "maintenance_needed", "problem", True),
        ({"rainsensor": {"triggered": True}}, "rainsensor.triggered", "moisture", True),
        ({"BatteryDischarging": True}, "BatteryDischarging", None, True),
        ({"battery_connected": True}, "battery_connected", "connectivity", True),
        ({"batteryCritical": True}, "batteryCritical", "battery", True),
        ({"Battery ok": True}, "Battery ok", "battery", False),
        ({"batt_low": 0}, "batt_low", "battery", False),
        ({"main_contactor": "Closed"}, "main_contactor", None, True),
    ],
)
def test_yes_and_no_in_other_words(document: dict[str, Any], key: str, device_class: str | None, value: bool) -> None:
    [reading] = [one for one in inferred(document).readings if one.channel.key == key]

    assert (reading.channel.platform, reading.channel.device_class) == ("binary_sensor", device_class)
    assert (reading.value, reading.channel.enabled) == (value, True)


def test_weather_in_one_system_of_units() -> None:
    imperial = {"station_pressure": 29.91, "air_temperature": 69.0, "rain_rate": 0.5, "wind_speed": 3, "dewpoint": 60}
    metric = {"station_pressure": 1012.1, "air_temperature": 21.0, "rain_rate": 0.5, "wind_speed": 3, "dewpoint": 9}

    assert {unit for unit, _ in kinds(imperial).values()} == {"inHg", "°F", "in/h", "mph"}
    assert {unit for unit, _ in kinds(metric).values()} == {"hPa", "°C", "mm/h", "m/s"}


def test_a_meters_numbers_for_its_readings() -> None:
    document = {
        "1-0:1.8.0": 35462459,
        "1-0:1.8.1": 12,
        "1-0:36.7.0": 451.2,
        "1-0:52.7.0": 231.5,
        "0-0:96.1.0": "0A014547",
    }
    found = {one.channel.key: one.channel for one in inferred(document).readings if one.channel.enabled}

    assert {key: (one.name, one.unit) for key, one in found.items()} == {
        "1-0:1.8.0": ("Energy import", "Wh"),
        "1-0:36.7.0": ("Power L1", "W"),
        "1-0:52.7.0": ("Voltage L2", "V"),
    }
    assert enabled({"1-0:1.8.1": "001234.567*kWh", "1-0:1.8.2": "000234.567*kWh"}) == {"1-0:1.8.1", "1-0:1.8.2"}


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"settings": {"charge_current": 160}, "power": 12}, "settings.charge_current"),
        ({"header": {"frequency": "433920"}, "humidity": 40}, "header.frequency"),
        ({"alarm_hex": "c3", "humidity": 40}, "alarm_hex"),
        ({"error": "", "humidity": 40}, "error"),
        ({"txPower": -59, "humidity": 40}, "txPower"),
        ({"nrg": [230, 231.5, 232, 0, 0.1, 2.0], "amp": 6}, "nrg[4]"),
        ({"heat_target": -70, "humidity": 40}, "heat_target"),
        ({"freq": 868500000, "rssi": -88}, "freq"),
        ({"illuminance": 12000, "illuminance_lux": 16}, "illuminance"),
        ({"year": 2020, "month": 1, "hours": 3, "minutes": 21, "seconds": 1}, "seconds"),
        ({"sampleTime": 30, "humidity": 40}, "sampleTime"),
    ],
)
def test_what_nobody_misses_is_off(document: dict[str, Any], key: str) -> None:
    assert key not in enabled(document)


@pytest.mark.parametrize(
    "document",
    [
        {"message": {"totalBus": 0, "totalVan": 3, "totalTruck": 2857}},
        {"tank1": 23.5, "tank2": 24},
        {"Consumption": 9480659, "Tamper": 0},
        {"access": "granted", "username": "Anna", "card": "f9c2f720"},
    ],
)
def test_what_somebody_wants_is_on(document: dict[str, Any]) -> None:
    on = enabled(document)

    assert {"message.totalBus", "tank2", "Consumption", "username"} & on
    assert not document.get("message") or len(on) == 3


def test_a_state_that_sounds_like_an_event() -> None:
    assert channel({"action": "cooling", "temperature": 26}, "action").platform == "sensor"
    assert channel({"rfid": "Not Installed"}, "rfid").platform == "sensor"
    assert channel({"command": "close", "rolling": "0e"}, "command").platform == "event"


def test_the_same_with_and_without_its_unit_is_one_reading() -> None:
    assert list(values({"illuminance": 120, "illuminance_lux": 120})) == ["illuminance"]


def test_a_name_of_the_maker_stays_as_it_is_written() -> None:
    document = {"BME280_temperature": 21.2, "DS18B20-1_temp": 22.5, "TempC_SHT": 21.7, "PWR_OUT": 12.5}

    assert {one.channel.name for one in inferred(document).readings} == {
        "BME280 temperature",
        "DS18B20-1 temperature",
        "Temperature SHT",
        "Power out",
    }


def test_an_address_at_the_start_of_a_key_is_no_word() -> None:
    found = channel({"HmIP-RF.MEQ1234567%3A1.ACTUAL_TEMPERATURE": 20.4}, "HmIP-RF.MEQ1234567%3A1.ACTUAL_TEMPERATURE")

    assert (found.name, found.device_class) == ("Actual temperature", "temperature")


def test_what_its_maker_named_is_on() -> None:
    topics = {"spa/ozone/$name": "Ozonator", "spa/ozone": "false", "spa/mode/$name": "Heat mode", "spa/mode": "none"}

    assert {one.channel.name for one in inferred_tree("homie/bath", topics).readings if one.channel.enabled} == {
        "Ozonator",
        "Heat mode",
    }


def test_a_room_below_the_word_heating() -> None:
    found = inferred_tree("heating/floor", {"10/current": "22.6", "10/target": "21"})

    assert {(one.channel.key, one.channel.unit) for one in found.readings} == {
        ("10/current", "°C"),
        ("10/target", "°C"),
    }


def test_a_key_that_is_a_unit_is_called_by_what_it_measures() -> None:
    found = {one.channel.key: one.channel.name for one in inferred({"kWh": 12.5, "liters": 3}, "energy/x").readings}

    assert found == {"kWh": "Energy", "liters": "Volume"}


def test_one_thing_told_in_several_units_has_several_names() -> None:
    document = {"Load_watt": 420, "Load_va": 500, "Load_pct": 12}

    assert {one.channel.name for one in inferred(document).readings} == {"Load power", "Load apparent power", "Load"}


def test_a_unit_is_of_the_member_that_is_called_by_its_quantity() -> None:
    assert kinds({"temperature": 70.5, "unit": "F", "level": 3}) == {
        "temperature": ("°F", "temperature"),
        "level": (None, None),
    }
