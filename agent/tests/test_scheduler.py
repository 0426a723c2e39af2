"""Collectors that work, fail, hang or have no data: real threads, fake subjects."""

import asyncio
from collections.abc import Iterable
import gc
import logging
import threading
import time
from typing import Any

import pytest

from iotbridge_agent.collector import CollectorSpec, Reading, SensorDescription, Value
from iotbridge_agent.config import BrokerConfig, Config
from iotbridge_agent.errors import NoDataError
from iotbridge_agent.event_loop import DaemonExecutor
from iotbridge_agent.scheduler import PAUSE_AFTER, Scheduler

CONFIG = Config(broker=BrokerConfig(scheme="mqtt", host="h", port=1), node_id="n", name="n", interval_s=0.0)


class Invented:
    """Collector that yields the test's readings or raises its errors."""

    def __init__(self, name: str, *answers: Value | Exception | threading.Event, **description: Any) -> None:
        self.calls = 0
        self._answers = answers
        self._description = SensorDescription(key=name, name=name, **description)

    def collect(self) -> Iterable[Reading]:
        """Return the next result; repeat the last one."""
        answer = self._answers[min(self.calls, len(self._answers) - 1)]
        self.calls += 1
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, threading.Event):
            answer.wait(10)
            answer = "at last"
        return [Reading(self._description, answer)]


def schedule(*collectors: Invented, **spec: Any) -> Scheduler:
    def row(collector: Invented) -> CollectorSpec:
        return CollectorSpec(name=collector._description.key, create=lambda _config: collector, **spec)

    return Scheduler([row(collector) for collector in collectors], CONFIG)


@pytest.fixture(autouse=True)
async def threads() -> None:
    asyncio.get_running_loop().set_default_executor(DaemonExecutor())


async def test_reads_all() -> None:
    scheduler = schedule(Invented("a", 1), Invented("b", "text"))
    await scheduler.collect()
    assert scheduler.values() == {"a": 1, "b": "text", "collectors_failed": "none"}
    assert scheduler.descriptions()["a"][0] == "a"
    assert {"a", "b"} <= scheduler.settled()


async def test_a_hanging_collector_delays_no_other_and_is_not_started_again() -> None:
    release = threading.Event()
    hanging, fine = Invented("hangs", release), Invented("fine", 1, 2, 3)
    scheduler = schedule(hanging, fine, timeout_s=0.05)
    started = time.monotonic()
    for _ in range(3):
        await scheduler.collect(patience_s=0.2)
    assert time.monotonic() - started < 2
    assert (hanging.calls, fine.calls) == (1, 3)
    values = scheduler.values()
    assert (values["fine"], values["collectors_failed"]) == (3, "hangs")
    release.set()
    while scheduler.values()["collectors_failed"] != "none":
        await asyncio.sleep(0.01)
        await scheduler.collect()
    assert scheduler.values()["hangs"] == "at last"


async def test_patience_is_shorter_than_a_slow_collector() -> None:
    release = threading.Event()
    scheduler = schedule(Invented("slow", release), Invented("fine", 1))
    started = time.monotonic()
    await scheduler.collect(patience_s=0.1)
    assert time.monotonic() - started < 1
    assert "slow" not in scheduler.values()
    release.set()
    await scheduler.collect()
    assert scheduler.values()["slow"] == "at last"


async def test_failing_makes_its_values_unknown_and_is_named_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    scheduler = schedule(Invented("bad", 1, OSError("broken")))
    await scheduler.collect()
    for _ in range(PAUSE_AFTER - 1):
        await scheduler.collect()
    values = scheduler.values()
    assert (values["bad"], values["collectors_failed"]) == (None, "bad")
    assert "bad" not in scheduler.settled()
    assert [record.message for record in caplog.records] == ["Collector bad failed: OSError: broken"]


async def test_pauses_after_five_failures_until_a_refresh(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    failures = [OSError("broken")] * (PAUSE_AFTER + 1)
    bad = Invented("bad", *failures, 7)
    scheduler = schedule(bad)
    for _ in range(PAUSE_AFTER + 5):
        await scheduler.collect()
    assert bad.calls == PAUSE_AFTER
    assert scheduler.values()["collectors_failed"] == "bad (paused)"
    scheduler.hurry()
    await scheduler.collect()
    await scheduler.collect()
    assert bad.calls == PAUSE_AFTER + 1
    scheduler.hurry()
    await scheduler.collect()
    values = scheduler.values()
    assert (values["bad"], values["collectors_failed"]) == (7, "none")
    assert [record.message.split()[2] for record in caplog.records] == ["failed:", "failed", "works"]


async def test_an_error_after_the_timeout_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, release = threading.Event(), threading.Event()

    class Late(Invented):
        def collect(self) -> Iterable[Reading]:
            begun.set()
            release.wait(10)
            raise OSError("too late")

    scheduler = schedule(Late("late"))
    await scheduler.collect(patience_s=0.0)
    assert await asyncio.to_thread(begun.wait, 10)
    (task,) = scheduler._tasks
    running = scheduler.runners[0]._running
    assert running
    task.cancel()
    await asyncio.wait([task])
    release.set()
    await asyncio.wait([running])
    del running, task, scheduler
    gc.collect()
    assert caplog.text == ""


async def test_a_collector_that_cannot_be_created_is_a_failure() -> None:
    def create(_config: Config) -> Invented:
        raise RuntimeError("no")

    scheduler = Scheduler([CollectorSpec(name="x", create=create)], CONFIG)
    await scheduler.collect()
    assert scheduler.values()["collectors_failed"] == "x"


async def test_missing_data_are_not_a_failure_and_rarely_read_again() -> None:
    nothing = Invented("nothing", NoDataError("no battery"))
    scheduler = schedule(nothing)
    await scheduler.collect()
    await scheduler.collect()
    assert nothing.calls == 1
    assert scheduler.values()["collectors_failed"] == "none"
    assert "nothing" in scheduler.settled()


async def test_has_its_own_interval() -> None:
    rare = Invented("rare", 1)
    scheduler = schedule(rare, interval_s=3600.0)
    await scheduler.collect()
    await scheduler.collect()
    assert rare.calls == 1


@pytest.mark.parametrize(
    ("answers", "description", "expected"),
    [
        ((1.2345, 1.2345), {"decimals": 1}, 1.2),
        ((41.6, 41.6), {"decimals": 0}, 42),
        ((50.0, 50.9), {"decimals": 1, "dead_band": 1.0}, 50),
        ((50.0, 51.0), {"decimals": 1, "dead_band": 1.0}, 51),
        ((50.0, None), {"dead_band": 1.0}, None),
        ((1.0, float("nan")), {"decimals": 1}, None),
        ((1.0, float("-inf")), {}, None),
        ((False, True), {"decimals": 0}, True),
        (("", "x" * 300), {}, "x" * 255),
    ],
)
async def test_values_are_fit_to_be_sent(
    answers: tuple[Value, ...], description: dict[str, Any], expected: Value
) -> None:
    scheduler = schedule(Invented("v", *answers, **description))
    await scheduler.collect()
    scheduler.values()
    await scheduler.collect()
    value = scheduler.values()["v"]
    assert value == expected
    assert type(value) is type(expected)


async def test_a_slow_drift_beyond_the_dead_band_is_reported() -> None:
    scheduler = schedule(Invented("v", 50.0, 50.6, 51.2, dead_band=1.0))
    seen = []
    for _ in range(3):
        await scheduler.collect()
        seen.append(scheduler.values()["v"])
    assert seen == [50.0, 50.0, 51.2]
