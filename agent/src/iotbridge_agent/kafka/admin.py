"""Answers of Kafka to questions of the doctor, by librdkafka: its brokers, topics and rights, and a marked record."""

from collections.abc import Iterable
import logging
import time
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient  # type: ignore[attr-defined]

from iotbridge_agent.errors import AgentError
from iotbridge_agent.kafka.client_options import producer_options
from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.settings import KafkaSettings

ANSWER_TIMEOUT_S = 8.0
SLICE_S = 1.0
"""Seconds after which errors are looked at: the library would go on to try."""
_LIBRARY_LOG = logging.getLogger(f"{__name__}.library")
_LIBRARY_LOG.setLevel(logging.CRITICAL + 1)  # errors are returned
CLIENT_ID = "iotbridge-doctor"
_LOGIN_REMEDY = "Compare sasl_mechanism, username and password_file in [kafka] with Kafka's users."
_WRITE_REMEDY = "Allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Write --topic TOPIC"
# Most informative first: while one of these is true, librdkafka goes on to report that all brokers are down.
_CAUSES = {
    KafkaError._AUTHENTICATION: ("refuses the login", _LOGIN_REMEDY),  # noqa: SLF001 - the library's own errors
    KafkaError._SSL: ("does not agree on TLS", "Compare ca_file and client_cert in [kafka]; is it a port with TLS?"),  # noqa: SLF001
    KafkaError._RESOLVE: ("was not found", "Check the names in kafka.bootstrap."),  # noqa: SLF001
    KafkaError._TRANSPORT: ("cannot be reached", "Check addresses and firewalls."),  # noqa: SLF001
}
_FINAL = (KafkaError._AUTHENTICATION, KafkaError._SSL)  # noqa: SLF001 - the library's own errors
_REFUSALS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: ("This user may not write to the topic.", _WRITE_REMEDY),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: (
        "This user may not write with idempotence.",
        "Allow it: Kafka before 2.8 needs the operation IdempotentWrite on the cluster.",
    ),
    KafkaError.UNKNOWN_TOPIC_OR_PART: ("Kafka has no such topic.", "Create it."),
    KafkaError._UNKNOWN_TOPIC: ("Kafka has no such topic.", "Create it."),  # noqa: SLF001
}


class KafkaAnswerError(AgentError):
    """Refusal or silence of Kafka; the text is a sentence, ``remedy`` the advice."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class Cluster(NamedTuple):
    """Kafka as it describes itself."""

    brokers: tuple[tuple[str, int], ...]
    """Host and port of each broker, as it wants to be called (``advertised.listeners``)."""
    topics: frozenset[str]


class Admin:
    """Connection to Kafka for questions."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._errors: list[KafkaError] = []
        self._options: dict[str, Any] = producer_options(settings, CLIENT_ID)
        self._options["error_cb"] = self._errors.append
        self._client = AdminClient(self._options, logger=_LIBRARY_LOG)

    def cluster(self) -> Cluster:
        """Return brokers and topics; raises KafkaAnswerError."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            try:
                metadata = self._client.list_topics(timeout=SLICE_S)
                break
            except KafkaException as error:
                self._client.poll(0)  # delivers the errors
                is_final = any(reported.code() in _FINAL for reported in self._errors)
                if is_final or time.monotonic() > deadline:
                    raise self._explained(error.args[0]) from None
        brokers = tuple((str(broker.host), broker.port) for broker in metadata.brokers.values())
        return Cluster(brokers, frozenset(metadata.topics))

    def can_write(self, topics: Iterable[str]) -> dict[str, bool | None]:
        """Return for each existing topic whether this user may write to it; None where Kafka does not say."""
        names = list(topics)
        if not names:
            return {}
        futures = self._client.describe_topics(
            TopicCollection(names), include_authorized_operations=True, request_timeout=ANSWER_TIMEOUT_S
        )
        rights: dict[str, bool | None] = {}
        for name, future in futures.items():
            try:
                operations = future.result().authorized_operations
            except KafkaException as error:
                is_refused = error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
                rights[name] = False if is_refused else None
            else:
                rights[name] = AclOperation.WRITE in operations if operations else None
        return rights

    def send(self, record: Record) -> tuple[int, int]:
        """Send a record with the guarantees of the connector; return partition and offset. Raises KafkaAnswerError."""
        reports: list[tuple[KafkaError | None, Any]] = []
        options = {**self._options, "message.timeout.ms": int(ANSWER_TIMEOUT_S * 1000)}
        producer = Producer(options, logger=_LIBRARY_LOG)
        try:
            producer.produce(
                record.topic,
                record.value,
                record.key,
                on_delivery=lambda error, message: reports.append((error, message)),
                timestamp=record.timestamp_ms,
                headers=[*record.headers],
            )
            producer.flush(ANSWER_TIMEOUT_S + 1)
        except (KafkaException, SystemError) as error:
            # After a fatal error the library calls on_delivery while its exception is already set: a SystemError.
            cause = error if isinstance(error, KafkaException) else error.__cause__
            if not isinstance(cause, KafkaException):
                raise
            raise self._explained(cause.args[0]) from None
        if not reports:
            raise KafkaAnswerError(f"Kafka did not confirm the record within {ANSWER_TIMEOUT_S:g} s.", "")
        failure, message = reports[0]
        if failure is not None:
            raise self._explained(failure)
        return message.partition(), message.offset()

    def _explained(self, error: KafkaError) -> KafkaAnswerError:
        if refusal := next((_REFUSALS[e.code()] for e in (error, *self._errors) if e.code() in _REFUSALS), None):
            return KafkaAnswerError(*refusal)
        known = {reported.code(): reported for reported in (error, *self._errors)}
        for code, (text, remedy) in _CAUSES.items():
            if code in known:
                detail = known[code].str().split("/bootstrap: ")[-1].split(" (after ")[0]
                return KafkaAnswerError(f"Kafka {text}: {detail}.", remedy)
        if error.code() == KafkaError._MSG_TIMED_OUT:  # noqa: SLF001 - the library's own errors
            sentence = f"Kafka did not confirm the record within {ANSWER_TIMEOUT_S:g} s."
            return KafkaAnswerError(sentence, "Does the topic exist, and are its brokers up?")
        remedy = "Check addresses, security and firewalls."
        return KafkaAnswerError(f"Kafka does not answer: {error.str()}.", remedy)
