"""Subscriptions beside those of others, and across a reload of core's mqtt, on a real Mosquitto."""

import asyncio
from collections import defaultdict
import json
from typing import Any
from uuid import uuid4

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.iotbridge import mqtt_client
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.components import mqtt
from homeassistant.components.mqtt import debug_info
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .broker import Broker, state, until
from .dialog import Flow
from .kit import learn
from .rules import put_rule

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

# Core keeps the subscriptions of a topic in a set: the order of two is random for each topic.
NAMES = ("attic", "cellar", "garage", "kitchen", "office", "porch", "shed", "stable")
TEXTS = ("21.5", "ON", "", "Zürich", '{"door": "open"}')
NOT_TEXT = (b"\x00\xff\xfe\x81", b"\xff")


def mqtt_entry(home: HomeAssistant) -> MockConfigEntry:
    (entry,) = home.config_entries.async_entries("mqtt")
    assert isinstance(entry, MockConfigEntry)
    return entry


def read_by_core(home: HomeAssistant) -> set[str]:
    """Return the topics that core's MQTT entities are subscribed to."""
    entities = debug_info.info_for_config_entry(home)["entities"]
    return {subscription["topic"] for entity in entities for subscription in entity["subscriptions"]}


def mqtt_device(home: HomeAssistant, identifier: str) -> dr.DeviceEntry | None:
    registry, entry_id = dr.async_get(home), mqtt_entry(home).entry_id
    return registry.async_get_device_by_identifier(("mqtt", identifier), entry_id)


async def settle(home: HomeAssistant, client: aiomqtt.Client) -> None:
    """Wait until Home Assistant has received all earlier messages of the client, and the broker has its subscriptions.

    Core subscribes in rounds: earlier subscriptions are in the round of the marker or before it.
    """
    received: list[mqtt.ReceiveMessage] = []
    marker = f"marker/{uuid4()}"
    stop = await mqtt.async_subscribe(home, marker, received.append)
    await client.publish(marker, "", qos=1)
    await client.publish(marker, "end", qos=1, retain=True)
    await until(lambda: bool(received))
    stop()


async def reload_mqtt(home: HomeAssistant, client: aiomqtt.Client) -> None:
    assert await home.config_entries.async_reload(mqtt_entry(home).entry_id)
    await until(lambda: mqtt.is_connected(home))
    await settle(home, client)


def weather(name: str = "Attic", topic: str = "attic/weather") -> tuple[Profile, Sample]:
    channel = Channel(name="Temperature", path=("temperature",), state_class="measurement")
    profile = Profile(topic=topic, depth=0, channels=(channel,), devices={topic: DeviceMetadata(name=name)}, exact=True)
    return profile, Sample(topic, b'{"temperature": 21.5}')


async def test_learned_things_with_bare_values_get_their_messages(home: HomeAssistant, broker: Broker) -> None:
    dialog = Flow(home, "device")
    for name in NAMES:
        await dialog.start("paste")
        await dialog.submit(topic=f"{name}/temperature", payload="21.5")
        assert dialog.step == "device"
        assert (await dialog.submit(name=name.title()))["type"] is FlowResultType.CREATE_ENTRY
    topics = {f"{name}/temperature" for name in NAMES}
    await until(lambda: topics <= read_by_core(home))

    async with broker.client() as devices:
        await settle(home, devices)
        for value in ("30.25", "31.25"):
            for topic in topics:
                await devices.publish(topic, value, qos=1)
            await settle(home, devices)
            assert {name: state(home, f"sensor.{name}_temperature") for name in NAMES} == dict.fromkeys(NAMES, value)


@pytest.mark.parametrize("topic", ["{}/value", "{}/+"], ids=["exact", "wildcard"])
async def test_other_subscribers_get_the_same_text_as_without_us(
    home: HomeAssistant, broker: Broker, topic: str
) -> None:
    ours, theirs = defaultdict[str, list[bytes]](list), defaultdict[str, list[Any]](list)

    @callback
    def receive(message: mqtt.ReceiveMessage) -> None:
        ours[message.topic].append(mqtt_client.payload_of(message))

    @callback
    def receive_text(message: mqtt.ReceiveMessage) -> None:
        theirs[message.topic].append(message.payload)

    stops = []
    for number, name in enumerate(NAMES):
        foreign = mqtt.async_subscribe(home, topic.format(name), receive_text, qos=1)
        own = mqtt_client.async_subscribe(home, topic.format(name), receive)
        stops += [await subscription for subscription in ((foreign, own) if number % 2 else (own, foreign))]
    payloads = [*(text.encode() for text in TEXTS), *NOT_TEXT]
    async with broker.client() as device:
        await settle(home, device)
        for name in NAMES:
            for payload in payloads:
                await device.publish(f"{name}/value", payload, qos=1)
        await settle(home, device)
    for stop in stops:
        stop()

    topics = [f"{name}/value" for name in NAMES]
    assert theirs == {topic: list(TEXTS) for topic in topics}
    assert ours == dict.fromkeys(topics, payloads)


