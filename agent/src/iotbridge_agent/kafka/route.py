"""Router: messages of MQTT to records of Kafka, by the first route whose filter matches."""

from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
import re
from typing import NamedTuple
from zlib import crc32

from iotbridge_agent.kafka.record import MqttMessage, Record, Rejection, RejectReason
from iotbridge_agent.kafka.route_settings import Route, is_legal_topic, is_reserved_header
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.template import MissingPartError
from iotbridge_agent.kafka.topic_filters import filter_pattern, subscriptions

MAX_TOPICS = 100
"""Number of topics that templates may give, so that no publisher can create them without end."""
MAX_CACHED = 4096
MAX_CACHED_LENGTH = 512


class NullCharacterError(ValueError):
    """Null character where Kafka's library would end the text."""


class Target(NamedTuple):
    """Destination of an MQTT topic: parts of its records that every message shares."""

    route: int
    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    envelope: str
    """Beginning of the JSON envelope; empty for raw values."""


class Router:
    """Compiled routes of a connector."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._routes = settings.routes
        self._patterns = [filter_pattern(route.filter) for route in settings.routes]
        allowed = settings.kafka.allow_topics
        self._is_allowed = re.compile(allowed).fullmatch if allowed else None
        self._rendered: set[str] = set()
        """Topics that templates have given."""
        self._cache: dict[str, Target | Rejection] = {}
        self._epoch = ""
        share = f"$share/{settings.group}/" if settings.group else ""
        self.filters = tuple(share + text for text in subscriptions([route.filter for route in settings.routes]))
        """Filters to subscribe to."""

    def begin_session(self, epoch: str) -> None:
        """Give the records that follow the id of this session at the broker, for their ``mqtt-id``."""
        self._epoch = epoch

    def route(self, message: MqttMessage, received_ms: int) -> Record | Rejection:
        """Return the record of a message, or why it has none; raises nothing."""
        target = self._cache.get(message.topic)
        try:
            if target is None:
                target = self._resolve(message)
            if isinstance(target, Rejection):
                return target
            headers = target.headers.copy()
            if message.retain:
                headers.append(("mqtt-retain", b"true"))
            _add_properties(headers, message)
            if (packet_id := message.packet_id) is not None and self._epoch:
                headers.append(("mqtt-id", f"{self._epoch}:{packet_id}:{crc32(message.payload):08x}".encode()))
            value = _envelope(target.envelope, message, received_ms) if target.envelope else message.payload
        except UnicodeEncodeError:
            return Rejection(RejectReason.VALUE_INVALID, "The topic or a property is not valid UTF-8.")
        except NullCharacterError:
            return Rejection(RejectReason.VALUE_INVALID, "The name of a user property has a null character.")
        return Record(target.topic, target.key, value, headers, received_ms, target.route)

    def match(self, topic: str) -> int | None:
        """Return the index of the first route whose filter matches the topic."""
        return next((index for index, pattern in enumerate(self._patterns) if pattern.fullmatch(topic)), None)

    def _resolve(self, message: MqttMessage) -> Target | Rejection:
        topic = message.topic
        if (index := self.match(topic)) is None:
            return self._cached(topic, Rejection(RejectReason.NO_ROUTE, "No route has a filter that matches."))
        route = self._routes[index]
        target = self._render(route, index, message)
        if route.topic.has_properties or route.key.has_properties:
            return target
        return self._cached(topic, target)

    def _cached(self, topic: str, target: Target | Rejection) -> Target | Rejection:
        if len(topic) <= MAX_CACHED_LENGTH:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[topic] = target
        return target

    def _render(self, route: Route, index: int, message: MqttMessage) -> Target | Rejection:
        try:
            topic = route.topic.render(message.topic, message.user_properties)
            key = route.key.render(message.topic, message.user_properties)
        except MissingPartError as error:
            return Rejection(RejectReason.MISSING_PART, f"The message has no {error}, which the route needs.", index)
        if not route.topic.is_fixed and (rejection := self._reject(topic, index)):
            return rejection
        headers = [*route.headers, ("mqtt-topic", message.topic.encode())]
        envelope = f'{{"topic":{encode_basestring(message.topic)},' if route.value == "json" else ""
        return Target(index, topic, key.encode(), headers, envelope)

    def _reject(self, topic: str, index: int) -> Rejection | None:
        """Return why a topic that a template gave must not be used, or None."""
        if not is_legal_topic(topic):
            return Rejection(RejectReason.ILLEGAL_TOPIC, f"{topic[:80]!r} is no legal Kafka topic.", index)
        if self._is_allowed and not self._is_allowed(topic):
            return Rejection(RejectReason.ILLEGAL_TOPIC, f"kafka.allow_topics does not match {topic}.", index)
        if topic not in self._rendered:
            if len(self._rendered) >= MAX_TOPICS:
                detail = f"The templates have given {MAX_TOPICS} topics already; {topic} would be one more."
                return Rejection(RejectReason.TOO_MANY_TOPICS, detail, index)
            self._rendered.add(topic)
        return None


def _add_properties(headers: list[tuple[str, bytes]], message: MqttMessage) -> None:
    """Add the properties of MQTT 5; a user property never passes for a header of the connector or of the route."""
    if (content_type := message.content_type) is not None:
        headers.append(("content-type", content_type.encode()))
    if (correlation_data := message.correlation_data) is not None:
        headers.append(("correlation-data", correlation_data))
    if (response_topic := message.response_topic) is not None:
        headers.append(("response-topic", response_topic.encode()))
    if properties := message.user_properties:
        taken = {name for name, _ in headers}
        for name, text in properties:
            if "\0" in name:
                raise NullCharacterError
            name.encode()
            is_taken = name in taken or is_reserved_header(name)
            headers.append((f"user.{name}" if is_taken else name, text.encode()))


def _envelope(beginning: str, message: MqttMessage, received_ms: int) -> bytes:
    payload = message.payload
    try:
        content = f'"payload":{encode_basestring(payload.decode())}'
    except UnicodeDecodeError:
        content = f'"payload_base64":"{b64encode(payload).decode()}"'
    qos = 0 if message.packet_id is None else 1
    retain = "true" if message.retain else "false"
    received = _time_text(received_ms)
    return f'{beginning}{content},"qos":{qos},"retain":{retain},"received":"{received}"}}'.encode()


@lru_cache(maxsize=16)
def _time_text(time_ms: int) -> str:
    """Return a time in ISO 8601; the messages of a batch share it."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
