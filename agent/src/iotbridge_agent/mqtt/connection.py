"""Connections to one broker through the MQTT library, with an explanation of each failure."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
import logging
import math
import random
import socket
import ssl
import time
from typing import Any, NamedTuple, TypeVar

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import AgentError
from iotbridge_agent.mqtt.client import HUNG_UP, NO_ANSWER, Client
from iotbridge_agent.mqtt.link_failures import FIRST_REFUSAL, explain, may_be_encryption, reason_code, reason_number
from iotbridge_agent.mqtt.tls import tls_context
from iotbridge_agent.mqtt.tls_mistakes import find_mistake

T = TypeVar("T")
V5, V311 = "5", "3.1.1"
ANSWER_TIMEOUT_S = 10.0
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
STEADY_S = 10.0
"""Seconds after which a connection counts as stable, and resets the delay of the next retry."""
MAX_QUEUED = 100
MAX_PACKET = 256 * 1024
"""Maximum packet size, four times the largest message of the contract; MQTT 5 brokers drop larger ones."""

_LOG = logging.getLogger(__name__)
_VERSIONS = {V5: aiomqtt.ProtocolVersion.V5, V311: aiomqtt.ProtocolVersion.V311}
# The library reports a lost packet or a full queue once per message, as a warning.
_LIBRARY_LOG = logging.getLogger(f"{__name__}.library")
_LIBRARY_LOG.setLevel(logging.CRITICAL)

_TAKEN_OVER = 142
_UNSUPPORTED_VERSION = (1, 132)


class LinkError(AgentError):
    """Failed connection; the text explains it to the user, ``remedy`` is the advice, if there is one."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class TakenOverError(LinkError):
    """Connection that another client with the same id took over."""


class EncryptionError(LinkError):
    """Mismatch of TLS settings or certificates between broker and configuration."""


class Incoming(NamedTuple):
    """Message from the broker."""

    topic: str
    payload: bytes
    retain: bool


class ProbeResult(NamedTuple):
    """Result of one attempt to connect; ``error`` is a sentence, or None for success."""

    error: str | None = None
    mqtt_version: str | None = None
    tls_version: str | None = None
    duration_s: float = 0.0


class Session:
    """Open connection to the broker."""

    def __init__(self, client: Client, mqtt_version: str, broker: BrokerConfig) -> None:
        self._client = client
        self._broker = broker
        self.mqtt_version = mqtt_version
        self.lost = asyncio.Event()
        """Set when a message could not be sent: the link is dead, although neither side closed it."""
        self.keeps_will = True
        """True while the broker shall publish the last will at the end: not after the last messages."""
        self._loss_future = client.gone

    @property
    def address(self) -> str:
        """Return the broker's address for display."""
        return self._broker.address

    async def takes(self, topic: str, payload: bytes | str, *, retain: bool = False) -> bool | None:
        """Publish with QoS 1 and return whether the broker accepted the message; raises LinkError.

        Returns None with MQTT 3.1.1: its acknowledgements carry no reason code, and refused messages get one as well.
        """
        with self._client.receipts() as codes:
            await self.publish(topic, payload, qos=1, retain=retain)
        if self.mqtt_version != V5:
            return None
        return bool(codes) and max(codes) < FIRST_REFUSAL

    @property
    def tls_version(self) -> str | None:
        """Return the negotiated version of TLS, or None without TLS."""
        return self._client.tls_version

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Send, and with QoS 1 wait for the acknowledgement; raises LinkError, at once if the connection is lost."""
        try:
            await self._answer(self._client.publish(topic, payload, qos, retain, timeout=math.inf))
        except LinkError:
            self.lost.set()
            raise

    async def end(self) -> None:
        """Disconnect; calls that still wait for an acknowledgement raise LinkError."""
        await self._client.close(with_will=self.keeps_will)

    async def _answer(self, call: Coroutine[Any, Any, T]) -> T:
        """Return the broker's answer to a call of the library; raises LinkError without one."""
        calling = asyncio.create_task(call)
        try:
            await asyncio.wait(
                (calling, self._loss_future), timeout=ANSWER_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if calling.done():
                return calling.result()
        except aiomqtt.MqttError as error:
            raise self._loss() if self._loss_future.done() else LinkError(explain(error, self._broker)) from error
        finally:
            _discard(calling)
        raise self._loss() if self._loss_future.done() else LinkError(explain(TimeoutError(), self._broker))

    def _loss(self) -> LinkError:
        """Return the error that explains the lost connection."""
        error = None if self._loss_future.cancelled() else self._loss_future.exception()
        if error is None:
            return LinkError(f"The connection to {self.address} was ended.")
        kind = TakenOverError if reason_code(error) == _TAKEN_OVER else LinkError
        return kind(explain(error, self._broker))

    async def subscribe(self, topic: str, *optional: str) -> None:
        """Subscribe at QoS 1, all in one packet; raises LinkError, also when the broker forbids ``topic``.

        Other forbidden topics are only logged.
        """
        topics = (topic, *optional)
        wanted = [(topic, SubscribeOptions(qos=1) if self.mqtt_version == V5 else 1) for topic in topics]
        granted = await self._answer(self._client.subscribe(wanted, timeout=math.inf))  # type: ignore[arg-type]
        refused = [t for t, code in zip(topics, granted, strict=False) if reason_number(code) >= FIRST_REFUSAL]
        for refused_topic in refused:
            message = f"The broker {self._broker.address} does not let this user read {refused_topic}."
            if refused_topic == topic:
                raise LinkError(message)
            _LOG.warning("%s", message)

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield the messages that arrive; raises LinkError when the connection is lost."""
        try:
            async for message in self._client.messages:
                yield Incoming(str(message.topic), bytes(message.payload), message.retain)
        except aiomqtt.MqttError as error:
            raise self._loss() from error


class Link:
    """Opener of sessions with one broker; remembers which version of MQTT the broker speaks."""

    def __init__(self, broker: BrokerConfig, *, client_id: str, will_topic: str | None = None) -> None:
        self._broker = broker
        self._client_id = client_id
        self._will = aiomqtt.Will(will_topic, "offline", qos=1, retain=True) if will_topic else None
        self._tls = tls_context(broker)
        self._version = V5
        self._is_guess = False
        """True if the broker did not ask for 3.1.1 and may just have been slow: the next session tries 5 again."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Connect, and disconnect in an orderly way at the end; raises LinkError."""
        client = await self._connect()
        version = self._version
        if self._is_guess:
            self._version, self._is_guess = V5, False
        session = Session(client, version, self._broker)
        session.keeps_will = self._will is not None
        try:
            yield session
        finally:
            await session.end()

    def rename(self, client_id: str) -> None:
        """Connect with another client id from the next session on."""
        self._client_id = client_id

    async def _connect(self) -> Client:
        """Return a connected client; raises LinkError, or EncryptionError if that is the reason."""
        try:
            return await self._negotiate()
        except LinkError as error:
            if isinstance(error.__cause__, MqttConnectError) or not may_be_encryption(error.__cause__):
                raise
            loop = asyncio.get_running_loop()
            if (mistake := await loop.run_in_executor(None, find_mistake, self._broker)) is None:
                raise
            self._version, self._is_guess = V5, False
            raise EncryptionError(*mistake) from error

    async def _negotiate(self) -> Client:
        """Return a connected client that uses the broker's version of MQTT."""
        try:
            return await self._attempt()
        except MqttConnectError as error:
            if self._version != V5 or reason_code(error) not in _UNSUPPORTED_VERSION:
                raise LinkError(explain(error, self._broker)) from error
        except aiomqtt.MqttError as error:
            # Brokers from before MQTT 5 may hang up without an answer: the next attempt uses the other version.
            self._version = V311 if self._version == V5 and str(error) in (NO_ANSWER, HUNG_UP) else V5
            self._is_guess = self._version == V311
            raise LinkError(explain(error, self._broker)) from error
        self._version = V311
        try:
            return await self._attempt()
        except aiomqtt.MqttError as error:
            self._version = V5
            raise LinkError(explain(error, self._broker)) from error

    async def _attempt(self) -> Client:
        client = Client(
            **client_arguments(self._broker, client_id=self._client_id, version=self._version, tls=self._tls),
            will=self._will,
        )
        await client.open()
        return client


def _discard(task: asyncio.Task[Any]) -> None:
    """Cancel a task whose result is not used any more, and retrieve its error."""
    if not task.cancel() and not task.cancelled():
        task.exception()


class Backoff:
    """Exponential backoff between attempts to connect, with jitter so that agents do not connect all at once."""

    def __init__(self) -> None:
        self._attempts = 0

    def next_s(self) -> float:
        """Return the seconds to wait; the first are at most one, later ones at most sixty."""
        longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 10)
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, keeps no secret

    def reset(self) -> None:
        """Start again with a short delay."""
        self._attempts = 0


