"""Topic filters: matching beside a model, and what covering and overlapping mean for topics."""

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.kafka.topic_filters import (
    filter_pattern,
    has_cover,
    has_overlap,
    is_valid_filter,
    is_valid_topic,
    subscriptions,
)

LEVELS = st.sampled_from(["", "a", "b", "$SYS", "a.b", "*"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = st.tuples(st.lists(LEVELS | st.just("+"), max_size=3), st.sampled_from([[], ["#"], ["+"]])).map(
    lambda parts: "/".join(parts[0] + parts[1])
)


def is_match(topic_filter: str, topic: str) -> bool:
    """Return what section 4.7 of MQTT 5 says, level by level."""
    if topic_filter[0] in "+#" and topic[0] == "$":
        return False
    levels, own = topic.split("/"), topic_filter.split("/")
    for index, level in enumerate(own):
        if level == "#":
            return True
        if index == len(levels) or level not in ("+", levels[index]):
            return False
    return len(levels) == len(own)


@given(FILTERS.filter(is_valid_filter), TOPICS)
def test_a_filter_matches_as_the_standard_says(topic_filter: str, topic: str) -> None:
    assert (filter_pattern(topic_filter).fullmatch(topic) is not None) == is_match(topic_filter, topic)


@given(FILTERS.filter(is_valid_filter), FILTERS.filter(is_valid_filter), TOPICS)
def test_covering_and_overlapping_hold_for_every_topic(first: str, second: str, topic: str) -> None:
    if has_cover(first, second):
        assert has_overlap(first, second)
        assert is_match(second, topic) or not is_match(first, topic)
    if not has_overlap(first, second):
        assert not (is_match(first, topic) and is_match(second, topic))
    assert has_overlap(first, second) == has_overlap(second, first)
    assert has_cover(first, first)


@pytest.mark.parametrize(
    ("first", "second", "overlap", "cover"),
    [
        ("a/+/c", "a/b/+", True, False),
        ("a/b", "a/#", True, True),
        ("a", "a/#", True, True),
        ("a/#", "a/+/#", True, False),
        ("a/+", "a/b/c", False, False),
        ("#", "$SYS/#", False, False),
        ("$SYS/broker/#", "$SYS/#", True, True),
        ("+/x", "#", True, True),
        ("a/b/#", "a/+/c", True, False),
    ],
)
def test_examples_of_overlapping(first: str, second: str, overlap: bool, cover: bool) -> None:
    assert has_overlap(first, second) is overlap
    assert has_cover(first, second) is cover


@given(st.lists(FILTERS.filter(is_valid_filter), max_size=5), TOPICS)
def test_subscriptions_match_what_all_filters_match(filters: list[str], topic: str) -> None:
    chosen = subscriptions(filters)
    assert any(is_match(text, topic) for text in chosen) == any(is_match(text, topic) for text in filters)
    assert not any(has_cover(text, other) for text in chosen for other in chosen if text != other)


@pytest.mark.parametrize("text", ["", "a/#/b", "a#", "+a", "a\0", "$share/g/a", "$queue/a", "x" * 65536])
def test_filters_that_are_none(text: str) -> None:
    assert not is_valid_filter(text)


@pytest.mark.parametrize("text", ["a", "#", "+", "a/+/#", "/", "$SYS/#", "a b/ä"])
def test_filters_that_are_valid(text: str) -> None:
    assert is_valid_filter(text)
    assert is_valid_topic(text) is ("#" not in text and "+" not in text)
