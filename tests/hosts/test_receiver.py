"""Hosts that send too much, and made-up hosts: messages that are dropped, and messages that must not be."""

import asyncio
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

from custom_components.iotbridge.hosts import announce_store, inventory
from custom_components.iotbridge.hosts.commander import CommandResult
from custom_components.iotbridge.hosts.discovery import host_discovery
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.kit import FakeHost, Kit, now, response_of

# The number of rejected messages is disabled at first.
pytestmark = pytest.mark.usefixtures("enabled_counts")

FLOOD = 1000


def fire(kit: Kit, topic: str, payload: Any) -> None:
    """Deliver a message without processing its effects yet."""
    async_fire_mqtt_message(kit.hass, topic, payload if isinstance(payload, str) else json.dumps(payload))


def response(command_id: str, command: str = "ping") -> dict[str, Any]:
    done = {"success": True, "status": "done", "message": "pong", "timestamp": now()}
    return {"id": command_id, "command": command} | done


def flooding(kit: Kit) -> list[str]:
    issues = ir.async_get(kit.hass).issues.items()
    return [str(issue.translation_placeholders) for (_, name), issue in issues if name.startswith("host_flooding")]


async def test_the_response_to_a_pending_command_is_read_in_a_flood(kit: Kit) -> None:
    host = await kit.host()
    changes: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == "event.nas_command":
            changes.append(event.data["entity_id"])

    kit.hass.bus.async_listen("state_changed", changed)
    data = {"entity_id": "sensor.nas_power_state", "command": "ping"}
    call = asyncio.create_task(
        kit.hass.services.async_call("iotbridge", "send_command", data, blocking=True, return_response=True)
    )
    while not host.commands():  # noqa: ASYNC110 - a published message sets no event
        await asyncio.sleep(0)
    (command,) = host.commands()
    for number in range(FLOOD):
        fire(kit, host.topic("response"), response(f"stranger-{number}"))
    fire(kit, host.topic("response"), response(command["id"]))
    answer = await response_of(call)

    assert answer["results"][0]["status"] == "done"
    await kit.hass.async_block_till_done()
    assert len(changes) <= 60
    await kit.wait(10)
    assert int(kit.bridge("messages_rejected")) >= FLOOD - 60


async def test_the_newest_state_of_a_flood_is_read(kit: Kit) -> None:
    host = await kit.host()
    for _ in range(FLOOD):
        fire(kit, host.topic("availability"), "online")
    fire(kit, host.topic("availability"), "offline")
    await kit.wait(1)

    assert host.power == "lost"
    await host.availability("online")
    assert host.power == "on", "a second later there is room again"


async def test_a_retained_message_supersedes_a_held_one(kit: Kit) -> None:
    host = await kit.host()
    for _ in range(FLOOD):
        fire(kit, host.topic("availability"), "offline")
    await host.availability("online", retain=True)
    await kit.wait(1)

    assert host.power == "on"


async def test_held_messages_are_dropped_with_the_connection(kit: Kit) -> None:
    host = await kit.host()
    for _ in range(FLOOD):
        fire(kit, host.topic("availability"), "online")
    fire(kit, host.topic("availability"), "offline")
    for is_connected in (False, True):
        async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, is_connected)
    await kit.wait(1)

    assert host.power == "on"


async def test_an_invalid_held_message_is_rejected(kit: Kit) -> None:
    host = await kit.host()
    for _ in range(FLOOD):
        fire(kit, host.topic("status"), "no status")
    await kit.wait(1)
    await kit.wait(10)

    assert int(kit.bridge("messages_rejected")) >= FLOOD


async def test_a_flood_is_an_issue_until_a_calm_minute(kit: Kit) -> None:
    host = await kit.host()
    for _ in range(FLOOD):
        fire(kit, host.topic("status"), {"timestamp": now(), "cpu_percent": 1})
    await kit.wait(5)
    assert flooding(kit) == ["{'host': 'nas', 'host_plain': 'nas'}"]
    await kit.wait(61)

    assert flooding(kit) == []


async def test_other_hosts_are_read_during_a_flood(kit: Kit) -> None:
    host, desk = await kit.host(), await kit.host("desk")
    for number in range(FLOOD):
        fire(kit, host.topic("announce"), f"no announce {number}")
    await desk.availability("offline")

    assert desk.power == "lost"


async def test_commands_to_unknown_hosts_leave_nothing_behind(kit: Kit) -> None:
    agents = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.hosts
    results: list[CommandResult] = []
    agents.async_add_result_listener(results.append)
    for number in range(FLOOD):
        fire(kit, f"iotbridge/device/ghost-{number}/command", {"command": "ping", "id": str(number)})
    await kit.wait(10)

    assert results == []
    assert len(agents.inventory) == 0
    assert len(agents._result_listeners) == 1


