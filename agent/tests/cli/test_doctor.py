"""Findings of the doctor on this machine, in files, at logind and systemd, and its exit code."""

from collections.abc import Iterable
import errno
from pathlib import Path
import platform
import pwd
import socket
import subprocess
import sys
import threading
from typing import Any

from conftest import Broker, free_port
from logind_stub import LogindStub
from notice_stub import write_session
from order import Lab
import pytest

from iotbridge_agent.cli import doctor, notice_units
from iotbridge_agent.cli.doctor_broker import Finding
from iotbridge_agent.cli.service import rule_text
from iotbridge_agent.collector import CollectorSpec
from iotbridge_agent.commands.base import Permission
from iotbridge_agent.config import Config, load_config
from iotbridge_agent.errors import ConfigError, NoDataError
from iotbridge_agent.system import network_cards, sessions
from iotbridge_agent.system.dbus import NoBusError


class Power:
    """Power backend that permits what the test sets and executes nothing."""

    def __init__(self, *allowed: str) -> None:
        self._allowed = allowed

    def permission(self, command: str) -> Permission:
        """Return the permission of the test."""
        if command in self._allowed:
            return Permission(True, "allowed")
        return Permission(False, f"{command} is not allowed", "allow it")

    def execute(self, command: str) -> None:
        """Fail: the doctor executes nothing."""
        pytest.fail(f"the doctor executed {command}")


def write_config(folder: Path, more: str = "", port: int = 1) -> Path:
    path = folder / "agent.toml"
    path.write_text(f'{more}\n[broker]\nurl = "mqtt://127.0.0.1:{port}"\n[agent]\nstate_dir = "{folder}/state"\n')
    path.chmod(0o600)
    return path


def config_of(folder: Path, more: str = "") -> Config:
    return load_config(write_config(folder, more), environ={})


def no_bus(*_: Any) -> tuple[Any, ...]:
    raise NoBusError("there is no bus")


def levels(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.what: finding.level for finding in findings}


