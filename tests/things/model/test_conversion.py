"""Conversion of a raw value to the value of a channel."""

from itertools import pairwise
from typing import Any

import pytest

from custom_components.iotbridge.things.model.conversion import (
    OtherUnitError,
    convert,
    in_unit,
    is_same_state,
    quantity_of,
    text_of,
    unit_of,
)
from custom_components.iotbridge.things.model.message import Scalar, Value
from custom_components.iotbridge.things.model.profile import Channel
from custom_components.iotbridge.things.vocabulary.units.factors import DIMENSIONS, TEMPERATURES
from homeassistant.components.sensor.const import AMBIGUOUS_UNITS
from homeassistant.util import unit_conversion
from homeassistant.util.unit_conversion import BaseUnitConverter


def of(**members: Any) -> Channel:
    return Channel(name="x", path=("x",), **members)


NUMBER = of(unit="°C", device_class="temperature", state_class="measurement")
TENTHS = of(unit="°C", device_class="temperature", state_class="measurement", scale=0.1)
DOOR = of(platform="binary_sensor", on="open", off="closed")
CONTACT = of(platform="binary_sensor", on="false", off="true")
RELAY = of(platform="switch", on="ON", off="OFF")
BIT = of(platform="binary_sensor", on="1", off="0")


@pytest.mark.parametrize(
    ("channel", "raw", "value"),
    [
        (NUMBER, 21.5, 21.5),
        (NUMBER, 21, 21),
        (NUMBER, "23.5", 23.5),
        (NUMBER, "23,5", 23.5),
        (NUMBER, "1.234,5", 1234.5),
        (NUMBER, "0041", 41),
        (of(unit="kWh", decimal_comma=True), "1,234", 1.234),
        (NUMBER, " 23.5 ", 23.5),
        (NUMBER, "23.5 °C", 23.5),
        (NUMBER, "23,5 C", 23.5),
        (NUMBER, "70 °F", 21.1111),
        (NUMBER, "294.65 K", 21.5),
        (of(unit="W"), "950 W", 950),
        (of(unit="W"), "1.2 kW", 1200.0),
        (of(unit="kWh"), "1.234,5 Wh", 1.2345),
        (of(unit="V", scale=0.001), "3020", 3.02),
        (of(unit="V", scale=0.001), "3020 mV", 3.02),
        (of(unit="s"), "5 min", 300),
        (of(unit="lumens"), "5 lx", 5),
        (of(unit="lx"), "5 lums", 5),
        (of(unit="K", device_class="temperature_delta"), "5 °C", 5),
        (of(unit="K", device_class="temperature_delta"), "9 °F", 5.0),
        (of(unit="°C"), "70 °F", 21.1111),
        (of(unit="kWh", stated_unit="Wh", scale=0.001), "950 Wh", 0.95),
        (of(unit="kWh", stated_unit="Wh", scale=0.001), "1.2 kWh", 1.2),
        (of(unit="kWh", stated_unit="Wh", scale=0.001), 950, 0.95),
        (of(unit="°F", device_class="temperature", stated_unit="°C"), "68.5 °C", 68.5),
        (of(unit="°C", device_class="temperature", stated_unit="°C", scale=0.1), "698 °F", 21.0),
        (of(unit="kg/cm²", stated_unit="kg/cm²"), "1.5 kg/cm²", 1.5),
        (NUMBER, "000123.40", 123.4),
        (NUMBER, "-4", -4),
        (NUMBER, None, None),
        (NUMBER, "", None),
        (NUMBER, "nan", None),
        (NUMBER, "unavailable", None),
        (NUMBER, -127, None),
        (NUMBER, "-127.00", None),
        (NUMBER, 999.9, 999.9),
        (NUMBER, 3276.7, None),
        (TENTHS, -127, -12.7),
        (TENTHS, "-127", -12.7),
        (TENTHS, 32767, None),
        (TENTHS, -1270, None),
        (of(unit="%", device_class="humidity", scale=0.01), 9999, 99.99),
        (of(unit="%", device_class="humidity", scale=0.01), 65535, None),
        (of(unit="m", device_class="distance"), 65535, 65535),
        (NUMBER, 85, 85),
        (of(unit="W", device_class="power"), -127, -127),
        (of(unit="%", device_class="humidity"), 6553.5, None),
        (of(unit="V", scale=0.001), 3020, 3.02),
        (of(unit="dBm", scale=0.1), -822, -82.2),
        (of(unit="%", scale=100.0), 0.56, 56.0),
        (of(unit="A", scale=3.0), 0.1, 0.3),
        (of(unit="kWh"), 20.43000030517578, 20.43000030517578),
        (of(device_class="enum"), "eco", "eco"),
        (of(device_class="date"), "2026-11-21", "2026-11-21"),
        (of(device_class="timestamp"), "2026-11-21T17:00:00Z", "2026-11-21T17:00:00Z"),
        (of(device_class="timestamp"), None, None),
        (DOOR, "open", True),
        (DOOR, "OPEN", True),
        (DOOR, "closed", False),
        (DOOR, "close", False),
        (DOOR, None, None),
        (DOOR, "", None),
        (CONTACT, False, True),
        (CONTACT, True, False),
        (CONTACT, "false", True),
        (CONTACT, 0, True),
        (RELAY, "OFF", False),
        (RELAY, "on", True),
        (RELAY, 1, True),
        (BIT, 1, True),
        (BIT, 0.0, False),
        (BIT, True, True),
        (of(platform="event", event_types=("single",)), "single", "single"),
        (of(platform="event", event_types=("single",)), 3, "3"),
        (of(platform="event", event_types=("single",)), "", None),
        (of(platform="event", event_types=("single",)), None, None),
        (of(), "heat", "heat"),
        (of(), 3, 3),
        (of(), True, "true"),
        (of(), None, None),
    ],
)
def test_convert(channel: Channel, raw: Scalar, value: Value) -> None:
    assert convert(channel, raw) == value
    assert type(convert(channel, raw)) is type(value)


