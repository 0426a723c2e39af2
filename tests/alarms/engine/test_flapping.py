"""Detection of flapping alarms."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.flapping import Flapping


def play(flapping: Flapping, times: list[float], per_hour: int = 6) -> list[float]:
    """Return the times at which the flapping started."""
    return [now for now in times if flapping.record(now, per_hour)]


@pytest.mark.parametrize(
    ("times", "per_hour", "expected"),
    [
        pytest.param([0, 60, 120, 180, 240, 300], 6, [], id="at the limit"),
        pytest.param([0, 60, 120, 180, 240, 300, 360], 6, [360], id="above the limit"),
        pytest.param([*range(0, 900, 60)], 6, [360], id="starts once"),
        pytest.param([*range(0, 8 * 700, 700)], 6, [], id="slow changes"),
        pytest.param([0, 10, 20], 1, [10], id="lowest limit"),
        pytest.param([*range(50)], 0, [], id="no limit"),
    ],
)
def test_flapping_starts_above_the_limit(times: list[float], per_hour: int, expected: list[float]) -> None:
    assert play(Flapping(), times, per_hour) == expected


def test_flapping_ends_below_the_lower_threshold() -> None:
    flapping = Flapping()
    play(flapping, [*range(0, 420, 60)])

    assert not flapping.end_if_calm(3600 + 239)
    assert flapping.due() == 3600 + 240
    assert flapping.end_if_calm(3600 + 240)
    assert not flapping.end_if_calm(3600 + 241)
    assert flapping.due() is None


def test_flapping_continues_between_the_thresholds() -> None:
    flapping = Flapping()
    play(flapping, [*range(0, 420, 60)])

    # Four activations in an hour are too few to start flapping, and too many to end it.
    assert play(flapping, [1000, 1900, 2800, 3700, 4600]) == []
    assert flapping.is_flapping
    assert not flapping.end_if_calm(4600)


def test_the_state_is_restored() -> None:
    flapping = Flapping()
    play(flapping, [*range(0, 420, 60)])

    restored = Flapping.from_dict(json.loads(json.dumps(flapping.as_dict())))

    assert restored == flapping
    assert restored.due() == flapping.due()


def test_a_clock_set_back_ends_the_flapping() -> None:
    flapping = Flapping()
    play(flapping, [*range(10_000, 10_420, 60)])

    assert flapping.end_if_calm(500)


@given(st.lists(st.floats(0, 2000), max_size=40), st.integers(1, 8))
def test_flapping_ends_at_its_due_time(distances: list[float], per_hour: int) -> None:
    flapping, now = Flapping(), 0.0
    for distance in distances:
        now += distance
        flapping.end_if_calm(now, per_hour)
        flapping.record(now, per_hour)
        assert len(flapping.times) <= per_hour + 1
    due = flapping.due(per_hour)

    assert (due is None) is not flapping.is_flapping
    if due is not None:
        assert due <= now + 3600
        assert flapping.end_if_calm(max(now, due), per_hour)
