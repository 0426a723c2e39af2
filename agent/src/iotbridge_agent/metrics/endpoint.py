"""HTTP endpoint of the metrics: ``GET /metrics`` and nothing else, with bounds for every client."""

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import ip_address
import logging
from typing import TypeAlias, cast

from iotbridge_agent.metrics.exposition import CONTENT_TYPE, Family, render

PATH = "/metrics"
MAX_REQUEST = 8192
MAX_CONNECTIONS = 16
TIMEOUT_S = 5.0
"""Time for a whole connection; a client that is slower is cut off."""
RETRY_S = 30.0
PLAIN_TEXT = "text/plain; charset=utf-8"
PHRASES = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
Families: TypeAlias = Callable[[], Iterable[Family]]
_LOG = logging.getLogger(__name__)


async def serve(listen: str, families: Families) -> None:
    """Serve the metrics at ``host:port`` until cancelled; an address that cannot be used is tried again."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    connections: set[_Connection] = set()
    server = await _listen(host, int(port), lambda: _Connection(families, connections, is_local=is_loopback(host)))
    _LOG.info("The metrics are at http://%s%s.", listen, PATH)
    if not is_loopback(host):
        _LOG.warning("The metrics at %s are not encrypted, and anyone who reaches this address can read them.", listen)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()
        for connection in tuple(connections):
            connection.abort()


async def _listen(host: str, port: int, connect: "Callable[[], _Connection]") -> asyncio.Server:
    last_reason = ""
    while True:
        try:
            return await asyncio.get_running_loop().create_server(connect, host, port)
        except OSError as error:
            # At boot, the address may not be there yet.
            if str(error) != last_reason:
                _LOG.warning("The metrics cannot be served at %s:%d: %s. Trying again.", host, port, error.strerror)
            last_reason = str(error)
            await asyncio.sleep(RETRY_S)


class _Connection(asyncio.Protocol):
    """Connection for one request."""

    def __init__(self, families: Families, connections: "set[_Connection]", *, is_local: bool) -> None:
        self._families = families
        self._connections = connections
        self._is_local = is_local
        self._request = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limit the number of connections and the time of this one."""
        self._transport = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(TIMEOUT_S, self.abort)
        self._connections.add(self)
        if len(self._connections) > MAX_CONNECTIONS:
            self._answer(503, "There are too many connections.\n")

    def data_received(self, data: bytes) -> None:
        """Answer once the request is complete, or too long."""
        if self._transport.is_closing():
            return
        self._request += data
        if len(self._request) > MAX_REQUEST:
            self._answer(431, f"A request has at most {MAX_REQUEST} bytes.\n")
        elif b"\r\n\r\n" in self._request:
            self._answer(*self._result())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the signature of Protocol
        """Forget the connection."""
        self._timer.cancel()
        self._connections.discard(self)

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def _result(self) -> tuple[int, str]:
        """Return status and text of the response."""
        start, *fields = self._request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        try:
            method, target, version = start.split(" ")
        except ValueError:
            version = ""
        if not version.startswith("HTTP/1."):
            return 400, "This is no request of HTTP/1.\n"
        headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        if self._is_local and not _names_loopback(headers.get("host", "localhost")):
            return 403, "On loopback, the metrics are served to localhost and addresses only.\n"
        if target.partition("?")[0] != PATH:
            return 404, f"The metrics are at {PATH}.\n"
        if method != "GET":
            return 405, "The metrics can only be read, with GET.\n"
        return 200, render(self._families())

    def _answer(self, status: int, text: str) -> None:
        body = text.encode(errors="replace")
        lines = (
            f"HTTP/1.1 {status} {PHRASES[status]}",
            f"Content-Type: {CONTENT_TYPE if status == 200 else PLAIN_TEXT}",  # noqa: PLR2004 - the number of success
            f"Content-Length: {len(body)}",
            *(("Allow: GET",) if status == 405 else ()),  # noqa: PLR2004 - the only status with this field
            "X-Content-Type-Options: nosniff",
            "Connection: close",
            "\r\n",
        )
        self._transport.write("\r\n".join(lines).encode() + body)
        self._transport.close()


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _names_loopback(host: str) -> bool:
    """Return whether a Host field is none of a page that had its name resolved to loopback (DNS rebinding)."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return is_loopback(name.strip("[]").lower())
