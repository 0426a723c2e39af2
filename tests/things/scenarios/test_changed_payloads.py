"""Devices that write their values in another way than when they were learned, or withdraw them, on a real Mosquitto."""

import logging

import pytest

from homeassistant.core import HomeAssistant
from tests.broker import Broker
from tests.things.pasted import Followed, follow, paste

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

CLOCK = "clock/stats"
CLEAN = '{"wifiRssi":-52,"batteryPercent":61,"batteryVoltage":3.88,"temperature":21.5,"humidity":45}'
FAILED = '{"wifiRssi":-60,"batteryPercent":60,"batteryVoltage":3.87,"temperature":nan,"humidity":44}'
FOLLOWED = (
    # https://github.com/Blueforcer/awtrix-ng/issues/9, https://github.com/esphome/issues/issues/1436
    Followed(
        "one sensor of a message fails",
        [(CLOCK, CLEAN)],
        (
            (CLOCK, FAILED, {"batteryPercent": "60", "humidity": "44", "temperature": "unknown"}),
            (CLOCK, FAILED.replace("44", "43"), {"humidity": "43", "temperature": "unknown"}),
            (CLOCK, CLEAN, {"batteryPercent": "61", "humidity": "45", "temperature": "21.5"}),
            (CLOCK, FAILED.replace("nan", "NaN"), {"batteryPercent": "60", "temperature": "unknown"}),
            (CLOCK, CLEAN, {"temperature": "21.5"}),
            (CLOCK, FAILED.replace("nan", "-Infinity"), {"batteryPercent": "60", "temperature": "unknown"}),
        ),
    ),
    Followed(
        "a nested sensor fails",
        [("greenhouse/state", '{"air": {"temperature": 21.5, "humidity": 45}}')],
        (
            (
                "greenhouse/state",
                '{"air": {"temperature": Infinity, "humidity": 46}}',
                {"air.temperature": "unknown", "air.humidity": "46"},
            ),
            (
                "greenhouse/state",
                '{"air": {"temperature": "inf", "humidity": 47}}',
                {"air.temperature": "unknown", "air.humidity": "47"},
            ),
            (
                "greenhouse/state",
                '{"air": {"temperature": 20, "humidity": , }}',
                {"air.temperature": "20", "air.humidity": "unknown"},
            ),
            (
                "greenhouse/state",
                '{"air": {"temperature": unavailable, "humidity": 48}}',
                {"air.temperature": "unknown", "air.humidity": "48"},
            ),
        ),
    ),
    Followed(
        "a bare sensor fails",
        [("shed/temperature", "21.5"), ("shed/humidity", "45")],
        (
            ("shed/temperature", "nan", {"temperature": "unknown", "humidity": "45"}),
            ("shed/humidity", "46", {"temperature": "unknown", "humidity": "46"}),
            ("shed/temperature", "22", {"temperature": "22"}),
            ("shed/temperature", "-inf", {"temperature": "unknown"}),
        ),
    ),
    Followed(
        "a rewritten script publishes Python's notation",
        [("gw/room1", '{"hum": 66.5, "temp": 21.8, "connected": true}')],
        (
            (
                "gw/room1",
                "{'hum': 66.0, 'temp': None, 'connected': False}",
                {"hum": "66.0", "temp": "unknown", "connected": "off"},
            ),
            ("gw/room1", "{'hum': 65.5, 'temp': 22.5}", {"hum": "65.5", "temp": "22.5", "connected": "off"}),
        ),
    ),
    Followed(
        "Python's notation from the start",
        [("gw/room1", "{'connected': True, 'hum': 66.5, 'temp': 21.8, 'bat': None}")],
        (("gw/room1", "{'connected': False, 'hum': 60.5, 'temp': nan}", {"hum": "60.5", "temp": "unknown"}),),
    ),
    Followed(
        "a unit behind the value",
        [("attic/temperature", "21.5")],
        (
            ("attic/temperature", "21.7", {"temperature": "21.7"}),
            ("attic/temperature", "22.5 °C", {"temperature": "22.5"}),
            ("attic/temperature", "-3,5 °C", {"temperature": "-3.5"}),
            ("attic/temperature", "23", {"temperature": "23"}),
        ),
    ),
    Followed(
        "a unit behind a value in JSON",
        [("attic/state", '{"temperature": 21.5, "power": "150"}')],
        (
            ("attic/state", '{"temperature": "22.5°C", "power": "151"}', {"temperature": "22.5", "power": "151"}),
            ("attic/state", '{"temperature": "23 °C", "power": "152 W"}', {"temperature": "23", "power": "152"}),
        ),
    ),
    Followed(
        "another unit for large values",
        [("meter/power_w", "950"), ("meter/energy_kwh", "12.5")],
        (
            ("meter/power_w", "960 W", {"power_w": "960"}),
            ("meter/power_w", "1,2 kW", {"power_w": "1200.0"}),
            ("meter/energy_kwh", "13100 Wh", {"energy_kwh": "13.1", "power_w": "1200.0"}),
        ),
    ),
    Followed(
        "a unit behind a number of unknown meaning",
        [("attic/x7", "21.5")],
        (("attic/x7", "22.5 °C", {"x7": "22.5"}),),
    ),
    Followed(
        "a unit behind an object's value",
        [("attic/temperature", '{"val": 21.5}')],
        (("attic/temperature", '{"val": "22.5 °C"}', {"temperature:val": "22.5"}),),
    ),
)


@pytest.mark.parametrize("case", FOLLOWED, ids=lambda case: case.name)
async def test_values_follow_however_they_are_written(home: HomeAssistant, broker: Broker, case: Followed) -> None:
    await follow(home, broker, case)


# https://github.com/tillsteinbach/WeConnect-mqtt/issues/191, https://github.com/tillsteinbach/WeConnect-mqtt/issues/385
CAR = [("evx/1/chargePower", "350"), ("evx/1/range_km", "45"), ("evx/1/doors", '{"battery": 80, "locked": true}')]


@pytest.mark.parametrize("retain", [True, False])
@pytest.mark.parametrize("first", ["350", "350,5"], ids=["direct", "republished"])
async def test_a_withdrawn_value_is_unknown(
    home: HomeAssistant, broker: Broker, caplog: pytest.LogCaptureFixture, first: str, retain: bool
) -> None:
    thing = await paste(home, broker, [("evx/1/chargePower", first), *CAR[1:]])
    await thing.wait_for({"range_km": "45", "doors:battery": "80"})
    assert thing.profile.exact is (first == "350")
    if thing.profile.exact:
        await thing.wait_until_read_directly()
    for topic, payload in CAR[1:]:
        await thing.publish(topic, payload, retain=retain)

    caplog.clear()
    caplog.set_level(logging.WARNING)
    await thing.publish("evx/1/range_km", "", retain=retain)
    await thing.wait_for({"range_km": "unknown", "doors:battery": "80", "doors:locked": "off"})
    await thing.publish("evx/1/doors", "", retain=retain)
    await thing.wait_for({"range_km": "unknown", "doors:battery": "unknown", "doors:locked": "unknown"})
    for _ in range(2):
        assert await home.config_entries.async_reload(thing.entry.entry_id)
        await home.async_block_till_done()
    await thing.publish("evx/1/chargePower", "11")
    await thing.wait_for({"chargePower": "11", "range_km": "unknown", "doors:battery": "unknown"})
    await thing.publish("evx/1/range_km", "44", retain=retain)
    await thing.wait_for({"range_km": "44", "doors:battery": "unknown"})

    assert not [record for record in caplog.records if record.name.startswith(("custom_components", "homeassistant"))]
