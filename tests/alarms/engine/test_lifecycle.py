"""Lifecycle of an alarm: states, changes, and invariants of all their sequences."""

from collections.abc import Callable, Iterable

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine import lifecycle
from custom_components.iotbridge.alarms.engine.models import (
    Actor,
    Alarm,
    AlarmKey,
    AlarmState,
    Change,
    Evaluation,
    MomentTiming,
    Severity,
    Timing,
    Transition,
)

KEY = AlarmKey("rule", "sensor.attic")
ANNA = Actor("Anna", "phone", "on my way")
GOOD, BAD, UNKNOWN = Evaluation(False), Evaluation(True), Evaluation(None)
WORSE = Evaluation(True, Severity.CRITICAL)

type Input = tuple[float, object]


def play(inputs: Iterable[Input], timing: Timing, alarm: Alarm | None = None) -> tuple[list[str], Alarm]:
    """Apply events at their times; return the transitions as text, and the alarm."""
    alarm = alarm or Alarm(key=KEY)
    transitions: list[Transition] = []
    for at, event in inputs:
        transitions += apply(alarm, timing, event, at)
    return [f"{transition.at:g} {transition.change} → {transition.after}" for transition in transitions], alarm


COMMANDS: dict[str, Callable[[Alarm, Timing, str, float], list[Transition]]] = {
    "tick": lambda alarm, timing, _, at: lifecycle.tick(alarm, timing, at),
    "ack": lambda alarm, _, __, at: lifecycle.acknowledge(alarm, ANNA, at),
    "unack": lambda alarm, _, __, at: lifecycle.unacknowledge(alarm, ANNA, at),
    "snooze": lambda alarm, _, until, at: lifecycle.snooze(alarm, float(until), ANNA, at),
    "unsnooze": lambda alarm, timing, __, at: lifecycle.unsnooze(alarm, timing, at, ANNA),
    "suppress": lambda alarm, _, reason, at: lifecycle.suppress(alarm, reason, at),
    "unsuppress": lifecycle.unsuppress,
    "out": lambda alarm, _, __, at: lifecycle.take_out_of_service(alarm, ANNA, at),
    "in": lambda alarm, timing, __, at: lifecycle.return_to_service(alarm, timing, ANNA, at),
}


def apply(alarm: Alarm, timing: Timing, event: object, at: float) -> list[Transition]:
    if isinstance(event, Evaluation):
        return lifecycle.evaluate(alarm, timing, event, at)
    word, _, rest = str(event).partition(" ")
    return COMMANDS[word](alarm, timing, rest, at)


