"""How many processes there are."""

from collections.abc import Iterator
from pathlib import Path

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT, entries
from iotbridge_agent.config import Config

COUNT = SensorDescription(
    key="process_count",
    name="Processes",
    state_class="measurement",
    category="diagnostic",
    icon="mdi:format-list-numbered",
    enabled=False,
    decimals=0,
    dead_band=10.0,
)


class Processes:
    """Counts the processes the agent may see."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read."""
        yield Reading(COUNT, _portable_count() if self._root is None else _linux_count(self._root))


def _linux_count(root: Path) -> int:
    return sum(entry.name.isdecimal() for entry in entries(root / "proc"))


def _portable_count() -> int:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    return len(psutil.pids())


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Processes()
