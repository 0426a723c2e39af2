"""Discovery messages at the broker, on a real Mosquitto: cleared, and published again."""

import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import Sample
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.broker import Broker, state, until
from tests.kit import learn
from tests.things.attic import DOOR, SAMPLE, TEMPERATURE, TOPIC, config, device, has_state, listening, profile

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_removing_the_subentry_leaves_nothing(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))
    assert er.async_get(home).async_get("sensor.attic_temperature")

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    await until(lambda: er.async_get(home).async_get("sensor.attic_temperature") is None)
    assert device(home) is None
    async with listening(broker, "#") as left, broker.client() as asker:
        await asker.publish("end", "")
        await until(lambda: any(message.topic.value == "end" for message in left))
        assert [message.topic.value for message in left if message.retain] == []


async def test_a_removed_component_is_cleared_and_then_left_out(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE, DOOR, exact=False), SAMPLE)
    await until(has_state(home, "binary_sensor.attic_door", "on"))

    wanted = profile(TEMPERATURE, exact=False)
    home.config_entries.async_update_subentry(entry, subentry, data=wanted.as_dict())

    await until(lambda: state(home, "binary_sensor.attic_door") is None)
    async with listening(broker, "homeassistant/device/+/config") as seen:
        await until(lambda: bool(seen) and set(config(seen)["components"]) == {"sensor_temperature"})


async def test_a_broker_that_lost_everything_gets_the_messages_again(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))

    broker.kill()
    await until(has_state(home, "sensor.attic_temperature", "unavailable"))
    broker.start()
    await until(broker.listens)

    async with broker.client() as thing:
        await until(lambda: state(home, "sensor.attic_temperature") != "unavailable", 30)
        await thing.publish(TOPIC, '{"temperature": 23}', retain=True)
        await until(has_state(home, "sensor.attic_temperature", "23"))
    async with listening(broker, "homeassistant/device/+/config") as seen:
        await until(lambda: bool(seen))


async def test_a_removed_thing_stays_away_after_mqtt_was_reloaded(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    """Enabling one MQTT entity is enough for that: core's mqtt then reloads itself."""
    subentry = learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))
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
        await until(has_state(home, "sensor.attic_temperature", "22"))

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await until(lambda: device(home) is None)

    async with listening(broker, "#") as messages, broker.client() as thing:
        for number in range(3):
            await thing.publish(TOPIC, json.dumps({"temperature": number}))
        await thing.publish("end", "")
        await until(lambda: any(message.topic.value == "end" for message in messages))
        # Messages published because of these came before our own reaction to a later one.
        learn(home, entry, profile(TEMPERATURE, topic="other", identity="other"), Sample("other", SAMPLE.payload))
        await until(lambda: device(home, "other", "other") is not None)
    uid = thing_uid(TOPIC, TOPIC)
    assert [message.topic.value for message in messages if uid in message.topic.value and message.payload] == []
    assert device(home) is None
