"""How much of the main memory is in use."""

from collections.abc import Iterator
from pathlib import Path

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError

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
    decimals=2,
    dead_band=0.1,
)
AVAILABLE = SensorDescription(
    key="memory_available",
    name="Memory available",
    unit="GiB",
    device_class="data_size",
    state_class="measurement",
    icon="mdi:memory",
    enabled=False,
    display_precision=1,
    decimals=2,
    dead_band=0.1,
)


class Memory:
    """Reads what programs could still get, and the rest as used: the page cache is not in use."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read. Raises CollectorError when /proc/meminfo makes no sense."""
        total, available = _portable_memory() if self._root is None else _linux_memory(self._root)
        used = total - available
        yield Reading(PERCENT, 100.0 * used / total)
        yield Reading(USED, used / GIB)
        yield Reading(AVAILABLE, available / GIB)


def read_meminfo(root: Path) -> dict[str, int]:
    """Return /proc/meminfo as bytes by name; lines that are no such thing are left out."""
    sizes = {}
    for line in (root / "proc/meminfo").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, rest = line.partition(":")
        number = rest.removesuffix("kB").strip()
        if number.isdecimal():
            sizes[name] = int(number) * 1024
    return sizes


def _linux_memory(root: Path) -> tuple[int, int]:
    sizes = read_meminfo(root)
    total, available = sizes.get("MemTotal", 0), sizes.get("MemAvailable", -1)
    if not 0 <= available <= total or total == 0:
        raise CollectorError("/proc/meminfo: expected MemTotal and MemAvailable in kB, and the second not the larger")
    return total, available


def _portable_memory() -> tuple[int, int]:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    memory = psutil.virtual_memory()
    return memory.total, memory.available


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Memory()
