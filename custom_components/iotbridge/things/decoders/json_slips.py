"""Slips in JSON: what firmware and scripts write in its place, and the JSON that they mean."""

from collections.abc import Callable
from dataclasses import dataclass
import re


@dataclass(frozen=True, slots=True)
class Slip:
    """Slip in JSON, with an example and the JSON that it means."""

    example: str
    meaning: str
    pattern: str
    becomes: str | Callable[[str], str]


_QUOTED = re.compile(r"'[^'\\]*'")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_ESCAPES = re.compile(r"\\x([0-9A-Fa-f]{2})|\\.|\"", re.DOTALL)


def _in_double_quotes(text: str) -> str:
    """Return a string in single quotes, as Python's repr writes it, as a string of JSON."""
    if not text.endswith("'"):
        return text  # the rest of a text, with no end
    body = text.lstrip("bBuU")[1:-1]
    escaped = _ESCAPES.sub(lambda match: f"\\u00{match[1]}" if match[1] else _escape(match[0]), body)
    return f'"{escaped}"'


def _escape(text: str) -> str:
    return {"\\'": "'", '"': '\\"'}.get(text, text)


def _argument(call: str) -> str:
    """Return the value of an object of Python that has a number or a text; "null" for any other."""
    argument = call[call.index("(") + 1 : -1].strip()
    if _QUOTED.fullmatch(argument):
        return _in_double_quotes(argument)
    return argument if _NUMBER.fullmatch(argument) else "null"


# The first one that matches at a position decides. Strings come first, so that a "nan" in one of them is kept; one
# without an end takes the whole rest, so that it is searched once.
SLIPS = (
    Slip('{"a": "nan, it\'s"}', '{"a": "nan, it\'s"}', r'"(?:[^"\\]|\\.?)*+(?:"|\Z)', str),
    # Python: https://github.com/home-assistant/core/issues/42393
    Slip(
        "{u'a': 'it\\'s \\xb0'}", '{"a": "it\'s \\u00b0"}', r"(?:\b[bu])?'(?:[^'\\]|\\.?)*+(?:'|\Z)", _in_double_quotes
    ),
    Slip('{"a": True, "b": FALSE}', '{"a": true, "b": false}', r"\b(?:true|false)\b", str.lower),
    Slip(
        "{'a': Decimal('21.5'), 'b': float64(3), 'c': date(2026, 1, 1)}",
        '{"a": "21.5", "b": 3, "c": null}',
        r"\b(?!nan\()[a-z_][\w.]{0,40}+\([^()]{0,80}+\)",
        _argument,
    ),
    Slip('{"a": (1, 2)}', '{"a": [1, 2]}', r"\(", "["),
    Slip('{"a": (1, 2)}', '{"a": [1, 2]}', r"\)", "]"),
    Slip("{7: 1}", '{"7": 1}', r"(?<![\w.])-?\d++(?=\s*+:)", lambda text: f'"{text}"'),
    # A missing number, as printf writes it ("nan", "-nan(ind)", "1.#QNAN"), or Arduino ("ovf").
    Slip(
        '{"a": -nan(ind), "b": None, "c": ovf}',
        '{"a": null, "b": null, "c": null}',
        r"[+-]?\b(?:nan|inf|infinity|ovf|none|null|undefined)\b(?:\(\w*\))?",
        "null",
    ),
    Slip('{"a": unavailable, "b": 1}', '{"a": "unavailable", "b": 1}', r"\b[a-z_]\w*+(?=\s*+[,}])", '"{}"'.format),
    Slip('{"a": --, "b":-}', '{"a": null, "b":null}', r"(?<=[:\s])-++(?=\s*+[,}])", "null"),
    Slip('{"a": -1.#IND}', '{"a": null}', r"[+-]?\b\d\.#\w++", "null"),
    Slip('{"a": , "b":}', '{"a":null , "b":null}', r":(?=\s*+[,}])", ":null"),
    # The decimal comma of a locale: behind the value of a member, a comma is followed by a key, not by a number.
    Slip(
        '{"a": 21,5, "b":-0,3}',
        '{"a": 21.5, "b":-0.3}',
        r":\s*+[+-]?\d++,\d++(?=\s*+[,}])",
        lambda text: text.replace(",", ".").replace("+", ""),
    ),
    Slip('{"a": [1, 2,],}', '{"a": [1, 2]}', r",(?=\s*+[\])}])", ""),
    # The digits of a code; as a text, it keeps its zeros, and is a number where its key names a quantity.
    Slip('{"a": 0041}', '{"a": "0041"}', r"(?<![\w.+-])0\d++(?=\s*+[,}\]])", '"{}"'.format),
    Slip('{"a": -05, "b": 00.5}', '{"a": -5, "b": 0.5}', r"(?<![\w.])0+(?=\d)", ""),
    Slip('{"a": +5}', '{"a": 5}', r"(?<![\w.\])])\+(?=[\d.])", ""),
    Slip('{"a": -.5}', '{"a": -0.5}', r"(?<![\d.])\.(?=\d)", "0."),
)
_ANY = re.compile("|".join(f"({slip.pattern})" for slip in SLIPS), re.IGNORECASE | re.DOTALL)


def without_slips(text: str) -> str:
    """Return a text with each slip replaced by the JSON that it means; the result may still be no JSON."""
    return _ANY.sub(_meaning, text)


def _meaning(match: re.Match[str]) -> str:
    becomes = SLIPS[(match.lastindex or 0) - 1].becomes
    return becomes if isinstance(becomes, str) else becomes(match[0])
