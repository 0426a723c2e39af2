"""Number of processes."""

from collections.abc import Iterator

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
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
    """Collector of the number of processes the agent may see."""

    def collect(self) -> Iterator[Reading]:
        """Yield the reading."""
        yield Reading(COUNT, len(psutil.pids()))


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Processes()