@pytest.mark.parametrize(
    ("timing", "inputs", "expected"),
    [
        pytest.param(
            Timing(), [(1, BAD), (2, BAD), (3, GOOD)], ["1 raised → unacknowledged", "3 cleared → normal"], id="at once"
        ),
        pytest.param(Timing(hold_s=10), [(1, BAD), (5, GOOD), (6, BAD), (12, "tick")], [], id="shorter than the hold"),
        pytest.param(
            Timing(hold_s=10),
            [(1, BAD), (10, "tick"), (11, "tick"), (12, "tick")],
            ["11 raised → unacknowledged"],
            id="longer than the hold",
        ),
        pytest.param(
            Timing(hold_s=10),
            [(1, BAD), (5, UNKNOWN), (12, "tick"), (20, BAD)],
            ["20 raised → unacknowledged"],
            id="an elapsed hold waits for a determined evaluation",
        ),
        pytest.param(
            Timing(hold_s=10),
            [(100, BAD), (50, BAD), (60, "tick")],
            ["60 raised → unacknowledged"],
            id="clock set back",
        ),
        pytest.param(
            Timing(clear_after_s=10),
            [(1, BAD), (5, GOOD), (8, BAD), (9, GOOD), (19, "tick")],
            ["1 raised → unacknowledged", "19 cleared → normal"],
            id="clears after its delay",
        ),
        pytest.param(Timing(), [(1, BAD), (2, UNKNOWN)], ["1 raised → unacknowledged"], id="unknown clears nothing"),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "ack"), (3, "ack"), (4, GOOD)],
            ["1 raised → unacknowledged", "2 acknowledged → acknowledged", "4 cleared → normal"],
            id="acknowledged once",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "unack"), (3, "ack"), (4, "unack"), (5, "unack"), (6, "ack"), (7, GOOD), (8, "unack")],
            [
                "1 raised → unacknowledged",
                "3 acknowledged → acknowledged",
                "4 unacknowledged → unacknowledged",
                "6 acknowledged → acknowledged",
                "7 cleared → normal",
            ],
            id="the acknowledgement is taken back",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, "ack"), (3, "unack"), (4, GOOD), (5, "ack"), (6, "unack")],
            [
                "1 raised → unacknowledged",
                "2 acknowledged → acknowledged",
                "3 unacknowledged → unacknowledged",
                "4 cleared → returned_unacknowledged",
                "5 acknowledged → normal",
            ],
            id="the acknowledgement of a cleared alarm closes it for good",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "ack"), (3, "snooze 10"), (4, "unack"), (10, "tick")],
            [
                "1 raised → unacknowledged",
                "2 acknowledged → acknowledged",
                "3 snoozed → snoozed",
                "4 unacknowledged → snoozed",
                "10 unsnoozed → unacknowledged",
            ],
            id="taken back while snoozed",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, GOOD), (3, "ack")],
            ["1 raised → unacknowledged", "2 cleared → returned_unacknowledged", "3 acknowledged → normal"],
            id="latching until acknowledged",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, "ack"), (3, GOOD)],
            ["1 raised → unacknowledged", "2 acknowledged → acknowledged", "3 cleared → normal"],
            id="latching and acknowledged",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, GOOD), (3, BAD)],
            [
                "1 raised → unacknowledged",
                "2 cleared → returned_unacknowledged",
                "3 raised → unacknowledged",
            ],
            id="latching and raised again",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "ack"), (3, WORSE), (4, BAD), (5, GOOD)],
            [
                "1 raised → unacknowledged",
                "2 acknowledged → acknowledged",
                "3 worsened → unacknowledged",
                "5 cleared → normal",
            ],
            id="a higher severity ends the acknowledgement, a lower one does not",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "snooze 10"), (3, BAD), (10, "tick"), (11, GOOD)],
            [
                "1 raised → unacknowledged",
                "2 snoozed → snoozed",
                "10 unsnoozed → unacknowledged",
                "11 cleared → normal",
            ],
            id="snoozed until a time",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "ack"), (3, "snooze 10"), (4, WORSE), (10, "tick"), (11, GOOD)],
            [
                "1 raised → unacknowledged",
                "2 acknowledged → acknowledged",
                "3 snoozed → snoozed",
                "4 unsnoozed → acknowledged",
                "4 worsened → unacknowledged",
                "11 cleared → normal",
            ],
            id="more severe than when snoozed",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "snooze 10"), (3, GOOD), (4, BAD), (5, WORSE), (6, GOOD)],
            [
                "1 raised → unacknowledged",
                "2 snoozed → snoozed",
                "3 cleared → snoozed",
                "5 unsnoozed → unacknowledged",
                "5 raised → unacknowledged",
                "6 cleared → normal",
            ],
            id="raised again while snoozed, then more severe",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "snooze 10"), (3, GOOD), (4, WORSE)],
            [
                "1 raised → unacknowledged",
                "2 snoozed → snoozed",
                "3 cleared → snoozed",
                "4 unsnoozed → unacknowledged",
                "4 raised → unacknowledged",
            ],
            id="raised again more severe while snoozed",
        ),
        pytest.param(
            Timing(),
            [(1, WORSE), (2, "snooze 10"), (3, BAD), (4, WORSE)],
            ["1 raised → unacknowledged", "2 snoozed → snoozed", "4 worsened → snoozed"],
            id="as severe as when snoozed",
        ),
        pytest.param(
            Timing(),
            [(1, "snooze 10"), (2, BAD), (3, WORSE), (10, "tick")],
            ["1 snoozed → snoozed", "10 unsnoozed → unacknowledged", "10 raised → unacknowledged"],
            id="snoozed before it was active, at any severity",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "snooze 10"), (3, "suppress a"), (4, WORSE), (5, "unsuppress a")],
            [
                "1 raised → unacknowledged",
                "2 snoozed → snoozed",
                "3 suppressed → suppressed",
                "4 unsnoozed → suppressed",
                "4 worsened → suppressed",
                "5 unsuppressed → unacknowledged",
            ],
            id="more severe while snoozed and suppressed",
        ),
        pytest.param(
            Timing(),
            [(1, "snooze 10"), (2, BAD), (3, GOOD), (4, BAD), (10, "tick")],
            ["1 snoozed → snoozed", "10 unsnoozed → unacknowledged", "10 raised → unacknowledged"],
            id="active at the end of the snooze",
        ),
        pytest.param(
            Timing(),
            [(1, "suppress parent"), (2, BAD), (3, GOOD), (4, "unsuppress parent")],
            ["1 suppressed → suppressed", "4 unsuppressed → normal"],
            id="active only while suppressed",
        ),
        pytest.param(
            Timing(),
            [
                (1, "suppress parent"),
                (2, "suppress window"),
                (3, BAD),
                (4, "unsuppress parent"),
                (5, "unsuppress window"),
            ],
            [
                "1 suppressed → suppressed",
                "2 suppressed → suppressed",
                "4 unsuppressed → suppressed",
                "5 unsuppressed → unacknowledged",
                "5 raised → unacknowledged",
            ],
            id="two reasons",
        ),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "out"), (3, GOOD), (4, BAD), (5, "in")],
            [
                "1 raised → unacknowledged",
                "2 out_of_service → out_of_service",
                "3 cleared → out_of_service",
                "5 in_service → unacknowledged",
                "5 raised → unacknowledged",
            ],
            id="out of service",
        ),
    ],
)
def test_transitions_by_timing_and_events(timing: Timing, inputs: list[Input], expected: list[str]) -> None:
    transitions, _ = play(inputs, timing)

    assert transitions == expected


