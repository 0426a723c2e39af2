"""CBOR (RFC 8949): recognized without a library, parsed by cbor2.

A map or an array in CBOR never starts like UTF-8 text, so ``is_document`` is certain after one walk over the heads of
the items: one item, complete, nothing behind it. The same walk protects cbor2 from hostile messages:

- shared values and references (tags 28, 29) build loops, and documents that double with each level; string references
  (25, 256) do the same: rejected;
- regular expressions and MIME messages (35, 36) would be compiled and parsed: rejected;
- a bignum (2, 3) is at most as long as the message; the report builder converts it to a float or leaves it out;
- numbers as map keys can be chosen to collide in a hash table: ``MAX_ITEMS`` limits that to a tenth of a second;
- other tags are dates, addresses and the like, bounded by the message; an unknown one is replaced by its content.
"""

import asyncio
from collections.abc import Mapping
from datetime import date
import importlib
import sys
from types import ModuleType
from typing import Any

from ..model.message import DecodeError, LibraryNeededError, ProblemKind
from .report_builder import MAX_FIELDS, MAX_LEVELS

REQUIREMENT = "cbor2==6.2.1"
MAX_ITEMS = 4_000
MAX_DEPTH = 64

_REFUSED_TAGS = {25, 28, 29, 35, 36, 256}
_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = 2, 3, 4, 5, 6, 7
_CAN_BE_INDEFINITE = (_BYTES, _TEXT, _ARRAY, _MAP, _SIMPLE)
_ONE_BYTE, _EIGHT_BYTES, _INDEFINITE = 24, 27, 31
_UNTIL_BREAK = -1
_PLAIN = (int, float, str, bytes)
_LISTS = (list, tuple, set, frozenset)


class _NotCborError(ValueError):
    """Error for bytes that are not a CBOR document."""


def is_document(payload: bytes) -> bool:
    """Return whether the payload is exactly one CBOR map or array.

    Raises:
        DecodeError: it is, but must be rejected: a forbidden tag, or too many items.
    """
    try:
        return _check(payload)
    except _NotCborError, IndexError:
        return False


def load(payload: bytes) -> Any:
    """Parse a payload for which ``is_document`` is true.

    Raises:
        DecodeError: a text is not UTF-8, or a date is invalid.
        LibraryNeededError: cbor2 is not installed, or not imported yet.
    """
    library = _library()
    try:
        return _plain(library.loads(payload), library)
    except (library.CBORDecodeError, ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise DecodeError(ProblemKind.BROKEN, reason=str(error)[:100], position="0") from None


def _library() -> ModuleType:
    """Return the module cbor2.

    An import reads files, which must not happen in an event loop: there the error is raised until another thread has
    imported it.
    """
    if loaded := sys.modules.get("cbor2"):
        return loaded
    if _in_event_loop():
        raise LibraryNeededError(REQUIREMENT)
    try:
        return importlib.import_module("cbor2")
    except ImportError:
        raise LibraryNeededError(REQUIREMENT) from None


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _plain(node: Any, library: ModuleType) -> Any:
    """Return a document of plain values: content for unknown tags, text for dates, None for undefined.

    The walk has limited its depth. Inside a tag, cbor2 creates its own frozen dictionaries and tuples.
    """
    if isinstance(node, _PLAIN):
        return node
    if isinstance(node, Mapping):
        return {key: _plain(child, library) for key, child in node.items()}
    if isinstance(node, _LISTS):
        return [_plain(child, library) for child in node]
    if isinstance(node, library.CBORTag | library.CBORSimpleValue):
        return _plain(node.value, library)
    if node is library.undefined:
        return None
    return node.isoformat() if isinstance(node, date) else node


def _check(payload: bytes) -> bool:
    """Walk over the heads of all items, without recursion; return whether they form one document."""
    # Number of missing items of each open container; below zero it ends with a break.
    missing = [1]
    position = items = 0
    refused: int | None = None
    while missing:
        if not missing[-1]:
            missing.pop()
            continue
        major, argument, position = _head(payload, position)
        if major == _SIMPLE and argument is None:
            if missing.pop() >= 0:
                return False
            continue
        if not items and major not in (_ARRAY, _MAP, _TAG):
            return False
        missing[-1] -= 1
        if major == _TAG:
            refused = argument if argument in _REFUSED_TAGS else refused
        else:
            items += 1
        position, inside = _content(major, argument, position)
        missing.extend([inside] if inside else [])
        if items > MAX_ITEMS or len(missing) > MAX_DEPTH:
            raise DecodeError(ProblemKind.TOO_COMPLEX, fields=str(MAX_FIELDS), levels=str(MAX_LEVELS))
    if position != len(payload):
        return False
    if refused is not None:
        raise DecodeError(ProblemKind.BROKEN, reason=f"CBOR tag {refused}", position="0")
    return True


def _head(payload: bytes, position: int) -> tuple[int, int | None, int]:
    """Return major type, argument (None: indefinite, or a break) and the start of the content.

    Raises:
        IndexError: the payload ends too early.
        _NotCborError: the head is invalid.
    """
    major, short = payload[position] >> 5, payload[position] & 0x1F
    position += 1
    if short < _ONE_BYTE:
        return major, short, position
    if short == _INDEFINITE and major in _CAN_BE_INDEFINITE:
        return major, None, position
    if short > _EIGHT_BYTES:
        raise _NotCborError
    end = position + (1 << (short - _ONE_BYTE))
    if end > len(payload):
        raise IndexError
    return major, int.from_bytes(payload[position:end]), end


def _content(major: int, argument: int | None, position: int) -> tuple[int, int]:
    """Return the end of the item's own bytes, and the number of items inside."""
    if argument is None:
        return position, _UNTIL_BREAK
    if major in (_BYTES, _TEXT):
        return position + argument, 0
    return position, {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}.get(major, 0)
