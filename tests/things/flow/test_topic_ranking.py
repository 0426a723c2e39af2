"""Topics that are offered for learning."""

from dataclasses import replace
import json

import pytest

from custom_components.iotbridge.things.flow.topic_ranking import (
    TopicFilter,
    announced_topics,
    groups,
    preview,
    rank_topics,
)
from custom_components.iotbridge.things.model.known_systems import SYSTEMS
from custom_components.iotbridge.things.model.message import Sample


def unknown(_topic: str) -> bool:
    """Cover no topic."""
    return False


@pytest.mark.parametrize(
    ("config", "topics"),
    [
        ({"state_topic": "a/b", "name": "a topic"}, {"a/b"}),
        ({"~": "base", "stat_t": "~/state", "cmd_t": "set/~", "avty_t": "there"}, {"base/state", "set/base", "there"}),
        ({"avty": [{"t": "a/1"}, {"topic": "a/2"}]}, {"a/1", "a/2"}),
        ({"~": "one", "cmps": {"x": {"stat_t": "~/x"}, "y": {"~": "two", "stat_t": "~/y"}}}, {"one/x", "two/y"}),
        ({"state_topic": 5, "command_topic": None}, set()),
        (["a"], set()),
        ("state_topic", set()),
    ],
)
def test_the_topics_of_a_discovery_message_are_found(config: object, topics: set[str]) -> None:
    assert announced_topics(json.dumps(config).encode()) == topics


@pytest.mark.parametrize("payload", [b"{", b"", b"\xff", b"[" * 100_000])
def test_a_broken_discovery_message_announces_nothing(payload: bytes) -> None:
    assert announced_topics(payload) == set()


def test_a_discovery_message_is_searched_up_to_a_depth() -> None:
    config: dict[str, object] = {"state_topic": "deep"}
    for _ in range(50):
        config = {"components": config}

    assert announced_topics(json.dumps(config).encode()) == set()


def test_what_is_announced_is_remembered_up_to_a_limit() -> None:
    topic_filter = TopicFilter((), ("homeassistant",), unknown)
    many = json.dumps({"components": [{"t": f"topic/{number}"} for number in range(20_001)]}).encode()
    assert not topic_filter.is_candidate(Sample("homeassistant/device/a/config", many))
    assert not topic_filter.is_candidate(Sample("homeassistant/device/b/config", b'{"t": "one/more"}'))

    assert len(topic_filter.announced) == 20_001
    assert "one/more" not in topic_filter.announced


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [("$SYS/broker/uptime", False), ("iotbridge/x", False), ("iotbridges/x", True), ("garden/x", True)],
)
def test_only_what_may_be_learned_is_kept(topic: str, wanted: bool) -> None:
    assert TopicFilter(("iotbridge",), ("homeassistant",), unknown).is_candidate(Sample(topic, b"1")) is wanted


@pytest.mark.parametrize(
    ("topics", "offered"),
    [
        (["a/1", "a/2"], []),
        (["a/1", "a/2", "a/3"], [("a/+", 3)]),
        (["a/1/x", "a/2/x", "a/3/x"], [("a/+/x", 3)]),
        (["a/1/x", "a/2/y", "a/3"], [("a/#", 3)]),
        (["1", "2", "3"], []),
        (["1/a", "2/a", "3/a"], []),
    ],
)
def test_similar_topics_make_a_filter(topics: list[str], offered: list[tuple[str, int]]) -> None:
    assert groups(topics) == offered


def test_topics_of_a_system_whose_integration_is_missing_are_offered() -> None:
    meshtastic = next(system for system in SYSTEMS if system.name == "Meshtastic")

    for is_missing in (True, False):
        systems = (replace(meshtastic, is_missing=is_missing),)
        topic_filter = TopicFilter((), ("homeassistant",), unknown, systems)
        assert topic_filter.is_candidate(Sample("msh/EU_868/2/json/LongFast/!1", b"1")) is is_missing


def test_topics_of_known_devices_and_systems_are_counted_once_each() -> None:
    topic_filter = TopicFilter(("iotbridge",), ("homeassistant",), lambda topic: topic == "garden/weather")
    topic_filter.is_candidate(Sample("homeassistant/sensor/x/config", b'{"stat_t": "lamp/state"}'))
    topics = ["garden/weather", "lamp/state", "tele/a/STATE", "tele/b/STATE", "msh/x"] * 2
    assert not any(topic_filter.is_candidate(Sample(topic, b"1")) for topic in topics)
    found = rank_topics({"cellar/pump": b"1", "tele/c/STATE": b"1"}, topic_filter)

    assert (set(found.topics), found.known) == ({"cellar/pump"}, 2)
    assert found.systems == {"Tasmota": 3, "Meshtastic": 1}


def test_no_more_than_a_dozen_filters_are_offered() -> None:
    assert len(groups(f"{tree}/{leaf}" for tree in range(30) for leaf in range(3))) == 12


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"21.5", "21.5"),
        (b'{\n  "a": 1\n}', '{ "a": 1 }'),
        (b"\x00\x01", "00 01"),
        (b"\xff" * 100, " ".join(["ff"] * 24)),
        (b"   ", "20 20 20"),
        (("x" * 319 + "à" * 100).encode(), "x" * 80 + "…"),
    ],
)
def test_a_preview_is_one_short_line(payload: bytes, shown: str) -> None:
    assert preview(payload) == shown
