"""Pairs: ``a=1 b=2``, ``a=1,b=2``, ``a:1;b:2``, one on each line, or as in a web address."""

import re
from urllib.parse import unquote_plus

from ..models import Decoded
from .content import Content
from .gathering import MAX_FIELDS, Gathering
from .literals import is_number, literal

_SEPARATORS = ("\n", "&", ";", ",", "|", "\t", " ")
_KEY = r"[^\W\d][\w.\-/ %\[\]()°#]{0,63}"
_PAIRS = (
    re.compile(rf'\s*({_KEY}?)\s*=\s*("[^"]*"|[^=]*?)\s*'),
    re.compile(rf'\s*({_KEY}?)\s*:\s*("[^"]*"|[^:=]*?)\s*'),
)
# A separator that is part of a quoted value is none.
_OUTSIDE_QUOTES = {mark: re.compile(rf'{re.escape(mark)}+(?=(?:[^"]*"[^"]*")*[^"]*$)') for mark in _SEPARATORS}
_MAX_TEXT = 16_384


def decode(content: Content) -> Decoded | None:
    """Read pairs; each is a value by its name."""
    text = content.text
    if not text or len(text) > _MAX_TEXT or ("=" not in text and ":" not in text):
        return None
    pairs = _pairs(text)
    if not pairs:
        return None
    gathering = Gathering()
    for key, value in pairs.items():
        gathering.add((key,), literal(value))
    return gathering.decoded("key-value")


def _pairs(text: str) -> dict[str, str] | None:
    for separator in _SEPARATORS:
        if separator not in text and separator != _SEPARATORS[-1]:
            continue
        parts = [part for part in _split(text, separator) if part.strip()]
        for pattern in _PAIRS:
            if len(parts) <= 2 * MAX_FIELDS and (pairs := _read(parts, pattern, url=separator == "&")):
                return pairs
    return None


def _split(text: str, separator: str) -> list[str]:
    return _OUTSIDE_QUOTES[separator].split(text) if '"' in text[:1024] else text.split(separator)


def _read(parts: list[str], pattern: re.Pattern[str], *, url: bool) -> dict[str, str] | None:
    """Return the pairs, or None where one part is no pair."""
    pairs: dict[str, str] = {}
    for part in parts:
        if not (found := pattern.fullmatch(part)):
            return None
        key, value = (unquote_plus(text) for text in found.groups()) if url else found.groups()
        pairs[key.strip()] = value.removeprefix('"').removesuffix('"')
    # "Error: no network" is a sentence, and "token=" or "abc=" is something else.
    return None if len(pairs) == 1 and not is_number(next(iter(pairs.values()))) else pairs
