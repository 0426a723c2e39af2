"""Alarms with their rule, their evaluator and their escalation, over a restart."""

import json
from typing import Any

from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.instance import SETTLE_S, Instance
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import Rule
from tests.alarms.home import UNAVAILABLE
from tests.rules import HOT

NOW = 1_800_000_000.0


def rule(condition: Any = HOT, **more: Any) -> Rule:
    return Rule(rule_id="rule", name="Hot", severity=Severity.WARNING, condition=condition, **more)


def is_active(instance: Instance, state: str) -> bool | None:
    """Return what its evaluator makes of a state."""
    assert instance.evaluator is not None
    return instance.evaluator.update(EntitySnapshot(state, {}, NOW), NOW).is_active


def restarted(instance: Instance) -> Instance:
    """Return the alarm as a store brings it back."""
    return Instance.from_dict(instance.rule, json.loads(json.dumps(instance.as_dict())))


def test_a_new_alarm_is_blank_and_has_nothing_to_keep() -> None:
    instance = Instance.blank(rule(), "sensor.attic")

    assert instance.is_blank
    assert (instance.key, instance.alarm.severity) == (AlarmKey("rule", "sensor.attic"), Severity.WARNING)


def test_inside_its_band_an_alarm_is_after_a_restart_what_it_was_before() -> None:
    instance = Instance.blank(rule(), "sensor.attic")
    assert is_active(instance, "81")
    assert not instance.is_blank, "the evaluator knows that it was above the limit"

    assert is_active(restarted(instance), "79") is True
    assert is_active(Instance.blank(rule(), "sensor.attic"), "79") is False


def test_alarms_about_absence_wait_until_their_cause_is_known() -> None:
    assert Instance.blank(rule(UNAVAILABLE), "sensor.attic").timing.hold_s == SETTLE_S
    assert Instance.blank(rule(UNAVAILABLE, timing=Timing(hold_s=60)), "sensor.attic").timing.hold_s == 60
    assert Instance.blank(rule(), "sensor.attic").timing.hold_s == 0


def test_the_clock_moves_all_that_lasts() -> None:
    instance = Instance.blank(rule(), "sensor.attic")
    instance.alarm.pending, instance.alarm.pending_since = True, NOW
    instance.shift(3600)

    assert instance.alarm.pending_since == NOW + 3600
