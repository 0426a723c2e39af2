"""Automations that start because of an alarm."""

from typing import Any

import pytest
import voluptuous as vol

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from homeassistant.helpers import (
    config_validation as cv,
    entity_registry as er,
)
from homeassistant.helpers.trigger import async_validate_trigger_config
from tests.alarms.home import locate_sensor

from ..automation import Automate, start_anew
from ..kit import Kit
from ..rules import add_rule, call, rule_entity, set_state

NAMES = ("rule", "alarm", "entity_id", "severity", "value", "change", "who", "comment", "instructions", "description")
EVENT_DATA = {name: f"{{{{ trigger.{name} }}}}" for name in NAMES}


async def test_a_raised_alarm_triggers_with_its_data(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one", instructions="Open the valve.")
    ran = await automate({"trigger": "iotbridge.alarm_raised"}, tell=EVENT_DATA)

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
async def test_a_target_selects_alarms_by_their_entities(kit: Kit, automate: Automate, kind: str) -> None:
    target = locate_sensor(kit)[kind]
    await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.two", name="Other")
    ran = await automate({"trigger": "iotbridge.alarm_raised", "target": target}, tell=EVENT_DATA)

    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")

    expected = ["sensor.one", "sensor.two"] if kind == "none" else ["sensor.one"]
    assert [event.data["entity_id"] for event in ran] == expected


async def test_an_entity_added_to_an_area_later_triggers(kit: Kit, automate: Automate) -> None:
    area = locate_sensor(kit)["area"]
    entity = er.async_get(kit.hass).async_get_or_create("sensor", "test", "2", object_id_base="two")
    er.async_get(kit.hass).async_update_entity(entity.entity_id, new_entity_id="sensor.two")
    await add_rule(kit, "sensor.two")
    ran = await automate({"trigger": "iotbridge.alarm_raised", "target": area})

    er.async_get(kit.hass).async_update_entity("sensor.two", area_id=area["area_id"])
    await set_state(kit, "sensor.two", "90")

    assert len(ran) == 1


@pytest.mark.parametrize("way", ["target", "option"])
async def test_a_rule_can_be_target_or_option(kit: Kit, automate: Automate, way: str) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.one", name="Other")
    entity_id = rule_entity(kit, rule_id)
    trigger = {"target": {"entity_id": entity_id}} if way == "target" else {"options": {"rule": [entity_id]}}
    ran = await automate({"trigger": "iotbridge.alarm_raised", **trigger}, tell=EVENT_DATA)

    await set_state(kit, "sensor.one", "90")

    assert [event.data["rule"] for event in ran] == ["Hot"]


async def test_the_severity_option_filters(kit: Kit, automate: Automate) -> None:
    condition = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=100)
    await add_rule(kit, "sensor.one", condition=condition)
    ran = await automate({"trigger": "iotbridge.alarm_raised", "options": {"severity": ["critical"]}}, tell=EVENT_DATA)

    await set_state(kit, "sensor.one", "90")
    assert ran == []
    await set_state(kit, "sensor.one", "110")

    assert [(event.data["change"], event.data["severity"]) for event in ran] == [("worsened", "critical")]


async def test_an_unacknowledged_alarm_triggers_escalated(kit: Kit, automate: Automate) -> None:
    policy = EscalationPolicy(
        steps=(EscalationStep(after_s=0, groups=("a",)), EscalationStep(after_s=600, groups=("b",)))
    )
    await add_rule(kit, "sensor.one", escalation=policy)
    ran = await automate({"trigger": "iotbridge.alarm_escalated"}, tell=EVENT_DATA)

    await set_state(kit, "sensor.one", "90")
    assert ran == []
    await kit.wait(601)

    assert [event.data["description"] for event in ran] == ["alarm Hot was escalated for one"]


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ("alarm_acknowledged", ["acknowledged"]),
        ("alarm_cleared", ["cleared"]),
        ("alarm_raised", ["raised"]),
        ("alarm_unacknowledged", ["unacknowledged"]),
    ],
)
async def test_each_trigger_fires_for_its_own_change(
    kit: Kit, automate: Automate, trigger: str, expected: list[str]
) -> None:
    await add_rule(kit, "sensor.one")
    ran = await automate({"trigger": f"iotbridge.{trigger}"}, tell=EVENT_DATA)

    await set_state(kit, "sensor.one", "90")
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine")
    await call(kit, "unacknowledge", entity_id="sensor.one", comment="Not mine")
    await call(kit, "snooze", entity_id="sensor.one", duration=3600)
    await call(kit, "unsnooze", entity_id="sensor.one")
    await set_state(kit, "sensor.one", "20")

    assert [event.data["change"] for event in ran] == expected


async def test_suppressed_alarms_do_not_trigger(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one")
    await call(kit, "suppress", entity_id="sensor.one")
    ran = await automate({"trigger": "iotbridge.alarm_raised"})

    await set_state(kit, "sensor.one", "90")
    assert ran == []
    await call(kit, "unsuppress", entity_id="sensor.one")

    assert len(ran) == 1


async def test_a_reload_does_not_trigger_and_the_automation_still_works(kit: Kit, automate: Automate) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    ran = await automate({"trigger": "iotbridge.alarm_raised"}, tell=EVENT_DATA)

    await start_anew(kit)
    assert ran == []
    await set_state(kit, "sensor.two", "90")

    assert [event.data["entity_id"] for event in ran] == ["sensor.two"]


@pytest.mark.parametrize("options", [{"severity": ["terrible"]}, {"rule": "no entity"}, {"other": 1}])
async def test_invalid_options_are_rejected(kit: Kit, options: dict[str, Any]) -> None:
    config = cv.TRIGGER_SCHEMA([{"trigger": "iotbridge.alarm_raised", "options": options}])

    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(kit.hass, config)
