"""Ranking of the topics received while listening, to offer the user those of unknown devices."""

import codecs
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ...topic_filters import below_one_of, matches
from ..model.known_systems import SYSTEMS, System, find_system
from ..model.message import Sample

MAX_OFFERS = 100
MAX_GROUPS = 12
# Minimum number of similar topics that are also offered together, as a filter.
ALIKE = 3
MAX_PREVIEW = 80
_MAX_ANNOUNCED = 20_000
_MAX_DEPTH = 8
# No device has deeper or longer topics, and grouping five hundred of those would take seconds.
_MAX_LEVELS = 16
_MAX_TOPIC = 256
# Many times the size of the largest discovery messages of known systems.
_MAX_CONFIG = 512 * 1024
_KNOWN = ""


@dataclass(slots=True)
class TopicFilter:
    """Filter of the messages received while listening to all topics, so that known devices do not hide a new one.

    ``ours`` are the prefixes of hosts, ``home`` the prefix of MQTT discovery and the topics of Home Assistant itself;
    ``covers`` returns whether a topic belongs to a thing; ``systems`` are those with their own way into Home Assistant.
    ``announced`` collects the topics in discovery messages; ``left_out`` the excluded topics of known devices (under an
    empty name) and of systems.
    """

    ours: tuple[str, ...]
    home: tuple[str, ...]
    covers: Callable[[str], bool]
    systems: tuple[System, ...] = SYSTEMS
    announced: set[str] = field(default_factory=set)
    left_out: dict[str, set[str]] = field(default_factory=dict)

    def is_candidate(self, sample: Sample) -> bool:
        """Return whether a message may be one to learn from; collect the topics that it announces."""
        if below_one_of(self.home, sample.topic):
            if len(self.announced) < _MAX_ANNOUNCED:
                self.announced |= announced_topics(sample.payload)
            return False
        if sample.topic.startswith("$") or below_one_of(self.ours, sample.topic):
            return False
        return not self.is_excluded(sample.topic)

    def is_excluded(self, topic: str) -> bool:
        """Return whether a topic belongs to a device that is known or announces itself, and count it."""
        if topic in self.announced or self.covers(topic):
            name = _KNOWN
        elif (system := find_system(topic, self.systems)) and not (system.is_partial or system.is_missing):
            name = system.name
        else:
            return False
        topics = self.left_out.setdefault(name, set())
        if len(topics) < _MAX_ANNOUNCED:
            topics.add(topic)
        return True


@dataclass(frozen=True, slots=True)
class Offers:
    """Topics and filters to offer, with their labels; and the numbers of excluded topics."""

    topics: Mapping[str, str]
    known: int
    systems: Mapping[str, int]


def rank_topics(messages: Mapping[str, bytes], topic_filter: TopicFilter) -> Offers:
    """Rank the newest payloads by topic, newest topic last; filters are labelled with the number of their topics."""
    # Some were announced after their messages had arrived.
    new = {topic: payload for topic, payload in reversed(list(messages.items())) if not topic_filter.is_excluded(topic)}
    topics = {pattern: f"{pattern} ({count})" for pattern, count in groups(new)}
    topics |= {topic: f"{topic} — {preview(payload)}" for topic, payload in list(new.items())[:MAX_OFFERS]}
    counts = {name: len(excluded) for name, excluded in topic_filter.left_out.items()}
    return Offers(topics, counts.pop(_KNOWN, 0), counts)


def groups(topics: Iterable[str]) -> list[tuple[str, int]]:
    """Return filters for topics that differ in one level, or are in one tree, with the number of their topics."""
    matches_of: dict[str, set[str]] = defaultdict(set)
    for topic in topics:
        levels = topic.split("/")
        if len(levels) > _MAX_LEVELS or len(topic) > _MAX_TOPIC:
            continue
        for position in range(1, len(levels)):
            matches_of["/".join([*levels[:position], "+", *levels[position + 1 :]])].add(topic)
            matches_of["/".join([*levels[:position], "#"])].add(topic)
    offered: dict[frozenset[str], str] = {}
    # Of several filters for the same topics the narrowest is offered: the one with the most levels and without #.
    for pattern in sorted(matches_of, key=lambda pattern: ("#" in pattern, -pattern.count("/"), pattern)):
        if len(matches_of[pattern]) >= ALIKE:
            offered.setdefault(frozenset(matches_of[pattern]), pattern)
    sizes = [(pattern, len(members)) for members, pattern in offered.items()]
    return sorted(sizes, key=lambda pair: (-pair[1], pair[0]))[:MAX_GROUPS]


def preview(payload: bytes) -> str:
    """Return the start of a payload as one line."""
    try:
        # A character that is cut off at the end does not make it binary.
        text = codecs.getincrementaldecoder("utf-8")().decode(payload[: 4 * MAX_PREVIEW])
    except UnicodeDecodeError:
        text = ""
    line = " ".join(text.split())
    if not line.isprintable() or not line:
        line = " ".join(f"{byte:02x}" for byte in payload[:24])
    return line if len(line) <= MAX_PREVIEW else f"{line[:MAX_PREVIEW]}…"


def announced_topics(payload: bytes) -> set[str]:
    """Return the topics in a discovery message, under full or abbreviated keys."""
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


def samples_on(topic_filter: str, messages: Mapping[str, bytes], longest: int) -> list[Sample]:
    """Return the samples that match a filter; empty if a payload was too long to be kept."""
    samples = [Sample(topic, payload) for topic, payload in messages.items() if matches(topic_filter, topic)]
    return [] if any(len(sample.payload) > longest for sample in samples) else samples
