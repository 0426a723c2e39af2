"""Retry policy: delays and exhaustion."""

import pytest

from custom_components.iotbridge.alarms.notifications.retry_policy import is_exhausted, retry_delay_s


@pytest.mark.parametrize(
    ("attempts", "delay_s", "exhausted"),
    [(0, 10, False), (1, 10, False), (2, 60, False), (3, 300, False), (4, 300, True), (99, 300, True)],
)
def test_the_delay_grows_until_the_fallback_is_used(attempts: int, delay_s: float, exhausted: bool) -> None:
    assert (retry_delay_s(attempts), is_exhausted(attempts)) == (delay_s, exhausted)
