"""The lifecycle of an alarm: every state, every change, and what no sequence of them may lead to."""

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
    """Let things happen at their times; return the changes in words, and the alarm."""
    alarm = alarm or Alarm(key=KEY)
    happened: list[Transition] = []
    for at, what in inputs:
        happened += happen(alarm, timing, what, at)
    return [f"{change.at:g} {change.change} → {change.after}" for change in happened], alarm


COMMANDS: dict[str, Callable[[Alarm, Timing, str, float], list[Transition]]] = {
    "tick": lambda alarm, timing, _, at: lifecycle.tick(alarm, timing, at),
    "ack": lambda alarm, _, __, at: lifecycle.acknowledge(alarm, ANNA, at),
    "snooze": lambda alarm, _, until, at: lifecycle.snooze(alarm, float(until), ANNA, at),
    "unsnooze": lambda alarm, timing, __, at: lifecycle.unsnooze(alarm, timing, at, ANNA),
    "suppress": lambda alarm, _, reason, at: lifecycle.suppress(alarm, reason, at),
    "unsuppress": lifecycle.unsuppress,
    "out": lambda alarm, _, __, at: lifecycle.take_out_of_service(alarm, ANNA, at),
    "in": lambda alarm, timing, __, at: lifecycle.return_to_service(alarm, timing, ANNA, at),
}


def happen(alarm: Alarm, timing: Timing, what: object, at: float) -> list[Transition]:
    if isinstance(what, Evaluation):
        return lifecycle.evaluate(alarm, timing, what, at)
    word, _, rest = str(what).partition(" ")
    return COMMANDS[word](alarm, timing, rest, at)


