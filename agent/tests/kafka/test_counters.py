"""Histogram of delays, and its quantiles within a period."""

import pytest

from iotbridge_agent.kafka.counters import LATENCY_BOUNDS_S, Latency


def test_counts_fall_into_the_first_bucket_that_holds_them() -> None:
    latency = Latency()
    latency.add(0.005, 2)
    latency.add(0.0051, 1)
    latency.add(3600.0, 1)
    assert (latency.counts[0], latency.counts[1], latency.counts[-1]) == (2, 1, 1)
    assert latency.count == 4
    assert latency.sum_s == pytest.approx(3600.0151)


def test_quantiles_are_those_of_the_period() -> None:
    latency = Latency()
    latency.add(5.0, 1000)
    latency.begin_period()
    assert latency.quantile(0.5) is None
    latency.add(0.012, 99)
    latency.add(0.15, 1)
    median, high = latency.quantile(0.5), latency.quantile(0.995)
    assert median is not None
    assert high is not None
    assert 0.01 <= median <= 0.015
    assert 0.1 <= high <= 0.2


def test_a_delay_behind_the_last_bound_is_the_last_bound() -> None:
    latency = Latency()
    latency.add(3600.0, 1)
    assert latency.quantile(0.99) == LATENCY_BOUNDS_S[-1]
