"""Escalation: recipients, kind and time of each notification."""

from collections.abc import Iterable

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine import escalation as tellings
from custom_components.iotbridge.alarms.engine.escalation import (
    ACTIONABLE,
    EscalationState,
    Notification,
    NotificationKind,
    Sound,
)
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmState, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep

from .test_lifecycle import BAD, GOOD, INPUTS, KEY, TIMINGS, UNKNOWN, WORSE, Input, happen

FAMILY, NEIGHBOUR, WORK = "family", "neighbour", "work"
AT_ONCE = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(FAMILY,)),))
THEN_OTHERS = EscalationPolicy(
    steps=(EscalationStep(after_s=0, groups=(FAMILY,)), EscalationStep(after_s=600, groups=(FAMILY, NEIGHBOUR)))
)
AGAIN = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(FAMILY,)),), repeat_s=100)
LATER = EscalationPolicy(steps=(EscalationStep(after_s=60, groups=(WORK,)),))


def react(
    alarm: Alarm, telling: EscalationState, policy: EscalationPolicy, timing: Timing, what: object, at: float
) -> list[Notification]:
    notices = []
    for happened in happen(alarm, timing, what, at):
        notices += tellings.notify(telling, policy, alarm, happened)
    if what == "tick":
        notices += tellings.tick(telling, policy, alarm, at)
    return notices


def said(notice: Notification) -> str:
    return "" if notice.sound is Sound.NORMAL else f" ({notice.sound})"


def play(policy: EscalationPolicy, inputs: Iterable[Input], timing: Timing) -> list[str]:
    alarm, telling = Alarm(key=KEY), EscalationState()
    return [
        f"{notice.at:g} {notice.kind}: {', '.join(notice.groups)}" + said(notice)
        for at, what in inputs
        for notice in react(alarm, telling, policy, timing, what, at)
    ]


@pytest.mark.parametrize(
    ("policy", "inputs", "expected"),
    [
        pytest.param(EscalationPolicy(), [(1, BAD), (2, GOOD)], [], id="a rule that tells nobody"),
        pytest.param(AT_ONCE, [(1, BAD), (2, GOOD)], ["1 raised: family", "2 cleared: family"], id="at once"),
        pytest.param(LATER, [(1, BAD), (2, GOOD)], [], id="who was not told of the alarm is not told of its end"),
        pytest.param(LATER, [(1, BAD), (60, "tick"), (61, "tick")], ["61 raised: work"], id="later"),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (599, "tick"), (600, "tick"), (601, "tick"), (700, GOOD)],
            ["0 raised: family", "600 escalated: neighbour", "700 cleared: family, neighbour"],
            id="then others; who knows is not told twice",
        ),
        pytest.param(
            THEN_OTHERS,
            [(0, BAD), (300, "ack"), (600, "tick"), (700, GOOD)],
            ["0 raised: family", "300 acknowledged: family", "700 cleared: family"],
            id="somebody knows: no others",
        ),
        pytest.param(
            AGAIN,
            [(0, BAD), (99, "tick"), (100, "tick"), (299, "tick"), (300, "tick"), (699, "tick"), (700, "tick")],
            ["0 raised: family", "100 repeated: family", "300 repeated: family", "700 repeated: family"],
            id="again, each time later",
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
            id="worse is news for all who know",
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
            id="snoozed after others were told: they are told again, and once",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "suppress a"), (6, GOOD), (7, "unsuppress a")],
            ["0 raised: family", "5 withdrawn: family", "6 cleared: family (silent)"],
            id="over while it was silent",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "suppress parent:x"), (6, GOOD), (7, "unsuppress parent:x")],
            ["0 raised: family", "5 withdrawn: family", "6 cleared: family (none)"],
            id="silenced by its parent, and gone with it",
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
            id="acknowledged while it was snoozed",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (5, "snooze 50"), (6, "suppress parent:x"), (7, GOOD), (8, "unsuppress parent:x"), (50, "tick")],
            ["0 raised: family", "5 withdrawn: family", "6 withdrawn: family", "7 cleared: family (silent)"],
            id="over while it was snoozed and silenced",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (1, "suppress flapping"), (2, GOOD), (3, BAD), (4, GOOD), (9, "unsuppress flapping")],
            ["0 raised: family", "1 withdrawn: family", "9 cleared: family (silent)"],
            id="what comes and goes is over when it is calm",
        ),
        pytest.param(
            AT_ONCE,
            [(0, BAD), (1, "suppress flapping"), (2, GOOD), (3, BAD), (9, "unsuppress flapping"), (10, GOOD)],
            ["0 raised: family", "1 withdrawn: family", "9 raised: family", "10 cleared: family"],
            id="calm, and still bad",
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
            id="snoozed, and then worse",
        ),
        pytest.param(AT_ONCE, [(0, BAD), (1, UNKNOWN), (2, BAD)], ["0 raised: family"], id="unknown in between"),
    ],
)
def test_who_is_told(policy: EscalationPolicy, inputs: list[Input], expected: list[str]) -> None:
    assert play(policy, inputs, Timing()) == expected


def test_an_alarm_that_came_back_unseen_is_over_when_somebody_says_so() -> None:
    told = play(AT_ONCE, [(0, BAD), (1, GOOD), (2, "ack")], Timing(latching=True))

    assert told == ["0 raised: family", "1 cleared: family", "2 acknowledged: family"]


def test_what_waits_to_be_acknowledged_is_seen_although_its_cause_explains_it() -> None:
    told = play(AT_ONCE, [(0, BAD), (1, "suppress parent:x"), (2, GOOD)], Timing(latching=True))

    assert told == ["0 raised: family", "1 withdrawn: family", "2 cleared: family (silent)"]


@given(st.sampled_from([AT_ONCE, THEN_OTHERS, AGAIN]), TIMINGS, INPUTS)
def test_nobody_is_left_out_and_nobody_is_told_of_nothing(
    policy: EscalationPolicy, timing: Timing, inputs: list[tuple[int, object]]
) -> None:
    """Readings, commands, restarts and clock jumps in any order."""
    alarm, telling, now = Alarm(key=KEY), EscalationState(), 1000.0
    knowing: set[str] = set()
    for step, what in inputs:
        now += step
        if what == "restart":
            alarm, telling = Alarm.from_dict(alarm.as_dict()), EscalationState.from_dict(telling.as_dict())
            continue
        what = f"snooze {now + 20}" if what == "snooze" else what  # noqa: PLW2901
        for notice in react(alarm, telling, policy, timing, what, now):
            if notice.kind in ACTIONABLE:
                assert alarm.active, "a call without an alarm"
                assert not alarm.is_quiet, "a call in silence"
                knowing |= set(notice.groups)
            if notice.kind not in ACTIONABLE:
                assert set(notice.groups) <= knowing, "news of something nobody was told of"
            if notice.is_last:
                knowing -= set(notice.groups)
            if notice.kind is NotificationKind.CLEARED:
                assert not alarm.active
                assert notice.is_last is (alarm.beneath is AlarmState.NORMAL)
        if alarm.state is AlarmState.UNACKNOWLEDGED:
            assert telling.informed, "an alarm that nobody is told of"
            assert telling.episode == alarm.episode
        if alarm.state is AlarmState.NORMAL:
            assert not telling.informed
            assert not knowing, "over, and who was told of it was not told that"
