"""Client of the MQTT library with two fixes: connections that fail early, and disconnecting with the last will.

The only module that uses private members of aiomqtt and paho.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
import threading
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from iotbridge_agent.mqtt.link_failures import reason_number

END_TIMEOUT_S = 2.0
NO_ANSWER = "Operation timed out"
"""Message of the library for a connection on which the broker does not answer."""
HUNG_UP = "it closed the connection before it answered"
_WITH_WILL = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")


class Client(aiomqtt.Client):
    """Client for one connection."""

    def __init__(self, **arguments: Any) -> None:
        """Take the arguments of ``aiomqtt.Client``."""
        super().__init__(**arguments)
        self._first_answer = self._connected
        self._client.on_disconnect = self._on_end
        self._connecting = threading.Lock()
        """Held by the thread that connects."""
        self._is_given_up = False

    @property
    def gone(self) -> asyncio.Future[None]:
        """Return the future that is done when the connection is lost; its exception is the reason."""
        return self._disconnected

    @property
    def tls_version(self) -> str | None:
        """Return the negotiated version of TLS, or None without TLS."""
        version: str | None = getattr(self._client.socket(), "version", lambda: None)()
        return version

    @contextmanager
    def receipts(self) -> Iterator[list[int]]:
        """Collect the reason codes of acknowledgements, which the library drops."""
        codes: list[int] = []
        library = self._client.on_publish

        def on_publish(*arguments: Any) -> None:
            codes.append(reason_number(arguments[3]))
            if library:
                library(*arguments)

        self._client.on_publish = on_publish
        try:
            yield codes
        finally:
            self._client.on_publish = library

    async def open(self) -> None:
        """Connect; raises MqttError, also for a name that IDNA rejects, and cleans up in that case."""
        try:
            await self.__aenter__()
        except BaseException as error:
            self._give_up()
            if isinstance(error, UnicodeError):
                raise aiomqtt.MqttError(str(error)) from error
            raise

    async def close(self, *, with_will: bool) -> None:
        """Disconnect; ``with_will``: make the broker publish the last will nevertheless."""
        if not self.gone.done():
            # MQTT 3.1.1 cannot express this: the broker publishes the will only if the connection breaks.
            if not with_will or self._client.protocol == aiomqtt.ProtocolVersion.V5.value:
                self._client.disconnect(_WITH_WILL if with_will else None)
                await asyncio.wait({self.gone}, timeout=END_TIMEOUT_S)
            # A link that accepts no more bytes would stay open.
            self._client._sock_close()  # noqa: SLF001
        if not self.gone.done():
            self.gone.set_result(None)
        _forget_error(self.gone)

    def _client_connect(self) -> None:
        with self._connecting:
            super()._client_connect()
        if self._is_given_up:
            # Scheduled after the callbacks that paho has scheduled meanwhile; a closed loop runs none of them.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._client.disconnect)

    def _give_up(self) -> None:
        """Disconnect a connection that might still be established, and would exist beside the next attempt."""
        self._is_given_up = True
        _forget_error(self._first_answer)
        # A thread that is still connecting may find the loop closed: it must not schedule callbacks any more.
        self._client.on_disconnect = self._client.on_socket_open = self._client.on_socket_register_write = None
        if not self._connecting.locked():
            self._loop.call_soon(self._client.disconnect)

    def _on_end(self, *arguments: Any) -> None:
        """Fail a connection that ends before the broker's answer immediately.

        The library would wait for the answer until its timeout, and does not expect this wait to be cancelled.
        """
        if not self._first_answer.done():
            self._first_answer.set_exception(aiomqtt.MqttError(HUNG_UP))
        elif not self._first_answer.cancelled():
            self._on_disconnect(*arguments)


def _forget_error(future: asyncio.Future[None]) -> None:
    if future.done() and not future.cancelled():
        future.exception()
