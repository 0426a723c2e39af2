"""The content of one message: its text, its JSON and its CBOR document, each read once for all decoders."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
import json
import re
from typing import Any

import orjson

from ..model.message import DecodeError, ProblemKind
from . import cbor
from .report_builder import MAX_FIELDS, MAX_LEVELS

_BOM = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# What C firmware leaves at the end of its buffer.
_PADDING = "\0 \t\r\n"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# The signs that old firmware writes in Latin-1: ° ² ³ µ.
_LATIN_SIGNS = re.compile(rb"[\t\r\n\x20-\x7e\xb0\xb2\xb3\xb5]+")
_LOOKS_LIKE_JSON = re.compile(r'\{|\[\s*(?:["\[{\d\-tfn\]]|$)')
# Texts are matched first, so that a "nan" in one of them stays what it is.
_TEXT_OR_NO_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*+"|[+-]?\b(?:nan|inf|infinity)\b', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """A document, and whether every JSON parser reads the payload as this."""

    value: Any
    strict: bool


@dataclass(frozen=True)
class Payload:
    """A message as the decoders see it; ``payload`` is no longer compressed."""

    topic: str
    payload: bytes

    @cached_property
    def text(self) -> str | None:
        """The payload as text without padding; None where it is binary."""
        text = _text_of(self.payload)
        if text is None:
            return None
        text = text.removeprefix(_BOM).strip(_PADDING)
        return None if _UNPRINTABLE.search(text) else text

    @cached_property
    def json(self) -> Document | None:
        """The JSON document; None where the payload is something else.

        Raises:
            DecodeError: it is meant to be JSON, and is broken.
        """
        try:
            value = orjson.loads(self.payload)
        except orjson.JSONDecodeError:
            return _lenient(self.text) if self.text else None
        return _within_text(value) or Document(value, strict=True)

    @cached_property
    def object(self) -> Mapping[str, Any]:
        """The JSON document where it is an object; empty where it is anything else."""
        return self.json.value if self.json and isinstance(self.json.value, dict) else {}

    @property
    def strict(self) -> bool:
        """Return whether the payload is JSON that every parser reads alike."""
        return self.json is not None and self.json.strict

    @cached_property
    def cbor(self) -> Document | None:
        """The CBOR document, a map or an array; None where the payload is something else.

        Raises:
            DecodeError: it is CBOR that is not to be trusted, or broken.
            LibraryNeededError: it is CBOR.
        """
        if self.text is not None or not cbor.is_document(self.payload):
            return None
        return Document(cbor.load(self.payload), strict=False)


def inner(node: Any, *path: str) -> Any:
    """Return the member at a path of a document; None where there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _within_text(value: Any) -> Document | None:
    """Return the document that somebody made a JSON text of, as flows do that serialise twice."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return Document(orjson.loads(value), strict=False)
        except orjson.JSONDecodeError:
            pass
    return None


def _text_of(payload: bytes) -> str | None:
    try:
        if payload.startswith(_UTF16):
            return payload.decode("utf-16")
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        if _LATIN_SIGNS.fullmatch(payload) and 2 * len(payload.decode("ascii", "ignore")) > len(payload):
            return payload.decode("latin-1")
    return None


def _lenient(text: str) -> Document | None:
    """Read JSON with the slips of firmware: NaN, infinity, padding, other encodings."""
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
    """Read JSON with what printf makes of a missing number: ``nan``, ``-inf``."""
    without = _TEXT_OR_NO_NUMBER.sub(lambda found: found[0] if found[0].startswith('"') else "null", text)
    if without == text:
        return None
    try:
        return Document(json.loads(without), strict=False)
    except ValueError, RecursionError:
        return None
