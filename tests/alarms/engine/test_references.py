"""References to entities in the data of rules, windows and alarms, before and after a rename."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, Severity
from custom_components.iotbridge.alarms.engine.references import (
    moved_data,
    moved_ids,
    moved_instance,
    moved_key,
    moved_reason,
    moved_rule,
    moved_selection,
    moves_of,
)
from custom_components.iotbridge.alarms.engine.root_cause import reason_of
from custom_components.iotbridge.alarms.engine.rule import Rule, Selection
from tests.rules import HOT

MOVES = {"sensor.attic": "sensor.loft"}
SWAP = {"sensor.a": "sensor.b", "sensor.b": "sensor.a"}


@pytest.mark.parametrize(
    "data",
    [
        {"selection": {"entities": ["sensor.attic", "sensor.x"]}},
        {"selection": {"excluded": ["sensor.attic"]}},
        {"parents": ["sensor.attic", "1234"]},
        {"message": "{{ states('sensor.attic') }}"},
        {"condition": {"template": "{{ states.sensor.attic.state }}"}},
        {"condition": {"event_data": {"entity_id": "sensor.attic"}}},
        {"kind": "mobile_app", "action": "sensor.attic"},
        {"registry_ids": {"sensor.attic": "id-1"}},
    ],
)
def test_references_to_a_renamed_entity_are_rewritten(data: dict[str, Any]) -> None:
    assert moved_data(data, MOVES, {"mobile_app": "action"}) == json.loads(
        json.dumps(data).replace("sensor.attic", "sensor.loft")
    )


@pytest.mark.parametrize(
    "data",
    [
        {"message": "sensor.attic_two my.sensor.attic"},
        {"name": "sensor.attic"},
        {"kind": "action", "action": "sensor.attic"},
        {"selection": {"entities": ["sensor.x"]}, "message": "", "timing": {"hold_s": 5.0}},
    ],
)
def test_other_data_is_not_rewritten(data: dict[str, Any]) -> None:
    assert moved_data(data, MOVES, {"mobile_app": "action"}) == data


def test_ids_are_swapped_at_once() -> None:
    assert moved_selection(Selection(entities=("sensor.a", "sensor.b")), SWAP).entities == ("sensor.b", "sensor.a")
    assert moved_ids({"sensor.a": "1", "sensor.b": "2"}, SWAP) == {"sensor.b": "1", "sensor.a": "2"}


def test_all_references_of_a_rule_are_rewritten() -> None:
    rule = Rule(
        rule_id="r",
        name="Hot",
        severity=Severity.WARNING,
        condition=HOT,
        selection=Selection(entities=("sensor.attic",)),
    )

    moved = moved_rule(rule, MOVES)

    assert moved.selection.entities == ("sensor.loft",)
    assert (moved.rule_id, moved.name, moved.condition) == (rule.rule_id, rule.name, rule.condition)


def test_renames_are_detected_by_registry_ids() -> None:
    now = {"1": "sensor.loft", "2": "sensor.same", "3": None}

    assert moves_of({"sensor.attic": "1", "sensor.same": "2", "sensor.gone": "3"}, now.get) == MOVES


def test_a_reason_with_the_key_of_an_alarm_is_rewritten() -> None:
    key = AlarmKey("rule", "sensor.attic")

    assert moved_reason(reason_of(key), MOVES) == reason_of(moved_key(key, MOVES))
    assert moved_reason("maintenance", MOVES) == "maintenance"


def test_a_stored_alarm_keeps_its_identity() -> None:
    parent = reason_of(AlarmKey("other", "sensor.attic"))
    alarm = Alarm(key=AlarmKey("rule", "sensor.attic"), suppressed_by=(parent, "flapping"))
    data = {"alarm": alarm.as_dict(), "flapping": []}

    moved = moved_instance(data, MOVES)

    again = Alarm.from_dict(moved["alarm"])
    assert (again.key, again.identity) == (AlarmKey("rule", "sensor.loft"), "sensor.attic")
    assert again.suppressed_by == (reason_of(AlarmKey("other", "sensor.loft")), "flapping")
    assert moved["flapping"] == []
