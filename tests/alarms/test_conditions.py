"""Conditions of alarms in automations: an alarm is active, a target is in maintenance."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from homeassistant.core import Event
from tests.alarms.home import locate_sensor
from tests.automation import Automate
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state


async def automate_condition(automate: Automate, name: str, **condition: Any) -> list[Event]:
    """Set up an automation that checks a condition whenever ``go`` is fired."""
    trigger = {"trigger": "event", "event_type": "go"}
    return await automate(trigger, condition={"condition": f"iotbridge.{name}", **condition})


async def is_met(kit: Kit, events: list[Event]) -> bool:
    events.clear()
    kit.hass.bus.async_fire("go")
    await kit.hass.async_block_till_done()
    return bool(events)


async def test_active_is_met_while_the_alarm_is_active_and_not_snoozed(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one")
    ran = await automate_condition(automate, "alarm_active", target={"entity_id": "sensor.one"})
    assert not await is_met(kit, ran)

    await set_state(kit, "sensor.one", "90")
    assert await is_met(kit, ran)
    await call(kit, "acknowledge", entity_id="sensor.one")
    assert await is_met(kit, ran)
    await call(kit, "snooze", entity_id="sensor.one", duration=60)
    assert not await is_met(kit, ran)
    await call(kit, "unsnooze", entity_id="sensor.one")
    await call(kit, "maintenance_start", entity_id="sensor.one", duration=60)
    assert not await is_met(kit, ran)
    await call(kit, "maintenance_end", entity_id="sensor.one")
    assert await is_met(kit, ran)
    await set_state(kit, "sensor.one", "20")
    assert not await is_met(kit, ran)


@pytest.mark.parametrize("kind", ["area", "floor", "label", "entity"])
async def test_active_considers_only_alarms_of_the_target(kit: Kit, automate: Automate, kind: str) -> None:
    target = locate_sensor(kit)[kind]
    await add_rule(kit, "sensor.one", "sensor.two")
    ran = await automate_condition(automate, "alarm_active", target=target)

    await set_state(kit, "sensor.two", "90")
    assert not await is_met(kit, ran)
    await set_state(kit, "sensor.one", "90")
    assert await is_met(kit, ran)


async def test_active_filters_by_severity_and_rule(kit: Kit, automate: Automate) -> None:
    rule_id = await add_rule(kit, "sensor.one", severity=Severity.CRITICAL)
    await add_rule(kit, "sensor.two", name="Other")
    options = {"severity": "critical", "rule": rule_entity(kit, rule_id)}
    ran = await automate_condition(automate, "alarm_active", options=options)

    await set_state(kit, "sensor.two", "90")
    assert not await is_met(kit, ran)
    await set_state(kit, "sensor.one", "90")
    assert await is_met(kit, ran)


async def test_active_is_not_met_while_iot_bridge_is_unloaded(
    kit: Kit, automate: Automate, entry: MockConfigEntry
) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    ran = await automate_condition(automate, "alarm_active")
    assert await is_met(kit, ran)

    await kit.hass.config_entries.async_unload(entry.entry_id)

    assert not await is_met(kit, ran)


async def test_in_maintenance_is_met_while_the_switch_is_on(
    kit: Kit, automate: Automate, entry: MockConfigEntry
) -> None:
    ran = await automate_condition(automate, "in_maintenance")
    assert not await is_met(kit, ran)

    switch = kit.entity_id(f"{entry.entry_id}_maintenance")
    await kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)

    assert await is_met(kit, ran)


async def test_in_maintenance_is_met_for_an_area_with_a_window(kit: Kit, automate: Automate) -> None:
    area = locate_sensor(kit)["area"]
    await add_rule(kit, "sensor.one", "sensor.two")
    ran = await automate_condition(automate, "in_maintenance", target=area)
    assert not await is_met(kit, ran)

    await call(kit, "maintenance_start", entity_id="sensor.two", duration=600)
    assert not await is_met(kit, ran)
    await call(kit, "maintenance_start", entity_id="sensor.one", duration=600)
    assert await is_met(kit, ran)
    await kit.wait(661)
    assert not await is_met(kit, ran)


async def test_in_maintenance_is_met_for_a_rule_with_a_window(kit: Kit, automate: Automate) -> None:
    condition = Condition(kind=AlarmKind.TEMPLATE, template="{{ false }}")
    rule_id = await add_rule(kit, condition=condition)
    ran = await automate_condition(automate, "in_maintenance", target={"entity_id": rule_entity(kit, rule_id)})
    assert not await is_met(kit, ran)

    await call(kit, "maintenance_start", entity_id=rule_entity(kit, rule_id), duration=600)

    assert await is_met(kit, ran)
