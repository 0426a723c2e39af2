"""Household in a folder: broker, Home Assistant and agents, stopped in order."""

import asyncio
from collections.abc import Collection
import contextlib
import json
from pathlib import Path
from typing import Any, Self

import aiomqtt

from .agent import Agent
from .broker import Broker
from .client import Client, Json
from .home_assistant import HomeAssistant
from .processes import Program
from .things import Replayed, replay
from .waiting import LabError, until


class Lab:
    """Household, used with ``async with``; all its programs have ended at the end of the block."""

    def __init__(self, folder: Path, *, port: int | None = None, name: str = "Home") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.broker = Broker(folder / "broker")
        self.home_assistant = HomeAssistant(folder / "config", port=port, name=name)
        self.agents: list[Agent] = []
        self._replays: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Return the lab; nothing is started yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything, even if one of the programs resists."""
        for replaying in self._replays:
            replaying.cancel()
        await asyncio.gather(*self._replays, return_exceptions=True)
        async with asyncio.TaskGroup() as tasks:
            for agent in self.agents:
                tasks.create_task(agent.stop())
        await self.home_assistant.stop()
        await self.broker.stop()

    @property
    def client(self) -> Client:
        """The client that is logged in to Home Assistant."""
        return self.home_assistant.client

    @property
    def programs(self) -> list[Program]:
        """All programs of the lab."""
        return [self.broker.program, self.home_assistant.program, *(agent.program for agent in self.agents)]

    def add_agent(self, node_id: str, **options: Any) -> Agent:
        """Create an agent of this lab, not yet started; options as of :class:`Agent`."""
        agent = Agent(self.folder / f"agent-{node_id}", self.broker.url, node_id=node_id, **options)
        self.agents.append(agent)
        return agent

    def start_replay(self, *things: Replayed) -> None:
        """Replay things on the broker, every few seconds until the lab ends or the broker is gone."""
        self._replays.append(asyncio.create_task(replay(self.broker, things)))

    async def next_to_end(self) -> Program:
        """Wait until one of the running programs ends by itself; return it."""
        waiting = {asyncio.create_task(program.wait()): program for program in self.programs if program.running}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return waiting[done.pop()]

    async def set_up_mqtt(self) -> None:
        """Connect Home Assistant to the broker, through the config flow like a person."""
        if await self.client.entries("mqtt"):
            return
        answers = {
            "broker": "127.0.0.1",
            "port": self.broker.port,
            "protocol": "5",
            "other_settings": {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"},
        }
        _created(await self.client.flow("mqtt", answers))

    async def set_up_iotbridge(self) -> None:
        """Set up IoT Bridge manually, as without any agent."""
        _created(await self.client.flow("iotbridge", {}))

    async def accept_iotbridge(self, *, timeout_s: float = 60) -> None:
        """Wait until Home Assistant offers IoT Bridge (an agent announced), and accept."""
        if await self.client.entries("iotbridge"):
            return
        flows = await until(
            lambda: self.client.discovered("iotbridge"), timeout_s=timeout_s, what="the offer to set up IoT Bridge"
        )
        if (source := flows[0]["context"]["source"]) != "mqtt":
            raise LabError(f"IoT Bridge was offered by {source}, not by mqtt")
        _created(await self.client.continue_flow(flows[0]["flow_id"], {}))

    async def make_areas(self, names: Collection[str]) -> dict[str, str]:
        """Create these areas and remove all others; return their ids by name."""
        areas = {}
        for row in await self.client.command("config/area_registry/list"):
            if row["name"] in names:
                areas[row["name"]] = row["area_id"]
            else:
                await self.client.command("config/area_registry/delete", area_id=row["area_id"])
        for name in names:
            if name not in areas:
                row = await self.client.command("config/area_registry/create", name=name)
                areas[name] = row["area_id"]
        return areas

    async def furnish(self, area_id: str) -> None:
        """Assign an area to all devices without one, because the first page of the frontend shows areas."""
        for device in await self.client.devices():
            if device["area_id"] is None:
                await self.client.command("config/device_registry/update", device_id=device["id"], area_id=area_id)

    async def retained(self, topic: str, *, timeout_s: float = 60) -> Json:
        """Return the retained JSON message of a topic, waiting for it if necessary."""
        payload = await self.wait_message(topic, timeout_s=timeout_s)
        document: Json = json.loads(payload)
        return document

    async def wait_message(self, topic: str, payload: bytes | None = None, *, timeout_s: float = 60) -> bytes:
        """Return the first message of a topic, retained or live; with ``payload``, the first with that one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self.broker.client() as mqtt:
                await mqtt.subscribe(topic, qos=1)
                async for message in mqtt.messages:
                    if payload in (None, message.payload):
                        return _bytes(message)
        raise LabError(f"no message {'' if payload is None else payload!r} on {topic} within {timeout_s:g} s")

    async def uid(self, node_id: str) -> str:
        """Return the identifier a host announced for its device, waiting for the announce if need be."""
        return str((await self.retained(f"iotbridge/device/{node_id}/announce"))["uid"])


def _bytes(message: aiomqtt.Message) -> bytes:
    payload = message.payload
    return payload if isinstance(payload, bytes) else str(payload).encode()


def _created(result: Json) -> None:
    if result["type"] != "create_entry":
        raise LabError(f"the config flow made no entry: {result}")