@pytest.mark.parametrize(
    ("timing", "inputs", "expected"),
    [
        pytest.param(
            Timing(), [(1, BAD), (2, BAD), (3, GOOD)], ["1 raised → unacknowledged", "3 cleared → normal"], id="at once"
        ),
        pytest.param(
            Timing(hold_s=10), [(1, BAD), (5, GOOD), (6, BAD), (12, "tick")], [], id="a short trouble is none"
        ),
        pytest.param(
            Timing(hold_s=10),
            [(1, BAD), (10, "tick"), (11, "tick"), (12, "tick")],
            ["11 raised → unacknowledged"],
            id="held long enough",
        ),
        pytest.param(
            Timing(hold_s=10),
            [(1, BAD), (5, UNKNOWN), (12, "tick"), (20, BAD)],
            ["20 raised → unacknowledged"],
            id="a hold that is over waits until something is known",
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
            id="clears after a calm time",
        ),
        pytest.param(Timing(), [(1, BAD), (2, UNKNOWN)], ["1 raised → unacknowledged"], id="unknown clears nothing"),
        pytest.param(
            Timing(),
            [(1, BAD), (2, "ack"), (3, "ack"), (4, GOOD)],
            ["1 raised → unacknowledged", "2 acknowledged → acknowledged", "4 cleared → normal"],
            id="acknowledged once",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, GOOD), (3, "ack")],
            ["1 raised → unacknowledged", "2 cleared → returned_unacknowledged", "3 acknowledged → normal"],
            id="latching stays until somebody knows",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, "ack"), (3, GOOD)],
            ["1 raised → unacknowledged", "2 acknowledged → acknowledged", "3 cleared → normal"],
            id="latching and known",
        ),
        pytest.param(
            Timing(latching=True),
            [(1, BAD), (2, GOOD), (3, BAD)],
            [
                "1 raised → unacknowledged",
                "2 cleared → returned_unacknowledged",
                "3 raised → unacknowledged",
            ],
            id="latching and back again",
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
            id="a higher severity takes the acknowledgement back, a lower one is no news",
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
            id="snoozed until",
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
            id="worse than what was snoozed",
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
            id="back again while it is snoozed, and then worse",
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
            id="back again worse while it is snoozed",
        ),
        pytest.param(
            Timing(),
            [(1, WORSE), (2, "snooze 10"), (3, BAD), (4, WORSE)],
            ["1 raised → unacknowledged", "2 snoozed → snoozed", "4 worsened → snoozed"],
            id="as bad as when it was snoozed",
        ),
        pytest.param(
            Timing(),
            [(1, "snooze 10"), (2, BAD), (3, WORSE), (10, "tick")],
            ["1 snoozed → snoozed", "10 unsnoozed → unacknowledged", "10 raised → unacknowledged"],
            id="snoozed beforehand, however bad it becomes",
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
            id="worse while it is snoozed and suppressed",
        ),
        pytest.param(
            Timing(),
            [(1, "snooze 10"), (2, BAD), (3, GOOD), (4, BAD), (10, "tick")],
            ["1 snoozed → snoozed", "10 unsnoozed → unacknowledged", "10 raised → unacknowledged"],
            id="what is still bad after snoozing is raised then",
        ),
        pytest.param(
            Timing(),
            [(1, "suppress parent"), (2, BAD), (3, GOOD), (4, "unsuppress parent")],
            ["1 suppressed → suppressed", "4 unsuppressed → normal"],
            id="what came and went in silence is not told",
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
def test_what_happens(timing: Timing, inputs: list[Input], expected: list[str]) -> None:
    happened, _ = play(inputs, timing)

    assert happened == expected


def test_who_and_why_are_kept() -> None:
    alarm = Alarm(key=KEY)
    lifecycle.evaluate(alarm, Timing(), Evaluation(True, Severity.CRITICAL, "81 °C", "above 80 °C"), 1)
    (known,) = lifecycle.acknowledge(alarm, ANNA, 2)

    assert (known.by, known.value, known.reason, known.severity) == (ANNA, "81 °C", "above 80 °C", Severity.CRITICAL)
    assert alarm.acknowledged_by == ANNA


TIMINGS = st.builds(
    Timing, hold_s=st.sampled_from([0, 10]), clear_after_s=st.sampled_from([0, 10]), latching=st.booleans()
) | st.builds(MomentTiming, clear_after_s=st.sampled_from([0, 10]), latching=st.booleans())
WHATS = [GOOD, BAD, WORSE, UNKNOWN, "restart", "tick", "ack", "snooze", "unsnooze", "out", "in"]
WHATS += [f"{word} {reason}" for word in ("suppress", "unsuppress") for reason in ("a", "parent:b", "flapping")]
INPUTS = st.lists(
    st.tuples(
        st.integers(-30, 60),
        st.sampled_from(WHATS),
    ),
    max_size=60,
)


@given(TIMINGS, INPUTS)
def test_no_sequence_leads_to_a_lie(timing: Timing, inputs: list[tuple[int, object]]) -> None:
    """Readings, commands, restarts and clock jumps in any order."""
    alarm, now = Alarm(key=KEY), 1000.0
    told: int | None = None  # the episode that people were told of and whose end they were not told of
    for step, what in inputs:
        now += step
        if what == "restart":
            alarm = Alarm.from_dict(alarm.as_dict())
            continue
        before = alarm.state
        what = f"snooze {now + 20}" if what == "snooze" else what  # noqa: PLW2901
        for change in happen(alarm, timing, what, now):
            assert change.before is before or change.change is Change.RAISED
            if change.change is Change.RAISED:
                assert told is None, "raised twice"
                assert not alarm.is_quiet, "raised in silence"
                told = change.episode
            if change.change is Change.CLEARED:
                assert told == change.episode, "the end of something nobody heard of"
                told = None
            before = change.after
        assert alarm.announced is (told is not None)
        # A state that is about to be over when its silence ends is not raised for the rest of its time.
        if alarm.active and not alarm.is_quiet and (alarm.pending is not False or timing.is_momentary):
            assert alarm.announced, "active, and nobody was told"
        if alarm.state is AlarmState.NORMAL:
            assert not alarm.active
        if alarm.active and alarm.snoozed_for is not None:
            assert alarm.severity <= alarm.snoozed_for, "worse than when it was snoozed"
        assert Alarm.from_dict(alarm.as_dict()) == alarm


SILENCES = [("suppress a", "unsuppress a"), ("snooze 100", "tick"), ("out", "in")]


@pytest.mark.parametrize(("begin", "end"), SILENCES)
@pytest.mark.parametrize("latching", [True, False])
def test_a_moment_in_silence_is_told_after_it(begin: str, end: str, latching: bool) -> None:
    timing = MomentTiming(clear_after_s=200, latching=latching)

    happened, alarm = play([(1, begin), (2, BAD), (2, GOOD), (50, "tick"), (100, end)], timing)
    assert happened[-1] == "100 raised → unacknowledged"

    (cleared,) = lifecycle.tick(alarm, timing, 202)
    assert (cleared.change, alarm.state is AlarmState.RETURNED) == (Change.CLEARED, latching)


@pytest.mark.parametrize(("begin", "end"), SILENCES)
def test_a_latching_moment_outlasts_its_silence(begin: str, end: str) -> None:
    timing = MomentTiming(clear_after_s=10, latching=True)

    happened, alarm = play([(1, begin), (2, BAD), (2, GOOD), (50, "tick"), (100, end), (100, "tick")], timing)

    assert happened[-2:] == ["100 raised → unacknowledged", "100 cleared → returned_unacknowledged"]
    assert alarm.state is AlarmState.RETURNED


def test_a_moment_that_somebody_knows_of_is_over_in_silence() -> None:
    timing = MomentTiming(clear_after_s=10, latching=True)

    happened, alarm = play([(1, "suppress a"), (2, BAD), (2, GOOD), (3, "ack"), (12, "tick")], timing)

    assert "raised" not in " ".join(happened)
    assert not alarm.active


@given(TIMINGS, INPUTS)
def test_what_is_due_is_done_by_a_tick(timing: Timing, inputs: list[tuple[int, object]]) -> None:
    alarm, now = Alarm(key=KEY), 1000.0
    for step, what in inputs:
        now += abs(step)
        if what != "restart":
            happen(alarm, timing, f"snooze {now + 20}" if what == "snooze" else what, now)
        if (then := lifecycle.due(alarm, timing)) is not None:
            now = max(now, then)
            lifecycle.tick(alarm, timing, now)
            assert lifecycle.due(alarm, timing) is None or lifecycle.due(alarm, timing) > now  # type: ignore[operator]
