"""Router: every message becomes a record or a rejection with its reason."""

import json
from typing import Any
from zlib import crc32

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.kafka.record import Record, Rejection, RejectReason
from iotbridge_agent.kafka.route import MAX_CACHED, MAX_TOPICS, Router

from .messages import message, settings_of

NOW_MS = 1_796_076_123_456
TEMPLATES = """
[[route]]
filter = "shop/+/stock"
topic = "stock-updates"
key = "{2}"
[[route]]
name = "by site"
filter = "site/#"
topic = "site.{2}"
key = "{user.device}"
value = "json"
[route.headers]
source = "field"
"""


def route(router: Router, topic: str, payload: bytes = b"41", **properties: Any) -> Record | Rejection:
    return router.route(message(topic, payload, **properties), NOW_MS)


def record(router: Router, topic: str, payload: bytes = b"41", **properties: Any) -> Record:
    result = route(router, topic, payload, **properties)
    assert isinstance(result, Record), result
    return result


def rejection(router: Router, topic: str, **properties: Any) -> Rejection:
    result = route(router, topic, **properties)
    assert isinstance(result, Rejection), result
    assert result.detail.endswith(".")
    return result


def test_a_message_becomes_the_record_of_its_route() -> None:
    assert record(Router(settings_of()), "shop/7/stock") == (
        "stock-updates", b"7", b"41", [("mqtt-topic", b"shop/7/stock")], NOW_MS, 0,
    )  # fmt: skip


def test_the_key_is_the_whole_topic_unless_the_route_says_otherwise() -> None:
    router = Router(settings_of('[[route]]\nfilter = "a/#"\ntopic = "t"'))
    assert record(router, "a/b/ü").key == "a/b/ü".encode()
    assert record(router, "a").key == b"a"


def test_the_first_route_that_matches_counts_and_broader_filters_are_subscribed_once() -> None:
    router = Router(settings_of(TEMPLATES.replace("site/#", "#").replace("{user.device}", "{topic}")))
    assert router.filters == ("#",)
    assert record(router, "shop/7/stock").route == 0
    assert record(router, "shop/7/price").topic == "site.7"
    assert rejection(router, "$SYS/uptime").reason == RejectReason.NO_ROUTE


def test_a_shared_group_is_part_of_the_subscription() -> None:
    assert Router(settings_of('[connector]\ngroup = "g"\n' + TEMPLATES)).filters == (
        "$share/g/shop/+/stock",
        "$share/g/site/#",
    )


def test_properties_become_headers() -> None:
    router = Router(settings_of())
    router.begin_session("5f3a")
    properties: dict[str, Any] = {
        "retain": True,
        "content_type": "text/plain",
        "correlation_data": b"\0\1",
        "response_topic": "answers/7",
        "user_properties": [("unit", "pcs"), ("unit", "kg"), ("mqtt-id", "forged"), ("content-type", "forged")],
    }
    assert record(router, "shop/7/stock", b"4\0", **properties).headers == [
        ("mqtt-topic", b"shop/7/stock"),
        ("mqtt-retain", b"true"),
        ("content-type", b"text/plain"),
        ("correlation-data", b"\0\1"),
        ("response-topic", b"answers/7"),
        ("unit", b"pcs"),
        ("unit", b"kg"),
        ("user.mqtt-id", b"forged"),
        ("user.content-type", b"forged"),
        ("mqtt-id", f"5f3a:1:{crc32(b'4' + bytes(1)):08x}".encode()),
    ]
    assert record(router, "shop/7/stock").headers[:-1] == [("mqtt-topic", b"shop/7/stock")]
    assert record(router, "shop/7/stock", packet_id=None).headers == [("mqtt-topic", b"shop/7/stock")]


def test_a_route_has_headers_of_its_own_that_no_publisher_replaces() -> None:
    properties = [("device", "d1"), ("source", "forged")]
    result = record(Router(settings_of(TEMPLATES)), "site/a", user_properties=properties)
    assert result.key == b"d1"
    assert result.headers == [
        ("source", b"field"), ("mqtt-topic", b"site/a"), ("device", b"d1"), ("user.source", b"forged"),
    ]  # fmt: skip


def test_a_user_property_is_that_of_each_message() -> None:
    router = Router(settings_of(TEMPLATES.replace("site.{2}", "site")))
    keys = [record(router, "site/a", user_properties=[("device", name)]).key for name in ("d1", "d2", "d1")]
    assert keys == [b"d1", b"d2", b"d1"]
    assert rejection(router, "site/a").reason == RejectReason.MISSING_PART
    assert record(router, "site/a", user_properties=[("device", "d3")]).key == b"d3"


