"""Topic filters of MQTT: validity, matching, covering and overlapping."""

from collections.abc import Sequence
import re

MAX_BYTES = 65535
_WILDCARDS = ("+", "#")


def is_valid_filter(text: str) -> bool:
    """Return whether the text is a filter to subscribe to, other than one of a shared group."""
    if not text or "\0" in text or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return False
    levels = text.split("/")
    if levels[0] in ("$share", "$queue") or "#" in levels[:-1]:
        return False
    return all(level in _WILDCARDS or not re.search("[+#]", level) for level in levels)


def is_valid_topic(text: str) -> bool:
    """Return whether a message can have this topic."""
    return bool(text) and not re.search("[+#\0]", text) and len(text.encode("utf-8", "replace")) <= MAX_BYTES


def filter_pattern(text: str) -> re.Pattern[str]:
    """Return the expression whose full match is a topic that the filter matches."""
    guard = r"(?!\$)" if text.startswith(_WILDCARDS) else ""
    return re.compile(guard + filter_expression(text), re.DOTALL)


def filter_expression(text: str) -> str:
    """Return the expression without lookahead: a first wildcard also matches a ``$``."""
    levels = text.split("/")
    is_deep = levels[-1] == "#"
    if is_deep:
        levels.pop()
    expression = "/".join("[^/]*" if level == "+" else re.escape(level) for level in levels)
    if is_deep:  # with the level above
        expression = f"{expression}(?:/.*)?" if levels else ".*"
    return expression


def has_cover(narrow: str, broad: str) -> bool:
    """Return whether ``broad`` matches every topic that ``narrow`` matches."""
    if _are_apart(broad, narrow):
        return False
    broad_levels, narrow_levels = broad.split("/"), narrow.split("/")
    for index, level in enumerate(broad_levels):
        if level == "#":
            return True
        if index >= len(narrow_levels) or narrow_levels[index] == "#":
            return False
        if level not in ("+", narrow_levels[index]):
            return False
    return len(broad_levels) == len(narrow_levels)


def has_overlap(first: str, second: str) -> bool:
    """Return whether a topic exists that both filters match."""
    if _are_apart(first, second):
        return False
    longer, shorter = sorted((first.split("/"), second.split("/")), key=len, reverse=True)
    for level, other in zip(longer, shorter, strict=False):
        if "#" in (level, other):
            return True
        if level != other and "+" not in (level, other):
            return False
    return len(longer) == len(shorter) or longer[len(shorter)] == "#"


def subscriptions(filters: Sequence[str]) -> tuple[str, ...]:
    """Return the filters that no other of them covers."""
    unique = dict.fromkeys(filters)
    return tuple(text for text in unique if not any(has_cover(text, other) for other in unique if other != text))


def _are_apart(first: str, second: str) -> bool:
    """Return whether one begins with a wildcard, which does not match the ``$`` that the other begins with."""
    return (first.startswith(_WILDCARDS) and second.startswith("$")) or (
        second.startswith(_WILDCARDS) and first.startswith("$")
    )
