"""Escalation: recipients, kind and time of each notification."""

from collections.abc import Iterable

from hypothesis import example, given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine import escalation as engine
from custom_components.iotbridge.alarms.engine.escalation import (
    ACTIONABLE,
    EscalationState,
    Notification,
    NotificationKind,
    Sound,
)
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmState, MomentTiming, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep

from .test_lifecycle import BAD, GOOD, INPUTS, KEY, TIMINGS, UNKNOWN, WORSE, Input, apply

FAMILY, NEIGHBOUR, WORK = "family", "neighbour", "work"
AT_ONCE = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(FAMILY,)),))
THEN_OTHERS = EscalationPolicy(
    steps=(EscalationStep(after_s=0, groups=(FAMILY,)), EscalationStep(after_s=600, groups=(FAMILY, NEIGHBOUR)))
)
AGAIN = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(FAMILY,)),), repeat_s=100)
LATER = EscalationPolicy(steps=(EscalationStep(after_s=60, groups=(WORK,)),))


def react(
    alarm: Alarm, escalation: EscalationState, policy: EscalationPolicy, timing: Timing, event: object, at: float
) -> list[Notification]:
    notifications = []
    for transition in apply(alarm, timing, event, at):
        notifications += engine.notify(escalation, policy, alarm, transition)
    if event == "tick":
        notifications += engine.tick(escalation, policy, alarm, at)
    return notifications


def sound_suffix(notification: Notification) -> str:
    return "" if notification.sound is Sound.NORMAL else f" ({notification.sound})"


def play(policy: EscalationPolicy, inputs: Iterable[Input], timing: Timing) -> list[str]:
    alarm, escalation = Alarm(key=KEY), EscalationState()
    return [
        f"{notification.at:g} {notification.kind}: {', '.join(notification.groups)}" + sound_suffix(notification)
        for at, event in inputs
        for notification in react(alarm, escalation, policy, timing, event, at)
    ]


