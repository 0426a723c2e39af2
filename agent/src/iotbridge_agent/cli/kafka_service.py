"""Systemd service of a connector: a template unit, one instance for each configuration, an unprivileged user."""

import argparse
from collections.abc import Callable
from pathlib import Path
import re
import subprocess
import sys

from iotbridge_agent.cli import service, terminal
from iotbridge_agent.cli.service import InstallTarget, ServiceError
from iotbridge_agent.kafka.settings import CONFIG_DIR, STATE_DIR, load_settings

USER = "iotbridge-kafka"
UNIT = f"/etc/systemd/system/{USER}@.service"
SYSUSERS = f"/etc/sysusers.d/{USER}.conf"
_ENABLED = "/etc/systemd/system/multi-user.target.wants"
# Names that systemd takes without escaping.
INSTANCE = re.compile(r"[A-Za-z0-9_.]{1,64}")
_SHOWN = ("ActiveState", "SubState", "StatusText", "NRestarts")
ARGV_TIMEOUT_S = 15

UNIT_TEXT = """\
# Written by `iotbridge-agent kafka service install`. Changes of your own belong into `systemctl edit iotbridge-kafka@`.
[Unit]
Description=IoT Bridge connector %i: MQTT to Kafka
Documentation=https://github.com/owner.invalid/iot-bridge/blob/main/docs/kafka.md
Wants=network-online.target
After=network-online.target mosquitto.service
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={program} --config /etc/iotbridge/kafka/%i.toml kafka run
User=iotbridge-kafka
Group=iotbridge-kafka
Restart=always
RestartSec=5
# An invalid configuration does not become valid by a restart, nor does a second connector with the same id go away.
RestartPreventExitStatus=2 3
WatchdogSec=60
TimeoutStopSec=20
StateDirectory=iotbridge-kafka
StateDirectoryMode=0700
UMask=0077
# A core dump would have passwords and messages in it.
LimitCORE=0
MemoryMax=256M

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateMounts=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

SYSUSERS_TEXT = f"""\
# Written by `iotbridge-agent kafka service install`: the user the connectors run as.
u {USER} - "IoT Bridge connector to Kafka" {STATE_DIR}
"""

Show = Callable[[str], str]


def main(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    name = arguments.name
    if not INSTANCE.fullmatch(name):
        raise ServiceError(f"NAME: expected letters, digits, _ and . (at most 64), found {name!r}")
    if arguments.verb == "status":
        return status(name)
    root = arguments.root.absolute()
    target = InstallTarget(root=root, live=root == Path("/"))
    if arguments.verb == "uninstall":
        uninstall(name, target, purge=arguments.purge)
    elif arguments.print:
        for path, text in files().items():
            target.write_line(f"# {path}\n{text}")
    else:
        install(name, target)
    return 0


def unit_text(program: str | None = None) -> str:
    """Return the systemd unit; ``program`` is the start of its ExecStart."""
    return UNIT_TEXT.format(program=program or f"{service.quoted(sys.executable)} -m iotbridge_agent")


def files() -> dict[str, str]:
    """Return every file of the service, by absolute path."""
    return {SYSUSERS: SYSUSERS_TEXT, UNIT: unit_text()}


def install(name: str, target: InstallTarget) -> None:
    """Write the files, create the user, start the instance; raises ConfigError, ServiceError or CommandError."""
    config = target.path(f"{CONFIG_DIR}/{name}.toml")
    spool = load_settings(config, {}).spool.path
    if target.live:
        service.demand_systemd_and_root(target, f"install {name}", "kafka service")
        service.demand_reachable_program(target)
        if spool.parent != STATE_DIR:
            raise ServiceError(f"{config}: spool.path: expected a file in {STATE_DIR}, where the service may write")
    service.write_files(target, files())
    if not target.live:
        target.write_line(f"Staged in {target.root}; nothing was run.")
        return
    target.run(("systemd-sysusers", SYSUSERS))
    target.run(("chown", "-R", f"root:{USER}", str(config.parent)))
    target.run(("chmod", "-R", "u=rwX,g=rX,o=", str(config.parent)))
    for words in (("daemon-reload",), ("enable", _instance(name)), ("restart", _instance(name))):
        target.run(("systemctl", *words))
    target.write_line(f"The connector is running. Check it with `iotbridge-agent kafka service status {name}`.")


def uninstall(name: str, target: InstallTarget, *, purge: bool) -> None:
    """Stop the instance, and remove the files of the service with the last one.

    Configuration and spool, in which messages may wait, are only removed with ``purge``.
    """
    if target.live:
        service.demand_systemd_and_root(target, f"uninstall {name}", "kafka service")
        if target.path(UNIT).exists():
            target.run(("systemctl", "disable", "--now", _instance(name)))
    if purge:
        _remove_own_files(name, target)
    if any(target.path(_ENABLED).glob(f"{USER}@*.service")):
        target.write_line("Other connectors are installed: the files of the service were kept for them.")
    else:
        _remove_service(target)


def status(name: str, show: Show | None = None, write_line: Callable[[str], None] = terminal.write_line) -> int:
    """Print in one sentence whether the instance runs; return 0 if it does."""
    lines = (show or _systemctl_show)(_instance(name)).splitlines()
    shown = dict(line.split("=", 1) for line in lines if "=" in line)
    is_active = shown.get("ActiveState") == "active"
    text = f"{_instance(name)} is {shown.get('ActiveState', 'unknown')} ({shown.get('SubState', 'unknown')})"
    if shown.get("StatusText"):
        text += f": {shown['StatusText']}"
    if (restarts := shown.get("NRestarts", "0")) != "0":
        text += f"; restarted {restarts} times"
    write_line(f"{text}.")
    if not is_active:
        write_line(f"`journalctl -u {_instance(name)}` has the reason.")
    return 0 if is_active else 1


def _remove_service(target: InstallTarget) -> None:
    for path in (UNIT, SYSUSERS):
        if target.path(path).exists():
            target.path(path).unlink()
            target.write_line(f"removed {target.path(path)}")
    if target.live:
        target.run(("systemctl", "daemon-reload"))
    for folder in (target.path(str(CONFIG_DIR)), target.path(str(STATE_DIR))):
        if folder.is_dir() and any(folder.iterdir()):
            _keep(folder, target)
    if target.live and service.user_exists(USER):
        target.run(("userdel", USER))


def _instance(name: str) -> str:
    return f"{USER}@{name}"


def _systemctl_show(unit: str) -> str:
    argv = ("systemctl", "show", unit, f"--property={','.join(_SHOWN)}")
    try:
        result = subprocess.run(argv, capture_output=True, text=True, timeout=ARGV_TIMEOUT_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"systemctl could not be run: {error}") from error
    if result.returncode:
        raise ServiceError(f"systemctl ended with code {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def _keep(folder: Path, target: InstallTarget) -> None:
    # The id of a removed user may be assigned to another one later.
    if target.live:
        target.run(("chown", "-R", "root:root", str(folder)))
    target.write_line(f"{folder} was kept.")


def _remove_own_files(name: str, target: InstallTarget) -> None:
    """Remove the files named after the connector; a spool or secrets of other names stay."""
    for folder in (CONFIG_DIR, STATE_DIR):
        for path in sorted(target.path(str(folder)).glob(f"{name}.*")):
            if path.is_file() or path.is_symlink():
                path.unlink()
                target.write_line(f"removed {path}")
