"""Notices on real terminals, and on a private bus with a stub of the desktop's notifications."""

from collections.abc import Iterator
import os
from pathlib import Path
import re
import subprocess
import sys

from conftest import wait_until
from logind_stub import PrivateBus
from notice_stub import NotificationsStub, Terminal, write_session
import pytest

from iotbridge_agent.protocol.messages import Notice
from iotbridge_agent.system import sessions
from iotbridge_agent.system.screens import show_on_screens

NOTICE = Notice("È tardi: 22:30 <b>&</b>", "Notte")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the sessions of this machine by none."""
    folder = tmp_path / "sessions"
    folder.mkdir()
    monkeypatch.setattr(sessions, "SESSIONS", folder)
    return folder


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture
def session_bus(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> PrivateBus:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    return bus


def test_a_terminal_shows_title_time_and_text(folder: Path, terminal: Terminal) -> None:
    write_session(folder, 1, TTY=terminal.name)
    assert show_on_screens(NOTICE)
    assert re.fullmatch(r"\a\r\r\nNotte \(\d\d:\d\d\): È tardi: 22:30 <b>&</b>\r\r\n", terminal.read())

    assert show_on_screens(Notice("Bye"))
    assert re.search(r"\nHome Assistant \(\d\d:\d\d\): Bye\r", terminal.read())


def test_a_terminal_is_written_to_once_for_all_its_sessions(folder: Path, terminal: Terminal) -> None:
    write_session(folder, 1, TTY=terminal.name)
    write_session(folder, 2, TTY=terminal.name)
    assert show_on_screens(NOTICE)
    assert terminal.read().count("Notte") == 1


def test_a_terminal_without_utf8_gets_no_byte_that_it_could_carry_out(folder: Path) -> None:
    terminal = Terminal(is_utf8=False)
    write_session(folder, 1, TTY=terminal.name)
    assert show_on_screens(Notice("È \u201cÛ31m\u201d"))
    assert "): ? ??31m?\r" in terminal.read()
    terminal.close()


def test_a_terminal_that_takes_no_messages_stays_as_it_is(folder: Path) -> None:
    terminal = Terminal(0o600)
    write_session(folder, 1, TTY=terminal.name)
    assert not show_on_screens(NOTICE)
    assert terminal.read() == ""
    terminal.close()


def test_a_terminal_that_is_stopped_is_not_waited_for(folder: Path, terminal: Terminal) -> None:
    write_session(folder, 1, TTY=terminal.name)
    terminal.stop_output()
    assert not show_on_screens(NOTICE)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a terminal away")
def test_a_terminal_that_belongs_to_another_user_now_is_left_alone(folder: Path, terminal: Terminal) -> None:
    write_session(folder, 1, TTY=terminal.name)
    os.chown(terminal.path, 65534, -1)
    assert not show_on_screens(NOTICE)
    assert terminal.read() == ""


@pytest.mark.parametrize("name", ["null", "../etc/passwd", "pts/../null", "tty", "pts/99999999", "pts/1\n"])
def test_nothing_else_is_opened(folder: Path, name: str) -> None:
    write_session(folder, 1, TTY=name)
    assert not show_on_screens(NOTICE)


def test_sessions_of_others_are_not_ones_own(folder: Path, terminal: Terminal) -> None:
    write_session(folder, 1, UID=os.getuid() + 1, TTY=terminal.name)
    assert not show_on_screens(NOTICE)
    assert terminal.read() == ""


def test_the_terminal_of_ssh_is_found_by_its_processes(folder: Path, terminal: Terminal) -> None:
    shell = f"exec setsid --ctty --wait sleep 60 <{terminal.path}"
    leader = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; print(1, flush=True); subprocess.run(['sh', '-c', {shell!r}])"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert leader.stdout is not None
    leader.stdout.readline()
    try:
        write_session(folder, 1, LEADER=leader.pid)
        wait_until(lambda: show_on_screens(NOTICE), "a process on the terminal")
        assert "Notte" in terminal.read()
    finally:
        os.killpg(leader.pid, 9)
        leader.wait()
        leader.stdout.close()


def test_a_desktop_shows_it_until_it_is_read(folder: Path, session_bus: PrivateBus) -> None:
    desktop = NotificationsStub()
    write_session(folder, 1, TYPE="wayland", TTY="tty2")
    assert show_on_screens(NOTICE)
    desktop.close()
    assert desktop.shown == [
        ("Home Assistant", 0, "", "Notte", "È tardi: 22:30 <b>&</b>", [], {"urgency": 2}, 0),
    ]


def test_a_desktop_that_reads_markup_gets_text(folder: Path, session_bus: PrivateBus) -> None:
    desktop = NotificationsStub("body", "body-markup")
    write_session(folder, 1, TYPE="x11")
    assert show_on_screens(Notice('<a href="x">1 & 2</a>'))
    desktop.close()
    assert desktop.shown[0][3:5] == ("Home Assistant", '&lt;a href="x"&gt;1 &amp; 2&lt;/a&gt;')


def test_a_desktop_without_notifications_shows_nothing(folder: Path, session_bus: PrivateBus) -> None:
    write_session(folder, 1, TYPE="x11")
    assert not show_on_screens(NOTICE)


def test_a_desktop_without_a_bus_shows_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    write_session(folder, 1, TYPE="x11")
    assert not show_on_screens(NOTICE)
