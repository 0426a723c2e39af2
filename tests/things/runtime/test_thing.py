"""Things at work, on a real Mosquitto: what a user confirmed becomes entities with values, and stays so."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
import json
from typing import Any

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Availability, Channel, Joining, Profile
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir

from ...broker import Broker, state, until
from ...kit import learn

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

TOPIC = "attic/weather"
TEMPERATURE = Channel(
    name="Temperature", path=("temperature",), unit="°C", device_class="temperature", state_class="measurement"
)
DOOR = Channel(name="Door", path=("door",), platform="binary_sensor", device_class="door", on="open", off="closed")
MODE = Channel(name="Mode", path=("mode",))
CLICK = Channel(name="Click", path=("click",), platform="event", event_types=("single", "double"))
PLACE = Channel(name="Location", path=("lat",), platform="device_tracker", companions=(("longitude", ("lon",)),))
SAMPLE = Sample(TOPIC, b'{"temperature": 21.5, "door": "open", "mode": "eco"}')


def profile(*channels: Channel, topic: str = TOPIC, identity: str = TOPIC, **more: Any) -> Profile:
    given: dict[str, Any] = {"depth": 0, "devices": {identity: DeviceMetadata(name="Attic")}, "exact": True, **more}
    return Profile(topic=topic, channels=channels, **given)


@asynccontextmanager
async def listening(broker: Broker, topic: str) -> AsyncGenerator[list[aiomqtt.Message]]:
    """Collect what the broker has on a topic, the retained messages first."""
    messages: list[aiomqtt.Message] = []
    async with broker.client() as client:

        async def read() -> None:
            async for message in client.messages:
                messages.append(message)  # noqa: PERF401 - they are looked at while they come

        await client.subscribe(topic, qos=1)
        task = asyncio.create_task(read())
        try:
            yield messages
        finally:
            task.cancel()


def config(messages: list[aiomqtt.Message]) -> Mapping[str, Any]:
    return json.loads(bytes(messages[-1].payload))  # type: ignore[no-any-return]


def says(hass: HomeAssistant, entity_id: str, expected: str) -> Callable[[], bool]:
    return lambda: state(hass, entity_id) == expected


async def test_entities_are_there_with_the_values_that_were_learned_from(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    async with listening(broker, "homeassistant/device/+/config") as seen:
        learn(home, entry, profile(TEMPERATURE, DOOR, MODE), SAMPLE)
        await until(says(home, "sensor.attic_temperature", "21.5"))
        await until(says(home, "binary_sensor.attic_door", "on"))
        await until(says(home, "sensor.attic_mode", "eco"))
        await until(lambda: bool(seen) and config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)

    async with broker.client() as device:
        await device.publish(TOPIC, '{"temperature": 22, "door": "closed"}')
        await until(says(home, "sensor.attic_temperature", "22"))
        await until(says(home, "binary_sensor.attic_door", "off"))
        assert state(home, "sensor.attic_mode") == "eco", "what a message does not say stays as it was"
        await device.publish(TOPIC, '{"temperature": null}')
        await until(says(home, "sensor.attic_temperature", "unknown"))


async def test_nothing_is_missed_while_core_takes_over(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    """A device that speaks just then, and seldom, would show an old value for an hour."""
    async with listening(broker, "homeassistant/device/+/config") as seen, broker.client() as thing:
        learn(home, entry, profile(TEMPERATURE), SAMPLE)
        await until(lambda: bool(seen) and config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)
        await thing.publish(TOPIC, '{"temperature": 99}')
        await until(says(home, "sensor.attic_temperature", "99"))
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
        await until(says(home, "sensor.attic_temperature", "19"))


async def test_what_core_cannot_read_is_decoded_and_handed_on(
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
    await until(says(home, "sensor.attic_voltage", "120.1"))

    async with broker.client() as device:
        await device.publish("senml", message.format(119.5))
        await until(says(home, "sensor.attic_voltage", "119.5"))


async def test_a_text_with_a_device_class_is_handed_on(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    mode = Channel(name="Mode", path=("mode",), device_class="enum")
    since = Channel(name="Since", path=("since",), device_class="timestamp")
    sample = Sample(TOPIC, b'{"mode": "eco", "since": "2026-11-21T17:00:00Z"}')
    learn(home, entry, profile(mode, since, exact=False), sample)

    await until(says(home, "sensor.attic_mode", "eco"))
    await until(says(home, "sensor.attic_since", "2026-11-21T17:00:00+00:00"))


async def test_a_key_is_never_part_of_a_program(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    key = 'x\'] }}{{ states | list }}{% set a = "1" %}\\'
    wanted = profile(Channel(name="Odd", path=(key,), state_class="measurement"))
    async with listening(broker, "homeassistant/device/+/config") as seen:
        learn(home, entry, wanted, Sample(TOPIC, json.dumps({key: 7}).encode()))
        await until(says(home, "sensor.attic_odd", "7"))
        published = json.dumps(config(seen))

    assert "states | list" not in published
    async with broker.client() as device:
        await device.publish(TOPIC, json.dumps({key: 8}))
        await until(says(home, "sensor.attic_odd", "8"))


async def test_a_moment_is_an_event_and_not_a_state(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(CLICK, TEMPERATURE), Sample(TOPIC, b'{"click": "single", "temperature": 20}'))
    await until(says(home, "sensor.attic_temperature", "20"))
    assert state(home, "event.attic_click") == "unknown", "what the wizard heard does not happen again"

    async with broker.client() as device:
        await device.publish(TOPIC, '{"click": "double"}')
        await until(lambda: event_type(home) == "double")
        happened = state(home, "event.attic_click")
        await device.publish(TOPIC, '{"temperature": 21}')
        await until(says(home, "sensor.attic_temperature", "21"))
        assert state(home, "event.attic_click") == happened, "it happened once"


def event_type(hass: HomeAssistant) -> str | None:
    found = hass.states.get("event.attic_click")
    return found.attributes["event_type"] if found else None


async def test_a_new_kind_of_event_is_learned_and_not_lost(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(CLICK), Sample(TOPIC, b'{"click": "single"}'))
    await until(says(home, "event.attic_click", "unknown"))

    async with broker.client() as device:
        await device.publish(TOPIC, '{"click": "quintuple"}')
        await until(lambda: event_type(home) == "quintuple")


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


async def test_removing_the_subentry_leaves_nothing(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))
    assert er.async_get(home).async_get("sensor.attic_temperature")

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    await until(lambda: er.async_get(home).async_get("sensor.attic_temperature") is None)
    assert device(home) is None
    async with listening(broker, "#") as left, broker.client() as asker:
        await asker.publish("end", "")
        await until(lambda: any(message.topic.value == "end" for message in left))
        assert [message.topic.value for message in left if message.retain] == []


def device(hass: HomeAssistant, topic: str = TOPIC, identity: str = TOPIC) -> dr.DeviceEntry | None:
    mqtt = hass.config_entries.async_entries("mqtt")[0]
    identifier = ("mqtt", thing_uid(topic, identity))
    return dr.async_get(hass).async_get_device_by_identifier(identifier, mqtt.entry_id)


async def test_a_device_deleted_in_home_assistant_is_not_wanted_any_more(
    home: HomeAssistant, entry: MockConfigEntry
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))
    found = device(home)
    assert found

    dr.async_get(home).async_remove_device(found.id)

    await until(lambda: not entry.subentries)


async def test_channels_are_renamed_dropped_and_added(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE, DOOR), SAMPLE)
    await until(says(home, "binary_sensor.attic_door", "on"))

    renamed = Channel(**{**TEMPERATURE.as_dict(), "path": ("temperature",), "name": "Warmth"})
    home.config_entries.async_update_subentry(entry, subentry, data=profile(renamed, MODE).as_dict())

    await until(lambda: state(home, "binary_sensor.attic_door") is None)
    await until(says(home, "sensor.attic_mode", "eco"))
    await until(lambda: "Warmth" in home.states.get("sensor.attic_temperature").name)  # type: ignore[union-attr]
    async with listening(broker, "homeassistant/device/+/config") as seen:
        await until(lambda: bool(seen) and set(config(seen)["components"]) == {"sensor_temperature", "sensor_mode"})


async def test_each_identity_is_a_device_and_a_new_one_is_asked_for(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    wanted = profile(TEMPERATURE, topic="meter/+", identity="one")
    learn(home, entry, wanted, Sample("meter/one", b'{"temperature": 1}'))
    await until(says(home, "sensor.attic_temperature", "1"))

    async with broker.client() as other:
        await other.publish("meter/two", '{"temperature": 2}')
        await until(lambda: issue(home, "new_devices") is not None)

    assert device(home, "meter/+", "two") is None
    assert told(home, "new_devices")["devices"] == "meter two"


def issue(hass: HomeAssistant, kind: str) -> ir.IssueEntry | None:
    return next((found for found in ir.async_get(hass).issues.values() if found.translation_key == kind), None)


def told(hass: HomeAssistant, kind: str) -> Mapping[str, str]:
    found = issue(hass, kind)
    assert found
    return found.translation_placeholders or {}


async def test_a_new_identity_joins_when_the_user_chose_so(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    wanted = profile(TEMPERATURE, topic="meter/+", identity="one", joining=Joining.ADD)
    learn(home, entry, wanted, Sample("meter/one", b'{"temperature": 1}'))
    await until(says(home, "sensor.attic_temperature", "1"))

    async with broker.client() as other:
        await other.publish("meter/two", '{"temperature": 2}')
        await until(lambda: device(home, "meter/+", "two") is not None)
        await until(says(home, "sensor.meter_two_temperature", "2"))


async def test_new_fields_are_offered_and_never_added_silently(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE), Sample(TOPIC, b'{"temperature": 21}'))
    await until(says(home, "sensor.attic_temperature", "21"))

    async with broker.client() as thing:
        await thing.publish(TOPIC, '{"temperature": 21, "humidity": 40, "battery": 90}')
        await until(lambda: issue(home, "new_fields") is not None)

    assert told(home, "new_fields")["count"] == "2"
    assert state(home, "sensor.attic_humidity") is None
    assert set(entry.runtime_data.things.news(subentry.subentry_id).fields) == {"humidity", "battery"}


async def test_the_device_says_itself_whether_it_is_there(
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
        await until(says(home, "sensor.attic_temperature", "21"))
        await thing.publish("tele/pow1/LWT", "Offline", retain=True)
        await until(says(home, "sensor.attic_temperature", "unavailable"))


async def test_broken_messages_are_counted_and_the_last_good_value_stays(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))

    async with broker.client() as thing:
        for payload in ('{"temperature": ', '{"temperature": "warm"}', b"\x00\x01\xfe\xff"):
            await thing.publish(TOPIC, payload)
        things = entry.runtime_data.things
        await until(lambda: things.things[subentry.subentry_id].broken[TOPIC] == 3)
        await thing.publish("end", "")
    assert state(home, "sensor.attic_temperature") == "21.5"


async def test_a_device_that_goes_mad_is_slowed_down_and_named(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))

    async with listening(broker, "iotbridge/thing/+/state") as handed_on, broker.client() as thing:
        before = len(handed_on)
        for number in range(600):
            await thing.publish(TOPIC, json.dumps({"temperature": number}))
        await until(lambda: issue(home, "thing_flooding") is not None)
        await until(says(home, "sensor.attic_temperature", "599"))
        assert len(handed_on) - before < 150, "of six hundred: a burst is fine, then one in a second"


async def test_values_come_back_after_a_restart(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    learn(home, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))
    mqtt = home.config_entries.async_entries("mqtt")[0]

    await home.config_entries.async_unload(entry.entry_id)
    assert await home.config_entries.async_reload(mqtt.entry_id)
    await until(says(home, "sensor.attic_temperature", "unknown"))
    assert await home.config_entries.async_setup(entry.entry_id)

    await until(says(home, "sensor.attic_temperature", "21.5"))


async def test_a_broker_that_forgot_everything_is_told_again(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))

    broker.kill()
    await until(says(home, "sensor.attic_temperature", "unavailable"))
    broker.start()
    await until(broker.listens)

    async with broker.client() as thing:
        await until(lambda: state(home, "sensor.attic_temperature") != "unavailable", 30)
        await thing.publish(TOPIC, '{"temperature": 23}', retain=True)
        await until(says(home, "sensor.attic_temperature", "23"))
    async with listening(broker, "homeassistant/device/+/config") as seen:
        await until(lambda: bool(seen))


async def test_a_removed_thing_stays_away_after_mqtt_was_reloaded(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    """Switching on one MQTT entity is enough for that: core's mqtt then reloads itself."""
    subentry = learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(says(home, "sensor.attic_temperature", "21.5"))
    entity = er.async_get(home).async_update_entity(
        "sensor.attic_temperature", disabled_by=er.RegistryEntryDisabler.USER
    )
    await until(lambda: home.states.get(entity.entity_id) is None)
    (mqtt,) = home.config_entries.async_entries("mqtt")
    reloaded = home.config_entries.async_reload(mqtt.entry_id)
    er.async_get(home).async_update_entity(entity.entity_id, disabled_by=None)
    assert await reloaded
    async with broker.client() as thing:
        await thing.publish(TOPIC, '{"temperature": 22}', retain=True)
        await until(says(home, "sensor.attic_temperature", "22"))

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await until(lambda: device(home) is None)

    async with listening(broker, "#") as messages, broker.client() as thing:
        for number in range(3):
            await thing.publish(TOPIC, json.dumps({"temperature": number}))
        await thing.publish("end", "")
        await until(lambda: any(message.topic.value == "end" for message in messages))
        # What was published because of these messages came before our own answer to a later one.
        learn(home, entry, profile(TEMPERATURE, topic="other", identity="other"), Sample("other", SAMPLE.payload))
        await until(lambda: device(home, "other", "other") is not None)
    uid = thing_uid(TOPIC, TOPIC)
    assert [message.topic.value for message in messages if uid in message.topic.value and message.payload] == []
    assert device(home) is None


async def test_bare_values_stay_alive_for_core(home: HomeAssistant, entry: MockConfigEntry, broker: Broker) -> None:
    """Core and we subscribe to the same topic; whoever is first must not spoil the payload for the other."""
    names = [f"attic{number}" for number in range(6)]
    for name in names:
        channel = Channel(name="Temperature", path=(), subtopic="temperature", state_class="measurement")
        wanted = profile(channel, topic=f"{name}/temperature", depth=-1, devices={name: DeviceMetadata(name=name)})
        learn(home, entry, wanted, Sample(wanted.topic, b"21.5"))
    for name in names:
        await until(says(home, f"sensor.{name}_temperature", "21.5"))
    things = entry.runtime_data.things.things.values()
    await until(lambda: not any(one.is_read for thing in things for one in thing.devices.values()))

    async with broker.client() as thing:
        for value in ("30.25", "31.25"):
            for name in names:
                await thing.publish(f"{name}/temperature", value, qos=1)
            for name in names:
                await until(says(home, f"sensor.{name}_temperature", value))
