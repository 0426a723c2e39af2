"""Numbers written for people: with a decimal comma, with thousands, with a unit, or of fixed width.

They are learned from pasted messages, and read at run time on a real Mosquitto.
"""

from dataclasses import dataclass

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.message import Sample
from homeassistant.core import HomeAssistant
from tests.broker import Broker
from tests.things.pasted import Followed, Messages, follow

type Readings = dict[str, tuple[float | str | None, str | None]]


@dataclass(frozen=True)
class Learned:
    """Messages and the readings learned from them: value and unit by key."""

    name: str
    messages: Messages
    readings: Readings


LEARNED = (
    # https://github.com/hjelev/rpi-mqtt-monitor/issues/144
    Learned("decimals", [("masoko/diet/cpu_temperature", "40,78")], {"cpu_temperature": (40.78, "°C")}),
    # https://github.com/flyte/mqtt-io/issues/204
    Learned("three decimals", [("meter/energy_kwh", "1234,567")], {"energy_kwh": (1234.567, "kWh")}),
    Learned(
        "three decimals, less than a thousand", [("meter/energy_kwh", "123,456")], {"energy_kwh": (123.456, "kWh")}
    ),
    Learned("a thousand", [("meter/energy_kwh", "1.234,56")], {"energy_kwh": (1234.56, "kWh")}),
    Learned("a million", [("meter/energy_wh", "1.234.567,8")], {"energy_wh": (1234567.8, "Wh")}),
    Learned("a thousand with a space", [("meter/energy_kwh", "1\u202f234,56")], {"energy_kwh": (1234.56, "kWh")}),
    Learned("below zero", [("shed/temperature", "-3,25")], {"temperature": (-3.25, "°C")}),
    Learned("below zero, by .NET in Sweden", [("shed/temperature", "\u22123,25")], {"temperature": (-3.25, "°C")}),
    # https://github.com/home-assistant/core/issues/91592
    Learned("unit", [("attic/temperature", "-3,5 °C")], {"temperature": (-3.5, "°C")}),
    Learned("humidity in German", [("attic/hygro", "48,2 % rF")], {"hygro": (48.2, "%")}),
    Learned("unit without a space", [("attic/hygro", "48,2%")], {"hygro": (48.2, "%")}),
    Learned("thousands and a unit", [("meter/total", "1.234,5 kWh")], {"total": (1234.5, "kWh")}),
    Learned("English thousands and a unit", [("meter/total", "1,234.5 kWh")], {"total": (1234.5, "kWh")}),
    Learned("no unit at all", [("foo/level", "0,75")], {"level": (0.75, None)}),
    Learned("name and number", [("shed/sensor", "Temperature: 21,5")], {"Temperature": (21.5, "°C")}),
    Learned("text in JSON", [("meter/data", '{"energy_kwh": "12.345,67"}')], {"energy_kwh": (12345.67, "kWh")}),
    Learned(
        "text in JSON that another value explains",
        [("meter/data", '{"energy_kwh": "1,234", "voltage": "229,8"}')],
        {"energy_kwh": (1.234, "kWh"), "voltage": (229.8, "V")},
    ),
    Learned(
        "ambiguous text in JSON",
        [("meter/data", '{"energy_kwh": "1,234", "voltage": 229.8}')],
        {"voltage": (229.8, "V")},
    ),
    Learned("two points are two values", [("shed/climate", "21.5,48.2")], {"[0]": (21.5, None), "[1]": (48.2, None)}),
    Learned("a point before the comma", [("shed/climate", "21.5,48")], {"[0]": (21.5, None), "[1]": (48, None)}),
    Learned("a point behind the comma", [("shed/climate", "21,48.5")], {"[0]": (21, None), "[1]": (48.5, None)}),
    Learned("fractions", [("lamp/mix", "0.3,0.5")], {"[0]": (0.3, None), "[1]": (0.5, None)}),
    Learned(
        "three columns", [("shed/climate", "21,48,1013")], {"[0]": (21, None), "[1]": (48, None), "[2]": (1013, None)}
    ),
    Learned("a position", [("tracker/gps", "12,34")], {"[0]": (12, None), "[1]": (34, None)}),
    Learned("a number beside a position", [("tracker/gps/speed_kmh", "12,34")], {"speed_kmh": (12.34, "km/h")}),
    Learned("a latitude alone", [("tracker/position/latitude", "45,46")], {"latitude": (45.46, None)}),
    Learned("spaces and decimal commas", [("shed/mix", "21,5 48,2")], {"[0]": (21.5, None), "[1]": (48.2, None)}),
    Learned("bars and decimal commas", [("shed/mix", "21,5|48")], {"[0]": (21.5, None), "[1]": (48, None)}),
    Learned("commas and spaces", [("shed/mix", "21, 48")], {"[0]": (21, None), "[1]": (48, None)}),
    Learned("a colour", [("lamp/hs_color", "300,50")], {"[0]": (300, None), "[1]": (50, None)}),
    Learned(
        "columns that another message shows",
        [("shed/climate", "22,48"), ("shed/climate", "21.5,48"), ("shed/climate", "23,47")],
        {"[0]": (23, None), "[1]": (47, None)},
    ),
    Learned(
        "columns with decimal commas", [("shed/climate", "1.021,5;48,2")], {"[0]": (1021.5, None), "[1]": (48.2, None)}
    ),
    # The columns of Voltronic inverters; https://github.com/dsmrreader/dsmr-reader/issues/733
    Learned(
        "fixed width",
        [
            (
                "inv/state",
                '{"pv_input_power_w":"00312","battery_voltage":"052.70","heat_sink_temp":"0041","load_percent":"012"}',
            )
        ],
        {
            "pv_input_power_w": (312, "W"),
            "battery_voltage": (52.7, "V"),
            "heat_sink_temp": (41, "°C"),
            "load_percent": (12, "%"),
        },
    ),
    Learned("fixed width, bare", [("inv/heat_sink_temp", "0041")], {"heat_sink_temp": (41, "°C")}),
    Learned(
        "fixed width, columns",
        [("inv/state", "ac_output_w;temp;id;zone_a\n00312;0041;0007;0008")],
        {"ac_output_w": (312, None), "temp": (41, "°C")},
    ),
    Learned("fixed width, zero", [("inv/load_percent", "000")], {"load_percent": (0, "%")}),
    Learned(
        "fixed width, with its unit beside it", [("inv/x", '{"value": "0041", "unit": "W"}')], {"x:value": (41, "W")}
    ),
    Learned(
        "fixed width, pairs", [("inv/state", "power_w=0312 freq=050")], {"power_w": (312, "W"), "freq": (50, "Hz")}
    ),
    Learned("hexadecimal", [("rf/x", '{"id": "4C01", "temp": "0080", "hum": "043"}')], {"hum": (43, "%")}),
    Learned(
        "identities of fixed width",
        [
            (
                "door/reader",
                '{"code": "0041", "id": "0042", "battery_id": "0043", "pin": "0044", "x": "0045", "temp": "021"}',
            )
        ],
        {"temp": (21, "°C")},
    ),
)


