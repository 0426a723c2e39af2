"""Delivery policy of a group: quiet hours, and the limit of messages per minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.notifications.delivery_policy import (
    Deferral,
    DeliveryPolicy,
    Digest,
    QuietHours,
    StormLimit,
)

ROME = ZoneInfo("Europe/Rome")
NIGHT = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
EARLY = {"quiet_start": "00:30:00", "quiet_end": "02:30:00"}
SIESTA = {"quiet_start": "13:00:00", "quiet_end": "15:00:00", "quiet_severities": ["info"]}


def at(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME, fold=fold)


@pytest.mark.parametrize(
    ("options", "now", "severity", "until"),
    [
        ({}, "2026-11-21T23:00", Severity.INFO, None),
        ({"quiet_start": "22:00:00"}, "2026-11-21T23:00", Severity.INFO, None),
        ({"quiet_start": "22:00:00", "quiet_end": "22:00:00"}, "2026-11-21T23:00", Severity.INFO, None),
        (NIGHT, "2026-11-21T21:59:59", Severity.WARNING, None),
        (NIGHT, "2026-11-21T22:00", Severity.WARNING, "2026-11-22T07:00"),
        (NIGHT, "2026-11-22T06:59:59", Severity.WARNING, "2026-11-22T07:00"),
        (NIGHT, "2026-11-22T07:00", Severity.WARNING, None),
        (NIGHT, "2026-11-21T23:00", Severity.CRITICAL, None),
        (SIESTA, "2026-11-21T14:00", Severity.INFO, "2026-11-21T15:00"),
        (SIESTA, "2026-11-21T14:00", Severity.WARNING, None),
        (SIESTA, "2026-11-21T15:00", Severity.INFO, None),
        # The night on which clocks go forward, and the one on which they go back.
        (NIGHT, "2026-03-28T23:00", Severity.INFO, "2026-03-29T07:00"),
        (NIGHT, "2026-10-24T23:00", Severity.INFO, "2026-10-25T07:00"),
        (EARLY, "2026-03-29T01:30", Severity.INFO, "2026-03-29T03:30"),  # there is no 02:30
    ],
)
def test_quiet_hours(options: dict[str, str], now: str, severity: Severity, until: str | None) -> None:
    deferral = DeliveryPolicy.from_options(options).deferral("family", severity, at(now), breaks_through=False)

    assert deferral == (Deferral(Digest.QUIET, at(until).timestamp()) if until else None)


def test_a_repeated_hour_is_quiet_once() -> None:
    quiet = DeliveryPolicy.from_options(EARLY)

    first = quiet.quiet_until(Severity.INFO, at("2026-10-25T02:15", fold=0))

    assert first == at("2026-10-25T02:30", fold=0).timestamp()
    assert quiet.quiet_until(Severity.INFO, at("2026-10-25T02:15", fold=1)) is None


@given(
    st.times(timezones=st.none()),
    st.times(timezones=st.none()),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_quiet_hour_ends_within_a_day(start: time, end: time, now: datetime) -> None:
    quiet = QuietHours(start, end, frozenset({Severity.INFO}))

    until = quiet.until(now.astimezone(ROME), Severity.INFO)

    if until is not None:
        assert timedelta(0) < datetime.fromtimestamp(until, UTC) - now <= timedelta(hours=26)
        after = datetime.fromtimestamp(until, ROME)
        assert quiet.until(after, Severity.INFO) is None


def test_critical_notifications_may_ignore_quiet_hours() -> None:
    policy = DeliveryPolicy.from_options(NIGHT | {"quiet_severities": ["critical", "warning"]})
    midnight = at("2026-11-22T00:00")

    assert policy.deferral("family", Severity.CRITICAL, midnight, breaks_through=True) is None
    assert policy.deferral("family", Severity.WARNING, midnight, breaks_through=True) is not None
    assert policy.deferral("family", Severity.CRITICAL, midnight, breaks_through=False) is not None


def test_notifications_above_the_limit_wait_for_the_end_of_the_minute() -> None:
    storm = StormLimit(3)

    assert [storm.until("family", 1000.0 + second) for second in (0, 1, 2, 3, 30, 59)] == [
        None, None, None, 1060.0, 1060.0, 1060.0,
    ]  # fmt: skip
    assert storm.until("work", 1003.0) is None
    assert storm.until("family", 1060.0) is None
    assert [storm.until("family", 1060.5), storm.until("family", 1061.5)] == [1061.0, None]


def test_a_limit_of_zero_disables_it() -> None:
    policy = DeliveryPolicy.from_options({"storm_per_minute": 0})

    assert {
        policy.deferral("family", Severity.INFO, at("2026-11-21T12:00"), breaks_through=False) for _ in range(99)
    } == {None}


def test_a_clock_set_back_does_not_prolong_a_storm() -> None:
    storm = StormLimit(1)
    storm.until("family", 10_000.0)
    storm.until("family", 10_001.0)

    assert storm.until("family", 5_000.0) is None


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
def test_no_minute_has_more_notifications_than_the_limit(distances: list[float], per_minute: int) -> None:
    storm, now, delivered = StormLimit(per_minute), 0.0, list[float]()
    for distance in distances:
        now += distance
        until = storm.until("family", now)
        if until is None:
            delivered.append(now)
        else:
            assert now < until <= now + 60 + 1e-9

    assert all(later - earlier >= 60 - 1e-9 for earlier, later in zip(delivered, delivered[per_minute:], strict=False))
