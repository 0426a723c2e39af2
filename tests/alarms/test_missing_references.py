"""Entities, devices, areas, labels and groups that are removed while alarms name them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    issue_registry as ir,
    label_registry as lr,
)

from ..kit import Kit
from ..rules import HOT, add_rule, attributes, call, set_state, shown
from .home import (
    ABOVE_50,
    add_device,
    alarm_states,
    bridge,
    changes_of,
    raise_alarm,
    rename,
    sensor,
    start,
    started,
    stop,
    titles,
    wait,
)

DAY_S = 24 * 3600


def repairs(kit: Kit) -> dict[str, str]:
    """Return the missing references that repairs name, by the title of the subentry."""
    issues = [issue.translation_placeholders for issue in ir.async_get(kit.hass).issues.values()]
    return {placeholders["name"]: placeholders.get("gone", "") for placeholders in issues if placeholders}


async def raise_and_remove(kit: Kit, policy: EscalationPolicy) -> None:
    """Raise the alarm of a state without a registry entry, remove the state, and wait for three minutes."""
    await set_state(kit, "sensor.plain", "60")
    await add_rule(kit, "sensor.plain", condition=ABOVE_50, escalation=policy)
    await wait(kit, 2)
    kit.hass.states.async_remove("sensor.plain")
    await wait(kit, 120, 61)


async def remove(kit: Kit, entity_id: str) -> None:
    er.async_get(kit.hass).async_remove(entity_id)
    await kit.hass.async_block_till_done()


async def disable(kit: Kit, entity_id: str) -> None:
    er.async_get(kit.hass).async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await kit.hass.async_block_till_done()


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("drop", [remove, disable])
async def test_the_alarm_of_a_removed_or_disabled_entity_is_cleared(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    drop: Callable[[Kit, str], Awaitable[None]],
    running: bool,
) -> None:
    _, entity_id = await raise_alarm(kit, policy)
    if not running:
        await stop(kit)

    await drop(kit, entity_id)
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 5)

    assert await alarm_states(kit) == {}
    assert titles(notifications) == ["Warning", "Cleared"]
    assert "no longer monitored" in notifications[1].data["message"]
    assert await changes_of(kit, entity_id) == ["raised", "cleared"]
    assert repairs(kit) == {"Hot": "sensor.attic"}


@pytest.mark.parametrize("drop", [remove, disable])
async def test_a_template_alarm_is_cleared_when_its_entity_is_removed(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], drop: Callable[[Kit, str], Awaitable[None]]
) -> None:
    await sensor(kit, "attic", "60")
    template = Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.attic') | float > 50 }}")
    rule_id = await add_rule(kit, condition=template, escalation=policy)
    await wait(kit, 40)
    assert titles(notifications) == ["Warning"]

    await drop(kit, "sensor.attic")
    await wait(kit, 70, 5)

    assert titles(notifications) == ["Warning", "Cleared"]
    assert "no longer monitored" in notifications[1].data["message"]
    assert repairs(kit) == {"Hot": "sensor.attic"}
    kit.hass.config_entries.async_remove_subentry(bridge(kit), rule_id)
    await kit.hass.async_block_till_done()
    assert repairs(kit) == {}


async def test_a_template_that_is_true_without_its_entity_stays_raised(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await sensor(kit, "attic", "60")
    template = Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.attic') in ['unknown', 'unavailable'] }}")
    await add_rule(kit, condition=template, escalation=policy)
    await wait(kit, 40)

    await remove(kit, "sensor.attic")
    await wait(kit, 70, 5)

    assert titles(notifications) == ["Warning"]
    assert repairs(kit) == {"Hot": "sensor.attic"}


async def test_entities_in_templates_events_and_action_data_are_missed(
    kit: Kit, entry: MockConfigEntry, add_notifier_group: Callable[..., ConfigSubentry]
) -> None:
    for name in ("attic", "cellar", "garage", "shed"):
        await sensor(kit, name)
    event = Condition(kind=AlarmKind.EVENT, event_type="alert", event_data={"entity_id": "sensor.attic"})
    await add_rule(kit, condition=event, name="Event")
    await add_rule(kit, "sensor.one", message="{{ states('sensor.cellar') }}", name="Message")
    left_out = Selection(domains=("sensor",), excluded=("sensor.shed",))
    await add_rule(kit, selection=left_out, condition=ABOVE_50, name="Left out")
    add_notifier_group(
        "Lamp", "", {"kind": "action", "action": "light.turn_on", "data": {"entity_id": "sensor.garage"}}
    )
    await kit.hass.async_block_till_done()
    assert repairs(kit) == {}

    for name in ("attic", "cellar", "garage", "shed"):
        await remove(kit, f"sensor.{name}")
    await wait(kit, 2)

    assert repairs(kit) == {"Event": "sensor.attic", "Message": "sensor.cellar", "Lamp": "sensor.garage"}


async def test_the_repair_is_removed_when_the_entity_is_enabled_again(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    _, entity_id = await raise_alarm(kit, policy)
    await disable(kit, entity_id)
    await wait(kit, 3)
    assert repairs(kit) == {"Hot": "sensor.attic"}

    er.async_get(kit.hass).async_update_entity(entity_id, disabled_by=None)
    await wait(kit, 3)
    assert repairs(kit) == {}
    kit.hass.states.async_set(entity_id, "70")
    await wait(kit, 3)
    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}


@pytest.mark.parametrize("running", [True, False])
async def test_a_new_entity_under_the_id_of_a_removed_one_gets_a_new_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], running: bool
) -> None:
    """The old sensor is replaced by a new one with its id: the rule watches that."""
    _, entity_id = await raise_alarm(kit, policy)
    if not running:
        await stop(kit)
    await remove(kit, entity_id)
    await sensor(kit, "new", "99")
    await rename(kit, "sensor.new", "sensor.attic")
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 5)

    assert await alarm_states(kit) == {"sensor.attic": "unacknowledged"}
    assert titles(notifications) == ["Warning", "Cleared", "Warning"]
    tags = [call.data["data"]["tag"] for call in notifications]
    assert tags[0] == tags[1] != tags[2]
    assert repairs(kit) == {}
    assert await changes_of(kit, "sensor.attic") == ["raised", "cleared", "raised"]


async def test_an_alarm_of_an_absent_unregistered_entity_is_cleared_after_a_day(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await raise_and_remove(kit, policy)
    assert await alarm_states(kit) == {"sensor.plain": "unacknowledged"}
    assert repairs(kit) == {}

    await kit.wait(DAY_S)
    await wait(kit, 120, 61)

    assert await alarm_states(kit) == {}
    assert titles(notifications) == ["Warning", "Cleared"]
    assert repairs(kit) == {"Hot": "sensor.plain"}
    await set_state(kit, "sensor.plain", "20")
    await wait(kit, 120, 61)
    assert repairs(kit) == {}


async def test_a_suppressed_alarm_of_an_absent_entity_is_no_longer_shown_after_a_day(kit: Kit) -> None:
    await set_state(kit, "sensor.plain", "20")
    rule_id = await add_rule(kit, "sensor.plain", condition=ABOVE_50)
    await call(kit, "maintenance_start", entity_id="sensor.plain", duration=3 * DAY_S)
    await set_state(kit, "sensor.plain", "60")
    kit.hass.states.async_remove("sensor.plain")
    await wait(kit, 120, 61)
    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["total"]) == ("off", 1)

    await kit.wait(DAY_S)
    await wait(kit, 120, 61)

    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["total"]) == ("unknown", 0)


async def test_the_day_of_an_absent_entity_continues_over_restarts(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await raise_and_remove(kit, policy)

    for _ in range(2):
        await kit.wait(DAY_S // 2 - 300)
        await stop(kit)
        await start(kit)
        await started(kit)
        await wait(kit, 120, 61)
        assert await alarm_states(kit) == {"sensor.plain": "unacknowledged"}
    await kit.wait(3600)
    await wait(kit, 120, 61)

    assert await alarm_states(kit) == {}
    assert repairs(kit) == {"Hot": "sensor.plain"}


async def test_an_absent_unregistered_parent_is_missed_after_a_day(kit: Kit) -> None:
    await set_state(kit, "sensor.hub", "1")
    await add_rule(kit, "sensor.one", parents=("sensor.hub",), name="Parent")
    await set_state(kit, "sensor.one", "20")
    kit.hass.states.async_remove("sensor.hub")
    await wait(kit, 120, 61)
    assert repairs(kit) == {}

    await kit.wait(DAY_S)
    await wait(kit, 120, 61)

    assert repairs(kit) == {"Parent": "sensor.hub"}


async def test_deleted_areas_floors_labels_and_devices_are_missed(kit: Kit) -> None:
    area = ar.async_get(kit.hass).async_create("Attic").id
    floor = fr.async_get(kit.hass).async_create("Top").floor_id
    label = lr.async_get(kit.hass).async_create("Rooms").label_id
    router = add_device(kit, "router")
    dr.async_get(kit.hass).async_update_device(router, name_by_user="Router")
    await add_rule(kit, selection=Selection(areas=(area,)), name="Area")
    await add_rule(kit, selection=Selection(floors=(floor,)), name="Floor")
    await add_rule(kit, selection=Selection(labels=(label,)), name="Label")
    await add_rule(kit, selection=Selection(devices=(router,)), name="Device")
    await add_rule(kit, "sensor.one", parents=(router,), name="Parent")
    assert repairs(kit) == {}

    ar.async_get(kit.hass).async_delete(area)
    fr.async_get(kit.hass).async_delete(floor)
    lr.async_get(kit.hass).async_delete(label)
    dr.async_get(kit.hass).async_remove_device(router)
    await wait(kit, 2)

    assert repairs(kit) == {
        "Area": "area attic", "Floor": "floor top", "Label": "label rooms",
        "Device": "device Router", "Parent": "device Router",
    }  # fmt: skip
    ar.async_get(kit.hass).async_create("Attic")
    await wait(kit, 2)
    assert "Area" not in repairs(kit)


async def test_a_rule_with_a_step_without_groups_has_a_repair(
    kit: Kit, entry: MockConfigEntry, policy: EscalationPolicy, add_notifier_group: Callable[..., ConfigSubentry]
) -> None:
    (now,) = policy.steps
    ben = add_notifier_group("Ben", "notify.mobile_app_ben")
    both = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(*now.groups, ben.subentry_id)),))
    await add_rule(kit, "sensor.one", escalation=both, name="Both")
    await add_rule(
        kit,
        "sensor.one",
        escalation=EscalationPolicy(steps=(*policy.steps, EscalationStep(after_s=60, groups=(ben.subentry_id,)))),
    )
    assert repairs(kit) == {}

    kit.hass.config_entries.async_remove_subentry(entry, ben.subentry_id)
    await kit.hass.async_block_till_done()

    assert set(repairs(kit)) == {"Hot"}, "the step of the other one still notifies Anna"


async def test_missing_entities_and_rules_of_windows_and_groups_have_repairs(
    kit: Kit, entry: MockConfigEntry, add_notifier_group: Callable[..., ConfigSubentry]
) -> None:
    entity_id = await sensor(kit, "attic")
    er.async_get(kit.hass).async_get_or_create("notify", "test", "siren", suggested_object_id="siren")
    siren = add_notifier_group("Siren", "", {"kind": "notify", "entity_id": "notify.siren"})
    rule_id = await add_rule(kit, "sensor.one", condition=HOT, name="Rule")

    def window(title: str, rules: list[str], *entities: str) -> str:
        data: dict[str, Any] = {"days": ["mon"], "start": "02:00:00", "duration_s": 3600, "rules": rules}
        data["selection"] = {"entities": list(entities)}
        subentry = ConfigSubentry(data=data, subentry_type="window", title=title, unique_id=None)  # type: ignore[arg-type]
        kit.hass.config_entries.async_add_subentry(entry, subentry)
        return subentry.subentry_id

    by_entity, by_rule = window("Entity", [], entity_id), window("Alarms", [rule_id])
    await kit.hass.async_block_till_done()
    await rename(kit, "notify.siren", "notify.horn")
    assert repairs(kit) == {}
    assert bridge(kit).subentries[siren.subentry_id].data["targets"][0]["entity_id"] == "notify.horn"

    await remove(kit, entity_id)
    await remove(kit, "notify.horn")
    kit.hass.config_entries.async_remove_subentry(entry, rule_id)
    await wait(kit, 2)

    assert repairs(kit) == {
        "Entity": "sensor.attic", "Siren": "notify.horn", "Alarms": "its alarm rules",
    }  # fmt: skip
    for subentry_id in (by_entity, by_rule, siren.subentry_id):
        kit.hass.config_entries.async_remove_subentry(entry, subentry_id)
    await kit.hass.async_block_till_done()
    assert repairs(kit) == {}