async def test_other_subscribers_get_the_bytes_they_requested(
    home: HomeAssistant, broker: Broker, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(home, "image", {})
    client = await hass_ws_client(home)
    payload = b"\x00\xd7\xff"
    stops = []
    async with broker.client() as device:
        await settle(home, device)
        for name in NAMES:
            topic = f"{name}/raw"
            stops += [
                await mqtt_client.async_subscribe(home, f"{name}/{leaf}", lambda _message: None)
                for leaf in ("raw", "latin")
            ]
            components: dict[str, dict[str, str]] = {
                "image": {"platform": "image", "image_topic": topic, "content_type": "image/png"},
                "sensor": {
                    "platform": "sensor",
                    "state_topic": topic,
                    "encoding": "",
                    "value_template": "{{ value | unpack('>H') }}",
                },
                "text": {"platform": "sensor", "state_topic": f"{name}/latin", "encoding": "iso-8859-1"},
            }
            for key, component in components.items():
                component |= {
                    "unique_id": f"{name}_{key}",
                    "default_entity_id": f"{component['platform']}.{name}_{key}",
                }
            config = {"device": {"identifiers": [name]}, "origin": {"name": "others"}, "components": components}
            await device.publish(f"homeassistant/device/{name}/config", json.dumps(config), qos=1)
            await client.send_json_auto_id({"type": "mqtt/subscribe", "topic": topic, "qos": 1})
            assert (await client.receive_json())["success"]
        await until(lambda: {f"{name}/{leaf}" for name in NAMES for leaf in ("raw", "latin")} <= read_by_core(home))
        await settle(home, device)
        for name in NAMES:
            await device.publish(f"{name}/raw", payload, qos=1)
            await device.publish(f"{name}/latin", "21 °C".encode("latin-1"), qos=1)
        await settle(home, device)

    http = await hass_client()
    for name in NAMES:
        assert (await client.receive_json())["event"]["payload"] in {str(payload), payload.decode("latin-1")}
        assert state(home, f"sensor.{name}_sensor") == "215"
        assert state(home, f"sensor.{name}_text") == "21 °C"
        response = await http.get(f"/api/image_proxy/image.{name}_image")
        assert await response.read() == payload
    for stop in stops:
        stop()


async def test_no_subscription_of_ours_stays_in_core_after_a_reload(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    def topics() -> list[str]:
        return sorted(subscription.topic for subscription in home.data["mqtt"].client.subscriptions)

    before = topics()
    async with broker.client() as client:
        await reload_mqtt(home, client)
    assert topics() == before
    assert await home.config_entries.async_unload(entry.entry_id)
    assert not [topic for topic in topics() if topic.startswith("iotbridge/device/+/+")]
    assert await home.config_entries.async_setup(entry.entry_id)
    assert topics() == before


async def test_a_thing_learned_while_mqtt_is_away_is_read_when_it_is_back(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    assert await home.config_entries.async_unload(mqtt_entry(home).entry_id)
    learn(home, entry, *weather())
    await home.async_block_till_done()
    assert await home.config_entries.async_setup(mqtt_entry(home).entry_id)
    await until(lambda: state(home, "sensor.attic_temperature") == "21.5")

    async with broker.client() as device:
        await settle(home, device)
        await device.publish("attic/weather", '{"temperature": 22.5}', qos=1)
        await until(lambda: state(home, "sensor.attic_temperature") == "22.5")


async def test_a_removed_thing_stays_away_after_mqtt_was_reloaded(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    profile, sample = weather()
    uid = thing_uid(profile.topic, profile.topic)
    subentry = learn(home, entry, profile, sample)
    await until(lambda: profile.topic in read_by_core(home))
    async with broker.client() as device:
        await reload_mqtt(home, device)
        home.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        await until(lambda: mqtt_device(home, uid) is None)

        await device.subscribe("iotbridge/thing/#", qos=1)
        await device.subscribe("homeassistant/#", qos=1)
        await device.publish("homeassistant/end", "retained", qos=1)
        while str((await anext(device.messages)).topic) != "homeassistant/end":
            pass
        for value in range(3):
            await device.publish(profile.topic, json.dumps({"temperature": 30 + value}), qos=1)
        await settle(home, device)
        await home.async_block_till_done()
        await device.publish("homeassistant/end", "now", qos=1)
        assert str((await anext(device.messages)).topic) == "homeassistant/end"


async def test_mqtt_devices_are_removed_by_their_discovery_topic_after_mqtt_was_reloaded(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    profile, sample = weather()
    learn(home, entry, profile, sample)
    uid = thing_uid(profile.topic, profile.topic)
    await until(lambda: mqtt_device(home, uid) is not None)
    foreign = {
        "device": {"identifiers": ["lamp-1"], "name": "Lamp"},
        "origin": {"name": "lamps"},
        "components": {"power": {"platform": "sensor", "unique_id": "lamp-1-power", "state_topic": "lamp/power"}},
    }
    async with broker.client() as vendor:
        await vendor.publish("homeassistant/device/lamp-1/config", json.dumps(foreign), qos=1, retain=True)
        await until(lambda: mqtt_device(home, "lamp-1") is not None)
        await reload_mqtt(home, vendor)
        await vendor.publish("homeassistant/device/lamp-1/config", "", qos=1, retain=True)
        await until(lambda: mqtt_device(home, "lamp-1") is None)


async def test_a_removed_rule_for_messages_gets_none_after_mqtt_was_reloaded(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    condition = Condition(kind=AlarmKind.MESSAGE, topic="boiler/error")
    kept = put_rule(home, entry, condition=condition, selection=Selection(), name="Boiler")
    removed = put_rule(home, entry, condition=condition, selection=Selection(), name="Old boiler")
    await home.async_block_till_done()
    alarms = entry.runtime_data.alarms
    async with broker.client() as boiler:
        await reload_mqtt(home, boiler)
        home.config_entries.async_remove_subentry(entry, removed)
        await home.async_block_till_done()
        await boiler.publish("boiler/error", "E17", qos=1)
        await settle(home, boiler)

    rows = await alarms.async_history(HistoryQuery())
    assert {row["rule_id"] for row in rows} == {kept}


async def test_a_subscription_cancelled_while_it_is_made_is_not_left_in_core(
    home: HomeAssistant, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, may_go_on = asyncio.Event(), asyncio.Event()
    subscribe = mqtt.async_subscribe

    async def subscribe_later(hass: HomeAssistant, topic: str, *args: Any, **more: Any) -> CALLBACK_TYPE:
        if topic == "ended":
            waits.set()
            await may_go_on.wait()
        return await subscribe(hass, topic, *args, **more)

    assert await home.config_entries.async_unload(mqtt_entry(home).entry_id)
    end = await mqtt_client.async_subscribe(home, "ended", lambda _message: None)
    keep = await mqtt_client.async_subscribe(home, "kept", lambda _message: None)
    monkeypatch.setattr(mqtt, "async_subscribe", subscribe_later)
    assert await home.config_entries.async_setup(mqtt_entry(home).entry_id)
    await waits.wait()
    end()
    may_go_on.set()

    async with broker.client() as client:
        await settle(home, client)
    topics = {subscription.topic for subscription in home.data["mqtt"].client.subscriptions}
    assert topics & {"ended", "kept"} == {"kept"}
    keep()


async def test_a_rejected_subscription_does_not_block_others(
    home: HomeAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refuses = True
    subscribe = mqtt.async_subscribe

    async def refuse(hass: HomeAssistant, topic: str, *args: Any, **more: Any) -> CALLBACK_TYPE:
        if refuses and topic == "refused":
            raise HomeAssistantError("not now")
        return await subscribe(hass, topic, *args, **more)

    def topics() -> set[str]:
        return {subscription.topic for subscription in home.data["mqtt"].client.subscriptions}

    assert await home.config_entries.async_unload(mqtt_entry(home).entry_id)
    stops = [await mqtt_client.async_subscribe(home, topic, lambda _message: None) for topic in ("refused", "other")]
    monkeypatch.setattr(mqtt, "async_subscribe", refuse)
    assert await home.config_entries.async_setup(mqtt_entry(home).entry_id)
    await until(lambda: "other" in topics())
    assert "refused" not in topics()
    assert "Could not subscribe to refused; retrying when MQTT is set up again: not now" in caplog.text

    refuses = False
    assert await home.config_entries.async_reload(mqtt_entry(home).entry_id)
    await until(lambda: {"refused", "other"} <= topics())
    for stop in stops:
        stop()
