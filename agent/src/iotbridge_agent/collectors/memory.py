"""Usage of the main memory."""

from collections.abc import Iterator
from dataclasses import replace

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config

GIB = 1024**3

PERCENT = SensorDescription(
    key="memory_percent",
    name="Memory usage",
    unit="%",
    state_class="measurement",
    icon="mdi:memory",
    display_precision=0,
    decimals=1,
    dead_band=1.0,
)
USED = SensorDescription(
    key="memory_used",
    name="Memory used",
    unit="GiB",
    device_class="data_size",
    state_class="measurement",
    icon="mdi:memory",
    enabled=False,
    display_precision=1,
    decimals=1,
    dead_band=0.1,
)
AVAILABLE = replace(USED, key="memory_available", name="Memory available")


class Memory:
    """Collector of the available memory, and of the rest as used: the page cache counts as available."""

    def collect(self) -> Iterator[Reading]:
        """Yield the readings."""
        memory = psutil.virtual_memory()
        used = memory.total - memory.available
        yield Reading(PERCENT, 100.0 * used / memory.total)
        yield Reading(USED, used / GIB)
        yield Reading(AVAILABLE, memory.available / GIB)


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Memory()
