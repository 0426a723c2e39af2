"""Times and dates in the format of a user's profile."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.iotbridge.power_plans.engine.clock_format import ClockFormat

AT = datetime(2026, 3, 5, 0, 7, tzinfo=ZoneInfo("Europe/Rome"))


@pytest.mark.parametrize(
    ("profile", "language", "expected"),
    [
        ({}, "en", "Thursday 03/05/2026, 12:07 AM"),
        ({}, "it", "Thursday 05/03/2026, 00:07"),
        ({"language": "en-GB"}, "en", "Thursday 05/03/2026, 00:07"),
        ({"language": "fr"}, "en", "Thursday 05/03/2026, 00:07"),
        ({"language": "en", "time_format": "24"}, "it", "Thursday 03/05/2026, 00:07"),
        ({"language": "it", "time_format": "12", "date_format": "YMD"}, "it", "Thursday 2026-03-05, 12:07 AM"),
        ({"time_format": "system", "date_format": "language"}, "en", "Thursday 03/05/2026, 12:07 AM"),
    ],
)
def test_a_time_has_the_format_of_the_user(profile: dict[str, Any], language: str, expected: str) -> None:
    assert ClockFormat.of_profile(profile, language).moment(AT, "Thursday") == expected


def test_afternoons_are_pm() -> None:
    assert ClockFormat(has_twelve_hours=True).time(AT.replace(hour=13).time()) == "1:07 PM"
