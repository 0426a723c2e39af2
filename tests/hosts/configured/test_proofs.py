"""Proofs that a host is on: an address that answers, on real sockets."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.iotbridge.hosts.configured import proofs
from custom_components.iotbridge.hosts.configured.proofs import async_answers, async_follow_address
from custom_components.iotbridge.hosts.configured.settings import HostSettings

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def server() -> AsyncGenerator[asyncio.Server]:
    """Return a server on loopback that accepts connections and says nothing."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    yield server
    server.close()


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def test_a_port_that_accepts_or_refuses_is_an_answer(server: asyncio.Server) -> None:
    port = port_of(server)
    assert await async_answers("127.0.0.1", port)
    server.close()
    await server.wait_closed()

    assert await async_answers("127.0.0.1", port), "a machine that is off refuses nothing"


@pytest.mark.parametrize("error", [OSError(113, "No route to host"), UnicodeError("label too long"), TimeoutError()])
async def test_an_address_that_cannot_be_reached_is_none(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def unreachable(*_: object) -> None:
        raise error

    monkeypatch.setattr(asyncio, "open_connection", unreachable)

    assert not await async_answers("192.0.2.1", 22)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once where the interval is the short one, and not within a test where it is the long one."""
    monkeypatch.setattr(proofs, "BUSY_S", 0.001)
    monkeypatch.setattr(proofs, "CALM_INTERVALS", 10**9)


@pytest.mark.usefixtures("_quick")
async def test_a_single_answer_may_get_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, unreachable = ConnectionRefusedError(), OSError(113, "No route to host")
    outcomes = iter([refused, unreachable, refused, unreachable, unreachable])
    proofs_found: list[bool | None] = []
    is_off = asyncio.Event()

    async def connect(*_: object) -> None:
        raise next(outcomes)

    def prove(is_on: bool | None) -> None:
        proofs_found.append(is_on)
        if is_on is False:
            is_off.set()

    monkeypatch.setattr(asyncio, "open_connection", connect)
    settings = HostSettings(address="nas", address_port=22)
    task = asyncio.create_task(async_follow_address(settings, prove, lambda: True))
    await asyncio.wait_for(is_off.wait(), 10)
    task.cancel()

    assert proofs_found == [True, True, False]


@pytest.mark.usefixtures("_quick")
async def test_a_host_that_is_woken_meanwhile_is_asked_soon(server: asyncio.Server) -> None:
    is_busy, is_proven_again = asyncio.Event(), asyncio.Event()
    count = 0

    def prove(_is_on: bool | None) -> None:
        nonlocal count
        count += 1
        if count == 1:
            asyncio.get_running_loop().call_soon(is_busy.set)
        else:
            is_proven_again.set()

    settings = HostSettings(address="127.0.0.1", address_port=port_of(server))
    task = asyncio.create_task(async_follow_address(settings, prove, is_busy.is_set))
    await asyncio.wait_for(is_proven_again.wait(), 10)
    task.cancel()

    assert count == 2


async def test_the_proof_is_given_at_once_and_again(server: asyncio.Server) -> None:
    proofs: list[bool | None] = []
    is_called = asyncio.Event()

    def prove(is_on: bool | None) -> None:
        proofs.append(is_on)
        is_called.set()

    settings = HostSettings(address="127.0.0.1", address_port=port_of(server))
    task = asyncio.create_task(async_follow_address(settings, prove, lambda: False))
    await asyncio.wait_for(is_called.wait(), 10)
    task.cancel()

    assert proofs == [True]


@pytest.mark.usefixtures("_quick")
async def test_an_exception_does_not_end_the_proofs(server: asyncio.Server, caplog: pytest.LogCaptureFixture) -> None:
    proofs: list[bool | None] = []
    is_called_again = asyncio.Event()

    def prove(is_on: bool | None) -> None:
        proofs.append(is_on)
        if len(proofs) == 1:
            raise LookupError("a listener is broken")
        is_called_again.set()

    settings = HostSettings(address="127.0.0.1", address_port=port_of(server))
    task = asyncio.create_task(async_follow_address(settings, prove, lambda: True))
    await asyncio.wait_for(is_called_again.wait(), 10)
    task.cancel()

    assert proofs == [True, True]
    assert "LookupError: a listener is broken" in caplog.text