async def test_hosts_without_listeners_leave_no_lists_of_listeners(kit: Kit) -> None:
    agents = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.hosts
    before = len(agents._host_listeners)
    for number in range(FLOOD):
        fire(kit, f"iotbridge/device/ghost-{number}/availability", "online")
        fire(kit, f"iotbridge/device/ghost-{number}/response", response("1"))
    await kit.wait(10)

    assert len(agents._host_listeners) == before


async def test_two_thousand_strangers_keep_no_host_out(kit: Kit) -> None:
    for number in range(2500):
        fire(kit, f"iotbridge/device/ghost-{number}/availability", "online")
    host = await kit.host()

    assert host.power == "on"
    assert len(ir.async_get(kit.hass).issues) == 0


async def test_two_thousand_strangers_with_a_status_get_no_device_and_keep_no_host_out(kit: Kit) -> None:
    for number in range(2500):
        fire(kit, f"iotbridge/device/ghost-{number}/status", {"timestamp": now(), "cpu_percent": 1})
    await kit.wait(20)
    host = await kit.host()
    await kit.wait(10)

    topics = [call.args[0] for call in kit.mqtt.async_publish.call_args_list]
    assert [topic for topic in topics if topic.startswith("homeassistant/")] == []
    assert host.power == "on"
    assert [issue.translation_key for issue in ir.async_get(kit.hass).issues.values()] == ["too_many_hosts"]


async def test_strangers_with_a_device_make_room_for_a_host_and_lose_it(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "MAX_HOSTS", 20)
    strangers = [FakeHost(kit, f"ghost-{number}", "iotbridge") for number in range(20)]
    for stranger in strangers:
        await stranger.discover()
        await stranger.availability("online")
        await stranger.status()
    assert all(kit.device(stranger.uid) for stranger in strangers)
    host = await kit.host()

    assert host.power == "on"
    assert kit.device(strangers[0].uid) is None
    assert kit.device(strangers[1].uid)


async def test_addresses_that_strangers_make_up_become_a_bounded_number_of_devices(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_discovery, "MAX_DEVICES", 10)
    for number in range(30):
        fire(kit, f"ipwatch/device/10.0.0.{number}/status", {"timestamp": now(), "cpu_percent": 1})
    for _ in range(4):
        await kit.wait(10)
        await kit.hass.async_block_till_done(wait_background_tasks=True)

    topics = {call.args[0] for call in kit.mqtt.async_publish.call_args_list}
    assert len([topic for topic in topics if topic.startswith("homeassistant/device/")]) == 10
    assert [issue.translation_key for issue in ir.async_get(kit.hass).issues.values()] == ["too_many_hosts"]


async def test_made_up_hosts_cannot_evict_the_store_of_announced_hosts(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "MAX_NEWCOMERS", 5)
    monkeypatch.setattr(inventory, "MAX_HOSTS", 5)
    monkeypatch.setattr(announce_store, "MAX_KEPT", 10)
    host = await kit.host("10.0.0.1", prefix="ipwatch")
    await kit.wait(2)
    await kit.hass.config_entries.async_reload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    await host.availability("online")
    for number in range(20):
        await FakeHost(kit, f"ghost-{number}", "iotbridge").announce()
        fire(kit, f"iotbridge/device/shade-{number}/availability", "online")
    await kit.wait(2)
    await kit.hass.config_entries.async_reload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    await host.availability("online")
    await host.status()
    for _ in range(2):
        await kit.wait(30)
        await kit.hass.async_block_till_done(wait_background_tasks=True)

    topics = {call.args[0] for call in kit.mqtt.async_publish.call_args_list}
    assert [topic for topic in topics if topic.startswith("homeassistant/device/ipwatch")] == []


async def test_an_evicted_host_is_still_known_as_announced(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_NEWCOMERS", 5)
    host = FakeHost(kit, "10.0.0.1", "ipwatch")
    await host.announce()
    await kit.wait(2)
    await kit.hass.config_entries.async_reload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    await host.availability("online")
    for number in range(20):
        fire(kit, f"iotbridge/device/shade-{number}/availability", "online")
    await host.status()
    await kit.wait(60)

    topics = {call.args[0] for call in kit.mqtt.async_publish.call_args_list}
    assert [topic for topic in topics if topic.startswith("homeassistant/device/")] == []


async def test_made_up_hosts_open_a_limited_number_of_issues(kit: Kit) -> None:
    for number in range(50):
        await FakeHost(kit, f"ghost-{number}", "iotbridge").announce()
    await kit.wait(61)

    assert len(ir.async_get(kit.hass).issues) == 20
