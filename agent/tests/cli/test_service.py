"""Systemd service: its files and the steps of its installation, in a folder instead of the machine."""

from collections.abc import Iterator, Sequence
from configparser import ConfigParser
import json
from pathlib import Path
import re
import shutil
import subprocess
import tempfile

import pytest

from iotbridge_agent.cli import notice_units, service
from iotbridge_agent.cli.service import InstallTarget, ServiceError, install, remove, rule_text, unit_text
from iotbridge_agent.config import load_config
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.system import sessions

PACKAGING = Path(__file__).parents[2] / "packaging"
UNIT, RULE, SYSUSERS = (path.lstrip("/") for path in (service.UNIT, service.RULE, service.SYSUSERS))


class Machine:
    """Folder that replaces a machine, with /etc, and a record of every program that would have been run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs: list[tuple[str, ...]] = []
        self.said: list[str] = []
        self.config = root / "etc/iotbridge-agent/agent.toml"
        self.config.parent.mkdir(parents=True)
        self.configure("shutdown = true\nreboot = true")
        self.booted = root / "booted"
        self.booted.mkdir()
        self.python = root / "python"
        self.python.touch()

    def configure(self, commands: str) -> None:
        """Write a configuration."""
        self.config.write_text(f'[broker]\nurl = "mqtt://127.0.0.1"\n[commands]\n{commands}\n')

    def target(self, *, live: bool = True) -> InstallTarget:
        """Return this machine as the target of the installation."""
        return InstallTarget(
            root=self.root,
            live=live,
            run=self._run,
            write_line=self.said.append,
            booted=self.booted,
            installed=(self.python,),
        )

    def _run(self, argv: Sequence[str]) -> None:
        self.programs.append(tuple(argv))

    def files(self) -> set[str]:
        """Return every file in /etc and /var, by path."""
        found = (path for top in ("etc", "var") for path in (self.root / top).rglob("*"))
        return {str(path.relative_to(self.root)) for path in found if path.is_file()}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    # Not tmp_path: its parents are private, like a home, and install checks that.
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    yield Machine(root)
    shutil.rmtree(root)


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_the_unit_is_notified_watched_and_unprivileged() -> None:
    unit = parsed(unit_text(Path("/etc/iotbridge-agent/agent.toml"), "/usr/bin/iotbridge-agent"))
    own = unit["Service"]
    assert own["ExecStart"] == "/usr/bin/iotbridge-agent --config /etc/iotbridge-agent/agent.toml run"
    assert own["Type"] == "notify"
    assert int(own["WatchdogSec"]) > 0
    assert own["Restart"] == "always"
    assert own["RestartPreventExitStatus"] == "2"
    assert own["User"] == own["Group"] == "iotbridge-agent"
    assert own["CapabilityBoundingSet"] == own["AmbientCapabilities"] == ""
    hardened = "NoNewPrivileges PrivateTmp ProtectClock ProtectKernelModules RestrictNamespaces MemoryDenyWriteExecute"
    assert {own[key] for key in hardened.split()} == {"yes"}
    assert own["ProtectSystem"] == "strict"
    assert own["StateDirectory"] == "iotbridge-agent"
    assert "AF_UNIX" in own["RestrictAddressFamilies"]
    assert unit["Install"]["WantedBy"] == "multi-user.target"


def test_words_of_the_unit_are_quoted() -> None:
    assert '--config "/etc/my 100%% $$agent.toml" run' in unit_text(Path("/etc/my 100% $agent.toml"))
    assert " -m iotbridge_agent --config " in unit_text(Path("/a"))


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    path = tmp_path / "iotbridge-agent.service"
    path.write_text(unit_text(Path("/etc/iotbridge-agent/agent.toml"), "/bin/true"))
    result = subprocess.run([analyze, "verify", path], capture_output=True, text=True, check=False)
    assert "iotbridge-agent" not in result.stderr


def test_the_rule_names_the_enabled_commands_and_one_user() -> None:
    text = rule_text(("reboot",))
    actions = json.loads(re.search(r"var actions = (\[.*\]);", text)[1])  # type: ignore[index]
    assert actions == ["org.freedesktop.login1.reboot", "org.freedesktop.login1.reboot-multiple-sessions"]
    assert 'subject.user === "iotbridge-agent"' in text
    assert "power-off" in rule_text(("shutdown",))
    assert "login1.suspend" in rule_text(("suspend",))
    assert text.count("{") == text.count("}")


def test_a_second_rule_lets_the_services_of_the_start_order_be_started() -> None:
    text = rule_text(("reboot",), ("mosquitto.service", "hub.service"))
    assert text.startswith(rule_text(("reboot",)))
    (_, second) = text.split("polkit.addRule")[1:]
    assert json.loads(re.search(r"var units = (\[.*\]);", second)[1]) == ["mosquitto.service", "hub.service"]  # type: ignore[index]
    for condition in (
        'subject.user === "iotbridge-agent"',
        'action.id === "org.freedesktop.systemd1.manage-units"',
        'action.lookup("verb") === "start"',
        'units.indexOf(action.lookup("unit")) >= 0',
    ):
        assert condition in second
    assert text.count("{") == text.count("}")
    assert "manage-units" not in rule_text(("reboot",))


def test_the_rule_is_there_for_the_start_order_alone(machine: Machine) -> None:
    machine.configure("start_services = true\n[[start_order]]\nunit = 'hub'")
    install(machine.config, machine.target())
    assert '["hub.service"]' in (machine.root / RULE).read_text()
    machine.configure("[[start_order]]\nunit = 'hub'")
    install(machine.config, machine.target())
    assert RULE not in machine.files(), "services that are only watched need no rule"


def test_packaged_files_equal_the_installed_ones() -> None:
    program, config_path = "/usr/bin/iotbridge-agent", Path("/etc/iotbridge-agent/agent.toml")
    packaged = {path.name: path.read_text() for path in PACKAGING.iterdir() if path.is_file()}
    assert packaged["iotbridge-agent.service"] == unit_text(config_path, program)
    assert packaged["50-iotbridge-agent.rules"] == rule_text(("shutdown", "reboot", "suspend"))
    assert packaged["iotbridge-agent.sysusers"] == service.SYSUSERS_TEXT


def test_install_writes_makes_the_user_and_starts(machine: Machine) -> None:
    install(machine.config, machine.target())
    assert {UNIT, RULE, SYSUSERS} < machine.files()
    assert (machine.root / UNIT).stat().st_mode & 0o777 == 0o644
    folder = str(machine.config.parent)
    assert machine.programs == [
        ("systemd-sysusers", service.SYSUSERS),
        ("chown", "-R", "root:iotbridge-agent", folder),
        ("chmod", "-R", "u=rwX,g=rX,o=", folder),
        ("systemctl", "daemon-reload"),
        ("systemctl", "enable", "iotbridge-agent"),
        ("systemctl", "restart", "iotbridge-agent"),
    ]
    assert any("doctor" in line for line in machine.said)


def test_a_configuration_elsewhere_is_made_readable_without_its_folder(machine: Machine) -> None:
    elsewhere = machine.root / "agent.toml"
    shutil.move(machine.config, elsewhere)
    install(elsewhere, machine.target())
    assert ("chmod", "640", str(elsewhere)) in machine.programs
    assert not any("-R" in program for program in machine.programs)


def test_without_power_commands_there_is_no_rule(machine: Machine) -> None:
    install(machine.config, machine.target())
    machine.configure("")
    install(machine.config, machine.target())
    assert RULE not in machine.files()


def test_notices_have_units_where_they_are_enabled(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSIONS", machine.root / "nobody")
    units = {path.lstrip("/") for path in notice_units.FILES}
    install(machine.config, machine.target())
    assert not units & machine.files()
    machine.configure("notice = true")
    install(machine.config, machine.target())
    assert units < machine.files()
    assert machine.programs[-1] == ("systemctl", "--global", "enable", "iotbridge-notice.socket")
    unit = (machine.root / UNIT).read_text()
    assert unit == unit_text(machine.config), "the agent itself gets no further right"

    machine.programs.clear()
    machine.configure("")
    install(machine.config, machine.target())
    assert not units & machine.files()
    assert machine.programs[0] == ("systemctl", "--global", "disable", "iotbridge-notice.socket")

    machine.configure("notice = true")
    install(machine.config, machine.target())
    remove(machine.target(), purge=False)
    assert machine.files() == {"etc/iotbridge-agent/agent.toml"}


def test_staging_runs_nothing(machine: Machine) -> None:
    install(machine.config, machine.target(live=False))
    assert {UNIT, RULE, SYSUSERS} < machine.files()
    remove(machine.target(live=False), purge=False)
    assert machine.files() == {"etc/iotbridge-agent/agent.toml"}
    assert machine.programs == []


def test_printing_writes_nothing(machine: Machine) -> None:
    service.print_files(machine.config, machine.said.append)
    assert machine.files() == {"etc/iotbridge-agent/agent.toml"}
    assert [message.splitlines()[0] for message in machine.said] == [
        f"# {path}" for path in (service.SYSUSERS, service.UNIT, service.RULE)
    ]


def test_install_needs_a_valid_configuration(machine: Machine) -> None:
    machine.configure("reboot = 7")
    with pytest.raises(ConfigError, match=r"commands\.reboot: expected true or false"):
        install(machine.config, machine.target())
    assert machine.files() == {"etc/iotbridge-agent/agent.toml"}


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_only_root_on_systemd(machine: Machine, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    def attempt() -> None:
        if verb == "install":
            install(machine.config, machine.target())
        else:
            remove(machine.target(), purge=True)

    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ServiceError, match=f"sudo iotbridge-agent service {verb}"):
        attempt()
    machine.booted.rmdir()
    with pytest.raises(ServiceError, match="systemd is not running here"):
        attempt()
    for system, instead in (("Darwin", "LaunchDaemon"), ("Windows", "Task Scheduler")):
        monkeypatch.setattr("platform.system", lambda system=system: system)
        with pytest.raises(ServiceError, match=instead):
            attempt()
    assert machine.files() == {"etc/iotbridge-agent/agent.toml"}
    assert machine.programs == []


def test_files_the_service_cannot_reach_are_refused(machine: Machine) -> None:
    home = machine.root / "home"
    home.mkdir(mode=0o700)
    private = home / "agent.toml"
    shutil.copy(machine.config, private)
    with pytest.raises(ServiceError, match=f"cannot enter {home}. Move the configuration to /etc/iotbridge-agent"):
        install(private, machine.target())
    (home / "python").touch()
    machine.python.unlink()
    machine.python.symlink_to(home / "python")
    with pytest.raises(ServiceError, match=f"cannot enter {home}, where this program is installed"):
        install(machine.config, machine.target())
    assert machine.programs == []


def test_a_private_configuration_folder_of_an_earlier_install_is_accepted(machine: Machine) -> None:
    machine.config.parent.chmod(0o750)
    install(machine.config, machine.target())
    assert UNIT in machine.files()


def test_remove_leaves_only_the_configuration(machine: Machine) -> None:
    install(machine.config, machine.target())
    state = machine.root / "var/lib/iotbridge-agent"
    state.mkdir(parents=True)
    (state / "state.json").write_text("{}")
    machine.programs.clear()
    remove(machine.target(), purge=False)
    assert machine.files() == {"etc/iotbridge-agent/agent.toml"}
    assert machine.programs == [
        ("systemctl", "disable", "--now", "iotbridge-agent"),
        ("systemctl", "daemon-reload"),
        ("chown", "-R", "root:root", str(machine.root / "etc/iotbridge-agent")),
    ]
    assert "was kept" in machine.said[-1]
    assert load_config(machine.config).power == ("shutdown", "reboot")


def test_purge_leaves_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    install(machine.config, machine.target())
    machine.programs.clear()
    monkeypatch.setattr(service, "NAME", "root")
    remove(machine.target(), purge=True)
    assert machine.files() == set()
    assert machine.programs[-1] == ("userdel", "root")


def test_removing_a_missing_service_is_not_an_error(machine: Machine) -> None:
    remove(machine.target(), purge=True)
    remove(machine.target(), purge=True)
    assert ("systemctl", "disable", "--now", "iotbridge-agent") not in machine.programs


def test_a_link_in_place_of_the_state_folder_is_not_followed(machine: Machine) -> None:
    precious = machine.root / "precious"
    precious.mkdir()
    (machine.root / "var/lib").mkdir(parents=True)
    (machine.root / "var/lib/iotbridge-agent").symlink_to(precious)
    remove(machine.target(), purge=False)
    assert precious.is_dir()
