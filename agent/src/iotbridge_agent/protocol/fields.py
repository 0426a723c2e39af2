"""Checked fields of JSON messages; pure.

A check returns the value, or raises ValueError with a text of the expected value.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
import json
import math
import re
from typing import Any, TypeAlias

from iotbridge_agent.errors import AgentError

MAX_PAYLOAD = 64 * 1024
Check: TypeAlias = Callable[[Any], Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class MessageError(AgentError):
    """Error of a message against the contract; ``id`` and ``command`` hold what could be read of a command."""

    def __init__(self, message: str, *, message_id: str | None = None, command: str | None = None) -> None:
        super().__init__(message)
        self.id = message_id
        self.command = command


def decode(payload: bytes) -> str:
    """Return the text of a payload; raises MessageError if it is too long or not UTF-8."""
    if len(payload) > MAX_PAYLOAD:
        raise MessageError(f"expected at most {MAX_PAYLOAD // 1024} KiB, found {len(payload) // 1024} KiB")
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise MessageError("expected UTF-8") from None


def json_object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of a payload; raises MessageError for anything else."""
    text = decode(payload)
    try:
        fields = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise MessageError("expected JSON") from None
    if not isinstance(fields, dict):
        raise MessageError("expected a JSON object")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def required(fields: Mapping[str, Any], key: str, check: Check) -> Any:
    """Return the checked value of a key; raises MessageError if it is missing or not as expected."""
    if key not in fields:
        raise MessageError(f"{key}: expected this key, it is missing")
    try:
        return check(fields[key])
    except ValueError as error:
        raise MessageError(f"{key}: expected {error}") from None


def optional(fields: Mapping[str, Any], key: str, check: Check) -> Any:
    """Return the checked value of a key, or None where the key is missing."""
    return required(fields, key, check) if key in fields else None


def nullable(fields: Mapping[str, Any], key: str, check: Check) -> Any:
    """Return the checked value of a required key, which may be null."""
    return required(fields, key, lambda value: None if value is None else check(value))


def optional_or_null(fields: Mapping[str, Any], key: str, check: Check) -> Any:
    """Return the checked value of a key, or None where the key is missing or null."""
    return None if fields.get(key) is None else required(fields, key, check)


def readable(value: object, pattern: re.Pattern[str]) -> str | None:
    """Return a text that matches the pattern, else None."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def text_of(longest: int, *, shortest: int = 0) -> Check:
    """Return the check of a text with these lengths."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise ValueError(f"a text of {shortest} to {longest} characters")
        return value

    return check


def word(pattern: re.Pattern[str]) -> Check:
    """Return the check of a text that matches the pattern."""

    def check(value: object) -> str:
        if (word := readable(value, pattern)) is None:
            raise ValueError(f"a text like {pattern.pattern}")
        return word

    return check


def plain_text(pattern: re.Pattern[str], longest: int) -> Check:
    """Return the check of a text for people, which the pattern keeps free of control characters."""

    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest or not pattern.fullmatch(value):
            raise ValueError(f"a text of 1 to {longest} characters, without line breaks and control characters")
        return value

    return check


def words(pattern: re.Pattern[str], most: int, *, least: int = 0, unique: bool = False) -> Check:
    """Return the check of a list of such texts."""

    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise ValueError(f"a list of {least} to {most}")
        words = tuple(word(pattern)(item) for item in value)
        if unique and len(set(words)) != len(words):
            raise ValueError("a list without repetitions")
        return words

    return check


def one_of(choices: tuple[str, ...]) -> Check:
    """Return the check of a text among these."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return check


def number(low: float, high: float) -> Check:
    """Return the check of a number in this range."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return check


def positive_integer(value: object) -> int:
    """Check a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number from 1")
    return value


def flag(value: object) -> bool:
    """Check a boolean."""
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - one kind of error for every check
    return value


def mapping(value: object) -> dict[str, Any]:
    """Check a JSON object."""
    if not isinstance(value, dict):
        raise ValueError("an object")  # noqa: TRY004 - one kind of error for every check
    return value


def moment(value: object) -> datetime:
    """Check a time in RFC 3339."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a time like 2026-11-21T10:15:30Z")
