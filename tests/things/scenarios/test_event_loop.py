"""Event loop: any message takes at most 50 ms of its processor time without interruption.

Processor time of the loop's own thread is measured: other programs on a busy machine do not count.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
import json
import time
from typing import Any
import zlib

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.iotbridge.things.flow.topic_ranking import TopicFilter, rank_topics
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.core import HomeAssistant, ServiceResponse
from homeassistant.exceptions import ServiceValidationError

from ...kit import Kit, learn

BOUND_S = 0.05
TOPIC = "attic/weather"
TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement")
FIRST = Sample(TOPIC, b'{"temperature": 21.5}')
SENML = [{"bn": f"urn:dev:{n}:", "n": "temperature", "u": "Cel", "v": 21.5, "t": n} for n in range(14_000)]
HOSTILE = {
    "1 MB of SenML": json.dumps(SENML).encode(),
    "200 KB of SenML": json.dumps(SENML[:2800]).encode(),
    "60 KB of SenML": json.dumps(SENML[:800]).encode(),
    "keys of 100 KB": json.dumps({"k" * 100_000: 1, "l" * 100_000: 2, "temperature": 3}).encode(),
    "500 long keys": json.dumps({f"{n:0250d}": n for n in range(1000)}).encode(),
    "wide": json.dumps({f"k{n}": n for n in range(20_000)}).encode(),
    "wide lists": b"[" + b"[]," * 80_000 + b"[]]",
    "deep": b"[" * 120_000 + b"]" * 120_000,
    "deep objects": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "many devices": json.dumps([{"id": n, "temperature": 1} for n in range(9_000)]).encode(),
    "no numbers": b'{"temperature": nan,' + b",".join(b'"k%d": nan' % n for n in range(15_000)) + b"}",
    "lines": b"\n".join(b"weather,room=%d temperature=21.5 1465839830100400200" % n for n in range(4_000)),
    "one long line": b"weather " + b",".join(b"a%d=1" % n for n in range(25_000)),
    "columns": b"\n".join(b"a%d,1" % n for n in range(25_000)),
    "a bomb": zlib.compress(b"[" + b"0," * 10_000_000 + b"0]", 9),
    "compressed": zlib.compress(json.dumps(SENML[:2000]).encode(), 9),
}


@asynccontextmanager
async def measured() -> AsyncGenerator[list[float]]:
    """Collect the processor time of each turn of the event loop."""
    turns: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            turns.append(time.thread_time() - before)

    task = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield turns
    finally:
        await asyncio.sleep(0)
        task.cancel()


@pytest.mark.parametrize("exact", [True, False], ids=["read directly", "handed on"])
async def test_a_hostile_message_does_not_hold_up_the_loop(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, exact: bool
) -> None:
    profile = Profile(
        topic=TOPIC, depth=0, channels=(TEMPERATURE,), devices={TOPIC: DeviceMetadata(name="Attic")}, exact=exact
    )
    subentry = learn(hass, entry, profile, FIRST)
    await hass.async_block_till_done()
    longest = {}

    for number, (name, payload) in enumerate(HOSTILE.items()):
        await kit.wait(40)
        await kit.receive(TOPIC, json.dumps({"temperature": number}))
        async with measured() as turns:
            async_fire_mqtt_message(hass, TOPIC, payload)
            await hass.async_block_till_done()
        longest[name] = max(turns)
    await kit.receive(TOPIC, '{"temperature": 99}')

    assert {name: turn for name, turn in longest.items() if turn > BOUND_S} == {}
    device = entry.runtime_data.things.things[subentry.subentry_id].devices[TOPIC]
    assert device.values["temperature"] == 99, "messages behind it are read"


async def test_messages_behind_a_long_one_keep_their_order(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    profile = Profile(topic=TOPIC, depth=0, channels=(TEMPERATURE,), devices={TOPIC: DeviceMetadata(name="Attic")})
    subentry = learn(hass, entry, profile, FIRST)
    await hass.async_block_till_done()

    for number in range(5):
        long = {"temperature": number, **{f"k{other}": other for other in range(2_000)}}
        async_fire_mqtt_message(hass, TOPIC, json.dumps(long))
    async_fire_mqtt_message(hass, TOPIC, '{"temperature": 99}')
    await hass.async_block_till_done()

    assert entry.runtime_data.things.things[subentry.subentry_id].devices[TOPIC].values["temperature"] == 99


async def test_cached_messages_are_decoded_again_in_slices(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    """Many devices are decoded again whenever their profile changes."""
    devices = {str(number): DeviceMetadata(name=f"Meter {number}") for number in range(200)}
    profile = Profile(topic="meter/+", depth=0, channels=(TEMPERATURE,), devices=devices)
    rest = {f"k{number}": number for number in range(200)}
    samples = [Sample(f"meter/{number}", json.dumps({"temperature": number, **rest}).encode()) for number in range(200)]
    subentry = learn(hass, entry, profile, *samples)
    await hass.async_block_till_done()
    await kit.wait(10)
    for sample in samples:
        await kit.receive(sample.topic, sample.payload)

    other = replace(profile, expire_after_s=7200)
    things = entry.runtime_data.things
    async with measured() as turns:
        things.things[subentry.subentry_id].async_update("Meters", other)
        await hass.async_block_till_done()

    # Announcing two hundred devices takes its time, too; decoding them all at once took many times this.
    assert max(turns) <= 10 * BOUND_S


async def test_decoding_does_not_hold_up_the_loop(hass: HomeAssistant, kit: Kit) -> None:
    longest = {}
    for name, payload in HOSTILE.items():
        data: dict[str, Any] = {"topic": TOPIC, "payload_base64": base64.b64encode(payload).decode()}
        if name in {"60 KB of SenML", "wide", "many devices"}:
            data = {"topic": TOPIC, "payload": json.loads(payload)}
        async with measured() as turns:
            await decode(hass, data)
        longest[name] = max(turns)

    assert {name: turn for name, turn in longest.items() if turn > BOUND_S} == {}


async def test_too_many_messages_at_once_are_rejected(hass: HomeAssistant, kit: Kit) -> None:
    messages = [{"topic": f"a/{number}", "payload": "1" * 1000} for number in range(1000)]

    assert "524288" in str(await decode(hass, {"messages": messages}))


async def decode(hass: HomeAssistant, data: dict[str, Any]) -> ServiceResponse | ServiceValidationError:
    try:
        return await hass.services.async_call("iotbridge", "decode_payload", data, blocking=True, return_response=True)
    except ServiceValidationError as error:
        return error


async def test_many_topics_do_not_hold_up_the_loop() -> None:
    """Listening to all topics ends with a list of any topics."""
    topic_filter = TopicFilter((), (), lambda _topic: False)
    deep = {f"{number}/" + "/".join(["a" * 300] * 200): b"1" for number in range(500)}
    crowd = {f"site/{number % 7}/floor/{number % 11}/room/{number}/sensor/t": b"1" for number in range(500)}

    before = time.thread_time()
    rank_topics(deep | crowd, topic_filter)
    assert time.thread_time() - before <= 4 * BOUND_S, "a crowd of five hundred, once in a dialog"


async def test_a_large_discovery_message_is_not_searched() -> None:
    topic_filter = TopicFilter((), ("homeassistant",), lambda _topic: False)
    config = json.dumps({f"k{number}": {"state_topic": f"a/{number}"} for number in range(40_000)}).encode()

    before = time.thread_time()
    topic_filter.is_candidate(Sample("homeassistant/sensor/x/config", config))
    assert time.thread_time() - before <= BOUND_S
