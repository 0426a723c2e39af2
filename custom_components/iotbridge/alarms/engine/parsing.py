"""Reads what was written, perhaps by another version. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
import logging
from typing import Any, Union, get_args, get_origin

LOGGER = logging.getLogger(__package__)


def parse_or_log[T](what: str, reader: Callable[[], T]) -> T | None:
    """Return what a reader returns; None, and a line in the log, when it is written in a way nobody knows here."""
    try:
        return reader()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        LOGGER.error("%s cannot be read: %r", what, error)  # noqa: TRY400 - the data says it all
        return None


def check(value: Any) -> None:
    """Raise ValueError where a field of a dataclass, or of one in it, is not of its type."""
    for name, kind in _kinds(value.__class__):
        found = getattr(value, name)
        if not _fits(found, kind):
            raise ValueError(f"{name} is {found!r}, and is to be of type {kind}")


@cache
def _kinds(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.type) for field in fields(kind))


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


def _fits(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    origin, parts = _parts(kind)
    if origin is Union:
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, parts[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, Mapping)
    if not isinstance(value, kind):
        return False
    if is_dataclass(value):
        check(value)
    return True
