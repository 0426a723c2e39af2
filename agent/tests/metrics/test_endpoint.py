"""Endpoint: what it answers, what it refuses, and the bounds of its clients."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
import logging
import socket

from conftest import free_port
import pytest

from iotbridge_agent.metrics import endpoint
from iotbridge_agent.metrics.exposition import Family, Sample

DEADLINE_S = 10.0


def families() -> Iterable[Family]:
    return [Family("up", "gauge", "1.", [Sample(1)])]


async def open_connection(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.01)


async def answer(port: int, request: bytes) -> bytes:
    """Return the response to a request, and b"" for a connection that is cut off."""
    reader, writer = await open_connection(port)
    writer.write(request)
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def status(port: int, start: str, host: str | None = "127.0.0.1") -> int:
    fields = "" if host is None else f"Host: {host}\r\n"
    return int((await answer(port, f"{start}\r\n{fields}\r\n".encode())).split(b" ")[1])


async def logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while words not in caplog.text:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.01)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Serve metrics."""
    number = free_port()
    serving = asyncio.create_task(endpoint.serve(f"127.0.0.1:{number}", families))
    yield number
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def test_it_answers_with_the_metrics(port: int) -> None:
    response = await answer(port, b"GET /metrics HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert body == b"# HELP up 1.\n# TYPE up gauge\nup{} 1\n"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("GET /metrics HTTP/1.0", 200),
        ("GET /metrics?name[]=up HTTP/1.1", 200),
        ("GET / HTTP/1.1", 404),
        ("GET /metrics/ HTTP/1.1", 404),
        ("POST /metrics HTTP/1.1", 405),
        ("POST /other HTTP/1.1", 404),
        ("GET /metrics", 400),
        ("GET  /metrics HTTP/1.1", 400),
        ("GET /metrics HTTP/2", 400),
        ("\x16\x03\x01", 400),
    ],
)
async def test_it_serves_only_one_path_and_method(port: int, start: str, expected: int) -> None:
    assert await status(port, start) == expected


async def test_another_method_learns_which_one_is_allowed(port: int) -> None:
    assert b"\r\nAllow: GET\r\n" in await answer(port, b"DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (None, 200),
        ("LOCALHOST:9463", 200),
        ("[::1]:9463", 200),
        ("[::1]", 200),
        ("127.0.0.1", 200),
        ("evil.example:9463", 403),
        ("localhost.evil.example", 403),
        ("192.168.1.5", 403),
    ],
)
async def test_a_page_whose_name_leads_to_loopback_reads_nothing(port: int, host: str | None, expected: int) -> None:
    assert await status(port, "GET /metrics HTTP/1.1", host) == expected


async def test_every_name_is_served_on_other_addresses(caplog: pytest.LogCaptureFixture) -> None:
    number = free_port()
    serving = asyncio.create_task(endpoint.serve(f"0.0.0.0:{number}", families))
    try:
        assert await status(number, "GET /metrics HTTP/1.1", "nas.lan:9463") == 200
    finally:
        serving.cancel()
    assert "anyone who reaches this address can read them" in caplog.text


async def test_a_request_in_pieces_is_answered(port: int) -> None:
    reader, writer = await open_connection(port)
    for byte in b"GET /metrics HTTP/1.1\r\n\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_long_request_is_refused(port: int) -> None:
    assert (await answer(port, b"GET /" + b"x" * endpoint.MAX_REQUEST)).startswith(b"HTTP/1.1 431 ")
    assert await status(port, "GET /metrics HTTP/1.1") == 200


async def test_a_slow_client_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "TIMEOUT_S", 0.1)
    assert await answer(port, b"GET /metrics HTTP/1.1\r\n") == b""


async def test_clients_beyond_the_limit_are_turned_away(port: int) -> None:
    waiting = [await open_connection(port) for _ in range(endpoint.MAX_CONNECTIONS)]
    try:
        assert (await answer(port, b"")).startswith(b"HTTP/1.1 503")
    finally:
        for _, writer in waiting:
            writer.close()


async def test_open_connections_end_with_the_endpoint() -> None:
    number = free_port()
    serving = asyncio.create_task(endpoint.serve(f"127.0.0.1:{number}", families))
    reader, writer = await open_connection(number)
    writer.write(b"GET ")
    await status(number, "GET /metrics HTTP/1.1")  # the endpoint has seen the other connection by now
    serving.cancel()
    async with asyncio.timeout(endpoint.TIMEOUT_S / 2):
        with suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()


async def test_a_port_in_use_is_tried_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(endpoint, "RETRY_S", 0.02)
    caplog.set_level(logging.INFO)
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        serving = asyncio.create_task(endpoint.serve(f"127.0.0.1:{number}", families))
        await logged(caplog, "Trying again")
    await logged(caplog, "The metrics are at")
    assert await status(number, "GET /metrics HTTP/1.1") == 200
    serving.cancel()
    assert caplog.text.count("Trying again") == 1
