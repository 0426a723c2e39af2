"""Topics of a Kafka broker, read from their beginning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any, NamedTuple, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from conftest import DEADLINE_S

TIMEOUT_S = 5.0
BATCH = 10_000


class StoredRecord(NamedTuple):
    """Record as a consumer sees it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp_ms: int

    def header(self, name: str) -> bytes | None:
        """Return the first header of a name."""
        return next((value for key, value in self.headers if key == name), None)


def number_of_brokers(bootstrap: str) -> int:
    """Return how many brokers the metadata names; raise KafkaException without an answer."""
    return len(AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=TIMEOUT_S).brokers)


class TopicReader:
    """Consumer of all partitions of a topic, without a group; remembers every record."""

    def __init__(self, bootstrap: str, topic: str, options: Mapping[str, str] | None = None) -> None:
        self.records: list[StoredRecord] = []
        self._topic = topic
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap, "group.id": "rig", "enable.auto.commit": False,
                "auto.offset.reset": "earliest", "log_level": 0, "fetch.wait.max.ms": 50, **(options or {}),
            }
        )  # fmt: skip
        metadata = self._consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
        if metadata.error:
            raise KafkaException(metadata.error)
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in metadata.partitions])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def skip(self) -> None:
        """Leave out the records that the topic has now."""
        for partition in self._consumer.assignment():
            partition.offset = self._consumer.get_watermark_offsets(partition, TIMEOUT_S)[1]
            self._consumer.seek(partition)

    def count(self) -> int:
        """Return how many records the topic has now."""
        ends = [self._consumer.get_watermark_offsets(p, TIMEOUT_S) for p in self._consumer.assignment()]
        return sum(high - low for low, high in ends)

    def poll(self, timeout_s: float = 0.05) -> int:
        """Read for at most ``timeout_s``; return how many records came."""
        found = self._consumer.consume(BATCH, timeout_s)
        for message in found:
            error = message.error()
            if error is None:
                self.records.append(_stored(message))
            elif error.code() != KafkaError._PARTITION_EOF and not error.retriable() and error.fatal():
                raise KafkaException(error)
        return len(found)

    def wait_until(self, condition: Callable[[list[StoredRecord]], bool], what: str, deadline_s: float) -> None:
        """Read until the records meet a condition; fail with a description after the deadline."""
        until = time.monotonic() + deadline_s
        while not condition(self.records):
            self.poll()
            if time.monotonic() > until:
                raise AssertionError(f"waited {deadline_s:g} s for {what}; there are {len(self.records)} records")

    def wait(self, count: int, deadline_s: float = DEADLINE_S) -> list[StoredRecord]:
        """Return all records as soon as there are ``count``."""
        self.wait_until(lambda records: len(records) >= count, f"{count} records of {self._topic}", deadline_s)
        return self.records


def read_all(bootstrap: str, topic: str, options: Mapping[str, str] | None = None) -> list[StoredRecord]:
    """Return every record that a topic has now; none when there is no such topic."""
    try:
        reader = TopicReader(bootstrap, topic, options)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return []
        raise
    with reader:
        return reader.wait(reader.count())


def _stored(message: Message) -> StoredRecord:
    return StoredRecord(
        message.partition() or 0,
        message.offset() or 0,
        _bytes(message.key()),
        _bytes(message.value()),
        _headers(message),
        message.timestamp()[1],
    )


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _headers(message: Message) -> list[tuple[str, bytes]]:
    headers: Any = message.headers() or []
    return [(name, value or b"") for name, value in headers]
