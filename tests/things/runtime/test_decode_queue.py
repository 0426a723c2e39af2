"""Limits for the share of Home Assistant's executor and memory that messages may take."""

import asyncio
from collections import Counter
from collections.abc import Callable
import inspect
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from custom_components.iotbridge.things.runtime.decode_queue import (
    MAX_TOTAL_BYTES,
    DecodeLimits,
    DecodeQueue,
    Job,
    Outcome,
)
from homeassistant.core import HomeAssistant
from tests.kit import Kit, learn

TOPIC = "attic/weather"
WIDE = json.dumps({f"k{n}": n for n in range(5_000)} | {"temperature": 3})
FILTERS = (TOPIC, "attic/+", "+/weather", "+/+", "attic/#", "#")
TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement")


async def test_a_message_under_many_filters_takes_two_threads_at_most(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for topic in FILTERS:
        about = {TOPIC: DeviceMetadata(name=f"Attic {topic}")}
        learn(hass, entry, Profile(topic=topic, depth=0, channels=(TEMPERATURE,), devices=about, exact=False))
    await hass.async_block_till_done()
    started, seen = list[asyncio.Future[Any]](), Counter[int]()
    execute = hass.async_add_executor_job

    def count(target: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        future = execute(target, *args)
        if inspect.unwrap(getattr(target, "func", target)).__module__ == DecodeQueue.__module__:
            started.append(future)
            # A fast job ends while it is being started, before its callbacks are called.
            seen[sum(not job.done() for job in started[:-1]) + 1] += 1
        return future  # others are Home Assistant's own jobs

    monkeypatch.setattr(hass, "async_add_executor_job", count)
    await kit.receive(TOPIC, WIDE)

    assert seen.total() >= len(FILTERS)
    assert max(seen) <= 2


async def test_all_queues_together_hold_a_bounded_number_of_bytes_and_spare_the_short_ones(hass: HomeAssistant) -> None:
    limits, dropped, taken = DecodeLimits(), Counter[str](), Counter[str]()

    def job(topic: str, payload: bytes) -> Job:
        def take(_outcome: Outcome) -> None:
            taken[topic] += 1

        return Job(Sample(topic, payload), take)

    def queue() -> DecodeQueue:
        return DecodeQueue(hass, "decode", limits, lambda sample: dropped.update([sample.topic]))

    calm, mad = queue(), [queue() for _ in range(8)]
    calm.async_put(job("calm", b"[" + b"1," * 5_000 + b"1]"))
    for _ in range(15):
        for queue_ in mad:
            queue_.async_put(job("mad", b"x" * 256 * 1024))

    waiting = sum(queue_.waiting_bytes for queue_ in (calm, *mad))
    assert MAX_TOTAL_BYTES - 256 * 1024 < waiting <= MAX_TOTAL_BYTES
    for queue_ in (calm, *mad):
        await queue_.async_join()
    assert taken["calm"] == 1
    assert dropped["calm"] == 0
    assert dropped["mad"] + taken["mad"] == 8 * 15
    assert limits.queues == set()
