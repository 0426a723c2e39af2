"""Decoder of pairs: ``a=1 b=2``, ``a=1,b=2``, ``a:1;b:2``, one per line, or as in a URL."""

import re
from urllib.parse import unquote_plus

from ..model.message import Decoded
from ..model.number_notation import has_decimal_comma
from .literals import is_number, literal
from .payload import Payload
from .report_builder import MAX_FIELDS, ReportBuilder

_SEPARATORS = ("\n", "&", ";", ",", "|", "\t", " ")
_MARKS = ("=", ":")
_KEY = re.compile(r"[^\W\d][\w.\-/ %\[\]()°#]{0,63}")
_QUOTED = re.compile(r'"[^"]*"')
_TIME = re.compile(r"\d\d?(?::\d\d){1,2}")
# Separators within quotes are part of the value.
_PARTS = {mark: re.compile(rf'(?:"[^"]*"|[^"{re.escape(mark)}])++') for mark in _SEPARATORS}
_MAX_TEXT = 16_384
# Limits for the parts without a mark before the pairs, and for the pairs after them.
_MOST_HEADS = 3
_FEWEST_PAIRS = 2


def decode(payload: Payload) -> Decoded | None:
    """Decode pairs; each is a value under its name."""
    text = payload.text
    if not text or len(text) > _MAX_TEXT or not any(mark in text for mark in _MARKS):
        return None
    pairs = _pairs(text)
    if not pairs:
        return None
    builder = ReportBuilder()
    for key, value in pairs.items():
        builder.add((key,), literal(value))
    return builder.decoded("key-value")


def _pairs(text: str) -> dict[str, str] | None:
    """Return the pairs by the first separator and mark that split the whole text into pairs."""
    separators = [separator for separator in _SEPARATORS if separator in text]
    splits = [([text], False), *((_split(text, mark), mark == "&") for mark in separators)]
    for parts, url in splits:
        for mark in _MARKS:
            if len(parts) <= 2 * MAX_FIELDS and (pairs := _read(parts, mark, url=url)):
                return pairs
    return next((pairs for parts, url in splits[1:] if not url and (pairs := _after_head(parts))), None)


def _after_head(parts: list[str]) -> dict[str, str] | None:
    """Return the pairs after a head without pairs: "20;0A;Alecto V4;ID=58d0;TEMP=00d7;HUM=66;"."""
    head = next((index for index, part in enumerate(parts) if "=" in part), 0)
    rest = parts[head:]
    return _read(rest, "=", url=False) if 0 < head <= _MOST_HEADS and len(rest) >= _FEWEST_PAIRS else None


def _split(text: str, separator: str) -> list[str]:
    parts = _PARTS[separator].findall(text) if '"' in text else text.split(separator)
    return [part for part in parts if part.strip()]


def _read(parts: list[str], mark: str, *, url: bool) -> dict[str, str] | None:
    """Return the pairs, or None if a part is not a pair."""
    pairs: dict[str, str] = {}
    for part in parts:
        key, separator, value = (unquote_plus(text).strip() if url else text.strip() for text in part.partition(mark))
        if not separator or not _KEY.fullmatch(key) or not _is_value(value, mark):
            return None
        pairs[key] = value.removeprefix('"').removesuffix('"')
    # "Error: no network" is a sentence, and "token=" or "abc=" is something else.
    if len(pairs) > 1:
        return pairs
    value = next(iter(pairs.values()))
    return pairs if is_number(value) or has_decimal_comma(value) else None


def _is_value(value: str, mark: str) -> bool:
    """Return whether a text can be a value: with another mark in it, it is an address or two pairs."""
    if not any(other in value for other in (mark, "=")):
        return True
    return bool(_QUOTED.fullmatch(value) or _TIME.fullmatch(value))
