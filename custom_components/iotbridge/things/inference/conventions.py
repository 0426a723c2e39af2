"""Conventions of vendors that apply to a message. Pure."""

from functools import lru_cache
import re

from ..vocabulary.vendors.conventions import CONVENTIONS, Convention
from .candidates.candidate import Candidate
from .interpretation import Context


def whole_key(key: str) -> re.Pattern[str]:
    """Return the pattern of the whole keys that end with a key."""
    return re.compile(f"(?:.*[./:])?(?:{key})(?:[.:]value)?")


# Patterns of the whole keys.
KEYS = {row: whole_key(row.key) for row in CONVENTIONS}


def conventions_of(keys: frozenset[str], topic: str) -> tuple[Convention, ...]:
    """Return the vendors' conventions that may apply to a message."""
    return tuple(
        row
        for row in CONVENTIONS
        if row.keys <= keys and (row.topic is None or re.search(row.topic, topic) is not None)
    )


def known_convention(candidate: Candidate, context: Context) -> Convention | None:
    """Return the vendor's convention for a value, if there is one."""
    key = f"{context.topic}/{candidate.key}".lower()
    if not any_key(context.conventions).fullmatch(key):
        return None
    return next((row for row in context.conventions if KEYS[row].fullmatch(key)), None)


@lru_cache(256)
def any_key(rows: tuple[Convention, ...]) -> re.Pattern[str]:
    """Return the pattern of the keys of all these conventions."""
    return whole_key("|".join(row.key for row in rows) or r"(?!)")
