"""Parsing of stored data, which another version may have written, and their JSON types. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
import logging
from typing import Any, Union, get_args, get_origin

LOGGER = logging.getLogger(__package__)


def parse_or_log[T](description: str, parse: Callable[[], T]) -> T | None:
    """Return the parsed value; log an error and return None when the data cannot be parsed."""
    try:
        return parse()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        LOGGER.error("%s cannot be read: %r", description, error)  # noqa: TRY400 - the trace would say nothing more
        return None


def plain(value: Any) -> Any:
    """Return a value with JSON types."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def check(value: Any) -> None:
    """Raise ValueError where a field of a dataclass, or of a nested one, is not of its type."""
    for name, expected in _field_types(value.__class__):
        content = getattr(value, name)
        if not _is_of_type(content, expected):
            raise ValueError(f"{name} is {content!r}, expected type {expected}")


@cache
def _field_types(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.type) for field in fields(kind))


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


def _is_of_type(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    origin, parts = _parts(kind)
    if origin is Union:
        return any(_is_of_type(value, part) for part in parts)
    if origin is tuple:
        return isinstance(value, tuple) and all(_is_of_type(item, parts[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, Mapping)
    if not isinstance(value, kind):
        return False
    if is_dataclass(value):
        check(value)
    return True
