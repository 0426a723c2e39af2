"""The alarms as cards and other clients see them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from homeassistant.auth.permissions.const import POLICY_READ

from ...kit import Kit
from ...rules import add_rule, call, rule_entity, set_state


@pytest.fixture
async def client(kit: Kit, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    """Return a connection of an admin."""
    return await hass_ws_client(kit.hass)


@pytest.fixture
async def guest(
    kit: Kit, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str, hass_read_only_user: MockUser
) -> MockHAClientWebSocket:
    """Return a connection of a user who may see nothing but one sensor."""
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.one": {POLICY_READ: True}}}})
    return await hass_ws_client(kit.hass, hass_read_only_access_token)


async def ask(client: MockHAClientWebSocket, command: str, **more: Any) -> Any:
    await client.send_json_auto_id({"type": f"iotbridge/alarms/{command}", **more})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


def seen(alarms: list[dict[str, Any]]) -> dict[str, str]:
    return {alarm["entity_id"]: alarm["state"] for alarm in alarms}


async def two_bad(kit: Kit) -> str:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", "sensor.three")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.two", "95")
    await set_state(kit, "sensor.three", "20")
    return rule_id


async def test_the_list(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await two_bad(kit)

    alarms = (await ask(client, "list"))["alarms"]

    assert seen(alarms) == {"sensor.one": "unacknowledged", "sensor.two": "unacknowledged"}
    assert {alarm["rule_id"] for alarm in alarms} == {rule_id}
    assert seen((await ask(client, "list", target={"entity_id": ["sensor.two"]}))["alarms"]) == {
        "sensor.two": "unacknowledged"
    }
    assert seen((await ask(client, "list", state=["normal"]))["alarms"]) == {"sensor.three": "normal"}
    assert (await ask(client, "list", severity=["critical"]))["alarms"] == []


async def test_a_guest_sees_what_he_may_read(kit: Kit, guest: MockHAClientWebSocket) -> None:
    await two_bad(kit)

    assert seen((await ask(guest, "list"))["alarms"]) == {"sensor.one": "unacknowledged"}
    assert [event["entity_id"] for event in (await ask(guest, "history"))["events"]] == ["sensor.one"]


async def test_the_history_in_pages(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one")
    for _ in range(4):
        await set_state(kit, "sensor.one", "90")
        await set_state(kit, "sensor.one", "20")

    pages = []
    before: dict[str, int] = {}
    while True:
        page = await ask(client, "history", limit=3, change=["raised", "cleared"], **before)
        pages.append([event["id"] for event in page["events"]])
        if page["next"] is None:
            break
        before = {"before": page["next"]}

    assert [len(page) for page in pages] == [3, 3, 2]
    found = [number for page in pages for number in page]
    assert found == sorted(set(found), reverse=True)


async def test_the_history_of_a_rule_and_a_time(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await two_bad(kit)
    await add_rule(kit, "sensor.three", name="Other")
    await kit.wait(60)
    await set_state(kit, "sensor.three", "99")

    events = (await ask(client, "history", target={"entity_id": [rule_entity(kit, rule_id)]}))["events"]
    assert [(event["rule"], event["entity_id"]) for event in events] == [
        ("Hot", "sensor.three"),
        ("Hot", "sensor.two"),
        ("Hot", "sensor.one"),
    ]
    newest = events[0]["at"]
    assert [e["entity_id"] for e in (await ask(client, "history", start=newest))["events"]] == ["sensor.three"] * 2
    assert len((await ask(client, "history", end=newest))["events"]) == 2


async def test_a_subscription(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await two_bad(kit)
    await client.send_json_auto_id({"type": "iotbridge/alarms/subscribe", "target": {"entity_id": ["sensor.one"]}})
    answer = await client.receive_json()
    assert answer["success"]
    first = (await client.receive_json())["event"]
    assert seen(first["alarms"]) == {"sensor.one": "unacknowledged"}

    await call(kit, "acknowledge", entity_id="sensor.two")
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.")
    told = (await client.receive_json())["event"]
    assert (told["happened"]["change"], told["happened"]["comment"]) == ("acknowledged", "Mine.")
    assert (told["alarm"]["entity_id"], told["alarm"]["state"]) == ("sensor.one", "acknowledged")
    assert told["alarm"]["rule_id"] == rule_id


async def test_a_subscription_shows_what_is_no_news(kit: Kit, client: MockHAClientWebSocket) -> None:
    """A card that lists what is in maintenance must not go on doing so."""
    await two_bad(kit)
    await client.send_json_auto_id({"type": "iotbridge/alarms/subscribe", "target": {"entity_id": ["sensor.three"]}})
    for _ in range(2):
        await client.receive_json()

    window = await call(kit, "maintenance_start", answer=True, entity_id="sensor.three", duration=3600)
    shown = (await client.receive_json())["event"]
    assert "happened" not in shown
    assert shown["alarm"]["state"] == "suppressed"
    assert shown["alarm"]["suppressed_by"][0]["reason"] == "window"

    await call(kit, "maintenance_end", window_id=window["window_id"])
    assert (await client.receive_json())["event"]["alarm"]["state"] == "normal"


async def test_a_subscription_outlives_a_reload(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await two_bad(kit)
    await ask(client, "subscribe")
    await client.receive_json()

    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()

    while "alarms" not in (again := (await client.receive_json())["event"]):
        assert "happened" not in again, "nothing happens because of that"
    assert seen(again["alarms"]) == {"sensor.one": "unacknowledged", "sensor.two": "unacknowledged"}
    await set_state(kit, "sensor.one", "20")
    assert (await client.receive_json())["event"]["happened"]["change"] == "cleared"


async def test_a_guest_is_told_what_he_may_read(kit: Kit, guest: MockHAClientWebSocket) -> None:
    await two_bad(kit)
    await ask(guest, "subscribe")
    assert seen((await guest.receive_json())["event"]["alarms"]) == {"sensor.one": "unacknowledged"}

    await set_state(kit, "sensor.two", "20")
    await set_state(kit, "sensor.one", "20")

    assert (await guest.receive_json())["event"]["alarm"]["entity_id"] == "sensor.one"


async def test_it_ends_with_the_subscription(kit: Kit, client: MockHAClientWebSocket) -> None:
    await two_bad(kit)
    await client.send_json_auto_id({"type": "iotbridge/alarms/subscribe"})
    number = (await client.receive_json())["id"]
    await client.receive_json()
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": number})
    assert (await client.receive_json())["success"]

    await set_state(kit, "sensor.one", "20")

    assert seen((await ask(client, "list"))["alarms"]) == {"sensor.two": "unacknowledged"}, "nothing came before"


@pytest.mark.parametrize("command", ["list", "history", "subscribe"])
async def test_without_iot_bridge(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket, command: str
) -> None:
    await kit.hass.config_entries.async_unload(entry.entry_id)
    await client.send_json_auto_id({"type": f"iotbridge/alarms/{command}"})

    answer = await client.receive_json()

    assert answer["error"]["code"] == "not_found"
    assert "not set up" in answer["error"]["message"]
