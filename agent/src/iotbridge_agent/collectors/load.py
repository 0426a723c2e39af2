"""The load average: how many tasks ran or waited to run."""

from collections.abc import Iterator

import psutil

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config

LOADS = (
    SensorDescription(
        key="load_1m",
        name="Load (1 min)",
        state_class="measurement",
        icon="mdi:gauge",
        display_precision=1,
        decimals=1,
        dead_band=0.3,
    ),
    SensorDescription(
        key="load_5m",
        name="Load (5 min)",
        state_class="measurement",
        icon="mdi:gauge",
        enabled=False,
        display_precision=1,
        decimals=1,
        dead_band=0.2,
    ),
    SensorDescription(
        key="load_15m",
        name="Load (15 min)",
        state_class="measurement",
        icon="mdi:gauge",
        enabled=False,
        display_precision=1,
        decimals=1,
        dead_band=0.1,
    ),
)


class Load:
    """Reads the three averages; psutil imitates them on Windows, from the first reading on."""

    def collect(self) -> Iterator[Reading]:
        """Read."""
        return map(Reading, LOADS, psutil.getloadavg())


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Load()
