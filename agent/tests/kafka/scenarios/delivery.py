"""Deliveries under trouble, of any size: small in the tests, large in scripts/soak.

Each function raises AssertionError when a message is lost, or the messages of a key are out of order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
import subprocess
import sys

from conftest import Broker, Watcher, wait_until

from ..rig.connector import RunningConnector
from ..rig.link import Link
from ..rig.numbered import Arrivals, Publisher, compare, has_all
from ..rig.tansu import Tansu
from ..rig.topics import TopicReader

TOPIC = "numbered"
KEYS = [f"rig/{number}" for number in range(20)]
WINDOW = 2000
"""Messages that may be on their way to Kafka when the connector is killed; each of them can arrive again."""
DRAIN_S = 300.0
LONG_QUEUE = ("allow_anonymous true", "max_queued_messages 1000000")
MAX_GROWTH_MB = 10.0
CLOCK = Path(__file__).parents[4] / "tests" / "life" / "clock.c"
HOUR_S = 3600


@contextmanager
def running(broker: Broker) -> Iterator[Broker]:
    """Start a broker for the duration of the block."""
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def arrive(bootstrap: str, publisher: Publisher, deadline_s: float = DRAIN_S) -> Arrivals:
    """Wait until every message of a publisher is in Kafka; return the comparison."""
    expected = publisher.finish(deadline_s)
    with TopicReader(bootstrap, TOPIC) as reader:
        count = sum(expected.values())
        reader.wait(count, deadline_s)
        reader.wait_until(lambda records: has_all(records, expected), f"all {count} messages", deadline_s)
        return compare(reader.records, expected)


def dropped(broker: Broker) -> int:
    """Return how many messages the broker says that it dropped; it counts every second, and publishes what changed."""
    watcher = Watcher(broker.port, topic="$SYS/broker/#")
    try:
        watcher.wait("uptime", count=3)  # the retained one, the one of a count that had begun, and one after that
        return int(watcher.of("dropped")[-1].payload)
    finally:
        watcher.close()


def kill_connector(folder: Path, *, count: int, rate: float, kills: int) -> Arrivals:
    """Kill the connector while messages pass (A2); the broker keeps what comes before it is back."""
    broker, tansu = Broker(folder, options=LONG_QUEUE), Tansu(folder)
    with running(broker), tansu, RunningConnector(folder, broker.url, tansu.address) as connector:
        tansu.create_topic(TOPIC)
        publisher = Publisher(broker.port, KEYS, count, rate=rate)
        publisher.start()
        for number in range(1, kills + 1):
            publisher.wait_acknowledged(number * count // (kills + 1))
            connector.kill()
            connector.start()
        arrivals = arrive(tansu.address, publisher)
    arrivals.assert_complete(max_duplicates=kills * WINDOW)
    return arrivals


def drain_queue(folder: Path, *, count: int) -> Arrivals:
    """Start the connector when the broker holds many messages for it, which then come as fast as they can be read."""
    broker, tansu = Broker(folder, options=LONG_QUEUE), Tansu(folder)
    with running(broker), tansu, RunningConnector(folder, broker.url, tansu.address) as connector:
        tansu.create_topic(TOPIC)
        connector.terminate()
        publisher = Publisher(broker.port, KEYS, count)
        publisher.start()
        publisher.finish(DRAIN_S)
        connector.start()
        arrivals = arrive(tansu.address, publisher)
    arrivals.assert_complete(max_duplicates=0)
    return arrivals


def lose_kafka(folder: Path, *, count: int, rate: float, is_frozen: bool) -> str:
    """Freeze Kafka, or refuse its connections, from a tenth of the messages to nine tenths (A3, A4).

    The broker has its default limits, and must not drop a message.
    """
    with running(Broker(folder, options=("allow_anonymous true", "sys_interval 1"))) as broker, Link() as link:
        tansu = Tansu(folder, advertised=link.port)
        with tansu, RunningConnector(folder, broker.url, link.address) as connector:
            link.target = tansu.port
            tansu.create_topic(TOPIC)
            publisher = Publisher(broker.port, KEYS, count, rate=rate)
            publisher.start()
            publisher.wait_acknowledged(count // 10)
            before_mb = connector.rss_mb()
            tansu.freeze() if is_frozen else link.refuse()
            connector.wait_log("The connector is spooling")
            publisher.wait_acknowledged(count * 9 // 10, DRAIN_S)
            growth_mb = connector.rss_mb() - before_mb
            tansu.thaw() if is_frozen else link.accept()
            connector.wait_log("The connector is catching up", DRAIN_S)
            arrivals = arrive(link.address, publisher)
            arrivals.assert_complete(max_duplicates=WINDOW)
            connector.wait_log("catching up.\nINFO The connector is live", DRAIN_S)
            lost = dropped(broker)
    assert lost == 0, f"the broker dropped {lost} messages"
    assert growth_mb <= MAX_GROWTH_MB, f"{growth_mb:.1f} MB more while Kafka was away"
    return f"duplicates {arrivals.duplicates}, {growth_mb:.1f} MB more while Kafka was away, the broker dropped {lost}"


def fill_spool(folder: Path, *, count: int, size: int = 200, max_mb: int = 1, spool: Path | None = None) -> str:
    """Fill the spool while Kafka is away (A5): the connector pauses, and delivers everything afterwards."""
    table = {"max_mb": max_mb, **({"path": str(spool)} if spool else {})}
    with running(Broker(folder, options=LONG_QUEUE)) as broker, Link() as link:
        tansu = Tansu(folder, advertised=link.port)
        with tansu, RunningConnector(folder, broker.url, link.address, spool=table) as connector:
            link.target = tansu.port
            tansu.create_topic(TOPIC)
            link.refuse()
            publisher = Publisher(broker.port, KEYS, count, size=size)
            publisher.start()
            connector.wait_log("The connector is paused", DRAIN_S)
            publisher.finish(DRAIN_S)
            link.accept()
            arrivals = arrive(link.address, publisher)
            arrivals.assert_complete(max_duplicates=WINDOW)
    return f"duplicates {arrivals.duplicates}"


def fill_disk(folder: Path, *, count: int) -> str:
    """Fill the disk of the spool, of 4 MB, while Kafka is away (A5); only root can mount one."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False, capture_output=True)
    if mount.returncode:
        return "left out: a disk cannot be mounted here"
    try:
        return fill_spool(folder, count=count, max_mb=100, spool=disk / "stock.db")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)