@pytest.mark.parametrize(
    ("policy", "inputs", "expected"),
    [
        pytest.param(EscalationPolicy(), [(1, BAD), (2, GOOD)], [], id="a policy without steps"),
        pytest.param(AT_ONCE, [(1, BAD), (2, GOOD)], ["1 raised: family", "2 cleared: family"], id="at once"),
        pytest.param(LATER, [(1, BAD), (2, GOOD)], [], id="cleared before the first step"),
        pytest.param(LATER, [(1, BAD), (60, "tick"), (61, "tick")], ["61 raised: work"], id="later step"),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (599, "tick"), (600, "tick"), (601, "tick"), (700, GOOD)],
            ["0 raised: family", "600 escalated: neighbour", "700 cleared: family, neighbour"],
            id="escalation skips informed groups",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (300, "ack"), (600, "tick"), (700, GOOD)],
            ["0 raised: family", "300 acknowledged: family", "700 cleared: family"],
            id="acknowledged before the escalation",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (300, "ack"), (5000, "unack"), (5299, "tick"), (5300, "tick"), (5400, GOOD)],
            [
                "0 raised: family",
                "300 acknowledged: family",
                "5000 unacknowledged: family",
                "5300 escalated: neighbour",
                "5400 cleared: family, neighbour",
            ],
            id="taken back: the next step follows after the rest of its time",
        ),
        pytest.param(
            AGAIN,
            [(0, BAD), (100, "tick"), (150, "ack"), (1000, "unack"), (1199, "tick"), (1200, "tick")],
            [
                "0 raised: family",
                "100 repeated: family",
                "150 acknowledged: family",
                "1000 unacknowledged: family",
                "1200 repeated: family",
            ],
            id="taken back: repeats go on",
        ),
        pytest.param(
            LATER,
            [(0, BAD), (20, "ack"), (100, "unack"), (139, "tick"), (140, "tick")],
            ["140 raised: work"],
            id="taken back before anyone was notified",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (5, "snooze 50"), (6, "ack"), (50, "tick"), (60, "unack"), (660, "tick")],
            [
                "0 raised: family",
                "5 withdrawn: family",
                "6 acknowledged: family (silent)",
                "60 unacknowledged: family",
                "660 escalated: neighbour",
            ],
            id="taken back after it was acknowledged while snoozed",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "ack"), (6, "snooze 50"), (7, "unack"), (50, "tick")],
            [
                "0 raised: family",
                "5 acknowledged: family",
                "6 withdrawn: family",
                "50 repeated: family",
            ],
            id="taken back while snoozed",
        ),
        pytest.param(
            AGAIN,
            [(0, BAD), (99, "tick"), (100, "tick"), (299, "tick"), (300, "tick"), (699, "tick"), (700, "tick")],
            ["0 raised: family", "100 repeated: family", "300 repeated: family", "700 repeated: family"],
            id="repeats at growing intervals",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (600, "tick"), (700, "ack"), (800, WORSE)],
            [
                "0 raised: family",
                "600 escalated: neighbour",
                "700 acknowledged: family, neighbour",
                "800 worsened: family",
                "800 worsened: neighbour",
            ],
            id="worsened: all informed groups",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "snooze 50"), (50, "tick"), (60, GOOD)],
            ["0 raised: family", "5 withdrawn: family", "50 repeated: family", "60 cleared: family"],
            id="snoozed",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (600, "tick"), (700, "snooze 800"), (800, "tick"), (1400, "tick")],
            [
                "0 raised: family",
                "600 escalated: neighbour",
                "700 withdrawn: family, neighbour",
                "800 repeated: family",
                "800 repeated: neighbour",
            ],
            id="snoozed after the escalation: repeated once per group",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "suppress a"), (6, GOOD), (7, "unsuppress a")],
            ["0 raised: family", "5 withdrawn: family", "6 cleared: family (silent)"],
            id="cleared while suppressed",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "suppress parent:x"), (6, GOOD), (7, "unsuppress parent:x")],
            ["0 raised: family", "5 withdrawn: family", "6 cleared: family (none)"],
            id="cleared while suppressed by its parent",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "snooze 50"), (6, "ack"), (7, GOOD)],
            [
                "0 raised: family",
                "5 withdrawn: family",
                "6 acknowledged: family (silent)",
                "7 cleared: family (silent)",
            ],
            id="acknowledged while snoozed",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "snooze 50"), (6, "suppress parent:x"), (7, GOOD), (8, "unsuppress parent:x"), (50, "tick")],
            ["0 raised: family", "5 withdrawn: family", "6 withdrawn: family", "7 cleared: family (silent)"],
            id="cleared while snoozed and suppressed",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (1, "suppress flapping"), (2, GOOD), (3, BAD), (4, GOOD), (9, "unsuppress flapping")],
            ["0 raised: family", "1 withdrawn: family", "9 cleared: family (silent)"],
            id="cleared when the flapping ends",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (1, "suppress flapping"), (2, GOOD), (3, BAD), (9, "unsuppress flapping"), (10, GOOD)],
            ["0 raised: family", "1 withdrawn: family", "9 raised: family", "10 cleared: family"],
            id="active when the flapping ends",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (600, "tick"), (700, "snooze 5000"), (800, WORSE)],
            [
                "0 raised: family",
                "600 escalated: neighbour",
                "700 withdrawn: family, neighbour",
                "800 worsened: family",
                "800 worsened: neighbour",
            ],
            id="worsened while snoozed",
        ),
        pytest.param(AT_ONCE, [(0, BAD), (1, UNKNOWN), (2, BAD)], ["0 raised: family"], id="unknown in between"),
    ],
)
def test_notifications_by_policy_and_events(policy: EscalationPolicy, inputs: list[Input], expected: list[str]) -> None:
    assert play(policy, inputs, Timing()) == expected


