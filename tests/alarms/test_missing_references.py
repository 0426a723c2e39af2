"""Entities, devices, areas, labels and groups that are removed while alarms name them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.rule import (
    AlarmKind,
    Condition,
    EscalationPolicy,
    EscalationStep,
    Selection,
)
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
from ..rules import HOT, add_rule, set_state
from .home import bridge, device, history, listed, rename, say, sensor, start, started, stop, titles, wait

ABOVE_50 = Condition(kind=AlarmKind.ABOVE, above=50)
DAY_S = 24 * 3600


def repairs(kit: Kit) -> dict[str, str]:
    """Return what the open repairs about references name, by the title of the subentry."""
    found = [issue.translation_placeholders for issue in ir.async_get(kit.hass).issues.values()]
    return {placeholders["name"]: placeholders.get("gone", "") for placeholders in found if placeholders}


async def raised_and_removed(kit: Kit, policy: EscalationPolicy) -> None:
    """Raise the alarm of a state without a registry entry, remove the state, and wait for three minutes."""
    await set_state(kit, "sensor.plain", "60")
    await add_rule(kit, "sensor.plain", condition=ABOVE_50, escalation=policy)
    await wait(kit, 2)
    kit.hass.states.async_remove("sensor.plain")
    await wait(kit, 120, 61)


async def raised(kit: Kit, policy: EscalationPolicy) -> str:
    """Return the id of a sensor whose alarm is raised and told."""
    entity_id = await sensor(kit, "attic")
    await add_rule(kit, entity_id, condition=ABOVE_50, escalation=policy)
    await say(kit, "attic", "60")
    await wait(kit, 1)
    return entity_id


async def remove(kit: Kit, entity_id: str) -> None:
    er.async_get(kit.hass).async_remove(entity_id)
    await kit.hass.async_block_till_done()


async def disable(kit: Kit, entity_id: str) -> None:
    er.async_get(kit.hass).async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await kit.hass.async_block_till_done()


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("lose", [remove, disable])
async def test_an_entity_that_goes_ends_its_alarm(
    kit: Kit,
    policy: EscalationPolicy,
    told: list[ServiceCall],
    lose: Callable[[Kit, str], Awaitable[None]],
    running: bool,
) -> None:
    entity_id = await raised(kit, policy)
    if not running:
        await stop(kit)

    await lose(kit, entity_id)
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 5)

    assert await listed(kit) == {}
    assert titles(told) == ["Warning", "Cleared"]
    assert "no longer monitored" in told[1].data["message"]
    assert await history(kit, entity_id) == ["raised", "cleared"]
    assert repairs(kit) == {"Hot": "sensor.attic"}


@pytest.mark.parametrize("lose", [remove, disable])
async def test_a_template_ends_when_its_entity_goes(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall], lose: Callable[[Kit, str], Awaitable[None]]
) -> None:
    await sensor(kit, "attic", "60")
    template = Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.attic') | float > 50 }}")
    rule_id = await add_rule(kit, condition=template, escalation=policy)
    await wait(kit, 40)
    assert titles(told) == ["Warning"]

    await lose(kit, "sensor.attic")
    await wait(kit, 70, 5)

    assert titles(told) == ["Warning", "Cleared"]
    assert "no longer monitored" in told[1].data["message"]
    assert repairs(kit) == {"Hot": "sensor.attic"}
    kit.hass.config_entries.async_remove_subentry(bridge(kit), rule_id)
    await kit.hass.async_block_till_done()
    assert repairs(kit) == {}


async def test_a_template_that_is_true_without_its_entity_stays_raised(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    await sensor(kit, "attic", "60")
    template = Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.attic') in ['unknown', 'unavailable'] }}")
    await add_rule(kit, condition=template, escalation=policy)
    await wait(kit, 40)

    await remove(kit, "sensor.attic")
    await wait(kit, 70, 5)

    assert titles(told) == ["Warning"]
    assert repairs(kit) == {"Hot": "sensor.attic"}


async def test_what_texts_and_data_name(kit: Kit, entry: MockConfigEntry, group: Callable[..., ConfigSubentry]) -> None:
    for name in ("attic", "cellar", "garage", "shed"):
        await sensor(kit, name)
    event = Condition(kind=AlarmKind.EVENT, event_type="alert", event_data={"entity_id": "sensor.attic"})
    await add_rule(kit, condition=event, name="Event")
    await add_rule(kit, "sensor.one", message="{{ states('sensor.cellar') }}", name="Message")
    left_out = Selection(domains=("sensor",), excluded=("sensor.shed",))
    await add_rule(kit, selection=left_out, condition=ABOVE_50, name="Left out")
    group("Lamp", "", {"kind": "action", "action": "light.turn_on", "data": {"entity_id": "sensor.garage"}})
    await kit.hass.async_block_till_done()
    assert repairs(kit) == {}

    for name in ("attic", "cellar", "garage", "shed"):
        await remove(kit, f"sensor.{name}")
    await wait(kit, 2)

    assert repairs(kit) == {"Event": "sensor.attic", "Message": "sensor.cellar", "Lamp": "sensor.garage"}


async def test_the_repair_goes_when_the_entity_is_back(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    entity_id = await raised(kit, policy)
    await disable(kit, entity_id)
    await wait(kit, 3)
    assert repairs(kit) == {"Hot": "sensor.attic"}

    er.async_get(kit.hass).async_update_entity(entity_id, disabled_by=None)
    await wait(kit, 3)
    assert repairs(kit) == {}
    kit.hass.states.async_set(entity_id, "70")
    await wait(kit, 3)
    assert await listed(kit) == {"sensor.attic": "unacknowledged"}


@pytest.mark.parametrize("running", [True, False])
async def test_an_entity_that_takes_the_place_of_a_removed_one(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall], running: bool
) -> None:
    """The old sensor is thrown away, and a new one gets its id: the rule goes on with that."""
    entity_id = await raised(kit, policy)
    if not running:
        await stop(kit)
    await remove(kit, entity_id)
    await sensor(kit, "new", "99")
    await rename(kit, "sensor.new", "sensor.attic")
    if not running:
        await start(kit)
        await started(kit)
    await wait(kit, 5)

    assert await listed(kit) == {"sensor.attic": "unacknowledged"}
    assert titles(told) == ["Warning", "Cleared", "Warning"]
    tags = [call.data["data"]["tag"] for call in told]
    assert tags[0] == tags[1] != tags[2]
    assert repairs(kit) == {}
    assert await history(kit, "sensor.attic") == ["raised", "cleared", "raised"]


async def test_a_state_without_a_registry_entry_is_waited_for_a_day(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    await raised_and_removed(kit, policy)
    assert await listed(kit) == {"sensor.plain": "unacknowledged"}
    assert repairs(kit) == {}

    await kit.wait(DAY_S)
    await wait(kit, 120, 61)

    assert await listed(kit) == {}
    assert titles(told) == ["Warning", "Cleared"]
    assert repairs(kit) == {"Hot": "sensor.plain"}
    await set_state(kit, "sensor.plain", "20")
    await wait(kit, 120, 61)
    assert repairs(kit) == {}


async def test_the_day_of_an_absent_entity_goes_on_over_restarts(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    await raised_and_removed(kit, policy)

    for _ in range(2):
        await kit.wait(DAY_S // 2 - 300)
        await stop(kit)
        await start(kit)
        await started(kit)
        await wait(kit, 120, 61)
        assert await listed(kit) == {"sensor.plain": "unacknowledged"}
    await kit.wait(3600)
    await wait(kit, 120, 61)

    assert await listed(kit) == {}
    assert repairs(kit) == {"Hot": "sensor.plain"}


async def test_a_parent_without_a_registry_entry_is_waited_for_a_day(kit: Kit) -> None:
    await set_state(kit, "sensor.hub", "1")
    await add_rule(kit, "sensor.one", parents=("sensor.hub",), name="Parent")
    await set_state(kit, "sensor.one", "20")
    kit.hass.states.async_remove("sensor.hub")
    await wait(kit, 120, 61)
    assert repairs(kit) == {}

    await kit.wait(DAY_S)
    await wait(kit, 120, 61)

    assert repairs(kit) == {"Parent": "sensor.hub"}


async def test_places_that_are_deleted(kit: Kit) -> None:
    area = ar.async_get(kit.hass).async_create("Attic").id
    floor = fr.async_get(kit.hass).async_create("Top").floor_id
    label = lr.async_get(kit.hass).async_create("Rooms").label_id
    router = device(kit, "router")
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


async def test_a_rule_whose_groups_were_deleted(
    kit: Kit, entry: MockConfigEntry, policy: EscalationPolicy, group: Callable[..., ConfigSubentry]
) -> None:
    (now,) = policy.steps
    ben = group("Ben", "notify.mobile_app_ben")
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

    assert set(repairs(kit)) == {"Hot"}, "the step of the other one still tells Anna"


async def test_what_windows_and_groups_name(
    kit: Kit, entry: MockConfigEntry, group: Callable[..., ConfigSubentry]
) -> None:
    entity_id = await sensor(kit, "attic")
    er.async_get(kit.hass).async_get_or_create("notify", "test", "siren", suggested_object_id="siren")
    siren = group("Siren", "", {"kind": "notify", "entity_id": "notify.siren"})
    rule_id = await add_rule(kit, "sensor.one", condition=HOT, name="Rule")

    def window(title: str, rules: list[str], *entities: str) -> str:
        data: dict[str, Any] = {"days": ["mon"], "start": "02:00:00", "duration_s": 3600, "rules": rules}
        data["selection"] = {"entities": list(entities)}
        made = ConfigSubentry(data=data, subentry_type="window", title=title, unique_id=None)  # type: ignore[arg-type]
        kit.hass.config_entries.async_add_subentry(entry, made)
        return made.subentry_id

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
