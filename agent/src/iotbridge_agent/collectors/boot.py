"""When the machine was started."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
import re

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError

# The kernel computes the time of boot from the clock of now, so it wobbles with every correction of the clock. A
# larger change is real: a machine without a battery for its clock learns the date some time after it started.
TOLERANCE_S = 60.0

BOOT_TIME = SensorDescription(key="boot_time", name="Last boot", device_class="uptime")


class Boot:
    """Reads the time of boot once, and again when the clock turns out to have been wrong."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root
        self._booted: float | None = None

    def collect(self) -> Iterator[Reading]:
        """Read. Raises CollectorError when /proc/stat has no time of boot."""
        booted = _portable_boot() if self._root is None else _linux_boot(self._root)
        if self._booted is None or abs(booted - self._booted) > TOLERANCE_S:
            self._booted = booted
        yield Reading(BOOT_TIME, datetime.fromtimestamp(round(self._booted), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _linux_boot(root: Path) -> float:
    for line in (root / "proc/stat").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, seconds = line.partition(" ")
        if name == "btime" and re.fullmatch(r"\d{1,11}", seconds):
            return float(seconds)
    raise CollectorError("/proc/stat: expected a line 'btime' and seconds")


def _portable_boot() -> float:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    return psutil.boot_time()


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Boot()
