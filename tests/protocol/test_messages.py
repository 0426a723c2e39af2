"""Parsers: every payload, however hostile, results in a message or a MessageError."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.protocol.messages import (
    MAX_PAYLOAD,
    Announce,
    Command,
    MessageError,
    Response,
    Status,
    parse_availability,
)
from custom_components.iotbridge.protocol.topics import HostKey

NAS = HostKey("iotbridge", "nas")
PARSERS = [lambda raw: Announce.parse(raw, NAS), Status.parse, Command.parse, Response.parse, parse_availability]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=6),
    max_leaves=12,
)
FIELDS = (
    "protocol agent node_id hostname uid instance machine conflict power mac interval_s commands "
    "id command timestamp ttl_s args success status message reason data"
)
KEYS = st.sampled_from(FIELDS.split())


@given(raw=st.binary(max_size=200))
def test_bytes(raw: bytes) -> None:
    for parser in PARSERS:
        try:
            parser(raw)
        except MessageError:
            continue


@given(message=st.dictionaries(KEYS, JSON, max_size=12))
def test_objects_with_our_keys_and_any_values(message: dict[str, object]) -> None:
    raw = json.dumps(message).encode()
    for parser in PARSERS:
        try:
            parser(raw)
        except MessageError:
            continue


def test_a_huge_payload_is_refused_before_it_is_read() -> None:
    with pytest.raises(MessageError, match="at most 65536 bytes"):
        Status.parse(b"[" * (MAX_PAYLOAD + 1))


def test_an_impossible_time_is_refused() -> None:
    with pytest.raises(MessageError, match="timestamp: expected a time like"):
        Status.parse(b'{"timestamp":"2026-02-30T25:00:00Z"}')


def test_the_error_names_what_was_found() -> None:
    with pytest.raises(MessageError, match=r"interval_s: expected a number from 0\.1 to 86400, found 'soon'"):
        Announce.parse(
            b'{"protocol":1,"agent":"1","node_id":"nas","hostname":"n","uid":"iotbridge_nas","instance":"i","power":"on",'
            b'"interval_s":"soon"}',
            NAS,
        )


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("hostname", "", "a text that is not empty"),
        ("mac", ["not a mac"], "texts like"),
        ("mac", "00:11:22:33:44:55", "a list of at most"),
        ("protocol", 1.5, "a whole number"),
        ("dry_run", "yes", "true or false"),
        ("machine", "my machine", "a text like"),
        ("conflict", 1, "true or false"),
    ],
)
def test_every_field_of_an_announce_is_checked(field: str, value: object, expected: str) -> None:
    good = {
        "protocol": 1,
        "agent": "1",
        "node_id": "nas",
        "hostname": "n",
        "uid": "iotbridge_nas",
        "instance": "i",
        "power": "on",
    }
    with pytest.raises(MessageError, match=f"{field}: expected {expected}"):
        Announce.parse(json.dumps(good | {field: value}).encode(), NAS)
