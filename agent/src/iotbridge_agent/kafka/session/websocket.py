"""Client side of a WebSocket (RFC 6455) that carries the bytes of MQTT; no input or output of its own."""

from base64 import b64encode
from hashlib import sha1
import os

MAX_HEAD = 16 * 1024
"""Bytes of the server's answer to the request."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_FINAL, _MASKED, _OPCODE, _LENGTH = 0x80, 0x80, 0x0F, 0x7F
_SHORT, _LENGTH_16, _LENGTH_64 = 125, 126, 127
_HEAD_END = b"\r\n\r\n"


class WebSocketError(OSError):
    """Answer that is no WebSocket for MQTT; the text completes the sentence "the broker …"."""


class WebSocket:
    """State of one connection."""

    def __init__(self) -> None:
        self.is_open = False
        """True once the server has accepted the request."""
        self._key = b64encode(os.urandom(16))
        self._rest = b""

    def request(self, host: str, path: str) -> bytes:
        """Return the request, the first bytes to be sent."""
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key.decode()}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: mqtt",
        )
        return "\r\n".join(lines).encode() + _HEAD_END

    def wrap(self, data: bytes) -> bytes:
        """Return a frame with these bytes of MQTT."""
        return _frame(_BINARY, data)

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the bytes of MQTT in what was received, and bytes to be sent; raise WebSocketError."""
        data = self._rest + data
        if not self.is_open:
            head, end, data = data.partition(_HEAD_END)
            if not end:
                if len(head) > MAX_HEAD:
                    raise WebSocketError("does not answer with a WebSocket")
                self._rest = head
                return b"", b""
            self._accept(head)
        received, reply, offset = [], b"", 0
        while (frame := _split(data, offset)) is not None:
            opcode, start, offset = frame
            payload = data[start:offset]
            if opcode == _CLOSE:
                raise WebSocketError("closed the WebSocket")
            if opcode == _PING:
                reply += _frame(_PONG, payload)
            elif opcode == _TEXT:
                raise WebSocketError("sends text where MQTT is binary")
            elif opcode != _PONG:
                received.append(payload)
        self._rest = data[offset:]
        return b"".join(received), reply

    def _accept(self, head: bytes) -> None:
        status, *lines = head.decode("latin-1").split("\r\n")
        words = status.split(" ", 2)
        if len(words) < 2 or words[1] != "101":  # noqa: PLR2004 - version and status
            raise WebSocketError(f"does not offer a WebSocket at this path ({' '.join(words[1:])[:80] or 'no status'})")
        headers = {name.strip().lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
        expected = b64encode(sha1(self._key + _GUID, usedforsecurity=False).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise WebSocketError("does not answer with a WebSocket")
        self.is_open = True


def _split(data: bytes, offset: int) -> tuple[int, int, int] | None:
    """Return opcode, beginning and end of the payload of the frame at ``offset``; None if it is not complete."""
    if len(data) < offset + 2:
        return None
    start, length = offset + 2, data[offset + 1] & _LENGTH
    if data[offset + 1] & _MASKED:
        raise WebSocketError("sends masked frames, which only clients do")
    if length > _SHORT:
        size = 2 if length == _LENGTH_16 else 8
        if len(data) < start + size:
            return None
        length, start = int.from_bytes(data[start : start + size]), start + size
    end = start + length
    return (data[offset] & _OPCODE, start, end) if end <= len(data) else None


def _frame(opcode: int, data: bytes) -> bytes:
    size = len(data)
    if size <= _SHORT:
        head = bytes([_FINAL | opcode, _MASKED | size])
    elif size < 1 << 16:
        head = bytes([_FINAL | opcode, _MASKED | _LENGTH_16]) + size.to_bytes(2)
    else:
        head = bytes([_FINAL | opcode, _MASKED | _LENGTH_64]) + size.to_bytes(8)
    mask = os.urandom(4)
    key = int.from_bytes((mask * (size // 4 + 1))[:size])
    return head + mask + (int.from_bytes(data) ^ key).to_bytes(size)
