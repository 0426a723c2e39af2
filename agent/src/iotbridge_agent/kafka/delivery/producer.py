"""Producer of records, by librdkafka; the only module that imports its producer."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
import logging
import re
import threading
import time
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer

from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.client_options import producer_options
from iotbridge_agent.kafka.delivery.window import Entry
from iotbridge_agent.kafka.settings import KafkaSettings

POLL_S = 0.5
PROBE_TIMEOUT_S = 4.0
_LIBRARY_LOG = logging.getLogger(f"{__name__}.library")
_LIBRARY_LOG.setLevel(logging.CRITICAL)  # it repeats each failure for each broker
_POISON = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too_large",
    KafkaError.RECORD_LIST_TOO_LARGE: "too_large",
    KafkaError.INVALID_MSG: "refused",
    KafkaError.INVALID_MSG_SIZE: "refused",
    KafkaError.INVALID_RECORD: "refused",
    KafkaError.INVALID_TIMESTAMP: "refused",
    KafkaError.TOPIC_EXCEPTION: "refused",
    KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT: "refused",
}
_POISON |= {KafkaError._INVALID_DIFFERENT_RECORD: "refused"}  # noqa: SLF001 - a name of the library's own errors
_PURGED = (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)  # noqa: SLF001 - the library's names of local errors
_PROBLEMS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "does not let this user write to a topic",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "does not let this user write with idempotence (right IdempotentWrite)",
    KafkaError.SASL_AUTHENTICATION_FAILED: "does not accept user and password",
    KafkaError._AUTHENTICATION: "does not accept user and password",  # noqa: SLF001 - see above
    KafkaError._SSL: "cannot be trusted, or does not speak TLS",  # noqa: SLF001 - see above
    KafkaError._RESOLVE: "was not found",  # noqa: SLF001 - see above
    KafkaError._ALL_BROKERS_DOWN: "does not answer",  # noqa: SLF001 - see above
    KafkaError.UNKNOWN_TOPIC_OR_PART: "does not have a topic",
    KafkaError._UNKNOWN_TOPIC: "does not have a topic",  # noqa: SLF001 - see above
}


_OUTAGES = (
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001 - see above
    KafkaError._AUTHENTICATION,  # noqa: SLF001 - see above
    KafkaError._SSL,  # noqa: SLF001 - see above
    KafkaError._RESOLVE,  # noqa: SLF001 - see above
)


# Address and duration, which differ from one attempt to the next.
_NOISE = re.compile(r"^\S+://\S+: | \(after \d+ms in state \w+(, [^)]*)?\)")


class Verdict(Enum):
    """Consequence of an error for a record."""

    POISON = "poison"
    """The record can never be delivered as it is."""
    HELD = "held"
    """The record waits until the cause is removed."""


class Failure(NamedTuple):
    """Explanation of an error; ``detail`` is a sentence without address, key or payload."""

    verdict: Verdict
    reason: str = ""
    detail: str = ""
    is_of_batch: bool = False
    """True if another record of the same batch may be to blame."""


class Problem(NamedTuple):
    """Error of the connection to Kafka; ``detail`` is a sentence."""

    detail: str
    is_fatal: bool
    """True if the producer cannot go on."""
    is_outage: bool
    """True if nothing can be delivered now."""


class QueueFullError(Exception):
    """Lack of room in the producer's own queue."""


