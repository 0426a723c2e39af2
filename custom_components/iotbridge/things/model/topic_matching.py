"""Matching of topics with a filter: splits them into the levels of the device and those of its values."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
import re

from ...topic_filters import has_wildcard

# Levels that say how or where a message goes, not whose it is.
GENERIC = frozenset(
    {
        "cmnd", "data", "device", "devices", "event", "events", "home", "json", "measurement", "measurements",
        "message", "messages", "mqtt", "n", "r", "reading", "readings", "result", "rpc", "rx", "sensor", "sensors",
        "state", "stat", "status", "tele", "telemetry", "topic", "tx", "up", "uplink", "v3", "value", "values",
    }
)  # fmt: skip
# Roots that name a system of many devices.
SYSTEMS = frozenset({"emon", "homie", "owntracks", "rtl_433", "shellies", "wmbusmeters", "zigbee2mqtt"})
# Where devices say whether they are there.
PRESENCE = frozenset({"availability", "available", "connected", "connection", "lwt", "online", "status"})
NAME_LEVELS = 3
_SERIAL = re.compile(r"[0-9a-fA-F]{8,}")
# A level that tells phases or channels of one device apart.
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
    topic. The identity is what stands for the filter's wildcards in them, or all of them where it has none there.
    """
    levels, wanted = topic.split("/"), topic_filter.split("/")
    count = depth if depth > 0 else len(levels) + depth
    own = levels[:count]
    rest = wanted.index("#") if "#" in wanted else len(wanted)
    wild = [level for position, level in enumerate(own) if position >= rest or wanted[position] == "+"]
    return TopicMatch("/".join(own), "/".join(wild or own), "/".join(levels[count:]))


def fill(pattern: str, topic_filter: str, base: str) -> str:
    """Put the levels of a device's topic in the place of the ``+`` of a pattern made for the same filter."""
    levels = base.split("/")
    wild = iter([levels[position] for position in _wild(topic_filter, len(levels))])
    return "/".join(next(wild, "+") if level == "+" else level for level in pattern.split("/"))


def fill_exactly(pattern: str, topic_filter: str, base: str) -> str | None:
    """Fill a pattern that has a ``+`` for each level by which the filter's devices differ; None when it has not.

    What is to reach one device alone must not be short of what tells it from the others.
    """
    if pattern.split("/").count("+") != len(_wild(topic_filter, base.count("/") + 1)):
        return None
    return fill(pattern, topic_filter, base)


def pattern_of(topic: str, topic_filter: str, depth: int, base: str) -> str | None:
    """Return the pattern that ``fill`` makes this topic of; None when that is not to be.

    ``base`` is the device whose topic it is. Each level by which it differs from the filter's other devices must be in
    the topic, at the same place.
    """
    levels, own = topic.split("/"), base.split("/")
    wild = _wild(topic_filter, len(own))
    if len(wild) != count_blanks(topic_filter, depth):
        return None
    for position in wild:
        if position >= len(levels) or levels[position] != own[position]:
            return None
        levels[position] = "+"
    return "/".join(levels)


def count_blanks(topic_filter: str, depth: int) -> int:
    """Return how many ``+`` of a pattern can be filled for every device of a filter."""
    wanted = topic_filter.split("/")
    named = [level for level in wanted if level != "#"]
    return len(_wild(topic_filter, depth if depth > 0 else max(0, len(named) + depth)))


def _wild(topic_filter: str, count: int) -> list[int]:
    """Return at which of the first levels of a topic, so many of them, the filter leaves open what is there."""
    wanted = topic_filter.split("/")
    rest = wanted.index("#") if "#" in wanted else len(wanted)
    levels = count if rest < len(wanted) else min(count, rest)
    return [position for position in range(levels) if position >= rest or wanted[position] == "+"]


def common_filter(topics: Sequence[str]) -> str:
    """Return the narrowest filter that covers all topics: the topic itself when there is one."""
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
    """Guess how many levels are the device.

    ``single`` are the topics that carry one value each: there the last level names the value, not the device.
    """
    seen = [topic for topic in dict.fromkeys(topics) if "/$" not in topic]
    wanted = topic_filter.split("/")
    if not any(topic in single and _leaf(topic) not in PRESENCE for topic in seen):
        return -1 if _siblings(seen) else 0
    if not has_wildcard(topic_filter):
        return -1 if len(wanted) > 1 else 0
    if wanted[-1] == "+":
        return len(wanted) - 1
    if wanted[-1] != "#":
        return len(wanted) - wanted[::-1].index("+")
    if len(wanted) == 1 or _alike(seen):
        return -1
    return len(wanted) - 1


def _leaf(topic: str) -> str:
    return topic.rpartition("/")[2].lower()


def _siblings(topics: Iterable[str]) -> bool:
    """Return whether devices use several topics, a level apart: ``tele/pow1/SENSOR`` and ``tele/pow1/STATE``."""
    leaves = defaultdict(set)
    for topic in topics:
        leaves[topic.rpartition("/")[0]].add(_leaf(topic))
    return any(len(found) > 1 and found <= GENERIC | PRESENCE for found in leaves.values())


def _alike(topics: Iterable[str]) -> bool:
    """Return whether the same values lie under several parents: then each parent is a device.

    A level that only numbers (L1, ch0, 2) is a part of a device, and ``state`` under everything is no value's name.
    """
    leaves = defaultdict(set)
    for topic in topics:
        parent, _, leaf = topic.rpartition("/")
        is_part = _NUMBERED.fullmatch(parent.rpartition("/")[2]) and "/devices/" not in parent
        if not is_part and leaf.lower() not in GENERIC and not _NUMBERED.fullmatch(leaf):
            leaves[parent].add(leaf)
    parents = list(leaves)
    return any(leaves[one] & leaves[other] for one in parents for other in parents if one < other)


def name_from(base: str) -> str:
    """Return what a person would call the device on a topic: the levels that say something, at most three."""
    levels = [level for level in base.split("/") if level and level.lower() not in GENERIC]
    if len(levels) > 1 and levels[0].lower() in SYSTEMS:
        levels = levels[1:]
    # A level with "to" in the middle is a gateway's direction (BTtoMQTT), and what comes before it the gateway.
    for position, level in enumerate(levels[:-1]):
        if level.endswith("toMQTT"):
            levels = levels[position + 1 :]
            break
    words = [level for level in levels if not _SERIAL.fullmatch(level)]
    if len(words) > 1:
        levels = words
    return " ".join(levels[-NAME_LEVELS:]).replace("_", " ") or base
