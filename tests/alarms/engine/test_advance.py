"""Advance of an alarm by one input: transitions, notifications, changes to store, and the next deadline."""

from collections.abc import Sequence

import pytest

from custom_components.iotbridge.alarms.engine import lifecycle
from custom_components.iotbridge.alarms.engine.advance import (
    AlarmOutcome,
    Commanded,
    Input,
    Removed,
    RuleChanged,
    Settings,
    SuppressionChanged,
    TimeElapsed,
    advance,
    outcomes,
)
from custom_components.iotbridge.alarms.engine.instance import Instance
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmState, Evaluation, Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule

ANNA = Actor("Anna", "dashboard")
ACTIVE = Evaluation(True, Severity.WARNING, "90", "90 > 80")
INACTIVE = Evaluation(False, Severity.WARNING, "20")
UNKNOWN = Evaluation(None)
ACKNOWLEDGE = Commanded(lambda alarm, _timing, now: lifecycle.acknowledge(alarm, ANNA, now))
TAKE_BACK = Commanded(lambda alarm, _timing, now: lifecycle.unacknowledge(alarm, ANNA, now))
SETTINGS = Settings(flapping_per_hour=3, explain=lambda evaluation: f"explained: {evaluation.reason_key}")

POLICY = EscalationPolicy(
    steps=(EscalationStep(after_s=0, groups=("family",)), EscalationStep(after_s=600, groups=("neighbour",)))
)


def instance_of(timing: Timing | None = None, policy: EscalationPolicy = POLICY) -> Instance:
    rule = Rule(
        rule_id="hot",
        name="Hot",
        severity=Severity.WARNING,
        condition=Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.attic') | float > 80 }}"),
        timing=timing or Timing(),
        escalation=policy,
    )
    return Instance.blank(rule, "")


def play(
    instance: Instance, inputs: Sequence[tuple[float, Input]], settings: Settings = SETTINGS
) -> list[AlarmOutcome]:
    return [outcome for at, event in inputs for outcome in outcomes(instance, event, at, settings)]


def lines(outcome: AlarmOutcome) -> list[str]:
    """Return the transitions and notifications of an outcome, as ``raised`` and ``raised > family``."""
    return [
        *(str(transition.change) for transition in outcome.transitions),
        *(f"{each.kind} > {', '.join(each.groups)}" for each in outcome.notifications),
    ]


@pytest.mark.parametrize(
    ("timing", "inputs", "last", "due_at"),
    [
        pytest.param(Timing(), [(1, INACTIVE)], [], None, id="inactive"),
        pytest.param(Timing(), [(1, ACTIVE)], ["raised", "raised > family"], 601, id="raised, next step scheduled"),
        pytest.param(Timing(hold_s=60), [(1, ACTIVE)], [], 61, id="hold scheduled"),
        pytest.param(
            Timing(hold_s=60), [(1, ACTIVE), (61, TimeElapsed())], ["raised", "raised > family"], 661, id="held"
        ),
        pytest.param(
            Timing(),
            [(1, ACTIVE), (601, TimeElapsed())],
            ["escalated", "escalated > neighbour"],
            None,
            id="escalated",
        ),
        pytest.param(
            Timing(),
            [(1, ACTIVE), (2, ACKNOWLEDGE)],
            ["acknowledged", "acknowledged > family"],
            None,
            id="acknowledged, no step scheduled",
        ),
        pytest.param(
            Timing(),
            [(1, ACTIVE), (2, ACKNOWLEDGE), (1000, TAKE_BACK)],
            ["unacknowledged", "unacknowledged > family"],
            1599,
            id="taken back, the next step scheduled again",
        ),
        pytest.param(Timing(), [(1, ACTIVE), (2, UNKNOWN)], [], 601, id="an unknown value changes nothing"),
        pytest.param(
            Timing(latching=True), [(1, ACTIVE), (2, INACTIVE)], ["cleared", "cleared > family"], None, id="latching"
        ),
        pytest.param(
            Timing(latching=True), [(1, ACTIVE), (2, Removed())], ["cleared", "cleared > family"], None, id="removed"
        ),
        pytest.param(Timing(), [(1, INACTIVE), (2, Removed())], [], None, id="removed while inactive"),
    ],
)
def test_an_input_yields_transitions_notifications_and_the_next_deadline(
    timing: Timing, inputs: Sequence[tuple[float, Input]], last: list[str], due_at: float | None
) -> None:
    *_, outcome = play(instance_of(timing), inputs)

    assert (lines(outcome), outcome.due_at) == (last, due_at)
    assert outcome.history == outcome.transitions


