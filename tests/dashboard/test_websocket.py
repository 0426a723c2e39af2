"""WebSocket command of the dashboard: the inventory, who was heard when, and the connection of the broker."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from homeassistant.components.mqtt import DOMAIN as MQTT
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..kit import Kit


async def subscribe(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Subscribe; return the first inventory."""
    await client.send_json_auto_id({"type": "iotbridge/dashboard/subscribe"})
    assert (await client.receive_json())["success"]
    inventory: dict[str, Any] = (await receive(client))["inventory"]
    return inventory


async def receive(client: MockHAClientWebSocket) -> dict[str, Any]:
    event: dict[str, Any] = (await client.receive_json())["event"]
    return event


async def test_everything_is_sent_at_first_and_then_what_changes(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    await kit.host("nas")
    client = await hass_ws_client(kit.hass)

    (host,) = (await subscribe(client))["hosts"]

    now = round(dt_util.utcnow().timestamp())
    first = await receive(client)
    assert first == {"seen": {host["device_id"]: first["seen"][host["device_id"]]}, "broker": True}
    assert abs(first["seen"][host["device_id"]] - now) <= 1

    await kit.host("other")
    await kit.wait(1)
    while "inventory" not in (event := await receive(client)):
        pass
    assert len(event["inventory"]["hosts"]) == 2


async def test_who_is_no_administrator_learns_who_is(
    kit: Kit, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str, hass_admin_user: MockUser
) -> None:
    nas = await kit.host("nas")
    device = kit.device(nas.uid)
    (mqtt,) = kit.hass.config_entries.async_entries(MQTT)
    assert device is not None
    er.async_get(kit.hass).async_get_or_create(
        "button", MQTT, f"{nas.uid}_command_reboot", config_entry=mqtt, device_id=device.id
    )

    assert (await subscribe(await hass_ws_client(kit.hass)))["administrators"] == []
    guest = await hass_ws_client(kit.hass, hass_read_only_access_token)
    assert (await subscribe(guest))["administrators"] == [hass_admin_user.name]


async def test_the_changes_of_a_second_are_one_inventory(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    client = await hass_ws_client(kit.hass)
    await subscribe(client)
    await receive(client)

    await kit.host("nas")
    await kit.host("other")
    await kit.wait(1)
    await client.send_json_auto_id({"type": "ping"})

    inventories = []
    while (message := await client.receive_json())["type"] != "pong":
        inventories += [message["event"]["inventory"]] if "inventory" in message["event"] else []
    assert [len(inventory["hosts"]) for inventory in inventories] == [2]


async def test_hosts_are_sent_again_only_when_they_were_heard(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    nas, other = await kit.host("nas"), await kit.host("other")
    client = await hass_ws_client(kit.hass)
    await subscribe(client)
    first = await receive(client)
    assert len(first["seen"]) == 2

    await kit.wait(30)
    await nas.status()
    await kit.wait(10)

    event = await receive(client)
    device = kit.device(nas.uid)
    assert device is not None
    assert event["seen"].keys() == {device.id}
    assert event["seen"][device.id] - first["seen"][device.id] == 30
    assert other.power == "on"


async def test_a_lost_broker_is_told(kit: Kit, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry) -> None:
    client = await hass_ws_client(kit.hass)
    await subscribe(client)
    assert await receive(client) == {"seen": {}, "broker": True}

    (mqtt,) = kit.hass.config_entries.async_entries(MQTT)
    assert await kit.hass.config_entries.async_unload(mqtt.entry_id)
    await kit.wait(10)

    assert await receive(client) == {"seen": {}, "broker": False}


async def test_a_reader_gets_nothing_of_hosts_they_may_not_read(
    kit: Kit, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str, hass_read_only_user: MockUser
) -> None:
    await kit.host("nas")
    hass_read_only_user.mock_policy({})
    client = await hass_ws_client(kit.hass, hass_read_only_access_token)

    assert await subscribe(client) == {"hosts": [], "things": [], "bridge": {}, "administrators": []}
    assert await receive(client) == {"seen": {}, "broker": True}


async def test_a_client_that_leaves_is_forgotten(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    client = await hass_ws_client(kit.hass)
    await subscribe(client)
    await receive(client)

    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    await kit.host("nas")
    await client.send_json_auto_id({"type": "ping"})

    assert (await client.receive_json())["type"] == "pong"
