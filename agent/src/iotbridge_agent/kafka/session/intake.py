"""Session of MQTT 5 at the broker: it is resumed after each loss, and its messages are acknowledged by hand."""

import asyncio
from collections.abc import Sequence
import logging
import ssl
import time
from typing import Any, Protocol, TypeVar, cast

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import AgentError
from iotbridge_agent.kafka.session import codec
from iotbridge_agent.kafka.session.codec import (
    CodecError,
    ConnAckPacket,
    DisconnectPacket,
    Message,
    PublishPacket,
    SubAckPacket,
    UndecodablePublish,
    UnsubAckPacket,
)
from iotbridge_agent.kafka.session.subscriptions import read_filters, write_filters
from iotbridge_agent.kafka.session.websocket import WebSocket, WebSocketError
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.mqtt.connection import ANSWER_TIMEOUT_S, STEADY_S, Backoff
from iotbridge_agent.mqtt.link_failures import FIRST_REFUSAL, explain, may_be_encryption
from iotbridge_agent.mqtt.tls import tls_context
from iotbridge_agent.mqtt.tls_mistakes import find_mistake

SUBSCRIBE_ID = 1
MAX_CUTS, CUT_SHORT_S = 4, 30.0
"""Connections in a row that the broker closes without a reason so soon: older brokers do not name a takeover."""
_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


class IntakeError(AgentError):
    """Loss of the connection, or a failed attempt; the text explains it to the user."""


class SessionTakenOverError(IntakeError):
    """Connection that another client with the same id took over."""


class ClosedError(ConnectionResetError):
    """End of a connection that the broker had accepted, and closed without a reason."""


class RefusalError(Exception):
    """Refusal by the broker, with MQTT's reason code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"reason {code}")
        self.rc = code


class Listener(Protocol):
    """Owner of the messages."""

    def session_began(self, *, is_resumed: bool) -> None:
        """Handle a new connection; messages follow."""

    def subscribed(self) -> None:
        """Handle the broker's consent to the subscriptions."""

    def received(self, messages: Sequence[Message]) -> None:
        """Process messages, in the order of their arrival."""

    def connection_lost(self) -> None:
        """Handle the end of a connection."""


