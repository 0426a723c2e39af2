"""Opening hours of a maintenance window, also in nights in which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.iotbridge.alarms.engine.maintenance_window import DAYS, MaintenanceWindow
from custom_components.iotbridge.alarms.engine.rule import Selection

ROME = ZoneInfo("Europe/Rome")


def opening_hours(start: str, hours: float, day: datetime) -> list[str]:
    """Return the local times of the first minute of a window around a night, and of the first minute after it."""
    window = MaintenanceWindow(
        name="Nightly reboot", selection=Selection(), days=DAYS, start=start, duration_s=hours * 3600
    )
    midnight = day - timedelta(hours=3)
    open_times = [
        at.astimezone(UTC)
        for at in ((midnight + timedelta(minutes=minute)).astimezone(ROME) for minute in range(10 * 60))
        if window.is_open(at.timestamp(), at)
    ]
    assert len(open_times) == hours * 60
    assert open_times == [open_times[0] + timedelta(minutes=minute) for minute in range(len(open_times))], "open once"
    return [f"{at.astimezone(ROME):%H:%M}" for at in (open_times[0], open_times[-1] + timedelta(minutes=1))]


# The clock is set from 03:00 to 02:00 in the first night, and from 02:00 to 03:00 in the second.
AUTUMN, SPRING, ANY = (datetime(*day, tzinfo=UTC) for day in ((2026, 10, 25), (2027, 3, 28), (2026, 11, 10)))


@pytest.mark.parametrize(
    ("day", "start", "hours", "expected"),
    [
        (AUTUMN, "02:00:00", 1, ["02:00", "02:00"]),
        (AUTUMN, "01:00:00", 3, ["01:00", "03:00"]),
        (AUTUMN, "23:30:00", 4, ["23:30", "02:30"]),
        (SPRING, "02:00:00", 1, ["03:00", "04:00"]),
        (SPRING, "02:30:00", 1, ["03:30", "04:30"]),
        (SPRING, "23:30:00", 4, ["23:30", "04:30"]),
        (ANY, "02:00:00", 1, ["02:00", "03:00"]),
        (ANY, "23:30:00", 4, ["23:30", "03:30"]),
    ],
)
def test_a_window_has_the_same_length_in_nights_in_which_clocks_change(
    day: datetime, start: str, hours: float, expected: list[str]
) -> None:
    assert opening_hours(start, hours, day) == expected


@pytest.mark.parametrize("day", [AUTUMN, SPRING, ANY])
@pytest.mark.parametrize("start", ["02:00:00", "23:30:00"])
def test_a_window_knows_when_it_opens_and_closes(day: datetime, start: str) -> None:
    window = MaintenanceWindow(name="Nightly", selection=Selection(), days=DAYS, start=start, duration_s=2 * 3600)
    first = day - timedelta(hours=3)
    minutes = [(first + timedelta(minutes=minute)).astimezone(ROME) for minute in range(10 * 60)]
    times = [at.timestamp() for at in minutes if window.is_open(at.timestamp(), at)]
    opens_at, closes_at = times[0], times[-1] + 60

    for at in minutes:
        is_open = opens_at <= at.timestamp() < closes_at
        assert window.closes_at(at.timestamp(), at) == (closes_at if is_open else None)
        if at.timestamp() < opens_at:
            assert window.opens_at(at) == opens_at


def test_a_window_of_one_day_a_week_opens_a_week_later() -> None:
    window = MaintenanceWindow(name="Weekly", selection=Selection(), days=("mon",), start="02:00:00", duration_s=3600)
    monday = datetime(2026, 11, 30, 2, tzinfo=ROME)

    assert window.opens_at(monday) == (monday + timedelta(days=7)).timestamp()


def test_a_window_with_an_end_does_not_open_again() -> None:
    now = datetime(2026, 11, 30, 2, tzinfo=ROME)
    window = MaintenanceWindow(name="Work", selection=Selection(), until=now.timestamp() + 60)

    assert window.closes_at(now.timestamp(), now) == now.timestamp() + 60
    assert window.closes_at(now.timestamp() + 60, now + timedelta(seconds=60)) is None
    assert window.opens_at(now) is None
