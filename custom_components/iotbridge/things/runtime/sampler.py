"""Temporary subscriptions that collect samples while a user learns a device."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ... import mqtt_client
from ...topic_filters import has_wildcard
from ..model.message import Sample

WAIT_S = 60
LISTEN_S = 30
# After the first message, a tree of topics gets time to publish the rest: until it is quiet, but not forever.
QUIET_S = 1
GATHER_S = 5
MAX_MESSAGES = 1000
MAX_BYTES = 8 * 1024 * 1024
MAX_TOPICS = 500
# Longer payloads are cut off, one byte after this.
MAX_PAYLOAD = 16 * 1024

type Progress = Callable[[float], None]


class Sampler:
    """Collects the newest messages, limited in number and bytes."""

    def __init__(self, is_ignored: Callable[[str], bool]) -> None:
        """Start without messages; ``is_ignored`` returns whether messages on a topic are skipped."""
        self._is_ignored = is_ignored
        self.samples: list[Sample] = []
        self.received = asyncio.Event()
        self._bytes = 0

    @callback
    def async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        """Store a message; an empty one only clears a retained one."""
        payload = mqtt_client.payload_of(message)
        if not payload or self._is_ignored(message.topic):
            return
        self.samples.append(Sample(message.topic, payload))
        self._bytes += len(payload)
        while len(self.samples) > MAX_MESSAGES or (self._bytes > MAX_BYTES and len(self.samples) > 1):
            self._bytes -= len(self.samples.pop(0).payload)
        self.received.set()


@dataclass(frozen=True, slots=True)
class WaitResult:
    """Messages received on the awaited topic, and on the topics nearby; both in order of arrival."""

    samples: tuple[Sample, ...]
    nearby: tuple[Sample, ...] = ()


async def async_wait(
    hass: HomeAssistant, topic: str, nearby: Iterable[str], is_ignored: Callable[[str], bool], progress: Progress
) -> WaitResult:
    """Wait for messages of a device, and a moment more for the rest; empty after WAIT_S without a message.

    ``nearby`` are topics where the device may report its availability; ``is_ignored`` returns whether a topic that a
    wildcard matches belongs to no device; ``progress`` receives values from 0 to 1.
    """
    sampler, nearby_sampler = Sampler(is_ignored), Sampler(is_ignored)
    async with _subscribed(hass, {topic: sampler} | dict.fromkeys(nearby, nearby_sampler)):
        async with _reporting(hass, WAIT_S, progress):
            try:
                async with asyncio.timeout(WAIT_S):
                    await sampler.received.wait()
            except TimeoutError:
                return WaitResult(())
        try:
            async with asyncio.timeout(GATHER_S if has_wildcard(topic) else QUIET_S):
                while True:
                    sampler.received.clear()
                    async with asyncio.timeout(QUIET_S):
                        await sampler.received.wait()
        except TimeoutError:
            return WaitResult(tuple(sampler.samples), tuple(nearby_sampler.samples))


class BrokerSampler:
    """Collects the newest message of every topic, newest topic last, limited in number and bytes."""

    def __init__(self, is_kept: Callable[[Sample], bool]) -> None:
        """``is_kept`` receives every message and returns whether to store it."""
        self.messages: dict[str, bytes] = {}
        self._is_kept = is_kept

    @callback
    def async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        """Store a message, or its start if it is long."""
        payload = mqtt_client.payload_of(message)
        if not payload or not self._is_kept(Sample(message.topic, payload)):
            return
        self.messages.pop(message.topic, None)
        self.messages[message.topic] = payload[: MAX_PAYLOAD + 1]
        while len(self.messages) > MAX_TOPICS:
            del self.messages[next(iter(self.messages))]


async def async_listen(hass: HomeAssistant, sampler: BrokerSampler, progress: Progress) -> None:
    """Subscribe a sampler to all topics for LISTEN_S."""
    async with _subscribed(hass, {"#": sampler}), _reporting(hass, LISTEN_S, progress):
        await asyncio.sleep(LISTEN_S)


@asynccontextmanager
async def _subscribed(
    hass: HomeAssistant, receivers: dict[str, Sampler] | dict[str, BrokerSampler]
) -> AsyncGenerator[None]:
    leases = []
    try:
        for topic, receiver in receivers.items():
            remove = await mqtt_client.async_subscribe(hass, topic, receiver.async_receive)
            leases.append(mqtt_client.TemporarySubscription(hass, topic, remove))
        yield
    finally:
        for lease in leases:
            lease.async_release()


@asynccontextmanager
async def _reporting(hass: HomeAssistant, seconds: float, progress: Progress) -> AsyncGenerator[None]:
    """Report the progress every second."""
    started = time.monotonic()

    @callback
    def report(_now: datetime) -> None:
        progress(min(1.0, (time.monotonic() - started) / seconds))

    stop = async_track_time_interval(hass, report, timedelta(seconds=1))
    try:
        yield
    finally:
        stop()
