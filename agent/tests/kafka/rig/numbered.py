"""Numbered messages: a publisher that counts for each topic, and a check of what arrived of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import json
import select
import socket
import struct
import threading
import time

from conftest import wait_until

from .topics import StoredRecord

TICK_S = 0.01
MAX_UNACKNOWLEDGED = 5_000
BATCH = 250
PACKET_IDS = 65_535
RECONNECT_S = 0.1
PUBLISH_QOS_1 = 0x32
PUBACK_BYTES = 4


def payload(key: str, sequence: int, size: int) -> bytes:
    """Return a JSON payload of at least ``size`` bytes."""
    message = {"key": key, "sequence": sequence, "time_ns": time.time_ns()}
    return json.dumps(message).encode().ljust(size)


def connect_packet(client_id: str) -> bytes:
    """Return the CONNECT of MQTT 3.1.1 for a clean session, whose window no receive maximum limits."""
    body = b"\0\4MQTT\4\2\0\0" + struct.pack("!H", len(client_id)) + client_id.encode()
    return bytes([0x10, len(body)]) + body


def publish_packet(topic: str, content: bytes, packet_id: int) -> bytes:
    """Return a PUBLISH of QoS 1."""
    body = struct.pack("!H", len(topic.encode())) + topic.encode() + struct.pack("!H", packet_id) + content
    length, rest = bytearray(), len(body)
    while True:
        rest, digit = divmod(rest, 128) if rest >= 128 else (0, rest)
        length.append(digit | (128 if rest else 0))
        if not rest:
            return bytes([PUBLISH_QOS_1, *length]) + body


class Publisher(threading.Thread):
    """Thread that publishes in round robin at a rate, and after a lost connection again what was not acknowledged."""

    def __init__(self, port: int, topics: Iterable[str], count: int, *, rate: float = 0, size: int = 200) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._topics = list(topics)
        self._count = count
        self._rate = rate or float("inf")
        self._size = size
        self._unacknowledged: deque[bytes] = deque()
        self._sent = 0
        self._stopped = threading.Event()
        self._error: Exception | None = None
        self.acknowledged = 0

    @property
    def expected(self) -> Counter[str]:
        """Return how many messages of each topic the broker has acknowledged."""
        rounds, rest = divmod(self.acknowledged, len(self._topics))
        return Counter({topic: rounds + (index < rest) for index, topic in enumerate(self._topics)})

    def run(self) -> None:
        """Publish all messages, over as many connections as it takes."""
        while not self._is_done():
            try:
                with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
                    self._publish(connection)
            except OSError as error:
                self._error = error
                self._stopped.wait(RECONNECT_S)

    def finish(self, deadline_s: float) -> Counter[str]:
        """Wait until the broker has acknowledged every message; return how many there are of each topic."""
        self.join(deadline_s)
        self.stop()
        assert self.acknowledged == self._count, f"{self.acknowledged} of {self._count} acknowledged: {self._error!r}"
        return self.expected

    def wait_acknowledged(self, count: int, deadline_s: float = 60.0) -> None:
        """Wait until the broker has acknowledged a number of messages."""
        wait_until(lambda: self.acknowledged >= count, f"{count} acknowledgements", deadline_s)

    def stop(self) -> Counter[str]:
        """Stop early; return how many messages of each topic the broker has acknowledged."""
        self._stopped.set()
        self.join()
        return self.expected

    def _is_done(self) -> bool:
        return self.acknowledged >= self._count or self._stopped.is_set()

    def _publish(self, connection: socket.socket) -> None:
        connection.sendall(connect_packet(f"rig-{self._port}-{id(self)}"))
        if len(connection.recv(4)) < 4:  # CONNACK
            raise ConnectionError("no CONNACK")
        for packet in list(self._unacknowledged):
            connection.sendall(packet)
        started, sent_before, rest = time.monotonic(), self._sent, b""
        while not self._is_done():
            due = int(min(self._count, sent_before + (time.monotonic() - started) * self._rate)) - self._sent
            number = min(due, BATCH, MAX_UNACKNOWLEDGED - len(self._unacknowledged))
            if number > 0:
                connection.sendall(b"".join([self._next() for _ in range(number)]))
            if select.select([connection], [], [], 0 if number > 0 else TICK_S)[0]:
                data = connection.recv(65_536)
                if not data:
                    raise ConnectionError("closed by the broker")
                rest += data
                for _ in range(len(rest) // PUBACK_BYTES):
                    self._unacknowledged.popleft()
                    self.acknowledged += 1
                rest = rest[len(rest) - len(rest) % PUBACK_BYTES :]

    def _next(self) -> bytes:
        sequence, index = divmod(self._sent, len(self._topics))
        topic = self._topics[index]
        packet = publish_packet(topic, payload(topic, sequence, self._size), self._sent % PACKET_IDS + 1)
        self._unacknowledged.append(packet)
        self._sent += 1
        return packet


@dataclass
class Arrivals:
    """Comparison of the records of a topic with the messages that were published."""

    lost: list[tuple[str, int]] = field(default_factory=list)
    duplicates: int = 0
    out_of_order: list[tuple[str, int]] = field(default_factory=list)
    unexpected: list[tuple[str, int]] = field(default_factory=list)

    def assert_complete(self, *, max_duplicates: int | None = None) -> None:
        """Fail when a message is lost, or the first records of the messages of a key are out of order."""
        summary = (
            f"lost {len(self.lost)}: {self.lost[:5]}, out of order {len(self.out_of_order)}: {self.out_of_order[:5]}, "
            f"unexpected {len(self.unexpected)}: {self.unexpected[:5]}, duplicates {self.duplicates}"
        )
        assert not self.lost, summary
        assert not self.out_of_order, summary
        assert not self.unexpected, summary
        assert max_duplicates is None or self.duplicates <= max_duplicates, summary


def compare(records: Iterable[StoredRecord], expected: Mapping[str, int]) -> Arrivals:
    """Compare records, in the order of their partitions, with the number of messages of each key."""
    seen: dict[str, set[int]] = {key: set() for key in expected}
    newest: dict[str, int] = {}
    arrivals = Arrivals()
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        message = json.loads(record.value or b"{}")
        key, sequence = message["key"], message["sequence"]
        if sequence in seen.setdefault(key, set()):
            arrivals.duplicates += 1
            continue
        seen[key].add(sequence)
        if sequence < newest.get(key, -1):
            arrivals.out_of_order.append((key, sequence))
        newest[key] = max(newest.get(key, -1), sequence)
    for key, sequences in seen.items():
        wanted = set(range(expected.get(key, 0)))
        arrivals.lost += [(key, sequence) for sequence in sorted(wanted - sequences)]
        arrivals.unexpected += [(key, sequence) for sequence in sorted(sequences - wanted)]
    return arrivals


def has_all(records: Iterable[StoredRecord], expected: Mapping[str, int]) -> bool:
    """Return whether every message has arrived."""
    return not compare(records, expected).lost
