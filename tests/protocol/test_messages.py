"""Parsers: every payload, however hostile, results in a message or a MessageError."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.protocol.fields import MAX_PAYLOAD, MessageError
from custom_components.iotbridge.protocol.messages import (
    Announce,
    Command,
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
    "protocol agent node_id hostname uid instance machine conflict power mac interval_s commands cards "
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


def test_a_wrong_password_is_not_repeated_in_the_error() -> None:
    command = {"command": "wake", "args": {"mac": ["00:11:22:33:44:55"], "password": "my secret"}}
    with pytest.raises(MessageError, match="password: expected six bytes") as error:
        Command.parse(json.dumps(command).encode())
    assert "secret" not in str(error.value)
