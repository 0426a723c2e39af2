"""Devices whose messages state another unit than when they were learned, on a real Mosquitto."""

import pytest

from homeassistant.core import HomeAssistant
from tests.broker import Broker, until
from tests.things.pasted import Followed, follow, paste

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

FOLLOWED = (
    Followed(
        "texts in a document choose their unit by the size of the value",
        [("pv/text", '{"power": "812 W", "energy": "999 Wh"}')],
        (
            ("pv/text", '{"power": "1.25 kW", "energy": "1.01 kWh"}', {"power": "1250.0", "energy": "1010.0"}),
            ("pv/text", '{"power": "0.8 kW", "energy": "999 Wh"}', {"power": "800.0", "energy": "999"}),
        ),
    ),
    Followed(
        "a bare text chooses its unit by the size of the value",
        [("oven/power", "812 W")],
        (("oven/power", "1.5 kW", {"power": "1500.0"}), ("oven/power", "813 W", {"power": "813"})),
    ),
    Followed(
        "a display is switched to Fahrenheit",
        [("thermo/a", '{"temp": "20.5 °C"}')],
        (("thermo/a", '{"temp": "68.0 °F"}', {"temp": "20.0"}),),
    ),
    Followed(
        "objects with a unit",
        [("pv/obj", '{"power": {"v": 812, "u": "W"}, "yield": {"v": 45.5, "u": "Wh"}}')],
        (
            (
                "pv/obj",
                '{"power": {"v": 813, "u": "W"}, "yield": {"v": 46, "u": "Wh"}}',
                {"power.v": "813", "yield.v": "46"},
            ),
            (
                "pv/obj",
                '{"power": {"v": 1.25, "u": "kW"}, "yield": {"v": 1.5, "u": "kWh"}}',
                {"power.v": "1250.0", "yield.v": "1500.0"},
            ),
        ),
    ),
    Followed(
        "a unit for all values",
        [("cellar/climate", '{"BME280": {"Temperature": 20.5, "Humidity": 40}, "TempUnit": "C"}')],
        (
            (
                "cellar/climate",
                '{"BME280": {"Temperature": 68.9, "Humidity": 41}, "TempUnit": "F"}',
                {"BME280.Temperature": "20.5", "BME280.Humidity": "41"},
            ),
        ),
    ),
    Followed(
        "a unit for each value",
        [("weather/now", '{"pressure": 1012.5, "pressure_unit": "hPa", "temp": 20.5, "temp_unit": "C"}')],
        (
            (
                "weather/now",
                '{"pressure": 29.92, "pressure_unit": "inHg", "temp": 68.9, "temp_unit": "F"}',
                {"pressure": "1013.2075888", "temp": "20.5"},
            ),
        ),
    ),
    Followed(
        "numbers become objects",
        [("stove/values", '{"flow_temperature": 61.5, "return_temp": "41.5", "on": true}')],
        (
            (
                "stove/values",
                '{"flow_temperature": {"value": 62.0, "unit": "°C"}, "return_temp": {"value": "42.5"}, "on": false}',
                {"flow_temperature": "62.0", "return_temp": "42.5", "on": "off"},
            ),
            (
                "stove/values",
                '{"flow_temperature": {"value": 141.8, "unit": "°F"}, "return_temp": {"value": 42, "unit": "°C"}}',
                {"flow_temperature": "61.0", "return_temp": "42"},
            ),
        ),
    ),
    Followed(
        "bare numbers of a tree become objects",
        [("keller/temperature", "12.5"), ("keller/humidity", "71.5")],
        (
            ("keller/temperature", '{"val": 12.75, "unit": "°C"}', {"temperature": "12.75", "humidity": "71.5"}),
            ("keller/humidity", '{"val": 72, "unit": "%"}', {"temperature": "12.75", "humidity": "72"}),
        ),
    ),
)


@pytest.mark.parametrize("case", FOLLOWED, ids=lambda case: case.name)
async def test_values_stay_in_the_unit_of_their_entity(home: HomeAssistant, broker: Broker, case: Followed) -> None:
    await follow(home, broker, case)


@pytest.mark.parametrize(
    ("first", "later", "key"),
    [
        ('{"temperature": "20.5 °C"}', '{"temperature": "55.5 %"}', "temperature"),
        ('{"power": {"v": 812, "u": "W"}}', '{"power": {"v": 4.5, "u": "A"}}', "power.v"),
    ],
    ids=["text", "object"],
)
async def test_a_value_with_a_unit_of_another_dimension_is_unknown(
    home: HomeAssistant, broker: Broker, first: str, later: str, key: str
) -> None:
    thing = await paste(home, broker, [("probe/x", first)])
    await thing.wait_for_values({key})
    if thing.profile.exact:
        await thing.wait_until_read_directly()

    await thing.publish("probe/x", later)
    await thing.wait_for({key: "unknown"})

    (running,) = thing.entry.runtime_data.things.things.values()
    await until(lambda: sum(running.failures.counts.values()) > 0)
    await thing.publish("probe/x", first)
    await thing.wait_for_values({key})
