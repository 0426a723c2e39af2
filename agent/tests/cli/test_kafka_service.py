"""Systemd service of a connector: its files and the steps of its installation, in a folder instead of the machine."""

from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from pathlib import Path
import shutil
import subprocess
import tempfile

import pytest

from iotbridge_agent.cli import command_line, kafka_service, service
from iotbridge_agent.cli.kafka_service import files, install, status, uninstall, unit_text
from iotbridge_agent.cli.service import InstallTarget, ServiceError
from iotbridge_agent.errors import ConfigError

PACKAGING = Path(__file__).parents[2] / "packaging"
UNIT, SYSUSERS = kafka_service.UNIT.lstrip("/"), kafka_service.SYSUSERS.lstrip("/")
CONFIG = """\
[broker]
url = "mqtt://127.0.0.1"
[kafka]
bootstrap = ["127.0.0.1:9092"]
[[route]]
filter = "shop/#"
topic = "stock"
"""


class Host:
    """Folder that replaces a machine, and a record of every program that would have been run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs: list[tuple[str, ...]] = []
        self.lines: list[str] = []
        self.folder = root / "etc/iotbridge/kafka"
        self.folder.mkdir(parents=True)
        self.configure("stock")
        self.booted = root / "booted"
        self.booted.mkdir()
        self.python = root / "python"
        self.python.touch()

    def configure(self, name: str, more: str = "") -> None:
        """Write a configuration."""
        (self.folder / f"{name}.toml").write_text(CONFIG + more)

    def target(self, *, live: bool = True) -> InstallTarget:
        """Return this machine as the target of the installation."""
        return InstallTarget(
            root=self.root,
            live=live,
            run=self._run,
            write_line=self.lines.append,
            booted=self.booted,
            installed=(self.python,),
        )

    def _run(self, argv: Sequence[str]) -> None:
        self.programs.append(tuple(argv))
        wants = self.root / "etc/systemd/system/multi-user.target.wants"
        link = wants / f"{argv[-1]}.service"
        if argv[:2] == ("systemctl", "enable"):
            wants.mkdir(parents=True, exist_ok=True)
            link.touch()
        if argv[:2] == ("systemctl", "disable"):
            link.unlink(missing_ok=True)

    def files(self) -> set[str]:
        """Return every file in /etc and /var, by path."""
        paths = (path for top in ("etc", "var") for path in (self.root / top).rglob("*"))
        return {str(path.relative_to(self.root)) for path in paths if path.is_file()}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    # Not tmp_path: its parents are private, like a home, and install checks that.
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    yield Host(root)
    shutil.rmtree(root)


def section(text: str) -> dict[str, str]:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Service"])


def test_the_unit_is_notified_watched_and_at_most_as_privileged_as_the_agents() -> None:
    own, agents = section(unit_text("/usr/bin/iotbridge-agent")), section(service.unit_text(Path("/a"), "/b"))
    assert own["ExecStart"] == "/usr/bin/iotbridge-agent --config /etc/iotbridge/kafka/%i.toml kafka run"
    assert (own["Type"], own["Restart"], own["RestartPreventExitStatus"]) == ("notify", "always", "2 3")
    assert int(own["WatchdogSec"]) > 0
    assert own["User"] == own["Group"] == own["StateDirectory"] == "iotbridge-kafka"
    assert (own["LimitCORE"], own["MemoryMax"], own["UMask"]) == ("0", "256M", "0077")
    wider = {"RestrictAddressFamilies", "ProtectHome"}
    sandbox = {
        key for key in agents if key.startswith(("Protect", "Private", "Restrict", "System", "NoNew", "Lock", "Cap"))
    }
    assert len(sandbox) > 15
    assert {key: own[key] for key in sandbox - wider} == {key: agents[key] for key in sandbox - wider}
    assert own["ProtectHome"] == "yes"
    assert set(own["RestrictAddressFamilies"].split()) < set(agents["RestrictAddressFamilies"].split())


def analyze(tmp_path: Path, verb: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    path = tmp_path / "iotbridge-kafka@.service"
    path.write_text(unit_text("/bin/true"))
    instance = tmp_path / "iotbridge-kafka@stock.service"
    instance.symlink_to(path)
    options = ["--offline=true"] if verb == "security" else []
    return subprocess.run([program, verb, *options, instance], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    assert "iotbridge-kafka" not in analyze(tmp_path, "verify").stderr


def test_systemd_rates_the_sandbox_well(tmp_path: Path) -> None:
    result = analyze(tmp_path, "security")
    if "Overall exposure level" not in result.stdout:
        pytest.skip(f"systemd-analyze security does not work here: {result.stderr.strip()}")
    level = float(result.stdout.partition("Overall exposure level for")[2].partition(": ")[2].split()[0])
    assert level < 2.5


def test_packaged_files_equal_the_installed_ones() -> None:
    assert (PACKAGING / "iotbridge-kafka@.service").read_text() == unit_text("/usr/bin/iotbridge-agent")
    assert (PACKAGING / "iotbridge-kafka.sysusers").read_text() == kafka_service.SYSUSERS_TEXT


def test_install_writes_makes_the_user_and_starts(host: Host) -> None:
    install("stock", host.target())
    assert {UNIT, SYSUSERS} < host.files()
    assert (host.root / UNIT).stat().st_mode & 0o777 == 0o644
    assert host.programs == [
        ("systemd-sysusers", kafka_service.SYSUSERS),
        ("chown", "-R", "root:iotbridge-kafka", str(host.folder)),
        ("chmod", "-R", "u=rwX,g=rX,o=", str(host.folder)),
        ("systemctl", "daemon-reload"),
        ("systemctl", "enable", "iotbridge-kafka@stock"),
        ("systemctl", "restart", "iotbridge-kafka@stock"),
    ]
    assert "service status stock" in host.lines[-1]


def test_install_needs_a_valid_configuration_with_a_spool_that_the_service_may_write(host: Host) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        install("missing", host.target())
    host.configure("stock", '[spool]\npath = "/home/me/stock.db"\n')
    with pytest.raises(ServiceError, match=r"spool\.path: expected a file in /var/lib/iotbridge-kafka"):
        install("stock", host.target())
    assert host.files() == {"etc/iotbridge/kafka/stock.toml"}
    assert host.programs == []


def test_the_files_of_the_service_go_with_the_last_connector(host: Host) -> None:
    host.configure("raw")
    state = host.root / "var/lib/iotbridge-kafka"
    state.mkdir(parents=True)
    (state / "raw.db").write_text("")
    install("stock", host.target())
    install("raw", host.target())
    uninstall("stock", host.target(), purge=False)
    assert ("systemctl", "disable", "--now", "iotbridge-kafka@stock") in host.programs
    assert UNIT in host.files()
    uninstall("raw", host.target(), purge=False)
    assert UNIT not in host.files()
    assert {"etc/iotbridge/kafka/stock.toml", "var/lib/iotbridge-kafka/raw.db"} <= host.files()
    assert host.programs[-2:] == [
        ("chown", "-R", "root:root", str(host.folder)),
        ("chown", "-R", "root:root", str(state)),
    ]
    assert host.lines[-1] == f"{state} was kept."


def test_purge_removes_the_files_of_this_connector_alone(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.configure("stock2")
    state = host.root / "var/lib/iotbridge-kafka"
    state.mkdir(parents=True)
    for name in ("stock.db", "stock.db-wal", "stock2.db"):
        (state / name).write_text("")
    (host.folder / "stock.mqtt").write_text("secret")
    install("stock", host.target())
    monkeypatch.setattr(kafka_service, "USER", "root")
    uninstall("stock", host.target(), purge=True)
    left = {path for path in host.files() if "multi-user" not in path}
    assert left == {"etc/iotbridge/kafka/stock2.toml", "var/lib/iotbridge-kafka/stock2.db"}
    assert host.programs[-1] == ("userdel", "root")


def test_staging_runs_nothing(host: Host) -> None:
    install("stock", host.target(live=False))
    assert {UNIT, SYSUSERS} < host.files()
    uninstall("stock", host.target(live=False), purge=False)
    assert host.files() == {"etc/iotbridge/kafka/stock.toml"}
    assert host.programs == []


def test_only_root_on_systemd(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ServiceError, match="sudo iotbridge-agent kafka service install stock"):
        install("stock", host.target())
    with pytest.raises(ServiceError, match="sudo iotbridge-agent kafka service uninstall stock"):
        uninstall("stock", host.target(), purge=True)
    assert host.programs == []


def test_the_status_is_one_sentence() -> None:
    lines: list[str] = []
    shown = "ActiveState=active\nSubState=running\nStatusText=live, 7 delivered\nNRestarts=0\n"
    assert status("stock", lambda _unit: shown, lines.append) == 0
    assert lines == ["iotbridge-kafka@stock is active (running): live, 7 delivered."]
    lines.clear()
    assert status("stock", lambda _unit: "ActiveState=failed\nSubState=failed\nNRestarts=3\n", lines.append) == 1
    assert lines == [
        "iotbridge-kafka@stock is failed (failed); restarted 3 times.",
        "`journalctl -u iotbridge-kafka@stock` has the reason.",
    ]


def test_a_machine_without_systemctl_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_line.main(["kafka", "service", "status", "stock"]) == 1
    assert "systemctl could not be run" in capsys.readouterr().err
    fake = tmp_path / "systemctl"
    fake.write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    fake.chmod(0o755)
    assert command_line.main(["kafka", "service", "status", "stock"]) == 1
    assert "code 1: no bus" in capsys.readouterr().err
    fake.write_text("#!/bin/sh\necho ActiveState=active\n")
    assert command_line.main(["kafka", "service", "status", "stock"]) == 0


def test_the_command_line_stages_prints_and_refuses_bad_names(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["kafka", "service", "install", "stock", "--print"]) == 0
    output = capsys.readouterr().out
    assert all(f"# {path}\n{text}" in output for path, text in files().items())
    assert command_line.main(["kafka", "service", "install", "stock", "--root", str(host.root)]) == 0
    assert UNIT in host.files()
    assert command_line.main(["kafka", "service", "uninstall", "stock", "--root", str(host.root)]) == 0
    assert UNIT not in host.files()
    assert command_line.main(["kafka", "service", "status", "../x"]) == 1
    assert "NAME: expected letters" in capsys.readouterr().err