@pytest.mark.parametrize(
    ("channel", "raw"),
    [
        (NUMBER, "warm"),
        (NUMBER, "1,234"),
        (NUMBER, "21.5.3"),
        (NUMBER, "40,78,12"),
        (NUMBER, float("nan")),
        (NUMBER, float("inf")),
        (DOOR, "ajar"),
        (RELAY, "maybe"),
        (BIT, 7),
        (NUMBER, "48 %"),
        (of(unit="K"), "5 °C"),
        (of(unit="lumens", stated_unit="lumens"), "5 lx"),
        (of(unit="W", stated_unit="W"), "812 foo"),
        (of(platform="device_tracker"), 1.0),
    ],
)
def test_values_that_do_not_suit_the_channel(channel: Channel, raw: Scalar) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        convert(channel, raw)


@pytest.mark.parametrize(
    ("unit", "value"),
    [(None, 812), ("W", 812), ("Watt", 812), ("kW", 812000.0), ("", 812), ("-", 812)],
)
def test_the_unit_beside_a_number_is_that_of_its_channel_or_converted(unit: str | None, value: float) -> None:
    for channel in (of(unit="W"), of(unit="W", stated_unit="W"), of(stated_unit="W")):
        assert convert(channel, 812, unit) == value
        assert is_same_state(channel, 812, unit) is (unit != "kW")


def test_a_unit_of_another_dimension_beside_a_number_is_no_value() -> None:
    for channel in (of(unit="W"), of(unit="W", stated_unit="W")):
        assert not is_same_state(channel, 812, "A")
        with pytest.raises(OtherUnitError):
            convert(channel, 812, "A")


CONVERTERS = [
    converter
    for converter in vars(unit_conversion).values()
    if isinstance(converter, type) and issubclass(converter, BaseUnitConverter) and hasattr(converter, "UNIT_CLASS")
]
PAIRS_OF_UNITS = [pair for units in [*map(list, DIMENSIONS), list(TEMPERATURES)] for pair in pairwise(units)]


@pytest.mark.parametrize(("unit", "wanted"), PAIRS_OF_UNITS)
def test_units_are_converted_as_home_assistant_does(unit: str, wanted: str) -> None:
    names = [AMBIGUOUS_UNITS.get(name, name) for name in (unit, wanted)]
    for converter in CONVERTERS:
        if converter.UNIT_CLASS != "temperature_delta" and converter.VALID_UNITS.issuperset(names):
            expected = converter.convert(20.5, *names)
            assert in_unit(20.5, unit, wanted, "temperature") == pytest.approx(expected, rel=1e-5)


def test_quantities_in_texts() -> None:
    assert quantity_of("1750 mm") == (1750, "mm")
    assert quantity_of("85%") == (85, "%")
    assert quantity_of("2024-01-01") == (None, None)
    assert quantity_of("12:30") == (None, None)
    assert quantity_of("3 apples") == (None, None)
    assert quantity_of("1.234,56 kWh") == (1234.56, "kWh")
    assert quantity_of("1,234.5 kWh") == (1234.5, "kWh")
    assert quantity_of("\u22123,5 °C") == (-3.5, "°C")
    assert quantity_of("1,234 kWh") == (None, None)
    assert quantity_of("1,234 kWh", decimal_comma=True) == (1.234, "kWh")
    assert quantity_of("12,5 xyz") == (12.5, "xyz")
    assert quantity_of("3.5 mg/l") == (3.5, "mg/L")
    assert quantity_of("12.5 k\u2126") == (12.5, "kΩ")
    assert quantity_of("1.5 kg/cm²") == (1.5, "kg/cm²")
    assert quantity_of("3 on/off") == (None, None)
    assert quantity_of("21,5 °C, 48 %") == (None, None)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("C", "°C"), ("Cel", "°C"), ("%RH", "%"), ("kwh", "kWh"), ("ug/m3", "µg/m³"), ("m3/h", "m³/h"), ("smoots", None)],
)
def test_units_as_they_are_written(text: str, unit: str | None) -> None:
    assert unit_of(text) == unit


def test_core_would_show_an_error_number() -> None:
    assert is_same_state(NUMBER, 85)
    assert not is_same_state(NUMBER, -127)
    assert not is_same_state(NUMBER, "-127.00")
    assert is_same_state(TENTHS, -127)
    assert not is_same_state(TENTHS, -1270)


def test_raw_values_as_text() -> None:
    assert [text_of(raw) for raw in (True, False, 1, 1.0, 1.5, "On", None)] == [
        "true",
        "false",
        "1",
        "1",
        "1.5",
        "On",
        "",
    ]


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        (21.5, True),
        ("21.5", True),
        ("-21.5", True),
        ("1e3", True),
        ("0", True),
        ("warm", True),
        ("1,234", True),
        ("21,5", False),
        ("1.234,5", False),
        ("21.5 °C", False),
        ("0041", False),
        ("052.70", False),
        ("+5", False),
        ("5.", False),
        ("nan", False),
        ("", False),
    ],
)
def test_core_reads_only_numbers_as_programs_write_them(raw: Scalar, same: bool) -> None:
    """A text that is no number in any notation keeps the last state, whoever reads it."""
    assert is_same_state(NUMBER, raw) is same
