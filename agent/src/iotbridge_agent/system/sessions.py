"""Sessions of the people who are logged in, as systemd-logind lists them.

psutil reads utmp, which Debian 13 and others no longer write.
"""

from pathlib import Path
from typing import NamedTuple

SESSIONS = Path("/run/systemd/sessions")
GRAPHICAL = ("x11", "wayland", "mir")


class LoginSession(NamedTuple):
    """Session of a person."""

    uid: int
    terminal: str
    """Name of the terminal below /dev; empty where logind does not know it, as for SSH without utmp."""
    leader: int | None
    """Process that opened the session."""
    is_graphical: bool


def has_logind(folder: Path | None = None) -> bool:
    """Return whether the sessions of this machine are known."""
    return (folder or SESSIONS).is_dir()


def read_sessions(folder: Path | None = None) -> list[LoginSession]:
    """Return the sessions of people: none of greeters and services."""
    files = [_read_file(path) for path in (folder or SESSIONS).iterdir() if path.suffix != ".ref"]
    return [
        LoginSession(
            uid=int(values["UID"]),
            terminal=values.get("TTY", ""),
            leader=int(leader) if (leader := values.get("LEADER", "")).isdecimal() else None,
            is_graphical=values.get("TYPE") in GRAPHICAL,
        )
        for values in files
        if _is_person(values)
    ]


def _read_file(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # closed since the folder was listed
        return {}
    return {key: value for key, equals, value in (line.partition("=") for line in lines) if equals}


def _is_person(values: dict[str, str]) -> bool:
    is_user = values.get("CLASS", "").startswith("user")
    return is_user and values.get("UID", "").isdecimal() and values.get("STATE") != "closing"
