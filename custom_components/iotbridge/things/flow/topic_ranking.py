"""Ranking of the topics heard on the broker, to offer the user those of devices that are not known yet."""

import codecs
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ...topic_filters import below_one_of, matches
from ..model.known_systems import find_system
from ..model.message import Sample

MAX_OFFERS = 100
MAX_GROUPS = 12
# From so many similar topics on they are offered together, too.
ALIKE = 3
GLIMPSE = 80
_MAX_ANNOUNCED = 20_000
_MAX_DEPTH = 8
# Nobody's devices have deeper or longer topics, and to group five hundred of those would take seconds.
_MAX_LEVELS = 16
_MAX_TOPIC = 256
# Many times what the largest discovery messages of known systems have.
_MAX_CONFIG = 512 * 1024
_KNOWN = ""


@dataclass(slots=True)
class TopicFilter:
    """Sorts what is heard while listening everywhere, so that a crowd of known devices does not hide a new one.

    ``ours`` are the trees of hosts, ``home`` the tree of MQTT discovery and the topics of Home Assistant itself;
    ``covers`` tells of a topic whether it is that of a thing. ``announced`` collects the topics that discovery messages
    name; ``left_out`` the topics that were heard of devices that are known (under an empty name) and of systems.
    """

    ours: tuple[str, ...]
    home: tuple[str, ...]
    covers: Callable[[str], bool]
    announced: set[str] = field(default_factory=set)
    left_out: dict[str, set[str]] = field(default_factory=dict)

    def notice(self, sample: Sample) -> bool:
        """Return whether a message may be one to learn from; what it announces is remembered."""
        if below_one_of(self.home, sample.topic):
            if len(self.announced) < _MAX_ANNOUNCED:
                self.announced |= announced_topics(sample.payload)
            return False
        if sample.topic.startswith("$") or below_one_of(self.ours, sample.topic):
            return False
        return not self.leaves_out(sample.topic)

    def leaves_out(self, topic: str) -> bool:
        """Return whether a topic is that of a device that is known or announces itself, and count it."""
        if topic in self.announced or self.covers(topic):
            name = _KNOWN
        elif system := find_system(topic):
            name = system.name
        else:
            return False
        topics = self.left_out.setdefault(name, set())
        if len(topics) < _MAX_ANNOUNCED:
            topics.add(topic)
        return True


@dataclass(frozen=True, slots=True)
class Offers:
    """Topics and filters that may be learned, by what to show of them; and how many were left out, and why."""

    topics: Mapping[str, str]
    known: int
    systems: Mapping[str, int]


def offers(messages: Mapping[str, bytes], talk: TopicFilter, together: Callable[[int], str]) -> Offers:
    """Sort the newest payload of each topic, newest topic last; ``together`` says how many topics a filter has."""
    # Some were announced only after they were heard.
    new = {topic: payload for topic, payload in reversed(list(messages.items())) if not talk.leaves_out(topic)}
    topics = {pattern: f"{pattern} — {together(count)}" for pattern, count in groups(new)}
    topics |= {topic: f"{topic} — {glimpse(payload)}" for topic, payload in list(new.items())[:MAX_OFFERS]}
    counts = {name: len(heard) for name, heard in talk.left_out.items()}
    return Offers(topics, counts.pop(_KNOWN, 0), counts)


def groups(topics: Iterable[str]) -> list[tuple[str, int]]:
    """Return filters for topics that differ in one level, or lie in one tree, with the number of their topics."""
    found: dict[str, set[str]] = defaultdict(set)
    for topic in topics:
        levels = topic.split("/")
        if len(levels) > _MAX_LEVELS or len(topic) > _MAX_TOPIC:
            continue
        for position in range(1, len(levels)):
            found["/".join([*levels[:position], "+", *levels[position + 1 :]])].add(topic)
            found["/".join([*levels[:position], "#"])].add(topic)
    offered: dict[frozenset[str], str] = {}
    # Of several filters for the same topics the narrowest is offered: that with the most levels and without #.
    for pattern in sorted(found, key=lambda pattern: ("#" in pattern, -pattern.count("/"), pattern)):
        if len(found[pattern]) >= ALIKE:
            offered.setdefault(frozenset(found[pattern]), pattern)
    counted = [(pattern, len(members)) for members, pattern in offered.items()]
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:MAX_GROUPS]


def glimpse(payload: bytes) -> str:
    """Return the beginning of a payload as one line."""
    try:
        # What is cut off in the middle of a letter is text all the same.
        text = codecs.getincrementaldecoder("utf-8")().decode(payload[: 4 * GLIMPSE])
    except UnicodeDecodeError:
        text = ""
    line = " ".join(text.split())
    if not line.isprintable() or not line:
        line = " ".join(f"{byte:02x}" for byte in payload[:24])
    return line if len(line) <= GLIMPSE else f"{line[:GLIMPSE]}…"


def announced_topics(payload: bytes) -> set[str]:
    """Return the topics that a discovery message names, in full or by their abbreviated keys."""
    if len(payload) > _MAX_CONFIG:
        return set()
    try:
        config = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return set()
    return set(_topics(config, "", 0))


def _topics(config: Any, base: str, depth: int) -> Iterable[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(config, list):
        for part in config:
            yield from _topics(part, base, depth + 1)
        return
    if not isinstance(config, dict):
        return
    base = str(config.get("~", base))
    for key, value in config.items():
        if not isinstance(value, str):
            yield from _topics(value, base, depth + 1)
        elif key in {"topic", "t"} or key.endswith(("_topic", "_t")):
            yield _expanded(value, base)


def _expanded(topic: str, base: str) -> str:
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def heard_on(topic_filter: str, messages: Mapping[str, bytes], longest: int) -> list[Sample]:
    """Return what was heard on a filter; nothing when a payload was too long to be kept whole."""
    heard = [Sample(topic, payload) for topic, payload in messages.items() if matches(topic_filter, topic)]
    return [] if any(len(sample.payload) > longest for sample in heard) else heard
