"""Encoding of the types that calls have: read back by the client's own reader, and by a real bus in test_screens.py."""

import struct
from typing import Any

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.system.dbus import METHOD_CALL, _Reader
from iotbridge_agent.system.dbus_encoding import encode

TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)
HINTS = {"urgency": ("y", 2), "category": ("s", "device"), "": ("x", -1), "x": ("b", True)}


def body_of(message: bytes) -> bytes:
    (length,) = struct.unpack("<I", message[4:8])
    return message[len(message) - length :]


def test_a_notification() -> None:
    types = ("s", "u", "s", "s", "s", "as", "a{sv}", "i")
    values = ("IoT", 0, "", "Title", "Text", ["a", "", "ccc"], HINTS, -1)
    message = encode(METHOD_CALL, 7, ((8, "g", "".join(types)),), types, values)
    read = _Reader(body_of(message), "<").values("".join(types))
    assert read == (*values[:6], {name: value for name, (_kind, value) in HINTS.items()}, -1)


@given(before=TEXTS, texts=st.lists(TEXTS, max_size=5), hints=st.dictionaries(TEXTS, TEXTS, max_size=5))
def test_arrays_are_aligned_wherever_they_begin(before: str, texts: list[str], hints: dict[str, str]) -> None:
    types = ("s", "as", "y", "a{sv}", "s")
    values = (before, texts, 1, {key: ("s", value) for key, value in hints.items()}, "end")
    message = encode(METHOD_CALL, 1, (), types, values)
    assert _Reader(body_of(message), "<").values("".join(types)) == (before, texts, 1, hints, "end")


@pytest.mark.parametrize("args", [("a",), ("a", "b", "c")])
def test_a_value_for_each_type(args: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        encode(METHOD_CALL, 1, (), "ss", args)
