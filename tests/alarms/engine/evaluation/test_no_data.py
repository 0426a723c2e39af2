"""Entities without reports, for a fixed time or compared with their own interval."""

from hypothesis import given, strategies as st

from custom_components.iotbridge.alarms.engine.evaluation.evaluator import Evaluator
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from custom_components.iotbridge.alarms.engine.models import Evaluation, Severity
from tests.alarms.engine.evaluation.readings import START, evaluator_of, report, restarted, snapshot_of, word


def evaluation_at(evaluator: Evaluator, at: float) -> str:
    return word(evaluator.evaluate(START + at))


def learned_evaluator(times: int = 12, every_s: float = 60) -> Evaluator:
    """Return the evaluator of an entity with a number of regular reports."""
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    for number in range(times):
        report(rule, number, number * every_s)
    return rule


def test_no_report_within_a_fixed_time_is_active() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)

    assert report(rule, 5, 0, "°C").is_active is False
    assert rule.due(START) == START + 600
    assert evaluation_at(rule, 599) == "good"
    assert rule.evaluate(START + 600) == Evaluation(
        True, Severity.WARNING, "5", "10 min > 10 min", "silent", (("silent", "10 min"), ("limit", "10 min"))
    )
    assert rule.due(START + 600) is None
    assert rule.evaluate(START + 7800 + 59).reason == "2 h 10 min > 10 min"
    assert report(rule, 5, 8000).is_active is False
    assert rule.due(START + 8000) == START + 8600


def test_an_old_report_counts_from_its_time() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)

    assert rule.update(snapshot_of(5, 0), START + 700).is_active


def test_no_report_within_five_usual_intervals_is_active() -> None:
    rule = learned_evaluator()

    assert rule.due(START + 660) == START + 660 + 300
    assert evaluation_at(rule, 660 + 299) == "good"
    evaluation = rule.evaluate(START + 660 + 545)

    assert (evaluation.is_active, evaluation.reason, evaluation.reason_key) == (True, "9 min > 5 min", "silent_unusual")
    assert dict(evaluation.reason_values) == {"usual": "60 s", "silent": "9 min"}


def test_the_learned_limit_is_at_least_two_minutes() -> None:
    rule = learned_evaluator(every_s=5)

    assert rule.due(START + 55) == START + 55 + 120


def test_an_interval_is_learned_from_eight_gaps() -> None:
    assert learned_evaluator(times=8).due(START + 420) is None
    assert word(learned_evaluator(times=8).evaluate(START + 99_999)) == "?"
    assert learned_evaluator(times=9).due(START + 480) == START + 780


def test_an_irregular_entity_has_no_interval() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    at = 0.0
    for number in range(40):
        at += (10, 300, 45, 2000)[number % 4]
        report(rule, number, at)

    assert rule.due(START + at) is None
    assert evaluation_at(rule, at + 1_000_000) == "?"


def test_a_report_clears_although_the_interval_is_lost() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    reported_at = 0.0
    for gap in (60, 60, 60, 60, 60, 60, 200, 200):
        report(rule, 1, reported_at)
        reported_at += gap
    report(rule, 1, reported_at)
    assert evaluation_at(rule, reported_at + 401) == "warning"

    evaluation = report(rule, 1, reported_at + 500)

    assert rule.due(START + reported_at + 500) is None
    assert word(evaluation) == evaluation_at(rule, reported_at + 99_999) == "good"
    rule = restarted(rule, kind=AlarmKind.NO_DATA)
    assert word(report(rule, 1, reported_at + 100_000)) == "good"


def test_jitter_and_lost_reports_do_not_change_the_interval() -> None:
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


def test_a_gap_that_occurs_twice_within_a_week_is_learned() -> None:
    """An entity that reports only changes has no reports at night, which raises two false alarms at most."""
    rule = learned_evaluator(40)
    reported_at, evaluations = 39 * 60.0, []
    for _night in range(3):
        evaluations.append(evaluation_at(rule, reported_at + 3 * 3600))
        reported_at += 3 * 3600
        for number in range(40):
            report(rule, number, reported_at)
            reported_at += 60
        reported_at -= 60

    assert evaluations == ["warning", "warning", "good"]
    assert rule.due(START + reported_at) == START + reported_at + 6 * 3600


