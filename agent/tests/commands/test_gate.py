"""Admission of commands: a table, and arbitrary bytes."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.commands.base import RefusedError
from iotbridge_agent.commands.gate import Gate, valid_until
from iotbridge_agent.protocol.messages import format_time

NOW = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)
MAC = "00:11:22:33:44:55"
NOTICE = b'{"command":"notice","args":{"text":"Bye"}}'
WAKE = json.dumps({"command": "wake", "args": {"mac": [MAC]}}).encode()


def make(per_minute: int = 10, running: set[str] | None = None, *, wake: bool = True) -> Gate:
    return Gate(
        enabled=("reboot", "suspend", "notice", *(("wake",) if wake else ())),
        custom=("backup",),
        per_minute=per_minute,
        seen_ids={"seen": None},
        running=set() if running is None else running,
    )


def at(seconds: float) -> str:
    return format_time(NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "malformed"),
        (b"reboot", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"command":"reboot; ls"}', "malformed"),
        ({"command": "explode"}, "unknown"),
        ({"command": "shutdown"}, "not_enabled"),
        ({"command": "start_services"}, "not_enabled"),
        ({"command": "reboot", "args": {"x": 1}}, "invalid_args"),
        ({"command": "ping", "args": {"x": 1}}, "invalid_args"),
        ({"command": "reboot", "timestamp": at(-31)}, "expired"),
        ({"command": "reboot", "timestamp": at(31)}, "expired"),
        ({"command": "reboot", "timestamp": at(-61), "ttl_s": 60}, "expired"),
        ({"command": "reboot", "timestamp": at(-2), "ttl_s": 1}, "expired"),
        ({"command": "reboot", "timestamp": "0001-01-01T00:00:00+14:00"}, "expired"),
        ({"command": "reboot", "timestamp": "9999-12-31T23:59:59-14:00"}, "expired"),
        ({"command": "reboot", "id": "seen"}, "duplicate"),
        ({"command": "reboot", "id": "seen", "timestamp": at(-99)}, "expired"),
        ({"command": "backup", "timestamp": at(-99)}, "expired"),
        ({"command": "explode", "id": "seen"}, "unknown"),
        ({"command": "wake"}, "invalid_args"),
        ({"command": "wake", "args": {"mac": []}}, "invalid_args"),
        ({"command": "wake", "args": {"mac": ["ff:ff:ff:ff:ff:ff"]}}, "invalid_args"),
        ({"command": "wake", "args": {"mac": [MAC], "broadcast": "192.168.1"}}, "invalid_args"),
        ({"command": "wake", "args": {"mac": [MAC], "password": "1234"}}, "invalid_args"),
        ({"command": "wake", "args": {"mac": [MAC]}, "timestamp": at(-31)}, "expired"),
        ({"command": "notice"}, "invalid_args"),
        ({"command": "notice", "args": {"text": "\x1b[2J"}}, "invalid_args"),
        ({"command": "notice", "args": {"text": "x" * 201}}, "invalid_args"),
        ({"command": "notice", "args": {"text": "x", "title": "\u202ex"}}, "invalid_args"),
        ({"command": "notice", "args": {"text": "x"}, "timestamp": at(-31)}, "expired"),
        ({"command": "wake", "args": {"mac": [MAC]}, "id": "seen"}, "duplicate"),
    ],
)
def test_refused_commands(payload: bytes | dict[str, object], reason: str) -> None:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(RefusedError) as refused:
        make().check(data, retained=False, now=NOW, monotonic=0)
    assert refused.value.reason == reason
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "payload",
    [
        {"command": "reboot"},
        {"command": "reboot", "id": "new", "timestamp": at(-29.9), "args": {}},
        {"command": "reboot", "timestamp": at(29)},
        {"command": "reboot", "timestamp": at(-59), "ttl_s": 60},
        {"command": "ping"},
        {"command": "status"},
        {"command": "ping", "timestamp": at(-3600)},
        {"command": "status", "timestamp": at(3600)},
        {"command": "backup"},
        {"command": "wake", "args": {"mac": [MAC]}},
        {"command": "wake", "args": {"mac": [MAC], "broadcast": "192.168.1.255", "password": MAC}},
    ],
)
def test_admitted_commands(payload: dict[str, object]) -> None:
    command = make().check(json.dumps(payload).encode(), retained=False, now=NOW, monotonic=0)
    assert command.command == payload["command"]


def test_a_retained_command_is_refused_even_if_unknown_with_its_id() -> None:
    with pytest.raises(RefusedError) as refused:
        make().check(b'{"command":"explode","id":"r1"}', retained=True, now=NOW, monotonic=0)
    assert (refused.value.reason, refused.value.id, refused.value.command) == ("retained", "r1", "explode")


def test_the_clock_is_named_when_a_command_comes_from_the_future() -> None:
    with pytest.raises(RefusedError, match="clock"):
        make().check(
            json.dumps({"command": "reboot", "timestamp": at(3600)}).encode(), retained=False, now=NOW, monotonic=0
        )


def test_a_running_command_is_busy_and_so_is_a_second_power_command() -> None:
    running = {"backup"}
    gate = make(running=running)
    with pytest.raises(RefusedError) as refused:
        gate.check(b'{"command":"backup"}', retained=False, now=NOW, monotonic=0)
    assert refused.value.reason == "busy"
    gate.check(b'{"command":"reboot"}', retained=False, now=NOW, monotonic=0)
    running.add("suspend")
    with pytest.raises(RefusedError) as refused:
        gate.check(b'{"command":"reboot"}', retained=False, now=NOW, monotonic=0)
    assert refused.value.reason == "busy"


def test_too_many_in_a_minute_and_again_after_it() -> None:
    gate = make(per_minute=3)
    for second in range(3):
        gate.check(b'{"command":"ping"}', retained=False, now=NOW, monotonic=second)
    with pytest.raises(RefusedError) as refused:
        gate.check(b'{"command":"ping"}', retained=False, now=NOW, monotonic=59.9)
    assert refused.value.reason == "rate_limited"
    gate.check(b'{"command":"ping"}', retained=False, now=NOW, monotonic=60.1)


def test_a_flood_of_one_kind_does_not_lock_out_the_others() -> None:
    gate = make(per_minute=3)
    for command in ("ping", "status", "ping", "backup"):
        gate.check(json.dumps({"command": command}).encode(), retained=False, now=NOW, monotonic=0)
    with pytest.raises(RefusedError, match="More than 3 commands of this kind"):
        gate.check(b'{"command":"status"}', retained=False, now=NOW, monotonic=1)
    assert gate.check(b'{"command":"reboot"}', retained=False, now=NOW, monotonic=1).command == "reboot"


def test_waking_is_refused_unless_it_is_enabled() -> None:
    with pytest.raises(RefusedError) as refused:
        make(wake=False).check(WAKE, retained=False, now=NOW, monotonic=0)
    assert refused.value.reason == "not_enabled"


def test_a_second_machine_may_be_woken_meanwhile() -> None:
    assert make(running={"wake"}).check(WAKE, retained=False, now=NOW, monotonic=0).command == "wake"


def test_a_second_notice_may_be_shown_meanwhile_and_their_limit_is_their_own() -> None:
    gate = make(per_minute=2, running={"notice"})
    for _ in range(2):
        assert gate.check(NOTICE, retained=False, now=NOW, monotonic=0).command == "notice"
    with pytest.raises(RefusedError, match="More than 2 commands of this kind"):
        gate.check(NOTICE, retained=False, now=NOW, monotonic=1)
    for other in (b'{"command":"reboot"}', b'{"command":"ping"}', b'{"command":"backup"}', WAKE):
        gate.check(other, retained=False, now=NOW, monotonic=1)


def test_a_refused_notice_does_not_repeat_its_text() -> None:
    with pytest.raises(RefusedError) as refused:
        make().check(
            b'{"command":"notice","args":{"text":"\\u001b]0;owned\\u0007"}}', retained=False, now=NOW, monotonic=0
        )
    assert "owned" not in str(refused.value)
    assert "without line breaks and control characters" in str(refused.value)


def test_waking_has_a_limit_of_its_own() -> None:
    gate = make(per_minute=3)
    for _ in range(60):
        gate.check(WAKE, retained=False, now=NOW, monotonic=0)
    with pytest.raises(RefusedError, match="More than 60 commands of this kind"):
        gate.check(WAKE, retained=False, now=NOW, monotonic=1)
    assert gate.check(b'{"command":"reboot"}', retained=False, now=NOW, monotonic=1).command == "reboot"


@pytest.mark.parametrize(
    ("fields", "expected_s"),
    [
        ({"command": "reboot", "timestamp": at(-5)}, 25),
        ({"command": "backup", "timestamp": at(0), "ttl_s": 3600}, 3600),
        ({"command": "reboot"}, 3600),
    ],
)
def test_a_command_is_valid_until_its_time_to_live_ends(fields: dict[str, object], expected_s: float) -> None:
    command = make().check(json.dumps(fields).encode(), retained=False, now=NOW, monotonic=0)
    assert valid_until(command, NOW) == NOW.timestamp() + expected_s


def test_refused_commands_do_not_use_up_the_minute() -> None:
    gate = make(per_minute=1)
    for _ in range(5):
        with pytest.raises(RefusedError):
            gate.check(b"x", retained=False, now=NOW, monotonic=0)
    gate.check(b'{"command":"ping"}', retained=False, now=NOW, monotonic=0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
nearly_commands = st.fixed_dictionaries(
    {},
    optional={
        "command": json_values | st.sampled_from(["ping", "reboot", "backup", "wake", "notice"]),
        "id": json_values,
        "timestamp": json_values | st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z"),
        "ttl_s": json_values,
        "args": json_values,
    },
)


@given(st.binary(max_size=200) | nearly_commands.map(lambda fields: json.dumps(fields).encode()), st.booleans())
def test_random_bytes_are_refused(payload: bytes, retained: bool) -> None:
    try:
        make().check(payload, retained=retained, now=NOW, monotonic=0)
    except RefusedError:
        return
    assert not retained
