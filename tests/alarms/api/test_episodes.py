"""Episodes of alarms, and their statistics."""

from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from homeassistant.util import dt as dt_util
from tests.kit import Kit
from tests.rules import add_rule, call, set_state

from .dialog import ask


async def raise_thrice(kit: Kit) -> str:
    """Raise an alarm for one, two and three minutes; the second time it is acknowledged after half a minute."""
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    for minutes in (1, 2, 3):
        await set_state(kit, "sensor.one", "90")
        await kit.wait(30)
        if minutes == 2:
            await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.")
        await kit.wait(minutes * 60 - 30)
        await set_state(kit, "sensor.one", "20")
        await kit.wait(60)
    return rule_id


async def test_an_episode_is_a_line(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    await raise_thrice(kit)
    client = await hass_ws_client(kit.hass)

    answer = await ask(client, "episodes")

    assert answer["is_complete"] is True
    assert [(line["episode"], line["severity"], line["comment"]) for line in answer["episodes"]] == [
        (3, "warning", ""),
        (2, "warning", "Mine."),
        (1, "warning", ""),
    ]
    assert all(line["raised_at"] < line["cleared_at"] for line in answer["episodes"])
    assert {line["rule_entity_id"] for line in answer["episodes"]} == {"binary_sensor.alarms_hot"}
    assert [line["acknowledged_at"] is None for line in answer["episodes"]] == [True, False, True]
    cut = await ask(client, "episodes", limit=2)
    assert ([line["episode"] for line in cut["episodes"]], cut["is_complete"]) == ([3, 2], False)
    assert (await ask(client, "episodes", end="2020-01-01T00:00:00Z"))["episodes"] == []
    since = dt_util.utcnow().isoformat()
    assert (await ask(client, "episodes", start=since))["episodes"] == []


async def test_statistics_say_how_often_and_how_long(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    rule_id = await raise_thrice(kit)
    await set_state(kit, "sensor.one", "90")
    client = await hass_ws_client(kit.hass)

    details = await ask(client, "details", rule_id=rule_id, entity_id="sensor.one")

    before = details["before"]
    assert (before["days"], before["count"], before["average_s"], before["longest_s"]) == (30, 4, 120, 180)
    assert before["last"]["episode"] == 3
    assert [line["episode"] for line in details["episodes"]] == [4, 3, 2, 1]
    second = (await ask(client, "details", rule_id=rule_id, entity_id="sensor.one", episode=3))["before"]["last"]
    assert (second["episode"], second["acknowledged_after_s"]) == (2, 30)


async def test_a_normal_alarm_has_details(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "20")

    details = await ask(client, "details", rule_id=rule_id, entity_id="sensor.one")

    assert (details["alarm"]["state"], details["chain"], details["next"], details["episodes"]) == ("normal", [], [], [])
    assert (details["before"]["count"], details["before"]["average_s"], details["before"]["last"]) == (0, None, None)


async def test_a_guest_gets_no_episode_and_no_details_of_what_he_may_not_read(
    kit: Kit, client: MockHAClientWebSocket, guest_client: MockHAClientWebSocket
) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "90")

    assert len((await ask(client, "episodes"))["episodes"]) == 2
    assert [line["entity_id"] for line in (await ask(guest_client, "episodes"))["episodes"]] == ["sensor.one"]
    for command in ("details", "explain"):
        await ask(guest_client, command, rule_id=rule_id, entity_id="sensor.one")
        await guest_client.send_json_auto_id(
            {"type": f"iotbridge/alarms/{command}", "rule_id": rule_id, "entity_id": "sensor.two"}
        )
        refused = await guest_client.receive_json()
        assert (refused["success"], refused["error"]["code"]) == (False, "not_found")