@pytest.mark.parametrize("case", LEARNED, ids=lambda case: case.name)
def test_a_number_is_learned_as_it_is_written(case: Learned) -> None:
    analysis = analyse([Sample(topic, payload.encode()) for topic, payload in case.messages])

    (device,) = analysis.devices
    numbers = {
        reading.channel.key: (reading.value, reading.channel.unit)
        for reading in device.readings
        if not isinstance(reading.value, str)
    }
    assert {key: value for key, (value, _) in numbers.items()} == {
        key: value for key, (value, _) in case.readings.items()
    }
    assert {key: unit for key, (_, unit) in numbers.items() if case.readings[key][1]} == {
        key: unit for key, (_, unit) in case.readings.items() if unit
    }


CLIMATE = "shed/climate"
ENERGY = "meter/energy_kwh"
FOLLOWED = (
    Followed(
        "a decimal comma",
        [(ENERGY, "1234,567")],
        (
            (ENERGY, "1234,6", {"energy_kwh": "1234.6"}),
            (ENERGY, "1235", {"energy_kwh": "1235"}),
            (ENERGY, "1.236,2 kWh", {"energy_kwh": "1236.2"}),
            (ENERGY, "123,456", {"energy_kwh": "123.456"}),
            (ENERGY, "1237.25", {"energy_kwh": "1237.25"}),
        ),
    ),
    Followed(
        "a decimal comma that comes later",
        [(ENERGY, "40")],
        (
            (ENERGY, "41.5", {"energy_kwh": "41.5"}),
            (ENERGY, "42,78", {"energy_kwh": "42.78"}),
            (ENERGY, "123,456", {"energy_kwh": "123.456"}),
            (ENERGY, "124", {"energy_kwh": "124"}),
        ),
    ),
    Followed(
        "two columns",
        [(CLIMATE, "21.5,48.2")],
        (
            (CLIMATE, "40,78", {"[0]": "40", "[1]": "78"}),
            (CLIMATE, "41.5,79", {"[0]": "41.5", "[1]": "79"}),
            (CLIMATE, "1.234,56", {"[0]": "1.234", "[1]": "56"}),
        ),
    ),
    Followed(
        "fixed width",
        [("inv/state", '{"heat_sink_temp": "0041", "battery_voltage": "052.70"}')],
        (
            ("inv/state", '{"heat_sink_temp": "0009"}', {"heat_sink_temp": "9", "battery_voltage": "52.7"}),
            ("inv/state", '{"heat_sink_temp": 12, "battery_voltage": "053.00"}', {"heat_sink_temp": "12"}),
        ),
    ),
    Followed(
        "fixed width that comes later",
        [("inv/state", '{"heat_sink_temp": 100}')],
        (("inv/state", '{"heat_sink_temp": "099"}', {"heat_sink_temp": "99"}),),
    ),
)


@pytest.mark.parametrize("expected_lingering_timers", [True])
@pytest.mark.parametrize("case", FOLLOWED, ids=lambda case: case.name)
async def test_a_number_is_followed_however_it_is_written(home: HomeAssistant, broker: Broker, case: Followed) -> None:
    await follow(home, broker, case)
