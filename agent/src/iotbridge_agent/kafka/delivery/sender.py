"""Entries on their way to Kafka: their order is kept over errors, and refused records are told from outages."""

import asyncio
import logging
import math
import time
from typing import Protocol

from iotbridge_agent.kafka.delivery.producer import (
    Failure,
    KafkaProducer,
    Problem,
    QueueFullError,
    RecordError,
    Verdict,
)
from iotbridge_agent.kafka.delivery.window import Entry, InFlight
from iotbridge_agent.kafka.settings import KafkaSettings
from iotbridge_agent.mqtt.connection import Backoff

PROBE_S = 5.0
NO_ANSWER = "Kafka does not answer"
_LOG = logging.getLogger(__name__)


class Owner(Protocol):
    """Owner of the entries."""

    def confirmed(self, entries: list[Entry]) -> None:
        """Handle the next entries that Kafka has confirmed, in their order; perhaps none."""

    def refused(self, entry: Entry, failure: Failure) -> bool:
        """Turn an entry into a dead letter; return whether it has got another record to be sent."""

    def interrupted(self) -> None:
        """Handle an error that keeps the sender from sending."""


class RecordSender:
    """Entries that Kafka has not confirmed, and the producer that has them."""

    def __init__(self, settings: KafkaSettings, *, client_id: str, owner: Owner) -> None:
        self.in_flight = InFlight()
        self.is_held = False
        """True from an error until Kafka confirms a record again."""
        self.is_connected = False
        """True while Kafka answers, as far as is known."""
        self.problem = ""
        """Sentence about the present problem."""
        self.reported_at = -math.inf
        """Time of the last delivery report."""
        self._owner = owner
        self._producer = KafkaProducer(
            settings, client_id=client_id, on_reports=self._reported, on_problem=self._problem_arose
        )
        self._backoff = Backoff()
        self._reopen_at = 0.0
        self._last_suspect: Entry | None = None
        """Last entry that is sent one by one, because a batch was refused."""
        self._probe: asyncio.Task[None] | None = None
        self._probed_at = -PROBE_S

    @property
    def can_send(self) -> bool:
        """Return whether the producer takes records."""
        return self._producer.is_open

    @property
    def is_waiting(self) -> bool:
        """Return whether an entry in flight waits for Kafka's confirmation."""
        return any(not entry.is_done and not entry.is_refused for entry in self.in_flight)

    @property
    def unsaved_age_s(self) -> float:
        """Return for how many seconds the oldest of these that is not on the disk has waited; 0 if there is none."""
        waiting = (entry for entry in self.in_flight if not entry.is_done and not entry.is_refused and not entry.seq)
        oldest = next(waiting, None)
        return 0.0 if oldest is None else time.monotonic() - oldest.received_at

    def open(self) -> None:
        """Start the producer; raises ConfigError for options that its library refuses."""
        self._producer.open()

    def close(self) -> None:
        """Stop the producer; what it has not delivered stays in flight."""
        self._producer.close()

    def send(self, entry: Entry) -> bool:
        """Send an entry behind all others; return False if there is no room for it now."""
        self.in_flight.add(entry)
        try:
            self._producer.send(entry)
        except QueueFullError:
            self.in_flight.remove_last()
            return False
        except RecordError as error:
            self._fail(entry, error.failure)
        return True

    def tick(self) -> None:
        """Open the producer again when its time has come, and ask whether Kafka is there when nothing tells."""
        now = time.monotonic()
        if not self._producer.is_open and now >= self._reopen_at:
            self._restart(one_by_one=self._last_suspect is not None)
        if not self.is_connected and now >= self._probed_at + PROBE_S and (self._probe is None or self._probe.done()):
            self._probed_at = now
            self._probe = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        is_there = await asyncio.get_running_loop().run_in_executor(None, self._producer.probe)
        # As long as there are records, only their delivery proves that an error is over.
        if is_there and (not self.is_held or (self._producer.is_open and not len(self.in_flight))):
            self._recovered()

    def _reported(self, entries: list[Entry]) -> None:
        self.reported_at = time.monotonic()
        failed = []
        for entry in entries:
            if entry.error is None:
                entry.is_done = True
            elif not entry.is_done and not entry.is_refused:
                failed.append(entry)
        if not failed and not self.is_connected:
            self._recovered()
        for entry in failed:
            if not self._fail(entry, self._producer.failure_of(entry.error)):
                break  # the others have been sent again, too, or taken back
        self.settle()

    def settle(self) -> None:
        """Hand over the entries that are done."""
        done = self.in_flight.pop_done()
        self._owner.confirmed(done)
        if self._last_suspect is not None and self._last_suspect in done:
            self._last_suspect = None
            self._restart(one_by_one=False)

    def _fail(self, entry: Entry, failure: Failure) -> bool:
        """Handle the failure of one entry; return False if this concerned everything in flight."""
        if failure.verdict is Verdict.HELD:
            self._hold(failure.detail)
            return False
        if failure.is_of_batch:
            # One record of the batch is to blame, and Kafka does not say which.
            self._last_suspect = self.in_flight.last
            self._restart(one_by_one=True)
            return False
        if not self._owner.refused(entry, failure):
            entry.is_refused = True
            return True
        return self._resend(entry)

    def _resend(self, entry: Entry) -> bool:
        """Send an entry of those in flight once more; return False if that is not possible now."""
        try:
            self._producer.send(entry)
        except QueueFullError:
            self._hold("The producer's own queue is full.")
            return False
        except RecordError as error:
            return self._fail(entry, error.failure)
        return True

    def _restart(self, *, one_by_one: bool) -> None:
        """Send everything that is not confirmed again, in order, by a new producer."""
        self._producer.close()
        self._producer.open(one_by_one=one_by_one)
        for entry in self.in_flight.undone():
            if not self._resend(entry):
                return

    def _hold(self, detail: str) -> None:
        """Take everything back, and try again later."""
        self._producer.close()
        self._reopen_at = time.monotonic() + self._backoff.next_s()
        self.is_held = True
        self._log_problem(detail)
        self._owner.interrupted()

    def _problem_arose(self, problem: Problem) -> None:
        if problem.is_fatal and self._producer.is_open:
            self._hold(problem.detail)
        elif problem.is_fatal or problem.is_outage:
            self._log_problem(problem.detail)
        self._probed_at = -PROBE_S

    def _log_problem(self, detail: str) -> None:
        """Log a problem once; one that has a cause is not replaced by its consequences."""
        self.is_connected = False
        is_consequence = not detail or (self.problem and detail.startswith(NO_ANSWER))
        if _cause(detail) != _cause(self.problem) and not is_consequence:
            self.problem = detail
            _LOG.warning("%s The messages are kept, and sent when this is over.", detail)

    def _recovered(self) -> None:
        if self.problem:
            _LOG.info("Kafka answers again.")
        self.is_held, self.is_connected, self.problem = False, True, ""
        self._backoff.reset()


def _cause(detail: str) -> str:
    """Return the sentence without the library's words, which name times and addresses."""
    return detail.partition(" (")[0]
