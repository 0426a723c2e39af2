"""Units of systemd in the session of each person, which show notices there with the rights of that person."""

from collections.abc import Callable
from pathlib import Path

from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.commands.notice import ADDRESS
from iotbridge_agent.commands.power import ExecuteArgv
from iotbridge_agent.system import sessions

NAME = "iotbridge-notice"
SOCKET, SERVICE = FILES = (f"/etc/systemd/user/{NAME}.socket", f"/etc/systemd/user/{NAME}@.service")

SOCKET_TEXT = """\
# Written by `iotbridge-agent service install`: listens in the session of each person for notices of the agent.
[Unit]
Description=Notices of Home Assistant on the screens of this user

[Socket]
ListenStream={address}
Accept=yes
MaxConnections=4

[Install]
WantedBy=sockets.target
"""

SERVICE_TEXT = """\
# Written by `iotbridge-agent service install`: shows one notice of the agent, and ends.
[Unit]
Description=Notice of Home Assistant on the screens of this user
CollectMode=inactive-or-failed

[Service]
ExecStart={python} -P -m iotbridge_agent notice
StandardInput=socket
StandardOutput=journal
StandardError=journal
RuntimeMaxSec=20
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX
SystemCallArchitectures=native
"""


def files(python: str) -> dict[str, str]:
    """Return the units, by absolute path; ``python`` is a word of a unit file."""
    address = ADDRESS.replace("\0", "@").format(uid="%U")
    return {SOCKET: SOCKET_TEXT.format(address=address), SERVICE: SERVICE_TEXT.format(python=python)}


def start(run: ExecuteArgv, write_line: Callable[[str], None]) -> None:
    """Listen in the sessions to come and, where systemd allows it, in those there are."""
    run(("systemctl", "--global", "enable", f"{NAME}.socket"))
    for person in _people():
        try:
            for words in (("daemon-reload",), ("start", f"{NAME}.socket")):
                run(("systemctl", "--user", f"--machine={person}@.host", *words))
        except CommandError as error:
            write_line(f"{person} sees notices after the next login ({error})")


def stop(run: ExecuteArgv, path: Callable[[str], Path]) -> None:
    """Listen in no session any more; a session that cannot be reached listens until it ends."""
    if not path(SOCKET).exists():
        return
    run(("systemctl", "--global", "disable", f"{NAME}.socket"))
    for person in _people():
        try:
            run(("systemctl", "--user", f"--machine={person}@.host", "stop", f"{NAME}.socket"))
        except CommandError:
            continue


def _people() -> list[str]:
    """Return the names of the people who are logged in."""
    import pwd  # noqa: PLC0415 - Windows has none

    if not sessions.has_logind():
        return []
    names = []
    for uid in sorted({session.uid for session in sessions.read_sessions()}):
        try:
            names.append(pwd.getpwuid(uid).pw_name)
        except KeyError:
            continue
    return names
