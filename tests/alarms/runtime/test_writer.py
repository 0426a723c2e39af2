"""Failed writes: retries, limits, and the shutdown."""

import asyncio
from contextlib import closing
import sqlite3

import pytest

from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy
from custom_components.iotbridge.alarms.runtime.store import MAX_ROWS, store_path
from homeassistant.core import ServiceCall
from tests.alarms.alarm_file import NOT_WRITTEN, changes, repairs
from tests.alarms.home import alarms, start, stop, titles, wait
from tests.kit import Kit
from tests.rules import add_rule, set_state


async def test_changes_are_written_after_an_unexpected_error_of_the_writer(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], caplog: pytest.LogCaptureFixture
) -> None:
    await add_rule(kit, "sensor.hot", "sensor.wet", escalation=policy)
    processor = alarms(kit).processor
    processor.async_remember("odd", object())
    await set_state(kit, "sensor.hot", "90")
    await set_state(kit, "sensor.wet", "90")
    await wait(kit, 95, 5)

    assert titles(notifications) == ["Warning", "Warning"]
    assert repairs(kit) == {NOT_WRITTEN}
    assert caplog.text.count("The alarm database cannot be written") == 1, "logged once, not at each retry"
    assert "is not JSON serializable" in caplog.text
    processor.async_remember("odd", 1)
    await wait(kit, 35, 5)

    assert repairs(kit) == set()
    assert await changes(kit) == ["raised sensor.hot", "raised sensor.wet"]


async def test_a_flush_retries_a_failed_write(kit: Kit) -> None:
    processor = alarms(kit).processor
    await processor.async_flush()
    processor.async_remember("odd", object())
    await asyncio.sleep(0)  # it is being written
    processor.async_remember("odd", 1)

    await processor.async_flush()

    with closing(sqlite3.connect(store_path(kit.hass))) as file:
        assert file.execute("SELECT data FROM remembered WHERE name = 'odd'").fetchone() == ("1",)


async def test_unwritten_history_is_limited_in_memory(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    await add_rule(kit, "sensor.hot")
    writer = alarms(kit).processor.writer
    writer.batch.remembered["odd"] = object()
    await set_state(kit, "sensor.hot", "90")
    (rule, transition) = writer.batch.history[-1]
    for _ in range(MAX_ROWS + 10):
        writer.async_record(rule, transition)

    assert len(writer.batch.history) == MAX_ROWS
    writer.batch.remembered["odd"] = 1


async def test_nothing_is_written_or_retried_after_the_shutdown(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    await add_rule(kit, "sensor.hot")
    processor = alarms(kit).processor
    processor.async_remember("odd", object())
    await stop(kit)
    processor.async_remember("late", 1)
    await wait(kit, 65, 5)

    assert caplog.text.count("The alarm database cannot be written") == 1
    assert "these are lost" in caplog.text
    await processor.async_close()
    await start(kit)