@pytest.mark.parametrize(
    ("payload", "packet_id", "part"),
    [
        (b'{"t": "\xc3\xa4"}', 1, {"payload": '{"t": "ä"}', "qos": 1}),
        (b"\xff\0", None, {"payload_base64": "/wA=", "qos": 0}),
        (b"", 2, {"payload": "", "qos": 1}),
    ],
)
def test_an_envelope_holds_any_payload(payload: bytes, packet_id: int | None, part: dict[str, object]) -> None:
    router = Router(settings_of(TEMPLATES))
    result = record(router, "site/a", payload, packet_id=packet_id, user_properties=[("device", "d")])
    received = "2026-11-30T22:02:03.456+00:00"
    assert json.loads(result.value) == {"topic": "site/a", "retain": False, "received": received} | part


@pytest.mark.parametrize(
    ("topic", "properties", "reason", "word"),
    [
        ("other/1", [], RejectReason.NO_ROUTE, "filter"),
        ("site", [], RejectReason.MISSING_PART, "{2}"),
        ("site/a", [], RejectReason.MISSING_PART, "{user.device}"),
        ("site/a b", [("device", "d")], RejectReason.ILLEGAL_TOPIC, "site.a b"),
        ("site/" + "x" * 60000, [("device", "d")], RejectReason.ILLEGAL_TOPIC, "site.xxx"),
        ("site/a\0", [("device", "d")], RejectReason.ILLEGAL_TOPIC, "legal"),
        ("site/a", [("device", "d"), ("\0", "")], RejectReason.VALUE_INVALID, "null"),
        ("site/a", [("device", "\ud800")], RejectReason.VALUE_INVALID, "UTF-8"),
        ("site/a", [("device", "d"), ("\ud800", "")], RejectReason.VALUE_INVALID, "UTF-8"),
    ],
)
def test_a_message_without_a_record_has_a_reason(
    topic: str, properties: list[tuple[str, str]], reason: RejectReason, word: str
) -> None:
    router = Router(settings_of(TEMPLATES))
    for _ in range(2):
        result = rejection(router, topic, user_properties=properties)
        assert result.reason == reason
        assert word in result.detail
        assert len(result.detail) < 200


def test_templates_cannot_create_topics_without_end() -> None:
    router = Router(settings_of('[[route]]\nfilter = "#"\ntopic = "t.{1}"'))
    for number in range(MAX_TOPICS):
        assert record(router, str(number)).topic == f"t.{number}"
    assert rejection(router, "one-more").reason == RejectReason.TOO_MANY_TOPICS
    assert record(router, "0/x").topic == "t.0"


def test_topics_of_templates_are_those_that_the_user_allows() -> None:
    router = Router(settings_of('allow_topics = "site\\\\.[ab]"\n[[route]]\nfilter = "#"\ntopic = "site.{1}"'))
    assert record(router, "a").topic == "site.a"
    assert rejection(router, "c").reason == RejectReason.ILLEGAL_TOPIC
    assert rejection(router, "ab").reason == RejectReason.ILLEGAL_TOPIC


def test_more_topics_than_the_cache_holds_have_right_records() -> None:
    router = Router(settings_of('[[route]]\nfilter = "#"\ntopic = "t"'))
    for number in [*range(MAX_CACHED + 10), 0, MAX_CACHED]:
        assert record(router, f"a/{number}").key == f"a/{number}".encode()
    long = "x" * 65535
    assert record(router, long).headers == [("mqtt-topic", long.encode())]


TEXTS = st.text(st.characters(codec=None), max_size=8)


@given(
    st.one_of(TEXTS, st.sampled_from(["shop/7/stock", "site", "site/a", "site//"])),
    st.binary(max_size=8),
    st.lists(st.tuples(TEXTS | st.just("device"), TEXTS), max_size=3),
    st.one_of(st.none(), TEXTS),
    st.one_of(st.none(), st.integers(1, 65535)),
)
def test_any_message_is_routed_or_rejected(
    topic: str, payload: bytes, properties: list[tuple[str, str]], text: str | None, packet_id: int | None
) -> None:
    router = Router(settings_of(TEMPLATES))
    router.begin_session("e")
    options = {"user_properties": properties, "content_type": text, "response_topic": text, "packet_id": packet_id}
    result, again = (route(router, topic, payload, **options) for _ in range(2))
    assert result == again
    assert (result.route >= 0) or isinstance(result, Rejection)
    if isinstance(result, Record):
        assert router.match(topic) == result.route
        assert all("\0" not in name for name, _ in result.headers)
