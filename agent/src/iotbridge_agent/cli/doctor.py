"""Subcommand `doctor`: checks the agent's environment, and suggests remedies."""

from collections.abc import Callable, Iterable, Iterator, Sequence
import ctypes
import os
from pathlib import Path
import platform
import stat
import subprocess
import sys
import tomllib

from iotbridge_agent.cli import notice_units
from iotbridge_agent.cli.doctor_broker import Finding, Level, examine_broker
from iotbridge_agent.cli.service import NAME, RULE, STATE_DIR, UNIT, rule_text
from iotbridge_agent.cli.terminal import Colour, coloured, write_line
from iotbridge_agent.collector import CollectorSpec
from iotbridge_agent.collectors import specs_for
from iotbridge_agent.commands.base import PowerBackend
from iotbridge_agent.commands.notice import ADDRESS
from iotbridge_agent.commands.power import DBusCall, system_backend
from iotbridge_agent.config import Config, load_config
from iotbridge_agent.errors import AgentError, NoDataError
from iotbridge_agent.event_loop import DaemonExecutor
from iotbridge_agent.protocol.messages import Card
from iotbridge_agent.start_order import StartOrder
from iotbridge_agent.system import dbus
from iotbridge_agent.system.dbus import DBusError
from iotbridge_agent.system.logind import Logind
from iotbridge_agent.system.network_cards import read_cards, wired_networks
from iotbridge_agent.system.sessions import has_logind, read_sessions
from iotbridge_agent.system.shutdown_jobs import SYSTEMD

SECRET_KEYS = ("password_file", "psk_file", "client_key")
NOT_SYNCHRONISED = 5
"""Return value TIME_ERROR of adjtimex(2), for a clock that is not synchronised."""
COLOURS: dict[Level, Colour] = {"ok": "green", "note": "yellow", "bad": "red"}
ARMING = (
    "`sudo ethtool -s {card.name} wol g` arms it until the next start. For good: in NetworkManager `nmcli connection "
    "modify NAME 802-3-ethernet.wake-on-lan magic`, else `WakeOnLan=magic` in the systemd.link file of the card. Wake "
    "on LAN must also be enabled in the firmware (BIOS, UEFI)."
)
REINSTALL = "Run `sudo iotbridge-agent service install` again."


def main(path: Path, *, user: str = NAME, unit: Path = Path(UNIT), call: Callable[..., int] = subprocess.call) -> int:
    """Run all checks; return 0 if all pass and 1 for a problem."""
    if unit.exists() and (code := run_as(user, STATE_DIR, path, ["doctor"], call)) is not None:
        return code
    config = load_config(path)
    return report(examine(path, config, power=system_backend(), dbus_call=dbus.call, unit=unit))


def run_as(
    user: str, state_dir: str, path: Path, arguments: Sequence[str], call: Callable[..., int] = subprocess.call
) -> int | None:
    """Run the checks as a service's user and return their exit code; None if this is not root, or without that user.

    As root every access succeeds and proves nothing.
    """
    if not _is_root() or (identity := _identity(user)) is None:
        return None
    write_line(f"Checks run as the service's user {user}.\n")
    environ = {**os.environ, "STATE_DIRECTORY": state_dir, "HOME": state_dir}
    argv = (sys.executable, "-m", "iotbridge_agent", "--config", str(path.absolute()), *arguments)
    return call(argv, env=environ, cwd="/", **identity)


def report(findings: Iterable[Finding]) -> int:
    """Print the findings as they arrive; return the exit code."""
    counts: dict[Level, int] = {"ok": 0, "note": 0, "bad": 0}
    for finding in findings:
        counts[finding.level] += 1
        write_line(finding_line(finding))
    write_line()
    write_line(f"Problems: {counts['bad']}, notes: {counts['note']}, ok: {counts['ok']}.")
    return 1 if counts["bad"] else 0


def finding_line(finding: Finding) -> str:
    """Return a finding as one line, or as two with its remedy."""
    level = coloured(f"{finding.level:<5}", COLOURS[finding.level], sys.stdout)
    line = f"{level} {finding.what:<18} {finding.detail}"
    return f"{line}\n{'':<25}-> {finding.remedy}" if finding.remedy else line


def examine(
    path: Path,
    config: Config,
    *,
    power: PowerBackend,
    dbus_call: DBusCall,
    unit: Path = Path(UNIT),
    rule: Path = Path(RULE),
) -> Iterator[Finding]:
    """Yield the findings about this agent; blocks for seconds."""
    yield from examine_files(path)
    yield from examine_state(config)
    yield from examine_broker(config)
    yield from examine_power(config, power, rule if unit.exists() else None)
    yield examine_sleep()
    yield from examine_cards(config)
    yield from examine_notice(config)
    yield from examine_start_order(config)
    yield from examine_service(unit, dbus_call)
    yield examine_clock()
    yield from examine_collectors(config)