def test_a_transition_has_actor_value_reason_and_severity() -> None:
    alarm = Alarm(key=KEY)
    lifecycle.evaluate(alarm, Timing(), Evaluation(True, Severity.CRITICAL, "81 °C", "above 80 °C"), 1)
    (acknowledged,) = lifecycle.acknowledge(alarm, ANNA, 2)

    assert (acknowledged.by, acknowledged.value, acknowledged.reason, acknowledged.severity) == (
        ANNA,
        "81 °C",
        "above 80 °C",
        Severity.CRITICAL,
    )
    assert alarm.acknowledged_by == ANNA


TIMINGS = st.builds(
    Timing, hold_s=st.sampled_from([0, 10]), clear_after_s=st.sampled_from([0, 10]), latching=st.booleans()
) | st.builds(MomentTiming, clear_after_s=st.sampled_from([0, 10]), latching=st.booleans())
EVENTS = [GOOD, BAD, WORSE, UNKNOWN, "restart", "tick", "ack", "unack", "snooze", "unsnooze", "out", "in"]
EVENTS += [f"{word} {reason}" for word in ("suppress", "unsuppress") for reason in ("a", "parent:b", "flapping")]
INPUTS = st.lists(
    st.tuples(
        st.integers(-30, 60),
        st.sampled_from(EVENTS),
    ),
    max_size=60,
)


