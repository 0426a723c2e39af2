"""How much goes through the network, in both directions."""

from collections.abc import Callable, Iterator
from pathlib import Path
import re
import time
from typing import NamedTuple

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.keys import is_wanted, unique_slugs
from iotbridge_agent.collectors.linux import ROOT, entries, read_number
from iotbridge_agent.config import CollectorConfig, Config
from iotbridge_agent.errors import NoDataError

MEGABYTE = 1_000_000
MIN_WINDOW_S = 1.0  # in a shorter time the agent's own messages are what would be measured

# A container's only interface is called eth0 and belongs to no device.
OF_CONTAINER = re.compile(r"(eth|venet)\d+")
NOT_REAL = re.compile(
    r"(lo|utun|awdl|llw|bridge|anpi|ap|gif|stf|ipsec|tun|tap|veth|vmnet|docker|loopback|isatap|teredo|local area)",
    re.IGNORECASE,
)


class Traffic(NamedTuple):
    """Bytes, or megabytes in a second, in each direction."""

    down: float
    up: float


class Network:
    """Reads the rate since the last call: of all real interfaces and, where there are several, of each."""

    def __init__(
        self, settings: CollectorConfig, root: Path | None = ROOT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._root = root
        self._clock = clock
        self._before: dict[str, Traffic] = {}
        self._time: float | None = None
        self._rates: dict[str, Traffic | None] = {}

    def collect(self) -> Iterator[Reading]:
        """Read; rates are None the first time. Raises NoDataError when there is no real interface."""
        self._update()
        if not self._rates:
            raise NoDataError("this machine has no network interface")
        known = [rate for rate in self._rates.values() if rate]
        total = Traffic(sum(rate.down for rate in known), sum(rate.up for rate in known)) if known else None
        yield from _readings("", "", total)
        if len(self._rates) > 1:
            slugs = unique_slugs(self._rates)
            for name, rate in self._rates.items():
                yield from _readings(name, f"_{slugs[name]}", rate)

    def _update(self) -> None:
        now = self._clock()
        elapsed = None if self._time is None else now - self._time
        if elapsed is not None and elapsed < MIN_WINDOW_S and self._rates:
            return
        counters = {
            name: traffic
            for name, (real, traffic) in (_portable() if self._root is None else _linux(self._root)).items()
            if is_wanted(name, self._settings.include, self._settings.exclude, default=real)
        }
        self._rates = {name: _rate(self._before.get(name), traffic, elapsed) for name, traffic in counters.items()}
        self._before, self._time = counters, now


def _rate(before: Traffic | None, now: Traffic, elapsed_s: float | None) -> Traffic | None:
    # Counters go back when a driver is loaded again and, where they have 32 bits, every 4 GB.
    if before is None or not elapsed_s or now.down < before.down or now.up < before.up:
        return None
    scale = elapsed_s * MEGABYTE
    return Traffic((now.down - before.down) / scale, (now.up - before.up) / scale)


def _readings(interface: str, suffix: str, rate: Traffic | None) -> Iterator[Reading]:
    placeholders = {"interface": interface} if interface else {}
    down = SensorDescription(
        key=f"network_down{suffix}",
        name="Network download {interface}" if interface else "Network download",
        placeholders=placeholders,
        unit="MB/s",
        device_class="data_rate",
        state_class="measurement",
        icon="mdi:download-network",
        enabled=not interface,
        display_precision=2,
        decimals=2,
        dead_band=0.05,
    )
    up = SensorDescription(
        key=f"network_up{suffix}",
        name="Network upload {interface}" if interface else "Network upload",
        placeholders=placeholders,
        unit="MB/s",
        device_class="data_rate",
        state_class="measurement",
        icon="mdi:upload-network",
        enabled=not interface,
        display_precision=2,
        decimals=2,
        dead_band=0.05,
    )
    yield Reading(down, rate.down if rate else None)
    yield Reading(up, rate.up if rate else None)


def _linux(root: Path) -> dict[str, tuple[bool, Traffic]]:
    """Return whether it is real, and the bytes so far, by interface. Bonds and bridges repeat their members."""
    interfaces = {}
    for folder in entries(root / "sys/class/net"):
        down = read_number(folder / "statistics/rx_bytes")
        up = read_number(folder / "statistics/tx_bytes")
        if down is not None and up is not None:
            real = (folder / "device").exists() or bool(OF_CONTAINER.fullmatch(folder.name))
            interfaces[folder.name] = (real, Traffic(down, up))
    return interfaces


def _portable() -> dict[str, tuple[bool, Traffic]]:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    return {
        name: (not NOT_REAL.match(name), Traffic(counters.bytes_recv, counters.bytes_sent))
        for name, counters in sorted(psutil.net_io_counters(pernic=True).items())
    }


def create(config: Config) -> Collector:
    """Make the collector."""
    return Network(config.collector("network"))
