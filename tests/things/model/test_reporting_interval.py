"""Reporting interval of a device, and detection of floods."""

from collections.abc import Iterable

import pytest

from custom_components.iotbridge.things.model.reporting_interval import FloodDetector, ReportingInterval


def interval_of(times: Iterable[float]) -> ReportingInterval:
    rhythm = ReportingInterval()
    for now in times:
        rhythm.record(now)
    return rhythm


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param([], None, id="silence"),
        pytest.param([0, 60, 120], None, id="too few"),
        pytest.param([0, 60, 120, 180, 240, 300], 180, id="every minute"),
        pytest.param([0, 5, 10, 15, 20, 25], 60, id="never less than a minute"),
        pytest.param([0, 0.1, 0.2, 60, 60.1, 120, 180, 180.5, 240, 300], 180, id="a tree speaks in one moment"),
        pytest.param([0, 600, 1250, 1800, 2500, 3000], 2100, id="three times the longest"),
        pytest.param([0, 10, 20, 5000, 5010, 5020, 90000], None, id="a door has no rhythm"),
    ],
)
def test_expiry_is_learned_from_the_interval(times: list[float], expected: int | None) -> None:
    assert interval_of(times).expire_after_s == expected


def test_a_changed_interval_is_learned() -> None:
    rhythm = interval_of(range(0, 3000, 60))
    assert rhythm.expire_after_s == 180

    for now in range(3000, 3000 + 21 * 300, 300):
        rhythm.record(now)

    assert rhythm.expire_after_s == 900


def test_ten_messages_a_second_for_long_are_a_flood() -> None:
    flood = FloodDetector()

    assert not any(flood.count(number / 5) for number in range(1000)), "five a second are fine"
    assert any(flood.count(200 + number / 100) for number in range(300)), "a hundred a second are not"


def test_devices_that_share_a_topic_may_each_send_as_much() -> None:
    flood = FloodDetector()

    assert not any(flood.count(number / 100, devices=20) for number in range(1000)), "five a second of each"
    assert any(flood.count(20 + number / 1000, devices=20) for number in range(4000)), "fifty a second of each"


def test_a_burst_is_not_a_flood() -> None:
    flood = FloodDetector()

    assert not any(flood.count(10 + number / 1000) for number in range(90)), "the topics of a tree after a restart"


def test_a_flood_ends_after_a_calm_minute() -> None:
    flood = FloodDetector()
    for number in range(300):
        flood.count(number / 100)

    assert flood.is_on(30)
    assert not flood.is_on(64)
    assert not flood.count(65)
