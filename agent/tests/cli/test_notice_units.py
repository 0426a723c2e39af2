"""Units of the sessions of people: what they say, and when systemd is told of them."""

from collections.abc import Sequence
from configparser import ConfigParser
import os
from pathlib import Path
import pwd
import shutil
import subprocess

from notice_stub import write_session
import pytest

from iotbridge_agent.cli import notice_units
from iotbridge_agent.cli.notice_units import SERVICE, SOCKET, files, start, stop
from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.commands.notice import ADDRESS
from iotbridge_agent.system import sessions

ME = pwd.getpwuid(os.getuid()).pw_name
USER = ("systemctl", "--user", f"--machine={ME}@.host")


class Systemctl:
    """Runner of programs that records them; those of a session fail if the test wants it."""

    def __init__(self, error: str = "") -> None:
        self.programs: list[tuple[str, ...]] = []
        self._error = error

    def __call__(self, argv: Sequence[str]) -> None:
        self.programs.append(tuple(argv))
        if self._error and "--user" in argv:
            raise CommandError("error", self._error)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Log this user and an unknown one in."""
    folder = tmp_path / "sessions"
    write_session(folder, 1)
    write_session(folder, 2)
    write_session(folder, 3, UID=4294967000)
    monkeypatch.setattr(sessions, "SESSIONS", folder)
    return folder


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_systemd_listens_where_the_agent_connects_and_hands_the_connection_over() -> None:
    units = files("/usr/bin/python3")
    listener, service = parsed(units[SOCKET]), parsed(units[SERVICE])
    assert listener["Socket"]["ListenStream"] == ADDRESS.format(uid="%U").replace("\0", "@")
    assert listener["Socket"]["Accept"] == "yes"
    assert listener["Install"]["WantedBy"] == "sockets.target"
    assert service["Service"]["ExecStart"] == "/usr/bin/python3 -P -m iotbridge_agent notice"
    assert service["Service"]["StandardInput"] == "socket"
    assert service["Service"]["NoNewPrivileges"] == "yes"


def verify(folder: Path, texts: dict[str, str]) -> str:
    """Return what systemd finds wrong with these units."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    for path, text in texts.items():
        (folder / Path(path).name).write_text(text)
    argv = [analyze, "verify", "--user", str(folder / Path(SOCKET).name)]
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environ).stderr


def test_systemd_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    units = files("/bin/true")
    found = verify(tmp_path, units)
    assert "Failed" not in found
    assert "iotbridge" not in found
    for path, line in ((SOCKET, "Accept=yes"), (SERVICE, "NoNewPrivileges=yes")):
        assert "Unknown key 'Wrong'" in verify(tmp_path, {**units, path: units[path].replace(line, "Wrong=yes")})


def test_sessions_to_come_and_those_there_are_listen() -> None:
    lines: list[str] = []
    systemctl = Systemctl()
    start(systemctl, lines.append)
    assert systemctl.programs == [
        ("systemctl", "--global", "enable", "iotbridge-notice.socket"),
        (*USER, "daemon-reload"),
        (*USER, "start", "iotbridge-notice.socket"),
    ]
    assert lines == []


def test_a_session_that_cannot_be_reached_is_named() -> None:
    lines: list[str] = []
    start(Systemctl("No bus."), lines.append)
    assert lines == [f"{ME} sees notices after the next login (No bus.)"]


def test_stopping_is_for_units_that_are_installed(tmp_path: Path) -> None:
    systemctl = Systemctl("No bus.")
    stop(systemctl, lambda path: tmp_path / path.lstrip("/"))
    assert systemctl.programs == []
    (tmp_path / SOCKET.lstrip("/")).parent.mkdir(parents=True)
    (tmp_path / SOCKET.lstrip("/")).touch()
    stop(systemctl, lambda path: tmp_path / path.lstrip("/"))
    assert systemctl.programs == [
        ("systemctl", "--global", "disable", "iotbridge-notice.socket"),
        (*USER, "stop", "iotbridge-notice.socket"),
    ]


def test_without_logind_only_sessions_to_come_listen(folder: Path) -> None:
    shutil.rmtree(folder)
    systemctl = Systemctl()
    start(systemctl, print)
    assert systemctl.programs == [("systemctl", "--global", "enable", f"{notice_units.NAME}.socket")]
