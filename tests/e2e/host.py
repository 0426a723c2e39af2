"""Hosts for the tests: the agent on one side, Home Assistant on the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
import json

from lab.agent import Agent
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until


class Host:
    """Agent together with its device in Home Assistant."""

    def __init__(self, lab: Lab, agent: Agent) -> None:
        self.lab = lab
        self.agent = agent
        self.node_id = agent.node_id

    @property
    def topic(self) -> str:
        """Base topic of its messages."""
        return f"iotbridge/device/{self.node_id}"

    @property
    def executed(self) -> list[str]:
        """Power commands that a recording agent would have executed."""
        path = self.agent.folder / "state" / "executed"
        return path.read_text(encoding="ascii").split() if path.exists() else []

    async def uid(self) -> str:
        """Return the identifier of its device."""
        return await self.lab.uid(self.node_id)

    async def entity_id(self, key: str) -> str:
        """Return the entity with the unique id ``<uid>_<key>``, waiting for it if necessary."""
        unique_id = f"{await self.uid()}_{key}"
        row = await until(lambda: self.lab.client.find_entity(unique_id), timeout_s=60, what=f"the entity {unique_id}")
        return str(row["entity_id"])

    async def device_id(self) -> str:
        """Return Home Assistant's id of its device."""
        row = await self.lab.client.find_entity(f"{await self.uid()}_power_state")
        assert row is not None
        return str(row["device_id"])

    async def discovery(self) -> Json:
        """Return its retained discovery message."""
        return await self.lab.retained(f"homeassistant/device/{await self.uid()}/config")

    async def wait_power(self, *states: str, timeout_s: float = 60) -> Json:
        """Wait until its power state is one of these."""
        return await self.lab.client.wait_state(await self.entity_id("power_state"), *states, timeout_s=timeout_s)

    async def wait_command_event(self, command: str, outcome: str, *, timeout_s: float = 60) -> Json:
        """Wait for an event of this command with this outcome; return its attributes."""
        entity_id, client = await self.entity_id("command"), self.lab.client

        def found() -> Json | None:
            for state in client.history:
                attributes: Json = state["attributes"]
                seen = (state["entity_id"], attributes.get("command"), attributes.get("event_type"))
                if seen == (entity_id, command, outcome):
                    return attributes
            return None

        return await client.wait_until(found, timeout_s=timeout_s, what=f"{entity_id}: {command} {outcome}")

    async def send(self, command: str, **data: object) -> Json:
        """Call ``iotbridge.send_command`` for this host alone; return its result."""
        target = {"device_id": await self.device_id(), "command": command}
        answer = await self.lab.client.call("iotbridge.send_command", target | data, response=True)
        (result,) = answer["results"]
        return dict(result)

    def responses(self) -> AbstractAsyncContextManager[asyncio.Queue[Json]]:
        """Subscribe to the agent's responses, on the broker itself."""
        return messages(self.lab, f"{self.topic}/response")


@asynccontextmanager
async def messages(lab: Lab, topic: str) -> AsyncIterator[asyncio.Queue[Json]]:
    """Subscribe to the JSON messages of a topic; the queue has one item for each."""
    queue: asyncio.Queue[Json] = asyncio.Queue()
    async with lab.broker.client() as mqtt:
        await mqtt.subscribe(topic, qos=1)

        async def listen() -> None:
            async for message in mqtt.messages:
                assert isinstance(message.payload, bytes)
                queue.put_nowait(json.loads(message.payload))

        listener = asyncio.create_task(listen())
        try:
            yield queue
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)


async def next_of(queue: asyncio.Queue[Json], *, timeout_s: float = 60) -> Json:
    """Return the next item, with a deadline."""
    async with asyncio.timeout(timeout_s):
        return await queue.get()
