"""Checked access to the fields of a JSON message."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
import math
import re
from typing import Any, Self

import orjson

MAX_PAYLOAD = 64 * 1024
MAX_ITEMS = 128
MAX_TEXT = 255

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")


class MessageError(ValueError):
    """Payload that does not match the schema of its topic; the text names what was expected."""


class Fields:
    """JSON object with accessors that check the values."""

    def __init__(self, values: object) -> None:
        """Take a parsed message, or an object in it."""
        if not isinstance(values, Mapping):
            raise MessageError(f"expected a JSON object, found {type(values).__name__}")
        self.values: Mapping[str, Any] = values

    @classmethod
    def of(cls, payload: bytes) -> Self:
        """Return the fields of a payload."""
        if len(payload) > MAX_PAYLOAD:
            raise MessageError(f"expected at most {MAX_PAYLOAD} bytes, found {len(payload)}")
        try:
            return cls(orjson.loads(payload))
        except orjson.JSONDecodeError as error:
            raise MessageError(f"expected JSON: {error}") from error

    def _error(self, key: str, expected: str) -> MessageError:
        if key not in self.values:
            return MessageError(f"{key}: expected {expected}; it is missing")
        return MessageError(f"{key}: expected {expected}, found {repr(self.values[key])[:64]}")

    def optional[T](self, key: str, read: Callable[[str], T]) -> T | None:
        """Return the value of a key, or None where the key is missing."""
        return read(key) if key in self.values else None

    def nullable[T](self, key: str, read: Callable[[str], T]) -> T | None:
        """Return the value of a required key, which may be null."""
        return None if self.values.get(key, "") is None else read(key)

    def present[T](self, key: str, read: Callable[[str], T]) -> T | None:
        """Return the value of a key, or None where the key is missing or null."""
        return None if self.values.get(key) is None else read(key)

    def any_text(self, key: str, limit: int = MAX_TEXT) -> str:
        """Return a text, which may be empty."""
        value = self.values.get(key)
        if not isinstance(value, str) or len(value) > limit:
            raise self._error(key, f"a text of at most {limit} characters")
        return value

    def text(self, key: str, limit: int = 255) -> str:
        """Return a text that is not empty."""
        if value := self.any_text(key, limit):
            return value
        raise self._error(key, "a text that is not empty")

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        """Return a text that matches the pattern."""
        value = self.values.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._error(key, f"a text like {pattern.pattern}")
        return value

    def texts(self, key: str, pattern: re.Pattern[str], limit: int = MAX_ITEMS) -> tuple[str, ...]:
        """Return a list of such texts without repetitions; empty where the key is missing."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or len(values) > limit:
            raise self._error(key, f"a list of at most {limit} texts")
        if not all(isinstance(value, str) and pattern.fullmatch(value) for value in values):
            raise self._error(key, f"texts like {pattern.pattern}")
        return tuple(dict.fromkeys(values))

    def member[T: StrEnum](self, key: str, enum: type[T]) -> T:
        """Return a member of the enum."""
        value = self.values.get(key)
        if not isinstance(value, str) or value not in enum:
            raise self._error(key, f"one of {', '.join(enum)}")
        return enum(value)

    def flag(self, key: str) -> bool:
        """Return a boolean."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self._error(key, "true or false")
        return value

    def number(self, key: str, low: float, high: float = math.inf) -> float:
        """Return a number in this range."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._error(key, f"a number from {low:g}" + (f" to {high:g}" if high < math.inf else ""))
        return value

    def interval(self, key: str) -> float:
        """Return the seconds between two messages of a host."""
        return self.number(key, low=0.1, high=86400)

    def integer(self, key: str, low: int) -> int:
        """Return a whole number from ``low``."""
        value = self.number(key, low=low)
        if not isinstance(value, int):
            raise self._error(key, "a whole number")
        return value

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return a JSON object."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self._error(key, "an object")
        return value

    def time(self, key: str) -> datetime:
        """Return a time in UTC."""
        text = self.matching(key, TIME)
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._error(key, "a time like 2026-11-21T10:15:30Z") from error
