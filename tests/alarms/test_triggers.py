"""Automations on alarms."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition, EscalationPolicy, EscalationStep
from homeassistant.core import Event
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.trigger import async_validate_trigger_config

from ..automation import Automate, start_anew
from ..kit import Kit
from ..rules import add_rule, call, rule_entity, set_state

NAMES = ("rule", "alarm", "entity_id", "severity", "value", "change", "who", "comment", "instructions", "description")
TELL = {name: f"{{{{ trigger.{name} }}}}" for name in NAMES}


def place(kit: Kit) -> dict[str, dict[str, Any]]:
    """Put sensor.one into an area, on a floor and under a label; return every way to mean it."""
    floor = fr.async_get(kit.hass).async_create("Cellar")
    area = ar.async_get(kit.hass).async_create("Boiler room", floor_id=floor.floor_id)
    label = lr.async_get(kit.hass).async_create("Heating")
    entity = er.async_get(kit.hass).async_get_or_create("sensor", "test", "1", object_id_base="one")
    er.async_get(kit.hass).async_update_entity(
        entity.entity_id, new_entity_id="sensor.one", area_id=area.id, labels={label.label_id}
    )
    return {
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
        "entity": {"entity_id": "sensor.one"},
        "none": {},
    }


async def test_a_raised_alarm_starts_the_automation(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one", instructions="Open the valve.")
    ran = await automate({"trigger": "iotbridge.alarm_raised"}, tell=TELL)

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    assert [event.data for event in ran] == [
        {
            "rule": "Hot",
            "alarm": "Boiler",
            "entity_id": "sensor.one",
            "severity": "warning",
            "value": 90,
            "change": "raised",
            "who": "",
            "comment": "",
            "instructions": "Open the valve.",
            "description": "alarm Hot was raised for Boiler",
        }
    ]


@pytest.mark.parametrize("kind", ["area", "floor", "label", "entity", "none"])
async def test_the_target_is_what_the_alarm_is_about(kit: Kit, automate: Automate, kind: str) -> None:
    target = place(kit)[kind]
    await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.two", name="Other")
    ran = await automate({"trigger": "iotbridge.alarm_raised", "target": target}, tell=TELL)

    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")

    expected = ["sensor.one", "sensor.two"] if kind == "none" else ["sensor.one"]
    assert [event.data["entity_id"] for event in ran] == expected


async def test_what_comes_to_an_area_later_counts(kit: Kit, automate: Automate) -> None:
    area = place(kit)["area"]
    entity = er.async_get(kit.hass).async_get_or_create("sensor", "test", "2", object_id_base="two")
    er.async_get(kit.hass).async_update_entity(entity.entity_id, new_entity_id="sensor.two")
    await add_rule(kit, "sensor.two")
    ran = await automate({"trigger": "iotbridge.alarm_raised", "target": area})

    er.async_get(kit.hass).async_update_entity("sensor.two", area_id=area["area_id"])
    await set_state(kit, "sensor.two", "90")

    assert len(ran) == 1


@pytest.mark.parametrize("way", ["target", "option"])
async def test_one_rule(kit: Kit, automate: Automate, way: str) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.one", name="Other")
    entity_id = rule_entity(kit, rule_id)
    trigger = {"target": {"entity_id": entity_id}} if way == "target" else {"options": {"rule": [entity_id]}}
    ran = await automate({"trigger": "iotbridge.alarm_raised", **trigger}, tell=TELL)

    await set_state(kit, "sensor.one", "90")

    assert [event.data["rule"] for event in ran] == ["Hot"]


async def test_only_some_severities(kit: Kit, automate: Automate) -> None:
    condition = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=100)
    await add_rule(kit, "sensor.one", condition=condition)
    ran = await automate({"trigger": "iotbridge.alarm_raised", "options": {"severity": ["critical"]}}, tell=TELL)

    await set_state(kit, "sensor.one", "90")
    assert ran == []
    await set_state(kit, "sensor.one", "110")

    assert [(event.data["change"], event.data["severity"]) for event in ran] == [("worsened", "critical")]


async def test_an_alarm_that_nobody_acknowledged(kit: Kit, automate: Automate) -> None:
    policy = EscalationPolicy(
        steps=(EscalationStep(after_s=0, groups=("a",)), EscalationStep(after_s=600, groups=("b",)))
    )
    await add_rule(kit, "sensor.one", escalation=policy)
    ran = await automate({"trigger": "iotbridge.alarm_escalated"}, tell=TELL)

    await set_state(kit, "sensor.one", "90")
    assert ran == []
    await kit.wait(601)

    assert [event.data["description"] for event in ran] == ["alarm Hot was escalated for one"]


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [("alarm_acknowledged", ["acknowledged"]), ("alarm_cleared", ["cleared"]), ("alarm_raised", ["raised"])],
)
async def test_each_trigger_has_its_own(kit: Kit, automate: Automate, trigger: str, expected: list[str]) -> None:
    await add_rule(kit, "sensor.one")
    ran = await automate({"trigger": f"iotbridge.{trigger}"}, tell=TELL)

    await set_state(kit, "sensor.one", "90")
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine")
    await call(kit, "snooze", entity_id="sensor.one", duration=3600)
    await call(kit, "unsnooze", entity_id="sensor.one")
    await set_state(kit, "sensor.one", "20")

    assert [event.data["change"] for event in ran] == expected


async def test_silent_alarms_start_nothing(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one")
    await call(kit, "suppress", entity_id="sensor.one")
    ran = await automate({"trigger": "iotbridge.alarm_raised"})

    await set_state(kit, "sensor.one", "90")
    assert ran == []
    await call(kit, "unsuppress", entity_id="sensor.one")

    assert len(ran) == 1


async def test_a_restart_starts_nothing_and_the_automation_lives_on(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    ran = await automate({"trigger": "iotbridge.alarm_raised"}, tell=TELL)

    await start_anew(kit)
    assert ran == []
    await set_state(kit, "sensor.two", "90")

    assert [event.data["entity_id"] for event in ran] == ["sensor.two"]


@pytest.mark.parametrize("options", [{"severity": ["terrible"]}, {"rule": "no entity"}, {"other": 1}])
async def test_what_is_wrong_is_refused(kit: Kit, options: dict[str, Any]) -> None:
    config = cv.TRIGGER_SCHEMA([{"trigger": "iotbridge.alarm_raised", "options": options}])

    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(kit.hass, config)


# ---------------------------------------------------------------- conditions


async def asks(automate: Automate, name: str, **condition: Any) -> list[Event]:
    """Set up what is asked whenever ``go`` is fired."""
    trigger = {"trigger": "event", "event_type": "go"}
    return await automate(trigger, condition={"condition": f"iotbridge.{name}", **condition})


async def holds(kit: Kit, ran: list[Event]) -> bool:
    ran.clear()
    kit.hass.bus.async_fire("go")
    await kit.hass.async_block_till_done()
    return bool(ran)


async def test_an_alarm_is_active_until_it_is_over(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one")
    ran = await asks(automate, "alarm_active", target={"entity_id": "sensor.one"})
    assert not await holds(kit, ran)

    await set_state(kit, "sensor.one", "90")
    assert await holds(kit, ran)
    await call(kit, "acknowledge", entity_id="sensor.one")
    assert await holds(kit, ran)
    await call(kit, "snooze", entity_id="sensor.one", duration=60)
    assert not await holds(kit, ran)
    await call(kit, "unsnooze", entity_id="sensor.one")
    await set_state(kit, "sensor.one", "20")
    assert not await holds(kit, ran)


@pytest.mark.parametrize("kind", ["area", "floor", "label", "entity"])
async def test_active_among_the_targets(kit: Kit, automate: Automate, kind: str) -> None:
    target = place(kit)[kind]
    await add_rule(kit, "sensor.one", "sensor.two")
    ran = await asks(automate, "alarm_active", target=target)

    await set_state(kit, "sensor.two", "90")
    assert not await holds(kit, ran)
    await set_state(kit, "sensor.one", "90")
    assert await holds(kit, ran)


async def test_active_with_a_severity_or_of_a_rule(kit: Kit, automate: Automate) -> None:
    rule_id = await add_rule(kit, "sensor.one", severity=Severity.CRITICAL)
    await add_rule(kit, "sensor.two", name="Other")
    options = {"severity": "critical", "rule": rule_entity(kit, rule_id)}
    ran = await asks(automate, "alarm_active", options=options)

    await set_state(kit, "sensor.two", "90")
    assert not await holds(kit, ran)
    await set_state(kit, "sensor.one", "90")
    assert await holds(kit, ran)


async def test_nothing_is_active_without_iot_bridge(kit: Kit, automate: Automate, entry: MockConfigEntry) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    ran = await asks(automate, "alarm_active")
    assert await holds(kit, ran)

    await kit.hass.config_entries.async_unload(entry.entry_id)

    assert not await holds(kit, ran)


async def test_the_home_is_in_maintenance(kit: Kit, automate: Automate, entry: MockConfigEntry) -> None:
    ran = await asks(automate, "in_maintenance")
    assert not await holds(kit, ran)

    switch = kit.entity_id(f"{entry.entry_id}_maintenance")
    await kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)

    assert await holds(kit, ran)


async def test_a_place_is_in_maintenance(kit: Kit, automate: Automate) -> None:
    area = place(kit)["area"]
    await add_rule(kit, "sensor.one", "sensor.two")
    ran = await asks(automate, "in_maintenance", target=area)
    assert not await holds(kit, ran)

    await call(kit, "maintenance_start", entity_id="sensor.two", duration=600)
    assert not await holds(kit, ran)
    await call(kit, "maintenance_start", entity_id="sensor.one", duration=600)
    assert await holds(kit, ran)
    await kit.wait(661)
    assert not await holds(kit, ran)


async def test_a_rule_is_in_maintenance(kit: Kit, automate: Automate) -> None:
    condition = Condition(kind=AlarmKind.TEMPLATE, template="{{ false }}")
    rule_id = await add_rule(kit, condition=condition)
    ran = await asks(automate, "in_maintenance", target={"entity_id": rule_entity(kit, rule_id)})
    assert not await holds(kit, ran)

    await call(kit, "maintenance_start", entity_id=rule_entity(kit, rule_id), duration=600)

    assert await holds(kit, ran)
