"""Topics of the contract and no others."""

import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.protocol.topics import NODE_ID, PREFIX, HostKey, TopicError, parse_topic, wildcard
from custom_components.iotbridge.things.model.mapping import thing_uid

UIDS = Path(__file__).parents[2] / "contract" / "examples" / "uid.json"
# Few characters, so that names collide that differ only in characters invalid in a uid, or that end like a digest.
LOOKALIKES = st.from_regex(r"(thing_)?[a.-]{1,6}(-[0-9a-f]{6})?", fullmatch=True)
NODE_IDS = LOOKALIKES | st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)
KEYS = st.builds(HostKey, st.sampled_from(["iotbridge", "a", "a_b", "a/b", "a-b", "a" * 120]), NODE_IDS)


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


@pytest.mark.parametrize("example", json.loads(UIDS.read_text()), ids=lambda example: example["node_id"])
def test_uids_are_those_of_the_contract(example: dict[str, str]) -> None:
    assert HostKey(example["prefix"], example["node_id"]).uid == example["uid"]


@given(KEYS, KEYS)
def test_two_hosts_never_share_a_uid(first: HostKey, second: HostKey) -> None:
    assert (first.uid == second.uid) is (first == second)


@given(KEYS, st.sampled_from(["a", "a_b", "a-b", "iotbridge"]))
def test_a_node_id_made_of_the_uid_of_another_host_gets_a_uid_of_its_own(victim: HostKey, prefix: str) -> None:
    copied = victim.uid.removeprefix(f"{prefix}_")
    if NODE_ID.fullmatch(copied) and HostKey(prefix, copied) != victim:
        assert HostKey(prefix, copied).uid != victim.uid


@given(st.text(), st.text())
def test_no_host_has_the_uid_of_a_thing(topic: str, identity: str) -> None:
    uid = thing_uid(topic, identity)
    node_id = uid.removeprefix("iotbridge_")
    assert HostKey("iotbridge", node_id[:64]).uid != uid


@pytest.mark.parametrize(
    ("prefix", "is_good"), [("a/b", True), ("a b", True), ("", False), ("/a", False), ("a/", False)]
)
def test_prefixes(prefix: str, is_good: bool) -> None:
    assert bool(PREFIX.fullmatch(prefix)) is is_good


@pytest.mark.parametrize("prefix", ["a/#", "+/a", "$SYS", "a//b", "a\0"])
def test_prefixes_with_wildcards_are_invalid(prefix: str) -> None:
    assert not PREFIX.fullmatch(prefix)
