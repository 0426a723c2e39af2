"""Dead letters: messages that cannot be delivered to Kafka as they are, with the reason; pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from iotbridge_agent.kafka.record import MqttMessage, Record, Rejection, RejectReason

MAX_VALUE = 64 * 1024
"""Bytes of a value that are kept of a dead letter."""
_PROPERTY, _USER_PROPERTY = "mqtt:", "user:"

Headers = list[tuple[str, bytes]]
Route = Callable[[MqttMessage, int], Record | Rejection]


class Letter(NamedTuple):
    """Dead letter: a record that Kafka refuses, or a message that has no record."""

    topic: str
    """MQTT topic."""
    target: str
    """Kafka topic; empty where no record could be made of the message, which is routed again when it is retried."""
    key: bytes
    value: bytes
    headers: Headers
    """Headers of the record; without one the properties of the message, ``mqtt:…`` and ``user:…``."""
    reason: str
    detail: str
    time_ms: int
    """Arrival of the message."""
    size: int
    """Bytes of the whole value, of which the first MAX_VALUE are kept."""

    @property
    def is_cut(self) -> bool:
        """Return whether a part of the value is missing."""
        return self.size > len(self.value)


@dataclass(frozen=True, slots=True)
class LetterMessage:
    """Message as it was before it became a dead letter."""

    topic: str
    payload: bytes
    retain: bool = False
    packet_id: int | None = None
    duplicate: bool = False
    content_type: str | None = None
    correlation_data: bytes | None = None
    response_topic: str | None = None
    user_properties: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, letter: Letter) -> Self:
        """Return the message of a letter without a target."""
        properties = {
            name.removeprefix(_PROPERTY): value for name, value in letter.headers if name.startswith(_PROPERTY)
        }
        return cls(
            topic=letter.topic,
            payload=letter.value,
            retain="retain" in properties,
            content_type=_text(properties.get("content-type")),
            correlation_data=properties.get("correlation-data"),
            response_topic=_text(properties.get("response-topic")),
            user_properties=[
                (name.removeprefix(_USER_PROPERTY), value.decode())
                for name, value in letter.headers
                if name.startswith(_USER_PROPERTY)
            ],
        )


def letter_of_message(message: MqttMessage, rejection: Rejection, time_ms: int) -> Letter:
    """Return the dead letter of a message of which no record can be made."""
    properties = (
        ("retain", b"1" if message.retain else None),
        ("content-type", message.content_type.encode() if message.content_type is not None else None),
        ("correlation-data", message.correlation_data),
        ("response-topic", message.response_topic.encode() if message.response_topic is not None else None),
    )
    headers = [(f"{_PROPERTY}{name}", value) for name, value in properties if value is not None]
    headers += [(f"{_USER_PROPERTY}{name}", value.encode()) for name, value in message.user_properties]
    return _letter(message.topic, Record("", b"", message.payload, headers, time_ms), rejection)


def letter_of_record(record: Record, mqtt_topic: str, rejection: Rejection) -> Letter:
    """Return the dead letter of a record that Kafka refuses."""
    return _letter(mqtt_topic, record, rejection)


def record_of(letter: Letter, route: Route) -> Record | Rejection:
    """Return the record to send when a letter is retried, or the reason why it still cannot be sent."""
    if letter.is_cut:
        detail = f"Only the first {len(letter.value)} of {letter.size} bytes were kept."
        return Rejection(RejectReason.TOO_LARGE, detail)
    if letter.target:
        return Record(letter.target, letter.key, letter.value, letter.headers, letter.time_ms)
    return route(LetterMessage.of(letter), letter.time_ms)


def _letter(mqtt_topic: str, record: Record, rejection: Rejection) -> Letter:
    return Letter(
        topic=mqtt_topic,
        target=record.topic,
        key=record.key,
        value=record.value[:MAX_VALUE],
        headers=list(record.headers),
        reason=rejection.reason.value,
        detail=rejection.detail,
        time_ms=record.timestamp_ms,
        size=len(record.value),
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
