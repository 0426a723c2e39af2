"""Rules as the data of a subentry."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule, Selection
from custom_components.iotbridge.subentries import UNREADABLE
from tests.rules import HOT

FULL = Rule(
    rule_id="rule",
    name="Hot",
    severity=Severity.CRITICAL,
    condition=HOT,
    selection=Selection(entities=("sensor.attic",), areas=("attic",), excluded=("sensor.oven",)),
    timing=Timing(hold_s=60.0, clear_after_s=5.0, latching=True),
    escalation=EscalationPolicy(
        steps=(EscalationStep(after_s=0.0, groups=("family",)), EscalationStep(after_s=600.0, groups=("neighbour",))),
        repeat_s=1800.0,
    ),
    message="{{ value }} in the attic",
    instructions="Open the window.",
    parents=("binary_sensor.hub",),
)


def test_a_rule_is_restored_from_its_subentry() -> None:
    data = json.loads(json.dumps(FULL.as_dict()))

    assert "name" not in data
    assert "rule_id" not in data
    assert Rule.from_dict("rule", "Hot", data) == FULL


def test_condition_and_severity_are_the_only_required_fields() -> None:
    plain = Rule(rule_id="rule", name="Hot", severity=Severity.WARNING, condition=HOT)

    assert Rule.from_dict("rule", "Hot", json.loads(json.dumps(plain.as_dict()))) == plain


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": "awful"},
        {"severity": None},
        {"condition": {"kind": "mood"}},
        {"condition": {"kind": "above", "above": "80"}},
        {"selection": {"entities": "sensor.attic", "planets": []}},
        {"timing": {"hold_s": "60"}},
        {"escalation": {"steps": [{"after_s": None, "groups": []}], "repeat_s": 0}},
        {"message": 5},
    ],
)
def test_a_value_of_another_type_is_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(UNREADABLE):
        Rule.from_dict("rule", "Hot", FULL.as_dict() | changes)
