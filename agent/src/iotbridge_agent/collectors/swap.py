"""How much of the swap space is in use, where there is any."""

from collections.abc import Iterator
from pathlib import Path

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT
from iotbridge_agent.collectors.memory import read_meminfo
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError, NoDataError

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
    """Reads the share of the swap space that is in use."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read. Raises NoDataError without swap, CollectorError when /proc/meminfo makes no sense."""
        total, free = _portable_swap() if self._root is None else _linux_swap(self._root)
        if total == 0:
            raise NoDataError("this machine has no swap space")
        yield Reading(PERCENT, 100.0 * (total - free) / total)


def _linux_swap(root: Path) -> tuple[int, int]:
    sizes = read_meminfo(root)
    total, free = sizes.get("SwapTotal", -1), sizes.get("SwapFree", -1)
    if not 0 <= free <= total:
        raise CollectorError("/proc/meminfo: expected SwapTotal and SwapFree in kB, and the second not the larger")
    return total, free


def _portable_swap() -> tuple[int, int]:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    swap = psutil.swap_memory()
    return swap.total, swap.free


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Swap()