class BrokerConnection(asyncio.Protocol):
    """Connection to the broker, from its beginning to its end."""

    def __init__(self, broker: BrokerConfig, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        self.accepted: asyncio.Future[ConnAckPacket] = loop.create_future()
        self.answered: asyncio.Future[Sequence[int]] = loop.create_future()
        """Reason codes of SUBACK or UNSUBACK."""
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done at the end; its exception is the cause."""
        self.has_heard = True
        """True if the broker sent something since this was set to False."""
        self.is_paused = False
        self._listener = listener
        self._broker = broker
        self._decoder = codec.Decoder()
        self._websocket = WebSocket() if broker.scheme in ("ws", "wss") else None
        self._unsent = b""
        """Bytes to be sent when the WebSocket is open."""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        if self._websocket:
            host = f"[{self._broker.host}]" if ":" in self._broker.host else self._broker.host
            self._transport.write(self._websocket.request(f"{host}:{self._broker.port}", self._broker.path))

    def data_received(self, data: bytes) -> None:
        """Process the packets that are complete."""
        self.has_heard = True
        try:
            packets = self._decoder.feed(self._unwrapped(self._websocket, data) if self._websocket else data)
        except WebSocketError as error:
            self.end(error)
            return
        except CodecError as error:
            self.write(codec.encode_disconnect(reason=codec.MALFORMED_PACKET))
            self.end(error)
            return
        messages: list[Message] = []
        for packet in packets:
            if isinstance(packet, PublishPacket | UndecodablePublish):
                messages.append(packet)
                continue
            if messages:
                self._listener.received(messages)
                messages = []
            self._handle(packet)
        if messages:
            self._listener.received(messages)

    def connection_lost(self, error: Exception | None) -> None:
        """Handle the loss of the connection."""
        closed = ClosedError if self.accepted.done() else ConnectionResetError
        self.end(error or closed("the broker closed the connection"))

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection has ended."""
        if self._websocket and not self._websocket.is_open:
            self._unsent += data
        elif self._transport and not self._transport.is_closing():
            self._transport.write(self._websocket.wrap(data) if self._websocket else data)

    async def ask(self, request: bytes) -> Sequence[int]:
        """Send a SUBSCRIBE or UNSUBSCRIBE, and return the reason codes of its answer."""
        self.answered = asyncio.get_running_loop().create_future()
        self.write(request)
        return await _first(self.answered, self.ended)

    def end(self, error: Exception | None) -> None:
        """Close the connection."""
        if not self.ended.done():
            self.ended.set_result(None) if error is None else self.ended.set_exception(error)
        if self._transport:
            self._transport.close()

    def pause(self) -> None:
        """Read nothing any more."""
        if self._transport and not self.is_paused and not self._transport.is_closing():
            self.is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport and self.is_paused and not self._transport.is_closing():
            self.is_paused, self.has_heard = False, True
            self._transport.resume_reading()

    def _unwrapped(self, websocket: WebSocket, data: bytes) -> bytes:
        """Return the bytes of MQTT in what the WebSocket brings."""
        data, reply = websocket.feed(data)
        if websocket.is_open and self._unsent:
            reply += websocket.wrap(self._unsent)
            self._unsent = b""
        if self._transport and reply:
            self._transport.write(reply)
        return data

    def _handle(self, packet: codec.Packet) -> None:
        match packet:
            case ConnAckPacket():
                if int(packet.reason_code) < FIRST_REFUSAL:
                    self._listener.session_began(is_resumed=packet.session_present)
                if not self.accepted.done():
                    self.accepted.set_result(packet)
            case SubAckPacket() | UnsubAckPacket():
                if not self.answered.done():
                    self.answered.set_result([int(code) for code in packet.reason_codes])
            case DisconnectPacket():
                self.end(RefusalError(int(packet.reason_code)))


class Intake:
    """Session at the broker."""

    def __init__(
        self, settings: ConnectorSettings, filters: Sequence[str], listener: Listener, *, unsubscribes: bool = False
    ) -> None:
        """Prepare; ``unsubscribes``: end the subscriptions, and receive only what the session still has."""
        self._settings = settings
        self._unsubscribes = unsubscribes
        self._broker: BrokerConfig = settings.broker
        self._filters = filters
        self._listener = listener
        self._tls = tls_context(settings.broker)
        self._connection: BrokerConnection | None = None
        self._keepalive_s = settings.broker.keepalive_s
        """Seconds of silence after which the broker ends a connection; it may demand less than the settings."""
        self._is_subscribed = False
        self._is_paused = False
        self._is_stopping = False

    async def run(self) -> None:
        """Connect, and connect again after each loss, until ``stop``; raises SessionTakenOverError."""
        backoff, cuts = Backoff(), 0
        while not self._is_stopping:
            started = time.monotonic()
            try:
                await self._serve()
            except SessionTakenOverError:
                raise
            except IntakeError as error:
                _LOG.warning("%s", error)
                is_cut = isinstance(error.__cause__, ClosedError) and time.monotonic() - started < CUT_SHORT_S
                cuts = cuts + 1 if is_cut else 0
            if cuts >= MAX_CUTS:
                raise self._takeover(
                    f"The broker {self._broker.address} closed {cuts} connections in a row, as after a"
                )
            if time.monotonic() - started > STEADY_S:
                backoff.reset()
            if not self._is_stopping:
                await asyncio.sleep(backoff.next_s())

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Send acknowledgements, all in one write."""
        if self._connection:
            self._connection.write(codec.encode_acknowledgements(packet_ids))

    def pause(self) -> None:
        """Read nothing any more; the broker keeps further messages."""
        self._is_paused = True
        if self._connection:
            self._connection.pause()

    def resume(self) -> None:
        """Read again."""
        self._is_paused = False
        if self._connection:
            self._connection.resume()

    def stop(self, *, ends_session: bool = False) -> None:
        """Disconnect; unless it ends the session, the broker keeps that with everything that was not acknowledged."""
        self._is_stopping = True
        if self._connection:
            self._connection.write(codec.encode_disconnect(ends_session=ends_session))
            self._connection.end(None)

    async def _serve(self) -> None:
        """Serve one connection until it ends; raises IntakeError."""
        # The first messages may come together with CONNACK, and are acknowledged at once.
        connection = self._connection = BrokerConnection(self._broker, self._listener)
        try:
            await self._open(connection)
            if self._is_paused:
                connection.pause()
            await self._keep_alive(connection)
        except (OSError, ssl.SSLError, TimeoutError, UnicodeError, CodecError, RefusalError) as error:
            raise await self._explain(error, connection) from error
        finally:
            self._connection = None
            connection.end(None)
            _retrieve(connection.ended)
            self._listener.connection_lost()

    async def _open(self, connection: BrokerConnection) -> None:
        """Connect and subscribe."""
        loop = asyncio.get_running_loop()
        broker, settings = self._broker, self._settings
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await loop.create_connection(
                lambda: connection, broker.host, broker.port, ssl=self._tls,
                server_hostname=broker.host if self._tls else None,
            )  # fmt: skip
            connection.write(
                codec.encode_connect(
                    settings.id,
                    username=broker.username,
                    password=broker.password,
                    keepalive_s=broker.keepalive_s,
                    session_expiry_s=settings.session_expiry_s,
                    receive_maximum=settings.receive_maximum,
                )
            )
            accepted = await _first(connection.accepted, connection.ended)
            if (code := int(accepted.reason_code)) >= FIRST_REFUSAL:
                raise RefusalError(code)
            self._keepalive_s = accepted.server_keep_alive or broker.keepalive_s
            if (expiry_s := accepted.session_expiry_interval) is not None and expiry_s < settings.session_expiry_s:
                _LOG.warning(
                    "The broker %s keeps the session of an absent connector for %d s only, not for %d s.",
                    broker.address,
                    expiry_s,
                    settings.session_expiry_s,
                )
            former = read_filters(settings.spool.path) if accepted.session_present else set[str]()
            if self._unsubscribes:
                await connection.ask(codec.encode_unsubscribe(SUBSCRIBE_ID, former.union(self._filters)))
            elif not self._is_subscribed or not accepted.session_present:
                await self._subscribe(connection, former.difference(self._filters))
        self._listener.subscribed()
        _LOG.info(
            "Connected to %s; the session %s.",
            broker.address,
            "was resumed" if accepted.session_present else "is new",
        )

    async def _subscribe(self, connection: BrokerConnection, obsolete: set[str]) -> None:
        """Subscribe, and only then end what an earlier configuration subscribed to."""
        spool, packet_id = self._settings.spool.path, SUBSCRIBE_ID
        write_filters(spool, obsolete.union(self._filters))
        codes = await connection.ask(codec.encode_subscribe(packet_id, self._filters, self._settings.retained))
        if obsolete:
            await connection.ask(codec.encode_unsubscribe(packet_id, obsolete))
            write_filters(spool, self._filters)
        refused = [text for text, code in zip(self._filters, codes, strict=False) if code >= FIRST_REFUSAL]
        if len(refused) == len(self._filters):
            raise IntakeError(f"The broker {self._broker.address} does not let this user read {', '.join(refused)}.")
        for text in refused:
            _LOG.warning("The broker %s does not let this user read %s.", self._broker.address, text)
        self._is_subscribed = True

    async def _keep_alive(self, connection: BrokerConnection) -> None:
        """Ping the broker until the connection ends; raises its cause."""
        while True:
            await asyncio.wait([connection.ended], timeout=self._keepalive_s / 2)
            if connection.ended.done():
                connection.ended.result()
                return
            if not connection.has_heard and not connection.is_paused:
                raise TimeoutError
            connection.has_heard = False
            connection.write(codec.encode_ping())

    def _takeover(self, finding: str) -> SessionTakenOverError:
        return SessionTakenOverError(
            f"{finding} takeover by another client with the id {self._settings.id}. Two connectors with one id would "
            "take turns for ever, so this one ends."
        )

    async def _explain(self, error: Exception, connection: BrokerConnection) -> IntakeError:
        broker = self._broker
        if isinstance(error, RefusalError) and error.rc == codec.SESSION_TAKEN_OVER:
            return self._takeover(f"The broker {broker.address} reports a")
        if isinstance(error, WebSocketError):
            return IntakeError(f"The broker {broker.address} {error}.")
        if isinstance(error, CodecError) and not connection.accepted.done():
            return IntakeError(f"The broker {broker.address} does not speak MQTT 5, which the connector needs.")
        if not connection.accepted.done() and may_be_encryption(error):
            mistake = await asyncio.get_running_loop().run_in_executor(None, find_mistake, broker)
            if mistake:
                return IntakeError(" ".join(part for part in mistake if part))
        return IntakeError(explain(error, broker))


async def _first(answer: asyncio.Future[_T], ended: asyncio.Future[None]) -> _T:
    """Return the answer; raises the cause when the connection ends first."""
    waiting: tuple[asyncio.Future[Any], ...] = (answer, ended)
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        ended.result()
        raise ConnectionResetError("the connection was ended")
    return answer.result()


def _retrieve(future: asyncio.Future[None]) -> None:
    if future.done() and not future.cancelled():
        future.exception()
