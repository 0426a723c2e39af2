"""CBOR and the library that reads it."""

import sys

import cbor2
import pytest

from custom_components.iotbridge.things.decoders import decode
from custom_components.iotbridge.things.decoders.cbor import REQUIREMENT
from custom_components.iotbridge.things.model.message import DecodeError, LibraryNeededError, Sample


def test_cbor_without_the_library_names_the_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)

    with pytest.raises(LibraryNeededError) as caught:
        decode(Sample("t", cbor2.dumps({"temperature": 21.5})))

    assert caught.value.requirement == REQUIREMENT == f"cbor2=={'.'.join(map(str, version()))}"
    monkeypatch.undo()
    assert decode(Sample("t", cbor2.dumps({"temperature": 21.5}))).format == "cbor"


async def test_the_library_is_not_imported_in_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = cbor2.dumps({"temperature": 21.5})
    monkeypatch.delitem(sys.modules, "cbor2")

    with pytest.raises(LibraryNeededError):
        decode(Sample("t", payload))

    monkeypatch.undo()
    assert decode(Sample("t", payload)).format == "cbor"


def version() -> tuple[int, ...]:
    """Return the version of cbor2 that the tests run with, which is the one that users get."""
    from importlib.metadata import version as installed  # noqa: PLC0415 - only here

    return tuple(int(part) for part in installed("cbor2").split("."))


def test_other_bytes_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)

    for payload in (b"\x01\x02\x03", b"\xa1\x01", b"\x82\x01", b"\xff\xfe\xfd", b"\xa1\x61a\x01\x00"):
        with pytest.raises(DecodeError):
            decode(Sample("t", payload))
