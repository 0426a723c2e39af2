"""Evaluation of readings by a rule: tables of readings and verdicts for every kind."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.evaluation.evaluator import EVALUATORS, Evaluator
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot, Reason
from custom_components.iotbridge.alarms.engine.evaluation.state import event_matches, message_matches
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from custom_components.iotbridge.alarms.engine.rule import WITHOUT_ENTITIES, AlarmKind, Condition

START = 1_800_000_000.0

type State = str | float | None


def seen(state: State, at: float, unit: str | None = None, **attributes: Any) -> EntitySnapshot | None:
    return None if state is None else EntitySnapshot(str(state), attributes, START + at, unit)


def judge(severity: Severity = Severity.WARNING, *, kind: str, **condition: Any) -> Evaluator:
    return Evaluator(Condition(kind=AlarmKind(kind), **condition), severity)


def tell(judge: Evaluator, state: State, at: float, unit: str | None = None, **attributes: Any) -> Evaluation:
    """Let the judge see a state that is reported at this moment."""
    return judge.update(seen(state, at, unit, **attributes), START + at)


def word(verdict: Evaluation) -> str:
    if verdict.is_active is None:
        return "?"
    return verdict.severity.word if verdict.is_active else "good"


def play(judge: Evaluator, states: Iterable[State], every_s: float = 60) -> list[str]:
    return [word(tell(judge, state, number * every_s)) for number, state in enumerate(states)]


def restarted(judge: Evaluator, **condition: Any) -> Evaluator:
    """Return the judge of the same rule after a restart; what it kept went through a file."""
    again = Evaluator(Condition(**condition), Severity.WARNING)
    again.restore(json.loads(json.dumps(judge.as_dict())))
    return again


# ---------------------------------------------------------------- above, below, outside


@pytest.mark.parametrize(
    ("condition", "states", "expected"),
    [
        pytest.param({"kind": "above", "above": 80}, "79 80 80.1 80 79", "good good warning good good", id="above"),
        pytest.param({"kind": "below", "below": 10}, "11 10 9.9 10", "good good warning good", id="below"),
        pytest.param(
            {"kind": "outside", "above": 30, "below": 10},
            "20 31 30 9 10",
            "good warning good warning good",
            id="outside",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "hysteresis": 2},
            "79 81 79 78.1 78 79 80",
            "good warning warning warning good good good",
            id="it is good again when it is so much better",
        ),
        pytest.param(
            {"kind": "below", "below": 10, "hysteresis": 2},
            "11 9 11.9 12 11",
            "good warning warning good good",
            id="below has its band above",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "worse_above": 90, "hysteresis": 2},
            "85 91 89 88 85 78",
            "warning critical critical warning warning good",
            id="a second threshold is worse and has a band too",
        ),
        pytest.param(
            {"kind": "outside", "above": 30, "worse_above": 40, "below": 10, "worse_below": 0},
            "20 35 45 5 -5 20",
            "good warning critical warning critical good",
            id="second thresholds on both sides",
        ),
        pytest.param(
            {"kind": "outside", "above": 30, "below": 20, "hysteresis": 15},
            "31 16 15 35 34",
            "warning warning warning warning warning",
            id="a band that is wider than the range",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "worse_above": 90, "worse": Severity.INFO},
            "95",
            "warning",
            id="a second threshold never makes it better",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "below": 50}, "40", "good", id="what belongs to another kind says nothing"
        ),
        pytest.param({"kind": "above", "above": 80, "hysteresis": -5}, "81 80", "warning good", id="no band below 0"),
        pytest.param(
            {"kind": "above", "above": 80},
            "81 unavailable unknown nan inf -inf warm 1_000 79",
            "warning ? ? ? ? ? ? ? good",
            id="what is no number",
        ),
        pytest.param(
            {"kind": "above", "above": 80, "hysteresis": 2},
            "81 unavailable 79 78",
            "warning ? warning good",
            id="the band is kept while it is away",
        ),
        pytest.param({"kind": "above"}, "81", "good", id="without a threshold"),
    ],
)
def test_numbers(condition: dict[str, Any], states: str, expected: str) -> None:
    assert " ".join(play(judge(**condition), states.split())) == expected


@pytest.mark.parametrize("value", [None, True, "", [], {}, "warm", 10**400, float("nan")])
def test_an_attribute_that_is_no_number_says_nothing(value: object) -> None:
    rule = judge(kind=AlarmKind.ABOVE, above=0, attribute="temperature")

    assert tell(rule, "heat", 0, temperature=value).is_active is None
    assert tell(rule, "heat", 1).is_active is None


def test_an_attribute_is_judged_instead_of_the_state() -> None:
    rule = judge(kind=AlarmKind.ABOVE, above=20, attribute="temperature")

    verdict = tell(rule, 5, 0, temperature=21.5)

    assert (verdict.is_active, verdict.value, verdict.reason) == (True, "21.5", "21.5 > 20")
    assert tell(rule, "unavailable", 1, temperature=21.5).is_active is None


@pytest.mark.parametrize(
    ("condition", "state", "unit", "value", "why"),
    [
        ({"kind": "above", "above": 80.0}, "81.5", "°C", "81.5 °C", "81.5 °C > 80 °C"),
        ({"kind": "above", "above": 80.0}, "90", "%", "90%", "90% > 80%"),
        ({"kind": "above", "above": 1013.25}, "1014.330000001", "hPa", "1014.33 hPa", "1014.33 hPa > 1013.25 hPa"),
        ({"kind": "above", "above": 80.0}, "80.001", "°C", "80 °C", "80.001 °C > 80 °C"),
        ({"kind": "above", "above": 0.0001}, "0.00025", None, "0.00025", "0.00025 > 0.0001"),
        ({"kind": "below", "below": -5}, "-7.25", "°C", "-7.25 °C", "-7.25 °C < -5 °C"),
        ({"kind": "above", "above": 1e15}, "2.5e20", "B", "2.5e+20 B", "2.5e+20 B > 1e+15 B"),
    ],
)
def test_numbers_are_written_as_people_do(
    condition: dict[str, Any], state: str, unit: str | None, value: str, why: str
) -> None:
    verdict = tell(judge(**condition), state, 0, unit)

    assert (verdict.value, verdict.reason, verdict.reason_key) == (value, why, "")


def test_inside_its_band_it_says_what_it_waits_for() -> None:
    rule = judge(kind=AlarmKind.ABOVE, above=80, worse_above=90, hysteresis=2)

    assert tell(rule, 91, 0, "°C").reason == "91 °C > 90 °C"
    assert tell(rule, 89, 1, "°C").reason == "89 °C > 88 °C"
    assert tell(rule, 79, 2, "°C").reason == "79 °C > 78 °C"
    assert tell(rule, 78, 3, "°C") == Evaluation(False, Severity.WARNING, "78 °C")


def test_of_two_equally_bad_thresholds_the_farther_is_named() -> None:
    rule = judge(Severity.CRITICAL, kind=AlarmKind.ABOVE, above=80, worse_above=90)

    assert tell(rule, 95, 0).reason == "95 > 90"


NUMBERS = st.floats(-100, 100, allow_nan=False) | st.sampled_from(["unavailable", "unknown", "warm", None])


@given(st.lists(NUMBERS, max_size=30), st.floats(0, 20))
def test_a_verdict_never_changes_inside_the_band(states: list[State], band: float) -> None:
    rule = judge(kind=AlarmKind.OUTSIDE, above=50, below=-50, hysteresis=band)
    before = False
    for at, state in enumerate(states):
        verdict = tell(rule, state, at)
        if not isinstance(state, float):
            assert verdict.is_active is None
            continue
        if 50 - band < state <= 50 or -50 <= state < -50 + band:
            assert before or not verdict.is_active  # nothing becomes bad in there
        elif state > 50 or state < -50:
            assert verdict.is_active
        else:
            assert not verdict.is_active
        before = bool(verdict.is_active)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("condition", "states", "expected"),
    [
        ({"kind": "state", "states": ("on", "open")}, "off on open closed", "good warning warning good"),
        ({"kind": "state", "states": ("Not_Home",)}, "home not_home", "good warning"),
        ({"kind": "state", "states": ("on",)}, "unknown unavailable on", "? ? warning"),
        ({"kind": "state", "states": ("unknown", "unavailable")}, "unknown unavailable on", "? ? good"),
        ({"kind": "host_lost"}, "on lost off shutting_down unavailable unknown", "good warning good good ? ?"),
        ({"kind": "unavailable"}, "unavailable unknown 5 unavailable", "warning good good warning"),
    ],
)
def test_words(condition: dict[str, Any], states: str, expected: str) -> None:
    assert " ".join(play(judge(**condition), states.split())) == expected


def test_an_attribute_may_be_one_of_the_words() -> None:
    rule = judge(kind=AlarmKind.STATE, states=("true", "7"), attribute="problem")

    assert tell(rule, "true", 0).is_active is None
    assert tell(rule, "x", 1, problem=True).is_active
    assert tell(rule, "x", 2, problem=7).is_active
    assert tell(rule, "x", 3, problem=False).is_active is False


def test_words_say_why() -> None:
    assert tell(judge(kind=AlarmKind.STATE, states=("open",)), "open", 0) == Evaluation(
        True, Severity.WARNING, "open", "open"
    )
    assert tell(judge(Severity.CRITICAL, kind=AlarmKind.HOST_LOST), "lost", 0) == Evaluation(
        True, Severity.CRITICAL, "lost", "lost", Reason.HOST_LOST
    )
    assert tell(judge(kind=AlarmKind.UNAVAILABLE), "unavailable", 0) == Evaluation(
        True, Severity.WARNING, "unavailable", "unavailable", Reason.UNAVAILABLE
    )


def test_an_entity_that_is_not_loaded_yet_is_unavailable_only_after_five_minutes() -> None:
    rule = judge(kind=AlarmKind.UNAVAILABLE)

    assert tell(rule, "unavailable", 0, restored=True).is_active is None
    assert rule.due(START) == START + 300
    assert tell(rule, "unavailable", 100, restored=True).is_active is None
    assert rule.evaluate(START + 299).is_active is None
    assert rule.evaluate(START + 300) == Evaluation(
        True, Severity.WARNING, "unavailable", "unavailable", Reason.NOT_LOADED, (("since", "5 min"),)
    )
    assert rule.due(START + 300) is None


def test_an_entity_that_is_loaded_in_time_is_judged_as_it_is() -> None:
    rule = judge(kind=AlarmKind.UNAVAILABLE)
    tell(rule, "unavailable", 0, restored=True)

    assert tell(rule, "unavailable", 10).is_active
    assert tell(rule, "5", 20).is_active is False
    assert rule.due(START + 20) is None
    assert rule.evaluate(START + 1000).is_active is False


def test_a_clock_that_is_set_back_prolongs_nothing() -> None:
    rule = judge(kind=AlarmKind.UNAVAILABLE)
    tell(rule, "unavailable", 10_000, restored=True)

    assert rule.evaluate(START + 100).is_active is None
    assert rule.evaluate(START + 400).is_active


# ---------------------------------------------------------------- changes too fast


RATE: dict[str, Any] = {"kind": AlarmKind.RATE, "change": 5.0, "per_s": 600.0}


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        pytest.param([(0, 20), (300, 25), (400, 25.1)], "good good warning", id="up"),
        pytest.param([(0, 20), (300, 15), (400, 14.9)], "good good warning", id="down"),
        pytest.param([(0, 20), (500, 24), (601, 25.5)], "good good good", id="slowly"),
        pytest.param([(0, 20), (100, 26), (200, 20), (799, 20), (800, 20)], "good warning warning warning good",
                     id="there and back"),
        pytest.param([(0, 20), (7200, 26), (7800, 26)], "good warning good", id="a value holds until the next"),
        pytest.param([(0, 20), (10, "unavailable"), (7200, 26)], "good ? good", id="nothing holds while it is away"),
        pytest.param([(0, 20), (10, "unavailable"), (300, 26)], "good ? warning", id="but it was read"),
        pytest.param([(0, 20), (10, None), (20, "nan"), (30, 26)], "good ? ? warning", id="not there"),
        pytest.param([(100, 20), (50, 26), (60, 32)], "good good warning", id="the clock was set back"),
    ],
)  # fmt: skip
def test_rate(readings: list[tuple[float, State]], expected: str) -> None:
    rule = judge(**RATE)

    assert " ".join(word(tell(rule, state, at)) for at, state in readings) == expected


def test_a_change_is_over_when_it_has_left_the_window() -> None:
    rule = judge(**RATE)
    tell(rule, 20, 0, "°C")
    tell(rule, 23, 60, "°C")

    bad = tell(rule, 26, 90, "°C")

    assert bad == Evaluation(
        True,
        Severity.WARNING,
        "26 °C",
        "+6 °C / 90 s > 5 °C / 10 min",
        Reason.CHANGED,
        (("change", "+6 °C"), ("within", "90 s"), ("limit", "5 °C"), ("per", "10 min")),
    )
    assert rule.due(START + 90) == START + 600
    assert rule.evaluate(START + 599).is_active
    assert rule.evaluate(START + 600) == Evaluation(False, Severity.WARNING, "26 °C")
    assert rule.due(START + 600) is None


def test_nothing_is_due_while_nothing_changes() -> None:
    rule = judge(**RATE)

    assert rule.due(START) is None
    tell(rule, 20, 0)
    assert rule.due(START) is None
    tell(rule, 30, 1)
    tell(rule, "unavailable", 2)
    assert rule.due(START + 2) is None
    assert rule.evaluate(START + 3).is_active is None


def test_a_report_that_is_seen_twice_is_one() -> None:
    rule = judge(**RATE)
    first = seen(20, 0)
    rule.update(first, START)
    rule.update(first, START + 500)

    assert tell(rule, 26, 590).is_active
    assert rule.due(START + 590) == START + 600  # the reading left first, then the jump from it
    assert rule.evaluate(START + 1189).is_active
    assert rule.evaluate(START + 1190).is_active is False


def fast(readings: list[tuple[float, float]], now: float, per_s: float, change: float) -> bool:
    """Judge by comparing all with all."""
    inside = [number for at, number in readings if at > now - per_s] or [readings[-1][1]]
    neighbours = pairwise(readings)
    jumps = [abs(after[1] - before[1]) for before, after in neighbours if after[0] > now - per_s]
    return max([max(inside) - min(inside), *jumps]) > change


SERIES = st.lists(st.tuples(st.integers(1, 400), st.integers(-10, 10)), min_size=1, max_size=60)


@given(SERIES, st.integers(0, 800))
def test_rate_is_what_comparing_all_with_all_finds(series: list[tuple[int, int]], later: int) -> None:
    rule = judge(kind=AlarmKind.RATE, change=8, per_s=200)  # readings at least a 200th of the window apart
    at, readings = 0.0, list[tuple[float, float]]()
    for gap, number in series:
        at += gap
        readings.append((at, number))
        assert tell(rule, number, at).is_active == fast(readings, at, 200, 8)
    assert rule.evaluate(START + at + later).is_active == fast(readings, at + later, 200, 8)


@given(SERIES)
def test_crowded_readings_shorten_the_window_by_a_200th(series: list[tuple[int, int]]) -> None:
    rule = judge(kind=AlarmKind.RATE, change=8, per_s=200)
    at, readings = 0.0, list[tuple[float, float]]()
    for gap, number in series:
        at += gap / 256
        readings.append((at, number))
        verdict = tell(rule, number, at).is_active
        assert verdict or not fast(readings, at, 199, 8)
        assert fast(readings, at, 200, 8) or not verdict


@pytest.mark.parametrize("step", [1, -1])
def test_what_is_kept_of_many_readings_is_bounded(step: int) -> None:
    rule = judge(kind=AlarmKind.RATE, change=1e9, per_s=1000)
    for number in range(20_000):
        tell(rule, number * step, number / 100)

    assert len(json.dumps(rule.as_dict())) < 15_000


# ---------------------------------------------------------------- no data


def silence(judge: Evaluator, at: float) -> str:
    return word(judge.evaluate(START + at))


def learned(times: int = 12, every_s: float = 60) -> Evaluator:
    """Return a judge of an entity that has reported so often."""
    rule = judge(kind=AlarmKind.NO_DATA)
    for number in range(times):
        tell(rule, number, number * every_s)
    return rule


def test_silent_for_longer_than_a_fixed_time() -> None:
    rule = judge(kind=AlarmKind.NO_DATA, silent_s=600)

    assert tell(rule, 5, 0, "°C").is_active is False
    assert rule.due(START) == START + 600
    assert silence(rule, 599) == "good"
    assert rule.evaluate(START + 600) == Evaluation(
        True, Severity.WARNING, "5", "10 min > 10 min", Reason.SILENT, (("silent", "10 min"), ("limit", "10 min"))
    )
    assert rule.due(START + 600) is None
    assert rule.evaluate(START + 7800 + 59).reason == "2 h 10 min > 10 min"
    assert tell(rule, 5, 8000).is_active is False
    assert rule.due(START + 8000) == START + 8600


def test_a_report_that_is_old_already_counts_from_its_time() -> None:
    rule = judge(kind=AlarmKind.NO_DATA, silent_s=600)

    assert rule.update(seen(5, 0), START + 700).is_active


def test_silent_against_its_own_rhythm() -> None:
    rule = learned()

    assert rule.due(START + 660) == START + 660 + 300
    assert silence(rule, 660 + 299) == "good"
    verdict = rule.evaluate(START + 660 + 545)

    assert (verdict.is_active, verdict.reason, verdict.reason_key) == (True, "9 min > 5 min", Reason.SILENT_UNUSUAL)
    assert dict(verdict.reason_values) == {"usual": "60 s", "silent": "9 min"}


def test_a_fast_rhythm_has_two_minutes() -> None:
    rule = learned(every_s=5)

    assert rule.due(START + 55) == START + 55 + 120


def test_a_rhythm_is_known_after_eight_gaps() -> None:
    assert learned(times=8).due(START + 420) is None
    assert word(learned(times=8).evaluate(START + 99_999)) == "?"
    assert learned(times=9).due(START + 480) == START + 780


def test_an_irregular_entity_has_no_rhythm() -> None:
    rule = judge(kind=AlarmKind.NO_DATA)
    at = 0.0
    for number in range(40):
        at += (10, 300, 45, 2000)[number % 4]
        tell(rule, number, at)

    assert rule.due(START + at) is None
    assert silence(rule, at + 1_000_000) == "?"


def test_a_silence_ends_even_when_the_rhythm_is_lost_with_it() -> None:
    rule = judge(kind=AlarmKind.NO_DATA)
    heard = 0.0
    for gap in (60, 60, 60, 60, 60, 60, 200, 200):
        tell(rule, 1, heard)
        heard += gap
    tell(rule, 1, heard)
    assert silence(rule, heard + 401) == "warning"

    verdict = tell(rule, 1, heard + 500)

    assert rule.due(START + heard + 500) is None
    assert word(verdict) == silence(rule, heard + 99_999) == "good"
    rule = restarted(rule, kind=AlarmKind.NO_DATA)
    assert word(tell(rule, 1, heard + 100_000)) == "good"


def test_a_rhythm_bears_some_jitter_and_some_lost_reports() -> None:
    rule = judge(kind=AlarmKind.NO_DATA)
    at = 0.0
    for number in range(32):
        at += 60 + number % 7 - 3 + (60 if number % 10 == 0 else 0)
        tell(rule, number, at)

    due = rule.due(START + at)
    assert due is not None
    assert 280 < due - START - at < 320


def test_two_changes_of_one_message_are_one_report() -> None:
    rule = judge(kind=AlarmKind.NO_DATA)
    for number in range(12):
        tell(rule, number, number * 60)
        tell(rule, number + 0.5, number * 60 + 0.2)

    assert rule.due(START + 661) == START + 660 + 300


def test_what_happens_twice_within_a_week_belongs_to_the_rhythm() -> None:
    """An entity that reports changes only is quiet at night: two false alarms are enough."""
    rule = learned(40)
    heard, verdicts = 39 * 60.0, []
    for _night in range(3):
        verdicts.append(silence(rule, heard + 3 * 3600))
        heard += 3 * 3600
        for number in range(40):
            tell(rule, number, heard)
            heard += 60
        heard -= 60

    assert verdicts == ["warning", "warning", "good"]
    assert rule.due(START + heard) == START + heard + 6 * 3600


def test_a_week_later_it_is_forgotten() -> None:
    rule = learned(40)
    heard = 39 * 60.0
    for gap in (10_000, 10_000, *[60] * (8 * 1440)):
        heard += gap
        tell(rule, 1, heard)

    assert rule.due(START + heard) == START + heard + 300


def test_away_is_silent() -> None:
    rule = learned()

    assert word(tell(rule, "unavailable", 700)) == "?"
    assert rule.due(START + 700) == START + 660 + 300
    assert silence(rule, 959) == "?"
    assert word(tell(rule, "unknown", 960)) == "warning"


def test_what_is_not_there_is_not_judged() -> None:
    rule = learned()

    assert tell(rule, None, 700).is_active is None
    assert rule.due(START + 700) is None
    assert silence(rule, 99_999) == "?"


def test_an_entity_that_was_never_there_with_a_value_is_silent_too() -> None:
    rule = judge(kind=AlarmKind.NO_DATA, silent_s=600)

    assert tell(rule, "unavailable", 0).is_active is None
    assert silence(rule, 600) == "warning"


def test_the_first_report_after_it_was_away_may_be_a_remembered_one() -> None:
    rule = learned()
    tell(rule, "unavailable", 700)
    assert silence(rule, 2000) == "warning"

    assert word(tell(rule, 5, 3000)) == "?"
    assert word(tell(rule, 5, 3001)) == "?"
    assert word(tell(rule, 6, 3060)) == "good"
    assert rule.due(START + 3060) == START + 3360  # the time away taught nothing


def test_and_without_another_it_is_silent_again() -> None:
    rule = learned()
    tell(rule, "unavailable", 700)
    tell(rule, 5, 3000)

    assert rule.due(START + 3000) == START + 3300
    assert silence(rule, 3300) == "warning"


def test_a_restart_ends_no_silence_and_begins_none() -> None:
    silent, heard = learned(), learned()
    assert silence(silent, 2000) == "warning"
    silent, heard = (restarted(rule, kind=AlarmKind.NO_DATA) for rule in (silent, heard))

    for rule, then in ((silent, "?"), (heard, "good")):
        assert silence(rule, 9000) == "?"
        assert word(tell(rule, "unavailable", 9000)) == "?"
        assert word(tell(rule, 5, 9010)) == then  # restored by Home Assistant
        assert rule.due(START + 9010) == START + 9310
        assert word(tell(rule, 5, 9070)) == "good"


def test_a_silence_goes_on_after_a_restart() -> None:
    rule = learned()
    silence(rule, 2000)
    rule = restarted(rule, kind=AlarmKind.NO_DATA)
    tell(rule, 5, 9000)

    assert silence(rule, 9299) == "?"
    assert silence(rule, 9300) == "warning"


def test_a_clock_that_is_set_back_makes_nobody_silent_for_longer() -> None:
    rule = judge(kind=AlarmKind.NO_DATA, silent_s=600)
    tell(rule, 5, 100_000)

    assert silence(rule, 0) == "good"
    assert rule.due(START) == START + 600
    assert silence(rule, 600) == "warning"
    assert word(tell(rule, 6, 700)) == "good"


@given(st.lists(st.floats(0.1, 10_000), max_size=40), st.floats(0, 100_000))
def test_look_tells_at_the_time_it_was_due_and_not_before(gaps: list[float], wait: float) -> None:
    rule = judge(kind=AlarmKind.NO_DATA)
    now = START
    for gap in gaps:
        now += gap
        rule.update(EntitySnapshot("1", {}, now), now)
    due = rule.due(now)

    assert due is None or due > now
    assert bool(rule.evaluate(now + wait).is_active) == (due is not None and now + wait >= due)


# ---------------------------------------------------------------- all kinds


CONDITIONS: dict[AlarmKind, Mapping[str, Any]] = {
    AlarmKind.ABOVE: {"above": 20, "worse_above": 30, "hysteresis": 5},
    AlarmKind.BELOW: {"below": 20, "worse_below": 10, "hysteresis": 5},
    AlarmKind.OUTSIDE: {"above": 30, "below": 10, "worse_above": 35, "worse_below": 5, "hysteresis": 3},
    AlarmKind.STATE: {"states": ("on", "5")},
    AlarmKind.RATE: {"change": 5, "per_s": 120},
    AlarmKind.NO_DATA: {},
    AlarmKind.UNAVAILABLE: {},
    AlarmKind.HOST_LOST: {},
}
ANYTHING = st.lists(
    st.tuples(
        st.integers(-100, 500),
        st.sampled_from([None, "unavailable", "unknown", "on", "off", "lost", "nan", "x"]) | st.integers(0, 40),
    ),
    max_size=40,
)


def test_every_kind_is_judged_here_or_has_no_entity() -> None:
    assert CONDITIONS.keys() == EVALUATORS.keys() == set(AlarmKind) - WITHOUT_ENTITIES


@pytest.mark.parametrize("kind", sorted(WITHOUT_ENTITIES))
def test_a_kind_without_an_entity_is_judged_elsewhere(kind: AlarmKind) -> None:
    with pytest.raises(ValueError, match=kind):
        judge(kind=kind)


@pytest.mark.parametrize("kind", EVALUATORS)
def test_nothing_is_known_of_an_entity_that_is_not_there(kind: AlarmKind) -> None:
    rule = judge(kind=kind, **CONDITIONS[kind])

    assert rule.evaluate(START).is_active is None
    assert tell(rule, None, 0) == Evaluation(None)
    assert rule.due(START) is None
    assert rule.as_dict() == {} or kind is AlarmKind.NO_DATA


@pytest.mark.parametrize("kind", EVALUATORS)
@given(before=ANYTHING, after=ANYTHING)
def test_a_restart_is_as_if_it_had_not_been_there_for_a_moment(
    kind: AlarmKind, before: list[tuple[int, State]], after: list[tuple[int, State]]
) -> None:
    condition: dict[str, Any] = {"kind": kind, **CONDITIONS[kind]}
    one, at = judge(**condition), 0
    for gap, state in before:
        at += gap
        tell(one, state, at)
    other = restarted(one, **condition)
    tell(one, None, at)
    for gap, state in after:
        at += gap
        assert tell(one, state, at) == tell(other, state, at)
        assert one.due(START + at) == other.due(START + at)


@pytest.mark.parametrize("kind", EVALUATORS)
@given(states=ANYTHING)
def test_nothing_changes_before_it_is_due_and_that_has_an_end(kind: AlarmKind, states: list[tuple[int, State]]) -> None:
    rule, at, verdict = judge(kind=kind, **CONDITIONS[kind]), 0, Evaluation(None)
    for gap, state in states:
        at += gap
        verdict = tell(rule, state, at)
        assert rule.evaluate(START + at) == verdict
    due = rule.due(START + at)
    while due is not None:
        assert rule.evaluate((START + at + due) / 2).is_active == verdict.is_active
        verdict, before = rule.evaluate(due), due
        due = rule.due(before)
        assert due is None or due > before


def test_a_rule_that_was_changed_forgets_what_it_knew() -> None:
    hot = judge(kind=AlarmKind.ABOVE, above=80, hysteresis=5)
    tell(hot, 81, 0)

    assert tell(restarted(hot, kind=AlarmKind.ABOVE, above=80, hysteresis=5), 79, 1).is_active
    assert tell(restarted(hot, kind=AlarmKind.BELOW, below=10), 79, 1).is_active is False
    changed = restarted(hot, kind=AlarmKind.ABOVE, above=80, hysteresis=5, attribute="level")
    assert tell(changed, "x", 1, level=79).is_active is False


# ---------------------------------------------------------------- events and messages


@pytest.mark.parametrize(
    ("wanted", "data", "expected"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 3}, {"a": 1, "b": 2}, False),
        ({"a": None}, {}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": {"b": 1}}, {"a": [1]}, False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": "1"}, {"a": 1}, False),
    ],
)
def test_an_event_has_all_that_is_wanted(wanted: dict[str, Any], data: dict[str, Any], expected: bool) -> None:
    assert event_matches(wanted, data) is expected


@pytest.mark.parametrize(
    ("contains", "payload", "expected"),
    [("fire", "on fire", True), ("Fire", "on fire", False), ("", "", True), ("é", "café".encode(), True),
     ("x", b"\xff\x00", False)],
)  # fmt: skip
def test_a_message_has_the_text_in_it(contains: str, payload: str | bytes, expected: bool) -> None:
    assert message_matches(contains, payload) is expected


def test_of_a_long_attribute_the_beginning_is_kept() -> None:
    judge = Evaluator(Condition(kind=AlarmKind.STATE, attribute="text", states=("x" * 1000,)), Severity.WARNING)
    verdict = judge.update(EntitySnapshot("on", {"text": "x" * 1000}, START), START)
    assert verdict.is_active
    assert verdict.value == verdict.reason == "x" * 255
