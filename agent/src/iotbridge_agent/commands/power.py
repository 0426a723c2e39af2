"""Power commands of each operating system: logind or systemctl, macOS' and Windows' own programs.

The executing functions are injected (``dbus_call``, ``execute_argv``), so that a test can never run the real ones.
"""

from collections.abc import Callable, Mapping, Sequence
import os
from pathlib import Path
import platform
import subprocess
import sys
from typing import Any, NamedTuple, TypeAlias

from iotbridge_agent.commands.base import CommandError, FailedReason, Permission, PowerBackend
from iotbridge_agent.system import dbus
from iotbridge_agent.system.dbus import DBusError
from iotbridge_agent.system.logind import LOGIND

DBusCall: TypeAlias = Callable[..., tuple[Any, ...]]
ExecuteArgv: TypeAlias = Callable[[Sequence[str]], None]

LOGIND_MEMBERS = {"shutdown": "PowerOff", "reboot": "Reboot", "suspend": "Suspend"}
INHIBITED_BY = {"shutdown": "shutdown", "reboot": "shutdown", "suspend": "sleep"}
ERROR_PREFIX = "org.freedesktop.DBus.Error."
NO_LOGIND = {ERROR_PREFIX + name for name in ("NoServer", "ServiceUnknown", "NameHasNoOwner", "Spawn.ChildExited")}
FAILED_REASONS: Mapping[str, FailedReason] = {
    ERROR_PREFIX + "AccessDenied": "not_permitted",
    ERROR_PREFIX + "InteractiveAuthorizationRequired": "not_permitted",
    ERROR_PREFIX + "NoReply": "timeout",
}
RULE_REMEDY = (
    "Run `sudo iotbridge-agent service install`: it writes the polkit rule for this; polkit must be installed."
)
ARGV_TIMEOUT_S = 20
WINDOWS_SUSPEND = "import ctypes, sys; sys.exit(not ctypes.windll.powrprof.SetSuspendState(0, 0, 0))"
"""Script for Python: through rundll32 the arguments arrive as garbage, and the machine hibernates instead."""


def system_backend(
    *, dbus_call: DBusCall = dbus.call, execute_argv: ExecuteArgv | None = None, system: str | None = None
) -> PowerBackend:
    """Return the executor of power commands on this operating system."""
    run = execute_argv or run_argv
    match system or platform.system():
        case "Linux":
            return LinuxPower(dbus_call=dbus_call, execute_argv=run)
        case "Darwin":
            return ProgramPower(programs=_darwin_programs(), execute_argv=run, needs_root=("shutdown", "reboot"))
        case "Windows":
            return ProgramPower(programs=_windows_programs(), execute_argv=run)
        case other:
            return UnknownPower(other)


def run_argv(argv: Sequence[str]) -> None:
    """Run a program to its end; raise CommandError if it is missing, hangs or fails."""
    try:
        result = subprocess.run(  # noqa: S603 - fixed words from the tables of this file
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=ARGV_TIMEOUT_S, check=False
        )
    except FileNotFoundError:
        raise CommandError("not_found", f"{argv[0]} is not on this machine.") from None
    except subprocess.TimeoutExpired:
        raise CommandError("timeout", f"{argv[0]} did not end within {ARGV_TIMEOUT_S} s.") from None
    except OSError as error:
        raise CommandError("error", f"{argv[0]} could not be started: {error.strerror}.") from error
    if result.returncode:
        output = (result.stderr or result.stdout).decode("utf-8", "replace").strip()[:200]
        raise CommandError("exit_code", f"{argv[0]} ended with code {result.returncode}: {output or 'no output'}")


