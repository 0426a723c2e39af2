"""Connectors within a test, between a real broker and a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
import time
import tomllib
from typing import TypeVar

from conftest import DEADLINE_S
import pytest

from iotbridge_agent.kafka.connector import Connector
from iotbridge_agent.kafka.settings import ConnectorSettings, parse_settings

from .rig.topics import StoredRecord, TopicReader

T = TypeVar("T")


def settings_for(
    folder: Path, mqtt: str, bootstrap: str, topic: str, *, more: str = "", connector: str = "", kafka: str = ""
) -> ConnectorSettings:
    """Return the settings of a connector that sends ``shop/#`` to a topic."""
    addresses = ", ".join(f'"{address}"' for address in bootstrap.split(","))
    text = f"""
[broker]
url = "{mqtt}"
[connector]
{connector}
[kafka]
bootstrap = [{addresses}]
{kafka}
[spool]
path = "{folder}/spool.db"
[[route]]
filter = "shop/#"
topic = "{topic}"
{more}
"""
    return parse_settings(tomllib.loads(text), source="test.toml", environ={}, default_id="test")


async def eventually(condition: Callable[[], T], what: str) -> T:
    """Return the condition's value once it is true; fail with a description after the deadline."""
    until = time.monotonic() + 2 * DEADLINE_S
    while not (result := condition()):
        if time.monotonic() > until:
            pytest.fail(f"waited for {what}")
        await asyncio.sleep(0.01)
    return result


@asynccontextmanager
async def running(settings: ConnectorSettings) -> AsyncIterator[Connector]:
    """Run a connector, connected to the broker; stop it in an orderly way."""
    connector = Connector(settings)
    task = asyncio.create_task(connector.run())
    try:
        await eventually(lambda: connector.counters.mqtt or task.done(), "a connection to the broker")
        yield connector
    finally:
        connector.stop()
        assert await task == 0


async def records(bootstrap: str, topic: str, count: int) -> list[StoredRecord]:
    """Return the records of a topic, once there are so many."""

    def read() -> list[StoredRecord]:
        with TopicReader(bootstrap, topic) as reader:
            return reader.wait(count, 2 * DEADLINE_S)

    return await asyncio.to_thread(read)
