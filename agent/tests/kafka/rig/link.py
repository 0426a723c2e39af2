"""Link between clients and a server: forwards, freezes, refuses, and ends TLS on request."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
import ssl

from conftest import free_port

from .server_thread import ServerThread

CHUNK = 65_536


class Link(ServerThread):
    """Server in front of a port; with ``tls`` its clients speak TLS, and the server behind it does not."""

    def __init__(self, target: int = 0, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(free_port())
        self.target = target
        self._tls = tls
        self._flowing = asyncio.Event()
        self._flowing.set()

    def freeze(self) -> None:
        """Forward nothing; connections stay, and new ones are accepted."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def thaw(self) -> None:
        """Forward again, beginning with what has been held back."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def refuse(self) -> None:
        """Close all connections, and refuse new ones."""
        self.run(self.stop())

    def accept(self) -> None:
        """Accept connections again."""
        self.run(self.start())

    async def start(self) -> None:
        """Accept connections, unless it does so already."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection
        self._connections.add(connection)
        writers = [writer]
        # A cancelled task would be reported by the server.
        with suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            writers.append(far_writer)
            pumps = {asyncio.create_task(self._pump(*ends)) for ends in ((reader, far_writer), (far_reader, writer))}
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        for end in writers:
            end.transport.abort()
        self._connections.discard(connection)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()


def server_tls(folder: Path, name: str = "broker") -> ssl.SSLContext:
    """Return a server's context for a certificate of the fixture ``certificates``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context
