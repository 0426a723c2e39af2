"""Matching of topics with a filter: splits a topic into the levels of the device and those of its values."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
import re

from ...topic_filters import has_wildcard
from ..vocabulary.keys.records import UNIT_WORDS, VALUES

# Levels that describe the kind or the way of a message, not its device.
GENERIC = frozenset(
    {
        "cmnd", "data", "device", "devices", "event", "events", "home", "json", "measurement", "measurements",
        "message", "messages", "mqtt", "n", "r", "reading", "readings", "result", "rpc", "rx", "sensor", "sensors",
        "state", "stat", "status", "tele", "telemetry", "topic", "tx", "up", "uplink", "v3", "value", "values",
    }
)  # fmt: skip
# Root levels of systems with many devices.
SYSTEMS = frozenset({"emon", "homie", "owntracks", "rtl_433", "shellies", "wmbusmeters", "zigbee2mqtt"})
# Levels on which devices report their availability.
PRESENCE = frozenset({"availability", "available", "connected", "connection", "lwt", "online", "status"})
# Levels that name no device: kinds of devices, and what a phone reports.
KINDS = frozenset({"clients", "location", "meters", "nodes", "phones", "position", "trackers", "waypoint", "waypoints"})
NAME_LEVELS = 3
_SERIAL = re.compile(r"[0-9a-fA-F]{8,}")
# A level that distinguishes phases or channels of one device.
_NUMBERED = re.compile(r"[A-Za-z]{0,4}[-_]?[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """Parts of a topic: the device's ``base`` topic, its ``identity`` taken from that, and the rest as ``subtopic``."""

    base: str
    identity: str
    subtopic: str


def split(topic_filter: str, depth: int, topic: str) -> TopicMatch:
    """Split a topic that the filter matches.

    ``depth`` levels from the start are the device; when negative, all but that many levels from the end; 0 is the whole
    topic. The identity consists of those that match the filter's wildcards, or of all of them if none does.
    """
    levels, filter_levels = topic.split("/"), topic_filter.split("/")
    count = depth if depth > 0 else len(levels) + depth
    own = levels[:count]
    rest = filter_levels.index("#") if "#" in filter_levels else len(filter_levels)
    matched = [level for position, level in enumerate(own) if position >= rest or filter_levels[position] == "+"]
    return TopicMatch("/".join(own), "/".join(matched or own), "/".join(levels[count:]))


def fill(pattern: str, topic_filter: str, base: str) -> str:
    """Replace each ``+`` of a pattern by the device's level, for a pattern made for the same filter."""
    levels = base.split("/")
    wild = iter([levels[position] for position in _wildcard_positions(topic_filter, len(levels))])
    return "/".join(next(wild, "+") if level == "+" else level for level in pattern.split("/"))


def fill_exactly(pattern: str, topic_filter: str, base: str) -> str | None:
    """Fill a pattern with one ``+`` for each level by which the filter's devices differ; return None for any other.

    A topic that must reach a single device has to contain every level that distinguishes it from the others.
    """
    if pattern.split("/").count("+") != len(_wildcard_positions(topic_filter, base.count("/") + 1)):
        return None
    return fill(pattern, topic_filter, base)


def pattern_of(topic: str, topic_filter: str, depth: int, base: str) -> str | None:
    """Return the pattern from which ``fill`` makes this topic; None if there is none.

    ``base`` is the topic's device. Each level by which it differs from the filter's other devices must be in the topic,
    at the same position.
    """
    levels, own = topic.split("/"), base.split("/")
    wild = _wildcard_positions(topic_filter, len(own))
    if len(wild) != count_blanks(topic_filter, depth):
        return None
    for position in wild:
        if position >= len(levels) or levels[position] != own[position]:
            return None
        levels[position] = "+"
    return "/".join(levels)


def count_blanks(topic_filter: str, depth: int) -> int:
    """Return the number of ``+`` in a pattern that can be filled for every device of a filter."""
    filter_levels = topic_filter.split("/")
    named = [level for level in filter_levels if level != "#"]
    return len(_wildcard_positions(topic_filter, depth if depth > 0 else max(0, len(named) + depth)))


def _wildcard_positions(topic_filter: str, count: int) -> list[int]:
    """Return the positions, among the first levels of a topic, that match a wildcard of the filter."""
    filter_levels = topic_filter.split("/")
    rest = filter_levels.index("#") if "#" in filter_levels else len(filter_levels)
    levels = count if rest < len(filter_levels) else min(count, rest)
    return [position for position in range(levels) if position >= rest or filter_levels[position] == "+"]


