"""Data path of a connector: from messages of the broker to Kafka, or to the disk while Kafka is away.

A message passes three places in this order: it waits for the disk, is in the spool, and is in flight, which means that
the producer has it. While all is well it is in flight at once. While one of the first two places has records, new ones
queue behind them.
"""

import asyncio
from collections.abc import Sequence
import logging
import time
from typing import Protocol

from iotbridge_agent.kafka.counters import Counters
from iotbridge_agent.kafka.delivery.backlog import Backlog
from iotbridge_agent.kafka.delivery.dead_letters import dead_record, letter_of
from iotbridge_agent.kafka.delivery.producer import Failure
from iotbridge_agent.kafka.delivery.sender import RecordSender
from iotbridge_agent.kafka.delivery.window import Entry, Unacknowledged
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import Record, Rejection, RejectReason
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.session.codec import Message, UndecodablePublish
from iotbridge_agent.kafka.session.epoch import session_epoch
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.states import ConnectorState, Situation, next_state

MAX_BYTES = 8 * 1024 * 1024
"""Bytes of values in memory after which nothing more is read, from the broker or from the spool."""
MIN_IN_FLIGHT = 2000
ANSWERING_S = 2.0
"""Seconds since the last delivery report for which Kafka counts as answering."""
_LOG = logging.getLogger(__name__)


