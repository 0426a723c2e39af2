"""Devices at run time, on a real Mosquitto: entities with values, read by core or published by IoT Bridge."""

import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import RECEIVED, Availability, Channel
from custom_components.iotbridge.things.runtime.device import MAX_EVENT_TYPES
from homeassistant.components.mqtt.models import DATA_MQTT
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from tests.broker import Broker, state, until
from tests.kit import learn
from tests.things.attic import (
    CLICK,
    DOOR,
    MODE,
    PLACE,
    SAMPLE,
    TEMPERATURE,
    TOPIC,
    config,
    has_state,
    listening,
    profile,
)

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_entities_are_there_with_the_values_that_were_learned_from(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    async with listening(broker, "homeassistant/device/+/config") as seen:
        learn(home, entry, profile(TEMPERATURE, DOOR, MODE), SAMPLE)
        await until(has_state(home, "sensor.attic_temperature", "21.5"))
        await until(has_state(home, "binary_sensor.attic_door", "on"))
        await until(has_state(home, "sensor.attic_mode", "eco"))
        await until(lambda: bool(seen) and config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)

    async with broker.client() as device:
        await device.publish(TOPIC, '{"temperature": 22, "door": "closed"}')
        await until(has_state(home, "sensor.attic_temperature", "22"))
        await until(has_state(home, "binary_sensor.attic_door", "off"))
        assert state(home, "sensor.attic_mode") == "eco", "what a message does not say stays as it was"
        await device.publish(TOPIC, '{"temperature": null}')
        await until(has_state(home, "sensor.attic_temperature", "unknown"))


async def test_nothing_is_missed_while_core_takes_over(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    """A device that sends at that moment, and seldom, would show an old value for an hour."""
    async with listening(broker, "homeassistant/device/+/config") as seen, broker.client() as thing:
        learn(home, entry, profile(TEMPERATURE), SAMPLE)
        await until(lambda: bool(seen) and config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)
        await thing.publish(TOPIC, '{"temperature": 99}')
        await until(has_state(home, "sensor.attic_temperature", "99"))
        await until(lambda: config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)


async def test_the_device_works_without_us_when_core_can_read_it(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    async with listening(broker, "homeassistant/device/+/config") as seen:
        learn(home, entry, profile(TEMPERATURE), SAMPLE)
        await until(lambda: bool(seen) and config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)
    await home.config_entries.async_unload(entry.entry_id)

    async with broker.client() as device:
        await device.publish(TOPIC, '{"temperature": 19}')
        await until(has_state(home, "sensor.attic_temperature", "19"))


async def test_values_that_core_cannot_read_are_decoded_and_published(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    wanted = profile(
        Channel(name="Voltage", path=("voltage",), unit="V", device_class="voltage", state_class="measurement"),
        topic="senml",
        identity="urn:dev:ow:10e2073a01080063",
        exact=False,
    )
    message = '[{{"bn": "urn:dev:ow:10e2073a01080063:", "n": "voltage", "u": "V", "v": {}}}]'
    learn(home, entry, wanted, Sample("senml", message.format(120.1).encode()))
    await until(has_state(home, "sensor.attic_voltage", "120.1"))

    async with broker.client() as device:
        await device.publish("senml", message.format(119.5))
        await until(has_state(home, "sensor.attic_voltage", "119.5"))


async def test_a_text_with_a_device_class_is_published_by_us(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    mode = Channel(name="Mode", path=("mode",), device_class="enum")
    since = Channel(name="Since", path=("since",), device_class="timestamp")
    sample = Sample(TOPIC, b'{"mode": "eco", "since": "2026-11-21T17:00:00Z"}')
    learn(home, entry, profile(mode, since, exact=False), sample)

    await until(has_state(home, "sensor.attic_mode", "eco"))
    await until(has_state(home, "sensor.attic_since", "2026-11-21T17:00:00+00:00"))


async def test_a_key_is_never_executed(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    key = 'x\'] }}{{ states | list }}{% set a = "1" %}\\'
    wanted = profile(Channel(name="Odd", path=(key,), state_class="measurement"))
    async with listening(broker, "homeassistant/device/+/config") as seen:
        learn(home, entry, wanted, Sample(TOPIC, json.dumps({key: 7}).encode()))
        await until(has_state(home, "sensor.attic_odd", "7"))
        published = json.dumps(config(seen))

    assert "states | list" not in published
    async with broker.client() as device:
        await device.publish(TOPIC, json.dumps({key: 8}))
        await until(has_state(home, "sensor.attic_odd", "8"))


async def test_an_event_is_not_a_state(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    learn(home, entry, profile(CLICK, TEMPERATURE), Sample(TOPIC, b'{"click": "single", "temperature": 20}'))
    await until(has_state(home, "sensor.attic_temperature", "20"))
    assert state(home, "event.attic_click") == "unknown", "what the wizard heard does not happen again"

    async with broker.client() as device:
        await device.publish(TOPIC, '{"click": "double"}')
        await until(lambda: event_type(home) == "double")
        happened = state(home, "event.attic_click")
        await device.publish(TOPIC, '{"temperature": 21}')
        await until(has_state(home, "sensor.attic_temperature", "21"))
        assert state(home, "event.attic_click") == happened, "it happened once"


def event_type(hass: HomeAssistant) -> str | None:
    found = hass.states.get("event.attic_click")
    return found.attributes["event_type"] if found else None


async def test_a_new_kind_of_event_is_learned_and_not_lost(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(CLICK), Sample(TOPIC, b'{"click": "single"}'))
    await until(has_state(home, "event.attic_click", "unknown"))

    async with broker.client() as device:
        await device.publish(TOPIC, '{"click": "quintuple"}')
        await until(lambda: event_type(home) == "quintuple")


def code_of(hass: HomeAssistant) -> tuple[str, str] | None:
    """Return the type and the code of the last event."""
    found = hass.states.get("event.attic_code")
    return (found.attributes["event_type"], found.attributes["code"]) if found and "code" in found.attributes else None


def events_of(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return a list that gets the type and the code of each event to come."""
    events: list[tuple[str, str]] = []

    @callback
    def happened(change: Event[EventStateChangedData]) -> None:
        if (code := code_of(hass)) and change.data["new_state"]:
            events.append(code)

    async_track_state_change_event(hass, ["event.attic_code"], happened)
    return events


def code(*types: str) -> Channel:
    return Channel(name="Code", path=("RfReceived", "Data"), platform="event", event_types=(RECEIVED, *types))


def received(data: str) -> str:
    return json.dumps({"RfReceived": {"Data": data, "RfKey": "None"}})


async def test_the_same_code_twice_is_two_events(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    learn(home, entry, profile(code("28A321")), Sample(TOPIC, received("28A321").encode()))
    await until(has_state(home, "event.attic_code", "unknown"))
    events = events_of(home)

    async with broker.client() as device:
        await device.publish(TOPIC, received("28A321"))
        await until(lambda: len(events) == 1)
        await device.publish(TOPIC, received("28A321"))
        await until(lambda: events == [("28A321", "28A321")] * 2)


async def test_a_retained_code_is_no_event(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    async with broker.client() as device:
        await device.publish(TOPIC, received("28A321"), retain=True)
        learn(home, entry, profile(code("28A321", "B1E1E7")), Sample(TOPIC, received("28A321").encode()))
        await until(has_state(home, "event.attic_code", "unknown"))
        events = events_of(home)
        await device.publish(TOPIC, received("B1E1E7"))
        await until(lambda: bool(events))

    assert events == [("B1E1E7", "B1E1E7")]


async def test_a_new_code_that_is_sent_repeatedly_is_learned_and_each_time_an_event(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    """Radio remotes repeat their code."""
    learn(home, entry, profile(code("28A321")), Sample(TOPIC, received("28A321").encode()))
    await until(has_state(home, "event.attic_code", "unknown"))
    events = events_of(home)

    async with broker.client() as device:
        for _ in range(3):
            await device.publish(TOPIC, received("B1E1E7"))
        await until(lambda: events == [("B1E1E7", "B1E1E7")] * 3)


async def test_a_code_beyond_the_limit_is_a_received_one(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    codes = [f"{number:06X}" for number in range(MAX_EVENT_TYPES - 1)]
    learn(home, entry, profile(code(*codes)), Sample(TOPIC, received(codes[0]).encode()))
    await until(has_state(home, "event.attic_code", "unknown"))

    async with broker.client() as device:
        await device.publish(TOPIC, received("B1E1E7"))
        await until(lambda: code_of(home) == (RECEIVED, "B1E1E7"))
        await device.publish(TOPIC, received("None"))
        await device.publish(TOPIC, received(codes[1]))
        await until(lambda: code_of(home) == (codes[1], codes[1]))
    (subentry,) = entry.subentries.values()
    assert len(subentry.data["channels"][0]["event_types"]) == MAX_EVENT_TYPES


async def test_a_position_is_on_the_map(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    learn(home, entry, profile(PLACE), Sample(TOPIC, b'{"lat": 48.85833, "lon": 2.29513}'))
    await until(lambda: position(home) == (48.85833, 2.29513))

    async with broker.client() as device:
        await device.publish(TOPIC, '{"lat": 0, "lon": 0}')
        await device.publish(TOPIC, '{"lat": 48.9, "lon": 2.3}')
        await until(lambda: position(home) == (48.9, 2.3))


def position(hass: HomeAssistant) -> tuple[float | None, float | None] | None:
    found = hass.states.get("device_tracker.attic_location")
    return (found.attributes.get("latitude"), found.attributes.get("longitude")) if found else None


async def test_the_device_reports_its_own_availability(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    wanted = profile(
        TEMPERATURE,
        topic="tele/+/SENSOR",
        identity="pow1",
        availability=Availability(topic="tele/+/LWT", online="Online", offline="Offline"),
    )
    learn(home, entry, wanted, Sample("tele/pow1/SENSOR", b'{"temperature": 21}'))

    async with broker.client() as thing:
        await thing.publish("tele/pow1/LWT", "Online", retain=True)
        await until(has_state(home, "sensor.attic_temperature", "21"))
        await thing.publish("tele/pow1/LWT", "Offline", retain=True)
        await until(has_state(home, "sensor.attic_temperature", "unavailable"))


async def test_values_come_back_after_a_restart(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    learn(home, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))
    mqtt = home.config_entries.async_entries("mqtt")[0]

    await home.config_entries.async_unload(entry.entry_id)
    assert await home.config_entries.async_reload(mqtt.entry_id)
    await until(has_state(home, "sensor.attic_temperature", "unknown"))
    assert await home.config_entries.async_setup(entry.entry_id)

    await until(has_state(home, "sensor.attic_temperature", "21.5"))


async def test_a_retained_message_counts_and_not_an_older_value(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))
    mqtt = home.config_entries.async_entries("mqtt")[0]
    await home.config_entries.async_unload(entry.entry_id)
    assert await home.config_entries.async_reload(mqtt.entry_id)
    await until(has_state(home, "sensor.attic_temperature", "unknown"))
    async with broker.client() as thing:
        await thing.publish(SAMPLE.topic, b'{"temperature": 30.5}', retain=True)
    seen = []
    async_track_state_change_event(
        home, "sensor.attic_temperature", callback(lambda event: seen.append(event.data["new_state"].state))
    )

    # As on a busy machine: core subscribes to the device's topic long after IoT Bridge asked for it.
    home.data[DATA_MQTT].client._subscribe_debouncer.set_timeout(3)
    assert await home.config_entries.async_setup(entry.entry_id)

    await until(has_state(home, "sensor.attic_temperature", "30.5"))
    assert seen == ["30.5"]


async def test_bare_values_keep_working_for_core(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    """Core and we subscribe to the same topic; the first one must not spoil the payload for the other."""
    names = [f"attic{number}" for number in range(6)]
    for name in names:
        channel = Channel(name="Temperature", path=(), subtopic="temperature", state_class="measurement")
        wanted = profile(channel, topic=f"{name}/temperature", depth=-1, devices={name: DeviceMetadata(name=name)})
        learn(home, entry, wanted, Sample(wanted.topic, b"21.5"))
    for name in names:
        await until(has_state(home, f"sensor.{name}_temperature", "21.5"))
    things = entry.runtime_data.things.things.values()
    await until(lambda: not any(device.needs_decoding for thing in things for device in thing.devices.values()))

    async with broker.client() as thing:
        for value in ("30.25", "31.25"):
            for name in names:
                await thing.publish(f"{name}/temperature", value, qos=1)
            for name in names:
                await until(has_state(home, f"sensor.{name}_temperature", value))
