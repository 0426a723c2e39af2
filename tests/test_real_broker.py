"""The same integration on a real Mosquitto: retained messages, expiry and outages as a broker really does them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import json
from pathlib import Path
import shutil
import socket
import subprocess
from typing import Any

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant

from .kit import now

NAS = "iotbridge/device/nas"
ANNOUNCE = {
    "protocol": 1,
    "agent": "1.0.0",
    "node_id": "nas",
    "hostname": "nas",
    "uid": "iotbridge_nas",
    "instance": "a1",
    "power": "on",
}
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


class Broker:
    """A Mosquitto of its own on loopback."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        config = self._folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
        assert program, "mosquitto is not installed"
        self._process = subprocess.Popen([program, "-c", config], stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self.port, protocol=aiomqtt.ProtocolVersion.V5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(check: Callable[[], bool], timeout_s: float = 20) -> None:
    """Wait on the real clock until something is so."""
    async with asyncio.timeout(timeout_s):
        while not check():  # noqa: ASYNC110 - a broker in another process sets no event here
            await asyncio.sleep(0.02)


@pytest.fixture
async def broker(socket_enabled: None, tmp_path: Path) -> AsyncGenerator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    await until(broker.listens)
    yield broker
    broker.kill()


@pytest.fixture
async def home(
    hass: HomeAssistant, mock_hass_config: None, broker: Broker, entry: MockConfigEntry
) -> AsyncGenerator[HomeAssistant]:
    data = {"broker": "127.0.0.1", "port": broker.port, "protocol": "5"}
    mqtt = MockConfigEntry(domain="mqtt", version=2, minor_version=1, data=data, options={"birth_message": {}})
    mqtt.add_to_hass(hass)
    assert await hass.config_entries.async_setup(mqtt.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield hass
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_unload(mqtt.entry_id)


def state(hass: HomeAssistant, entity_id: str) -> str | None:
    found = hass.states.get(entity_id)
    return found.state if found else None


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
async def test_what_the_broker_remembers_is_enough(home: HomeAssistant) -> None:
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
async def test_a_button_pressed_in_home_assistant_is_watched(home: HomeAssistant, broker: Broker) -> None:
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
async def test_a_host_that_drops_dead_is_lost_by_its_last_will(home: HomeAssistant, broker: Broker) -> None:
    will = aiomqtt.Will(f"{NAS}/availability", "offline", qos=1, retain=True)
    agent = aiomqtt.Client("127.0.0.1", broker.port, will=will)
    async with agent:
        await come_up(agent)
        await until(lambda: state(home, "sensor.nas_power_state") == "on")
        # The cable is cut: no DISCONNECT reaches the broker.
        agent._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        with pytest.raises(aiomqtt.MqttError):
            await anext(agent.messages)
        await until(lambda: state(home, "sensor.nas_power_state") == "lost")


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_mqtt_set_up_anew_and_then_we_hear_everything_once(
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
        assert state(home, "sensor.iot_bridge_hosts_lost") == "1"
