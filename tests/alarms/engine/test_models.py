"""Alarms: the state that a person sees, and what of it is kept over a restart."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import (
    Actor,
    Alarm,
    AlarmKey,
    AlarmState,
    Evaluation,
    MomentTiming,
    Severity,
    Timing,
)

KEY = AlarmKey("rule", "sensor.attic")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, AlarmState.NORMAL),
        ({"active": True}, AlarmState.UNACKNOWLEDGED),
        ({"active": True, "acknowledged": True}, AlarmState.ACKNOWLEDGED),
        ({"returned": True}, AlarmState.RETURNED),
        ({"active": True, "snoozed_until": 10.0}, AlarmState.SNOOZED),
        ({"active": True, "snoozed_until": 10.0, "suppressed_by": ("maintenance",)}, AlarmState.SUPPRESSED),
        ({"active": True, "suppressed_by": ("by_hand",), "out_of_service": True}, AlarmState.OUT_OF_SERVICE),
    ],
)
def test_the_state_follows_the_precedence(fields: dict[str, Any], state: AlarmState) -> None:
    assert Alarm(key=KEY, **fields).state is state


@pytest.mark.parametrize(
    "fields",
    [
        {"episode": 1},
        {"active": True},
        {"suppressed_by": ("maintenance",)},
        {"out_of_service": True},
        {"pending": False},
        {"snoozed_until": 10.0},
    ],
)
def test_an_alarm_with_history_or_commands_is_not_blank(fields: dict[str, Any]) -> None:
    assert Alarm(key=KEY).is_blank
    assert not Alarm(key=KEY, **fields).is_blank


def test_everything_but_the_last_evaluation_is_restored() -> None:
    alarm = Alarm(
        key=KEY,
        identity="sensor.loft",
        active=True,
        severity=Severity.CRITICAL,
        value="90",
        reason="90 > 80",
        episode=3,
        announced=True,
        acknowledged=True,
        raised_at=100.5,
        acknowledged_by=Actor("Anna", "phone", "On my way"),
        pending=False,
        pending_since=120.0,
        condition_since=90.0,
        snoozed_until=500.0,
        snoozed_by=Actor("Ben"),
        snoozed_for=Severity.WARNING,
        suppressed_by=("maintenance", "flapping"),
        last_evaluation=Evaluation(True, Severity.CRITICAL, "90"),
    )

    again = Alarm.from_dict(json.loads(json.dumps(alarm.as_dict())))

    assert again == alarm
    assert again.last_evaluation == Evaluation(None)


def test_an_alarm_keeps_its_first_identity_when_its_entity_is_renamed() -> None:
    alarm = Alarm(key=KEY)
    for name in ("sensor.loft", "sensor.roof"):
        alarm.move(AlarmKey("rule", name))

    assert (alarm.key.subject, alarm.identity) == ("sensor.roof", "sensor.attic")


def test_a_clock_change_moves_holds_but_not_times_of_day() -> None:
    alarm = Alarm(key=KEY, pending=True, pending_since=100.0, condition_since=90.0, snoozed_until=500.0)
    alarm.shift(-60.0)

    assert (alarm.pending_since, alarm.condition_since, alarm.snoozed_until) == (40.0, 30.0, 500.0)


def test_severities_are_ordered_and_named() -> None:
    assert max(Severity) is Severity.CRITICAL
    assert [severity.word for severity in sorted(Severity)] == ["info", "warning", "critical"]


def test_only_the_timing_of_moments_is_momentary() -> None:
    assert (Timing().is_momentary, MomentTiming(clear_after_s=60).is_momentary) == (False, True)
