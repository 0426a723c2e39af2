"""Literals in formats without types: a number, ``true``, ``null`` or text."""

import re

from ..model.message import Scalar

# Leading zeros belong to an identifier or a date, and must be kept.
_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d{0,17})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "nan": None, "inf": None, "-inf": None}


def is_number(text: str) -> bool:
    """Return whether a text is a number."""
    return _NUMBER.fullmatch(text) is not None


def literal(text: str) -> Scalar:
    """Return the value of a bare text; words other than JSON's stay text."""
    if is_number(text):
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return _WORDS.get(text.lower(), text) if len(text) < 6 else text  # noqa: PLR2004 - the longest word
