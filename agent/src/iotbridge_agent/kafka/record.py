"""Messages of MQTT, records of Kafka, and rejections: what routes read and return."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class MqttMessage(Protocol):
    """Message from the broker, as the codec decodes it."""

    @property
    def topic(self) -> str:
        """Return the topic."""

    @property
    def payload(self) -> bytes:
        """Return the payload."""

    @property
    def retain(self) -> bool:
        """Return whether the broker had retained the message."""

    @property
    def packet_id(self) -> int | None:
        """Return the packet id, or None for QoS 0."""

    @property
    def duplicate(self) -> bool:
        """Return whether the broker has sent the message before."""

    @property
    def content_type(self) -> str | None:
        """Return the content type."""

    @property
    def correlation_data(self) -> bytes | None:
        """Return the correlation data."""

    @property
    def response_topic(self) -> str | None:
        """Return the response topic."""

    @property
    def user_properties(self) -> list[tuple[str, str]]:
        """Return the user properties."""


class Record(NamedTuple):
    """Record for Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    timestamp_ms: int
    route: int = -1
    """Index of the route; -1 if it is not known any more."""


class RejectReason(StrEnum):
    """Reason why a message becomes a dead letter."""

    NO_ROUTE = "no_route"
    MISSING_PART = "missing_part"
    ILLEGAL_TOPIC = "illegal_topic"
    TOO_MANY_TOPICS = "too_many_topics"
    VALUE_INVALID = "value_invalid"
    TOO_LARGE = "too_large"
    REFUSED = "refused"


class Rejection(NamedTuple):
    """Message that cannot become a record; ``detail`` is a sentence for the user, without payload."""

    reason: RejectReason
    detail: str
    route: int = -1
    """Index of the route; -1 where none matches."""
