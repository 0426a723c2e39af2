"""Topics and identifiers."""

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.protocol.messages import _UID
from iotbridge_agent.protocol.topics import Topics, device_uid, discovery_topic


def test_topics() -> None:
    topics = Topics("home/lab", "nas")
    assert topics.announce == "home/lab/device/nas/announce"
    assert topics.availability == "home/lab/device/nas/availability"
    assert topics.status == "home/lab/device/nas/status"
    assert topics.command == "home/lab/device/nas/command"
    assert topics.response == "home/lab/device/nas/response"
    assert discovery_topic("homeassistant", "u") == "homeassistant/device/u/config"


@pytest.mark.parametrize(
    ("prefix", "node_id", "uid"),
    [
        ("iotbridge", "nas", "iotbridge_nas"),
        ("iotbridge", "10.0.0.7", "iotbridge_10-0-0-7-c4dcd7"),
        ("iotbridge", "10-0-0-7", "iotbridge_10-0-0-7"),
        ("home/lab", "10.0.0.7", "home-lab_10-0-0-7-c745bd"),
    ],
)
def test_uid(prefix: str, node_id: str, uid: str) -> None:
    assert device_uid(prefix, node_id) == uid


@given(st.text(min_size=1), st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True))
def test_a_uid_always_fits_its_topic(prefix: str, node_id: str) -> None:
    assert _UID.fullmatch(device_uid(prefix.encode(errors="replace").decode(), node_id))


def test_hosts_that_look_alike_have_different_uids() -> None:
    assert len({device_uid("p", name) for name in ("a.b", "a-b", "a_b")}) == 3
    assert device_uid("p" * 200, "a") != device_uid("p" * 201, "a")
    assert device_uid("a_b", "c") != device_uid("a", "b_c")
