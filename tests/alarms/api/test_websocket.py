"""WebSocket commands of alarms."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context

from ...kit import Kit
from ...rules import add_rule, call, rule_entity, set_state


async def send_command(client: MockHAClientWebSocket, command: str, **more: Any) -> Any:
    await client.send_json_auto_id({"type": f"iotbridge/alarms/{command}", **more})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


def states_of(alarms: list[dict[str, Any]]) -> dict[str, str]:
    return {alarm["entity_id"]: alarm["state"] for alarm in alarms}


async def raise_two(kit: Kit) -> str:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", "sensor.three")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.two", "95")
    await set_state(kit, "sensor.three", "20")
    return rule_id


async def test_the_list_is_filtered(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await raise_two(kit)

    alarms = (await send_command(client, "list"))["alarms"]

    assert states_of(alarms) == {"sensor.one": "unacknowledged", "sensor.two": "unacknowledged"}
    assert {alarm["rule_id"] for alarm in alarms} == {rule_id}
    assert states_of((await send_command(client, "list", target={"entity_id": ["sensor.two"]}))["alarms"]) == {
        "sensor.two": "unacknowledged"
    }
    assert states_of((await send_command(client, "list", state=["normal"]))["alarms"]) == {"sensor.three": "normal"}
    assert (await send_command(client, "list", severity=["critical"]))["alarms"] == []


async def test_a_guest_gets_only_alarms_with_read_permission(kit: Kit, guest_client: MockHAClientWebSocket) -> None:
    await raise_two(kit)

    assert states_of((await send_command(guest_client, "list"))["alarms"]) == {"sensor.one": "unacknowledged"}
    assert [event["entity_id"] for event in (await send_command(guest_client, "history"))["events"]] == ["sensor.one"]


async def test_a_guest_does_not_learn_which_alarm_is_the_root_cause(
    kit: Kit, guest_client: MockHAClientWebSocket, hass_read_only_user: MockUser
) -> None:
    rights = {POLICY_READ: True, POLICY_CONTROL: True}
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.one": rights}}})
    await add_rule(kit, "sensor.one", parents=("sensor.two",))
    secret = await add_rule(kit, "sensor.two", name="Secret")
    await set_state(kit, "sensor.two", "90")
    await send_command(guest_client, "subscribe")
    received = [await guest_client.receive_json()]
    await set_state(kit, "sensor.one", "90")
    received.append(await guest_client.receive_json())

    received.append(await send_command(guest_client, "list"))
    received.append(await send_command(guest_client, "history"))
    context = Context(user_id=hass_read_only_user.id)
    received.append(await call(kit, "snooze", answer=True, entity_id="sensor.one", duration=60, context=context))

    (known,) = (await call(kit, "list", answer=True, entity_id="sensor.one"))["alarms"]
    assert known["suppressed_by"] == [{"reason": "parent", "rule_id": secret, "entity_id": "sensor.two"}]
    (alarm,) = received[2]["alarms"]
    assert alarm["suppressed_by"] == [{"reason": "parent"}]
    assert "parent" in [event["detail"] for event in received[3]["events"]]
    assert received[4]["alarms"][0]["suppressed_by"] == [{"reason": "parent"}]
    assert secret not in str(received)
    assert "sensor.two" not in str(received)


async def test_the_history_has_pages(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one")
    for _ in range(4):
        await set_state(kit, "sensor.one", "90")
        await set_state(kit, "sensor.one", "20")

    pages = []
    before: dict[str, int] = {}
    while True:
        page = await send_command(client, "history", limit=3, change=["raised", "cleared"], **before)
        pages.append([event["id"] for event in page["events"]])
        if page["next"] is None:
            break
        before = {"before": page["next"]}

    assert [len(page) for page in pages] == [3, 3, 2]
    event_ids = [number for page in pages for number in page]
    assert event_ids == sorted(set(event_ids), reverse=True)


async def test_the_history_is_filtered_by_rule_and_time(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await raise_two(kit)
    await add_rule(kit, "sensor.three", name="Other")
    await kit.wait(60)
    await set_state(kit, "sensor.three", "99")

    events = (await send_command(client, "history", target={"entity_id": [rule_entity(kit, rule_id)]}))["events"]
    assert [(event["rule"], event["entity_id"]) for event in events] == [
        ("Hot", "sensor.three"),
        ("Hot", "sensor.two"),
        ("Hot", "sensor.one"),
    ]
    newest = events[0]["at"]
    assert [e["entity_id"] for e in (await send_command(client, "history", start=newest))["events"]] == [
        "sensor.three"
    ] * 2
    assert len((await send_command(client, "history", end=newest))["events"]) == 2


async def test_a_subscription_sends_transitions_of_its_target(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await raise_two(kit)
    await client.send_json_auto_id({"type": "iotbridge/alarms/subscribe", "target": {"entity_id": ["sensor.one"]}})
    answer = await client.receive_json()
    assert answer["success"]
    first = (await client.receive_json())["event"]
    assert states_of(first["alarms"]) == {"sensor.one": "unacknowledged"}

    await call(kit, "acknowledge", entity_id="sensor.two")
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.")
    event = (await client.receive_json())["event"]
    assert (event["happened"]["change"], event["happened"]["comment"]) == ("acknowledged", "Mine.")
    assert (event["alarm"]["entity_id"], event["alarm"]["state"]) == ("sensor.one", "acknowledged")
    assert event["alarm"]["rule_id"] == rule_id


async def test_a_subscription_sends_changes_without_a_transition(kit: Kit, client: MockHAClientWebSocket) -> None:
    """A card that lists alarms in maintenance has to update them."""
    await raise_two(kit)
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


async def test_a_subscription_survives_a_reload(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await raise_two(kit)
    await send_command(client, "subscribe")
    await client.receive_json()

    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()

    while "alarms" not in (again := (await client.receive_json())["event"]):
        assert "happened" not in again, "a reload is no transition"
    assert states_of(again["alarms"]) == {"sensor.one": "unacknowledged", "sensor.two": "unacknowledged"}
    await set_state(kit, "sensor.one", "20")
    assert (await client.receive_json())["event"]["happened"]["change"] == "cleared"


async def test_the_subscription_of_a_guest_is_limited_to_read_permission(
    kit: Kit, guest_client: MockHAClientWebSocket
) -> None:
    await raise_two(kit)
    await send_command(guest_client, "subscribe")
    assert states_of((await guest_client.receive_json())["event"]["alarms"]) == {"sensor.one": "unacknowledged"}

    await set_state(kit, "sensor.two", "20")
    await set_state(kit, "sensor.one", "20")

    assert (await guest_client.receive_json())["event"]["alarm"]["entity_id"] == "sensor.one"


async def test_no_event_is_sent_after_unsubscribing(kit: Kit, client: MockHAClientWebSocket) -> None:
    await raise_two(kit)
    await client.send_json_auto_id({"type": "iotbridge/alarms/subscribe"})
    number = (await client.receive_json())["id"]
    await client.receive_json()
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": number})
    assert (await client.receive_json())["success"]

    await set_state(kit, "sensor.one", "20")

    assert states_of((await send_command(client, "list"))["alarms"]) == {"sensor.two": "unacknowledged"}, (
        "no event precedes the result"
    )


@pytest.mark.parametrize("command", ["list", "history", "subscribe"])
async def test_a_command_fails_while_iot_bridge_is_unloaded(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket, command: str
) -> None:
    await kit.hass.config_entries.async_unload(entry.entry_id)
    await client.send_json_auto_id({"type": f"iotbridge/alarms/{command}"})

    answer = await client.receive_json()

    assert answer["error"]["code"] == "not_found"
    assert "not set up" in answer["error"]["message"]
