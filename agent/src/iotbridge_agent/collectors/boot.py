"""Time of the last boot."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config

# The kernel computes the boot time from the current clock, so it changes slightly with every correction of the clock. A
# larger change is real: a machine without a clock battery gets the date some time after it started.
TOLERANCE_S = 60.0

BOOT_TIME = SensorDescription(key="boot_time", name="Last boot", device_class="uptime")


class Boot:
    """Collector of the boot time: kept from the first reading, replaced after a correction of the clock."""

    def __init__(self) -> None:
        self._booted: float | None = None

    def collect(self) -> Iterator[Reading]:
        """Yield the reading."""
        booted = psutil.boot_time()
        if self._booted is None or abs(booted - self._booted) > TOLERANCE_S:
            self._booted = booted
        yield Reading(BOOT_TIME, datetime.fromtimestamp(round(self._booted), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Boot()
