"""The load average: how many tasks ran or waited to run."""

from collections.abc import Iterator
import os
from pathlib import Path

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError, NoDataError

LOADS = (
    SensorDescription(
        key="load_1m",
        name="Load (1 min)",
        state_class="measurement",
        icon="mdi:gauge",
        display_precision=1,
        decimals=2,
        dead_band=0.3,
    ),
    SensorDescription(
        key="load_5m",
        name="Load (5 min)",
        state_class="measurement",
        icon="mdi:gauge",
        enabled=False,
        display_precision=1,
        decimals=2,
        dead_band=0.2,
    ),
    SensorDescription(
        key="load_15m",
        name="Load (15 min)",
        state_class="measurement",
        icon="mdi:gauge",
        enabled=False,
        display_precision=1,
        decimals=2,
        dead_band=0.1,
    ),
)


class Load:
    """Reads the three averages."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read. Raises NoDataError on Windows, which has no load average."""
        return map(Reading, LOADS, _portable_loads() if self._root is None else _linux_loads(self._root))


def _linux_loads(root: Path) -> tuple[float, ...]:
    text = (root / "proc/loadavg").read_text(encoding="utf-8", errors="replace")
    try:
        one, five, fifteen = (float(field) for field in text.split()[:3])
    except ValueError:
        raise CollectorError(f"/proc/loadavg: expected three numbers, found {text[:60]!r}") from None
    return one, five, fifteen


def _portable_loads() -> tuple[float, ...]:
    if not hasattr(os, "getloadavg"):
        raise NoDataError("this system has no load average")
    return os.getloadavg()


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Load()
