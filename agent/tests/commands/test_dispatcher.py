"""Responses to commands for which a real agent would need minutes or a real suspend."""

from collections.abc import Iterator
from datetime import UTC, datetime
import itertools
import json
import os
from pathlib import Path
import resource
import socket
import threading
import time
from typing import Any

from notice_stub import SessionSocket, Terminal, write_session
import pytest

from iotbridge_agent.commands import dispatcher as module, notice, wake
from iotbridge_agent.commands.base import CommandError, Permission
from iotbridge_agent.commands.dispatcher import Dispatcher
from iotbridge_agent.config import BrokerConfig, Config, CustomCommand
from iotbridge_agent.mqtt.connection import LinkError
from iotbridge_agent.protocol.messages import Power, Response
from iotbridge_agent.state import load_state
from iotbridge_agent.system import network_cards, sessions

MAC = "00:11:22:33:44:55"


class Recorder:
    """Fake of the agent around the dispatcher, and of the system, which records each call."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.reasons: list[str] = []
        """Reasons for which the agent stays away."""
        self.responses: list[Response] = []
        self.link_is_broken = False
        self.permission_gate = threading.Event()
        self.permission_gate.set()
        self.execution_error: CommandError | None = None

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Record a response."""
        if self.link_is_broken and must_arrive:
            raise LinkError("gone")
        self.responses.append(response)
        self.done.append(response.status)

    async def refresh(self) -> None:
        """Record the call."""
        self.done.append("refresh")

    async def leave(self, power: Power, *, reason: str) -> None:
        """Record the call."""
        self.reasons.append(reason)
        self.done.append(f"leave {power}")

    def come_back(self, reason: str) -> None:
        """Record the call."""
        self.reasons.remove(reason)
        self.done.append("back")

    def permission(self, _command: str) -> Permission:
        """Permit once the test opens the gate."""
        self.permission_gate.wait(10)
        return Permission(allowed=True)

    def execute(self, command: str) -> None:
        """Execute nothing."""
        self.done.append(f"execute {command}")
        if self.execution_error:
            raise self.execution_error


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.permission_gate.set()


def make(recorder: Recorder, folder: Path, **more: Any) -> Dispatcher:
    broker = BrokerConfig(scheme="mqtt", host="h", port=1)
    config = Config(broker=broker, node_id="n", name="n", power=("shutdown", "reboot", "suspend"), **more)
    return Dispatcher(config, load_state(folder), recorder, recorder)


async def give(dispatcher: Dispatcher, **fields: Any) -> None:
    await dispatcher.handle(json.dumps(fields).encode(), retained=False)


