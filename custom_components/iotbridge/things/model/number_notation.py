"""Notations of numbers in texts: with a decimal point, or as people write them. Pure."""

from dataclasses import dataclass
import math
import re

WITH_POINT = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
# Written by .NET in Scandinavia.
MINUS = "\u2212"
WHOLE = re.compile(r"[-+]?\d{1,18}", re.ASCII)
# "1,234" is a number with three decimals in one country, and more than a thousand in another.
AMBIGUOUS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}", re.ASCII)
# A template of Home Assistant leaves "0041" and "+5" as they are, and they would be the state.
LIKE_A_STATE = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Notation:
    """Notation of numbers for people, with an example; ``separators`` are the characters between the thousands."""

    example: str
    value: float
    pattern: str
    separators: str = ""
    has_decimal_comma: bool = True


# The first one that matches decides.
NOTATIONS = (
    Notation("40,78", 40.78, r"\d+,\d+(?:[eE][-+]?\d+)?"),
    Notation("1.234.567,8", 1234567.8, r"[1-9]\d{0,2}(?:\.\d{3})+,\d+", "."),
    Notation("1 234,56", 1234.56, r"[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+,\d+", " \u00a0\u202f"),
    Notation("1'234.56", 1234.56, r"[1-9]\d{0,2}(?:['\u2019]\d{3})+(?:\.\d+)?", "'\u2019", has_decimal_comma=False),
    Notation("1,234.56", 1234.56, r"[1-9]\d{0,2}(?:,\d{3})+\.\d+", ",", has_decimal_comma=False),
)
_PATTERNS = [(notation, re.compile(f"[-+]?{notation.pattern}", re.ASCII)) for notation in NOTATIONS]


def number_of(text: str, *, decimal_comma: bool = False) -> int | float | None:
    """Return the number that a text is; None for another text.

    ``decimal_comma``: a comma is known to come before the decimals, so that "1,234" is not ambiguous.
    """
    text = text.strip().replace(MINUS, "-")
    if not WITH_POINT.fullmatch(text):
        notation = _notation_of(text)
        if notation is None or (not decimal_comma and AMBIGUOUS.fullmatch(text)):
            return None
        for separator in notation.separators:
            text = text.replace(separator, "")
        text = text.replace(",", ".")
    number = float(text)
    if not math.isfinite(number):
        return None
    return int(text) if WHOLE.fullmatch(text) else number


def has_decimal_comma(text: str) -> bool:
    """Return whether a text is a number whose comma can only come before the decimals."""
    notation = _notation_of(text) if "," in text else None
    return notation is not None and notation.has_decimal_comma and not AMBIGUOUS.fullmatch(text)


def _notation_of(text: str) -> Notation | None:
    if not text[-1:].isdecimal():
        return None
    return next((notation for notation, pattern in _PATTERNS if pattern.fullmatch(text)), None)
