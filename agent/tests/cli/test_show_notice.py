"""Subcommand that shows a notice: whose notice it shows, and what it refuses."""

import os
from pathlib import Path
import pwd
import socket
import subprocess
import sys

from notice_stub import PROGRAM, Terminal, write_session
import pytest

from iotbridge_agent.cli import show_notice as module
from iotbridge_agent.commands.notice import SHOWN


def show(folder: Path, data: bytes) -> tuple[bytes, str]:
    """Give the program this message; return its answer and its errors."""
    own, its = socket.socketpair(socket.AF_UNIX)
    with own:
        own.settimeout(30)
        own.sendall(data)
        own.shutdown(socket.SHUT_WR)
        with its:
            argv = [sys.executable, "-c", PROGRAM, str(folder)]
            run = subprocess.run(argv, stdin=its.fileno(), capture_output=True, text=True, check=False, timeout=30)
        return own.recv(100), run.stderr


def test_a_notice_is_shown_and_confirmed(tmp_path: Path) -> None:
    terminal = Terminal()
    write_session(tmp_path, 1, TTY=terminal.name)
    assert show(tmp_path, b'{"text":"Bye"}') == (SHOWN, "")
    assert "): Bye\r" in terminal.read()
    terminal.close()


def test_without_a_screen_it_is_not_confirmed(tmp_path: Path) -> None:
    assert show(tmp_path, b'{"text":"Bye"}') == (b"", "")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"text":"\\u001b[2J"}', b'{"text":"\x9b2J"}', b'{"text":"a\\nb"}', b'{"text":"' + b"x" * 5000],
)
def test_a_text_that_is_not_plain_reaches_no_terminal(tmp_path: Path, data: bytes) -> None:
    terminal = Terminal()
    write_session(tmp_path, 1, TTY=terminal.name)
    answer, errors = show(tmp_path, data)
    assert answer == b""
    assert errors.startswith("iotbridge-agent: ")
    assert len(errors.splitlines()) == 1
    assert terminal.read() == ""
    terminal.close()


def test_only_the_agent_root_and_this_user_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        pw_uid = 987

    monkeypatch.setattr(pwd, "getpwnam", lambda name: Entry if name == "iotbridge-agent" else None)
    assert module._trusted() == {0, os.getuid(), 987}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_a_notice_of_somebody_else_is_not_shown(tmp_path: Path) -> None:
    terminal = Terminal()
    write_session(tmp_path, 1, TTY=terminal.name)
    address = f"\0iotbridge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        stranger = f"import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect({address!r}); "
        stranger += 's.sendall(b\'{"text":"Boo"}\'); s.shutdown(1)'
        with subprocess.Popen(["/usr/bin/python3", "-c", stranger], user=65534):
            connection, _ = listener.accept()
            with connection:
                argv = [sys.executable, "-c", PROGRAM, str(tmp_path)]
                run = subprocess.run(
                    argv, stdin=connection.fileno(), capture_output=True, text=True, check=False, timeout=30
                )
    assert "user 65534" in run.stderr
    assert terminal.read() == ""
    terminal.close()


def test_started_by_hand_it_tells_what_it_is_for(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    run = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30)
    assert run.returncode == 1
    assert "which systemd hands over" in run.stderr
