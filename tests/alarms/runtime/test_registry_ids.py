"""Renames of entities that alarms watch, with registry entries of the MQTT integration and real states."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockModule, mock_integration
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er, label_registry as lr

from ...kit import Kit
from ...rules import add_rule, call, put_rule
from ..home import (
    ABOVE_50,
    alarm_states,
    alarms,
    bridge,
    buttons,
    changes_of,
    press,
    publish,
    raise_alarm,
    reload,
    rename,
    selection_of,
    sensor,
    start,
    started,
    stop,
    titles,
    wait,
)


async def test_a_raised_alarm_continues_under_the_new_id(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id, entity_id = await raise_alarm(kit, policy)
    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}

    await rename(kit, entity_id, "sensor.loft")
    await wait(kit, 5)

    assert await alarm_states(kit) == {"sensor.loft": "unacknowledged"}
    assert selection_of(kit, rule_id)["entities"] == ["sensor.loft"]
    assert titles(notifications) == ["Warning"], "a rename is not notified"

    await publish(kit, "attic", "20")
    await wait(kit, 1)
    assert await alarm_states(kit) == {}
    assert titles(notifications) == ["Warning", "Cleared"]
    assert notifications[0].data["data"]["tag"] == notifications[1].data["data"]["tag"]

    await publish(kit, "attic", "70")
    await wait(kit, 1)
    assert await alarm_states(kit) == {"sensor.loft": "unacknowledged"}
    assert await changes_of(kit, "sensor.loft") == ["raised", "cleared", "raised"]
    assert await changes_of(kit, "sensor.attic") == []


async def test_a_rename_while_iot_bridge_is_stopped_is_applied(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id, entity_id = await raise_alarm(kit, policy)
    await call(kit, "snooze", entity_id=entity_id, duration={"hours": 2})
    await stop(kit)

    await rename(kit, entity_id, "sensor.loft")
    await start(kit)
    await started(kit)
    await wait(kit, 5)

    assert await alarm_states(kit) == {"sensor.loft": "snoozed"}
    assert selection_of(kit, rule_id)["entities"] == ["sensor.loft"]
    assert await changes_of(kit, "sensor.loft") == ["raised", "snoozed"]
    await call(kit, "unsnooze", entity_id="sensor.loft")
    await publish(kit, "attic", "20")
    await wait(kit, 1)
    assert await alarm_states(kit) == {}
    assert titles(notifications) == ["Warning", "withdrawn", "Warning", "Cleared"]
    assert len({call.data["data"]["tag"] for call in notifications}) == 1


async def test_a_button_from_before_the_rename_works(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    _, entity_id = await raise_alarm(kit, policy)
    acknowledge, _ = buttons(notifications)

    await rename(kit, entity_id, "sensor.loft")
    await press(kit, acknowledge)

    assert await alarm_states(kit) == {"sensor.loft": "acknowledged"}


async def test_an_escalation_continues_after_a_rename_while_stopped(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], entry: MockConfigEntry
) -> None:
    (now,) = policy.steps
    later = EscalationPolicy(steps=(EscalationStep(after_s=600, groups=now.groups),))
    _, entity_id = await raise_alarm(kit, later)
    await wait(kit, 300, 60)
    await rename(kit, entity_id, "sensor.loft")
    await stop(kit)
    await rename(kit, "sensor.loft", "sensor.roof")
    await start(kit)
    await started(kit)
    assert notifications == []

    await wait(kit, 330, 30)

    assert titles(notifications) == ["Warning"]
    assert await changes_of(kit, "sensor.roof") == ["raised"]


@pytest.mark.parametrize("running", [True, False])
async def test_alarms_follow_entities_that_swap_their_ids(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], running: bool
) -> None:
    await sensor(kit, "attic")
    await sensor(kit, "cellar")
    rule_id = await add_rule(kit, "sensor.attic", "sensor.cellar", condition=ABOVE_50, escalation=policy)
    await publish(kit, "attic", "60")
    await wait(kit, 1)

    if not running:
        await stop(kit)
    for entity_id, to in (("attic", "other"), ("cellar", "attic"), ("other", "cellar")):
        await rename(kit, f"sensor.{entity_id}", f"sensor.{to}")
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 5)

    assert await alarm_states(kit) == {"sensor.cellar": "unacknowledged"}
    assert set(selection_of(kit, rule_id)["entities"]) == {"sensor.attic", "sensor.cellar"}
    assert await changes_of(kit, "sensor.cellar") == ["raised"]
    await publish(kit, "cellar", "61")
    await publish(kit, "attic", "20")
    await wait(kit, 1)
    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}
    assert await changes_of(kit, "sensor.cellar") == ["raised", "cleared"]
    assert await changes_of(kit, "sensor.attic") == ["raised"]
    assert titles(notifications) == ["Warning", "Warning", "Cleared"]


@pytest.mark.parametrize("running", [True, False])
async def test_the_rule_follows_its_entity_when_another_takes_the_id(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], running: bool
) -> None:
    """The rule keeps watching the entity that it was created for."""
    rule_id, entity_id = await raise_alarm(kit, policy)
    if not running:
        await stop(kit)
    await rename(kit, entity_id, "sensor.loft")
    await sensor(kit, "new", "99")
    await rename(kit, "sensor.new", "sensor.attic")
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 5)

    assert selection_of(kit, rule_id)["entities"] == ["sensor.loft"]
    assert await alarm_states(kit) == {"sensor.loft": "unacknowledged"}
    assert titles(notifications) == ["Warning"]


async def test_alarms_of_a_rule_over_a_label_follow_renames(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    label = lr.async_get(kit.hass).async_create("Rooms").label_id
    entity_id = await sensor(kit, "attic")
    er.async_get(kit.hass).async_update_entity(entity_id, labels={label})
    selection = Selection(labels=(label,), excluded=("sensor.attic",))
    out = await add_rule(kit, selection=selection, condition=ABOVE_50, name="Excluded")
    await add_rule(kit, selection=Selection(labels=(label,)), condition=ABOVE_50, escalation=policy)
    await publish(kit, "attic", "60")
    await wait(kit, 2)

    await rename(kit, entity_id, "sensor.loft")
    await stop(kit)
    await rename(kit, "sensor.loft", "sensor.roof")
    await start(kit)
    await started(kit)
    await wait(kit, 5)

    assert await alarm_states(kit) == {"sensor.roof": "unacknowledged"}
    assert selection_of(kit, out)["excluded"] == ["sensor.roof"]
    assert await changes_of(kit, "sensor.roof") == ["raised"]
    assert titles(notifications) == ["Warning"]


async def test_the_websocket_sends_the_new_id(
    kit: Kit, policy: EscalationPolicy, hass_ws_client: WebSocketGenerator
) -> None:
    _, entity_id = await raise_alarm(kit, policy)
    client = await hass_ws_client(kit.hass)
    await client.send_json_auto_id({"type": "iotbridge/alarms/subscribe"})
    await client.receive_json()
    assert [alarm["entity_id"] for alarm in (await client.receive_json())["event"]["alarms"]] == ["sensor.attic"]

    await rename(kit, entity_id, "sensor.loft")

    assert [alarm["entity_id"] for alarm in (await client.receive_json())["event"]["alarms"]] == ["sensor.loft"]
    await client.send_json_auto_id({"type": "iotbridge/alarms/history"})
    answer = await client.receive_json()
    assert {row["entity_id"] for row in answer["result"]["events"]} == {"sensor.loft"}


async def test_an_undelivered_notification_names_the_new_id(
    kit: Kit, hass: HomeAssistant, policy: EscalationPolicy
) -> None:
    """The phone is unavailable when the alarm is raised; then the entity is renamed, and IoT Bridge is stopped."""
    hass.services.async_remove("notify", "mobile_app_anna")
    _, entity_id = await raise_alarm(kit, policy)
    await rename(kit, entity_id, "sensor.loft")
    await stop(kit)
    await rename(kit, "sensor.loft", "sensor.roof")
    calls: list[ServiceCall] = []
    hass.services.async_register("notify", "mobile_app_anna", calls.append)

    await start(kit)
    await started(kit)
    await wait(kit, 20)

    assert titles(calls) == ["Warning"]
    await publish(kit, "attic", "20")
    await wait(kit, 1)
    assert titles(calls) == ["Warning", "Cleared"]
    assert len({each.data["data"]["tag"] for each in calls}) == 1


async def test_a_rename_is_no_report_of_an_entity_without_data(kit: Kit, policy: EscalationPolicy) -> None:
    entity_id = await sensor(kit, "attic")
    await add_rule(kit, entity_id, condition=Condition(kind=AlarmKind.NO_DATA, silent_s=600))
    await wait(kit, 610, 61)
    await wait(kit, 5)
    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}

    await rename(kit, entity_id, "sensor.loft")
    await wait(kit, 5)
    assert await alarm_states(kit) == {"sensor.loft": "unacknowledged"}

    await publish(kit, "attic", "21")
    await wait(kit, 2)
    assert await alarm_states(kit) == {}


async def test_a_rename_does_not_change_the_counts(kit: Kit, policy: EscalationPolicy) -> None:
    _, entity_id = await raise_alarm(kit, policy)
    values: list[str] = []
    counter = kit.entity_id(f"{bridge(kit).entry_id}_alarms_active")
    kit.hass.bus.async_listen(
        "state_changed",
        lambda event: values.append(event.data["new_state"].state) if event.data["entity_id"] == counter else None,
    )

    await rename(kit, entity_id, "sensor.loft")
    await wait(kit, 2)

    assert set(values) <= {"1"}


@pytest.mark.parametrize("running", [True, False])
async def test_parents_and_windows_follow_a_rename(kit: Kit, entry: MockConfigEntry, running: bool) -> None:
    for name in ("hub", "attic"):
        await sensor(kit, name)
    await add_rule(kit, "sensor.hub", condition=ABOVE_50, name="Hub")
    rule_id = await add_rule(kit, "sensor.attic", condition=ABOVE_50, parents=("sensor.hub",))
    timed = await call(kit, "maintenance_start", entity_id="sensor.hub", duration={"hours": 1}, answer=True)
    data = {
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00:00", "duration_s": 86400,
        "selection": {"entities": ["sensor.attic"]}, "rules": [],
    }  # fmt: skip
    window = ConfigSubentry(data=data, subentry_type="window", title="Always", unique_id=None)  # type: ignore[arg-type]
    kit.hass.config_entries.async_add_subentry(entry, window)
    await kit.hass.async_block_till_done()
    assert timed["window_id"]

    if not running:
        await stop(kit)
    await rename(kit, "sensor.hub", "sensor.center")
    await rename(kit, "sensor.attic", "sensor.loft")
    if not running:
        await start(kit)
        await started(kit)
    await publish(kit, "hub", "60")
    await publish(kit, "attic", "60")
    await wait(kit, 3)

    assert bridge(kit).subentries[rule_id].data["parents"] == ["sensor.center"]
    assert bridge(kit).subentries[window.subentry_id].data["selection"]["entities"] == ["sensor.loft"]
    assert await alarm_states(kit) == {"sensor.center": "suppressed", "sensor.loft": "suppressed"}
    await call(kit, "maintenance_end", entity_id="sensor.center")
    kit.hass.config_entries.async_remove_subentry(entry, window.subentry_id)
    await wait(kit, 3)
    answer = await call(kit, "list", answer=True)
    states = {alarm["entity_id"]: (alarm["state"], alarm["suppressed_by"]) for alarm in answer["alarms"]}
    assert states["sensor.center"] == ("unacknowledged", [])
    assert states["sensor.loft"][0] == "suppressed"
    assert states["sensor.loft"][1][0]["entity_id"] == "sensor.center"


async def test_a_renamed_parent_still_suppresses(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    for name in ("hub", "attic"):
        await sensor(kit, name)
    await add_rule(kit, "sensor.hub", condition=ABOVE_50, name="Hub", escalation=policy)
    await add_rule(kit, "sensor.attic", condition=ABOVE_50, parents=("sensor.hub",), escalation=policy)
    await publish(kit, "hub", "60")
    await publish(kit, "attic", "60")
    await wait(kit, 3)

    await rename(kit, "sensor.hub", "sensor.center")
    await wait(kit, 3)

    assert await alarm_states(kit) == {"sensor.center": "unacknowledged", "sensor.attic": "suppressed"}
    assert titles(notifications) == ["Warning"]
    answer = await call(kit, "history", answer=True, entity_id="sensor.attic")
    assert {row["detail"].rpartition("/")[2] for row in answer["events"]} == {"sensor.center"}


@pytest.mark.parametrize("running", [True, False])
async def test_templates_and_events_follow_a_rename(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], running: bool
) -> None:
    await sensor(kit, "attic", "60")
    template = "{{ states('sensor.attic') | float(0) > 50 and states.sensor.attic.state != '1' }}"
    rule_id = await add_rule(
        kit, condition=Condition(kind=AlarmKind.TEMPLATE, template=template), escalation=policy, name="Hot"
    )
    event = Condition(kind=AlarmKind.EVENT, event_type="alert", event_data={"entity_id": "sensor.attic"})
    event_id = await add_rule(kit, condition=event, name="Event")
    await wait(kit, 40)
    assert titles(notifications) == ["Warning"]

    if not running:
        await stop(kit)
    await rename(kit, "sensor.attic", "sensor.loft")
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 40)

    data = bridge(kit).subentries[rule_id].data["condition"]
    assert data["template"] == template.replace("sensor.attic", "sensor.loft")
    assert bridge(kit).subentries[event_id].data["condition"]["event_data"] == {"entity_id": "sensor.loft"}
    assert titles(notifications) == ["Warning"], "a rename neither clears nor raises it"
    await publish(kit, "attic", "20")
    await wait(kit, 2)
    assert titles(notifications) == ["Warning", "Cleared"]


async def test_an_unregistered_entity_is_stored_by_its_entity_id(kit: Kit, policy: EscalationPolicy) -> None:
    kit.hass.states.async_set("sensor.plain", "60")
    rule_id = await add_rule(kit, "sensor.plain", condition=ABOVE_50, escalation=policy)
    await wait(kit, 2)

    await reload(kit)

    assert await alarm_states(kit) == {"sensor.plain": "unacknowledged"}
    assert "registry_ids" not in bridge(kit).subentries[rule_id].data


async def test_the_alarm_of_an_entity_lost_from_the_registry_survives(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """Home Assistant saves its registry ten seconds late: after a kill a new entity gets another registry id."""
    _, entity_id = await raise_alarm(kit, policy)
    await stop(kit)
    registry = er.async_get(kit.hass)
    registry.async_remove(entity_id)
    registry.deleted_entities.clear()
    await kit.hass.async_block_till_done()

    await start(kit)
    await started(kit)
    await wait(kit, 3)
    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}, "the entity is awaited"
    registry.async_get_or_create("sensor", "mqtt", "attic_again", suggested_object_id="attic")
    kit.hass.states.async_set(entity_id, "60", {"unit_of_measurement": "°C"})
    await wait(kit, 3)

    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}
    assert titles(notifications) == ["Warning"]
    assert await changes_of(kit, entity_id) == ["raised"]


async def rename_without_state(kit: Kit, policy: EscalationPolicy) -> None:
    """Add a template alarm for an absent entity, and rename it to sensor.fast, which has no state yet."""
    registry = er.async_get(kit.hass)
    registry.async_get_or_create("sensor", "test", "slow", suggested_object_id="slow")
    kit.hass.states.async_set("sensor.slow", "60")
    template = "{{ states('sensor.slow') in ['unknown', 'unavailable'] }}"
    await add_rule(kit, condition=Condition(kind=AlarmKind.TEMPLATE, template=template), escalation=policy)
    await wait(kit, 40)

    registry.async_update_entity("sensor.slow", new_entity_id="sensor.fast")
    kit.hass.states.async_remove("sensor.slow")


async def test_a_template_follows_its_entity_after_a_rename(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """An entity has no state at the moment of its rename when its integration adds it again."""
    await rename_without_state(kit, policy)
    await kit.hass.async_block_till_done()
    kit.hass.states.async_set("sensor.fast", "61")
    await wait(kit, 10)
    assert titles(notifications) == []
    kit.hass.states.async_remove("sensor.fast")
    await wait(kit, 2)
    assert titles(notifications) == ["Warning"]


async def test_a_template_waits_only_seconds_for_a_renamed_entity(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await rename_without_state(kit, policy)
    await wait(kit, 4)
    assert titles(notifications) == []
    await wait(kit, 4)
    assert titles(notifications) == ["Warning"]


async def test_a_phone_that_was_registered_again_is_the_same_target(kit: Kit, policy: EscalationPolicy) -> None:
    """Its app was installed again: the phone has another config entry under the same name."""
    mock_integration(kit.hass, MockModule("mobile_app"))

    async def register(name: str) -> MockConfigEntry:
        phone = MockConfigEntry(domain="mobile_app", data={"device_name": name})
        phone.add_to_hass(kit.hass)
        kit.hass.config_entries.async_update_entry(phone, title=name)
        await kit.hass.async_block_till_done()
        return phone

    def target() -> Any:
        return bridge(kit).subentries[policy.steps[0].groups[0]].data["targets"][0]["action"]

    first = await register("Anna")
    await reload(kit)
    await kit.hass.config_entries.async_remove(first.entry_id)
    second = await register("Anna")
    assert target() == "notify.mobile_app_anna"

    kit.hass.config_entries.async_update_entry(second, data={"device_name": "Annas phone"})
    await kit.hass.async_block_till_done()

    assert target() == "notify.mobile_app_annas_phone"
    await reload(kit)
    assert target() == "notify.mobile_app_annas_phone"


async def test_a_rename_while_rules_are_started_is_applied_to_all(kit: Kit, policy: EscalationPolicy) -> None:
    """An import adds hundreds of rules, and yields to the event loop between them."""
    await sensor(kit, "attic", "60")
    rules = [put_rule(kit.hass, bridge(kit), "sensor.attic", condition=ABOVE_50) for _ in range(20)]
    for _ in range(1000):
        if len(alarms(kit).rules) == len(rules):
            break
        await asyncio.sleep(0)

    er.async_get(kit.hass).async_update_entity("sensor.attic", new_entity_id="sensor.loft")
    await wait(kit, 5)

    subjects = [alarm.key.subject for rule_id in rules for alarm in alarms(kit).alarms(rule_id)]
    assert subjects == ["sensor.loft"] * len(rules)
    assert {rule.selection.entities for rule in alarms(kit).rules.values()} == {("sensor.loft",)}
