"""Timetables: their runs, in nights when clocks change, too, and those that are refused."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.iotbridge.power_plans.engine.timetable import DAYS, MIN_GAP, Timetable, TimetableError

ROME, NEW_YORK, LORD_HOWE = "Europe/Rome", "America/New_York", "Australia/Lord_Howe"


def runs(timetable: Timetable, zone: str, after: str, count: int) -> list[str]:
    """Return the next runs, each with the difference to UTC."""
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    return [run.isoformat(" ", "minutes") for run in islice(timetable.runs(start), count)]


def cron(expression: str) -> Timetable:
    return Timetable(cron=expression)


@pytest.mark.parametrize(
    ("timetable", "expected"),
    [
        (
            Timetable(days=("mon", "fri"), time="23:30"),
            ["2026-11-30 23:30+01:00", "2026-12-04 23:30+01:00", "2026-12-07 23:30+01:00"],
        ),
        (
            Timetable(days=("sun",), time="00:00"),
            ["2026-12-06 00:00+01:00", "2026-12-13 00:00+01:00", "2026-12-20 00:00+01:00"],
        ),
        (cron("30 23 * * 1-5"), ["2026-11-30 23:30+01:00", "2026-12-01 23:30+01:00", "2026-12-02 23:30+01:00"]),
        (cron("0 4 1 * *"), ["2026-12-01 04:00+01:00", "2027-01-01 04:00+01:00", "2027-02-01 04:00+01:00"]),
        (cron("0 4 L * *"), ["2026-12-31 04:00+01:00", "2027-01-31 04:00+01:00", "2027-02-28 04:00+01:00"]),
        (cron("0 22 * * SUN#1"), ["2026-12-06 22:00+01:00", "2027-01-03 22:00+01:00", "2027-02-07 22:00+01:00"]),
    ],
)
def test_the_next_runs(timetable: Timetable, expected: list[str]) -> None:
    assert runs(timetable, ROME, "2026-11-30 18:00", 3) == expected


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        # 02:30 does not exist: it runs when the clock goes on, at 03:00.
        (ROME, "2026-03-28 12:00", ["2026-03-29 03:00+02:00", "2026-03-30 02:30+02:00"]),
        (NEW_YORK, "2026-03-07 12:00", ["2026-03-08 03:00-04:00", "2026-03-09 02:30-04:00"]),
        # 02:30 comes twice: it runs the first time.
        (ROME, "2026-10-24 12:00", ["2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"]),
        # In New York it is 01:30 that comes twice.
        (NEW_YORK, "2026-10-31 12:00", ["2026-11-01 02:30-05:00", "2026-11-02 02:30-05:00"]),
        # Half an hour: 02:00 is followed by 02:30.
        (LORD_HOWE, "2026-10-03 12:00", ["2026-10-04 02:30+11:00", "2026-10-05 02:30+11:00"]),
        (LORD_HOWE, "2026-04-04 12:00", ["2026-04-05 02:30+10:30", "2026-04-06 02:30+10:30"]),
        # Samoa left out Friday, 30 December 2011.
        ("Pacific/Apia", "2011-12-28 12:00", ["2011-12-29 02:30-10:00", "2011-12-31 02:30+14:00"]),
    ],
)
def test_half_past_two_is_neither_lost_nor_doubled(zone: str, after: str, expected: list[str]) -> None:
    assert runs(Timetable(days=DAYS, time="02:30"), zone, after, 2) == expected
    assert runs(cron("30 2 * * *"), zone, after, 2) == expected


@pytest.mark.parametrize(
    ("zone", "time", "after", "expected"),
    [
        (LORD_HOWE, "02:10", "2026-10-03 12:00", ["2026-10-04 02:30+11:00", "2026-10-05 02:10+11:00"]),
        (LORD_HOWE, "01:45", "2026-04-04 12:00", ["2026-04-05 01:45+11:00", "2026-04-06 01:45+10:30"]),
        (NEW_YORK, "01:30", "2026-10-31 12:00", ["2026-11-01 01:30-04:00", "2026-11-02 01:30-05:00"]),
        # The clock goes on at midnight: the day begins at 01:00.
        ("Africa/Cairo", "00:00", "2026-04-23 12:00", ["2026-04-24 01:00+03:00", "2026-04-25 00:00+03:00"]),
        # It goes on at 23:00, and the time that is left out is the next day's first.
        ("America/Nuuk", "23:30", "2026-03-28 12:00", ["2026-03-29 00:00-01:00", "2026-03-29 23:30-01:00"]),
    ],
)
def test_other_changes_of_the_clock(zone: str, time: str, after: str, expected: list[str]) -> None:
    assert runs(Timetable(days=DAYS, time=time), zone, after, 2) == expected


def test_a_day_that_was_left_out_is_no_weekday_either() -> None:
    fridays = Timetable(days=("fri",), time="02:30")

    assert runs(fridays, "Pacific/Apia", "2011-12-28 12:00", 1) == ["2012-01-06 02:30+14:00"]


@pytest.mark.parametrize("expression", ["*/30 2 * * *", "0,30 2 * * *", "0,30 2 * * 0-6"])
def test_all_forms_of_an_expression_keep_the_hour_that_changes(expression: str) -> None:
    autumn = ["2026-10-25 02:00+02:00", "2026-10-25 02:30+02:00", "2026-10-26 02:00+01:00"]

    assert runs(cron(expression), ROME, "2026-10-24 12:00", 3) == autumn
    # Both times are left out, and one run stands for them.
    assert runs(cron(expression), ROME, "2026-03-28 12:00", 2) == ["2026-03-29 03:00+02:00", "2026-03-30 02:00+02:00"]


def test_the_second_of_two_equal_hours_starts_nothing_again() -> None:
    rome = ZoneInfo(ROME)
    second = datetime(2026, 10, 25, 2, 10, tzinfo=rome, fold=1)

    assert [run.isoformat() for run in islice(Timetable(days=DAYS, time="02:30").runs(second), 1)] == [
        "2026-10-26T02:30:00+01:00"
    ]


@settings(max_examples=30)
@given(
    zone=st.sampled_from([ROME, NEW_YORK, LORD_HOWE, "Africa/Cairo", "America/Nuuk", "Asia/Kathmandu", "UTC"]),
    minute_of_day=st.integers(0, 1439),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
)
def test_a_daily_run_comes_once_a_day(zone: str, minute_of_day: int, start: datetime) -> None:
    hour, minute = divmod(minute_of_day, 60)
    begin = start.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    found = list(islice(Timetable(days=DAYS, time=f"{hour:02}:{minute:02}").runs(begin), 200))

    # A time in a skipped hour may become the first of the next day; so days are counted an hour earlier.
    days = Counter((run - timedelta(hours=1) if run.hour == 0 else run).date() for run in found)
    gaps = [later.astimezone(UTC) - earlier.astimezone(UTC) for earlier, later in pairwise(found)]
    assert all(run.astimezone(UTC) > begin.astimezone(UTC) for run in found)
    assert timedelta(hours=22) < min(gaps)
    assert max(gaps) < timedelta(hours=26)
    assert len(found) == 200
    assert max(days.values()) <= 2


@pytest.mark.parametrize(
    ("timetable", "key"),
    [
        (Timetable(days=(), time="02:30"), "no_days"),
        (cron("30 2 * *"), "cron_invalid"),
        (cron("0 30 2 * * *"), "cron_invalid"),
        (cron("61 2 * * *"), "cron_invalid"),
        (cron("a b c d e"), "cron_invalid"),
        (cron("@daily"), "cron_invalid"),
        (cron("1,".join("1" for _ in range(99)) + " 2 * * *"), "cron_invalid"),
        (cron("0 0 31 2 *"), "cron_invalid"),
        (cron("0 0 */31 2 1#5"), "never_runs"),
        (cron("* * * * *"), "too_often"),
        (cron("0,9 3 * * *"), "too_often"),
        (cron("55 23,0 * * *"), None),
        (cron("*/10 * * * *"), None),
        (cron("30 2 * * MON-FRI"), None),
        (Timetable(days=("mon",), time="02:30"), None),
    ],
)
def test_what_is_refused(timetable: Timetable, key: str | None) -> None:
    now = datetime(2026, 11, 30, 18, 0, tzinfo=ZoneInfo(ROME))
    if key is None:
        timetable.check(now)
        return
    with pytest.raises(TimetableError) as error:
        timetable.check(now)
    assert error.value.key == key


def test_the_last_run_before_a_time() -> None:
    rome = ZoneInfo(ROME)
    after, until = datetime(2026, 1, 1, tzinfo=rome), datetime(2026, 11, 30, 18, 0, tzinfo=rome)

    def last(timetable: Timetable) -> str | None:
        run = timetable.last_run(after, until)
        return run.isoformat(" ", "minutes") if run else None

    assert last(cron("30 2 * * *")) == "2026-11-30 02:30+01:00"
    assert last(cron("0 18 * * *")) == "2026-11-30 18:00+01:00"
    assert last(cron("0 4 1 6 *")) == "2026-06-01 04:00+02:00"
    assert last(cron("0 4 1 12 *")) is None


def test_ten_minutes_are_far_enough_apart() -> None:
    assert timedelta(minutes=10) == MIN_GAP
