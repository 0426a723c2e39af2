"""Daemon threads of the executor."""

import asyncio
import logging
import threading

import pytest

from iotbridge_agent.event_loop import DaemonExecutor, run_loop


def test_a_call_that_ends_after_its_event_loop_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    gate, ended = threading.Event(), threading.Event()

    def call() -> None:
        gate.wait(10)
        ended.set()
        raise ValueError

    async def main() -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonExecutor())
        return loop.run_in_executor(None, call)

    future = run_loop(main())
    # asyncio checks whether the loop is closed, and may have done so a moment before it was.
    loop = future.get_loop()
    loop.is_closed = lambda: False  # type: ignore[method-assign]
    threads = [thread for thread in threading.enumerate() if thread.name.endswith("call")]
    gate.set()
    for thread in threads:
        thread.join(10)
    del loop.is_closed
    assert ended.is_set()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_call_returns_its_result_or_raises_its_error() -> None:
    loop = asyncio.get_running_loop()
    executor = DaemonExecutor()
    assert await loop.run_in_executor(executor, int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await loop.run_in_executor(executor, int, "seven")
