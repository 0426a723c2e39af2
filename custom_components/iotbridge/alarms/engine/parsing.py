"""Reads what was written, perhaps by another version. Pure."""

from collections.abc import Callable
import logging

LOGGER = logging.getLogger(__package__)


def read[T](what: str, reader: Callable[[], T]) -> T | None:
    """Return what a reader returns; None, and a line in the log, when it is written in a way nobody knows here."""
    try:
        return reader()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        LOGGER.error("%s cannot be read: %r", what, error)  # noqa: TRY400 - the data says it all
        return None
