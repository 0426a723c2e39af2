"""Conventions of vendors that apply to a message. Pure."""

import re

from ..vocabulary.vendors.conventions import CONVENTIONS, Convention
from .candidates.candidate import Candidate
from .interpretation import Context

# Conventions with the compiled patterns of their keys.
KEYS = tuple((row, re.compile(f"(.*[./:])?{row.key}([.:]value)?")) for row in CONVENTIONS)


def conventions_of(keys: frozenset[str], topic: str) -> tuple[tuple[Convention, re.Pattern[str]], ...]:
    """Return the vendors' conventions that may apply to a message."""
    return tuple(
        (row, key)
        for row, key in KEYS
        if row.keys <= keys and (row.topic is None or re.search(row.topic, topic) is not None)
    )


def known_convention(candidate: Candidate, context: Context) -> Convention | None:
    """Return the vendor's convention for a value, if there is one."""
    key = f"{context.topic}/{candidate.key}".lower()
    return next((row for row, pattern in context.conventions if pattern.fullmatch(key)), None)
