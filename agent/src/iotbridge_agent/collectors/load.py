"""Load average: the number of tasks that run or wait to run."""

from collections.abc import Iterator
from dataclasses import replace

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config

LOAD_1M = SensorDescription(
    key="load_1m",
    name="Load (1 min)",
    state_class="measurement",
    icon="mdi:gauge",
    display_precision=1,
    decimals=1,
    dead_band=0.3,
)
LOAD_5M = replace(LOAD_1M, key="load_5m", name="Load (5 min)", enabled=False, dead_band=0.2)
LOAD_15M = replace(LOAD_1M, key="load_15m", name="Load (15 min)", enabled=False, dead_band=0.1)


class Load:
    """Collector of the three averages; psutil imitates them on Windows, from the first reading on."""

    def collect(self) -> Iterator[Reading]:
        """Return the readings."""
        return map(Reading, (LOAD_1M, LOAD_5M, LOAD_15M), psutil.getloadavg())


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Load()
