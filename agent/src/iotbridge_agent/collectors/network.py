"""Network traffic in both directions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
import re
import sys
import time
from typing import NamedTuple

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import CollectorConfig, Config
from iotbridge_agent.errors import NoDataError
from iotbridge_agent.sensor_keys import is_wanted, unique_slugs

MEGABYTE = 1_000_000
MIN_WINDOW_S = 1.0  # in a shorter time the agent's own messages would dominate

DEVICES = Path("/sys/class/net") if sys.platform == "linux" else None
"""Folder where Linux shows the hardware behind an interface; elsewhere only its name identifies it."""

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
    """Collector of the rate since the last call: the sum of all real interfaces and, if there are several, of each."""

    def __init__(
        self, settings: CollectorConfig, devices: Path | None = DEVICES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._devices = devices
        self._clock = clock
        self._before: dict[str, Traffic] = {}
        self._time: float | None = None
        self._rates: dict[str, Traffic | None] = {}

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; rates are None the first time. Raises NoDataError without a real interface."""
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
        # With nowrap, psutil would invent bytes after a driver was reloaded.
        counters = {
            name: Traffic(counter.bytes_recv, counter.bytes_sent)
            for name, counter in sorted(psutil.net_io_counters(pernic=True, nowrap=False).items())
            if is_wanted(name, self._settings.include, self._settings.exclude, default=_is_real(name, self._devices))
        }
        self._rates = {name: _rate(self._before.get(name), traffic, elapsed) for name, traffic in counters.items()}
        self._before, self._time = counters, now


def _rate(before: Traffic | None, now: Traffic, elapsed_s: float | None) -> Traffic | None:
    # Counters decrease when a driver is reloaded and, if they have 32 bits, every 4 GB.
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
    up = replace(
        down,
        key=f"network_up{suffix}",
        name="Network upload {interface}" if interface else "Network upload",
        icon="mdi:upload-network",
    )
    yield Reading(down, rate.down if rate else None)
    yield Reading(up, rate.up if rate else None)


def _is_real(name: str, devices: Path | None) -> bool:
    """Return whether an interface is hardware. Bonds and bridges count the traffic of their members again."""
    if devices is None:
        return not NOT_REAL.match(name)
    return (devices / name / "device").exists() or bool(OF_CONTAINER.fullmatch(name))


def create(config: Config) -> Collector:
    """Create the collector."""
    return Network(config.collector("network"))
