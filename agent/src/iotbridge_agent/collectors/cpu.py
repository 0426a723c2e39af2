"""Usage, cores and frequency of the processor."""

from collections.abc import Callable, Iterator
import time

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config

# In a shorter time the agent's own work would dominate; a `status` command may trigger a reading at any moment.
MIN_WINDOW_S = 1.0

USAGE = SensorDescription(
    key="cpu_percent",
    name="CPU usage",
    unit="%",
    state_class="measurement",
    icon="mdi:cpu-64-bit",
    display_precision=0,
    decimals=1,
    dead_band=2.0,
)
COUNT = SensorDescription(
    key="cpu_count",
    name="CPU cores",
    category="diagnostic",
    icon="mdi:cpu-64-bit",
    enabled=False,
)
FREQUENCY = SensorDescription(
    key="cpu_frequency",
    name="CPU frequency",
    unit="MHz",
    device_class="frequency",
    state_class="measurement",
    category="diagnostic",
    enabled=False,
    display_precision=0,
    decimals=0,
    dead_band=100.0,
)


class Cpu:
    """Collector of the usage since the last call, the number of cores and the mean frequency."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before: tuple[float, float, float] | None = None
        self._usage: float | None = None

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; usage is None the first time."""
        yield Reading(USAGE, self._read_usage())
        yield Reading(COUNT, psutil.cpu_count())
        frequency = _frequency()
        if frequency:
            yield Reading(FREQUENCY, frequency)

    def _read_usage(self) -> float | None:
        now = self._clock()
        if self._before and now - self._before[0] < MIN_WINDOW_S:
            return self._usage
        busy, total = _times()
        if self._before:
            self._usage = _percent(busy - self._before[1], total - self._before[2])
        self._before = (now, busy, total)
        return self._usage


def _times() -> tuple[float, float]:
    """Return the busy seconds of all cores, and their total seconds.

    psutil.cpu_percent is no help: it remembers its last look for each thread, and every look has a new thread.
    """
    times = psutil.cpu_times()
    # Linux counts the time of guests twice; a core that waits for a disk counts as idle.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def _percent(busy: float, total: float) -> float | None:
    if total <= 0:  # the counters decreased: a core was switched off, or a container moved
        return None
    return min(100.0, max(0.0, 100.0 * busy / total))


def _frequency() -> float | None:
    try:
        frequency = psutil.cpu_freq()
    except (OSError, ValueError, NotImplementedError):  # not provided by Apple's M processors and some drivers
        return None
    return frequency.current if frequency else None


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Cpu()
