"""Load for scripts/bench kafka, as a program: publishes, waits for records, and measures how long messages take."""

from __future__ import annotations

import argparse
import json
import sys
import time

from confluent_kafka import Producer
from conftest import wait_until

from .numbered import Publisher
from .topics import TIMEOUT_S, TopicReader

DEADLINE_S = 60.0
POLL_S = 0.01


def main() -> None:
    """Run one command, and print its result as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    publish = commands.add_parser("publish", help="publish numbered messages")
    publish.add_argument("--port", type=int, required=True)
    publish.add_argument("--topics", type=int, default=1000)
    publish.add_argument("--rate", type=float, default=0, help="messages per second; 0: as fast as possible")
    wait = commands.add_parser("wait", help="wait until a topic has some records more")
    follow = commands.add_parser("follow", help="read the records that come, and compare their time with now")
    for reader in (wait, follow):
        reader.add_argument("--bootstrap", required=True)
        reader.add_argument("--topic", required=True)
    for command in (publish, wait, follow):
        command.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    match options.command:
        case "publish":
            publisher = Publisher(options.port, [f"bench/{n}" for n in range(options.topics)], options.count,
                                  rate=options.rate)  # fmt: skip
            publisher.start()
            result: dict[str, float] = {"published": sum(publisher.finish(DEADLINE_S).values())}
        case "wait":
            result = _wait(options.bootstrap, options.topic, options.count)
        case _:
            result = _follow(options.bootstrap, options.topic, options.count)
    sys.stdout.write(json.dumps(result) + "\n")


def _reader(bootstrap: str, topic: str) -> TopicReader:
    """Return a reader of a topic that is created if there is none, and say that it is ready."""
    # A producer that asks for a topic creates it, in the mock cluster as well.
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    wait_until(lambda: not producer.list_topics(topic, TIMEOUT_S).topics[topic].error, f"the topic {topic}")
    reader = TopicReader(bootstrap, topic)
    reader.poll()  # a consumer can only leave records out when it has begun
    reader.skip()
    reader.records.clear()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    return reader


def _wait(bootstrap: str, topic: str, count: int) -> dict[str, float]:
    with _reader(bootstrap, topic) as reader:
        before, first, until = reader.count(), 0.0, time.monotonic() + DEADLINE_S
        while (now := reader.count() - before) < count and time.monotonic() < until:
            if now and not first:
                first = time.monotonic()
                count_at_first = now
            time.sleep(POLL_S)
        seconds = time.monotonic() - first if first else 0.0
    return {"records": now, "seconds": seconds, "counted": now - count_at_first if first else 0}


def _follow(bootstrap: str, topic: str, count: int) -> dict[str, float]:
    delays: list[float] = []
    with _reader(bootstrap, topic) as reader:
        until = time.monotonic() + DEADLINE_S
        while len(delays) < count and time.monotonic() < until:
            seen = len(reader.records)
            reader.poll(0.001)
            now_ns = time.time_ns()
            delays += [(now_ns - json.loads(r.value or b"{}")["time_ns"]) / 1e6 for r in reader.records[seen:]]
    delays.sort()
    return {"records": len(delays), "p50_ms": delays[len(delays) // 2], "p99_ms": delays[len(delays) * 99 // 100]}


if __name__ == "__main__":
    main()
