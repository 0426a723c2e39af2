"""Entries between broker and Kafka: what is acknowledged, in which order, and what a broker sends again."""

from collections import deque

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from iotbridge_agent.kafka.delivery.window import Entry, InFlight, Unacknowledged
from iotbridge_agent.kafka.record import Record

from ..messages import message

MAX_IN_FLIGHT = 8


def entry(packet_id: int | None, payload: bytes = b"x", *, topic: str = "t") -> Entry:
    """Return the entry of a message that has just arrived."""
    received = message(topic, payload, packet_id=packet_id)
    return Entry(received, 0.0, Record("k", b"", payload, [], 0))


def queue(*entries: Entry) -> Unacknowledged:
    """Return a queue of entries."""
    unacknowledged = Unacknowledged()
    for added in entries:
        unacknowledged.add(added)
    return unacknowledged


def test_only_the_settled_prefix_is_acknowledged() -> None:
    entries = [entry(number) for number in (3, 1, 2)]
    unacknowledged = queue(*entries)
    entries[1].is_done = True
    assert unacknowledged.collect() == []
    entries[0].seq = 17
    assert unacknowledged.collect() == [3, 1]
    assert unacknowledged.collect() == []
    assert len(unacknowledged) == 1


def test_after_a_loss_an_entry_is_acknowledged_when_the_broker_has_sent_it_again() -> None:
    first, second = entry(1), entry(2)
    unacknowledged = queue(first, second)
    unacknowledged.connection_lost()
    first.is_done = second.is_done = True
    assert unacknowledged.collect() == []
    assert unacknowledged.is_redelivery(message("t", b"x", packet_id=1, duplicate=True))
    assert unacknowledged.collect() == [1]
    assert unacknowledged.is_awaiting
    assert not unacknowledged.is_redelivery(message("t", b"new", packet_id=3))
    assert not unacknowledged.is_awaiting


def test_another_message_with_the_same_packet_id_is_new() -> None:
    for other in (
        message("t", b"other", packet_id=1, duplicate=True),
        message("other", b"x", packet_id=1, duplicate=True),
        message("t", b"x", packet_id=1, duplicate=False),
    ):
        unacknowledged = queue(entry(1))
        unacknowledged.connection_lost()
        assert not unacknowledged.is_redelivery(other)
        assert not len(unacknowledged)


def test_behind_a_message_whose_acknowledgement_was_lost_all_are_sent_again() -> None:
    first, second = entry(1, b"old"), entry(2, b"new")
    unacknowledged = queue(first, second)
    first.is_done = True
    assert unacknowledged.collect() == [1]
    unacknowledged.connection_lost()
    assert not unacknowledged.is_redelivery(message("t", b"old", packet_id=1, duplicate=True))
    assert not unacknowledged.is_redelivery(message("t", b"new", packet_id=2, duplicate=True))


def test_a_message_without_packet_id_does_not_end_the_redelivery() -> None:
    unacknowledged = queue(entry(1))
    unacknowledged.connection_lost()
    assert not unacknowledged.is_redelivery(message("t", b"x", packet_id=None))
    assert unacknowledged.is_redelivery(message("t", b"x", packet_id=1, duplicate=True))


def test_entries_in_flight_leave_in_order() -> None:
    in_flight = InFlight()
    entries = [entry(number, b"four") for number in (1, 2, 3)]
    for added in entries:
        in_flight.add(added)
    assert in_flight.bytes == 12
    entries[1].is_done = True
    assert in_flight.pop_done() == []
    assert in_flight.undone() == [entries[0], entries[2]]
    entries[0].is_done = True
    assert in_flight.pop_done() == entries[:2]
    in_flight.remove_last()
    assert (len(in_flight), in_flight.bytes, in_flight.last) == (0, 0, None)