def common_filter(topics: Sequence[str]) -> str:
    """Return the narrowest filter that covers all topics: a single topic itself."""
    split_topics = [topic.split("/") for topic in dict.fromkeys(topics)]
    if len(split_topics) == 1:
        return topics[0]
    start = []
    for same in zip(*(levels[:-1] for levels in split_topics), strict=False):
        if len(set(same)) > 1:
            break
        start.append(same[0])
    lengths = {len(levels) for levels in split_topics}
    if len(lengths) == 1 and len(start) + 1 == lengths.pop():
        return "/".join([*start, "+"])
    return "/".join([*start, "#"])


def guess_depth(topic_filter: str, topics: Iterable[str], *, single: Collection[str]) -> int:
    """Return the likely number of levels that belong to the device.

    ``single`` are the topics that carry a single value: there the last level names the value, not the device.
    """
    value_topics = [topic for topic in dict.fromkeys(topics) if "/$" not in topic]
    readings = _readings_with_units(value_topics)
    if readings:
        return _depth_of_readings(topic_filter, value_topics, readings)
    filter_levels = topic_filter.split("/")
    if not any(topic in single and _leaf(topic) not in PRESENCE for topic in value_topics):
        return -1 if _has_sibling_topics(value_topics) else 0
    if not has_wildcard(topic_filter):
        return -1 if len(filter_levels) > 1 else 0
    if filter_levels[-1] == "+":
        return len(filter_levels) - 1
    if filter_levels[-1] != "#":
        return len(filter_levels) - filter_levels[::-1].index("+")
    return -1 if len(filter_levels) == 1 or _has_equal_leaves(value_topics) else len(filter_levels) - 1


def _readings_with_units(topics: Iterable[str]) -> set[str]:
    """Return the topics above a value and its unit: ``tank/temp`` for ``tank/temp/value`` and ``tank/temp/unit``."""
    leaves = defaultdict(set)
    for topic in topics:
        leaves[topic.rpartition("/")[0]].add(_leaf(topic))
    return {parent for parent, found in leaves.items() if parent and found & VALUES and found & UNIT_WORDS}


def _depth_of_readings(topic_filter: str, topics: Iterable[str], readings: Collection[str]) -> int:
    """Return the likely number of levels of devices that send a value and its unit on a topic each."""
    parents = {topic: topic.rpartition("/")[0] for topic in topics}
    named = [
        parent if parent in readings or (parent and _leaf(topic) in VALUES) else topic
        for topic, parent in parents.items()
    ]
    above = topic_filter if topic_filter.endswith("#") else topic_filter.rpartition("/")[0]
    depth = guess_depth(above, named, single=named)
    return depth if depth > 0 else max(1, min(topic.count("/") + 1 for topic in named) + depth)


def _leaf(topic: str) -> str:
    return topic.rpartition("/")[2].lower()


def _has_sibling_topics(topics: Iterable[str]) -> bool:
    """Return whether devices use several topics that differ in the last level: ``tele/pow1/SENSOR`` and ``…/STATE``."""
    leaves = defaultdict(set)
    for topic in topics:
        leaves[topic.rpartition("/")[0]].add(_leaf(topic))
    return any(len(found) > 1 and found <= GENERIC | PRESENCE for found in leaves.values())


def _has_equal_leaves(topics: Iterable[str]) -> bool:
    """Return whether the same values lie below several parents: then each parent is a device.

    A numbered level (L1, ch0, 2) is a part of a device, and ``state`` below everything does not name a value.
    """
    leaves = defaultdict(set)
    for topic in topics:
        parent, _, leaf = topic.rpartition("/")
        is_part = _NUMBERED.fullmatch(parent.rpartition("/")[2]) and "/devices/" not in parent
        if not is_part and leaf.lower() not in GENERIC and not _NUMBERED.fullmatch(leaf):
            leaves[parent].add(leaf)
    parents = list(leaves)
    return any(leaves[left] & leaves[right] for left in parents for right in parents if left < right)


def name_from(base: str, reading: str = "") -> str:
    """Return a display name for the device on a topic: its meaningful levels, at most three.

    ``reading`` is the name of its only reading, which Home Assistant adds: "kitchen temperature Temperature".
    """
    levels = [level for level in base.split("/") if level and level.lower() not in GENERIC]
    if len(levels) > 1 and levels[0].lower() in SYSTEMS:
        levels = levels[1:]
    # A level with "to" in the middle is the direction of a gateway (BTtoMQTT), and the level before it the gateway.
    for position, level in enumerate(levels[:-1]):
        if level.endswith("toMQTT"):
            levels = levels[position + 1 :]
            break
    words = [level for level in levels if not _SERIAL.fullmatch(level)]
    if len(words) > 1:
        levels = words
    unnamed = {*KINDS, reading.lower().replace(" ", "_")}
    levels = [level for level in levels if level.lower() not in unnamed] or levels
    return " ".join(levels[-NAME_LEVELS:]).replace("_", " ") or base
