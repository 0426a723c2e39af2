"""Window of the messages that Kafka has not confirmed yet; pure.

Messages are acknowledged in the order of their arrival, and only the prefix of those that are settled: confirmed by
Kafka, or on the disk.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import MqttMessage, Record


class Entry:
    """Message on its way to Kafka; calling it is Kafka's delivery report."""

    __slots__ = (
        "error", "is_done", "is_refused", "letter", "message", "packet_id", "received_at", "record", "report",
        "seq", "size",
    )  # fmt: skip

    def __init__(self, message: MqttMessage | None, received_at: float, record: Record | None = None) -> None:
        self.record = record
        """None for a message that is not sent."""
        self.size = 0 if record is None else len(record.value)
        """Bytes that count for the limits of the memory."""
        self.message = message
        """None for a record from the spool."""
        self.packet_id = 0 if message is None else message.packet_id or 0
        """Packet id to acknowledge; 0 if there is none."""
        self.seq = 0
        """Number in the spool; 0 if the record is not there."""
        self.is_done = False
        """True once Kafka has confirmed the record, or nothing is to be sent."""
        self.letter: Letter | None = None
        """Dead letter that this message has become."""
        self.is_refused = False
        """True once there is nothing to be sent any more: the dead letter only has to reach the disk."""
        self.received_at = received_at
        """Monotonic time of the arrival."""
        self.error: Any = None
        """Error of the last delivery report."""
        self.report: Callable[[Entry], None] | None = None
        """Receiver of the delivery report, in the thread of the producer."""

    def __call__(self, error: Any, _message: Any) -> None:
        """Take the delivery report."""
        self.error = error
        self.report(self)  # type: ignore[misc]


class InFlight:
    """Entries that the producer has, in their order, from the first one that is not confirmed."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self.bytes = 0
        """Size of all entries."""

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(self, entry: Entry) -> None:
        """Add an entry at the end."""
        self._entries.append(entry)
        self.bytes += entry.size

    @property
    def last(self) -> Entry | None:
        """Return the last entry."""
        return self._entries[-1] if self._entries else None

    def remove_last(self) -> None:
        """Remove the last entry."""
        self.bytes -= self._entries.pop().size

    def undone(self) -> list[Entry]:
        """Return the entries whose records are still to be confirmed."""
        return [entry for entry in self._entries if not entry.is_done and not entry.is_refused]

    def pop_done(self) -> list[Entry]:
        """Remove the prefix of confirmed entries, and return it."""
        entries = self._entries
        popped = []
        while entries and entries[0].is_done:
            entry = entries.popleft()
            self.bytes -= entry.size
            popped.append(entry)
        return popped


class Unacknowledged:
    """Entries of QoS 1 in the order of their arrival, from the first one that is not acknowledged.

    On a new connection the broker sends them again before any new message, with the same packet ids. They are
    recognized by their content, too: a broker that was restored from an older file may use a packet id for another
    message.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        """Entries of this connection."""
        self._awaited: dict[int, Entry] = {}
        """Entries of earlier connections that the broker has yet to send again, by packet id."""
        self.add = self._entries.append
        """Add an entry with a packet id."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_awaiting(self) -> bool:
        """Return whether the broker has yet to send messages again."""
        return bool(self._awaited)

    def collect(self) -> list[int]:
        """Remove the prefix of settled entries, and return their packet ids."""
        entries = self._entries
        packet_ids = []
        while entries and ((entry := entries[0]).is_done or entry.seq):
            packet_ids.append(entry.packet_id)
            entries.popleft()
        return packet_ids

    def connection_lost(self) -> None:
        """Acknowledge nothing that the broker has not sent again."""
        self._awaited |= {entry.packet_id: entry for entry in self._entries}
        self._entries.clear()

    def session_lost(self) -> None:
        """Acknowledge none of the entries: the broker has forgotten them."""
        self._entries.clear()
        self._awaited.clear()

    def is_redelivery(self, message: MqttMessage) -> bool:
        """Return whether the message is an entry that the broker sends again; it is to be acknowledged, not sent.

        The first message that comes for the first time ends the redelivery. So does one whose acknowledgement was lost:
        it is sent to Kafka again, and so are those behind it, or an old value would be the last one of its key.
        """
        if message.packet_id is None:
            return False
        entry = self._awaited.pop(message.packet_id, None)
        if entry is None or not message.duplicate or not _is_same(entry.message, message):
            self._awaited.clear()
            return False
        self._entries.append(entry)
        return True


def _is_same(first: MqttMessage | None, second: MqttMessage) -> bool:
    return first is not None and (first.topic, first.payload) == (second.topic, second.payload)