class Session(RuleBasedStateMachine):
    """Queue of a client beside a broker that follows the rules of MQTT, over losses at every moment."""

    def __init__(self) -> None:
        super().__init__()
        self.unacknowledged = Unacknowledged()
        self.held: dict[int, Entry] = {}
        """Entries that are not acknowledged yet, by their number, which is their payload."""
        self.unsettled: list[Entry] = []
        self.in_flight: dict[int, int] = {}
        """Numbers of the broker's messages without acknowledgement, by packet id, in their order."""
        self.resend: deque[int] = deque()
        """Packet ids that the broker has to send again on this connection."""
        self.delivered: deque[int] = deque()
        """Packet ids in the order of this connection, as far as they were not acknowledged on it."""
        self.received: set[int] = set()
        """Numbers of the messages of this connection."""
        self.wire: deque[int] = deque()
        """Acknowledgements that the broker has not read."""
        self.published = 0
        self.is_connected = True

    def _receive(self, packet_id: int, *, is_duplicate: bool) -> None:
        number = self.in_flight[packet_id]
        received = message("t", b"%d" % number, packet_id=packet_id, duplicate=is_duplicate)
        self.delivered.append(packet_id)
        self.received.add(number)
        if self.unacknowledged.is_redelivery(received):
            assert number in self.held
            return
        if is_duplicate:
            # Its acknowledgement was lost; those behind it follow it to Kafka once more.
            self.held = {number: held for number, held in self.held.items() if number in self.received}
        assert number not in self.held, "the message is sent to Kafka twice although it was not acknowledged"
        new = Entry(received, 0.0)
        self.unacknowledged.add(new)
        self.held[number] = new
        self.unsettled.append(new)

    @precondition(lambda self: self.is_connected and (self.resend or len(self.in_flight) < MAX_IN_FLIGHT))
    @rule()
    def deliver(self) -> None:
        if self.resend:
            self._receive(self.resend.popleft(), is_duplicate=True)
            return
        packet_id = next(number for number in range(1, MAX_IN_FLIGHT + 1) if number not in self.in_flight)
        self.in_flight[packet_id] = self.published
        self.published += 1
        # The first new message tells the client that nothing else is sent again.
        self.held = {number: held for number, held in self.held.items() if number in self.received}
        self._receive(packet_id, is_duplicate=False)

    @precondition(lambda self: self.unsettled)
    @rule(data=st.data(), is_on_disk=st.booleans())
    def settle(self, data: st.DataObject, is_on_disk: bool) -> None:
        settled = self.unsettled.pop(data.draw(st.integers(0, len(self.unsettled) - 1)))
        if is_on_disk:
            settled.seq = 1
        else:
            settled.is_done = True

    @rule()
    def acknowledge(self) -> None:
        for packet_id in self.unacknowledged.collect():
            assert self.is_connected
            assert packet_id == self.delivered.popleft(), "out of order, or not sent on this connection"
            settled = self.held.pop(self.in_flight[packet_id])
            assert settled.is_done or settled.seq
            self.wire.append(packet_id)

    @precondition(lambda self: self.wire)
    @rule()
    def read_acknowledgement(self) -> None:
        del self.in_flight[self.wire.popleft()]

    @precondition(lambda self: self.is_connected)
    @rule()
    def lose_connection(self) -> None:
        self.unacknowledged.connection_lost()
        self.delivered.clear()
        self.received.clear()
        self.wire.clear()
        self.is_connected = False

    @precondition(lambda self: not self.is_connected and self.in_flight)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        del self.in_flight[data.draw(st.sampled_from(sorted(self.in_flight)))]

    @precondition(lambda self: not self.is_connected)
    @rule(is_resumed=st.booleans())
    def connect(self, is_resumed: bool) -> None:
        if not is_resumed:
            self.unacknowledged.session_lost()
            self.in_flight.clear()
            self.held.clear()
        self.resend = deque(self.in_flight)
        self.is_connected = True

    @invariant()
    def every_message_of_the_connection_is_held_until_it_is_acknowledged(self) -> None:
        assert len(self.unacknowledged) == len(self.received & set(self.held))


TestSession = Session.TestCase
