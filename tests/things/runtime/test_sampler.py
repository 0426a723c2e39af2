"""Temporary subscriptions, on a real Mosquitto."""

import asyncio

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge import mqtt_client
from custom_components.iotbridge.things.runtime.sampler import async_wait
from homeassistant.components.mqtt import DATA_MQTT
from homeassistant.core import HomeAssistant

from ...broker import Broker, until

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])
MANY = [f"garden/{number}/+" for number in range(60)]


async def test_closing_at_once_does_not_lose_other_subscriptions(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """Core's mqtt loses the rest of a round of subscriptions if one of them is cancelled in the middle of it."""
    received: set[str] = set()
    for number in range(5):
        topic = f"attic/{number}/+"
        await mqtt_client.async_subscribe(home, topic, lambda message: received.add(message.topic))
    waiting = asyncio.create_task(async_wait(home, "garden/+", MANY, lambda _topic: False, lambda _progress: None))
    client = home.data[DATA_MQTT].client
    await until(lambda: client.is_active_subscription(MANY[-1]) and not client.is_pending_subscription(MANY[-1]))
    waiting.cancel()
    await until(lambda: not any(map(client.is_active_subscription, MANY)))

    async with broker.client() as device:
        for number in range(5):
            await device.publish(f"attic/{number}/x", "1")
        await until(lambda: len(received) == 5)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
