"""Records on disk beside those in flight: letters that are retried while Kafka is away."""

import asyncio
from collections import Counter
import logging
from pathlib import Path

from conftest import Broker, Watcher
import pytest

from iotbridge_agent.kafka.delivery.backlog import READ
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import Record, Rejection, RejectReason
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.states import ConnectorState

from ..rig.link import Link
from ..rig.tansu import Tansu
from ..running import eventually, records, running, settings_for

LETTERS = READ + 500


def retry_letters(path: Path, topic: str, number: int) -> None:
    """Add letters to the spool and retry them, as another program does."""
    spool = Spool(path, 64 * 1024 * 1024)
    spool.open_beside()
    spool.add_letters([Letter("a", topic, b"k", b"%04d" % n, [], "refused", "No.", 1000, 4) for n in range(number)])
    assert spool.retry_all(_no_route).retried == number
    spool.close()


def _no_route(*_: object) -> Record | Rejection:
    return Rejection(RejectReason.NO_ROUTE, "No route.")


async def test_retried_letters_and_what_is_in_flight_both_arrive(
    tmp_path: Path, broker: Broker, watcher: Watcher
) -> None:
    with Link() as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        tansu.create_topic("retried")
        async with running(settings_for(tmp_path, broker.url, link.address, "retried")) as connector:
            counters = connector.counters
            watcher.publish("shop/1", b"first")
            await eventually(lambda: counters.out_total == 1, "the first record")
            link.freeze()
            watcher.publish("shop/1", b"in flight")
            await eventually(lambda: counters.in_total == 2, "the second message")
            await asyncio.to_thread(retry_letters, tmp_path / "spool.db", "retried", LETTERS)
            await eventually(lambda: counters.spool_records == LETTERS + 1, "the second message on disk as well")
            link.thaw()
            await eventually(lambda: counters.state is ConnectorState.LIVE, "live")
            await eventually(lambda: counters.spool_records == 0, "an empty spool")
            stored = await records(tansu.address, "retried", LETTERS + 2)
    expected = [b"first", b"in flight", *(b"%04d" % number for number in range(LETTERS))]
    assert Counter(record.value for record in stored) == Counter(expected)


async def test_an_old_letter_does_not_look_like_an_outage(
    tmp_path: Path, broker: Broker, tansu: Tansu, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tansu.create_topic("old")
    async with running(settings_for(tmp_path, broker.url, tansu.address, "old")) as connector:
        await eventually(lambda: connector.counters.state is ConnectorState.LIVE, "live")
        await asyncio.to_thread(retry_letters, tmp_path / "spool.db", "old", 1)
        await eventually(lambda: connector.counters.out_total == 1, "the letter")
    assert "The connector is live." in caplog.text
    assert "The connector is spooling." not in caplog.text
