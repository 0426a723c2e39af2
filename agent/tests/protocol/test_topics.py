"""Topics and identifiers."""

import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.protocol.messages import _UID
from iotbridge_agent.protocol.topics import Topics, device_uid, discovery_topic

UIDS = Path(__file__).parents[3] / "contract" / "examples" / "uid.json"
NODE_IDS = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)


def test_topics() -> None:
    topics = Topics("home/lab", "nas")
    assert topics.announce == "home/lab/device/nas/announce"
    assert topics.availability == "home/lab/device/nas/availability"
    assert topics.status == "home/lab/device/nas/status"
    assert topics.command == "home/lab/device/nas/command"
    assert topics.response == "home/lab/device/nas/response"
    assert discovery_topic("homeassistant", "u") == "homeassistant/device/u/config"


@pytest.mark.parametrize("example", json.loads(UIDS.read_text()), ids=lambda example: example["node_id"])
def test_uid(example: dict[str, str]) -> None:
    assert device_uid(example["prefix"], example["node_id"]) == example["uid"]


@given(st.sampled_from(["iotbridge", "a", "a_b", "a/b", "a-b"]), NODE_IDS)
def test_a_node_id_made_of_the_uid_of_another_host_gets_a_uid_of_its_own(prefix: str, node_id: str) -> None:
    victim = device_uid(prefix, node_id)
    for head in ("a", "a_b", "a-b", "iotbridge"):
        copied = victim.removeprefix(f"{head}_")
        if (head, copied) != (prefix, node_id):
            assert device_uid(head, copied) != victim


@given(NODE_IDS)
def test_no_host_has_the_uid_of_a_thing(node_id: str) -> None:
    assert device_uid("iotbridge", f"thing_{node_id}") != f"iotbridge_thing_{node_id}"


@given(st.text(min_size=1), NODE_IDS)
def test_a_uid_always_fits_its_topic(prefix: str, node_id: str) -> None:
    assert _UID.fullmatch(device_uid(prefix.encode(errors="replace").decode(), node_id))


def test_hosts_with_similar_names_have_different_uids() -> None:
    assert len({device_uid("p", name) for name in ("a.b", "a-b", "a_b")}) == 3
    assert device_uid("p" * 200, "a") != device_uid("p" * 201, "a")
    assert device_uid("a_b", "c") != device_uid("a", "b_c")
