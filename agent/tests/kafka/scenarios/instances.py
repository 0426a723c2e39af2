"""Several instances of the connector, and what a restart does not repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import Broker, Watcher, wait_until

from ..rig.connector import RunningConnector
from ..rig.numbered import Publisher, compare, has_all
from ..rig.tansu import Tansu
from ..rig.topics import TopicReader, read_all
from .delivery import DRAIN_S, KEYS, LONG_QUEUE, TOPIC, WINDOW, arrive, running

TAKEN_OVER = 3
KEY = {"topic": TOPIC, "key": "{topic}"}


@contextmanager
def pair(
    folder: Path, broker: Broker, *, first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[tuple[Tansu, RunningConnector]]:
    """Run two instances at one broker and one Kafka; return Kafka and the second of them."""
    with running(broker), Tansu(folder) as tansu:
        tansu.create_topic(TOPIC)
        connector_a = RunningConnector(folder, broker.url, tansu.address, own_id="one", **first)
        connector_b = RunningConnector(folder, broker.url, tansu.address, own_id="two", **second)
        with connector_a, connector_b:
            yield tansu, connector_b


def split_filters(folder: Path, *, count: int, rate: float) -> str:
    """Run two instances with filters of their own (A8): each key keeps its order."""
    keys = [f"rig/{half}/{number}" for half in "ab" for number in range(10)]
    first, second = ({"filter": f"rig/{half}/+", **KEY} for half in "ab")
    broker = Broker(folder, options=LONG_QUEUE)
    with pair(folder, broker, first={"routes": [first]}, second={"routes": [second]}) as (tansu, connector_b):
        publisher = Publisher(broker.port, keys, count, rate=rate)
        publisher.start()
        publisher.wait_acknowledged(count // 2)
        connector_b.kill()
        connector_b.start()
        arrivals = arrive(tansu.address, publisher)
        arrivals.assert_complete(max_duplicates=WINDOW)
    return f"duplicates {arrivals.duplicates}"


def share_group(folder: Path, *, count: int, rate: float) -> str:
    """Run two instances in one group (A8): none is lost over a kill, and the order is not kept."""
    broker, member = Broker(folder, options=LONG_QUEUE), {"connector": {"group": "shop"}}
    with pair(folder, broker, first=member, second=member) as (tansu, connector_b):
        publisher = Publisher(broker.port, KEYS, count, rate=rate)
        publisher.start()
        publisher.wait_acknowledged(count // 2)
        connector_b.kill()
        connector_b.start()
        expected = publisher.finish(DRAIN_S)
        with TopicReader(tansu.address, TOPIC) as reader:
            reader.wait(count, DRAIN_S)
            reader.wait_until(lambda records: has_all(records, expected), "all messages", DRAIN_S)
            arrivals = compare(reader.records, expected)
    return f"lost {len(arrivals.lost)}, duplicates {arrivals.duplicates}, out of order {len(arrivals.out_of_order)}"


def leave_group(folder: Path, *, count: int, rate: float) -> str:
    """Take a stopped member out of a group for good (A8): its session is drained first, and none is lost."""
    broker, member = Broker(folder, options=LONG_QUEUE), {"connector": {"group": "shop"}}
    with pair(folder, broker, first=member, second=member) as (tansu, connector_b):
        publisher = Publisher(broker.port, KEYS, count, rate=rate)
        publisher.start()
        publisher.wait_acknowledged(count // 3)
        connector_b.kill()
        publisher.wait_acknowledged(count // 2)
        left = connector_b.command("leave")
        assert left.returncode == 0, left.stderr
        expected = publisher.finish(DRAIN_S)
        with TopicReader(tansu.address, TOPIC) as reader:
            reader.wait_until(lambda records: has_all(records, expected), "all messages", DRAIN_S)
            arrivals = compare(reader.records, expected)
    return f"lost {len(arrivals.lost)}, duplicates {arrivals.duplicates}, out of order {len(arrivals.out_of_order)}"


def take_over(folder: Path) -> str:
    """Start a second connector with the same id (A9): one of them ends and says why, the other delivers."""
    with running(Broker(folder)) as broker, Tansu(folder) as tansu:
        tansu.create_topic(TOPIC)
        first = RunningConnector(folder / "first", broker.url, tansu.address)
        second = RunningConnector(folder / "second", broker.url, tansu.address)
        with first, second:
            ended = wait_until(
                lambda: [c for c in (first, second) if c.exit_code() is not None], "the end of a connector", DRAIN_S
            )
            assert [(connector.exit_code(), "takeover" in connector.log) for connector in ended] == [(TAKEN_OVER, True)]
            publisher = Publisher(broker.port, KEYS, 100)
            publisher.start()
            arrive(tansu.address, publisher).assert_complete()
    return "one of them ended"


def restart_with_retained(folder: Path, *, count: int) -> str:
    """Restart a connector that has received retained messages (A11): they are not sent again."""
    with running(Broker(folder, options=LONG_QUEUE)) as broker, Tansu(folder) as tansu:
        tansu.create_topic(TOPIC)
        watcher = Watcher(broker.port, topic="rig/last")
        for number in range(count):
            watcher.publish(f"rig/{number}", b"retained", retain=True)
        with (
            RunningConnector(folder, broker.url, tansu.address) as connector,
            TopicReader(tansu.address, TOPIC) as reader,
        ):
            reader.wait(count, DRAIN_S)
            for number in (1, 2):
                connector.terminate()
                connector.start()
                watcher.publish("rig/last", b"new")
                reader.wait(count + number, DRAIN_S)
            wait_until(lambda: len(watcher.messages) == 2, "the new messages")
            found = len(read_all(tansu.address, TOPIC))
        watcher.close()
    assert found == count + 2, f"{found} records of {count + 2} messages"
    return f"{count} retained messages were sent once"
