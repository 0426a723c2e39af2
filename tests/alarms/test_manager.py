"""Alarms at work in Home Assistant: rules over entities, restarts, causes, maintenance."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..kit import Kit
from ..rules import HOT, put_rule

ANNA = Actor("Anna", "phone")


def add(hass: HomeAssistant, entry: MockConfigEntry, condition: Condition, *entities: str, **more: Any) -> str:
    """Add a rule as its flow does; return its id."""
    return put_rule(hass, entry, *entities, condition=condition, **more)


@pytest.fixture
def alarms(kit: Kit, entry: MockConfigEntry) -> Callable[[], AlarmsManager]:
    """Return a function that returns the running manager, which a reload replaces."""
    return lambda: entry.runtime_data.alarms


async def set_state(hass: HomeAssistant, entity_id: str, state: str, **attributes: Any) -> None:
    hass.states.async_set(entity_id, state, attributes)
    await hass.async_block_till_done()


async def history(manager: AlarmsManager) -> list[str]:
    return [f"{row['change']} {row['subject']}" for row in reversed(await manager.async_history(HistoryQuery()))]


async def test_a_rule_has_one_alarm_per_entity(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    hass.states.async_set("sensor.one", "20")
    rule_id = add(hass, entry, HOT, "sensor.one", "sensor.two")
    await hass.async_block_till_done()

    await set_state(hass, "sensor.one", "81")
    await set_state(hass, "sensor.two", "20")

    states = {alarm.key.subject: alarm.state for alarm in alarms().alarms(rule_id)}
    assert states == {"sensor.one": "unacknowledged", "sensor.two": "normal"}
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 1

    await set_state(hass, "sensor.one", "79")
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 1, "inside the hysteresis"
    await set_state(hass, "sensor.one", "77")
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 0
    assert await history(alarms()) == ["raised sensor.one", "cleared sensor.one"]


async def test_a_hold_continues_after_a_reload(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    hass.states.async_set("sensor.one", "20")
    rule_id = add(hass, entry, HOT, "sensor.one", timing=Timing(hold_s=600))
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    await kit.wait(400)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await kit.wait(150)
    assert alarms().alarms(rule_id)[0].state == "normal"
    await kit.wait(60)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_an_acknowledgement_survives_a_reload(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    assert alarms().async_acknowledge([AlarmKey(rule_id, "sensor.one")], ANNA) == [(rule_id, "sensor.one")]

    hass.states.async_remove("sensor.one")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    (alarm,) = alarms().alarms(rule_id)
    assert (alarm.state, alarm.acknowledged_by.name) == ("acknowledged", "Anna")
    await set_state(hass, "sensor.one", "91")
    assert await history(alarms()) == ["raised sensor.one", "acknowledged sensor.one"], "nothing is raised twice"
    await set_state(hass, "sensor.one", "20")
    assert (await history(alarms()))[-1] == "cleared sensor.one"


async def test_a_snooze_ends_at_its_time(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    key = AlarmKey(rule_id, "sensor.one")
    alarms().async_snooze([key], alarms().processor.now() + 3600, ANNA)
    assert alarms().alarm(key).state == "snoozed"  # type: ignore[union-attr]

    await kit.wait(3599)
    assert alarms().alarm(key).state == "snoozed"  # type: ignore[union-attr]
    await kit.wait(2)

    assert alarms().alarm(key).state == "unacknowledged"  # type: ignore[union-attr]


async def test_a_lost_host_suppresses_alarms_of_its_entities(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    host = await kit.host("nas")
    registry = er.async_get(hass)
    power = kit.entity_id(f"{host.uid}_power_state")
    device_id = registry.async_get(power).device_id  # type: ignore[union-attr]
    registry.async_get_or_create("sensor", "test", "disk", suggested_object_id="disk", device_id=device_id)
    registry.async_get_or_create("sensor", "test", "fan", suggested_object_id="fan", device_id=device_id)
    lost = add(hass, entry, Condition(kind=AlarmKind.HOST_LOST), power, name="Lost", severity=Severity.CRITICAL)
    gone = add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.disk", "sensor.fan", name="Gone")
    await set_state(hass, "sensor.disk", "5")
    await set_state(hass, "sensor.fan", "900")

    await set_state(hass, "sensor.disk", "unavailable")
    await set_state(hass, "sensor.fan", "unavailable")
    await kit.wait(3)
    disk, fan = AlarmKey(gone, "sensor.disk"), AlarmKey(gone, "sensor.fan")
    assert alarms().alarm(disk).state == "unacknowledged"  # type: ignore[union-attr]
    assert alarms().alarm(fan).state == "suppressed", "one of several absent entities explains the others"  # type: ignore[union-attr]
    await host.availability("offline")
    await kit.wait(3)

    parent = AlarmKey(lost, power)
    assert alarms().alarm(parent).state == "unacknowledged"  # type: ignore[union-attr]
    assert alarms().alarm(disk).state == "suppressed"  # type: ignore[union-attr]
    assert {alarm.key for alarm in alarms().children(parent)} == {disk, fan}

    await host.availability("online")
    await set_state(hass, "sensor.fan", "800")
    assert alarms().alarm(disk).state == "suppressed", "within the grace period"  # type: ignore[union-attr]
    await kit.wait(76)
    assert alarms().alarm(disk).state == "unacknowledged", "raised after the grace period"  # type: ignore[union-attr]
    assert alarms().alarm(fan).state == "normal"  # type: ignore[union-attr]
    assert "raised sensor.fan" not in await history(alarms()), "only the root cause is raised"


async def test_an_absent_device_suppresses_alarms_of_devices_behind_it(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    other = MockConfigEntry(domain="test")
    other.add_to_hass(hass)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    hub = devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "hub")})
    leaf = devices.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("test", "leaf")}, via_device_id=hub.id
    )
    entities.async_get_or_create("sensor", "test", "hub", suggested_object_id="hub", device_id=hub.id)
    entities.async_get_or_create("sensor", "test", "leaf", suggested_object_id="leaf", device_id=leaf.id)
    rule_id = add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.hub", "sensor.leaf")
    await set_state(hass, "sensor.hub", "on")
    await set_state(hass, "sensor.leaf", "on")

    await set_state(hass, "sensor.leaf", "unavailable")
    await set_state(hass, "sensor.hub", "unavailable")
    await kit.wait(3)

    states = {alarm.key.subject: alarm.state for alarm in alarms().alarms(rule_id)}
    assert states == {"sensor.hub": "unacknowledged", "sensor.leaf": "suppressed"}


async def test_maintenance_suppresses_alarms_but_not_their_evaluation(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    alarms().suppressor.async_set_maintenance(True, ANNA)
    await set_state(hass, "sensor.one", "90")
    (alarm,) = alarms().alarms(rule_id)
    assert (alarm.state, alarm.active) == ("suppressed", True)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert alarms().suppressor.maintenance
    alarms().suppressor.async_set_maintenance(False, ANNA)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_a_timed_window_ends_at_its_time(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    until = alarms().processor.now() + 1800
    alarms().suppressor.async_start_window("Painting", Selection(entities=("sensor.one",)), until, ANNA)
    await set_state(hass, "sensor.one", "90")
    assert alarms().alarms(rule_id)[0].state == "suppressed"
    assert alarms().suppressor.is_in_maintenance("sensor.one")

    await kit.wait(1860)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"
    assert not alarms().suppressor.is_in_maintenance("sensor.one")


@pytest.mark.parametrize("state", ["unavailable", "unknown", "warm"])
async def test_a_state_that_is_no_number_neither_raises_nor_clears(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager], state: str
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", state)
    assert alarms().alarms(rule_id)[0].state == "normal"

    await set_state(hass, "sensor.one", "90")
    await set_state(hass, "sensor.one", state)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_alarms_of_a_template_an_event_and_a_message(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    template = add(hass, entry, Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('input.x', 'bad') }}"))
    event = add(
        hass,
        entry,
        Condition(kind=AlarmKind.EVENT, event_type="doorbell", event_data={"door": "back"}),
        timing=Timing(latching=True),
    )
    message = add(
        hass, entry, Condition(kind=AlarmKind.MESSAGE, topic="alert/#", contains="fire"), timing=Timing(latching=True)
    )
    await hass.async_block_till_done()

    await set_state(hass, "input.x", "bad")
    hass.bus.async_fire("doorbell", {"door": "front"})
    await kit.receive("alert/kitchen", "smoke")
    await hass.async_block_till_done()
    states = {rule_id: alarms().alarms(rule_id)[0].state for rule_id in (template, event, message)}
    assert states == {template: "unacknowledged", event: "normal", message: "normal"}

    hass.bus.async_fire("doorbell", {"door": "back"})
    await kit.receive("alert/kitchen", "fire!")
    await set_state(hass, "input.x", "good")
    await kit.wait(6)
    states = {rule_id: alarms().alarms(rule_id)[0].state for rule_id in (template, event, message)}
    assert states == {template: "normal", event: "returned_unacknowledged", message: "returned_unacknowledged"}


async def test_a_removed_rule_removes_its_alarms(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")

    hass.config_entries.async_remove_subentry(entry, rule_id)
    await hass.async_block_till_done()

    assert alarms().alarms() == []
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 0
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert alarms().alarms() == []


def group(hass: HomeAssistant, entry: MockConfigEntry, *targets: dict[str, Any]) -> str:
    """Add a notifier group as its flow does; return its id."""
    data = {"targets": list(targets), "fallback": [], "break_through": False}
    subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title="Family", unique_id=None)  # type: ignore[arg-type]
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id


def policy(*steps: tuple[float, str]) -> EscalationPolicy:
    return EscalationPolicy(
        steps=tuple(EscalationStep(after_s=after_s, groups=(group_id,)) for after_s, group_id in steps)
    )


async def test_an_alarm_is_acknowledged_by_the_button_of_its_notification(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    family = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    rule_id = add(hass, entry, HOT, "sensor.one", escalation=policy((0, family)), instructions="Open the window.")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "81.5", unit_of_measurement="°C", friendly_name="Attic")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [call.data["title"] for call in notifications] == ["Warning: Hot: Attic"]
    assert "81.5 °C" in notifications[0].data["message"]
    assert "Open the window." in notifications[0].data["message"]

    hass.bus.async_fire(
        "mobile_app_notification_action", {"action": notifications[0].data["data"]["actions"][0]["action"]}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    (alarm,) = alarms().alarms(rule_id)
    assert (alarm.state, alarm.acknowledged_by.source) == ("acknowledged", "phone")
    await set_state(hass, "sensor.one", "20", friendly_name="Attic")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [call.data["title"] for call in notifications][1:] == ["Acknowledged: Hot: Attic", "Cleared: Hot: Attic"]
    assert {call.data["data"]["tag"] for call in notifications} == {notifications[0].data["data"]["tag"]}


async def test_an_escalation_continues_after_a_reload_without_repetition(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    first, second = (async_mock_service(hass, "notify", f"mobile_app_{who}") for who in ("anna", "ben"))
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    ben = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_ben"})
    add(hass, entry, HOT, "sensor.one", escalation=policy((0, anna), (600, ben)))
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    await hass.async_block_till_done(wait_background_tasks=True)
    await kit.wait(500)
    assert (len(first), len(second)) == (1, 0)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await kit.wait(101)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (len(first), len(second)) == (1, 1)
    assert "escalated sensor.one" in await history(alarms())


async def test_one_outage_is_one_notification_with_the_affected_entities(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    host = await kit.host("nas")
    registry = er.async_get(hass)
    power = kit.entity_id(f"{host.uid}_power_state")
    device_id = registry.async_get(power).device_id  # type: ignore[union-attr]
    for name in ("disk", "fan"):
        registry.async_get_or_create("sensor", "test", name, suggested_object_id=name, device_id=device_id)
        await set_state(hass, f"sensor.{name}", "5", friendly_name=name.capitalize())
    add(hass, entry, Condition(kind=AlarmKind.HOST_LOST), power, name="Lost", escalation=policy((0, anna)))
    add(
        hass,
        entry,
        Condition(kind=AlarmKind.UNAVAILABLE),
        "sensor.disk",
        "sensor.fan",
        name="Gone",
        escalation=policy((0, anna)),
    )
    await hass.async_block_till_done()

    for name in ("disk", "fan"):
        await set_state(hass, f"sensor.{name}", "unavailable", friendly_name=name.capitalize())
    await host.availability("offline")
    await kit.wait(3)
    await hass.async_block_till_done(wait_background_tasks=True)

    (call,) = notifications
    assert call.data["title"].startswith("Warning: Lost: nas")
    assert "Disk" in call.data["message"]
    assert "Fan" in call.data["message"]


async def test_a_flapping_alarm_is_notified_once_and_then_after_it_has_calmed(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    rule_id = add(hass, entry, HOT, "sensor.one", escalation=policy((0, anna)))
    await hass.async_block_till_done()
    for _ in range(20):
        for value in ("90", "20"):
            await set_state(hass, "sensor.one", value)
            await kit.wait(5)
            await hass.async_block_till_done(wait_background_tasks=True)
    await set_state(hass, "sensor.one", "90")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert alarms().alarms(rule_id)[0].state == "suppressed"
    assert (
        len([call for call in notifications if call.data["message"].startswith("This alarm keeps coming and going")])
        == 1
    )
    before = len(notifications)
    await kit.wait(3700)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"
    assert len(notifications) == before + 1


async def test_a_latching_momentary_alarm_is_notified(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    condition = Condition(kind=AlarmKind.EVENT, event_type="doorbell")
    add(hass, entry, condition, timing=Timing(latching=True), escalation=policy((0, anna)), name="Bell")
    await hass.async_block_till_done()

    hass.bus.async_fire("doorbell", {})
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [call.data["title"] for call in notifications] == ["Warning: Bell"]


async def test_an_absent_hub_does_not_suppress_alarms_of_entities_that_still_report(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    other = MockConfigEntry(domain="test")
    other.add_to_hass(hass)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    hub = devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "hub")})
    leaf = devices.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("test", "leaf")}, via_device_id=hub.id
    )
    entities.async_get_or_create("sensor", "test", "hub", suggested_object_id="hub", device_id=hub.id)
    entities.async_get_or_create("sensor", "test", "leaf", suggested_object_id="leaf", device_id=leaf.id)
    add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.hub", severity=Severity.INFO)
    leak = add(hass, entry, HOT, "sensor.leaf", severity=Severity.CRITICAL)
    await set_state(hass, "sensor.hub", "on")
    await set_state(hass, "sensor.hub", "unavailable")
    await kit.wait(3)

    await set_state(hass, "sensor.leaf", "90")

    assert alarms().alarms(leak)[0].state == "unacknowledged"


async def test_a_configured_parent_suppresses_whatever_its_kind(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    mains = Condition(kind=AlarmKind.STATE, states=("off",))
    add(hass, entry, mains, "binary_sensor.mains", name="No mains", severity=Severity.CRITICAL)
    pump = add(hass, entry, mains, "switch.pump", name="Pump off", parents=("binary_sensor.mains",))
    await set_state(hass, "binary_sensor.mains", "on")
    await set_state(hass, "switch.pump", "on")

    await set_state(hass, "binary_sensor.mains", "off")
    await set_state(hass, "switch.pump", "off")
    assert alarms().alarms(pump)[0].state == "suppressed"
    await set_state(hass, "binary_sensor.mains", "on")
    await kit.wait(76)

    assert alarms().alarms(pump)[0].state == "unacknowledged"


async def test_a_rule_uses_its_edited_severity(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    data = {**entry.subentries[rule_id].data, "severity": "critical"}

    hass.config_entries.async_update_subentry(entry, entry.subentries[rule_id], data=data)
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")

    assert alarms().count(Severity.CRITICAL, unacknowledged=True) == 1


async def test_a_template_is_not_evaluated_while_home_assistant_starts(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('input.x', 'bad') }}"))
    await set_state(hass, "input.x", "bad")
    alarms().async_acknowledge([AlarmKey(rule_id, "")], ANNA)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.states.async_remove("input.x")

    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert alarms().alarms(rule_id)[0].state == "acknowledged"
    await set_state(hass, "input.x", "bad")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await kit.wait(31)

    assert await history(alarms()) == ["raised ", "acknowledged "]


async def test_the_same_alarm_stays_the_root_cause_during_an_outage(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    other = MockConfigEntry(domain="test")
    other.add_to_hass(hass)
    box = dr.async_get(hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "box")})
    names = [f"sensor.z{number}" for number in range(5)]
    for name in names:
        er.async_get(hass).async_get_or_create(
            "sensor", "test", name, suggested_object_id=name.partition(".")[2], device_id=box.id
        )
        hass.states.async_set(name, "5")
    timing = Timing(clear_after_s=20)
    add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), *names, escalation=policy((0, anna)), timing=timing)
    await hass.async_block_till_done()

    for name in reversed(names):
        await set_state(hass, name, "unavailable")
    for _ in range(10):
        await kit.wait(1)
    for name in reversed(names):
        await set_state(hass, name, "5")
    for _ in range(30):
        await kit.wait(1)
        await hass.async_block_till_done(wait_background_tasks=True)

    assert [call.data.get("title", "withdrawn") for call in notifications] == ["Warning: Hot: z0", "Cleared: Hot: z0"]
