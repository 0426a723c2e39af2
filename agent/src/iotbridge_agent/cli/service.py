"""Systemd service of the agent: an unprivileged user, a hardened unit, and a polkit rule for its commands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import platform
import stat
import sys

from iotbridge_agent.cli import notice_units, terminal
from iotbridge_agent.commands.power import ExecuteArgv, run_argv
from iotbridge_agent.config import Config, load_config
from iotbridge_agent.errors import AgentError

NAME = "iotbridge-agent"
UNIT = f"/etc/systemd/system/{NAME}.service"
RULE = f"/etc/polkit-1/rules.d/50-{NAME}.rules"
SYSUSERS = f"/etc/sysusers.d/{NAME}.conf"
STATE_DIR = f"/var/lib/{NAME}"
CONFIG_DIR = f"/etc/{NAME}"
SYSTEMD_BOOTED = Path("/run/systemd/system")
ACTIONS = {"shutdown": "power-off", "reboot": "reboot", "suspend": "suspend"}

INSTEAD = {
    "Darwin": "macOS has no systemd. Create a LaunchDaemon that runs `iotbridge-agent run`; see docs/hosts.md.",
    "Windows": "Windows has no systemd. Run `iotbridge-agent run` with the Task Scheduler; see docs/hosts.md.",
}

UNIT_TEXT = """\
# Written by `iotbridge-agent service install`. Changes of your own belong into `systemctl edit iotbridge-agent`.
[Unit]
Description=IoT Bridge agent: this machine in Home Assistant
Documentation=https://github.com/owner.invalid/iot-bridge/blob/main/docs/hosts.md
Wants=network-online.target
# Stopped in the reverse order: the agent still has a network, and a broker on this machine, for its last messages.
# It still can ask systemd over D-Bus whether the machine goes down or reboots.
After=network-online.target dbus.socket dbus.service systemd-logind.service mosquitto.service
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={program} --config {config_path} run
User=iotbridge-agent
Group=iotbridge-agent
Restart=always
RestartSec=5
# An invalid configuration does not become valid by a restart.
RestartPreventExitStatus=2
WatchdogSec=60
TimeoutStopSec=20
StateDirectory=iotbridge-agent
StateDirectoryMode=0700
UMask=0077

# Power commands go through logind and polkit, so the agent itself needs no privileges.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

RULE_TEXT = """\
// Written by `iotbridge-agent service install`: exactly what is switched on in its configuration, for its user alone.
// "-multiple-sessions" is what logind asks for while somebody is logged in. "-ignore-inhibit" is left out on purpose:
// a running package upgrade may hold a power command back.
polkit.addRule(function (action, subject) {{
    var actions = {actions};
    if (subject.user === "iotbridge-agent" && actions.indexOf(action.id) >= 0) {{
        return polkit.Result.YES;
    }}
    return polkit.Result.NOT_HANDLED;
}});
"""

START_RULE_TEXT = """\
// The services of the start order may be started, in any job mode of systemd; they may not be stopped or restarted.
polkit.addRule(function (action, subject) {{
    var units = {units};
    if (subject.user === "iotbridge-agent" && action.id === "org.freedesktop.systemd1.manage-units" &&
        action.lookup("verb") === "start" && units.indexOf(action.lookup("unit")) >= 0) {{
        return polkit.Result.YES;
    }}
    return polkit.Result.NOT_HANDLED;
}});
"""

SYSUSERS_TEXT = f"""\
# Written by `iotbridge-agent service install`: the user the agent runs as.
u {NAME} - "IoT Bridge agent" {STATE_DIR}
"""


class ServiceError(AgentError):
    """Failure to install or remove the service; the text includes the remedy."""


@dataclass(frozen=True, kw_only=True)
class InstallTarget:
    """System to install on: the root of its files, the runner of its programs, and the output function."""

    root: Path = Path("/")
    live: bool = True
    """False: files are only written below ``root``, no program is run and no privilege is needed."""
    run: ExecuteArgv = run_argv
    write_line: Callable[[str], None] = terminal.write_line
    booted: Path = SYSTEMD_BOOTED
    installed: tuple[Path, ...] = (Path(sys.executable), Path(__file__))
    """Files that the service's user must be able to read."""

    def path(self, absolute: str) -> Path:
        """Return the path of a system file below ``root``."""
        return self.root / absolute.lstrip("/")


def unit_text(config_path: Path, program: str | None = None) -> str:
    """Return the systemd unit; ``program`` is the start of its ExecStart."""
    start = program or f"{quoted(sys.executable)} -m iotbridge_agent"
    return UNIT_TEXT.format(program=start, config_path=quoted(str(config_path)))


def rule_text(power: Iterable[str], units: Sequence[str] = ()) -> str:
    """Return the polkit rules that allow these power commands and the start of these units, and nothing else."""
    actions = [f"org.freedesktop.login1.{ACTIONS[name]}{more}" for name in power for more in ("", "-multiple-sessions")]
    text = RULE_TEXT.format(actions=json.dumps(actions))
    return text + START_RULE_TEXT.format(units=json.dumps(list(units))) if units else text


def files(config: Config, config_path: Path) -> dict[str, str]:
    """Return every file of the service, by absolute path."""
    wanted = {SYSUSERS: SYSUSERS_TEXT, UNIT: unit_text(config_path)}
    if config.power or config.startable_units:
        wanted[RULE] = rule_text(config.power, config.startable_units)
    if config.notice:
        wanted |= notice_units.files(quoted(sys.executable))
    return wanted


