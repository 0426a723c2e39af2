"""Usage of the swap space."""

from collections.abc import Iterator

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.errors import NoDataError

PERCENT = SensorDescription(
    key="swap_percent",
    name="Swap usage",
    unit="%",
    state_class="measurement",
    icon="mdi:swap-horizontal",
    display_precision=0,
    decimals=1,
    dead_band=2.0,
)


class Swap:
    """Collector of the used share of the swap space."""

    def collect(self) -> Iterator[Reading]:
        """Yield the reading; raises NoDataError without swap."""
        swap = psutil.swap_memory()
        if swap.total == 0:
            raise NoDataError("this machine has no swap space")
        yield Reading(PERCENT, 100.0 * swap.used / swap.total)


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Swap()
