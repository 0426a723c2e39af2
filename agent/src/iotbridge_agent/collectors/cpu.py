"""How busy the processor is."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import re
import time

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT, read_number
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError

# In a shorter time the agent's own work is what would be measured; a `status` command asks at any moment.
MIN_WINDOW_S = 1.0
# user nice system idle iowait irq softirq steal; what follows (guests) is counted in user already
TIMES = re.compile(r"cpu( +\d{1,20}){5,}\s*")

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
    """Reads usage since the last call, number of cores and mean frequency."""

    def __init__(self, root: Path | None = ROOT, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._clock = clock
        self._before: tuple[float, float, float] | None = None
        self._usage: float | None = None

    def collect(self) -> Iterator[Reading]:
        """Read; usage is None the first time. Raises CollectorError when /proc/stat makes no sense."""
        yield Reading(USAGE, self._read_usage())
        yield Reading(COUNT, os.cpu_count())
        frequency = _portable_frequency() if self._root is None else _linux_frequency(self._root)
        if frequency is not None:
            yield Reading(FREQUENCY, frequency)

    def _read_usage(self) -> float | None:
        now = self._clock()
        if self._before and now - self._before[0] < MIN_WINDOW_S:
            return self._usage
        busy, total = _portable_times() if self._root is None else _linux_times(self._root)
        if self._before:
            self._usage = _percent(busy - self._before[1], total - self._before[2])
        self._before = (now, busy, total)
        return self._usage


def _percent(busy: float, total: float) -> float | None:
    if total <= 0:  # the counters went back: a core was switched off, or a container moved
        return None
    return min(100.0, max(0.0, 100.0 * busy / total))


def _linux_times(root: Path) -> tuple[float, float]:
    line = (root / "proc/stat").read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]
    if not TIMES.fullmatch(line):
        raise CollectorError(f"/proc/stat: expected a line 'cpu' and its times, found {line[:60]!r}")
    times = [int(field) for field in line.split()[1:9]]
    total = sum(times)
    return total - times[3] - times[4], total


def _portable_times() -> tuple[float, float]:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    times = psutil.cpu_times()
    total = float(sum(times))
    return total - times.idle, total


def _linux_frequency(root: Path) -> float | None:
    files = (root / "sys/devices/system/cpu/cpufreq").glob("policy*/scaling_cur_freq")
    kilohertz = [value for value in map(read_number, files) if value]
    return sum(kilohertz) / len(kilohertz) / 1000 if kilohertz else None


def _portable_frequency() -> float | None:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    try:
        frequency = psutil.cpu_freq()
    except (OSError, NotImplementedError):  # Apple's M processors do not tell
        return None
    return frequency.current if frequency else None


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Cpu()
