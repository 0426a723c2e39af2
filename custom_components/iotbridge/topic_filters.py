"""MQTT topic filters: validation, matching, and coverage of one by another. Pure."""

from collections.abc import Iterable

from .protocol.topics import MAX_BYTES, MAX_LEVELS


def fault(topic: str) -> str | None:
    """Return the error key for an invalid topic filter; None for a filter that MQTT and IoT Bridge accept."""
    levels = topic.split("/")
    faults = {
        "topic_empty": not topic.strip(),
        "topic_spaces": topic != topic.strip(),
        "topic_long": len(topic.encode("utf-8", "replace")) > MAX_BYTES,
        "topic_levels": len(levels) > MAX_LEVELS,
        "topic_characters": any(not letter.isprintable() for letter in topic),
        "topic_hash": any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"),
        "topic_plus": any("+" in level and level != "+" for level in levels),
        "topic_everything": all(level in {"+", "#"} for level in levels),
        "topic_shared": levels[0] == "$share",
    }
    return next((key for key, is_faulty in faults.items() if is_faulty), None)


def is_topic(topic: str) -> bool:
    """Return whether messages can be published on a topic."""
    return fault(topic) is None and not {"+", "#"} & set(topic)


def covers(topic_filter: str, other: str) -> bool:
    """Return whether a filter matches every topic that another filter matches."""
    if other.endswith("#") and not topic_filter.endswith("#"):
        return False
    return matches(topic_filter, other)


def below_one_of(prefixes: Iterable[str], topic: str) -> bool:
    """Return whether a topic or filter is at or below one of the prefixes."""
    return any(topic == prefix or topic.startswith(f"{prefix}/") for prefix in prefixes)


def matches(topic_filter: str, topic: str) -> bool:
    """Return whether a topic matches a filter by MQTT's rules: leading wildcards do not match ``$SYS``."""
    levels, wanted = topic.split("/"), topic_filter.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(levels) or level not in {"+", levels[position]}:
            return False
    return len(levels) == len(wanted)


def has_wildcard(topic_filter: str) -> bool:
    """Return whether a filter contains a wildcard."""
    return bool({"+", "#"} & set(topic_filter.split("/")))
