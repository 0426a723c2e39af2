"""Topics of the contract and no others."""

import pytest

from custom_components.iotbridge.protocol.topics import PREFIX, HostKey, TopicError, parse_topic, wildcard


@pytest.mark.parametrize("prefix", ["iotbridge", "home/lab", "a"])
def test_a_topic_is_read_back(prefix: str) -> None:
    key = HostKey(prefix, "10.0.0.7")

    assert parse_topic(key.topic("status"), prefix) == (key, "status")
    assert key.topic("status").startswith(f"{wildcard(prefix).partition('+')[0]}10.0.0.7")


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ("iotbridge/device/nas/unknown", "the last level"),
        ("iotbridge/device/nas", "the last level"),
        ("iotbridge/device//status", "node_id"),
        ("iotbridge/device/a b/status", "node_id"),
        ("iotbridge/device/nas/more/status", "node_id"),
        (f"iotbridge/device/{'x' * 65}/status", "node_id"),
        ("other/device/nas/status", "the last level"),
    ],
)
def test_other_topics_are_refused(topic: str, why: str) -> None:
    with pytest.raises(TopicError, match=why):
        parse_topic(topic, "iotbridge")


def test_a_uid_is_safe_in_a_topic_and_different_for_different_hosts() -> None:
    uids = {HostKey("iotbridge", node).uid for node in ("nas", "10.0.0.7", "10-0-0-7", "10_0_0_7")}

    assert len(uids) == 4
    assert "iotbridge_nas" in uids
    assert all(set(uid) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") for uid in uids)


@pytest.mark.parametrize(
    ("prefix", "is_good"), [("a/b", True), ("a b", True), ("", False), ("/a", False), ("a/", False)]
)
def test_prefixes(prefix: str, is_good: bool) -> None:
    assert bool(PREFIX.fullmatch(prefix)) is is_good


@pytest.mark.parametrize("prefix", ["a/#", "+/a", "$SYS", "a//b", "a\0"])
def test_prefixes_that_would_hear_more_than_they_say(prefix: str) -> None:
    assert not PREFIX.fullmatch(prefix)
