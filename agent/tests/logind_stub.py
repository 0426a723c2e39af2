"""Private bus with a stub of logind and systemd: hands out locks, announces sleep and shutdown, lists jobs.

As a program (``logind_stub.py FOLDER``) it prints the address of its bus, and ``unlocked`` whenever the last lock is
let go, and emits the signals that it reads from its input: ``PrepareForSleep true``. It never suspends anything.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import math
import os
from pathlib import Path
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import Any

from iotbridge_agent.system.dbus import BUS, Connection, DBusError, _Reader

SYSTEMD_NAME = "org.freedesktop.systemd1"
NAME, PATH, MANAGER = "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
METHOD_CALL, METHOD_RETURN, ERROR, SIGNAL = 1, 2, 3, 4
POLICY = '<policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>'
Field = tuple[int, str, str | int]


def find_daemon() -> str | None:
    """Return the path of dbus-daemon, or None."""
    return shutil.which("dbus-daemon")


class PrivateBus:
    """dbus-daemon of a test, at an address of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = f"unix:path={folder}/bus"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        daemon = find_daemon()
        assert daemon is not None
        config = self._folder / "bus.conf"
        config.write_text(f"<busconfig><listen>{self.address}</listen>{POLICY}</busconfig>")
        argv = [daemon, f"--config-file={config}", "--nofork", "--print-address=1"]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith(b"unix:path=")

    def stop(self) -> None:
        """Stop it."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None
            # A daemon that ends leaves its socket behind, and the next one cannot bind it.
            (self._folder / "bus").unlink(missing_ok=True)


class LogindStub:
    """Owner of logind's and systemd's names on the bus at DBUS_SYSTEM_BUS_ADDRESS."""

    def __init__(self, *, delay_s: float = 5.0, refuses: bool = False, is_preparing: bool = False) -> None:
        self.locks: list[tuple[str, ...]] = []
        """Arguments of each lock that was taken."""
        self.clients: list[str] = []
        """Names on the bus of those that took them."""
        self.held = 0
        """Number of locks that are held."""
        self.on_unlock: Callable[[], None] = lambda: None
        """Called at the moment at which the last lock is let go: a real machine would sleep now."""
        self.jobs: list[tuple[str, str]] = []
        """Jobs of systemd: the name of the unit, and the kind of the job."""
        self.signature_of_jobs = "a(usssoo)"
        self._refuses = refuses
        self.properties = {
            "InhibitDelayMaxUSec": ("t", struct.pack("<Q", int(delay_s * 1_000_000))),
            "PreparingForSleep": ("b", struct.pack("<I", is_preparing)),
            "PreparingForShutdown": ("b", struct.pack("<I", False)),
        }
        self._changed = threading.Condition()
        self._bus = Connection(takes_descriptors=True).open()
        for name in (NAME, SYSTEMD_NAME):
            self._bus.call(*BUS, "RequestName", "su", name, 0)
        self._bus._deadline = math.inf
        self._serial = 1000
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def emit(self, member: str, value: bool, *, kind: str | None = None) -> None:
        """Emit a signal; ``kind`` is the metadata of PrepareForShutdownWithMetadata."""
        signature, body = "b", struct.pack("<I", value)
        if kind is not None:
            entry = _text("type") + b"\1s\0" + b"\0" * (-(len(_text("type")) + 3) % 4) + _text(kind)
            signature, body = "ba{sv}", body + struct.pack("<I", len(entry)) + entry
        self._send(SIGNAL, [(1, "o", PATH), (2, "s", MANAGER), (3, "s", member)], signature, body)

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> float:
        """Wait for a condition of ``held`` and ``locks``; return the seconds that it took."""
        started = time.monotonic()
        with self._changed:
            assert self._changed.wait_for(condition, timeout_s), f"waited {timeout_s:g} s for {what}"
        return time.monotonic() - started

    def wait_locked(self) -> None:
        """Wait until a lock is held."""
        self.wait(lambda: self.held == 1, "a lock")

    def wait_unlocked(self, timeout_s: float = 60.0) -> float:
        """Wait until no lock is held; return the seconds that it took."""
        return self.wait(lambda: self.held == 0, "the end of the lock", timeout_s)

    def close(self) -> None:
        """Leave the bus, as logind does when it is stopped."""
        self._bus.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with suppress(DBusError, OSError):
            while True:
                head = self._bus._receive(16)
                order = "<" if head[:1] == b"l" else ">"
                length, serial, size = struct.unpack(f"{order}III", head[4:])
                fields = dict(_Reader(head[12:] + self._bus._receive(size + -size % 8), order, base=4).value("a(yv)"))
                body = _Reader(self._bus._receive(length), order)
                if head[1] == METHOD_CALL:
                    self._answer(fields, body.values(str(fields.get(8, ""))), serial)

    def _answer(self, fields: dict[int, Any], arguments: tuple[Any, ...], serial: int) -> None:
        reply: list[Field] = [(5, "u", serial), (6, "s", fields[7])]
        match fields[3], arguments:
            case "Get", (interface, name) if interface == MANAGER:
                signature, body = self.properties[name]
                header = b"\1" + signature.encode() + b"\0"
                alignment = 8 if signature == "t" else 4
                self._send(METHOD_RETURN, reply, "v", header + b"\0" * (-len(header) % alignment) + body)
            case "ListJobs", ():
                jobs = b""
                for unit, kind in self.jobs:
                    jobs += b"\0" * (-len(jobs) % 8) + _job(unit, kind)
                self._send(METHOD_RETURN, reply, self.signature_of_jobs, struct.pack("<II", len(jobs), 0) + jobs)
            case "Inhibit", lock if not self._refuses:
                self.clients.append(fields[7])
                self._hand_out(reply, lock)
            case _:
                error = "org.freedesktop.DBus.Error.AccessDenied"
                self._send(ERROR, [*reply, (4, "s", error)], "s", _text("Permission denied"))

    def _hand_out(self, reply: list[Field], lock: tuple[str, ...]) -> None:
        """Reply with one end of a pipe; as with logind, the lock ends when nobody holds that end any more."""
        watched, handed_out = os.pipe()
        with self._changed:
            self.locks.append(lock)
            self.held += 1
            self._changed.notify_all()
        self._send(METHOD_RETURN, [*reply, (9, "u", 1)], "h", struct.pack("<I", 0), descriptor=handed_out)
        os.close(handed_out)
        threading.Thread(target=self._await_end, args=(watched,), daemon=True).start()

    def _await_end(self, watched: int) -> None:
        os.read(watched, 1)
        os.close(watched)
        with self._changed:
            self.held -= 1
            if not self.held:
                self.on_unlock()
            self._changed.notify_all()

    def _send(
        self, kind: int, fields: list[Field], signature: str, body: bytes, *, descriptor: int | None = None
    ) -> None:
        head = bytearray()
        for code, letter, value in [*fields, (8, "g", signature)]:
            head += b"\0" * (-len(head) % 8) + bytes((code, 1)) + letter.encode() + b"\0"
            if letter == "u":
                head += struct.pack("<I", value)
            elif letter == "g":
                head += bytes((len(str(value)),)) + str(value).encode() + b"\0"
            else:
                head += _text(str(value))
        with self._sending:
            self._serial += 1
            start = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), self._serial, len(head))
            message = start + bytes(head) + b"\0" * (-len(head) % 8) + body
            socket.send_fds(self._bus._socket, [message], [] if descriptor is None else [descriptor])


def _text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def _job(unit: str, kind: str) -> bytes:
    data = struct.pack("<I", 7)
    for text in (unit, kind, "waiting", "/org/job", "/org/unit"):
        data += b"\0" * (-len(data) % 4) + _text(text)
    return data


def main() -> None:
    """Run until the input ends."""
    bus = PrivateBus(Path(sys.argv[1]))
    bus.start()
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
    logind = LogindStub()
    logind.on_unlock = lambda: print("unlocked", flush=True)  # noqa: T201 - its purpose
    print(bus.address, flush=True)  # noqa: T201 - its purpose
    for line in sys.stdin:
        member, value = line.split()
        logind.emit(member, value == "true")
    logind.close()
    bus.stop()


if __name__ == "__main__":
    main()
