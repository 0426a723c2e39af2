"""Number of people who are logged in."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.system.sessions import has_logind, read_sessions

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

    def __init__(self, sessions: Path | None = None) -> None:
        self._sessions = sessions

    def collect(self) -> Iterator[Reading]:
        """Yield the reading."""
        if has_logind(self._sessions):
            people: set[int | str] = {session.uid for session in read_sessions(self._sessions)}
        else:
            people = {user.name for user in psutil.users()}
        yield Reading(COUNT, len(people))


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Users()
