"""Session of a person: terminals, the desktop's notifications on a private bus, and the socket of systemd.

As a program (``notice_stub.py FOLDER ADDRESS``) it is a session with one terminal: it prints ``ready``, and then what
the terminal shows.
"""

from __future__ import annotations

from contextlib import suppress
import math
import os
from pathlib import Path
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
from typing import Any

from iotbridge_agent.system.dbus import BUS, Connection, DBusError, _Reader
from iotbridge_agent.system.dbus_encoding import encode

NAME = "org.freedesktop.Notifications"
PROGRAM = """
import sys
from pathlib import Path
from iotbridge_agent.cli.command_line import main
from iotbridge_agent.system import sessions
sessions.SESSIONS = Path(sys.argv[1])
sys.exit(main(["notice"]))
"""
IUTF8 = 0o40000


def write_session(folder: Path, number: int, **values: object) -> None:
    """Write the file of a session as logind does."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {"UID": os.getuid(), "CLASS": "user", "STATE": "active", "TYPE": "tty", **values}
    (folder / str(number)).write_text("".join(f"{key}={value}\n" for key, value in known.items()))


class Terminal:
    """Terminal of this user, which takes messages."""

    def __init__(self, mode: int = 0o620, *, is_utf8: bool = True) -> None:
        self._screen, self._own = os.openpty()
        self.path = os.ttyname(self._own)
        self.name = self.path.removeprefix("/dev/")
        Path(self.path).chmod(mode)
        settings = termios.tcgetattr(self._own)
        settings[0] = settings[0] | IUTF8 if is_utf8 else settings[0] & ~IUTF8
        termios.tcsetattr(self._own, termios.TCSANOW, settings)

    def stop_output(self) -> None:
        """Stop its output, as Ctrl-S does."""
        termios.tcflow(self._own, termios.TCOOFF)

    def read(self, timeout_s: float = 0) -> str:
        """Return what it shows next, at most after this time."""
        data = b""
        while select.select([self._screen], [], [], 0 if data else timeout_s)[0]:
            data += os.read(self._screen, 4096)
        return data.decode()

    def close(self) -> None:
        """Close it."""
        os.close(self._screen)
        os.close(self._own)


class NotificationsStub:
    """Owner of the name of the desktop's notifications on the bus at DBUS_SESSION_BUS_ADDRESS."""

    def __init__(self, *abilities: str) -> None:
        self.shown: list[tuple[Any, ...]] = []
        """Arguments of each notification."""
        self._abilities = abilities
        self._bus = Connection(bus="session").open()
        self._bus.call(*BUS, "RequestName", "su", NAME, 0)
        self._bus._deadline = math.inf
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        self._bus.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with suppress(DBusError, OSError):
            while True:
                head = self._bus._receive(16)
                length, serial, size = struct.unpack("<III", head[4:])
                fields = dict(_Reader(head[12:] + self._bus._receive(size + -size % 8), "<", base=4).value("a(yv)"))
                arguments = _Reader(self._bus._receive(length), "<").values(str(fields.get(8, "")))
                kind, value = "as", self._abilities
                if fields[3] == "Notify":
                    self.shown.append(arguments)
                    kind, value = "u", len(self.shown)  # type: ignore[assignment]
                if head[1] == 1:
                    reply = ((5, "u", serial), (6, "s", fields[7]), (8, "g", kind))
                    self._bus._socket.sendall(encode(2, serial + 1000, reply, (kind,), (value,)))


class SessionSocket:
    """Socket unit of a person's session: starts `iotbridge-agent notice` for each connection, as systemd does."""

    def __init__(self, folder: Path, address: str) -> None:
        """``folder`` has the sessions."""
        self._folder = folder
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                argv = [sys.executable, "-c", PROGRAM, str(self._folder)]
                subprocess.run(argv, stdin=connection.fileno(), check=False, timeout=30)


def main() -> None:
    """Run until the input ends."""
    folder, terminal = Path(sys.argv[1]), Terminal()
    write_session(folder, 1, TTY=terminal.name)
    session = SessionSocket(folder, "\0" + sys.argv[2])
    print("ready", flush=True)  # noqa: T201 - its purpose
    while sys.stdin not in select.select([sys.stdin, terminal._screen], [], [])[0]:
        print(terminal.read(1).strip("\a\r\n"), flush=True)  # noqa: T201 - its purpose
    session.close()
    terminal.close()


if __name__ == "__main__":
    main()
