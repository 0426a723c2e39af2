"""Automations that go on only when an alarm is active, or in maintenance."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition
from homeassistant.core import Event
from tests.alarms.home import place
from tests.automation import Automate
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state


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
