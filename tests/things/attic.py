"""Weather station in the attic: a profile, its messages, and its state in Home Assistant and at the broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
import json
from typing import Any

import aiomqtt

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from tests.broker import Broker, state

TOPIC = "attic/weather"
UID = thing_uid(TOPIC, TOPIC)
TEMPERATURE = Channel(
    name="Temperature", path=("temperature",), unit="°C", device_class="temperature", state_class="measurement"
)
DOOR = Channel(name="Door", path=("door",), platform="binary_sensor", device_class="door", on="open", off="closed")
MODE = Channel(name="Mode", path=("mode",))
CLICK = Channel(name="Click", path=("click",), platform="event", event_types=("single", "double"))
PLACE = Channel(name="Location", path=("lat",), platform="device_tracker", companions=(("longitude", ("lon",)),))
SAMPLE = Sample(TOPIC, b'{"temperature": 21.5, "door": "open", "mode": "eco"}')


def profile(*channels: Channel, topic: str = TOPIC, identity: str = TOPIC, **more: Any) -> Profile:
    """Return a profile of these channels."""
    members: dict[str, Any] = {"depth": 0, "devices": {identity: DeviceMetadata(name="Attic")}, "exact": True, **more}
    return Profile(topic=topic, channels=channels, **members)


@asynccontextmanager
async def listening(broker: Broker, topic: str) -> AsyncGenerator[list[aiomqtt.Message]]:
    """Collect the messages on a topic, the retained ones first."""
    messages: list[aiomqtt.Message] = []
    async with broker.client() as client:

        async def read() -> None:
            async for message in client.messages:
                messages.append(message)  # noqa: PERF401 - they are read while they arrive

        await client.subscribe(topic, qos=1)
        task = asyncio.create_task(read())
        try:
            yield messages
        finally:
            task.cancel()


def config(messages: list[aiomqtt.Message]) -> Mapping[str, Any]:
    """Return the newest of the messages."""
    return json.loads(bytes(messages[-1].payload))  # type: ignore[no-any-return]


def has_state(hass: HomeAssistant, entity_id: str, expected: str) -> Callable[[], bool]:
    """Return a condition on the state of an entity."""
    return lambda: state(hass, entity_id) == expected


def device(hass: HomeAssistant, topic: str = TOPIC, identity: str = TOPIC) -> dr.DeviceEntry | None:
    """Return the device that core created."""
    mqtt = hass.config_entries.async_entries("mqtt")[0]
    identifier = ("mqtt", thing_uid(topic, identity))
    return dr.async_get(hass).async_get_device_by_identifier(identifier, mqtt.entry_id)


def issue(hass: HomeAssistant, kind: str) -> ir.IssueEntry | None:
    """Return the open repair of a kind."""
    return next((found for found in ir.async_get(hass).issues.values() if found.translation_key == kind), None)


def issue_placeholders(hass: HomeAssistant, kind: str) -> Mapping[str, str]:
    """Return the placeholders of an open issue of a kind."""
    found = issue(hass, kind)
    assert found
    return found.translation_placeholders or {}
