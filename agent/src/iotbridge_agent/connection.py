"""The only door to the MQTT library: opens connections to one broker and says in plain words why one failed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import logging
import math
import random
import socket
import ssl
import time
from typing import Any, NamedTuple

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import AgentError
from iotbridge_agent.tls import tls_context

V5, V311 = "5", "3.1.1"
ANSWER_TIMEOUT_S = 10.0
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
STEADY_S = 10.0
"""A connection that lasted this long was a good one: the next retry is a first one again."""
MAX_QUEUED = 100
MAX_PACKET = 256 * 1024
"""MQTT 5 brokers drop what is larger; four times the largest message of the contract."""

_LOG = logging.getLogger(__name__)
_VERSIONS = {V5: aiomqtt.ProtocolVersion.V5, V311: aiomqtt.ProtocolVersion.V311}
# The library reports a lost packet or a full queue once per message, as a warning.
_LIBRARY_LOG = logging.getLogger("iotbridge_agent.mqtt")
_LIBRARY_LOG.setLevel(logging.CRITICAL)

_FIRST_REFUSAL = 128
_NO_ANSWER = "Operation timed out"
"""The library's words when a connection stands and the broker says nothing on it."""
_UNSUPPORTED_VERSION = (1, 132)
# The reason codes of MQTT 5 and the return codes of 3.1.1 that a person can do something about.
_REFUSALS = {
    2: "it does not accept the client id",
    3: "it is not available now",
    4: "user or password is wrong",
    5: "the user is not allowed in (or user and password are missing)",
    128: "it gave no reason",
    133: "it does not accept the client id",
    134: "user or password is wrong",
    135: "the user is not allowed in (or user and password are missing)",
    136: "it is not available now",
    137: "it is busy",
    138: "this client is banned",
    139: "it is shutting down",
    141: "it heard nothing for too long",
    142: "another client with the same id took over; does a second agent run with a copy of this state folder?",
    149: "a message was too large",
    151: "its quota is used up",
    159: "too many connections in a short time",
}

_OUTDATED_CERTIFICATE = range(79, 95)
"""What OpenSSL minds only when it is strict: extensions that are missing or marked in the wrong way."""


class LinkError(AgentError):
    """There is no connection; the text says why in words for a person."""


class Incoming(NamedTuple):
    """A message from the broker."""

    topic: str
    payload: bytes
    retain: bool


class ProbeResult(NamedTuple):
    """What one attempt to connect found; ``error`` is a sentence, or None where it worked."""

    error: str | None = None
    mqtt_version: str | None = None
    tls_version: str | None = None
    duration_s: float = 0.0


class Session:
    """One open connection."""

    def __init__(self, client: aiomqtt.Client, mqtt_version: str, broker: BrokerConfig) -> None:
        self._client = client
        self._broker = broker
        self.mqtt_version = mqtt_version
        self.lost = asyncio.Event()
        """Set when a message could not be sent: the link is dead, though nobody closed it."""
        self._waiting: set[asyncio.Timeout] = set()

    @property
    def address(self) -> str:
        """The broker's, for messages to people."""
        return self._broker.address

    @property
    def tls_version(self) -> str | None:
        """The version of TLS that was agreed on, or None without TLS."""
        return getattr(self._client._client.socket(), "version", lambda: None)()  # noqa: SLF001 - not in aiomqtt

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Send, and with QoS 1 wait for the broker's word; raises LinkError."""
        patience = asyncio.timeout(ANSWER_TIMEOUT_S)
        try:
            async with patience:
                self._waiting.add(patience)
                await self._client.publish(topic, payload, qos, retain, timeout=math.inf)
        except (aiomqtt.MqttError, TimeoutError) as error:
            self.lost.set()
            raise LinkError(explain(error, self._broker)) from error
        finally:
            self._waiting.discard(patience)

    def end(self) -> None:
        """Let go who still waits for the broker's word: it will not come on this connection."""
        for patience in self._waiting:
            patience.reschedule(asyncio.get_running_loop().time())

    async def subscribe(self, topic: str, *wished: str) -> None:
        """Subscribe at QoS 1, all in one packet; raises LinkError, also when the broker forbids ``topic``.

        What it forbids of the others is only told.
        """
        topics = (topic, *wished)
        wanted = [(topic, SubscribeOptions(qos=1) if self.mqtt_version == V5 else 1) for topic in topics]
        try:
            granted = await self._client.subscribe(wanted, timeout=ANSWER_TIMEOUT_S)  # type: ignore[arg-type]
        except aiomqtt.MqttError as error:
            raise LinkError(explain(error, self._broker)) from error
        refused = [t for t, code in zip(topics, granted, strict=False) if _number(code) >= _FIRST_REFUSAL]
        for each in refused:
            message = f"The broker {self._broker.address} does not let this user read {each}."
            if each == topic:
                raise LinkError(message)
            _LOG.warning("%s", message)

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield what arrives; raises LinkError when the connection is lost."""
        try:
            async for message in self._client.messages:
                yield Incoming(str(message.topic), bytes(message.payload), message.retain)
        except aiomqtt.MqttError as error:
            raise LinkError(explain(error.__cause__ or error, self._broker)) from error


class Link:
    """Opens sessions with one broker and remembers which version of MQTT it speaks."""

    def __init__(self, broker: BrokerConfig, *, client_id: str, will_topic: str | None = None) -> None:
        self._broker = broker
        self._client_id = client_id
        self._will = aiomqtt.Will(will_topic, "offline", qos=1, retain=True) if will_topic else None
        self._tls = tls_context(broker)
        self._version = V5
        self._is_guess = False
        """The broker did not ask for 3.1.1 and may only have been slow: the next session begins with 5 again."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Connect, and disconnect in an orderly way at the end; raises LinkError."""
        client = await self._connect()
        version = self._version
        if self._is_guess:
            self._version, self._is_guess = V5, False
        session = Session(client, version, self._broker)
        try:
            yield session
        finally:
            session.end()
            with suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)

    async def _connect(self) -> aiomqtt.Client:
        try:
            return await self._attempt()
        except MqttConnectError as error:
            if self._version != V5 or reason_code(error) not in _UNSUPPORTED_VERSION:
                raise LinkError(explain(error, self._broker)) from error
        except aiomqtt.MqttError as error:
            # Brokers from before MQTT 5 may hang up without a word: the next attempt speaks the other version.
            self._version = V311 if self._version == V5 and str(error) == _NO_ANSWER else V5
            self._is_guess = self._version == V311
            raise LinkError(explain(error, self._broker)) from error
        self._version = V311
        try:
            return await self._attempt()
        except aiomqtt.MqttError as error:
            self._version = V5
            raise LinkError(explain(error, self._broker)) from error

    async def _attempt(self) -> aiomqtt.Client:
        client = aiomqtt.Client(
            **client_arguments(self._broker, client_id=self._client_id, version=self._version, tls=self._tls),
            will=self._will,
        )
        try:
            return await client.__aenter__()
        except BaseException:
            # A client whose broker was too slow would connect after all, and live on beside the next attempt.
            client._client.disconnect()  # noqa: SLF001 - aiomqtt only disconnects what was connected
            raise


