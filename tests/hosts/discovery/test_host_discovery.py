"""Hosts that send no announce: the agents of IPWatch become devices as well."""

import json
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from tests.kit import Kit, now

TOPIC = "homeassistant/device/ipwatch_192-168-1-77-"
REPORT = {
    "hostname": "desk",
    "ip": "192.168.1.77",
    "platform": "Windows",
    "platform_version": "11",
    "uptime": 5120,
    "boot_time": "2026-11-21T08:50:10Z",
    "cpu_percent": 12.0,
    "gpu_load": 3,
}


class IpWatch:
    """Agent of IPWatch."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    async def send(self, leaf: str, payload: Any) -> None:
        await self.kit.receive(f"ipwatch/device/192.168.1.77/{leaf}", payload)

    async def report(self, **more: Any) -> None:
        await self.send("status", REPORT | more | {"timestamp": now()})

    def published(self) -> list[dict[str, Any]]:
        calls = self.kit.mqtt.async_publish.call_args_list
        return [json.loads(call.args[1]) for call in calls if call.args[0].startswith(TOPIC) and call.args[1]]

    async def discovered(self) -> None:
        """Deliver the published messages back, as the broker does."""
        (call,) = [c for c in self.kit.mqtt.async_publish.call_args_list if c.args[0].startswith(TOPIC)]
        assert call.args[3] is True, "retained"
        await self.kit.receive(call.args[0], call.args[1], retain=True)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def ipwatch(kit: Kit) -> IpWatch:
    agent = IpWatch(kit)
    await agent.send("availability", "online")
    await agent.report()
    await kit.wait(30)
    return agent


async def test_an_agent_becomes_a_device_with_values_and_buttons(kit: Kit, ipwatch: IpWatch) -> None:
    await ipwatch.discovered()
    await ipwatch.send("availability", "online")
    await ipwatch.report(cpu_percent=17)

    states = {state.entity_id: state.state for state in kit.hass.states.async_all()}
    assert states["sensor.desk_cpu_usage"] == "17"
    assert states["sensor.desk_last_boot"] == "2026-11-21T08:50:10+00:00"
    assert states["binary_sensor.desk_connection"] == "on"
    assert states["sensor.desk_power_state"] == "on"
    assert states["button.desk_reboot"] == "unknown"
    assert "sensor.desk_gpu_load" not in states, "nobody knows what it means: off until the user wants it"


async def test_the_connection_sensor_shows_when_it_is_offline(kit: Kit, ipwatch: IpWatch) -> None:
    await ipwatch.discovered()
    await ipwatch.send("availability", "offline")

    assert kit.hass.states.get("binary_sensor.desk_connection").state == "off"  # type: ignore[union-attr]
    assert kit.hass.states.get("sensor.desk_power_state").state == "lost"  # type: ignore[union-attr]


async def test_the_buttons_send_supported_commands(kit: Kit, ipwatch: IpWatch) -> None:
    await ipwatch.discovered()
    await ipwatch.send("availability", "online")
    for _ in range(2):
        await kit.hass.services.async_call("button", "press", {"entity_id": "button.desk_reboot"}, blocking=True)

    first, second = kit.published("ipwatch/device/192.168.1.77/command")
    assert first["command"] == "reboot"
    assert first["ttl_s"] == 30
    assert first["id"] != second["id"]


async def test_an_unchanged_message_is_published_once(kit: Kit, ipwatch: IpWatch) -> None:
    for _ in range(5):
        await ipwatch.report()
        await kit.wait(30)
    assert len(ipwatch.published()) == 1
    await ipwatch.report(memory_percent=40)
    await kit.wait(30)

    first, second = ipwatch.published()
    assert set(second["components"]) - set(first["components"]) == {"memory_percent"}


async def test_a_device_that_was_deleted_comes_back_while_its_host_is_there(kit: Kit, ipwatch: IpWatch) -> None:
    await ipwatch.discovered()
    await ipwatch.send("availability", "online")
    (message,) = ipwatch.published()
    device = kit.device(message["device"]["identifiers"][0])
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()
    await kit.wait(10)

    assert len(ipwatch.published()) == 2


async def test_an_agent_of_ours_publishes_its_own(kit: Kit) -> None:
    await kit.host()
    await kit.wait(60)

    calls = kit.mqtt.async_publish.call_args_list
    assert [call.args[0] for call in calls if call.args[0].startswith("homeassistant/device/")] == []


@pytest.mark.parametrize("mqtt_config_entry_options", [{"discovery_prefix": "ha", "birth_message": {}}])
async def test_the_discovery_prefix_of_home_assistant_is_used(kit: Kit) -> None:
    agent = IpWatch(kit)
    await agent.report()
    await kit.wait(30)

    assert any(c.args[0].startswith("ha/device/ipwatch_") for c in kit.mqtt.async_publish.call_args_list)


@pytest.mark.parametrize("mqtt_config_entry_options", [{"discovery": False, "birth_message": {}}])
async def test_nothing_is_published_where_discovery_is_off(kit: Kit) -> None:
    agent = IpWatch(kit)
    await agent.report()
    await kit.wait(30)

    assert agent.published() == []


async def test_names_are_in_the_configured_language(hass: HomeAssistant, kit: Kit) -> None:
    await hass.config.async_update(language="it")
    entry = hass.config_entries.async_entries("iotbridge")[0]
    await hass.config_entries.async_reload(entry.entry_id)
    agent = IpWatch(kit)
    await agent.report()
    await kit.wait(30)

    (message,) = agent.published()
    assert message["components"]["reboot"]["name"] == "Riavvia"


async def test_a_hostile_name_is_neither_a_template_nor_a_name(kit: Kit) -> None:
    agent = IpWatch(kit)
    await agent.report(hostname="{{ states.sun.sun }}")
    await kit.wait(30)

    (message,) = agent.published()
    assert "sun" not in json.dumps(message)
    assert message["device"]["name"] == "192.168.1.77"
