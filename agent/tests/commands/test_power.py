"""Power commands with a scripted logind and a recorder of programs. No test here can affect the real machine."""

from collections.abc import Callable, Sequence
from pathlib import Path
import sys
from typing import Any

import pytest

from iotbridge_agent.commands.base import CommandError, PowerBackend
from iotbridge_agent.commands.power import LinuxPower, ProgramPower, run_argv, system_backend
from iotbridge_agent.system.dbus import DBusError, NoBusError


class ScriptedLogind:
    """Logind that returns the test's answers and records its calls."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        """Answer instead of dbus.call."""
        self.calls.append(args)
        answer = self.answers.get(args[3], DBusError("org.freedesktop.DBus.Error.UnknownMethod", args[3]))
        if isinstance(answer, Exception):
            raise answer
        return (answer,)


class Recorder:
    """Recorder of the programs that would be started."""

    def __init__(self) -> None:
        self.argvs: list[tuple[str, ...]] = []

    def __call__(self, argv: Sequence[str]) -> None:
        """Record the program instead of run_argv."""
        self.argvs.append(tuple(argv))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def linux(logind: ScriptedLogind, recorder: Recorder) -> PowerBackend:
    return system_backend(dbus_call=logind, execute_argv=recorder, system="Linux")


@pytest.mark.parametrize(
    ("command", "can", "act"),
    [
        ("shutdown", "CanPowerOff", "PowerOff"),
        ("reboot", "CanReboot", "Reboot"),
        ("suspend", "CanSuspend", "Suspend"),
    ],
)
def test_logind_gives_permission_and_executes(recorder: Recorder, command: str, can: str, act: str) -> None:
    logind = ScriptedLogind(**{can: "yes", act: None})
    backend = linux(logind, recorder)
    assert backend.permission(command).allowed
    backend.execute(command)
    manager = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    assert logind.calls == [(*manager, can), (*manager, act, "b", False)]
    assert recorder.argvs == []


@pytest.mark.parametrize(
    ("answer", "detail", "remedy"),
    [
        ("challenge", "demands a password", "service install"),
        ("no", "answers 'no': user id", "service install"),
        ("na", "cannot reboot", "Disable reboot"),
    ],
)
def test_only_yes_is_a_permission(recorder: Recorder, answer: str, detail: str, remedy: str) -> None:
    permission = linux(ScriptedLogind(CanReboot=answer, ListInhibitors=[]), recorder).permission("reboot")
    assert not permission.allowed
    assert detail in permission.detail
    assert remedy in permission.remedy


@pytest.mark.parametrize("answer", [7, ["yes"], True])
def test_an_odd_answer_is_no_permission(recorder: Recorder, answer: object) -> None:
    permission = linux(ScriptedLogind(CanReboot=answer), recorder).permission("reboot")

    assert (permission.allowed, "cannot be read" in permission.detail) == (False, True)


@pytest.mark.parametrize("inhibitors", ["apt", [7], [("shutdown",)], [("shutdown", 7, "upgrade", "block")]])
def test_odd_inhibitors_are_none(recorder: Recorder, inhibitors: object) -> None:
    logind = ScriptedLogind(CanReboot="challenge", ListInhibitors=inhibitors)

    assert "demands a password" in linux(logind, recorder).permission("reboot").detail


def test_an_inhibitor_is_named(recorder: Recorder) -> None:
    inhibitors = [
        ("sleep", "Player", "playing", "block", 1000, 7),
        ("shutdown:idle", "apt", "upgrading packages", "block", 0, 8),
        ("shutdown", "agent", "wants to say goodbye", "delay", 0, 9),
    ]
    logind = ScriptedLogind(CanPowerOff="challenge", CanSuspend="challenge", ListInhibitors=inhibitors)
    backend = linux(logind, recorder)
    assert backend.permission("shutdown").detail == "It is currently blocked by apt (upgrading packages)."
    assert backend.permission("suspend").detail == "It is currently blocked by Player (playing)."


def test_a_logind_without_a_list_of_inhibitors_is_supported(recorder: Recorder) -> None:
    assert "password" in linux(ScriptedLogind(CanReboot="challenge"), recorder).permission("reboot").detail


def test_a_logind_that_answers_with_an_error_gives_no_permission(recorder: Recorder) -> None:
    hangs = DBusError("org.freedesktop.DBus.Error.NoReply", "no answer within 5 s")
    permission = linux(ScriptedLogind(CanReboot=hangs), recorder).permission("reboot")
    assert not permission.allowed
    assert "no answer within 5 s" in permission.detail


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("org.freedesktop.DBus.Error.AccessDenied", "not_permitted"),
        ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "not_permitted"),
        ("org.freedesktop.DBus.Error.NoReply", "timeout"),
        ("org.freedesktop.login1.OperationInProgress", "error"),
    ],
)
def test_a_refusal_of_logind_is_reported_without_a_fallback(recorder: Recorder, name: str, reason: str) -> None:
    backend = linux(ScriptedLogind(Reboot=DBusError(name, "Sorry")), recorder)
    with pytest.raises(CommandError, match="logind did not reboot: Sorry") as caught:
        backend.execute("reboot")
    assert caught.value.reason == reason
    assert recorder.argvs == []


MakeLinux = Callable[..., LinuxPower]


@pytest.fixture
def without_logind(tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> MakeLinux:
    def make(*, booted: bool = True, root: bool = True, systemctl: bool = True) -> LinuxPower:
        monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
        if booted:
            (tmp_path / "systemd").mkdir()
        if systemctl:
            (tmp_path / "systemctl").touch()
        gone = NoBusError("there is no D-Bus system bus")
        logind = ScriptedLogind(CanPowerOff=gone, PowerOff=gone, CanReboot=gone, Reboot=gone)
        paths = {"booted": tmp_path / "systemd", "systemctl": tmp_path / "systemctl"}
        return LinuxPower(dbus_call=logind, execute_argv=recorder, **paths)

    return make


def test_root_without_logind_uses_systemctl(without_logind: MakeLinux, recorder: Recorder, tmp_path: Path) -> None:
    backend = without_logind()
    assert backend.permission("shutdown").allowed
    backend.execute("shutdown")
    backend.execute("reboot")
    systemctl = str(tmp_path / "systemctl")
    assert recorder.argvs == [(systemctl, "poweroff"), (systemctl, "reboot")]


@pytest.mark.parametrize(
    ("lacks", "detail", "remedy"),
    [
        ({"booted": False}, "systemd does not run here", "container"),
        ({"root": False}, "logind does not answer", "libpam-systemd"),
        ({"systemctl": False}, "no logind and no", "Install systemd-logind"),
    ],
)
def test_a_missing_requirement_is_named_and_nothing_is_run(
    without_logind: MakeLinux, recorder: Recorder, lacks: dict[str, bool], detail: str, remedy: str
) -> None:
    backend = without_logind(**lacks)
    permission = backend.permission("reboot")
    assert not permission.allowed
    assert detail in permission.detail
    assert remedy in permission.remedy
    with pytest.raises(CommandError) as caught:
        backend.execute("reboot")
    assert caught.value.reason == "not_permitted"
    assert recorder.argvs == []


def test_macos(recorder: Recorder) -> None:
    backend = system_backend(execute_argv=recorder, system="Darwin")
    for command in ("shutdown", "reboot", "suspend"):
        backend.execute(command)
    assert recorder.argvs == [
        ("/sbin/shutdown", "-h", "now"),
        ("/sbin/shutdown", "-r", "now"),
        ("/usr/bin/pmset", "sleepnow"),
    ]
    permission = backend.permission("suspend")
    assert not permission.allowed
    assert "/usr/bin/pmset is not on this machine" in permission.detail


def test_windows(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMROOT", r"D:\Win")
    backend = system_backend(execute_argv=recorder, system="Windows")
    for command in ("shutdown", "reboot", "suspend"):
        backend.execute(command)
    shutdown = r"D:\Win\System32\shutdown.exe"
    assert recorder.argvs[:2] == [(shutdown, "/s", "/f", "/t", "0"), (shutdown, "/r", "/f", "/t", "0")]
    assert recorder.argvs[2][:2] == (sys.executable, "-c")
    assert "SetSuspendState" in recorder.argvs[2][2]
    assert backend.permission("suspend").allowed


def test_a_program_that_requires_root(recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend = ProgramPower(programs={"reboot": (str(tmp_path),)}, execute_argv=recorder, needs_root=("reboot",))
    monkeypatch.setattr("os.geteuid", lambda: 501)
    assert "requires root" in backend.permission("reboot").detail
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert backend.permission("reboot").allowed


def test_an_unknown_system_can_do_nothing(recorder: Recorder) -> None:
    backend = system_backend(execute_argv=recorder, system="Plan9")
    assert backend.permission("reboot").detail == "How to reboot Plan9 is not known."
    with pytest.raises(CommandError, match="Plan9") as caught:
        backend.execute("reboot")
    assert caught.value.reason == "not_permitted"
    assert recorder.argvs == []


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_program_that_works() -> None:
    run_argv(python("print('fine')"))


@pytest.mark.parametrize(
    ("argv", "reason", "message"),
    [
        (python("import sys; sys.exit('no power for you')"), "exit_code", "ended with code 1: no power for you"),
        (python("raise SystemExit(3)"), "exit_code", "ended with code 3: no output"),
        (("/nowhere/shutdown",), "not_found", "/nowhere/shutdown is not on this machine"),
        (("/",), "error", "could not be started: Permission denied"),
        (python("import time; time.sleep(60)"), "timeout", "did not end within 0.2 s"),
    ],
)
def test_a_program_that_fails(
    monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], reason: str, message: str
) -> None:
    if reason == "timeout":
        monkeypatch.setattr("iotbridge_agent.commands.power.ARGV_TIMEOUT_S", 0.2)
    with pytest.raises(CommandError) as caught:
        run_argv(argv)
    assert caught.value.reason == reason
    assert message in str(caught.value)
