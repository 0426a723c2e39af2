"""Mosquitto from outside: its retained messages, and the subscriptions of its clients."""

import asyncio
import contextlib
import json
from pathlib import Path
import re
from typing import Any

import aiomqtt
from lab.broker import Broker
from paho.mqtt.subscribeoptions import SubscribeOptions

OWN = "life-"
"""Start of the client identifiers of our own clients."""


class Kept:
    """Copy of the retained messages; it must be notified of restarts."""

    def __init__(self, broker: Broker) -> None:
        self.messages: dict[str, bytes] = {}
        self._emptied: set[str] = set()
        self._broker = broker
        self._task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Start again with the messages that the broker retains now, and follow them until it goes away."""
        await self.stop()
        self.messages.clear()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Stop following."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async with self._broker.client(f"{OWN}kept") as mqtt:
                options = SubscribeOptions(qos=1, retainAsPublished=True)
                await mqtt.subscribe("#", options=options)
                async for message in mqtt.messages:
                    if message.retain:
                        self._take(message.topic.value, message.payload)

    def lost(self, topic: str) -> bool:
        """Return whether a topic was cleared since the last call."""
        was_emptied = topic in self._emptied
        self._emptied.discard(topic)
        return was_emptied

    def announced(self) -> set[str]:
        """Return the names of the devices that announce themselves to Home Assistant."""
        announcing = [payload for topic, payload in self.messages.items() if topic.startswith("homeassistant/device/")]
        return {json.loads(payload)["device"]["name"] for payload in announcing}

    def _take(self, topic: str, payload: Any) -> None:
        if payload:
            self.messages[topic] = payload
        else:
            self.messages.pop(topic, None)
            self._emptied.add(topic)


_STARTED = re.compile(r"mosquitto version \S+ starting$")
_CONNECTED = re.compile(r"New client connected from \S+ as (\S+) \(")
_LEFT = re.compile(r"Client (\S+) (?:closed|disconnected|has exceeded|already connected)")
_SUBSCRIBED = re.compile(r": (\S+) \d (\S+)$")
_UNSUBSCRIBED = re.compile(r": (\S+) (\S+)$")


class Subscriptions:
    """The filters that clients have subscribed to, by the broker's log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = 0
        self._connections = 0
        self._filters: dict[str, set[str]] = {}

    @property
    def connections(self) -> int:
        """Number of connections so far by clients other than ours."""
        self._follow()
        return self._connections

    def is_subscribed(self, topic: str) -> bool:
        """Return whether a client other than ours subscribes to a topic."""
        self._follow()
        filters = (each for client, each in self._filters.items() if not client.startswith(OWN))
        return any(aiomqtt.Topic(topic).matches(pattern) for each in filters for pattern in each if pattern != "#")

    def _follow(self) -> None:
        with self._log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        complete = text.rfind(b"\n") + 1
        self._read += complete
        for line in text[:complete].decode(errors="replace").splitlines():
            self._take(line)

    def _take(self, line: str) -> None:
        if _STARTED.search(line):
            self._filters.clear()
        elif found := _CONNECTED.search(line):
            self._filters[found[1]] = set()
            self._connections += not found[1].startswith(OWN)
        elif found := _LEFT.search(line):
            self._filters.pop(found[1], None)
        elif found := _SUBSCRIBED.search(line):
            self._filters.setdefault(found[1], set()).add(found[2])
        elif (found := _UNSUBSCRIBED.search(line)) and found[1] in self._filters:
            self._filters[found[1]].discard(found[2])
