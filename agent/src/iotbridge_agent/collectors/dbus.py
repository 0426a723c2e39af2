"""One question over the system's D-Bus, without a library: texts out, Python values back.

Enough to read from systemd, and no more: little endian, one call per connection, no signals, no file descriptors.
https://dbus.freedesktop.org/doc/dbus-specification.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import socket
import struct
from typing import BinaryIO

from iotbridge_agent.errors import CollectorError

SYSTEM_BUS = Path("/run/dbus/system_bus_socket")
MAX_MESSAGE = 1 << 20
METHOD_CALL, ERROR = 1, 3
PATH, INTERFACE, MEMBER, REPLY_SERIAL, DESTINATION, SIGNATURE = 1, 2, 3, 5, 6, 8
HELLO_SERIAL, QUESTION_SERIAL = 1, 2
FORMATS = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "b": "I", "x": "q", "t": "Q", "d": "d"}
TEXTS = {"s": "I", "o": "I", "g": "B"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A method of an object on the bus, and its one argument, a list of texts."""

    destination: str
    path: str
    interface: str
    member: str
    texts: tuple[str, ...] | None = None
    """None: the method takes no argument."""


HELLO = Question(
    destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus", member="Hello"
)


def ask(question: Question, *, bus: Path = SYSTEM_BUS, timeout_s: float = 5.0) -> list[object]:
    """Return the arguments of the answer. Raises OSError without a bus, CollectorError when it refuses or babbles."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(timeout_s)
        link.connect(str(bus))
        with link.makefile("rb") as stream:
            link.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
            greeting = stream.readline(1024)
            if not greeting.startswith(b"OK "):
                raise CollectorError(f"D-Bus did not let the agent in: {greeting[:60]!r}")
            link.sendall(b"BEGIN\r\n" + _call(HELLO, HELLO_SERIAL) + _call(question, QUESTION_SERIAL))
            try:
                return _answer(stream)
            except (struct.error, IndexError, KeyError, ValueError) as error:
                raise CollectorError(f"D-Bus sent what is no message: {error}") from error


def _answer(stream: BinaryIO) -> list[object]:
    while True:
        kind, fields, body = _receive(stream)
        if fields.get(REPLY_SERIAL) not in (HELLO_SERIAL, QUESTION_SERIAL):
            continue  # a signal: the bus greets with one
        arguments = list(_Reader(body).values(str(fields.get(SIGNATURE, ""))))
        if kind == ERROR:
            raise CollectorError(f"D-Bus refused: {arguments[0] if arguments else 'without a reason'}")
        if fields[REPLY_SERIAL] == QUESTION_SERIAL:
            return arguments


def _receive(stream: BinaryIO) -> tuple[int, dict[object, object], bytes]:
    """Read one message: its kind, its header fields by number, its body."""
    start = _read(stream, 16)
    order, kind, _, _, body_length, _, fields_length = struct.unpack("<cBBBIII", start)
    if order != b"l" or body_length + fields_length > MAX_MESSAGE:
        raise ValueError(f"unexpected start {start!r}")
    header = _read(stream, fields_length + -fields_length % 8)
    fields = _Reader(header).header_fields(fields_length)
    return kind, fields, _read(stream, body_length)


def _read(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise CollectorError("D-Bus hung up")
    return data


def _call(question: Question, serial: int) -> bytes:
    body = b""
    fields = [
        (PATH, "o", question.path),
        (INTERFACE, "s", question.interface),
        (MEMBER, "s", question.member),
        (DESTINATION, "s", question.destination),
    ]
    if question.texts is not None:
        fields.append((SIGNATURE, "g", "as"))
        texts = b""
        for text in question.texts:
            texts += b"\0" * (-len(texts) % 4) + _text("s", text)
        body = struct.pack("<I", len(texts)) + texts
    header = b""
    for number, kind, value in fields:
        header += b"\0" * (-len(header) % 8) + bytes((number, 1)) + kind.encode() + b"\0" + _text(kind, value)
    start = struct.pack("<cBBBIII", b"l", METHOD_CALL, 0, 1, len(body), serial, len(header))
    return start + header + b"\0" * (-len(header) % 8) + body


def _text(kind: str, value: str) -> bytes:
    data = value.encode()
    return struct.pack("<" + TEXTS[kind], len(data)) + data + b"\0"


class _Reader:
    """Takes values off a message; every value lies at a multiple of its own size."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def values(self, signature: str) -> Iterator[object]:
        """Return one value for each complete type of a signature."""
        while signature:
            length = _type_length(signature)
            yield self._value(signature[:length])
            signature = signature[length:]

    def header_fields(self, length: int) -> dict[object, object]:
        """Return the variants of a header by their number."""
        fields: dict[object, object] = {}
        while self._at < length:
            self._align(8)
            number = self._value("y")
            fields[number] = self._value("v")
        return fields

    def _value(self, kind: str) -> object:
        if kind in TEXTS:
            return self._take(self._number(TEXTS[kind]) + 1)[:-1].decode()
        if kind in FORMATS:
            return self._number(FORMATS[kind])
        if kind == "v":
            return next(self.values(str(self._value("g"))))
        if kind[0] in "({":
            self._align(8)
            return tuple(self.values(kind[1:-1]))
        if kind[0] == "a":
            return self._array(kind[1:])
        raise ValueError(f"unknown type {kind!r}")

    def _array(self, kind: str) -> list[object]:
        length = int(self._number("I"))
        self._align(8 if kind[0] in "({xtd" else 1)
        end = self._at + length
        items = []
        while self._at < end:
            items.append(self._value(kind))
        return items

    def _number(self, form: str) -> int:
        size = struct.calcsize("<" + form)
        self._align(size)
        number: int = struct.unpack("<" + form, self._take(size))[0]
        return number

    def _align(self, size: int) -> None:
        self._at += -self._at % size

    def _take(self, length: int) -> bytes:
        data = self._data[self._at : self._at + length]
        if len(data) < length:
            raise ValueError("it ends too early")
        self._at += length
        return data


def _type_length(signature: str) -> int:
    """Return how many characters the first complete type of a signature has."""
    if signature[0] == "a":
        return 1 + _type_length(signature[1:])
    if signature[0] not in "({":
        return 1
    depth = 0
    for index, character in enumerate(signature):
        depth += (character in "({") - (character in ")}")
        if depth == 0:
            return index + 1
    raise ValueError(f"unbalanced signature {signature!r}")
