"""Messages that are rejected, and the encoding of unusual values."""

from datetime import UTC, datetime

import pytest

from iotbridge_agent.protocol import messages
from iotbridge_agent.protocol.messages import MessageError

NOW = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)


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


def test_a_bad_commands_readable_fields_are_in_the_error() -> None:
    with pytest.raises(MessageError) as caught:
        messages.parse_command(b'{"command":"reboot","id":"x1","ttl_s":"soon"}')
    assert (caught.value.id, caught.value.command) == ("x1", "reboot")


def test_times_are_written_in_utc() -> None:
    assert messages.format_time(NOW) == "2026-11-21T10:15:30Z"


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        messages.encode({"x": float("nan")})


def test_a_name_that_is_not_valid_text_is_encoded() -> None:
    assert messages.encode({"x": "a\udcff"}) == b'{"x":"a?"}'