def test_all_checks_run_and_success_ends_with_0(
    tmp_path: Path, broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_config(tmp_path, "[commands]\nreboot = true", broker.port)
    findings = doctor.examine(
        path, load_config(path, environ={}), power=Power("reboot"), dbus_call=no_bus, unit=tmp_path / "no.service"
    )
    assert doctor.report(findings) == 0
    shown = capsys.readouterr().out
    subjects = "configuration", "state folder", "broker port", "login", "reboot", "service", "clock", "cpu", "disk"
    assert [line for line in shown.splitlines() if line.startswith(tuple(f"ok    {word}" for word in subjects))]
    for word in subjects:
        assert f" {word} " in shown
    assert "bad " not in shown
    assert "Problems: 0, " in shown


def test_sleep_that_is_noticed(logind: LogindStub) -> None:
    assert doctor.examine_sleep() == Finding("ok", "sleep", "noticed; logind waits up to 5 s until the broker knows.")
    logind.wait_unlocked()
    assert len(logind.locks) == 1


@pytest.mark.usefixtures("bus")
def test_sleep_that_logind_does_not_delay() -> None:
    logind = LogindStub(refuses=True)
    finding = doctor.examine_sleep()
    logind.close()
    assert (finding.level, finding.what) == ("note", "sleep")
    assert "logind does not wait (Permission denied)" in finding.detail
    assert "polkit" in finding.remedy


def test_sleep_without_logind() -> None:
    finding = doctor.examine_sleep()
    assert (finding.level, finding.what) == ("note", "sleep")
    assert finding.detail.startswith("not noticed (there is no D-Bus system bus")


def test_sleep_of_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    finding = doctor.examine_sleep()
    assert (finding.level, finding.what) == ("note", "sleep")
    assert "it becomes lost" in finding.detail


def test_a_problem_ends_with_1_and_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.report([Finding("ok", "a", "is fine"), Finding("bad", "b", "is broken", "mend it")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok    a                  is fine",
        "bad   b                  is broken",
        "                         -> mend it",
        "",
        "Problems: 1, notes: 0, ok: 1.",
    ]


@pytest.mark.parametrize(("mode", "advice"), [(0o600, ""), (0o640, ""), (0o644, "chmod 640"), (0o602, "chmod 600")])
def test_a_configuration_others_can_read(tmp_path: Path, mode: int, advice: str) -> None:
    secret = tmp_path / "password"
    secret.write_text("x")
    secret.chmod(mode)
    path = tmp_path / "agent.toml"
    path.write_text(f'[broker]\nurl = "mqtt://b"\nusername = "u"\npassword_file = "{secret}"\n')
    path.chmod(0o600)
    bad = [finding for finding in doctor.examine_files(path) if finding.level == "bad"]
    assert [finding.remedy for finding in bad] == ([f"{advice} {secret}"] if advice else [])


def test_a_state_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(tmp_path)
    assert levels(doctor.examine_state(config)) == {"state folder": "ok"}
    # Root can write everywhere, so the answer of the system is replaced here.
    monkeypatch.setattr("os.access", lambda *_: False)
    (finding,) = doctor.examine_state(config)
    assert (finding.level, "agent.state_dir" in finding.remedy) == ("bad", True)


def test_the_permission_of_each_power_command_is_checked(tmp_path: Path) -> None:
    config = config_of(tmp_path, "[commands]\nshutdown = true\nreboot = true")
    found = list(doctor.examine_power(config, Power("reboot"), None))
    assert levels(found) == {"shutdown": "bad", "reboot": "ok"}
    assert found[0].remedy == "allow it"


def test_each_wired_card_is_shown_with_what_arms_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_cards, "NETWORK", tmp_path / "net")
    for number, (name, wakeup) in enumerate((("none0", "enabled"), ("none1", "disabled"), ("none2", ""))):
        (tmp_path / "net" / name / "device" / "power").mkdir(parents=True)
        (tmp_path / "net" / name / "type").write_text("1")
        (tmp_path / "net" / name / "address").write_text(f"00:11:22:33:44:0{number}")
        (tmp_path / "net" / name / "device" / "power" / "wakeup").write_text(wakeup)

    armed, unknown, unarmed = doctor.examine_cards(config_of(tmp_path))

    assert (armed.level, armed.remedy) == ("ok", "")
    assert "none0 (00:11:22:33:44:00) is wired and armed" in armed.detail
    assert (unknown.level, "ethtool none2" in unknown.remedy) == ("note", True)
    assert (unarmed.level, "ethtool -s none1 wol g" in unarmed.remedy) == ("note", True)
    assert "BIOS" in unarmed.remedy
    (*_, no_network) = doctor.examine_cards(config_of(tmp_path, "[commands]\nwake = true"))
    assert (no_network.what, no_network.level) == ("wake", "bad")


def test_cards_that_cannot_be_read_are_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none0" / "device").mkdir(parents=True)
    (tmp_path / "none0" / "type").write_text("1")
    (tmp_path / "none0" / "address").write_text("00:11:22:33:44:00")
    monkeypatch.setattr(network_cards, "NETWORK", tmp_path)

    def no_socket(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socket", no_socket)
    (finding,) = doctor.examine_cards(config_of(tmp_path))
    assert (finding.what, finding.level, "Too many open files" in finding.detail) == ("wake on LAN", "note", True)


def test_a_machine_without_wired_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_cards, "NETWORK", tmp_path / "none")
    (finding,) = doctor.examine_cards(config_of(tmp_path))
    assert (finding.level, "no wired network card" in finding.detail) == ("ok", True)


def test_the_networks_in_which_others_are_woken_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lo" / "device").mkdir(parents=True)
    (tmp_path / "lo" / "type").write_text("1")
    monkeypatch.setattr(network_cards, "NETWORK", tmp_path)
    *_, finding = doctor.examine_cards(config_of(tmp_path, "[commands]\nwake = true"))
    assert (finding.level, finding.detail) == ("ok", "sends magic packets to 127.255.255.255.")


def test_each_service_of_the_start_order_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={lab.path}")
    lab.bus.units["sites.service"] = {"LoadState": "not-found", "ActiveState": "inactive"}
    broker, hub, sites = doctor.examine_start_order(lab.config())
    lab.engine.answers["/containers/hub/json"] = b"nonsense"
    _, refused, _ = doctor.examine_start_order(lab.config())
    lab.close()

    assert (broker.level, broker.detail) == ("note", f"Broker is starting (proof: 127.0.0.1:{lab.port}).")
    assert (hub.level, hub.detail) == ("ok", "Hub is running.")
    assert (sites.level, "no unit sites.service" in sites.detail) == ("bad", True)
    assert (refused.level, "socket" in refused.remedy) == ("bad", True)


def test_no_power_command_and_dry_run_are_reported(tmp_path: Path) -> None:
    (nothing,) = doctor.examine_power(config_of(tmp_path), Power(), None)
    assert "No power command" in nothing.detail
    path = write_config(tmp_path, "[commands]\nreboot = true")
    path.write_text(path.read_text() + "dry_run = true\n")
    dry = doctor.examine_power(load_config(path, environ={}), Power("reboot"), None)
    assert levels(dry) == {"power": "note", "reboot": "ok"}


@pytest.mark.parametrize(
    ("text", "level"), [(rule_text(("reboot",)), "ok"), (rule_text(("suspend",)), "bad"), (None, "bad")]
)
def test_the_rule_must_be_the_one_for_the_enabled_commands(tmp_path: Path, text: str | None, level: str) -> None:
    rule = tmp_path / "rule"
    if text is not None:
        rule.write_text(text)
    config = config_of(tmp_path, "[commands]\nreboot = true")
    (_, finding) = doctor.examine_power(config, Power("reboot"), rule)
    assert (finding.what, finding.level) == ("polkit rule", level)
    assert ("service install" in finding.remedy) is (level == "bad")


def test_an_unreadable_rule_is_not_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(tmp_path, "[commands]\nreboot = true")

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    (_, finding) = doctor.examine_power(config, Power("reboot"), tmp_path / "rule")
    assert finding.level == "note"


class Systemd:
    """Fake of systemd with one unit."""

    def __init__(self, state: str, at_boot: str) -> None:
        self._properties = {"ActiveState": state, "UnitFileState": at_boot}

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        """Answer in place of dbus.call."""
        assert args[0] == "org.freedesktop.systemd1"
        if args[3] == "LoadUnit":
            assert args[4:] == ("s", "iotbridge-agent.service")
            return ("/unit/path",)
        assert args[1] == "/unit/path"
        return (self._properties[args[-1]],)


@pytest.mark.parametrize(
    ("state", "at_boot", "expected"),
    [("active", "enabled", ["ok", "ok"]), ("failed", "disabled", ["bad", "bad"]), ("active", "", ["ok", "bad"])],
)
def test_the_service_as_systemd_sees_it(tmp_path: Path, state: str, at_boot: str, expected: list[str]) -> None:
    unit = tmp_path / "iotbridge-agent.service"
    unit.touch()
    found = list(doctor.examine_service(unit, Systemd(state, at_boot)))
    assert [finding.level for finding in found] == expected
    assert all(finding.remedy for finding in found if finding.level == "bad")


def test_the_service_without_systemd_or_not_installed(tmp_path: Path) -> None:
    unit = tmp_path / "iotbridge-agent.service"
    (absent,) = doctor.examine_service(unit, no_bus)
    assert (absent.level, absent.detail) == ("note", "not installed.")
    unit.touch()
    (silent,) = doctor.examine_service(unit, no_bus)
    assert "there is no bus" in silent.detail


def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor.examine_clock()
    assert real.what == "clock"
    assert real.level in ("ok", "note")

    class Kernel:
        def __init__(self, answer: int) -> None:
            self.answer = answer

        def adjtimex(self, _: object) -> int:
            """Return the state, as the kernel does."""
            return self.answer

    for answer, level, word in ((0, "ok", "NTP"), (5, "note", "timedatectl"), (-1, "note", "does not report")):
        monkeypatch.setattr("ctypes.CDLL", lambda *_, answer=answer, **__: Kernel(answer))
        finding = doctor.examine_clock()
        assert finding.level == level
        assert word in finding.detail + finding.remedy
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert "not checked on Darwin" in doctor.examine_clock().detail


def test_collectors_that_work_fail_hang_and_have_nothing(tmp_path: Path) -> None:
    port = free_port()
    docker_socket = tmp_path / "docker.sock"
    config = config_of(
        tmp_path,
        f'[collectors.docker]\ncontainers = ["web"]\nsocket = "{docker_socket}"\n'
        f'[[checks]]\nname = "web"\ntcp = "127.0.0.1:{port}"\n',
    )
    found = {finding.what: finding for finding in doctor.examine_collectors(config)}
    assert found["memory"].level == "ok"
    assert "readings" in found["memory"].detail
    assert "docker" in found
    assert found["check_web"].level == "ok", "a check that finds its port closed has worked"


def test_a_collector_that_hangs_or_breaks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Scripted:
        def __init__(self, error: Exception | None) -> None:
            self._error = error

        def collect(self) -> list[Any]:
            """Hang, or raise."""
            if self._error is None:
                release.wait(10)
                return []
            raise self._error

    specs = [
        CollectorSpec(name="hangs", create=lambda _: Scripted(None), timeout_s=0.1),
        CollectorSpec(name="breaks", create=lambda _: Scripted(ValueError())),
        CollectorSpec(name="none", create=lambda _: Scripted(NoDataError("no fans"))),
    ]
    monkeypatch.setattr(doctor, "specs_for", lambda _: specs)
    found = {finding.what: finding for finding in doctor.examine_collectors(config_of(tmp_path))}
    release.set()
    assert found["hangs"].detail == "no answer within 0.1 s."
    assert "collectors.hangs.timeout_s" in found["hangs"].remedy
    assert found["breaks"].detail == "fails: ValueError"
    assert (found["none"].level, found["none"].detail) == ("ok", "not available (no fans).")


def test_as_root_the_doctor_runs_as_the_user_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    called: list[tuple[Any, Any]] = []

    def call(argv: Any, **options: Any) -> int:
        called.append((argv, options))
        return 7

    unit = tmp_path / "unit"
    unit.touch()
    assert doctor.main(tmp_path / "agent.toml", user="nobody", unit=unit, call=call) == 7
    ((argv, options),) = called
    assert argv == (sys.executable, "-m", "iotbridge_agent", "--config", str(tmp_path / "agent.toml"), "doctor")
    assert options["user"] == pwd.getpwnam("nobody").pw_uid
    assert 0 not in options["extra_groups"]
    assert options["cwd"] == "/"
    assert options["env"]["STATE_DIRECTORY"] == "/var/lib/iotbridge-agent"


def test_without_a_service_the_doctor_runs_as_the_current_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_config(tmp_path)
    assert doctor.main(path, user="no-such-user", unit=path, call=subprocess.call) == 1
    assert "Nothing listens on port 1" in capsys.readouterr().out
    with pytest.raises(ConfigError):
        doctor.main(tmp_path / "missing.toml", unit=tmp_path / "no")


@pytest.fixture
def notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the machine by one whose two people are logged in, and return its root."""
    root = tmp_path / "root"
    monkeypatch.setattr(sessions, "SESSIONS", root / "sessions")
    for number in (1000, 1001):
        write_session(root / "sessions", number, UID=number)
    for path in notice_units.FILES:
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).touch()
    (root / "proc/net").mkdir(parents=True)
    listen(root, 1000, 1001)
    return root


def listen(root: Path, *uids: int) -> None:
    lines = [f"0000: 00000002 00000000 00010000 0001 01 77 @iotbridge-notice-{uid}" for uid in uids]
    (root / "proc/net/unix").write_text("\n".join(["Num RefCount Protocol Flags Type St Inode Path", *lines, ""]))


def test_notices_that_reach_everybody(tmp_path: Path, notices: Path) -> None:
    config = config_of(tmp_path, "[commands]\nnotice = true")
    (finding,) = doctor.examine_notice(config, notices)
    assert (finding.level, finding.detail) == ("ok", "can be shown; people who are logged in: 2.")
    listen(notices, 1000, 10010)
    (finding,) = doctor.examine_notice(config, notices)
    assert (finding.level, finding.detail) == ("note", "reaches 1 of 2 people who are logged in.")
    assert "next login" in finding.remedy


def test_notices_that_reach_nobody(tmp_path: Path, notices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(tmp_path, "[commands]\nnotice = true")
    (notices / notice_units.SOCKET.lstrip("/")).unlink()
    (finding,) = doctor.examine_notice(config, notices)
    assert (finding.level, "service install" in finding.remedy) == ("bad", True)
    monkeypatch.setattr(sessions, "SESSIONS", notices / "none")
    (finding,) = doctor.examine_notice(config, notices)
    assert (finding.level, finding.detail) == ("bad", "needs Linux with systemd.")
    assert list(doctor.examine_notice(config_of(tmp_path), notices)) == []
