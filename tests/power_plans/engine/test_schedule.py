"""Next steps of schedules: each run once, with its whole notice, whenever Home Assistant is up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.iotbridge.power_plans.engine.schedule import (
    Occurrence,
    Schedule,
    ScheduleState,
    ScheduleStep,
    StepKind,
    cancelled,
    next_occurrence,
    next_step,
    postponed,
    switched,
)
from custom_components.iotbridge.power_plans.engine.timetable import DAYS, Timetable

ROME = ZoneInfo("Europe/Rome")
DAILY = Timetable(days=DAYS, time="21:30")
# The time of a run, and one before it.
RUN = datetime(2026, 11, 30, 20, 30, tzinfo=UTC)
BEFORE = RUN - timedelta(hours=3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def schedule(**more: object) -> Schedule:
    values = {"schedule_id": "night", "name": "Night", "task": "shutdown", "timetable": DAILY, "target": {}}
    return Schedule(**(values | more))  # type: ignore[arg-type]


def step(at: datetime, state: ScheduleState | None = None, **more: object) -> ScheduleStep:
    return next_step(schedule(**more), state or ScheduleState(handled=BEFORE), at, ROME)


def test_it_waits_runs_and_waits_for_the_next_day() -> None:
    waiting = step(BEFORE)
    assert (waiting.kind, waiting.at) == (StepKind.WAIT, RUN)
    running = step(RUN)
    assert running.kind is StepKind.RUN
    assert running.state.begun == RUN
    after = step(RUN, running.state)
    assert (after.kind, after.at) == (StepKind.WAIT, RUN + DAY)


@pytest.mark.parametrize(
    ("late", "catch_up", "kind"),
    [
        (MINUTE, timedelta(), StepKind.RUN),
        (5 * MINUTE, timedelta(), StepKind.RUN),
        (6 * MINUTE, timedelta(), StepKind.MISS),
        (6 * MINUTE, 2 * HOUR, StepKind.RUN),
        (2 * HOUR, 2 * HOUR, StepKind.RUN),
        (2 * HOUR + MINUTE, 2 * HOUR, StepKind.MISS),
    ],
)
def test_a_missed_run_is_left_out_or_caught_up(late: timedelta, catch_up: timedelta, kind: StepKind) -> None:
    found = step(RUN + late, catch_up=catch_up)

    assert found.kind is kind
    assert found.occurrence is not None
    assert found.occurrence.planned == RUN
    assert step(RUN + late, found.state).kind is StepKind.WAIT


def test_of_many_missed_runs_the_last_one_counts() -> None:
    found = step(RUN + 9 * DAY + HOUR, catch_up=2 * HOUR)
    assert found.kind is StepKind.RUN
    assert found.occurrence is not None
    assert found.occurrence.planned == RUN + 9 * DAY
    missed = step(RUN + 9 * DAY + HOUR)
    assert missed.kind is StepKind.MISS
    assert step(RUN + 9 * DAY + HOUR, missed.state).at == RUN + 10 * DAY


def test_a_notice_comes_before_the_run() -> None:
    assert step(BEFORE, notice=10 * MINUTE).at == RUN - 10 * MINUTE
    notice = step(RUN - 10 * MINUTE, notice=10 * MINUTE)
    assert notice.kind is StepKind.NOTIFY
    assert notice.occurrence == Occurrence(RUN, RUN, is_notified=True)
    assert step(RUN - MINUTE, notice.state, notice=10 * MINUTE).at == RUN
    assert step(RUN, notice.state, notice=10 * MINUTE).kind is StepKind.RUN


@pytest.mark.parametrize("late", [-5 * MINUTE, MINUTE, 30 * MINUTE])
def test_a_late_notice_leaves_its_whole_time(late: timedelta) -> None:
    more: dict[str, Any] = {"notice": 10 * MINUTE, "catch_up": HOUR}
    notice = step(RUN + late, **more)
    assert notice.kind is StepKind.NOTIFY
    assert notice.occurrence == Occurrence(RUN, RUN + late + 10 * MINUTE, is_notified=True)
    assert step(RUN + late + 9 * MINUTE, notice.state, **more).kind is StepKind.WAIT
    assert step(RUN + late + 10 * MINUTE, notice.state, **more).kind is StepKind.RUN


def test_a_run_is_put_off_and_announced_again() -> None:
    made, state = schedule(notice=10 * MINUTE), step(RUN - 10 * MINUTE, notice=10 * MINUTE).state
    assert state.pending is not None
    later = postponed(made, state, state.pending, ROME)

    assert next_occurrence(made, later, ROME) == Occurrence(RUN + HOUR, RUN + HOUR)
    assert next_step(made, later, RUN, ROME).at == RUN + 50 * MINUTE
    again = next_step(made, later, RUN + 50 * MINUTE, ROME)
    assert again.kind is StepKind.NOTIFY
    assert next_step(made, again.state, RUN + HOUR, ROME).kind is StepKind.RUN


def test_a_run_that_is_put_off_until_the_next_one_is_that_one() -> None:
    hourly = schedule(timetable=Timetable(cron="30 * * * *"), notice=10 * MINUTE)
    state = next_step(hourly, ScheduleState(handled=RUN - MINUTE), RUN - MINUTE, ROME).state
    assert state.pending is not None
    later = postponed(hourly, state, state.pending, ROME)

    assert later.pending is None
    assert next_occurrence(hourly, later, ROME) == Occurrence(RUN + HOUR, RUN + HOUR)


@pytest.mark.parametrize("late", [-5 * MINUTE, 30 * MINUTE])
def test_a_run_is_planned_for_whole_seconds_also_after_a_late_notice(late: timedelta) -> None:
    made, now = schedule(notice=10 * MINUTE, catch_up=HOUR), RUN + late + timedelta(microseconds=123456)
    notice = next_step(made, ScheduleState(handled=BEFORE), now, ROME)
    assert notice.occurrence == Occurrence(RUN, RUN + late + 10 * MINUTE, is_notified=True)
    later = postponed(made, notice.state, notice.occurrence, ROME)

    again = RUN + late + 10 * MINUTE + HOUR
    assert next_occurrence(made, later, ROME) == Occurrence(again, again)


def test_a_run_that_is_missed_again_is_not_older_than_what_is_caught_up() -> None:
    more: dict[str, Any] = {"notice": 45 * MINUTE, "catch_up": HOUR}
    notice = step(RUN + 25 * MINUTE, **more)
    assert notice.kind is StepKind.NOTIFY

    assert step(RUN + 2 * HOUR, notice.state, **more).kind is StepKind.MISS


def test_a_cancelled_run_does_not_come_back() -> None:
    state = step(RUN - 10 * MINUTE, notice=10 * MINUTE).state
    assert state.pending is not None

    assert step(RUN, cancelled(state, state.pending), notice=10 * MINUTE).at == RUN + DAY - 10 * MINUTE


def test_nothing_is_made_up_for_after_it_was_disabled() -> None:
    disabled = switched(ScheduleState(handled=BEFORE), BEFORE, is_enabled=False)
    assert step(RUN, disabled).kind is StepKind.WAIT
    assert step(RUN, disabled).at is None
    enabled = switched(disabled, RUN + MINUTE, is_enabled=True)

    assert step(RUN + MINUTE, enabled, catch_up=HOUR).at == RUN + DAY


def test_a_clock_that_was_wrong_by_years_does_not_end_a_schedule() -> None:
    wrong = ScheduleState(handled=RUN + timedelta(days=3000))

    assert step(BEFORE, wrong).at == RUN


@pytest.mark.parametrize(
    "state",
    [
        ScheduleState(handled=BEFORE),
        ScheduleState(handled=BEFORE, is_enabled=False, begun=RUN, is_sent=True),
        ScheduleState(handled=BEFORE, pending=Occurrence(RUN, RUN + HOUR, is_notified=True)),
    ],
)
def test_a_state_is_stored_and_read(state: ScheduleState) -> None:
    assert ScheduleState.from_dict(state.as_dict()) == state


@settings(max_examples=30)
@given(
    minutes_up=st.lists(st.integers(0, 3 * 1440), max_size=60),
    notice_min=st.sampled_from([0, 10, 45]),
    catch_up_h=st.sampled_from([0, 1, 24]),
    cron=st.sampled_from(["30 21 * * *", "0,30 2 * * *", "15 */6 * * *", "45 * * * *"]),
)
def test_every_run_is_done_once_or_missed(minutes_up: list[int], notice_min: int, catch_up_h: int, cron: str) -> None:
    """Wake at any times, over the night when clocks go back, as a Home Assistant that is often down."""
    made = schedule(
        timetable=Timetable(cron=cron), notice=timedelta(minutes=notice_min), catch_up=timedelta(hours=catch_up_h)
    )
    start = datetime(2026, 10, 24, 0, 0, tzinfo=UTC)
    state = ScheduleState(handled=start)
    runs: list[tuple[datetime, datetime]] = []
    notices: dict[datetime, datetime] = {}
    for now in (start + timedelta(minutes=minute) for minute in sorted(minutes_up)):
        for _ in range(10):
            found = next_step(made, state, now, ROME)
            if found.kind is StepKind.WAIT:
                assert found.at is not None
                assert found.at > now
                break
            state = ScheduleState.from_dict(replace(found.state, begun=None).as_dict())
            assert found.occurrence is not None
            if found.kind is StepKind.RUN:
                runs.append((found.occurrence.planned, now))
            elif found.kind is StepKind.NOTIFY:
                notices[found.occurrence.planned] = now
        else:
            pytest.fail("it never waits")
    planned = [run for run, _ in runs]
    assert planned == sorted(set(planned))
    for run, done in runs:
        assert done >= run
        assert done - run <= max(made.catch_up, timedelta(minutes=5)) + made.notice + timedelta(minutes=5)
        if made.notice:
            assert done - notices[run] >= made.notice - MINUTE