def test_an_unchanged_evaluation_is_not_stored() -> None:
    first, second, third = play(instance_of(), [(1, INACTIVE), (2, INACTIVE), (3, UNKNOWN)])

    assert (first.is_updated, first.is_changed) == (True, True), "its value was unknown before"
    assert not second.is_changed
    assert (third.is_updated, third.transitions) == (True, [])


def test_start_and_end_of_a_hold_are_stored_without_a_transition() -> None:
    started, continued, ended = play(instance_of(Timing(hold_s=60)), [(1, ACTIVE), (2, ACTIVE), (3, INACTIVE)])

    assert (started.is_condition_changed, started.is_changed, started.transitions) == (True, True, [])
    assert not continued.is_condition_changed
    assert (ended.is_condition_changed, ended.due_at) == (True, None)


def test_a_reason_is_explained_only_when_the_condition_changes() -> None:
    explained: list[str] = []

    def explain(evaluation: Evaluation) -> str:
        explained.append(evaluation.reason_key)
        return "gone for 5 min"

    instance, settings = instance_of(), Settings(flapping_per_hour=0, explain=explain)
    silent = Evaluation(True, Severity.WARNING, reason_key="silent")

    play(instance, [(1, silent)], settings)
    assert instance.alarm.reason == "gone for 5 min"

    play(instance, [(2, silent), (3, silent)], settings)
    assert explained == ["silent"]


def test_a_flapping_alarm_is_notified_once_more_and_then_suppressed() -> None:
    instance = instance_of()
    played = play(instance, [(at, ACTIVE if at % 2 else INACTIVE) for at in range(1, 8)])

    assert [lines(outcome) for outcome in played[-4:]] == [
        ["raised", "raised > family"],
        ["cleared", "cleared > family"],
        ["raised", "raised > family"],
        ["suppressed", "withdrawn > family", "raised > family"],
    ]
    assert instance.alarm.suppressed_by == ("flapping",)
    assert played[-1].due_at is not None
    calm = advance(instance, TimeElapsed(), played[-1].due_at, SETTINGS)
    assert [transition.change for transition in calm.transitions] == ["unsuppressed"]


def test_an_alarm_raised_while_suppressed_is_only_recorded() -> None:
    instance = instance_of()
    suppressed, raised = play(instance, [(1, SuppressionChanged(frozenset({"maintenance"}), ANNA)), (2, ACTIVE)])

    assert (suppressed.transitions, suppressed.is_updated) == ([], True), "the alarm was inactive"
    assert (raised.transitions, raised.notifications) == ([], [])
    assert [(each.change, each.detail) for each in raised.history] == [("suppressed", "maintenance")]
    unsuppressed = advance(instance, SuppressionChanged(frozenset()), 3, SETTINGS)
    assert lines(unsuppressed) == ["unsuppressed", "raised", "raised > family"]


def test_replacing_the_root_cause_is_no_transition() -> None:
    instance = instance_of()
    first, second = frozenset({"parent:hub/sensor.hub"}), frozenset({"parent:broker/sensor.broker"})
    play(instance, [(1, ACTIVE), (2, SuppressionChanged(first))])

    replaced = advance(instance, SuppressionChanged(second), 3, SETTINGS)

    assert (replaced.transitions, replaced.notifications, replaced.is_updated) == ([], [], True)
    assert instance.alarm.suppressed_by == ("parent:broker/sensor.broker",)


@pytest.mark.parametrize("kept", ["flapping", "by_hand"])
def test_recomputed_reasons_keep_flapping_and_manual_suppression(kept: str) -> None:
    instance = instance_of()
    suppress = Commanded(lambda alarm, _timing, now: lifecycle.suppress(alarm, kept, now, ANNA))
    play(instance, [(1, ACTIVE), (2, suppress), (3, SuppressionChanged(frozenset({"maintenance"})))])

    play(instance, [(4, SuppressionChanged(frozenset()))])

    assert instance.alarm.suppressed_by == (kept,)


def test_groups_added_to_an_edited_rule_are_notified() -> None:
    instance = instance_of()
    play(instance, [(1, ACTIVE)])
    more = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("family", "work")),))

    outcome = advance(instance, RuleChanged(instance_of(policy=more).rule), 2, SETTINGS)

    assert lines(outcome) == ["raised > work"]
    assert advance(instance, RuleChanged(instance.rule), 3, SETTINGS).is_changed is False


def test_a_removed_alarm_is_cleared_even_if_snoozed() -> None:
    instance = instance_of()
    snooze = Commanded(lambda alarm, _timing, now: lifecycle.snooze(alarm, now + 100, ANNA, now))
    play(instance, [(1, ACTIVE), (2, snooze)])

    outcome = advance(instance, Removed(), 3, SETTINGS)

    assert (lines(outcome), instance.alarm.state) == (["cleared", "cleared > family"], AlarmState.NORMAL)
    assert outcome.transitions[0].reason == "explained: not_watched"
