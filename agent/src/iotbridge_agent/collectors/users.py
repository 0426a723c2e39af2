"""How many sessions people have open on the machine."""

from collections.abc import Iterator
from pathlib import Path

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT, entries
from iotbridge_agent.config import Config
from iotbridge_agent.errors import NoDataError

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
    """Counts the people who are logged in, each once."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read. Raises NoDataError on a Linux without logind."""
        yield Reading(COUNT, _portable_count() if self._root is None else _linux_count(self._root))


def _linux_count(root: Path) -> int:
    """Count from logind's files, as its own library does: utmp ends with 2038, and distributions drop it now."""
    folder = root / "run/systemd/sessions"
    if not folder.is_dir():
        raise NoDataError("systemd-logind does not run here")
    sessions = [_read_session(path) for path in entries(folder) if not path.name.endswith(".ref")]
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
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    return len({user.name for user in psutil.users()})


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Users()
