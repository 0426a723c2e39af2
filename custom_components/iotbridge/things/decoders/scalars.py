"""Scalars of a document: the values that a state can hold, and the texts of keys, identities and names."""

from decimal import Decimal
from math import isfinite
import re
from typing import Any

from ..model.message import Scalar

# Home Assistant's limit for a state; a longer key or text is not a reading.
MAX_TEXT = 255
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_WIDEST = 2**64


def key_text(key: Any) -> str:
    """Return the name of a member in a path: CBOR has keys that are numbers, bytes or worse."""
    if isinstance(key, str):
        return key if key.isascii() else well_formed(key)
    if isinstance(key, bytes):
        return key[:MAX_TEXT].hex()
    usable, value = scalar(key)
    return str(value) if usable else type(key).__name__


def scalar(raw: Any) -> tuple[bool, Scalar]:
    """Return whether a state can hold the value, and the value."""
    match raw:
        case None | bool():
            return True, raw
        case int():
            return _number(raw)
        case float():
            return True, raw if isfinite(raw) else None
        case str():
            text = raw if raw.isascii() else well_formed(raw)
            return len(text) <= MAX_TEXT, text
        case Decimal():
            return _number(raw)
    return False, None


def _number(raw: int | Decimal) -> tuple[bool, Scalar]:
    """Return a number that JSON can hold; wider ones lose digits, as in any JSON parser."""
    if isinstance(raw, int) and -_WIDEST < raw < _WIDEST:
        return True, raw
    try:
        number = float(raw)
    except OverflowError, ValueError:
        return False, None
    return True, number if isfinite(number) else None


def well_formed(text: str) -> str:
    """Return text that UTF-8 can encode: half a surrogate pair, from broken JSON escapes, is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def label(raw: Any) -> str | None:
    """Return the text of an identity or a name; None if it is empty, too long or not a text."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    usable, value = scalar(raw)
    text = str(value) if usable else ""
    return (text if text.isprintable() else CONTROL.sub(" ", text)).strip() or None