def test_a_policy_edited_while_acknowledged_counts_when_that_is_taken_back() -> None:
    alarm, escalation = Alarm(key=KEY), EscalationState()
    for at, event in ((0, BAD), (300, "ack")):
        react(alarm, escalation, THEN_OTHERS, Timing(), event, at)
    sooner = EscalationPolicy(
        steps=(EscalationStep(after_s=0, groups=(FAMILY,)), EscalationStep(after_s=60, groups=(WORK,)))
    )
    assert engine.change_policy(escalation, sooner, alarm, 400) == []

    notifications = react(alarm, escalation, sooner, Timing(), "unack", 500)

    assert [(each.kind, each.groups) for each in notifications] == [
        (NotificationKind.UNACKNOWLEDGED, (FAMILY,)),
        (NotificationKind.RAISED, (WORK,)),
    ]
    assert engine.due(escalation, sooner) is None, "both steps were taken"


def test_a_latched_alarm_notifies_its_acknowledgement() -> None:
    notifications = play(AT_ONCE, [(0, BAD), (1, GOOD), (2, "ack")], Timing(latching=True))

    assert notifications == ["0 raised: family", "1 cleared: family", "2 acknowledged: family"]


def test_a_latched_alarm_clears_silently_while_its_parent_suppresses_it() -> None:
    notifications = play(AT_ONCE, [(0, BAD), (1, "suppress parent:x"), (2, GOOD)], Timing(latching=True))

    assert notifications == ["0 raised: family", "1 withdrawn: family", "2 cleared: family (silent)"]


def test_an_outage_while_muted_leaves_a_latched_alarm_waiting_for_its_acknowledgement() -> None:
    inputs: list[Input] = [(0, BAD), (1, GOOD), (2, "out"), (3, BAD), (4, GOOD), (5, "in"), (6, "ack")]

    notifications = play(AT_ONCE, inputs, Timing(latching=True))

    assert notifications == [
        "0 raised: family",
        "1 cleared: family",
        "2 withdrawn: family",
        "6 acknowledged: family",
    ]


@given(st.sampled_from([AT_ONCE, THEN_OTHERS, AGAIN]), TIMINGS, INPUTS)
@example(AT_ONCE, Timing(clear_after_s=10), [(0, "snooze"), (0, BAD), (20, GOOD)])
@example(AT_ONCE, MomentTiming(latching=True), [(0, "snooze"), (0, BAD), (20, GOOD)])
def test_every_active_alarm_is_notified_and_every_end_only_to_informed_groups(
    policy: EscalationPolicy, timing: Timing, inputs: list[tuple[int, object]]
) -> None:
    """Readings, commands, restarts and clock jumps in any order."""
    alarm, escalation, now = Alarm(key=KEY), EscalationState(), 1000.0
    informed: set[str] = set()
    for step, event in inputs:
        now += step
        if event == "restart":
            alarm, escalation = Alarm.from_dict(alarm.as_dict()), EscalationState.from_dict(escalation.as_dict())
            continue
        event = f"snooze {now + 20}" if event == "snooze" else event  # noqa: PLW2901
        notifications = react(alarm, escalation, policy, timing, event, now)
        # The end of a snooze raises a latching moment that is over: its end follows at once.
        is_cleared_at_once = bool(notifications) and notifications[-1].kind is NotificationKind.CLEARED
        for notification in notifications:
            if notification.kind in ACTIONABLE:
                assert alarm.active or is_cleared_at_once, "actionable without an active alarm"
                assert not alarm.is_muted, "actionable while muted"
                informed |= set(notification.groups)
            if notification.kind not in ACTIONABLE:
                assert set(notification.groups) <= informed, "notification to a group that was not informed"
            if notification.is_last:
                informed -= set(notification.groups)
            if notification.kind is NotificationKind.CLEARED:
                assert not alarm.active
                assert notification.is_last is (alarm.underlying_state is AlarmState.NORMAL)
        # One that was muted until now and is about to clear is not announced any more.
        is_announced_or_clearing = alarm.announced or alarm.pending is False
        assert is_announced_or_clearing or alarm.state is not AlarmState.UNACKNOWLEDGED
        if alarm.state is AlarmState.UNACKNOWLEDGED and alarm.announced:
            assert escalation.informed, "an unacknowledged alarm without informed groups"
            assert escalation.episode == alarm.episode
        if alarm.state is AlarmState.NORMAL:
            assert not escalation.informed
            assert not informed, "informed groups did not get the end"
