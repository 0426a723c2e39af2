"""Payload of one message as text, JSON and CBOR, each parsed once for all decoders."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
import json
import re
from typing import Any

import orjson

from ..model.message import DecodeError, ProblemKind
from . import cbor
from .json_slips import without_slips
from .report_builder import MAX_FIELDS, MAX_LEVELS

_BOM = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Left by C firmware at the end of its buffer.
_PADDING = "\0 \t\r\n"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Characters that old firmware writes in Latin-1: ° ² ³ µ.
_LATIN_SIGNS = re.compile(rb"[\t\r\n\x20-\x7e\xb0\xb2\xb3\xb5]+")
_LOOKS_LIKE_JSON = re.compile(r'\{|\[\s*(?:["\[{\d\-tfn\]]|$)')
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """Parsed document; ``strict``: every JSON parser returns the same for the payload."""

    value: Any
    strict: bool


@dataclass(frozen=True)
class Payload:
    """Payload of a message for the decoders; ``content`` is decompressed, ``columns`` as in ``Sample``."""

    topic: str
    content: bytes
    columns: bool | None = None

    @cached_property
    def text(self) -> str | None:
        """The payload as text without padding; None if it is binary."""
        text = _text_of(self.content)
        if text is None:
            return None
        text = text.removeprefix(_BOM).strip(_PADDING)
        return None if _UNPRINTABLE.search(text) else text

    @cached_property
    def json(self) -> Document | None:
        """The JSON document; None for another format.

        Raises:
            DecodeError: it looks like JSON, but is broken.
        """
        try:
            value = orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return _lenient(self.text) if self.text else None
        return _within_text(value) or Document(value, strict=True)

    @cached_property
    def object(self) -> Mapping[str, Any]:
        """The JSON document if it is an object, else an empty one."""
        return self.json.value if self.json and isinstance(self.json.value, dict) else {}

    @property
    def strict(self) -> bool:
        """Return whether every JSON parser returns the same for the payload."""
        return self.json is not None and self.json.strict

    @cached_property
    def cbor(self) -> Document | None:
        """The CBOR document, a map or an array; None for another format.

        Raises:
            DecodeError: the CBOR is dangerous or broken.
            LibraryNeededError: cbor2 is needed.
        """
        if self.text is not None or not cbor.is_document(self.content):
            return None
        return Document(cbor.load(self.content), strict=False)


def inner(node: Any, *path: str) -> Any:
    """Return the member at a path of a document; None if it is missing."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _within_text(value: Any) -> Document | None:
    """Return the document within a JSON string, as sent by flows that serialize twice."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return Document(orjson.loads(value), strict=False)
        except orjson.JSONDecodeError:
            pass
    return None


def _text_of(content: bytes) -> str | None:
    try:
        if content.startswith(_UTF16):
            return content.decode("utf-16")
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if _LATIN_SIGNS.fullmatch(content) and 2 * len(content.decode("ascii", "ignore")) > len(content):
            return content.decode("latin-1")
    return None


def _lenient(text: str) -> Document | None:
    """Parse JSON with common firmware errors: NaN, infinity, padding, other encodings."""
    try:
        return Document(json.loads(text, parse_constant=lambda _: None), strict=False)
    except RecursionError:
        raise DecodeError(ProblemKind.TOO_COMPLEX, fields=str(MAX_FIELDS), levels=str(MAX_LEVELS)) from None
    except json.JSONDecodeError as error:
        if repaired := _repaired(text):
            return repaired
        if not _LOOKS_LIKE_JSON.match(text):
            return None
        raise DecodeError(ProblemKind.BROKEN, reason=error.msg, position=str(error.pos)) from None
    except ValueError:  # an integer of thousands of digits
        raise DecodeError(ProblemKind.BROKEN, reason="a number is too long", position="0") from None


def _repaired(text: str) -> Document | None:
    """Parse JSON without its slips: Python's notation, printf's output for a missing number."""
    if _NO_NUMBER.fullmatch(text):
        return Document(None, strict=False)
    if not text.startswith(("{", "[")):
        return None
    try:
        return Document(json.loads(without_slips(text), parse_constant=lambda _: None), strict=False)
    except ValueError, RecursionError:
        return None
