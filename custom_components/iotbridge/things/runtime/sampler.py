"""Hears what is on the broker, for as long as somebody learns a device from it."""

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
# After its first message a tree of topics is given time to say the rest: until it is quiet, but not for ever.
QUIET_S = 1
GATHER_S = 5
MAX_MESSAGES = 1000
MAX_BYTES = 8 * 1024 * 1024
MAX_TOPICS = 500
# Of a longer payload the beginning is kept, one byte more than this.
MAX_PAYLOAD = 16 * 1024

type Progress = Callable[[float], None]


class Sampler:
    """Keeps the newest messages, bounded in number and bytes."""

    def __init__(self, ignores: Callable[[str], bool]) -> None:
        """Start with nothing heard; what comes on a topic that is ignored is no message."""
        self._ignores = ignores
        self.samples: list[Sample] = []
        self.heard = asyncio.Event()
        self._bytes = 0

    @callback
    def async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        """Keep a message; an empty one only takes back a retained one."""
        payload = mqtt_client.payload_of(message)
        if not payload or self._ignores(message.topic):
            return
        self.samples.append(Sample(message.topic, payload))
        self._bytes += len(payload)
        while len(self.samples) > MAX_MESSAGES or (self._bytes > MAX_BYTES and len(self.samples) > 1):
            self._bytes -= len(self.samples.pop(0).payload)
        self.heard.set()


@dataclass(frozen=True, slots=True)
class WaitResult:
    """Messages received on the awaited topic, and on the topics beside it; both in the order of arrival."""

    samples: tuple[Sample, ...]
    beside: tuple[Sample, ...] = ()


async def async_wait(
    hass: HomeAssistant, topic: str, beside: Iterable[str], ignores: Callable[[str], bool], progress: Progress
) -> WaitResult:
    """Wait for a device to speak, and then a moment more; what was heard is empty after WAIT_S of silence.

    ``beside`` are topics where the device may say whether it is there; ``ignores`` tells of a topic whether a wildcard
    catches there what is no device; ``progress`` is told from 0 to 1.
    """
    ear, neighbour = Sampler(ignores), Sampler(ignores)
    async with _subscribed(hass, {topic: ear} | dict.fromkeys(beside, neighbour)):
        async with _told(hass, WAIT_S, progress):
            try:
                async with asyncio.timeout(WAIT_S):
                    await ear.heard.wait()
            except TimeoutError:
                return WaitResult(())
        try:
            async with asyncio.timeout(GATHER_S if has_wildcard(topic) else QUIET_S):
                while True:
                    ear.heard.clear()
                    async with asyncio.timeout(QUIET_S):
                        await ear.heard.wait()
        except TimeoutError:
            return WaitResult(tuple(ear.samples), tuple(neighbour.samples))


class BrokerSampler:
    """The newest message of every topic, newest topic last, bounded in number and bytes."""

    def __init__(self, notice: Callable[[Sample], bool]) -> None:
        """``notice`` is shown every message first, and tells whether to keep it."""
        self.messages: dict[str, bytes] = {}
        self._notice = notice

    @callback
    def async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        """Keep a message, or its beginning when it is long."""
        payload = mqtt_client.payload_of(message)
        if not payload or not self._notice(Sample(message.topic, payload)):
            return
        self.messages.pop(message.topic, None)
        self.messages[message.topic] = payload[: MAX_PAYLOAD + 1]
        while len(self.messages) > MAX_TOPICS:
            del self.messages[next(iter(self.messages))]


async def async_listen(hass: HomeAssistant, notice: Callable[[Sample], bool], progress: Progress) -> dict[str, bytes]:
    """Hear everything for LISTEN_S; return the newest payload by topic, newest topic last."""
    crowd = BrokerSampler(notice)
    async with _subscribed(hass, {"#": crowd}), _told(hass, LISTEN_S, progress):
        await asyncio.sleep(LISTEN_S)
    return crowd.messages


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
async def _told(hass: HomeAssistant, seconds: float, progress: Progress) -> AsyncGenerator[None]:
    """Report the progress every second."""
    began = time.monotonic()

    @callback
    def tell(_now: datetime) -> None:
        progress(min(1.0, (time.monotonic() - began) / seconds))

    stop = async_track_time_interval(hass, tell, timedelta(seconds=1))
    try:
        yield
    finally:
        stop()
