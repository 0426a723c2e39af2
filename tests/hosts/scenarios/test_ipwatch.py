"""Agents of IPWatch with exactly the documented messages."""

import asyncio
from collections.abc import Mapping
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.kit import Kit, now, response_of

PREFIX = "ipwatch/device/10.0.0.100"
SENSOR = "sensor.server_01_server_01"
DISCOVERY = {
    "name": "Server 01",
    "unique_id": "ipwatch_10_0_0_100",
    "state_topic": f"{PREFIX}/status",
    "availability_topic": f"{PREFIX}/availability",
    "json_attributes_topic": f"{PREFIX}/status",
    "device": {
        "identifiers": ["ipwatch_10_0_0_100"],
        "name": "Server 01",
        "model": "IPWatch MQTT Agent",
        "manufacturer": "IPWatch",
    },
}


class Server:
    """Agent as seen by the broker."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    async def send(self, leaf: str, payload: str | Mapping[str, Any], *, retain: bool = False) -> None:
        await self.kit.receive(f"{PREFIX}/{leaf}", payload, retain=retain)

    async def discover(self) -> None:
        await self.kit.receive("homeassistant/sensor/ipwatch_10_0_0_100/config", DISCOVERY, retain=True)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)

    async def report(self, uptime: int | str = 86400, **readings: Any) -> None:
        system = {"platform": "Linux", "platform_version": "5.15.0-91-generic", "uptime": uptime}
        load = {"cpu_percent": 45.2, "memory_percent": 62.5, "disk_percent": 78.3}
        status = {"hostname": "server-01", "ip": "10.0.0.100"} | system | load
        await self.send("status", status | readings | {"timestamp": now()})

    async def respond(self, *, success: bool = True, message: str = "Shutdown en cours...") -> None:
        await self.send("response", {"success": success, "message": message, "timestamp": now()})

    async def become_a_device(self) -> None:
        await self.report()
        await self.kit.wait(30)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)
        await self.send("availability", "online")
        await self.report()

    @property
    def power(self) -> str:
        (state,) = [s for s in self.kit.hass.states.async_all("sensor") if s.entity_id.endswith("_power_state")]
        return state.state


@pytest.fixture
async def server(kit: Kit) -> Server:
    server = Server(kit)
    await server.discover()
    await server.send("availability", "online", retain=True)
    await server.become_a_device()
    return server


def devices(kit: Kit) -> list[dr.DeviceEntry]:
    return [
        device
        for device in dr.async_get(kit.hass).devices
        if isinstance(device, dr.DeviceEntry) and any(domain == "mqtt" for domain, *_ in device.identifiers)
    ]


async def test_an_agent_is_one_device_with_its_own_identifier(kit: Kit, server: Server) -> None:
    (device,) = devices(kit)
    assert device.identifiers == {("mqtt", "ipwatch_10_0_0_100")}
    assert (device.name, device.manufacturer, device.model) == ("Server 01", "IPWatch", "IPWatch MQTT Agent")
    states = {state.entity_id: state.state for state in kit.hass.states.async_all()}
    assert states["sensor.server_01_cpu_usage"] == "45.2"
    assert states["sensor.server_01_memory_usage"] == "62.5"
    assert states["sensor.server_01_disk_usage"] == "78.3"
    assert states["sensor.server_01_power_state"] == "on"
    assert states["binary_sensor.server_01_connection"] == "on"
    assert {"button.server_01_reboot", "button.server_01_shut_down"} <= states.keys()


async def test_an_agent_without_a_device_gets_one_with_the_same_identifier(kit: Kit) -> None:
    server = Server(kit)
    await server.become_a_device()
    (device,) = devices(kit)
    assert (device.name, device.model) == ("server-01", "Linux 5.15.0-91-generic")
    await server.discover()
    await kit.wait(10)
    await kit.hass.async_block_till_done(wait_background_tasks=True)

    (device,) = devices(kit)
    assert device.name == "Server 01"
    assert server.power == "on"


async def test_the_last_boot_does_not_change_with_the_uptime(
    kit: Kit, server: Server, freezer: FrozenDateTimeFactory
) -> None:
    started = kit.hass.states.get("sensor.server_01_last_boot")
    assert started is not None
    assert started.attributes["device_class"] == "uptime"
    freezer.tick(30.7)
    await server.report(uptime=86430)
    again = kit.hass.states.get("sensor.server_01_last_boot")
    assert again is not None
    assert again.state == started.state
    await server.report(uptime=5)

    rebooted = kit.hass.states.get("sensor.server_01_last_boot")
    assert rebooted is not None
    assert rebooted.state > started.state
    await server.report(uptime="long")
    unknown = kit.hass.states.get("sensor.server_01_last_boot")
    assert unknown is not None
    assert unknown.state == "unknown"


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_the_sensor_that_repeats_the_status_is_disabled_once(kit: Kit, server: Server) -> None:
    registry = er.async_get(kit.hass)
    entity_id = registry.async_get_entity_id("sensor", "mqtt", "ipwatch_10_0_0_100")
    assert entity_id is not None
    assert kit.hass.states.get(entity_id) is None
    entity = registry.async_get(entity_id)
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    registry.async_update_entity(entity_id, disabled_by=None)
    await kit.wait(30)

    entity = registry.async_get(entity_id)
    assert entity is not None
    assert not entity.disabled, "the user has the last word"


@pytest.mark.parametrize(
    ("command", "success", "status", "power"),
    [
        ("shutdown", True, "accepted", "shutting_down"),
        ("reboot", True, "accepted", "rebooting"),
        ("reboot", False, "failed", "on"),
        ("status", True, "accepted", "on"),
    ],
)
async def test_its_response_answers_the_command(
    kit: Kit, server: Server, command: str, success: bool, status: str, power: str
) -> None:
    data = {"entity_id": "sensor.server_01_power_state", "command": command, "raise_on_failure": False}
    call = asyncio.create_task(
        kit.hass.services.async_call("iotbridge", "send_command", data, blocking=True, return_response=True)
    )
    while not kit.published(f"{PREFIX}/command"):  # noqa: ASYNC110 - a published message sets no event
        await asyncio.sleep(0)
    await server.respond(success=success, message="Fait.")
    answer = await response_of(call)

    (result,) = answer["results"]
    assert (result["status"], result["message"], result["success"]) == (status, "Fait.", success)
    assert server.power == power
    event = kit.hass.states.get("event.server_01_command")
    assert event is not None
    assert (event.attributes["event_type"], event.attributes["command"]) == (status, command)


async def test_a_shutdown_by_its_own_backend_ends_in_off(kit: Kit, server: Server) -> None:
    await server.send("command", {"command": "shutdown", "timestamp": now()})
    await server.respond()
    await server.send("availability", "offline")

    assert server.power == "shutting_down"
    await kit.wait(91)
    await kit.wait(5)
    assert server.power == "off"
    await server.send("availability", "online")
    assert server.power == "on"


@pytest.mark.usefixtures("enabled_counts")
async def test_an_announced_host_must_not_send_bare_responses(kit: Kit) -> None:
    host = await kit.host()
    await kit.receive(host.topic("command"), {"command": "reboot", "id": "1"})
    await kit.receive(host.topic("response"), {"success": True, "message": "", "timestamp": now()})
    await kit.wait(10)

    assert kit.bridge("messages_rejected") == "1"
