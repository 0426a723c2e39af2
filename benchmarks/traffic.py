"""Traffic of a broker, recorded by a single subscriber of ``#``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import time

import aiomqtt
from lab.broker import Broker
from lab.waiting import LabError


@dataclass(frozen=True)
class ReceivedMessage:
    """Message that the subscriber received."""

    at: float
    """Of time.monotonic()."""
    topic: str
    payload: bytes
    is_repeated: bool
    """The same bytes as the message before on that topic."""

    @property
    def is_discovery(self) -> bool:
        """True for a discovery message that makes entities."""
        return self.topic.startswith("homeassistant/") and bool(self.payload)


class Traffic:
    """Messages received so far."""

    def __init__(self) -> None:
        self.messages: list[ReceivedMessage] = []
        self._last: dict[str, bytes] = {}
        self._more = asyncio.Event()

    def take(self, topic: str, payload: bytes) -> None:
        """Count a message that arrived now."""
        self.messages.append(ReceivedMessage(time.monotonic(), topic, payload, self._last.get(topic) == payload))
        self._last[topic] = payload
        self._more.set()

    async def first(self, suffix: str, payload: bytes, *, timeout_s: float) -> float:
        """Wait for a message and return its time, of time.monotonic()."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    for message in self.messages:
                        if message.topic.endswith(suffix) and message.payload == payload:
                            return message.at
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise LabError(f"no message {payload!r} on …{suffix} within {timeout_s:g} s") from None


@asynccontextmanager
async def listening(broker: Broker) -> AsyncIterator[Traffic]:
    """Record all messages from now on, without those retained earlier."""
    traffic = Traffic()
    async with broker.client() as client:
        await client.subscribe("#", qos=1)
        task = asyncio.create_task(_listen(client, traffic))
        try:
            yield traffic
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await task


async def _listen(client: aiomqtt.Client, traffic: Traffic) -> None:
    async for message in client.messages:
        if not message.retain and isinstance(message.payload, bytes):
            traffic.take(str(message.topic), message.payload)
