"""Messages that are rejected, and the encoding of unusual values."""

from datetime import UTC, datetime

import pytest

from iotbridge_agent.protocol import messages
from iotbridge_agent.protocol.fields import MessageError

NOW = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)


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
