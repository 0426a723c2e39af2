"""Conversion of a raw value to the value of a channel."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.conversion import (
    convert,
    is_same_state,
    number_of,
    quantity_of,
    text_of,
    unit_of,
)
from custom_components.iotbridge.things.model.message import Scalar, Value
from custom_components.iotbridge.things.model.profile import Channel


def of(**members: Any) -> Channel:
    return Channel(name="x", path=("x",), **members)


NUMBER = of(unit="°C", device_class="temperature", state_class="measurement")
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
        (NUMBER, " 23.5 ", 23.5),
        (NUMBER, "23.5 °C", 23.5),
        (NUMBER, "000123.40", 123.4),
        (NUMBER, "-4", -4),
        (NUMBER, None, None),
        (NUMBER, "", None),
        (NUMBER, "nan", None),
        (NUMBER, "unavailable", None),
        (NUMBER, -127, None),
        (NUMBER, "-127.00", None),
        (NUMBER, 999.9, None),
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
        (NUMBER, float("nan")),
        (NUMBER, float("inf")),
        (DOOR, "ajar"),
        (RELAY, "maybe"),
        (BIT, 7),
        (of(platform="device_tracker"), 1.0),
    ],
)
def test_values_that_do_not_suit_the_channel(channel: Channel, raw: Scalar) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        convert(channel, raw)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("5.0", 5.0), ("1e3", 1000.0), (".5", 0.5), ("+3", 3), ("0x10", None), ("1_000", None), ("٣", None)],
)
def test_numbers_in_texts(text: str, number: float | None) -> None:
    assert number_of(text) == number


def test_quantities_in_texts() -> None:
    assert quantity_of("1750 mm") == (1750, "mm")
    assert quantity_of("85%") == (85, "%")
    assert quantity_of("2024-01-01") == (None, None)
    assert quantity_of("12:30") == (None, None)
    assert quantity_of("3 apples") == (None, None)


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