def print_files(config_path: Path, write_line: Callable[[str], None] = terminal.write_line) -> None:
    """Print the files that install would write."""
    for path, text in files(load_config(config_path), config_path).items():
        write_line(f"# {path}\n{text}")


def install(config_path: Path, target: InstallTarget) -> None:
    """Write the files, create the user, start the service; raises ConfigError, ServiceError or CommandError."""
    config_path = config_path.absolute()
    config = load_config(config_path)
    if target.live:
        demand_systemd_and_root(target, "install")
        _demand_reachable(config_path, target)
    wanted = files(config, config_path)
    write_files(target, wanted)
    if target.live and not config.notice:
        notice_units.stop(target.run, target.path)
    for path in {RULE, *notice_units.FILES} - wanted.keys():
        target.path(path).unlink(missing_ok=True)
    if not target.live:
        target.write_line(f"Staged in {target.root}; nothing was run.")
        return
    target.run(("systemd-sysusers", SYSUSERS))
    _hand_over(config_path, target)
    for words in (("daemon-reload",), ("enable", NAME), ("restart", NAME)):
        target.run(("systemctl", *words))
    if config.notice:
        notice_units.start(target.run, target.write_line)
    target.write_line(f"The service is running. Check it with `systemctl status {NAME}` and `iotbridge-agent doctor`.")


def remove(target: InstallTarget, *, purge: bool) -> None:
    """Stop the service and remove its files, state and user; the configuration only with ``purge``."""
    if target.live:
        demand_systemd_and_root(target, "remove")
        if target.path(UNIT).exists():
            target.run(("systemctl", "disable", "--now", NAME))
        notice_units.stop(target.run, target.path)
    for path in (UNIT, RULE, SYSUSERS, *notice_units.FILES):
        if target.path(path).exists():
            target.path(path).unlink()
            target.write_line(f"removed {target.path(path)}")
    for folder in (STATE_DIR, *((CONFIG_DIR,) if purge else ())):
        remove_folder(target.path(folder), target.write_line)
    if target.live:
        target.run(("systemctl", "daemon-reload"))
        if target.path(CONFIG_DIR).exists():
            # The id of the removed group may be assigned to another one later.
            target.run(("chown", "-R", "root:root", str(target.path(CONFIG_DIR))))
        if user_exists(NAME):
            target.run(("userdel", NAME))
    if target.path(CONFIG_DIR).exists():
        target.write_line(f"{target.path(CONFIG_DIR)} was kept; `service remove --purge` also removes it.")


def unreachable_folder(path: Path, *, except_for: Path | None = None) -> Path | None:
    """Return the first folder above ``path`` that an unprivileged user cannot enter, or None."""
    for folder in reversed(path.absolute().parents):
        if not folder.stat().st_mode & stat.S_IXOTH and folder != except_for:
            return folder
    return None


def demand_systemd_and_root(target: InstallTarget, verb: str, command: str = "service") -> None:
    """Raise ServiceError unless systemd runs here and the user is root."""
    if sentence := INSTEAD.get(platform.system()):
        raise ServiceError(sentence)
    if not target.booted.is_dir():
        raise ServiceError(
            "systemd is not running here (a container?). Start `iotbridge-agent run` with another service manager, "
            f"or use --root DIR to only {verb} files in a folder."
        )
    if os.geteuid() != 0:
        raise ServiceError(f"Only root can {verb} a service: run `sudo {NAME} {command} {verb}`.")


def _demand_reachable(config_path: Path, target: InstallTarget) -> None:
    """Raise ServiceError for the program or a configuration that the service's user could not read."""
    demand_reachable_program(target)
    if folder := unreachable_folder(config_path, except_for=target.path(CONFIG_DIR)):
        raise ServiceError(
            f"The service's user cannot enter {folder}. Move the configuration to {CONFIG_DIR}/agent.toml."
        )


def demand_reachable_program(target: InstallTarget) -> None:
    """Raise ServiceError for a program that the service's user could not read, e.g. in a private home."""
    for path in target.installed:
        if folder := unreachable_folder(path) or unreachable_folder(path.resolve()):
            raise ServiceError(
                f"The service's user cannot enter {folder}, where this program is installed. Install it for all users: "
                "`sudo pipx install --global ./agent` in a copy of the repository, then run that one."
            )


def _hand_over(config_path: Path, target: InstallTarget) -> None:
    """Give the service's group read access to the configuration and its secrets, and all other users none."""
    folder = config_path.parent
    if folder == target.path(CONFIG_DIR):
        target.run(("chown", "-R", f"root:{NAME}", str(folder)))
        target.run(("chmod", "-R", "u=rwX,g=rX,o=", str(folder)))
    else:
        target.run(("chown", f"root:{NAME}", str(config_path)))
        target.run(("chmod", "640", str(config_path)))


def write_files(target: InstallTarget, texts: Mapping[str, str]) -> None:
    """Write the files of a service, by absolute path."""
    for absolute, text in texts.items():
        path = target.path(absolute)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        target.write_line(f"wrote {path}")


def remove_folder(folder: Path, write_line: Callable[[str], None]) -> None:
    """Remove a folder with everything in it, but not what a link names."""
    if not folder.is_dir() or folder.is_symlink():
        return
    import shutil  # noqa: PLC0415 - not needed to run

    shutil.rmtree(folder)
    write_line(f"removed {folder}")


def user_exists(name: str) -> bool:
    """Return whether the system has this user."""
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def quoted(word: str) -> str:
    """Quote for a unit file, where % and $ have a meaning of their own."""
    word = word.replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if " " in word else word