class LinuxPower(NamedTuple):
    """Power commands by logind over D-Bus, or by systemctl without logind as root."""

    dbus_call: DBusCall
    execute_argv: ExecuteArgv
    booted: Path = Path("/run/systemd/system")
    """Folder that exists where systemd is process 1."""
    systemctl: Path = Path("/usr/bin/systemctl")

    def permission(self, command: str) -> Permission:
        """Ask logind, as the agent's own user."""
        try:
            answer = dbus.single(self.dbus_call(*LOGIND, f"Can{LOGIND_MEMBERS[command]}"), str)
        except DBusError as error:
            return self._without_logind() if error.name in NO_LOGIND else Permission(False, f"logind: {error}.")
        if answer == "yes":
            return Permission(True, "logind allows it.")
        if answer == "na":
            return Permission(False, f"According to logind this machine cannot {command}.", f"Disable {command}.")
        if inhibitors := self._inhibitors(INHIBITED_BY[command]):
            return Permission(False, f"It is currently blocked by {inhibitors}.", "Wait until that has ended.")
        if answer == "challenge":
            return Permission(False, "logind demands a password, which a service cannot enter.", RULE_REMEDY)
        return Permission(False, f"logind answers {answer!r}: user id {os.geteuid()} is not permitted.", RULE_REMEDY)

    def execute(self, command: str) -> None:
        """Call logind without interactive authorization; raises CommandError if it refuses."""
        try:
            self.dbus_call(*LOGIND, LOGIND_MEMBERS[command], "b", False)
        except DBusError as error:
            if error.name not in NO_LOGIND:
                reason = FAILED_REASONS.get(error.name, "error")
                raise CommandError(reason, f"logind did not {command}: {error}") from error
            permission = self._without_logind()
            if not permission.allowed:
                raise CommandError("not_permitted", f"{permission.detail} {permission.remedy}") from error
            verb = "poweroff" if command == "shutdown" else command
            self.execute_argv((str(self.systemctl), verb))

    def _without_logind(self) -> Permission:
        if not self.booted.is_dir():
            remedy = "Power commands need logind; a container has none: run the agent on the machine itself."
            return Permission(False, "There is no logind, and systemd does not run here.", remedy)
        if os.geteuid() != 0:
            remedy = "Install and start D-Bus and systemd-logind (packages dbus and libpam-systemd)."
            return Permission(False, "logind does not answer on the D-Bus system bus.", remedy)
        if not self.systemctl.exists():
            return Permission(False, f"There is no logind and no {self.systemctl}.", "Install systemd-logind.")
        return Permission(True, "There is no logind; systemctl is used, as root.")

    def _inhibitors(self, what: str) -> str:
        """Return the inhibitors of the command with their reasons, e.g. a running package upgrade; empty for none."""
        try:
            inhibitors = dbus.rows(self.dbus_call(*LOGIND, "ListInhibitors"), str, str, str, str)
        except DBusError:
            return ""
        blocking = [f"{who} ({why})" for kinds, who, why, mode, *_ in inhibitors if _blocks(kinds, mode, what)]
        return ", ".join(blocking)


class ProgramPower(NamedTuple):
    """Power commands by programs of the operating system, by absolute path."""

    programs: Mapping[str, tuple[str, ...]]
    execute_argv: ExecuteArgv
    needs_root: tuple[str, ...] = ()

    def permission(self, command: str) -> Permission:
        """Return whether the program exists and the agent runs as the required user."""
        program = self.programs[command][0]
        if not Path(program).exists():
            return Permission(False, f"{program} is not on this machine.", f"Disable {command}.")
        if command in self.needs_root and os.geteuid() != 0:
            return Permission(False, f"{program} requires root.", "Run the agent as a system service (LaunchDaemon).")
        return Permission(True, f"{program} is used.")

    def execute(self, command: str) -> None:
        """Run the program; raise CommandError if it fails."""
        self.execute_argv(self.programs[command])


class UnknownPower(NamedTuple):
    """Power commands of an unknown operating system: none."""

    system: str

    def permission(self, command: str) -> Permission:
        """Return a refusal."""
        return Permission(
            False, f"How to {command} {self.system or 'this system'} is not known.", f"Disable {command}."
        )

    def execute(self, command: str) -> None:
        """Raise CommandError."""
        raise CommandError("not_permitted", self.permission(command).detail)


def _darwin_programs() -> dict[str, tuple[str, ...]]:
    return {
        "shutdown": ("/sbin/shutdown", "-h", "now"),
        "reboot": ("/sbin/shutdown", "-r", "now"),
        "suspend": ("/usr/bin/pmset", "sleepnow"),
    }


def _windows_programs() -> dict[str, tuple[str, ...]]:
    shutdown = os.environ.get("SYSTEMROOT", r"C:\Windows") + r"\System32\shutdown.exe"
    # /f: otherwise one unsaved document keeps the machine on after its shutdown was announced.
    return {
        "shutdown": (shutdown, "/s", "/f", "/t", "0"),
        "reboot": (shutdown, "/r", "/f", "/t", "0"),
        "suspend": (sys.executable, "-c", WINDOWS_SUSPEND),
    }


def _blocks(kinds: str, mode: str, what: str) -> bool:
    return mode.startswith("block") and what in kinds.split(":")
