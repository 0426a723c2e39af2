"""Detection of flapping alarms."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.flapping import Flapping


def play(flapping: Flapping, times: list[float], per_hour: int = 6) -> list[float]:
    """Return when it began to flap."""
    return [now for now in times if flapping.note(now, per_hour)]


@pytest.mark.parametrize(
    ("times", "per_hour", "began"),
    [
        pytest.param([0, 60, 120, 180, 240, 300], 6, [], id="as many as are allowed"),
        pytest.param([0, 60, 120, 180, 240, 300, 360], 6, [360], id="one more"),
        pytest.param([*range(0, 900, 60)], 6, [360], id="it begins once"),
        pytest.param([*range(0, 8 * 700, 700)], 6, [], id="slowly"),
        pytest.param([0, 10, 20], 1, [10], id="the lowest limit"),
        pytest.param([*range(50)], 0, [], id="no limit"),
    ],
)
def test_when_it_begins(times: list[float], per_hour: int, began: list[float]) -> None:
    assert play(Flapping(), times, per_hour) == began


def test_it_is_over_below_the_lower_threshold() -> None:
    flapping = Flapping()
    play(flapping, [*range(0, 420, 60)])

    assert not flapping.calm(3600 + 239)
    assert flapping.due() == 3600 + 240
    assert flapping.calm(3600 + 240)
    assert not flapping.calm(3600 + 241)
    assert flapping.due() is None


def test_it_goes_on_between_the_thresholds() -> None:
    flapping = Flapping()
    play(flapping, [*range(0, 420, 60)])

    # Four in the hour are too few to begin, and too many to end.
    assert play(flapping, [1000, 1900, 2800, 3700, 4600]) == []
    assert flapping.is_flapping
    assert not flapping.calm(4600)


def test_it_is_known_after_a_restart() -> None:
    flapping = Flapping()
    play(flapping, [*range(0, 420, 60)])

    again = Flapping.from_dict(json.loads(json.dumps(flapping.as_dict())))

    assert again == flapping
    assert again.due() == flapping.due()


def test_a_clock_that_was_set_back_ends_it() -> None:
    flapping = Flapping()
    play(flapping, [*range(10_000, 10_420, 60)])

    assert flapping.calm(500)


@given(st.lists(st.floats(0, 2000), max_size=40), st.integers(1, 8))
def test_whatever_happens_it_becomes_calm_when_it_says(distances: list[float], per_hour: int) -> None:
    flapping, now = Flapping(), 0.0
    for distance in distances:
        now += distance
        flapping.calm(now, per_hour)
        flapping.note(now, per_hour)
        assert len(flapping.times) <= per_hour + 1
    due = flapping.due(per_hour)

    assert (due is None) is not flapping.is_flapping
    if due is not None:
        assert due <= now + 3600
        assert flapping.calm(max(now, due), per_hour)