class RecordError(Exception):
    """Rejection of a record by the producer itself."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def _failure_of(error: KafkaError, *, is_of_batch: bool) -> Failure:
    code = error.code()
    if code in _PURGED:
        return Failure(Verdict.HELD)
    if code in _POISON:
        return Failure(Verdict.POISON, _POISON[code], f"Kafka refused the record: {error.str()}.", is_of_batch)
    return Failure(Verdict.HELD, detail=_explain(error))


def _problem(error: KafkaError) -> Problem:
    return Problem(_explain(error), error.fatal(), error.code() in _OUTAGES)


def _explain(error: KafkaError) -> str:
    text, cause = _PROBLEMS.get(error.code()), _NOISE.sub("", error.str())
    return f"Kafka {text} ({cause})." if text else f"Kafka reports an error: {cause}."


class KafkaProducer:
    """Producer whose delivery reports reach the event loop in batches."""

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        client_id: str,
        on_reports: Callable[[list[Entry]], None],
        on_problem: Callable[[Problem], None],
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._on_reports = on_reports
        self._on_problem = on_problem
        self._producer: Producer | None = None
        self._poller: _Poller | None = None
        self._is_one_by_one = False

    @property
    def is_open(self) -> bool:
        """Return whether records can be sent."""
        return self._producer is not None

    def open(self, *, one_by_one: bool = False) -> None:
        """Start; with ``one_by_one`` a refusal concerns one record only, and not its whole batch. Raise ConfigError."""
        loop = asyncio.get_running_loop()
        options = producer_options(self._settings, self._client_id)
        if one_by_one:
            options |= {"batch.num.messages": 1}
        self._is_one_by_one = one_by_one

        def on_error(error: KafkaError) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._on_problem, _problem(error))

        try:
            self._producer = Producer({**options, "error_cb": on_error}, logger=_LIBRARY_LOG)
        except KafkaException as error:
            raise ConfigError(f"[kafka]: the library for Kafka refuses it: {error.args[0].str()}") from None
        self._poller = poller = _Poller(loop, self._on_reports, on_error)
        self._append = poller.reports.append
        self._produce = self._producer.produce
        poller.start(self._producer)

    def send(self, entry: Entry) -> None:
        """Send the entry's record; raise QueueFullError or RecordError."""
        entry.report = self._append
        topic, key, value, headers, timestamp_ms, _ = entry.record  # type: ignore[misc]
        try:
            self._produce(topic, value, key, -1, entry, None, timestamp_ms, headers)  # type: ignore[arg-type]
        except BufferError:
            raise QueueFullError from None
        except KafkaException as error:
            raise RecordError(_failure_of(error.args[0], is_of_batch=False)) from None

    def failure_of(self, error: KafkaError) -> Failure:
        """Return the consequence of the error of a delivery report."""
        return _failure_of(error, is_of_batch=not self._is_one_by_one)

    def close(self) -> None:
        """Take back everything that was not delivered, report what was, and stop."""
        if self._producer is None or self._poller is None:
            return
        with suppress(KafkaException, SystemError):  # a fatal error, which is the reason for closing
            self._producer.purge()
            self._producer.poll(0)
        self._poller.stop()
        self._producer = self._poller = None

    def probe(self) -> bool:
        """Return whether Kafka answers; blocks."""
        producer = self._producer
        if producer is None:
            return False
        try:
            producer.list_topics(timeout=PROBE_TIMEOUT_S)
        except KafkaException:
            return False
        return True


class _Poller:
    """Thread that waits for delivery reports."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_reports: Callable[[list[Entry]], None],
        on_error: Callable[[KafkaError], None],
    ) -> None:
        self.reports: list[Entry] = []
        self._loop = loop
        self._on_reports = on_reports
        self._on_error = on_error
        self._is_stopped = False

    def start(self, producer: Producer) -> None:
        """Start the thread; it holds the producer until ``stop``."""
        threading.Thread(target=self._run, args=(producer,), name="kafka-poll", daemon=True).start()

    def stop(self) -> None:
        """Deliver the successes so far, and end the thread within POLL_S."""
        self._is_stopped = True
        if delivered := [entry for entry in self.reports if entry.error is None]:
            self._on_reports(delivered)

    def _run(self, producer: Producer) -> None:
        while not self._is_stopped:
            try:
                producer.poll(POLL_S)
            except KafkaException as error:
                # A fatal error, of which the callback for errors gets nothing. What was to be sent is taken back next.
                self._on_error(error.args[0])
            except SystemError:
                time.sleep(POLL_S)
            if self.reports:
                try:
                    self._loop.call_soon_threadsafe(self._deliver)
                except RuntimeError:  # the loop is closed
                    return

    def _deliver(self) -> None:
        reports = self.reports
        batch = reports[:]
        # The other thread only appends.
        del reports[: len(batch)]
        if batch and not self._is_stopped:
            self._on_reports(batch)
