"""Binary values in many words, and numbers of 0 or 1 that are not."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred, values


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("packInputPower", 0), ("heater_speed", 1), ("pump_frequency", 0), ("fan", 0.0), ("relay_temperature", 1),
        ("lock_state", 1),
    ],
)  # fmt: skip
def test_a_number_that_is_0_or_1_now(key: str, value: float) -> None:
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
def test_on_and_off_in_other_words(document: dict[str, Any], key: str, device_class: str | None, value: bool) -> None:
    [reading] = [reading for reading in inferred(document).readings if reading.channel.key == key]

    assert (reading.channel.platform, reading.channel.device_class) == ("binary_sensor", device_class)
    assert (reading.value, reading.channel.enabled) == (value, True)


@pytest.mark.parametrize(
    ("document", "key", "device_class", "value"),
    [
        ({"low_oil_pressure": True, "rpm": 3000}, "low_oil_pressure", "problem", True),
        ({"waterAlarm": False, "x": 1.5}, "waterAlarm", "moisture", False),
        ({"error": True, "x": 1.5}, "error", "problem", True),
        ({"errors": {"overspeed": False, "undervoltage": True}}, "errors.undervoltage", "problem", True),
        ({"ERROR_TEMP": 0, "ERROR_BATT": 1, "x": 21.5}, "ERROR_BATT", "problem", True),
        ({"bat": "ok", "temperature": 21.5}, "bat", "battery", False),
        ({"occu1_state": 1, "occu1_cnt": 3}, "occu1_state", "occupancy", True),
        ({"is_irrigating": False, "x": 1.5}, "is_irrigating", "running", False),
        ({"operating": True, "x": 1.5}, "operating", "running", True),
        ({"bypass": "OFF", "x": 1.5}, "bypass", None, False),
        ({"water": "ON", "x": 1.5}, "water", None, True),
        ({"dust_bin": {"full": True}, "x": 1.5}, "dust_bin.full", "problem", True),
        ({"drop_detection": 0, "temperature": 21.5}, "drop_detection", None, False),
    ],
)
def test_binary_values(document: dict[str, Any], key: str, device_class: str | None, value: bool | None) -> None:
    found = channel(document, key)

    assert (found.platform, found.device_class, found.enabled) == ("binary_sensor", device_class, True)
    assert values(document)[key] is value


def test_a_valve_between_two_ways_is_not_open() -> None:
    assert channel({"3way_valve": "OFF", "x": 1.5}, "3way_valve").device_class is None


def test_a_counter_of_a_contact_is_not_a_contact() -> None:
    assert channel({"REED1_CNT": 1, "REED1_STATE": 1}, "REED1_CNT").platform == "sensor"


@pytest.mark.parametrize(
    ("document", "device_class", "value"),
    [
        ({"contact": False}, "door", True),
        ({"contact": True}, "door", False),
        ({"closed": 1}, "opening", False),
        ({"battery_ok": 1}, "battery", False),
        ({"battery_ok": 0}, "battery", True),
        ({"tamper_ok": True}, "tamper", False),
        ({"no_motion": True}, "motion", False),
        ({"is_locked": True}, "lock", False),
        ({"battery": "Low"}, "battery", True),
        ({"battery": "OK"}, "battery", False),
        ({"door": "open"}, "door", True),
        ({"door": "CLOSED"}, "door", False),
        ({"leak": "dry"}, "moisture", False),
        ({"water_leak": 1}, "moisture", True),
        ({"smoke": "detected"}, "smoke", True),
        ({"smoke": "clear"}, "smoke", False),
        ({"occupancy": "vacant"}, "occupancy", False),
        ({"lock": "unlocked"}, "lock", True),
        ({"pir": "trigger"}, "motion", True),
        ({"motion": "ON"}, "motion", True),
        ({"motion": "yes"}, "motion", True),
        ({"presence": "0"}, "presence", False),
        ({"online": "offline"}, "connectivity", False),
        ({"plugged_in": True}, "plug", True),
        ({"charging": "no"}, "battery_charging", False),
        ({"Alarms": {"LowVoltage": 1}}, "problem", True),
        ({"s_alarm1": 0}, "problem", False),
        ({"tamper_status": "installed"}, "tamper", False),
        ({"socket_status": "on"}, "outlet", True),
    ],
)
def test_inverted_binary_values_and_their_words(document: dict[str, Any], device_class: str, value: bool) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.platform == "binary_sensor"
    assert reading.channel.device_class == device_class
    assert reading.value is value


@pytest.mark.parametrize(
    "document", [{"geofence": "Home"}, {"status": "idle"}, {"weather": "clear"}, {"mode": "off/on"}]
)
def test_a_word_that_could_be_a_state_is_text(document: dict[str, Any]) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.platform == "sensor"
    assert reading.value == next(iter(document.values()))


@pytest.mark.parametrize("key", ["fan", "level", "power", "pump", "water", "heater"])
def test_a_level_is_one_of_several(key: str) -> None:
    assert [channel({key: level, "other": 3}, key).platform for level in ("low", "high")] == ["sensor", "sensor"]


def test_a_low_battery_in_words() -> None:
    assert values({"battery": "low"}) == {"battery": True}


@pytest.mark.parametrize("key", ["underfloor_temp", "under_floor_temp", "power_over_ethernet"])
def test_a_place_is_not_exceeded(key: str) -> None:
    assert channel({key: 1, "other": 3}, key).platform == "sensor"


def test_bounds_that_are_both_0_or_1_are_flags() -> None:
    assert values({"co2_alarm_low": 0, "co2_alarm_high": 1}) == {"co2_alarm_low": False, "co2_alarm_high": True}


@pytest.mark.parametrize(
    "document", [{"power": 0}, {"power": 1}, {"power_kw": 0, "x": "y"}, {"energy": 1}, {"light": 1}]
)
def test_a_measurement_of_0_or_1_is_not_a_state(document: dict[str, Any]) -> None:
    assert all(reading.channel.platform == "sensor" for reading in inferred(document).readings)


@pytest.mark.parametrize(
    "document",
    [
        {"alarm_counter": 0},
        {"error_code_counter": 1},
        {"operating_time_in_error_h": 0},
        {"current_power_production_kw": 0},
        {"leak_count": 1},
    ],
)
def test_a_counter_of_0_or_1_is_not_a_state(document: dict[str, Any]) -> None:
    assert {reading.channel.platform for reading in inferred(document).readings} == {"sensor"}