async def test_a_suspended_machine_that_woke_up_comes_back(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The wall clock continues while the machine sleeps: an hour is over whenever it is looked at.
    real, hours = time.time, itertools.count()
    monkeypatch.setattr(
        time, "time", lambda: real() + (3600 * next(hours) if "execute suspend" in recorder.done else 0)
    )
    await give(make(recorder, tmp_path), command="suspend", id="s")
    assert recorder.done == ["accepted", "leave suspended", "execute suspend", "back"]
    assert recorder.reasons == []


async def test_a_power_command_without_id_is_carried_out(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POWER_TIMEOUT_S", 0.5)
    await give(make(recorder, tmp_path), command="reboot")
    assert recorder.done == ["accepted", "leave rebooting", "execute reboot", "back", "failed"]
    assert recorder.responses[-1].id is None


async def test_nothing_is_executed_that_could_not_be_announced(recorder: Recorder, tmp_path: Path) -> None:
    recorder.link_is_broken = True
    await give(make(recorder, tmp_path), command="reboot", id="r")
    assert recorder.done == ["failed"]
    assert recorder.responses[0].reason == "error"


async def test_a_system_without_an_answer_permits_nothing(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PERMISSION_TIMEOUT_S", 0.05)
    recorder.permission_gate.clear()
    await give(make(recorder, tmp_path), command="reboot", id="r")
    recorder.permission_gate.set()  # otherwise the loop would wait for the thread at its end
    assert recorder.done == ["refused"]
    assert recorder.responses[0].reason == "not_permitted"


async def test_a_failed_execution_is_reported_after_the_reconnect(recorder: Recorder, tmp_path: Path) -> None:
    recorder.execution_error = CommandError("timeout", "logind did not answer.")
    await give(make(recorder, tmp_path), command="shutdown", id="s")
    assert recorder.done == ["accepted", "leave shutting_down", "execute shutdown", "back", "failed"]
    assert (recorder.responses[-1].reason, recorder.responses[-1].message) == ("timeout", "logind did not answer.")


async def test_the_id_is_on_the_disk_before_anything_happens(recorder: Recorder, tmp_path: Path) -> None:
    seen: list[bool] = []
    real = recorder.execute

    def execute(command: str) -> None:
        seen.append("once" in load_state(tmp_path).seen_ids)
        real(command)

    recorder.execution_error = CommandError("error", "No.")
    recorder.execute = execute  # type: ignore[method-assign]
    await give(make(recorder, tmp_path), command="reboot", id="once")
    assert seen == [True]
    await give(make(recorder, tmp_path), command="reboot", id="once")
    assert recorder.responses[-1].reason == "duplicate"


async def test_a_finished_command_may_be_repeated(recorder: Recorder, tmp_path: Path) -> None:
    dispatcher = make(recorder, tmp_path, custom=(CustomCommand(name="ok", argv=("true",), title="OK"),))
    await give(dispatcher, command="ok", id="1")
    await give(dispatcher, command="ok", id="2")
    await give(dispatcher, command="status", id="3")
    assert recorder.done == ["accepted", "done", "accepted", "done", "refresh", "done"]


async def test_a_flood_of_invalid_commands_is_not_answered_by_a_flood(
    recorder: Recorder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dispatcher = make(recorder, tmp_path)
    for _ in range(500):
        await dispatcher.handle(b"nonsense", retained=False)

    assert len(recorder.responses) == len(caplog.records) == 30


async def test_a_flood_of_pings_locks_out_neither_a_reboot_nor_its_refusal(recorder: Recorder, tmp_path: Path) -> None:
    recorder.execution_error = CommandError("error", "No.")
    dispatcher = make(recorder, tmp_path)
    for number in range(500):
        await give(dispatcher, command="ping", id=f"p{number}")
    await give(dispatcher, command="reboot", id="r")
    await give(dispatcher, command="reboot", id="r")
    assert [(r.command, r.status) for r in recorder.responses if r.command != "ping"] == [
        ("reboot", "accepted"),
        ("reboot", "failed"),
        ("reboot", "refused"),
    ]


async def test_a_flood_of_unknown_commands_does_not_suppress_other_refusals(recorder: Recorder, tmp_path: Path) -> None:
    dispatcher = make(recorder, tmp_path, custom=(CustomCommand(name="ok", argv=("true",), title="OK"),))
    for number in range(500):
        await give(dispatcher, command=f"no_such_{number}")
    await give(dispatcher, command="ok", id="1", args={"x": 1})
    assert (recorder.responses[-1].id, recorder.responses[-1].reason) == ("1", "invalid_args")


async def test_custom_commands_work_again_on_a_machine_that_stayed_on(recorder: Recorder, tmp_path: Path) -> None:
    recorder.execution_error = CommandError("error", "No.")
    dispatcher = make(recorder, tmp_path, custom=(CustomCommand(name="ok", argv=("true",), title="OK"),))
    await dispatcher.stop("rebooting")
    await give(dispatcher, command="ok", id="1")
    assert (recorder.responses[-1].status, recorder.responses[-1].message) == (
        "failed",
        "ok was interrupted: the machine is being rebooted.",
    )
    await give(dispatcher, command="reboot", id="2")
    await give(dispatcher, command="ok", id="3")
    assert (recorder.responses[-1].id, recorder.responses[-1].status) == ("3", "done")


@pytest.fixture
def loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Make the loopback the only wired network, with a listener in place of the privileged port 9."""
    (tmp_path / "net" / "lo" / "device").mkdir(parents=True)
    (tmp_path / "net" / "lo" / "type").write_text("1\n")
    monkeypatch.setattr(network_cards, "NETWORK", tmp_path / "net")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.255.255.255", 0))
        receiver.settimeout(5)
        monkeypatch.setattr(wake, "PORT", receiver.getsockname()[1])
        yield receiver


async def test_a_machine_is_woken_and_the_addresses_are_told(
    recorder: Recorder, tmp_path: Path, loopback: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    dispatcher = make(recorder, tmp_path, wake=True)
    await give(dispatcher, command="wake", id="w", args={"mac": [MAC], "password": "0a:0b:0c:0d:0e:0f"})

    (response,) = recorder.responses
    assert (response.id, response.status, response.data) == ("w", "done", {"addresses": ["127.255.255.255"]})
    assert response.message == "Magic packets were sent to 127.255.255.255."
    assert loopback.recv(1024) == wake.magic_packet(MAC, "0a:0b:0c:0d:0e:0f")
    assert "0a:0b" not in caplog.text


async def test_cards_that_cannot_be_read_are_the_reason_why_nobody_is_woken(
    recorder: Recorder, tmp_path: Path, loopback: socket.socket
) -> None:
    dispatcher = make(recorder, tmp_path, wake=True)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        await give(dispatcher, command="wake", id="w", args={"mac": [MAC]})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    (response,) = recorder.responses
    assert (response.status, response.reason) == ("failed", "error")
    assert "Too many open files" in response.message


async def test_a_dry_run_wakes_nobody(recorder: Recorder, tmp_path: Path, loopback: socket.socket) -> None:
    await give(make(recorder, tmp_path, wake=True, dry_run=True), command="wake", id="w", args={"mac": [MAC]})

    (response,) = recorder.responses
    assert (response.status, response.data) == ("done", {"addresses": ["127.255.255.255"]})
    assert "no magic packet was sent" in response.message
    loopback.setblocking(False)
    with pytest.raises(BlockingIOError):
        loopback.recv(1024)


async def test_an_address_elsewhere_is_refused(recorder: Recorder, tmp_path: Path, loopback: socket.socket) -> None:
    args = {"mac": [MAC], "broadcast": "192.0.2.255"}
    await give(make(recorder, tmp_path, wake=True), command="wake", id="w", args=args)

    (response,) = recorder.responses
    assert (response.id, response.command, response.reason) == ("w", "wake", "invalid_args")
    assert "127.255.255.255" in response.message


@pytest.mark.parametrize(
    ("uids", "is_listening", "status", "message"),
    [
        ((), False, "done", "Nobody is logged in."),
        ((0, 1), True, "done", "The notice was shown to 1 of 2 people who are logged in."),
        ((0,), False, "failed", "None of the people who are logged in (1) sees the notice."),
    ],
)
async def test_a_notice_is_shown_in_a_dry_run_too_and_answered_with_the_number_of_people(
    recorder: Recorder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    uids: tuple[int, ...],
    is_listening: bool,
    status: str,
    message: str,
) -> None:
    folder, address = tmp_path / "sessions", f"\0iotbridge-test-{os.getpid()}-{{uid}}"
    folder.mkdir()
    monkeypatch.setattr(sessions, "SESSIONS", folder)
    monkeypatch.setattr(notice, "ADDRESS", address)
    terminal = Terminal()
    for number in uids:
        write_session(folder, number, UID=os.getuid() + number, TTY=terminal.name)
    session = SessionSocket(folder, address.format(uid=os.getuid())) if is_listening else None
    await give(make(recorder, tmp_path, notice=True, dry_run=True), command="notice", id="n", args={"text": "Bye"})
    if session:
        session.close()
        assert "Bye" in terminal.read()
    terminal.close()

    (response,) = recorder.responses
    assert (response.status, response.message) == (status, message)
    assert response.data == {"people": len(uids), "reached": int(is_listening)}


async def test_a_reboot_is_not_carried_out_again_after_a_flood_of_other_ids(recorder: Recorder, tmp_path: Path) -> None:
    recorder.execution_error = CommandError("error", "No.")
    dispatcher = make(recorder, tmp_path, commands_per_minute=600)
    message = {"command": "reboot", "id": "once", "timestamp": datetime.now(UTC).isoformat(), "ttl_s": 3600}
    await give(dispatcher, **message)
    for number in range(600):
        await give(dispatcher, command="ping", id=f"p{number}")
    await give(dispatcher, **message)
    assert recorder.responses[-1].reason == "duplicate"
    assert recorder.done.count("execute reboot") == 1
