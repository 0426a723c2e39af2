"""Scripted brokers: old ones, and ones that stop answering."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from iotbridge_agent.config import BrokerConfig

SUBACK = 0x90
CONNACK_5, SUBACK_5 = b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x00\x00\x01"


def config(port: int, scheme: str = "mqtt", host: str = "127.0.0.1", **more: Any) -> BrokerConfig:
    """Return the configuration of a broker on the loopback."""
    return BrokerConfig(scheme=scheme, host=host, port=port, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def old_broker(first_answer: bytes = b"\x20\x02\x00\x01") -> AsyncIterator[tuple[int, list[int]]]:
    """Serve MQTT 3.1.1, rejecting newer versions as such brokers do; yield it and the requested versions."""
    versions: list[int] = []
    serving: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())  # type: ignore[arg-type]
        data = await reader.read(1024)
        # Fixed header, length, "MQTT" with its length, and then the version.
        if data[:1] == b"\x10" and len(data) > 8:
            versions.append(data[8])
            writer.write(b"\x20\x02\x00\x00" if data[8] == 4 else first_answer)
            await reader.read(1024)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], versions
        await asyncio.wait(serving, timeout=5)


@asynccontextmanager
async def mute_broker(*answers: bytes) -> AsyncIterator[int]:
    """Serve one response for each read; after the last one keep the connection open, or close it after b""."""
    serving: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())  # type: ignore[arg-type]
        for answer in answers:
            data = await reader.read(1024)
            if not answer:
                break
            # A SUBACK contains the packet identifier of the SUBSCRIBE.
            writer.write(answer[:2] + data[2:4] + answer[4:] if answer[0] == SUBACK else answer)
        else:
            while await reader.read(1024):
                pass
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait(serving, timeout=5)
