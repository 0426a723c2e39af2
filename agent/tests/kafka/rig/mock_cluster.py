"""The mock cluster of librdkafka, three brokers in a process of their own."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys
from typing import Self

from confluent_kafka import Producer


class MockCluster:
    """Cluster that creates a topic when it is first used, and keeps its records in memory."""

    address = ""
    _process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        self.address = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def serve() -> Producer:
    """Start the cluster, print its addresses, and return what keeps it."""
    cluster = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 3, "log_level": 0})
    brokers = cluster.list_topics(timeout=10).brokers.values()
    sys.stdout.write(",".join(f"{broker.host}:{broker.port}" for broker in brokers) + "\n")
    sys.stdout.flush()
    return cluster


if __name__ == "__main__":
    kept = serve()
    sys.stdin.read()