def examine_files(path: Path, *tables: str) -> Iterator[Finding]:
    """Check the access rights of the configuration and the secrets that its tables name (default: the broker's)."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    yield Finding("ok", "configuration", f"{path} is valid.")
    values = [document.get(table, {}).get(key) for table in tables or ("broker",) for key in SECRET_KEYS]
    named = [Path(value).expanduser() for value in values if isinstance(value, str)]
    for file in (path, *named):
        mode = stat.S_IMODE(file.stat().st_mode)
        if os.name != "nt" and mode & 0o027:
            remedy = f"chmod {'640' if mode & stat.S_IRGRP else '600'} {file}"
            yield Finding("bad", "configuration", f"{file} has mode {mode:o}: others can read or change it.", remedy)


def examine_state(config: Config) -> Iterator[Finding]:
    """Check whether the agent can store command ids for the next start."""
    folder = config.state_dir
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        yield Finding("ok", "state folder", f"{folder} is writable.")
    else:
        remedy = "Make the agent's user its owner, or set another folder with agent.state_dir."
        yield Finding("bad", "state folder", f"{folder} cannot be written, so commands would be refused.", remedy)


def examine_power(config: Config, power: PowerBackend, rule: Path | None) -> Iterator[Finding]:
    """Ask the system for each power command; ``rule``: the polkit rule of an installed service."""
    if not config.power:
        yield Finding("ok", "power", "No power command is enabled in [commands].")
    if config.dry_run and config.power:
        yield Finding("note", "power", "dry_run is on: commands are answered, but not carried out.")
    for command in config.power:
        permission = power.permission(command)
        level: Level = "ok" if permission.allowed else "bad"
        yield Finding(level, command, permission.detail, permission.remedy)
    if rule and (config.power or config.startable_units):
        yield _examine_rule(rule, rule_text(config.power, config.startable_units))


def examine_sleep() -> Finding:
    """Check whether the agent will be told before this machine sleeps, and may delay that for its last message."""
    lost = "When something else than a command of IoT Bridge suspends this machine, it becomes lost"
    if platform.system() != "Linux":
        return Finding("note", "sleep", f"not noticed on {platform.system()}. {lost}.")
    try:
        logind = Logind()
    except DBusError as error:
        return Finding(
            "note",
            "sleep",
            f"not noticed ({error}). {lost}.",
            "Install systemd-logind or elogind; a container has none.",
        )
    try:
        logind.lock()
    except DBusError as error:
        remedy = "Install polkit (package polkitd): by its defaults every user may delay sleep."
        return Finding("note", "sleep", f"noticed, but logind does not wait ({error}). {lost} now and then.", remedy)
    finally:
        logind.close()
    return Finding("ok", "sleep", f"noticed; logind waits up to {logind.delay_s:g} s until the broker knows.")


def _examine_rule(rule: Path, wanted: str) -> Finding:
    try:
        text = rule.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Finding("bad", "polkit rule", f"{rule} is missing.", REINSTALL)
    except PermissionError:
        # polkit's folder is not readable on some systems; the answer of logind above is decisive.
        return Finding("note", "polkit rule", f"{rule} cannot be read by this user.")
    if text != wanted:
        return Finding("bad", "polkit rule", f"{rule} does not match the enabled commands.", REINSTALL)
    return Finding("ok", "polkit rule", f"{rule} allows exactly the enabled commands.")


def examine_cards(config: Config) -> Iterator[Finding]:
    """Check which wired network cards can wake this machine, and where it may wake others."""
    try:
        cards = read_cards()
        networks = wired_networks()
    except OSError as error:
        yield Finding("note", "wake on LAN", f"The network cards could not be read: {error.strerror or error}.")
        return
    if not cards:
        yield Finding("ok", "wake on LAN", "There is no wired network card; magic packets cannot wake this machine.")
    for card in cards:
        yield _examine_card(card)
    if config.wake:
        detail = f"sends magic packets to {', '.join(network.broadcast for network in networks) or 'no network'}."
        remedy = "" if networks else "It needs a wired network card with an IPv4 address; or set commands.wake = false."
        yield Finding("ok" if networks else "bad", "wake", detail, remedy)


def _examine_card(card: Card) -> Finding:
    name = f"{card.name} ({card.mac})"
    if card.wake:
        return Finding("ok", "wake on LAN", f"{name} is wired and armed: magic packets can wake this machine.")
    if card.wake is None:
        sentence = f"{name} is wired; this user cannot see if it is armed for magic packets."
        return Finding("note", "wake on LAN", sentence, f"`sudo ethtool {card.name}` shows `Wake-on: g` if it is.")
    sentence = f"{name} is wired and not armed: magic packets cannot wake this machine."
    return Finding("note", "wake on LAN", sentence, ARMING.format(card=card))


def examine_notice(config: Config, root: Path = Path("/")) -> Iterator[Finding]:
    """Check whether notices reach the people who are logged in now."""
    if not config.notice:
        return
    if platform.system() != "Linux" or not has_logind():
        yield Finding("bad", "notice", "needs Linux with systemd.", "Set commands.notice = false.")
        return
    if not all((root / path.lstrip("/")).exists() for path in notice_units.FILES):
        yield Finding("bad", "notice", "the units that show notices are not installed.", REINSTALL)
        return
    people = {session.uid for session in read_sessions()}
    listening = (root / "proc/net/unix").read_text(encoding="utf-8", errors="replace").split()
    reached = sum(ADDRESS.format(uid=uid).replace("\0", "@") in listening for uid in people)
    if reached == len(people):
        yield Finding("ok", "notice", f"can be shown; people who are logged in: {len(people)}.")
    else:
        sentence = f"reaches {reached} of {len(people)} people who are logged in."
        yield Finding("note", "notice", sentence, "The others see notices after their next login.")


def examine_start_order(config: Config) -> Iterator[Finding]:
    """Check each service of the start order; a service that does not run may be about to start."""
    order = StartOrder.of(config)
    for service in order.services:
        try:
            state = order.state(service)
        except AgentError as error:
            remedy = "For containers, the agent's user needs access to the engine's socket; for units, a system bus."
            yield Finding("bad", "start order", f"{service.name}: {error}.", remedy)
            continue
        if state == "missing":
            sentence = f"{service.name}: there is no {service.kind} {service.target}."
            yield Finding("bad", "start order", sentence, "Correct its name in [[start_order]].")
        else:
            proof = f" (proof: {service.proof.target})" if service.proof else ""
            yield Finding("ok" if state == "running" else "note", "start order", f"{service.name} is {state}{proof}.")


def examine_service(unit: Path, dbus_call: DBusCall) -> Iterator[Finding]:
    """Check whether the systemd service is installed, active, and enabled at boot."""
    if platform.system() != "Linux" or not unit.exists():
        yield Finding(
            "note", "service", "not installed.", "`sudo iotbridge-agent service install` (Linux with systemd)."
        )
        return
    try:
        (object_path,) = dbus_call(*SYSTEMD, "LoadUnit", "s", unit.name)
        properties = (SYSTEMD[0], object_path, "org.freedesktop.DBus.Properties", "Get", "ss")
        (state,) = dbus_call(*properties, "org.freedesktop.systemd1.Unit", "ActiveState")
        (at_boot,) = dbus_call(*properties, "org.freedesktop.systemd1.Unit", "UnitFileState")
    except DBusError as error:
        yield Finding("note", "service", f"installed; systemd does not report its state ({error}).")
        return
    if state == "active":
        yield Finding("ok", "service", "running.")
    else:
        yield Finding(
            "bad", "service", f"{state}.", f"`sudo systemctl restart {NAME}`; `journalctl -u {NAME}` shows the reason."
        )
    if at_boot == "enabled":
        yield Finding("ok", "service", "starts at boot.")
    else:
        yield Finding("bad", "service", f"{at_boot}: it will not start at boot.", f"`sudo systemctl enable {NAME}`")


def examine_clock() -> Finding:
    """Check whether the kernel's clock is synchronised.

    MQTT carries no time of day, so the broker's clock is unknown here. With a wrong clock the agent refuses all
    commands but ping and status as expired.
    """
    if platform.system() != "Linux":
        return Finding("note", "clock", f"not checked on {platform.system()}; commands older than 30 s are refused.")
    # A zeroed struct timex reads the state and sets nothing.
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    if answer == NOT_SYNCHRONISED:
        sentence = "The clock is not synchronized; when it is 30 s off, the agent refuses commands as expired."
        return Finding("note", "clock", sentence, "Enable systemd-timesyncd or chrony: `timedatectl set-ntp true`.")
    if answer < 0:
        return Finding("note", "clock", f"The kernel does not report it ({os.strerror(ctypes.get_errno())}).")
    return Finding("ok", "clock", "synchronized by NTP.")


def examine_collectors(config: Config) -> Iterator[Finding]:
    """Run every enabled collector once."""
    executor = DaemonExecutor()
    for spec in specs_for(config):
        yield _examine_collector(spec, config, executor)


def _examine_collector(spec: CollectorSpec, config: Config, executor: DaemonExecutor) -> Finding:
    future = executor.submit(lambda: list(spec.create(config).collect()))
    try:
        error = future.exception(timeout=spec.timeout_s)
    except TimeoutError:
        remedy = f"Increase collectors.{spec.name}.timeout_s, or disable the collector."
        return Finding("bad", spec.name, f"no answer within {spec.timeout_s:g} s.", remedy)
    if isinstance(error, NoDataError):
        return Finding("ok", spec.name, f"not available ({error}).")
    if error is not None:
        remedy = f"Fix the cause, or disable the collector: collectors.{spec.name}.enabled = false."
        return Finding("bad", spec.name, f"fails: {str(error) or type(error).__name__}", remedy)
    return Finding("ok", spec.name, f"readings: {len(future.result())}.")


def _is_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def _identity(user: str) -> dict[str, object] | None:
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": os.getgrouplist(user, entry.pw_gid)}
