"""Entities that are silent, for a fixed time or against their own rhythm."""

from hypothesis import given, strategies as st

from custom_components.iotbridge.alarms.engine.evaluation.evaluator import Evaluator
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from tests.alarms.engine.evaluation.readings import START, evaluator_of, report, restarted, seen, word


def silence(evaluator: Evaluator, at: float) -> str:
    return word(evaluator.evaluate(START + at))


def learned(times: int = 12, every_s: float = 60) -> Evaluator:
    """Return the evaluator of an entity that has reported so often."""
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    for number in range(times):
        report(rule, number, number * every_s)
    return rule


def test_silent_for_longer_than_a_fixed_time() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)

    assert report(rule, 5, 0, "°C").is_active is False
    assert rule.due(START) == START + 600
    assert silence(rule, 599) == "good"
    assert rule.evaluate(START + 600) == Evaluation(
        True, Severity.WARNING, "5", "10 min > 10 min", "silent", (("silent", "10 min"), ("limit", "10 min"))
    )
    assert rule.due(START + 600) is None
    assert rule.evaluate(START + 7800 + 59).reason == "2 h 10 min > 10 min"
    assert report(rule, 5, 8000).is_active is False
    assert rule.due(START + 8000) == START + 8600


def test_a_report_that_is_old_already_counts_from_its_time() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)

    assert rule.update(seen(5, 0), START + 700).is_active


def test_silent_against_its_own_rhythm() -> None:
    rule = learned()

    assert rule.due(START + 660) == START + 660 + 300
    assert silence(rule, 660 + 299) == "good"
    verdict = rule.evaluate(START + 660 + 545)

    assert (verdict.is_active, verdict.reason, verdict.reason_key) == (True, "9 min > 5 min", "silent_unusual")
    assert dict(verdict.reason_values) == {"usual": "60 s", "silent": "9 min"}


def test_a_fast_rhythm_has_two_minutes() -> None:
    rule = learned(every_s=5)

    assert rule.due(START + 55) == START + 55 + 120


def test_a_rhythm_is_known_after_eight_gaps() -> None:
    assert learned(times=8).due(START + 420) is None
    assert word(learned(times=8).evaluate(START + 99_999)) == "?"
    assert learned(times=9).due(START + 480) == START + 780


def test_an_irregular_entity_has_no_rhythm() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    at = 0.0
    for number in range(40):
        at += (10, 300, 45, 2000)[number % 4]
        report(rule, number, at)

    assert rule.due(START + at) is None
    assert silence(rule, at + 1_000_000) == "?"


def test_a_silence_ends_even_when_the_rhythm_is_lost_with_it() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    heard = 0.0
    for gap in (60, 60, 60, 60, 60, 60, 200, 200):
        report(rule, 1, heard)
        heard += gap
    report(rule, 1, heard)
    assert silence(rule, heard + 401) == "warning"

    verdict = report(rule, 1, heard + 500)

    assert rule.due(START + heard + 500) is None
    assert word(verdict) == silence(rule, heard + 99_999) == "good"
    rule = restarted(rule, kind=AlarmKind.NO_DATA)
    assert word(report(rule, 1, heard + 100_000)) == "good"


def test_a_rhythm_bears_some_jitter_and_some_lost_reports() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    at = 0.0
    for number in range(32):
        at += 60 + number % 7 - 3 + (60 if number % 10 == 0 else 0)
        report(rule, number, at)

    due = rule.due(START + at)
    assert due is not None
    assert 280 < due - START - at < 320


def test_two_changes_of_one_message_are_one_report() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    for number in range(12):
        report(rule, number, number * 60)
        report(rule, number + 0.5, number * 60 + 0.2)

    assert rule.due(START + 661) == START + 660 + 300


def test_what_happens_twice_within_a_week_belongs_to_the_rhythm() -> None:
    """An entity that reports changes only is quiet at night: two false alarms are enough."""
    rule = learned(40)
    heard, verdicts = 39 * 60.0, []
    for _night in range(3):
        verdicts.append(silence(rule, heard + 3 * 3600))
        heard += 3 * 3600
        for number in range(40):
            report(rule, number, heard)
            heard += 60
        heard -= 60

    assert verdicts == ["warning", "warning", "good"]
    assert rule.due(START + heard) == START + heard + 6 * 3600


def test_a_week_later_it_is_forgotten() -> None:
    rule = learned(40)
    heard = 39 * 60.0
    for gap in (10_000, 10_000, *[60] * (8 * 1440)):
        heard += gap
        report(rule, 1, heard)

    assert rule.due(START + heard) == START + heard + 300


def test_away_is_silent() -> None:
    rule = learned()

    assert word(report(rule, "unavailable", 700)) == "?"
    assert rule.due(START + 700) == START + 660 + 300
    assert silence(rule, 959) == "?"
    assert word(report(rule, "unknown", 960)) == "warning"


def test_what_is_not_there_is_not_judged() -> None:
    rule = learned()

    assert report(rule, None, 700).is_active is None
    assert rule.due(START + 700) is None
    assert silence(rule, 99_999) == "?"


def test_an_entity_that_was_never_there_with_a_value_is_silent_too() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)

    assert report(rule, "unavailable", 0).is_active is None
    assert silence(rule, 600) == "warning"


def test_the_first_report_after_it_was_away_may_be_a_remembered_one() -> None:
    rule = learned()
    report(rule, "unavailable", 700)
    assert silence(rule, 2000) == "warning"

    assert word(report(rule, 5, 3000)) == "?"
    assert word(report(rule, 5, 3001)) == "?"
    assert word(report(rule, 6, 3060)) == "good"
    assert rule.due(START + 3060) == START + 3360  # the time away taught nothing


def test_and_without_another_it_is_silent_again() -> None:
    rule = learned()
    report(rule, "unavailable", 700)
    report(rule, 5, 3000)

    assert rule.due(START + 3000) == START + 3300
    assert silence(rule, 3300) == "warning"


def test_a_restart_ends_no_silence_and_begins_none() -> None:
    silent, heard = learned(), learned()
    assert silence(silent, 2000) == "warning"
    silent, heard = (restarted(rule, kind=AlarmKind.NO_DATA) for rule in (silent, heard))

    for rule, then in ((silent, "?"), (heard, "good")):
        assert silence(rule, 9000) == "?"
        assert word(report(rule, "unavailable", 9000)) == "?"
        assert word(report(rule, 5, 9010)) == then  # restored by Home Assistant
        assert rule.due(START + 9010) == START + 9310
        assert word(report(rule, 5, 9070)) == "good"


def test_a_silence_goes_on_after_a_restart() -> None:
    rule = learned()
    silence(rule, 2000)
    rule = restarted(rule, kind=AlarmKind.NO_DATA)
    report(rule, 5, 9000)

    assert silence(rule, 9299) == "?"
    assert silence(rule, 9300) == "warning"


def test_a_clock_that_is_set_back_makes_nobody_silent_for_longer() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)
    report(rule, 5, 100_000)

    assert silence(rule, 0) == "good"
    assert rule.due(START) == START + 600
    assert silence(rule, 600) == "warning"
    assert word(report(rule, 6, 700)) == "good"


@given(st.lists(st.floats(0.1, 10_000), max_size=40), st.floats(0, 100_000))
def test_look_tells_at_the_time_it_was_due_and_not_before(gaps: list[float], wait: float) -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    now = START
    for gap in gaps:
        now += gap
        rule.update(EntitySnapshot("1", {}, now), now)
    due = rule.due(now)

    assert due is None or due > now
    assert bool(rule.evaluate(now + wait).is_active) == (due is not None and now + wait >= due)