def damage_spool(folder: Path, *, count: int) -> str:
    """Start with a damaged spool (A5): it is set aside, named in the log, and messages pass."""
    folder.mkdir(parents=True, exist_ok=True)
    spool = folder / "stock.db"
    spool.write_bytes(b"SQLite format 3\0" + b"\xff" * 20_000)
    with running(Broker(folder)) as broker, Tansu(folder) as tansu:
        tansu.create_topic(TOPIC)
        with RunningConnector(folder, broker.url, tansu.address) as connector:
            publisher = Publisher(broker.port, KEYS, count)
            publisher.start()
            arrive(tansu.address, publisher).assert_complete()
            assert str(spool) in connector.log, connector.log
    aside = [file.name for file in folder.glob("stock.db*") if file.read_bytes()[16:32] == b"\xff" * 16]
    assert aside, "the damaged file is gone"
    return f"set aside as {aside[0]}"


def restart_broker(folder: Path, *, count: int, rate: float) -> str:
    """Restart the broker with persistence while messages pass (A7): the session is resumed, and none is lost."""
    options = (*LONG_QUEUE, "persistence true", f"persistence_location {folder}/")
    with running(Broker(folder, options=options)) as broker, Tansu(folder) as tansu:
        tansu.create_topic(TOPIC)
        with RunningConnector(folder, broker.url, tansu.address) as connector:
            publisher = Publisher(broker.port, KEYS, count, rate=rate)
            publisher.start()
            for number in (1, 2):
                publisher.wait_acknowledged(number * count // 3)
                assert broker.process
                broker.process.terminate()
                broker.process.wait()
                broker.start()
                connector.wait_log("the session was resumed")
            arrivals = arrive(tansu.address, publisher)
            arrivals.assert_complete()
    return f"duplicates {arrivals.duplicates}"


def lose_session(folder: Path, *, count: int) -> str:
    """Restart a broker that forgets everything (A7): the connector subscribes again, and messages pass."""
    with running(Broker(folder)) as broker, Tansu(folder) as tansu:
        tansu.create_topic(TOPIC)
        with RunningConnector(folder, broker.url, tansu.address) as connector:
            broker.kill()
            broker.start()
            wait_until(lambda: connector.log.count("the session is new") == 2, "the second session", DRAIN_S)
            publisher = Publisher(broker.port, KEYS, count)
            publisher.start()
            arrivals = arrive(tansu.address, publisher)
            arrivals.assert_complete(max_duplicates=0)
    return "subscribed again"


def set_clock_back(folder: Path, *, count: int, rate: float) -> str:
    """Set the clock of the connector back by an hour while it spools (A14)."""
    if (compiler := shutil.which("cc")) is None:
        return "left out: there is no C compiler"
    library, offset = folder / "clock.so", folder / "offset"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, CLOCK, "-ldl"], check=True)
    offset.write_bytes((0).to_bytes(8, sys.byteorder))
    environ = {"LD_PRELOAD": str(library), "LIFE_CLOCK": str(offset)}
    with running(Broker(folder, options=LONG_QUEUE)) as broker, Link() as link:
        tansu = Tansu(folder, advertised=link.port)
        with tansu, RunningConnector(folder, broker.url, link.address, environ=environ) as connector:
            link.target = tansu.port
            tansu.create_topic(TOPIC)
            publisher = Publisher(broker.port, KEYS, count, rate=rate)
            publisher.start()
            publisher.wait_acknowledged(count // 4)
            link.refuse()
            connector.wait_log("The connector is spooling")
            with offset.open("r+b") as file:
                file.write((-HOUR_S).to_bytes(8, sys.byteorder, signed=True))
            publisher.wait_acknowledged(count * 3 // 4, DRAIN_S)
            link.accept()
            arrivals = arrive(link.address, publisher)
            arrivals.assert_complete(max_duplicates=WINDOW)
            with TopicReader(link.address, TOPIC) as reader:
                times = [record.timestamp_ms for record in reader.wait(count, DRAIN_S)]
            assert max(times) - min(times) > HOUR_S * 900, "the connector did not see the other time"
    return f"duplicates {arrivals.duplicates}"
