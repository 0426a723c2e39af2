"""Messages of a device that could not be read, counted in succession."""

import logging

import pytest

from custom_components.iotbridge.things.runtime.reading_status import MAX_BROKEN, UNREADABLE_AFTER, MessageFailures


def test_the_status_is_unknown_before_the_first_message() -> None:
    assert MessageFailures().is_unreadable("attic") is None


def test_only_failures_in_succession_on_one_topic_count() -> None:
    failures = MessageFailures()
    assert failures.record("attic", "", is_read=True)
    for _ in range(UNREADABLE_AFTER - 1):
        assert not failures.record("attic", "a", is_read=False)
        assert not failures.record("attic", "b", is_read=False)
    assert not failures.record("attic", "a", is_read=True)
    assert failures.record("attic", "b", is_read=False)
    assert failures.is_unreadable("attic")
    assert not failures.record("attic", "a", is_read=True), "the other topic still fails"
    assert failures.record("attic", "b", is_read=True)
    assert failures.is_unreadable("attic") is False
    assert failures.is_unreadable("cellar") is None


def test_failures_are_counted_by_device_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    failures = MessageFailures()
    with caplog.at_level(logging.WARNING):
        for number in range(MAX_BROKEN + 5):
            failures.count("Attic", f"device {number}", "broken")
        failures.count("Attic", "device 0", "broken")

    assert len(caplog.records) == 1
    assert len(failures.counts) == MAX_BROKEN
    assert failures.counts["device 0"] == 2


def test_a_forgotten_device_is_unknown_again() -> None:
    failures = MessageFailures()
    failures.record("attic", "", is_read=True)
    failures.forget("attic")

    assert failures.is_unreadable("attic") is None
