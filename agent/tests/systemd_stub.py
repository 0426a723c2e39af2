"""System bus of the tests: a systemd that responds with hand-written bytes, and starts nothing."""

from collections.abc import Mapping
from pathlib import Path
import socket
import struct
import threading
from typing import TypeAlias

from socket_server import SocketServer

Properties: TypeAlias = Mapping[str, str | int]
"""Properties of a unit: texts, and the number of its job."""


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def reply(serial: int, signature: str, body: bytes, *, error: str = "") -> bytes:
    fields = b"\x05\x01u\0" + struct.pack("<I", serial)
    fields += b"\x08\x01g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    if error:
        fields += b"\0" * (-len(fields) % 8) + b"\x04\x01s\0" + text(error)
    head = struct.pack("<cBBBIII", b"l", 3 if error else 2, 0, 1, len(body), 9, len(fields))
    return head + fields + b"\0" * (-len(fields) % 8) + body


def properties(pairs: Properties) -> bytes:
    """Return a{sv} of texts, and of jobs: (uo)."""
    items = b""
    for key, value in pairs.items():
        items += b"\0" * (-len(items) % 8) + text(key)
        if isinstance(value, str):
            items += b"\x01s\0"
            items += b"\0" * (-len(items) % 4) + text(value)
        else:
            items += b"\x04(uo)\0"
            items += b"\0" * (-len(items) % 8) + struct.pack("<I", value) + text(f"/job/{value}")
    return struct.pack("<I", len(items)) + b"\0\0\0\0" + items


class Bus(SocketServer):
    """System bus with a systemd that knows some units; serves one connection after the other.

    ``started``: units that it was asked to start; it gives them the properties of ``after_start``, and refuses with the
    D-Bus error ``refusal``.
    """

    def __init__(self, path: Path, units: Mapping[str, Properties]) -> None:
        self.units = dict(units)
        self.asked: list[str] = []
        self.started: list[str] = []
        self.was_asked_to_start = threading.Event()
        self.after_start: dict[str, Properties] = {}
        self.refusal = ""
        self.odd_replies: dict[str, tuple[str, bytes]] = {}
        """Signature and body of the replies to members that are not answered as documented."""
        super().__init__(path)

    def serve(self, client: socket.socket) -> bool:
        """Answer the calls of one connection."""
        stream = client.makefile("rb")
        if not stream.readline():
            return False
        client.sendall(b"OK 0123\r\n")
        stream.readline()
        for serial in (1, 2):
            call = self._read(stream)
            odd = (parts for member, parts in self.odd_replies.items() if f"{member}\0".encode() in call)
            parts = next(odd, None)
            client.sendall(reply(serial, *parts) if parts else self._reply(call, serial))
        return True

    def _read(self, stream: object) -> bytes:
        head: bytes = stream.read(16)  # type: ignore[attr-defined]
        body, _, fields = struct.unpack("<III", head[4:])
        return bytes(stream.read(fields + -fields % 8 + body))  # type: ignore[attr-defined]

    def _reply(self, call: bytes, serial: int) -> bytes:
        if b"Hello\0" in call:
            return reply(serial, "s", text(":1.5"))
        if b"LoadUnit\0" in call:
            name = call[:-1].rpartition(b"\0")[2].decode()
            self.asked.append(name)
            if "@." in name:
                return reply(serial, "s", text("Unit name is not valid."), error="org.freedesktop.systemd1.Invalid")
            return reply(serial, "o", text(f"/unit/{name.encode().hex()}"))
        if b"StartUnit\0" in call:
            (name,) = (name for name in self.units if text(name) in call)
            self.started.append(name)
            self.was_asked_to_start.set()
            if self.refusal:
                return reply(serial, "s", text("Refused."), error=self.refusal)
            self.units[name] = self.after_start.get(name, self.units[name])
            return reply(serial, "o", text("/job/1"))
        path = call.partition(b"/unit/")[2].partition(b"\0")[0].decode()
        known = self.units.get(bytes.fromhex(path).decode(), {"LoadState": "not-found", "ActiveState": "inactive"})
        return reply(serial, "a{sv}", properties(known))
