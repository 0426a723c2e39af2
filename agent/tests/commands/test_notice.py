"""Notices that the agent hands over to the sessions of people."""

from collections.abc import AsyncIterator, Iterator
import os
from pathlib import Path
import socket
import threading

from notice_stub import SessionSocket, Terminal, write_session
import pytest

from iotbridge_agent.commands import notice as module
from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.commands.notice import SHOWN, peer_uid, show
from iotbridge_agent.protocol.messages import Notice
from iotbridge_agent.system import sessions

NOTICE = Notice("Shuts down at 22:30.", "Night")
ME = os.getuid()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the sessions of this machine by none, and the addresses by those of the test."""
    folder = tmp_path / "sessions"
    folder.mkdir()
    monkeypatch.setattr(sessions, "SESSIONS", folder)
    monkeypatch.setattr(module, "ADDRESS", f"\0iotbridge-test-{os.getpid()}-{{uid}}")
    return folder


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture
async def listener(folder: Path) -> AsyncIterator[socket.socket]:
    """Listen in place of systemd in this user's session."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(module.ADDRESS.format(uid=ME))
        listener.listen()
        listener.settimeout(10)
        yield listener


def answer(listener: socket.socket, reply: bytes, received: list[bytes]) -> threading.Thread:
    """Answer one connection in a thread."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            assert peer_uid(connection) == ME
            received.append(connection.recv(4096))
            connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


async def test_a_notice_is_on_the_terminal_of_a_person(folder: Path, terminal: Terminal) -> None:
    write_session(folder, 1, TTY=terminal.name)
    write_session(folder, 2, UID=ME + 1)
    session = SessionSocket(folder, module.ADDRESS.format(uid=ME))
    try:
        assert await show(NOTICE) == (2, 1)
    finally:
        session.close()
    assert "Night (" in (text := terminal.read())
    assert "Shuts down at 22:30." in text


async def test_a_person_counts_once(folder: Path, listener: socket.socket) -> None:
    received: list[bytes] = []
    write_session(folder, 1)
    write_session(folder, 2)
    thread = answer(listener, SHOWN, received)
    assert await show(Notice("Bye")) == (1, 1)
    thread.join()
    assert received == [b'{"text":"Bye"}']


async def test_a_session_without_a_screen_does_not_count(folder: Path, listener: socket.socket) -> None:
    write_session(folder, 1)
    thread = answer(listener, b"", [])
    assert await show(NOTICE) == (1, 0)
    thread.join()


async def test_a_session_that_does_not_answer_is_not_waited_for_long(
    folder: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    write_session(folder, 1)
    assert await show(NOTICE) == (1, 0)


async def test_an_address_that_another_user_took_gets_nothing(folder: Path) -> None:
    write_session(folder, 1, UID=ME + 1)
    with socket.socket(socket.AF_UNIX) as squatter:
        squatter.bind(module.ADDRESS.format(uid=ME + 1))
        squatter.listen()
        assert await show(NOTICE) == (1, 0)
        connection, _ = squatter.accept()
        with connection:
            assert connection.recv(4096) == b""


async def test_nobody_is_logged_in(folder: Path) -> None:
    write_session(folder, 1, CLASS="greeter")
    assert await show(NOTICE) == (0, 0)


async def test_without_logind_nobody_can_be_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSIONS", folder / "none")
    with pytest.raises(CommandError, match="systemd only"):
        await show(NOTICE)