class Source(Protocol):
    """Origin of the messages."""

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Acknowledge messages, in this order."""

    def pause(self) -> None:
        """Read nothing any more."""

    def resume(self) -> None:
        """Read again."""


class Pipeline:
    """Data path of one connector."""

    def __init__(self, settings: ConnectorSettings, router: Router, counters: Counters, spool: Spool) -> None:
        max_in_flight = max(2 * settings.receive_maximum, MIN_IN_FLIGHT)
        self.counters = counters
        counters.state = ConnectorState.CATCHING_UP  # the spool may have records of the last run
        self.source: Source | None = None
        self.sender = RecordSender(settings.kafka, client_id=f"iotbridge-{settings.id}", owner=self)
        self.backlog = Backlog(spool, self.sender, max_in_flight=max_in_flight, max_bytes=MAX_BYTES)
        self._settings = settings
        self._router = router
        self._route = router.route
        self._unacknowledged = Unacknowledged()
        self._spooling_since = 0.0
        self._is_paused = False
        self._has_work = asyncio.Event()
        self._max_in_flight = max_in_flight
        self._half_full = max(settings.receive_maximum // 2, 1)

    @property
    def is_idle(self) -> bool:
        """Return whether every message that arrived is in Kafka or on the disk, and acknowledged."""
        if len(self._unacknowledged) or self.backlog.waiting:
            return False
        return all(entry.seq for entry in self.sender.in_flight.undone())

    # Messages

    def session_began(self, *, is_resumed: bool) -> None:
        """Begin a connection."""
        self._router.begin_session(session_epoch(self._settings.spool.path, is_resumed=is_resumed))
        if not is_resumed:
            self._unacknowledged.session_lost()

    def subscribed(self) -> None:
        """Count the broker as connected."""
        self.counters.mqtt = True

    def connection_lost(self) -> None:
        """Acknowledge only what the broker sends again."""
        self.counters.mqtt = False
        self._unacknowledged.connection_lost()

    def received(self, messages: Sequence[Message]) -> None:
        """Take messages, in the order of their arrival."""
        now, now_ms = time.monotonic(), int(time.time() * 1000)
        counters = self.counters
        may_repeat = self._unacknowledged.is_awaiting
        for message in messages:
            if may_repeat and self._unacknowledged.is_redelivery(message):
                counters.duplicates += 1
                continue
            entry = self._routed(message, now, now_ms)
            # An error of one record may end the live state for those behind it.
            if entry.record is None or (counters.state is ConnectorState.LIVE and self.sender.send(entry)):
                continue
            if counters.state is ConnectorState.LIVE:
                self._enter(ConnectorState.SPOOLING)
            self.backlog.add(entry)
        if counters.state is not ConnectorState.LIVE:
            self._has_work.set()
        elif len(self.sender.in_flight) >= self._half_full:
            self.update_state()
        self._acknowledge()

    def _routed(self, message: Message, now: float, now_ms: int) -> Entry:
        """Return the entry of a new message, with its record, if it has one."""
        counters, entry = self.counters, Entry(message, now)
        if entry.packet_id:
            self._unacknowledged.add(entry)
        counters.in_total += 1
        result = _undecodable(message) if isinstance(message, UndecodablePublish) else self._route(message, now_ms)
        if result.route >= 0:
            counters.routes_in[result.route] += 1
        if isinstance(result, Record):
            entry.record = result
        else:
            self._rejected(entry, result, now_ms)
        if entry.record is not None:
            entry.size = len(entry.record.value)
        return entry

    # Reports of the sender

    def confirmed(self, entries: list[Entry]) -> None:
        """Count confirmed entries, acknowledge messages, and let the spool forget records."""
        counters, now = self.counters, time.monotonic()
        number, received_at = 0, 0.0
        for entry in entries:
            if entry.letter is None:
                counters.out_total += 1
                if (route := entry.record.route) >= 0:  # type: ignore[union-attr]
                    counters.routes_out[route] += 1
            if entry.received_at != received_at:
                if number:
                    counters.latency.add(now - received_at, number)
                number, received_at = 0, entry.received_at
            number += 1
        if number:
            counters.latency.add(now - received_at, number)
        counters.kafka = self.sender.is_connected
        if entries:
            self.backlog.confirmed()
        self._acknowledge()
        if counters.state is not ConnectorState.LIVE or self.backlog.has_confirmed:
            self._has_work.set()

    def refused(self, entry: Entry, failure: Failure) -> bool:
        """Turn an entry into a dead letter; return whether it has got another record to be sent."""
        if entry.letter is not None or entry.record is None:
            if entry.letter is not None:  # Kafka refuses the dead letter, too
                self._keep_letter(entry.letter, entry)
            return False
        rejection = Rejection(RejectReason(failure.reason), failure.detail, entry.record.route)
        self._bury(entry, letter_of(entry, rejection, entry.record.timestamp_ms))
        return self._settings.kafka.dlq_topic is not None

    def interrupted(self) -> None:
        """Write to the disk from now on."""
        self.counters.kafka = False
        self.update_state()

    # State

    def tick(self) -> None:
        """Do what is due without messages and reports; to be called often."""
        self.sender.tick()
        self.update_state()
        if self.counters.state is not ConnectorState.LIVE:
            self._has_work.set()

    def look_into_spool(self) -> None:
        """Send what another program has put into the spool."""
        self._has_work.set()

    async def run(self) -> None:
        """Move entries to the disk and from there to Kafka, for ever."""
        self._has_work.set()
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            await self.backlog.visit(is_live=self.counters.state is ConnectorState.LIVE)
            self.update_state()

    def update_state(self) -> None:
        """Follow the situation."""
        sender = self.sender
        is_recent = time.monotonic() - sender.reported_at < ANSWERING_S
        situation = Situation(
            is_held=sender.is_held,
            is_answering=not sender.is_waiting or (is_recent and sender.reported_at > self._spooling_since),
            age_s=sender.unsaved_age_s,
            is_half_full=len(sender.in_flight) >= self._half_full or sender.in_flight.bytes > MAX_BYTES // 2,
            is_drained=self.backlog.is_drained,
            is_full=self.backlog.is_full,
        )
        state = next_state(self.counters.state, situation)
        if state is not self.counters.state:
            self._enter(state)
        self.counters.kafka = sender.is_connected
        self.counters.problem = sender.problem or self.backlog.problem

    def _enter(self, state: ConnectorState) -> None:
        before, self.counters.state = self.counters.state, state
        _LOG.info("The connector is %s.", state.value.replace("_", " "))
        if state is ConnectorState.SPOOLING:
            self._spooling_since = time.monotonic()
        if before is ConnectorState.LIVE:
            self.backlog.begin()
        if state is ConnectorState.LIVE:
            self._send_waiting()
        self._has_work.set()
        self._adjust_reading()

    def _send_waiting(self) -> None:
        self.backlog.is_full = False
        for entry in self.backlog.take_waiting():
            if self.counters.state is not ConnectorState.LIVE or not self.sender.send(entry):
                self.backlog.add(entry)
                if self.counters.state is ConnectorState.LIVE:
                    self._enter(ConnectorState.SPOOLING)

    def _adjust_reading(self) -> None:
        """Read from the broker as long as there is room in memory."""
        state, in_flight = self.counters.state, self.sender.in_flight
        load, size = len(self.backlog.waiting), self.backlog.waiting_bytes
        if state is ConnectorState.LIVE:
            load, size = load + len(in_flight), size + in_flight.bytes
        part = 2 if self._is_paused else 1
        is_paused = state is ConnectorState.PAUSED or load >= self._max_in_flight // part or size >= MAX_BYTES // part
        if is_paused is not self._is_paused and self.source:
            self._is_paused = is_paused
            if is_paused:
                self.source.pause()
            else:
                self.source.resume()

    def _acknowledge(self) -> None:
        packet_ids = self._unacknowledged.collect()
        if packet_ids and self.source:
            self.source.acknowledge(packet_ids)
        self._adjust_reading()

    # Dead letters

    def _rejected(self, entry: Entry, rejection: Rejection, now_ms: int) -> None:
        if rejection.reason is RejectReason.NO_ROUTE and self._settings.unrouted == "count":
            self.counters.dead[rejection.reason] += 1
            entry.is_done = True
        else:
            self._bury(entry, letter_of(entry, rejection, now_ms))

    def _bury(self, entry: Entry, letter: Letter) -> None:
        """Make the entry a dead letter, for the topic of dead letters if there is one, else for the spool."""
        self.counters.dead[letter.reason] += 1
        if topic := self._settings.kafka.dlq_topic:
            entry.record = dead_record(entry, letter, topic)
        else:
            self._keep_letter(letter, entry)
        entry.letter = letter

    def _keep_letter(self, letter: Letter, entry: Entry) -> None:
        self.backlog.add_letter(letter, entry)
        self._has_work.set()


def _undecodable(message: UndecodablePublish) -> Record | Rejection:
    return Rejection(RejectReason.VALUE_INVALID, f"The message breaks a rule of MQTT: {message.detail}.")
