"""Things under bad conditions: floods, crowds, clean-ups, outages; nothing is lost, nothing grows forever."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import Channel
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ...broker import Broker, state, until
from ...kit import Kit, learn
from ..attic import TEMPERATURE, TOPIC, UID, profile

CLICK = Channel(name="Click", path=("click",), platform="event", event_types=("single",))
SAMPLE = Sample(TOPIC, b'{"temperature": 21.5}')
real_broker = pytest.mark.parametrize("expected_lingering_timers", [True])


def published(kit: Kit, leaf: str) -> list[Any]:
    calls = kit.mqtt.async_publish.call_args_list
    return [call.args[1] for call in calls if call.args[0] == f"iotbridge/thing/{UID}/{leaf}"]


@real_broker
async def test_a_cleaned_broker_costs_the_user_nothing(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")

    async with broker.client() as cleaner:
        await cleaner.publish(f"homeassistant/device/{UID}/config", "", qos=1, retain=True)
        await until(lambda: state(home, "sensor.attic_temperature") is None)
        await until(lambda: state(home, "sensor.attic_temperature") is not None)

    assert entry.subentries


@real_broker
async def test_devices_removed_without_a_broker_are_cleared_when_it_is_back(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")
    broker.kill()
    await until(lambda: state(home, "sensor.attic_temperature") == "unavailable")

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    broker.start()
    await until(broker.listens)

    mqtt = home.config_entries.async_entries("mqtt")[0]
    await until(
        lambda: dr.async_get(home).async_get_device_by_identifier(("mqtt", UID), mqtt.entry_id) is None, timeout_s=40
    )


@real_broker
async def test_a_device_removed_and_learned_again_without_a_broker_stays(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    door = Channel(name="Door", path=("door",), platform="binary_sensor", on="open", off="closed")
    learned = Sample(TOPIC, b'{"temperature": 21.5, "door": "open"}')
    subentry = learn(home, entry, profile(TEMPERATURE, door), learned)
    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")
    await until(lambda: state(home, "binary_sensor.attic_door") == "on")
    broker.kill()
    await until(lambda: state(home, "sensor.attic_temperature") == "unavailable")

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    broker.start()
    await until(broker.listens)

    await until(lambda: not entry.runtime_data.things._store.leftovers, timeout_s=40)
    async with broker.client() as device:
        await device.publish(TOPIC, '{"temperature": 30}', retain=True)
        await until(lambda: state(home, "sensor.attic_temperature") == "30")
    await until(lambda: state(home, "binary_sensor.attic_door") is None)
    assert len(entry.subentries) == 1


@real_broker
async def test_a_device_removed_and_learned_again_at_once_exists(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")

    home.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(lambda: not entry.runtime_data.things._store.leftovers)

    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")
    async with broker.client() as device:
        await device.publish(TOPIC, '{"temperature": 30}', retain=True)
        await until(lambda: state(home, "sensor.attic_temperature") == "30")


async def test_removing_the_integration_clears_leftovers(hass: HomeAssistant, kit: Kit, entry: MockConfigEntry) -> None:
    gone = learn(hass, entry, profile(TEMPERATURE), SAMPLE)
    other = Sample("cellar/weather", SAMPLE.payload)
    learn(hass, entry, profile(TEMPERATURE, topic=other.topic, identity=other.topic), other)
    await hass.async_block_till_done()
    kit.mqtt.connected = False
    hass.config_entries.async_remove_subentry(entry, gone.subentry_id)
    await hass.async_block_till_done()
    kit.mqtt.connected = True

    await hass.config_entries.async_remove(entry.entry_id)

    emptied = {call.args[0] for call in kit.mqtt.async_publish.call_args_list if not call.args[1]}
    for uid in (UID, thing_uid(other.topic, other.topic)):
        assert {f"homeassistant/device/{uid}/config", f"iotbridge/thing/{uid}/availability"} <= emptied


@real_broker
async def test_removing_the_integration_without_a_broker_clears_everything_after_its_return(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")
    mqtt = home.config_entries.async_entries("mqtt")[0]
    broker.kill()
    await until(lambda: state(home, "sensor.attic_temperature") == "unavailable")

    await home.config_entries.async_remove(entry.entry_id)
    broker.start()
    # Retained by the broker across its restart, or restored by another bridge.
    await until(broker.listens)
    async with broker.client() as other:
        await other.subscribe(f"homeassistant/device/{UID}/config", qos=1)
        async with asyncio.timeout(40):
            message = await anext(other.messages)
    assert message.payload == b""
    await until(lambda: dr.async_get(home).async_get_device_by_identifier(("mqtt", UID), mqtt.entry_id) is None)
    await until(lambda: not Path(home.config.path(".storage", "iotbridge.things")).exists())
    entry.add_to_hass(home)  # for the fixture that stops it


async def test_a_flood_is_read_once_a_second(hass: HomeAssistant, kit: Kit, entry: MockConfigEntry) -> None:
    learn(hass, entry, profile(CLICK), Sample(TOPIC, b'{"click": "single"}'))
    await hass.async_block_till_done()
    await kit.wait(10)
    before = len(published(kit, "state"))

    for _ in range(500):
        await kit.receive(TOPIC, '{"click": "single"}')
    assert len(published(kit, "state")) - before <= 100
    await kit.wait(1.1)

    assert len(published(kit, "state")) - before <= 101


async def test_an_unlimited_number_of_words_are_not_event_types(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    subentry = learn(hass, entry, profile(CLICK), Sample(TOPIC, b'{"click": "single"}'))
    await hass.async_block_till_done()

    for number in range(80):
        await kit.receive(TOPIC, json.dumps({"click": f"card {number}"}))
        await kit.wait(4)

    (channel,) = entry.subentries[subentry.subentry_id].data["channels"]
    assert len(channel["event_types"]) <= 50


async def test_an_outage_of_the_broker_does_not_count_as_silence(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    learn(hass, entry, profile(TEMPERATURE, expire_after_s=120), SAMPLE)
    await hass.async_block_till_done()
    things = entry.runtime_data.things
    things._async_connection_changed(False)

    await kit.wait(3600)
    assert published(kit, "availability") == ["online"]
    things._async_connection_changed(True)
    await kit.wait(60)

    assert "offline" not in published(kit, "availability")


async def test_a_device_that_core_reads_stays_online(hass: HomeAssistant, kit: Kit, entry: MockConfigEntry) -> None:
    learn(hass, entry, profile(TEMPERATURE, expire_after_s=120), SAMPLE)
    await hass.async_block_till_done()
    await kit.wait(200)
    assert published(kit, "availability")[-1] == "offline"

    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()

    assert published(kit, "availability")[-1] == "online"