class Backoff:
    """How long to wait before the next attempt: longer each time, and never all agents at once."""

    def __init__(self) -> None:
        self._attempts = 0

    def next_s(self) -> float:
        """Return the seconds to wait; the first are at most one, later ones at most sixty."""
        longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 10)
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, keeps no secret

    def reset(self) -> None:
        """Begin again with a short wait."""
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
        # A response waits 40 ms for the broker's receipt of the message before it, if the kernel may collect packets.
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
    """Return sentences about settings that let others listen in or pretend to be the broker."""
    if broker.tls_insecure:
        return (f"tls_insecure is on: anybody can pretend to be the broker {broker.address}.",)
    if not broker.tls and not broker.is_local:
        return (f"{broker.address} is not encrypted: others in the network can read along and give commands.",)
    return ()


def reason_code(error: BaseException) -> int | None:
    """Return the MQTT reason in an error of the library, if it has one."""
    code = getattr(error, "rc", None)
    return None if code is None else _number(code)


def _number(code: Any) -> int:
    """Return MQTT's number, which MQTT 5 wraps."""
    return int(getattr(code, "value", code))


def explain(error: BaseException, broker: BrokerConfig) -> str:
    """Return a sentence that says what went wrong with the broker, without any secret."""
    cause = error if isinstance(error, OSError) else error.__cause__ or error.__context__ or error
    return f"The broker {broker.address} {_explain_cause(cause, error, broker)}."


def _explain_cause(cause: BaseException, error: BaseException, broker: BrokerConfig) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            text = f"cannot be trusted: {_explain_certificate(cause, broker)}"
        case socket.gaierror():
            text = f"was not found: the name {broker.host} could not be resolved"
        case ConnectionRefusedError():
            text = f"refused the connection: nothing listens on port {broker.port}"
        case TimeoutError():
            text = "did not answer in time"
        case ssl.SSLError():
            text = f"does not agree on TLS ({cause.reason or cause})"
        case OSError():
            text = f"cannot be reached ({cause.strerror or cause})"
        case _:
            text = _explain_code(error, cause)
    return text


def _explain_code(error: BaseException, cause: BaseException) -> str:
    if (code := reason_code(error)) is None:
        return f"hung up ({cause})"
    # The library calls a connection that breaks "unspecified error", too.
    if isinstance(error, MqttConnectError) or code > _FIRST_REFUSAL:
        return f"refused: {_REFUSALS.get(code, str(error))}"
    return "is gone: the connection was lost"


def _explain_certificate(error: ssl.SSLCertVerificationError, broker: BrokerConfig) -> str:
    # The numbers are OpenSSL's X509_V_ERR_* codes; its words change from release to release.
    if error.verify_code in (62, 64):
        return f"its certificate is not for the name {broker.host}"
    if error.verify_code in (18, 19, 20, 21):
        hint = f"is not in {broker.ca_file}" if broker.ca_file else "is not known to this system; set ca_file"
        return f"the authority that signed its certificate {hint}"
    if error.verify_code in (9, 10):
        return "its certificate is not valid today; is the clock right?"
    if error.verify_code in _OUTDATED_CERTIFICATE:
        return (
            f"its certificate or the authority's is made in a way Python 3.13 and newer refuse "
            f"({error.verify_message}); make new ones as in docs/hosts.md, Securing the broker"
        )
    return error.verify_message or str(error)
