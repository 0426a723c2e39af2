"""Text of `kafka explain`: the record that a message becomes, or why it has none and where it goes instead."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from iotbridge_agent.kafka.record import Record, Rejection, RejectReason
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.settings import ConnectorSettings

WIDTH = 14


@dataclass(frozen=True, kw_only=True)
class ExampleMessage:
    """Message that a user describes on the command line."""

    topic: str
    payload: bytes = b""
    retain: bool = False
    packet_id: int | None = 1
    duplicate: bool = False
    content_type: str | None = None
    correlation_data: bytes | None = None
    response_topic: str | None = None
    user_properties: list[tuple[str, str]] = field(default_factory=list)


def explain(settings: ConnectorSettings, message: ExampleMessage, now_ms: int) -> tuple[list[str], bool]:
    """Return the lines for the user, and whether the message becomes a record."""
    result = Router(settings).route(message, now_ms)
    lines = [_line("MQTT topic", _text(message.topic.encode("utf-8", "replace")))]
    if result.route >= 0:
        lines.append(_line("route", f"route[{result.route}], {settings.routes[result.route].name}"))
    if isinstance(result, Rejection):
        lines.append(_line("no record", f"{result.reason}: {result.detail}"))
        lines.append(_line("instead", destination(settings, result)))
        return lines, False
    return [*lines, *_record_lines(settings, result)], True


def destination(settings: ConnectorSettings, rejection: Rejection) -> str:
    """Return where a message without a record goes."""
    if rejection.reason == RejectReason.NO_ROUTE and settings.unrouted == "count":
        return 'it is counted and acknowledged; connector.unrouted = "letter" makes it a dead letter'
    if settings.kafka.dlq_topic:
        return f"a dead letter in the Kafka topic {settings.kafka.dlq_topic}, or in the spool where Kafka refuses it"
    return f"a dead letter in the spool {settings.spool.path} (`iotbridge-agent kafka letters list`)"


def _record_lines(settings: ConnectorSettings, record: Record) -> Iterator[str]:
    yield _line("Kafka topic", record.topic)
    yield _line("key", _text(record.key) or "empty")
    is_json = settings.routes[record.route].value == "json"
    yield _line("value", _text(record.value) if is_json else f"the payload as it is, {len(record.value)} bytes")
    for index, (name, value) in enumerate(record.headers):
        yield _line("headers" if not index else "", f"{name} = {_text(value)}")


def _line(name: str, text: str) -> str:
    return f"{name:<{WIDTH}} {text}"


def _text(value: bytes) -> str:
    """Return the text of bytes, without characters that could control the terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in value.decode(errors="backslashreplace"))
