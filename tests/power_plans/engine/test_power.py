"""Power of a UPS: states of many integrations, and the thresholds."""

from typing import Any

import pytest

from custom_components.iotbridge.power_plans.engine.plan import Stage, Ups
from custom_components.iotbridge.power_plans.engine.power import (
    PowerHistory,
    PowerReading,
    begins_at,
    is_binary_on_battery,
    is_charged,
    is_on_battery,
    stage_at,
    steady_at,
    updated,
)

UPS = Ups(entity_id="sensor.ups", battery_below=50, runtime_below_s=600, steady_s=60, battery_at_least=50)
ON_BATTERY = PowerHistory(is_on_battery=True, since=1000)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("OB DISCHRG", True),
        ("OB LB", True),
        ("On Battery, Battery Discharging", True),
        ("on battery", True),
        ("ONBATT LOWBATT", True),
        ("UPS: on battery (1 min)", True),
        ("OL DISCHRG", False),
        ("Online, Battery Discharging", False),
        ("OL", False),
        ("OL CHRG", False),
        ("Online, Battery Charging", False),
        ("ONLINE", False),
        ("UPS: on line", False),
        ("OBSOLETE", None),
        ("", None),
        ("COMMLOST", None),
        ("ONLINE COMMLOST", None),
        ("WAIT", None),
        ("OFF", None),
        ("OL OFF", None),
        ("Offline", None),
        ("no mains", None),
    ],
)
def test_the_words_of_a_ups_are_found_in_its_state(state: str, expected: bool | None) -> None:
    assert is_on_battery(UPS, state) is expected


@pytest.mark.parametrize(
    ("words", "device_class", "expected"),
    [
        ({}, "power", (False, True, None)),
        ({}, "plug", (False, True, None)),
        ({}, "problem", (True, False, None)),
        ({}, None, (None, None, None)),
        ({"on_battery": ("On",)}, "power", (True, False, None)),
        ({"on_mains": ("on",)}, None, (False, True, None)),
        ({"on_battery": ("on", "off")}, None, (None, None, None)),
    ],
)
def test_a_binary_sensor_has_one_state_on_battery(
    words: dict[str, Any], device_class: str | None, expected: tuple[bool | None, ...]
) -> None:
    ups = Ups(entity_id="binary_sensor.mains", **words)

    assert tuple(is_binary_on_battery(ups, state, device_class) for state in ("on", "off", "else")) == expected


def test_a_reading_that_is_unknown_changes_nothing_but_its_own_time() -> None:
    lost = updated(ON_BATTERY, None, 1010)
    assert (lost.is_on_battery, lost.since, lost.unknown_since) == (True, 1000, 1010)
    assert updated(lost, PowerReading(), 1020) == lost
    assert updated(lost, PowerReading(is_on_battery=True, battery=90, runtime_s=900), 1030) == ON_BATTERY
    back = updated(lost, PowerReading(is_on_battery=False), 1030)
    assert back == PowerHistory(is_on_battery=False, since=1030, on_battery_before_s=30)


def test_power_that_flaps_is_one_power_cut() -> None:
    """A battery of two minutes is empty after twelve cuts of ten seconds."""
    battery, mains = PowerReading(is_on_battery=True, battery=90, runtime_s=900), PowerReading(is_on_battery=False)
    history = updated(PowerHistory(is_on_battery=False, since=0), battery, 1000, UPS.steady_s)
    assert begins_at(UPS, history, battery) == 1030
    history = updated(history, mains, 1012, UPS.steady_s)
    history = updated(history, battery, 1040, UPS.steady_s)
    assert begins_at(UPS, history, battery) == 1040 + 30 - 12
    assert stage_at(Stage(on_battery_s=100), history, battery) == 1040 + 100 - 12
    history = updated(updated(history, mains, 1050, UPS.steady_s), battery, 1060, UPS.steady_s)
    assert begins_at(UPS, history, battery) == 1060 + 30 - 22

    history = updated(updated(history, mains, 1062, UPS.steady_s), battery, 1200, UPS.steady_s)
    assert begins_at(UPS, history, battery) == 1230, "the power was steady in between"


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (PowerReading(is_on_battery=True, battery=90), 1030),
        (PowerReading(is_on_battery=True, battery=49), 1000),
        (PowerReading(is_on_battery=True, runtime_s=599), 1000),
        (PowerReading(is_on_battery=True), 1030),
        (PowerReading(is_on_battery=False, battery=10), None),
        (PowerReading(battery=10), None),
        (None, None),
    ],
)
def test_a_plan_begins_at_the_first_threshold(reading: PowerReading | None, expected: float | None) -> None:
    assert begins_at(UPS, ON_BATTERY, reading) == expected


def test_without_a_time_only_the_battery_begins_a_plan() -> None:
    ups = Ups(entity_id="sensor.ups", on_battery_s=None, battery_below=50)

    assert begins_at(ups, ON_BATTERY, PowerReading(is_on_battery=True, battery=90)) is None
    assert begins_at(ups, ON_BATTERY, PowerReading(is_on_battery=True, battery=40)) == 1000


def test_a_stage_does_not_wait_for_a_ups_that_is_lost() -> None:
    stage = Stage(battery_below=30, on_battery_s=600)
    assert stage_at(Stage(), ON_BATTERY, None) == 1000
    assert stage_at(stage, ON_BATTERY, PowerReading(is_on_battery=True, battery=80)) == 1600
    assert stage_at(stage, updated(ON_BATTERY, None, 1100), None) == 1160


@pytest.mark.parametrize(
    ("stage", "known"),
    [
        (Stage(battery_below=30), PowerReading(is_on_battery=True, battery=80)),
        (Stage(runtime_below_s=300), PowerReading(is_on_battery=True, runtime_s=900)),
    ],
)
def test_a_stage_does_not_wait_for_a_value_that_is_unknown_for_long(stage: Stage, known: PowerReading) -> None:
    unknown = PowerReading(is_on_battery=True)
    history = updated(updated(ON_BATTERY, unknown, 1100), unknown, 1120)
    assert stage_at(stage, history, unknown) == 1160
    assert stage_at(stage, updated(history, known, 1130), known) is None
    mains = updated(history, PowerReading(is_on_battery=False), 1140)
    assert stage_at(stage, updated(mains, unknown, 2000), unknown) == 2060, "it counts from the power cut"


def test_the_power_is_back_when_it_is_steady_and_known_and_the_battery_charged() -> None:
    back = PowerHistory(is_on_battery=False, since=2000)
    assert steady_at(UPS, back) == 2060
    assert steady_at(UPS, updated(back, None, 2010)) is None
    assert steady_at(UPS, ON_BATTERY) is None
    assert [is_charged(UPS, PowerReading(battery=level)) for level in (49, 50, None)] == [False, True, False]
    assert is_charged(Ups(entity_id="sensor.ups"), None)