def client_arguments(
    broker: BrokerConfig, *, client_id: str, version: str = V5, tls: ssl.SSLContext | None = None
) -> dict[str, Any]:
    """Return the keyword arguments of an ``aiomqtt.Client`` for this broker; raises ConfigError for unusable TLS."""
    arguments: dict[str, Any] = {
        "hostname": broker.host,
        "port": broker.port,
        "username": broker.username,
        "password": broker.password,
        "identifier": client_id,
        "protocol": _VERSIONS[version],
        "keepalive": broker.keepalive_s,
        "timeout": ANSWER_TIMEOUT_S,
        "logger": _LIBRARY_LOG,
        "max_queued_incoming_messages": MAX_QUEUED,
        "max_queued_outgoing_messages": MAX_QUEUED,
        "tls_context": tls or tls_context(broker),
        # With Nagle's algorithm a response waits 40 ms for the acknowledgement of the message before it.
        "socket_options": ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
    }
    if broker.scheme in ("ws", "wss"):
        arguments |= {"transport": "websockets", "websocket_path": broker.path}
    if version == V5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        properties.MaximumPacketSize = MAX_PACKET
        return arguments | {"clean_start": True, "properties": properties}
    return arguments | {"clean_session": True}


async def probe(broker: BrokerConfig, timeout_s: float = ANSWER_TIMEOUT_S) -> ProbeResult:
    """Connect once with an id of its own, and disconnect; raises ConfigError for unusable TLS settings."""
    link = Link(broker, client_id=f"iotbridge-probe-{random.randrange(16**6):06x}")  # noqa: S311 - a name, no secret
    started = time.monotonic()
    try:
        async with asyncio.timeout(timeout_s), link.session() as session:
            return ProbeResult(
                mqtt_version=session.mqtt_version,
                tls_version=session.tls_version,
                duration_s=time.monotonic() - started,
            )
    except TimeoutError:
        error = f"The broker {broker.address} did not answer within {timeout_s:g} s."
    except LinkError as reason:
        error = str(reason)
    return ProbeResult(error=error, duration_s=time.monotonic() - started)


def warnings(broker: BrokerConfig) -> tuple[str, ...]:
    """Return warnings about settings that let others eavesdrop or impersonate the broker."""
    if broker.tls_insecure:
        return (f"tls_insecure is on: anyone can impersonate the broker {broker.address}.",)
    if not broker.tls and not broker.is_local:
        return (f"{broker.address} is not encrypted: others in the network can eavesdrop and send commands.",)
    return ()
