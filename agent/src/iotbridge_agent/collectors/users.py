"""Number of people who are logged in."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config

SESSIONS = Path("/run/systemd/sessions")

COUNT = SensorDescription(
    key="user_count",
    name="Logged-in users",
    state_class="measurement",
    category="diagnostic",
    icon="mdi:account-multiple",
    enabled=False,
    decimals=0,
)


class Users:
    """Collector of the number of logged-in people, each counted once."""

    def __init__(self, sessions: Path = SESSIONS) -> None:
        self._sessions = sessions

    def collect(self) -> Iterator[Reading]:
        """Yield the reading."""
        yield Reading(COUNT, _logind_count(self._sessions) if self._sessions.is_dir() else _portable_count())


def _logind_count(folder: Path) -> int:
    """Count the sessions in logind's files: psutil reads utmp, which Debian 13 and others no longer write."""
    sessions = [_read_session(path) for path in folder.iterdir() if path.suffix != ".ref"]
    return len({session["UID"] for session in sessions if _is_person(session)})


def _read_session(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # closed since the folder was listed
        return {}
    return {key: value for key, equals, value in (line.partition("=") for line in lines) if equals}


def _is_person(session: dict[str, str]) -> bool:
    return "UID" in session and session.get("CLASS", "").startswith("user") and session.get("STATE") != "closing"


def _portable_count() -> int:
    return len({user.name for user in psutil.users()})


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Users()
