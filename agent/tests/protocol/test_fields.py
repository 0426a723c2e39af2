"""Payloads that are no messages at all, whatever their kind."""

import pytest

from iotbridge_agent.protocol import messages
from iotbridge_agent.protocol.fields import MessageError


def test_an_enormous_number_is_not_a_crash() -> None:
    with pytest.raises(MessageError):
        messages.parse_command(b'{"command":"ping","ttl_s":' + b"9" * 5000 + b"}")
    with pytest.raises(MessageError):
        messages.parse_status(b'{"timestamp":"2026-11-21T10:15:30Z","x":1e999}')


def test_an_impossible_date_is_rejected() -> None:
    with pytest.raises(MessageError, match="timestamp"):
        messages.parse_command(b'{"command":"ping","timestamp":"2026-02-30T10:15:30Z"}')


def test_more_than_64_kib_is_refused() -> None:
    with pytest.raises(MessageError, match="64 KiB"):
        messages.parse_command(b'{"command":"ping","args":{"x":"' + b"x" * 65536 + b'"}}')
