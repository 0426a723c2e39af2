"""Encoding of D-Bus messages."""

from collections.abc import Mapping, Sequence
import struct
from typing import Any, TypeAlias

FIXED = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}
ALIGNMENT = {"y": 1, "n": 2, "q": 2, "g": 1, "v": 1, "x": 8, "t": 8, "d": 8, "(": 8, "{": 8}
"""Alignment of the types that are not aligned to 4."""
Value: TypeAlias = str | int | bool | Sequence[str] | Mapping[str, tuple[str, str | int]]
"""Argument of a call: for the type as a list of texts, for a{sv} a dictionary of types and values."""


def encode(
    kind: int,
    serial: int,
    fields: tuple[tuple[int, str, Any], ...],
    signature: Sequence[str],
    args: tuple[Any, ...],
) -> bytes:
    """Return one little-endian message; ``fields`` are (code, type, value), ``signature`` has a type for each value."""
    body = bytearray()
    for code, value in zip(signature, args, strict=True):
        _append(body, code, value)
    head = bytearray()
    for code_number, code, value in fields:
        head += b"\0" * (-len(head) % 8)
        _append(head, "y", code_number)
        _append(head, "g", code)
        _append(head, code, value)
    start = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(head))
    return start + bytes(head) + b"\0" * (-len(head) % 8) + bytes(body)


def _append(data: bytearray, code: str, value: Any) -> None:
    data += b"\0" * (-len(data) % ALIGNMENT.get(code, 4))
    if code in ("as", "a{sv}"):
        _append_array(data, code, value)
    elif code in "sog":
        text = str(value).encode()
        data += struct.pack("<B" if code == "g" else "<I", len(text)) + text + b"\0"
    else:
        data += struct.pack("<" + FIXED[code], value)


def _append_array(data: bytearray, code: str, values: Any) -> None:
    at = len(data)
    data += bytes(4)
    data += b"\0" * (-len(data) % ALIGNMENT.get(code[1], 4))
    start = len(data)
    for value in values:
        data += b"\0" * (-len(data) % ALIGNMENT.get(code[1], 4))
        _append(data, "s", value)
        if code == "a{sv}":
            kind, content = values[value]
            _append(data, "g", kind)
            _append(data, kind, content)
    struct.pack_into("<I", data, at, len(data) - start)
