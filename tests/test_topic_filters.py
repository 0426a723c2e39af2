"""Topic filters: those that disconnect a broker are rejected, and accepted ones are safe, on a real Mosquitto."""

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge import mqtt_client
from custom_components.iotbridge.things.flow.availability_form import candidate_topics
from custom_components.iotbridge.topic_filters import fault
from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback

from .broker import Broker, until

DEEP = "/".join(["a"] * 1000)
REFUSED = {
    DEEP: "topic_levels",
    f"{'a/' * 201}#": "topic_levels",
    "a" * 65535: "topic_long",
    "ä" * 40000: "topic_long",
    "a\0b": "topic_characters",
    "a\nb": "topic_characters",
    "a\x7fb": "topic_characters",
    "a\x85b": "topic_characters",
    "a\ufdd0b": "topic_characters",
    "a\uffffb": "topic_characters",
    "\U0001fffe/a": "topic_characters",
    "a\ud800b": "topic_characters",
    "a/#/b": "topic_hash",
    "a#": "topic_hash",
    "a+/b": "topic_plus",
}
TAKEN = [
    "/".join(["a"] * 200),
    f"{'+/' * 199}a",
    f"{'a/' * 199}#",
    "ä" * 2048,
    "a" * 4096,
    "a" * 4090 + "/+",
    "//",
    "garden/wetter station/température",
    "$SYS/broker/#",
]


@pytest.mark.parametrize("topic", REFUSED, ids=range(len(REFUSED)))
def test_topics_that_disconnect_a_broker_are_rejected(topic: str) -> None:
    assert fault(topic) == REFUSED[topic]


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_accepted_topics_leave_home_assistant_connected(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    """Includes the topics nearby, which the wizard subscribes to for the device's availability."""
    changes: list[bool] = []
    received: list[str] = []
    mqtt.async_subscribe_connection_status(home, changes.append)

    @callback
    def receive(message: mqtt.ReceiveMessage) -> None:
        received.append(message.topic)

    for topic in TAKEN:
        assert fault(topic) is None
        for topic_filter in (topic, *candidate_topics(topic)):
            await mqtt_client.async_subscribe(home, topic_filter, receive)
    async with broker.client() as device:
        await device.publish("end", "x", retain=True)
        await mqtt_client.async_subscribe(home, "end", receive)
        await until(lambda: "end" in received)
    assert changes == []


async def test_mosquitto_disconnects_on_a_deep_topic(broker: Broker) -> None:
    """Reason for the limits: a client that subscribes again after each loss of the connection never recovers."""
    async with broker.client() as client:
        with pytest.raises((aiomqtt.MqttError, TimeoutError)):
            await client.subscribe(DEEP, timeout=5)