def test_a_long_gap_is_forgotten_after_a_week() -> None:
    rule = learned_evaluator(40)
    reported_at = 39 * 60.0
    for gap in (10_000, 10_000, *[60] * (8 * 1440)):
        reported_at += gap
        report(rule, 1, reported_at)

    assert rule.due(START + reported_at) == START + reported_at + 300


def test_unavailable_is_no_report() -> None:
    rule = learned_evaluator()

    assert word(report(rule, "unavailable", 700)) == "?"
    assert rule.due(START + 700) == START + 660 + 300
    assert evaluation_at(rule, 959) == "?"
    assert word(report(rule, "unknown", 960)) == "warning"


def test_an_entity_that_does_not_exist_is_not_evaluated() -> None:
    rule = learned_evaluator()

    assert report(rule, None, 700).is_active is None
    assert rule.due(START + 700) is None
    assert evaluation_at(rule, 99_999) == "?"


def test_an_entity_without_any_value_becomes_active() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)

    assert report(rule, "unavailable", 0).is_active is None
    assert evaluation_at(rule, 600) == "warning"


def test_the_first_report_after_an_absence_does_not_clear() -> None:
    rule = learned_evaluator()
    report(rule, "unavailable", 700)
    assert evaluation_at(rule, 2000) == "warning"

    assert word(report(rule, 5, 3000)) == "?"
    assert word(report(rule, 5, 3001)) == "?"
    assert word(report(rule, 6, 3060)) == "good"
    assert rule.due(START + 3060) == START + 3360  # the absence is no gap


def test_a_single_report_after_an_absence_is_not_enough() -> None:
    rule = learned_evaluator()
    report(rule, "unavailable", 700)
    report(rule, 5, 3000)

    assert rule.due(START + 3000) == START + 3300
    assert evaluation_at(rule, 3300) == "warning"


def test_a_restart_neither_clears_nor_raises() -> None:
    overdue, regular = learned_evaluator(), learned_evaluator()
    assert evaluation_at(overdue, 2000) == "warning"
    overdue, regular = (restarted(rule, kind=AlarmKind.NO_DATA) for rule in (overdue, regular))

    for rule, then in ((overdue, "?"), (regular, "good")):
        assert evaluation_at(rule, 9000) == "?"
        assert word(report(rule, "unavailable", 9000)) == "?"
        assert word(report(rule, 5, 9010)) == then  # restored by Home Assistant
        assert rule.due(START + 9010) == START + 9310
        assert word(report(rule, 5, 9070)) == "good"


def test_the_time_starts_again_after_a_restart() -> None:
    rule = learned_evaluator()
    evaluation_at(rule, 2000)
    rule = restarted(rule, kind=AlarmKind.NO_DATA)
    report(rule, 5, 9000)

    assert evaluation_at(rule, 9299) == "?"
    assert evaluation_at(rule, 9300) == "warning"


def test_a_clock_set_back_does_not_lengthen_the_time_without_reports() -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA, silent_s=600)
    report(rule, 5, 100_000)

    assert evaluation_at(rule, 0) == "good"
    assert rule.due(START) == START + 600
    assert evaluation_at(rule, 600) == "warning"
    assert word(report(rule, 6, 700)) == "good"


@given(st.lists(st.floats(0.1, 10_000), max_size=40), st.floats(0, 100_000))
def test_the_evaluation_becomes_active_exactly_at_the_due_time(gaps: list[float], wait: float) -> None:
    rule = evaluator_of(kind=AlarmKind.NO_DATA)
    now = START
    for gap in gaps:
        now += gap
        rule.update(EntitySnapshot("1", {}, now), now)
    due = rule.due(now)

    assert due is None or due > now
    assert bool(rule.evaluate(now + wait).is_active) == (due is not None and now + wait >= due)
