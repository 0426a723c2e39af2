"""Subscription to the open alarms: everything once, then only what changed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components.iotbridge.alarms.api import alarm_rows
from custom_components.iotbridge.alarms.api.explanation import async_next
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy
from homeassistant.helpers import area_registry as ar, entity_registry as er
from tests.alarms.home import reload
from tests.kit import Kit
from tests.rules import add_rule, call, set_state

from .calls import locate_sensor
from .dialog import changes, received, subscribe


async def test_only_changes_are_sent(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    first = await subscribe(client)
    assert [row["entity_id"] for row in first["alarms"]] == ["sensor.one"]
    first_id = first["alarms"][0]["id"]

    await set_state(kit, "sensor.two", "95")
    second = await changes(kit, client)
    assert [row["entity_id"] for row in second["alarms"]] == ["sensor.two"]
    assert (second["removed"], second["total"], "maintenance" in second) == ([], 2, False)

    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.")
    (row,) = (await changes(kit, client))["alarms"]
    assert (row["state"], row["acknowledged"]["comment"]) == ("acknowledged", "Mine.")
    assert row["acknowledged"]["at"] is not None

    await set_state(kit, "sensor.one", "20")
    last = await changes(kit, client)
    assert (last["alarms"], last["removed"], last["total"]) == ([], [first_id], 1)


async def test_many_changes_are_one_message(kit: Kit, client: MockHAClientWebSocket) -> None:
    names = [f"sensor.many_{number}" for number in range(20)]
    await add_rule(kit, *names)
    await subscribe(client)

    for name in names:
        await set_state(kit, name, "90")

    assert len((await changes(kit, client))["alarms"]) == 20


async def test_the_limit_keeps_the_most_urgent(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await add_rule(kit, "sensor.three", severity=Severity.CRITICAL, name="Worse")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "90")
    first = await subscribe(client, limit=1)
    assert ([row["rule"] for row in first["alarms"]], first["total"]) == (["Hot"], 2)

    await set_state(kit, "sensor.three", "90")

    second = await changes(kit, client)
    assert ([row["rule"] for row in second["alarms"]], second["total"]) == (["Worse"], 3)
    assert second["removed"] == [first["alarms"][0]["id"]]


async def test_a_guest_gets_nothing_of_what_he_may_not_read(kit: Kit, guest_client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "90")

    first = await subscribe(guest_client)
    assert ([row["entity_id"] for row in first["alarms"]], first["total"]) == (["sensor.one"], 1)

    await call(kit, "acknowledge", entity_id=["sensor.one", "sensor.two"])
    second = await changes(kit, guest_client)
    assert ([row["entity_id"] for row in second["alarms"]], second["total"]) == (["sensor.one"], 1)


async def test_a_subscription_survives_a_reload(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    (row,) = (await subscribe(client))["alarms"]

    await reload(kit)
    await call(kit, "acknowledge", entity_id="sensor.one")

    (after,) = (await changes(kit, client))["alarms"]
    assert (after["id"], after["state"]) == (row["id"], "acknowledged")


async def test_ending_a_subscription_ends_its_events(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    await client.send_json_auto_id({"type": "iotbridge/alarms/open"})
    answer = await client.receive_json()
    await client.receive_json()
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": answer["id"]})
    assert (await client.receive_json())["success"]

    await call(kit, "acknowledge", entity_id="sensor.one")
    await kit.wait(1)

    await client.send_json_auto_id({"type": "ping"})
    assert (await client.receive_json())["type"] == "pong"


async def test_a_renamed_notifier_group_is_sent(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket, policy: EscalationPolicy
) -> None:
    await add_rule(kit, "sensor.one", escalation=replace(policy, repeat_s=600))
    await set_state(kit, "sensor.one", "90")
    (row,) = (await subscribe(client))["alarms"]
    assert row["next"][0]["group"] == "Anna"

    group = entry.subentries[policy.steps[0].groups[0]]
    kit.hass.config_entries.async_update_subentry(entry, group, title="Anna and Ben")

    (row,) = (await changes(kit, client))["alarms"]
    assert row["next"][0]["text"] == "Anna and Ben is reminded."


async def test_without_iot_bridge_a_subscription_is_refused(kit: Kit, client: MockHAClientWebSocket) -> None:
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    assert await kit.hass.config_entries.async_unload(entry.entry_id)

    await client.send_json_auto_id({"type": "iotbridge/alarms/open"})

    assert (await client.receive_json())["error"]["code"] == "not_found"


async def test_a_connection_that_closes_at_once_leaves_no_listener(kit: Kit, client: MockHAClientWebSocket) -> None:
    def listeners() -> int:
        return kit.hass.bus.async_listeners()[er.EVENT_ENTITY_REGISTRY_UPDATED]

    before = listeners()
    await client.send_json_auto_id({"type": "iotbridge/alarms/open", "language": "fr"})
    await client.close()
    await kit.hass.async_block_till_done(wait_background_tasks=True)

    assert listeners() == before


async def test_a_change_is_sent_after_an_attempt_that_was_cancelled(
    kit: Kit, client: MockHAClientWebSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    await subscribe(client)

    async def fail() -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as broken:
        broken.setattr(kit.hass.auth, "async_get_users", fail)
        await call(kit, "acknowledge", entity_id="sensor.one")
        await kit.wait(1)
    await set_state(kit, "sensor.two", "90")

    rows = (await changes(kit, client))["alarms"]
    assert {row["entity_id"]: row["state"] for row in rows} == {
        "sensor.one": "acknowledged",
        "sensor.two": "unacknowledged",
    }


async def test_only_entities_with_an_alarm_make_the_rows_again(kit: Kit, client: MockHAClientWebSocket) -> None:
    area_id = locate_sensor(kit)["area"]["area_id"]
    entities = er.async_get(kit.hass)
    entities.async_get_or_create("sensor", "test", "two", suggested_object_id="two")
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    (row,) = (await subscribe(client))["alarms"]
    assert row["area"] == "Boiler room"
    ar.async_get(kit.hass).async_update(area_id, name="Laundry")

    entities.async_update_entity("sensor.two", name="Other")
    await kit.hass.async_block_till_done()
    await kit.wait(1)
    await client.send_json_auto_id({"type": "ping"})
    assert (await client.receive_json())["type"] == "pong", "nothing was made again"

    entities.async_update_entity("sensor.one", name="Boiler")
    await kit.hass.async_block_till_done()
    (row,) = (await changes(kit, client))["alarms"]
    assert row["area"] == "Laundry"


async def test_a_burst_of_registry_updates_makes_the_rows_twice(
    kit: Kit, client: MockHAClientWebSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"sensor.burst_{number}" for number in range(4)]
    entities, areas = er.async_get(kit.hass), ar.async_get(kit.hass)
    rooms = [areas.async_create(f"Room {number}") for number in range(4)]
    for number in range(len(names)):
        entities.async_get_or_create("sensor", "test", f"burst_{number}", suggested_object_id=f"burst_{number}")
    await add_rule(kit, *names)
    for name in names:
        await set_state(kit, name, "90")
    await subscribe(client)
    forecasts = []

    def counted(*args: Any) -> list[dict[str, Any]]:
        forecasts.append(args)
        return async_next(*args)

    monkeypatch.setattr(alarm_rows, "async_next", counted)
    for room in rooms:
        for name in names:
            entities.async_update_entity(name, area_id=room.id)
            await kit.hass.async_block_till_done()
        await kit.wait(1)
    assert [row["area"] for row in (await received(client))["alarms"]] == ["Room 0"] * len(names)
    await kit.wait(5)
    await kit.wait(1)

    assert [row["area"] for row in (await received(client))["alarms"]] == ["Room 3"] * len(names)
    assert len(forecasts) == 2 * len(names), "at the first update, and once for all that followed"
