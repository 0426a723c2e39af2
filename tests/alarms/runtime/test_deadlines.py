"""Deadlines of many alarms with one timer."""

from collections.abc import Callable, Iterator
from datetime import timedelta
import time

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.iotbridge.alarms.engine.models import AlarmKey
from custom_components.iotbridge.alarms.runtime.deadlines import DeadlineScheduler
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

ATTIC, CELLAR, DOOR = (AlarmKey("rule", f"sensor.{name}") for name in ("attic", "cellar", "door"))

type Wait = Callable[[float], list[str]]


@pytest.fixture
def due() -> list[str]:
    """Return what was due so far, in order."""
    return []


@pytest.fixture
def deadlines(hass: HomeAssistant, freezer: FrozenDateTimeFactory, due: list[str]) -> Iterator[DeadlineScheduler]:
    """Return the scheduler; it ends with the test."""
    scheduler = DeadlineScheduler(hass, time.time, lambda key, _now: due.append(key.subject.removeprefix("sensor.")))
    yield scheduler
    scheduler.async_clear()


@pytest.fixture
def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, due: list[str]) -> Wait:
    """Return what lets seconds pass, and returns what was due in them."""

    def pass_by(seconds: float) -> list[str]:
        before = len(due)
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass, dt_util.utcnow())
        return due[before:]

    return pass_by


async def test_due_alarms_are_called_in_order_of_time(deadlines: DeadlineScheduler, wait: Wait) -> None:
    now = time.time()
    for key, after_s in ((ATTIC, 30), (CELLAR, 10), (DOOR, 20)):
        deadlines.async_set(key, now + after_s)

    assert wait(5) == []
    assert wait(16) == ["cellar", "door"]
    assert wait(10) == ["attic"]
    assert wait(1000) == [], "each is due once"


async def test_the_last_deadline_of_an_alarm_applies(deadlines: DeadlineScheduler, wait: Wait) -> None:
    now = time.time()
    deadlines.async_set(ATTIC, now + 10)
    deadlines.async_set(ATTIC, now + 30)
    deadlines.async_set(CELLAR, now + 10)
    deadlines.async_set(CELLAR, None)

    assert wait(20) == []
    assert wait(11) == ["attic"]


async def test_an_earlier_deadline_is_not_missed(deadlines: DeadlineScheduler, wait: Wait) -> None:
    now = time.time()
    deadlines.async_set(ATTIC, now + 100)
    deadlines.async_set(CELLAR, now + 1)

    assert wait(2) == ["cellar"]
    deadlines.async_set(ATTIC, now + 5)
    assert wait(4) == ["attic"]


async def test_cleared_deadlines_are_not_called(deadlines: DeadlineScheduler, wait: Wait) -> None:
    deadlines.async_set(ATTIC, time.time() + 10)
    deadlines.async_clear()

    assert wait(20) == []


async def test_repeatedly_changed_deadlines_do_not_grow_the_heap(deadlines: DeadlineScheduler, wait: Wait) -> None:
    now = time.time()
    for number in range(5000):
        deadlines.async_set(ATTIC, now + 10 + number / 1000)

    assert len(deadlines._heap) < 2000
    assert wait(14.99) == []
    assert wait(0.02) == ["attic"]


async def test_a_stopped_scheduler_takes_no_more_deadlines(deadlines: DeadlineScheduler, wait: Wait) -> None:
    now = time.time()
    deadlines.async_set(ATTIC, now + 10)
    deadlines.async_stop()
    deadlines.async_set(CELLAR, now + 10)

    assert wait(20) == []