@given(TIMINGS, INPUTS)
def test_invariants_hold_for_any_sequence(timing: Timing, inputs: list[tuple[int, object]]) -> None:
    """Readings, commands, restarts and clock jumps in any order."""
    alarm, now = Alarm(key=KEY), 1000.0
    announced_episode: int | None = None  # the episode that was raised and has not been cleared
    for step, event in inputs:
        now += step
        if event == "restart":
            alarm = Alarm.from_dict(alarm.as_dict())
            continue
        before = alarm.state
        event = f"snooze {now + 20}" if event == "snooze" else event  # noqa: PLW2901
        for transition in apply(alarm, timing, event, now):
            assert transition.before is before or transition.change is Change.RAISED
            if transition.change is Change.RAISED:
                assert announced_episode is None, "raised twice"
                assert not alarm.is_muted, "raised while muted"
                announced_episode = transition.episode
            if transition.change is Change.CLEARED:
                assert announced_episode == transition.episode, "cleared without being raised"
                announced_episode = None
            before = transition.after
        assert alarm.announced is (announced_episode is not None)
        # An alarm that is about to clear when it is unmuted is not raised.
        if alarm.active and not alarm.is_muted and (alarm.pending is not False or timing.is_momentary):
            assert alarm.announced, "active but not announced"
        if alarm.state is AlarmState.NORMAL:
            assert not alarm.active
        if alarm.active and alarm.snoozed_for is not None:
            assert alarm.severity <= alarm.snoozed_for, "more severe than when snoozed"
        assert Alarm.from_dict(alarm.as_dict()) == alarm


MUTINGS = [("suppress a", "unsuppress a"), ("snooze 100", "tick"), ("out", "in")]


@pytest.mark.parametrize(("mute", "unmute"), MUTINGS)
@pytest.mark.parametrize("latching", [True, False])
def test_a_momentary_alarm_while_muted_is_raised_when_unmuted(mute: str, unmute: str, latching: bool) -> None:
    timing = MomentTiming(clear_after_s=200, latching=latching)

    transitions, alarm = play([(1, mute), (2, BAD), (2, GOOD), (50, "tick"), (100, unmute)], timing)
    assert transitions[-1] == "100 raised → unacknowledged"

    (cleared,) = lifecycle.tick(alarm, timing, 202)
    assert (cleared.change, alarm.state is AlarmState.RETURNED) == (Change.CLEARED, latching)


@pytest.mark.parametrize(("mute", "unmute"), MUTINGS)
def test_a_latching_momentary_alarm_stays_active_while_muted(mute: str, unmute: str) -> None:
    timing = MomentTiming(clear_after_s=10, latching=True)

    transitions, alarm = play([(1, mute), (2, BAD), (2, GOOD), (50, "tick"), (100, unmute), (100, "tick")], timing)

    assert transitions[-2:] == ["100 raised → unacknowledged", "100 cleared → returned_unacknowledged"]
    assert alarm.state is AlarmState.RETURNED


def test_an_acknowledged_momentary_alarm_clears_while_suppressed() -> None:
    timing = MomentTiming(clear_after_s=10, latching=True)

    transitions, alarm = play([(1, "suppress a"), (2, BAD), (2, GOOD), (3, "ack"), (12, "tick")], timing)

    assert "raised" not in " ".join(transitions)
    assert not alarm.active


@given(TIMINGS, INPUTS)
def test_a_tick_completes_what_is_due(timing: Timing, inputs: list[tuple[int, object]]) -> None:
    alarm, now = Alarm(key=KEY), 1000.0
    for step, event in inputs:
        now += abs(step)
        if event != "restart":
            apply(alarm, timing, f"snooze {now + 20}" if event == "snooze" else event, now)
        if (due := lifecycle.due(alarm, timing)) is not None:
            now = max(now, due)
            lifecycle.tick(alarm, timing, now)
            assert lifecycle.due(alarm, timing) is None or lifecycle.due(alarm, timing) > now  # type: ignore[operator]
