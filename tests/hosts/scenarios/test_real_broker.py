"""Integration on a real Mosquitto: retained messages, expiry and outages of a real broker."""

import asyncio
import json
import socket
from typing import Any

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.broker import Broker, state, until
from tests.kit import ANNOUNCE, now

NAS = "iotbridge/device/nas"
DISCOVERY = {
    "device": {"identifiers": ["iotbridge_nas"], "name": "nas"},
    "origin": {"name": "iotbridge-agent"},
    "components": {
        "reboot": {
            "platform": "button",
            "unique_id": "iotbridge_nas_reboot",
            "name": "Reboot",
            "command_topic": f"{NAS}/command",
            "command_template": '{"command":"reboot","id":"b-{{ range(99999) | random }}"}',
        }
    },
}


async def come_up(client: aiomqtt.Client, **announce: Any) -> None:
    await client.publish("homeassistant/device/iotbridge_nas/config", json.dumps(DISCOVERY), qos=1, retain=True)
    await client.publish(f"{NAS}/announce", json.dumps(ANNOUNCE | announce), qos=1, retain=True)
    await client.publish(f"{NAS}/availability", "online", qos=1, retain=True)


@pytest.fixture
async def remembered(broker: Broker) -> None:
    """Leave the retained messages of a host that stopped in an orderly way."""
    async with broker.client() as agent:
        await come_up(agent, power="off")
        await agent.publish(f"{NAS}/availability", "offline", qos=1, retain=True)


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_retained_messages_are_enough(home: HomeAssistant) -> None:
    await until(lambda: state(home, "sensor.nas_power_state") == "off")


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_command_is_answered(home: HomeAssistant, broker: Broker) -> None:
    async with broker.client() as agent:
        await agent.subscribe(f"{NAS}/command", qos=1)
        await come_up(agent)
        await until(lambda: state(home, "sensor.nas_power_state") == "on")
        call = asyncio.create_task(
            home.services.async_call(
                "iotbridge",
                "send_command",
                {"entity_id": "sensor.nas_power_state", "command": "ping"},
                blocking=True,
                return_response=True,
            )
        )
        message = await anext(agent.messages)
        assert isinstance(message.payload, bytes)
        command = json.loads(message.payload)
        answer = {"id": command["id"], "command": "ping", "success": True, "status": "done", "message": "pong"}
        await agent.publish(f"{NAS}/response", json.dumps(answer | {"timestamp": now()}), qos=1)

        response: Any = await call
        (result,) = response["results"]
        assert (result["message"], result["status"]) == ("pong", "done")
        assert message.retain is False
        assert getattr(message.properties, "MessageExpiryInterval", None) in (4, 5)


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_button_pressed_in_home_assistant_is_tracked(home: HomeAssistant, broker: Broker) -> None:
    async with broker.client() as agent:
        await agent.subscribe(f"{NAS}/command", qos=1)
        await come_up(agent)
        await until(lambda: state(home, "button.nas_reboot") == "unknown")
        await until(lambda: state(home, "event.nas_command") == "unknown")
        await home.services.async_call("button", "press", {"entity_id": "button.nas_reboot"}, blocking=True)
        await anext(agent.messages)

        await until(lambda: state(home, "event.nas_command") != "unknown")
        event = home.states.get("event.nas_command")
        assert event is not None
        assert event.attributes["event_type"] == "timed_out"


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_killed_host_is_lost_by_its_last_will(home: HomeAssistant, broker: Broker) -> None:
    will = aiomqtt.Will(f"{NAS}/availability", "offline", qos=1, retain=True)
    agent = aiomqtt.Client("127.0.0.1", broker.port, will=will)
    async with agent:
        await come_up(agent)
        await until(lambda: state(home, "sensor.nas_power_state") == "on")
        # The cable is cut: the broker receives no DISCONNECT.
        agent._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        with pytest.raises(aiomqtt.MqttError):
            await anext(agent.messages)
        await until(lambda: state(home, "sensor.nas_power_state") == "lost")


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_after_a_reload_of_mqtt_every_message_is_received_once(
    home: HomeAssistant, broker: Broker, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    async with broker.client() as agent:
        await come_up(agent)
        await until(lambda: state(home, "sensor.nas_power_state") == "on")
        await home.config_entries.async_reload(home.config_entries.async_entries("mqtt")[0].entry_id)
        await until(lambda: state(home, "sensor.nas_power_state") == "on")
        await home.config_entries.async_reload(entry.entry_id)
        await until(lambda: state(home, "sensor.nas_power_state") == "on")
        await agent.publish(f"{NAS}/announce", "no announce", qos=1)
        await agent.publish(f"{NAS}/availability", "offline", qos=1, retain=True)
        await until(lambda: state(home, "sensor.nas_power_state") == "lost")

        assert caplog.text.count("Rejected a message on 'iotbridge/device/nas/announce'") == 1
        await until(lambda: state(home, "sensor.iot_bridge_hosts_lost") == "1")
