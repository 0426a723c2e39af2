"""Topic filters: validation, matching, and coverage of one by another. Pure."""

from collections.abc import Iterable

from .protocol.topics import MAX_BYTES, MAX_LEVELS


def fault(topic: str) -> str | None:
    """Return what is wrong with a topic filter, as an error of the flow; None when MQTT and we take it."""
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
    return next((key for key, wrong in faults.items() if wrong), None)


def is_topic(topic: str) -> bool:
    """Return whether messages can be published on a topic."""
    return fault(topic) is None and not {"+", "#"} & set(topic)


def covers(known: str, wanted: str) -> bool:
    """Return whether a filter covers all that another one does."""
    if wanted.endswith("#") and not known.endswith("#"):
        return False
    return matches(known, wanted)


def below_one_of(prefixes: Iterable[str], topic: str) -> bool:
    """Return whether a topic or filter is inside one of the trees."""
    return any(topic == prefix or topic.startswith(f"{prefix}/") for prefix in prefixes)


def matches(topic_filter: str, topic: str) -> bool:
    """Return whether a topic is covered by a filter, as MQTT has it: ``$SYS`` is hidden from leading wildcards."""
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
    """Return whether a filter may cover several topics."""
    return bool({"+", "#"} & set(topic_filter.split("/")))
