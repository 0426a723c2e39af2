"""Things for the tests: their messages on one side, Home Assistant on the other."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
import json
from typing import Any

import aiomqtt
from lab.client import Json
from lab.lab import Lab
from lab.things import Replayed, replay
from lab.waiting import until
from lab.wizard import suggestions


async def device(lab: Lab, name: str) -> Json:
    """Return a device of the registry by its name, waiting for it if necessary."""

    async def found() -> Json | None:
        return next((row for row in await lab.client.devices() if row["name"] == name), None)

    return await until(found, timeout_s=60, what=f"the device {name}")


async def uid(lab: Lab, name: str) -> str:
    """Return the identifier a device has with MQTT."""
    identifiers = (await device(lab, name))["identifiers"]
    return str(next(identifier for domain, identifier in identifiers if domain == "mqtt"))


async def entity(lab: Lab, name: str, key: str) -> Json:
    """Return an entity of a device by its platform and the place of its value, such as ``sensor_temperature``.

    The rest of its unique id is a digest if the place is more than a word.
    """
    prefix = f"{await uid(lab, name)}_{key}"

    async def found() -> Json | None:
        rows = await lab.client.entities()
        return next((row for row in rows if row["unique_id"].startswith(prefix)), None)

    return await until(found, timeout_s=60, what=f"the entity {prefix}")


async def wait_value(lab: Lab, name: str, key: str, *expected: str, timeout_s: float = 60) -> Json:
    """Wait until an entity of a device has one of the states; return its attributes."""
    row = await entity(lab, name, key)
    state = await lab.client.wait_state(row["entity_id"], *expected, timeout_s=timeout_s)
    return dict(state["attributes"])


async def wait_any_value(lab: Lab, name: str, key: str, *besides: str) -> str:
    """Wait until an entity of a device has a value other than these; return it."""
    entity_id = (await entity(lab, name, key))["entity_id"]

    def found() -> str | None:
        state = lab.client.states.get(entity_id, {}).get("state", "unknown")
        return None if state in ("unknown", "unavailable", *besides) else str(state)

    return await lab.client.wait_until(found, timeout_s=60, what=f"a value of {entity_id}")


async def publish(lab: Lab, messages: Mapping[str, Any], *, retain: bool = False) -> None:
    """Publish messages of devices; payloads other than bytes become JSON."""
    async with lab.broker.client() as mqtt:
        for topic, payload in messages.items():
            body = payload if isinstance(payload, bytes) else json.dumps(payload)
            await mqtt.publish(topic, body, qos=1, retain=retain)


@asynccontextmanager
async def replaying(lab: Lab, *things: Replayed) -> AsyncGenerator[None]:
    """Replay things, not retained, for the duration of the block."""
    replaying_task = asyncio.create_task(replay(lab.broker, things))
    try:
        yield
    finally:
        replaying_task.cancel()
        await asyncio.gather(replaying_task, return_exceptions=True)


async def retained(lab: Lab, *, about: str) -> list[str]:
    """Return the topics with a retained message that contain a text."""
    topics: list[str] = []
    end = f"tests/end-of-retained/{about}"
    async with lab.broker.client() as mqtt:
        await mqtt.subscribe("#", qos=1)
        # The broker sends its retained messages before any later one.
        await mqtt.publish(end, "end", qos=1)
        async with asyncio.timeout(10):
            async for message in mqtt.messages:
                if message.topic.value == end:
                    return topics
                if message.retain and about in message.topic.value:
                    topics.append(message.topic.value)
    raise aiomqtt.MqttError("the broker went away")


async def repair(lab: Lab, key: str, title: str, *, timeout_s: float = 60) -> Json:
    """Return an open issue of a thing, waiting for it if necessary."""

    async def found() -> Json | None:
        issues = await lab.client.repairs("iotbridge")
        about = [row for row in issues if row["translation_key"] == key]
        return next((row for row in about if row["translation_placeholders"]["name"] == title), None)

    return await until(found, timeout_s=timeout_s, what=f"the repair {key} of {title}")


async def decide(lab: Lab, issue: Json, **answers: Any) -> Json:
    """Complete the dialog of a repair, as proposed except for these answers; return its result."""
    start = {"handler": "iotbridge", "issue_id": issue["issue_id"]}
    shown: Json = await lab.client.rest("POST", "repairs/issues/fix", start)
    data = suggestions(shown["data_schema"]) | answers
    end: Json = await lab.client.rest("POST", f"repairs/issues/fix/{shown['flow_id']}", data)
    return end


async def wait_gone(lab: Lab, name: str, key: str | None = None) -> None:
    """Wait until a device, or with ``key`` one of its entities, no longer exists."""
    prefix = f"{await uid(lab, name)}_{key}" if key else None

    async def gone() -> bool:
        if prefix is None:
            return not [row for row in await lab.client.devices() if row["name"] == name]
        return not [row for row in await lab.client.entities() if row["unique_id"].startswith(prefix)]

    await until(gone, timeout_s=60, what=f"the end of {prefix or name}")
