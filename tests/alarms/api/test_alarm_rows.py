"""Rows of open alarms: all that a card or a dialog shows of one."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import ServiceCall
from homeassistant.helpers import entity_registry as er
from tests.alarms.home import add_device, add_entity
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state

from .calls import locate_sensor
from .dialog import changes, subscribe


async def test_a_row_has_what_a_dialog_shows(
    kit: Kit, client: MockHAClientWebSocket, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(
        kit,
        "sensor.one",
        timing=Timing(hold_s=120),
        escalation=policy,
        instructions="Switch on the frost heater.",
    )
    await set_state(kit, "sensor.one", "90", friendly_name="Bed")
    await kit.wait(121)

    event = await subscribe(client, target={"entity_id": [rule_entity(kit, rule_id)]})

    (row,) = event["alarms"]
    assert (event["removed"], event["total"], event["maintenance"]) == ([], 1, [])
    shown: dict[str, Any] = {
        "rule_id": rule_id,
        "rule": "Hot",
        "rule_entity_id": rule_entity(kit, rule_id),
        "entity_id": "sensor.one",
        "name": "Bed",
        "area": None,
        "device": None,
        "device_id": None,
        "kind": "above",
        "is_momentary": False,
        "severity": "warning",
        "state": "unacknowledged",
        "active": True,
        "episode": 1,
        "value": "90",
        "reason": "90, above 80",
        "hold_s": 120,
        "acknowledged": None,
        "snoozed": None,
        "out_of_service": None,
        "suppressed": [],
        "cause": None,
        "children": [],
        "instructions": "Switch on the frost heater.",
        "pending": [],
        "next": [],
        "tells_nobody": False,
        "can_control": True,
        "controllers": [],
    }
    assert {key: row[key] for key in shown} == shown
    (delivery,) = row["notified"]
    assert (delivery["group"], delivery["target"], delivery["kind"]) == ("Anna", "Anna", "raised")
    assert delivery["result"] == "delivered"
    assert row["id"] == notifications[0].data["data"]["tag"], "that of the phone's message"
    assert row["condition_since"] < row["raised_at"]


async def test_a_row_says_what_comes_next_and_what_waits(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket, policy: EscalationPolicy
) -> None:
    kit.hass.config_entries.async_update_entry(entry, options={"quiet_start": "00:00:00", "quiet_end": "23:59:00"})
    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await add_rule(kit, "sensor.one", escalation=policy)
    await add_rule(kit, "sensor.two", name="Nobody")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "90")
    await kit.hass.async_block_till_done(wait_background_tasks=True)

    rows = {row["entity_id"]: row for row in (await subscribe(client))["alarms"]}

    (waiting,), (coming,) = rows["sensor.one"]["pending"], rows["sensor.one"]["next"]
    assert (waiting["group"], waiting["kind"], waiting["held_by"]) == ("Anna", "raised", "quiet")
    assert (coming["group"], coming["at"], coming["text"]) == ("Anna", waiting["until"], "Anna is notified.")
    assert (rows["sensor.one"]["notified"], rows["sensor.one"]["tells_nobody"]) == ([], False)
    assert (rows["sensor.two"]["next"], rows["sensor.two"]["tells_nobody"]) == ([], True)


async def test_a_row_names_area_and_device(kit: Kit, client: MockHAClientWebSocket) -> None:
    target = locate_sensor(kit)
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    (row,) = (await subscribe(client))["alarms"]

    assert (row["area"], row["device_id"]) == ("Boiler room", target["device"]["device_id"])


async def test_a_cause_and_its_children_name_each_other(
    kit: Kit, client: MockHAClientWebSocket, guest_client: MockHAClientWebSocket, hass_read_only_user: MockUser
) -> None:
    await add_rule(kit, "sensor.cause", name="Cause", severity=Severity.CRITICAL)
    await add_rule(kit, "sensor.one", "sensor.two", parents=("sensor.cause",))
    await set_state(kit, "sensor.cause", "90")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "90")
    await kit.wait(61)

    rows = {row["entity_id"]: row for row in (await subscribe(client))["alarms"]}
    cause = rows["sensor.cause"]
    assert sorted(cause["children"]) == sorted(rows[f"sensor.{name}"]["id"] for name in ("one", "two"))
    assert rows["sensor.one"]["cause"]["id"] == cause["id"]
    assert [each["text"] for each in rows["sensor.one"]["suppressed"]] == ["Caused by Cause: cause"]

    (row,) = (await subscribe(guest_client))["alarms"]
    assert (row["cause"], row["suppressed"][0]["text"]) == (None, "Caused by another alarm")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {name: {POLICY_READ: True} for name in ("sensor.cause", "sensor.one")}}}
    )
    rows = {row["entity_id"]: row for row in (await subscribe(guest_client))["alarms"]}
    assert rows["sensor.cause"]["children"] == [rows["sensor.one"]["id"]]


async def test_a_muted_alarm_says_why_and_until_when(kit: Kit, client: MockHAClientWebSocket) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "90")
    await subscribe(client)

    await call(kit, "snooze", entity_id="sensor.one", duration={"hours": 1}, comment="Later.")
    (row,) = (await changes(kit, client))["alarms"]
    assert (row["state"], row["snoozed"]["comment"]) == ("snoozed", "Later.")
    assert row["snoozed"]["until"] > row["raised_at"]

    started = await call(
        kit, "maintenance_start", answer=True, entity_id="sensor.two", duration={"hours": 2}, name="Boiler"
    )
    event = await changes(kit, client)
    (row,), (window,) = event["alarms"], event["maintenance"]
    (suppression,) = row["suppressed"]
    assert (row["state"], suppression["reason"], suppression["text"]) == ("suppressed", "window", "Maintenance: Boiler")
    assert [suppression["window_id"]] == started["window_id"] == [window["window_id"]]
    assert window["until"] == suppression["until"]

    await call(kit, "maintenance_end", window_id=started["window_id"])
    event = await changes(kit, client)
    assert (event["maintenance"], event["alarms"][0]["state"]) == ([], "unacknowledged")


@pytest.mark.parametrize("action", ["suppress", "out_of_service"])
async def test_an_alarm_that_a_person_muted_is_listed_although_it_is_normal(
    kit: Kit, client: MockHAClientWebSocket, action: str
) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    for name in ("one", "two"):
        await set_state(kit, f"sensor.{name}", "20")
    await call(kit, action, entity_id="sensor.one")
    await call(kit, "maintenance_start", entity_id="sensor.two", duration={"hours": 2})

    event = await subscribe(client)

    assert [(row["entity_id"], row["active"]) for row in event["alarms"]] == [("sensor.one", False)]


async def test_those_who_may_control_an_alarm_are_named_to_those_who_may_not(
    kit: Kit, guest_client: MockHAClientWebSocket, hass_admin_user: MockUser
) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    (row,) = (await subscribe(guest_client))["alarms"]

    assert row["can_control"] is False
    assert hass_admin_user.name in row["controllers"]


async def test_an_id_survives_a_rename(kit: Kit, client: MockHAClientWebSocket) -> None:
    entity_id = add_entity(kit, "sensor.one", add_device(kit, "boiler"))
    await add_rule(kit, entity_id)
    await set_state(kit, entity_id, "90")
    (before,) = (await subscribe(client))["alarms"]

    er.async_get(kit.hass).async_update_entity(entity_id, new_entity_id="sensor.renamed")
    await kit.hass.async_block_till_done()
    await set_state(kit, "sensor.renamed", "90")
    (after,) = (await subscribe(client))["alarms"]

    assert (after["id"], after["entity_id"]) == (before["id"], "sensor.renamed")
