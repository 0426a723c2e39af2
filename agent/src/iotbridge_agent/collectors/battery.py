"""Battery of a laptop."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.errors import NoDataError

if TYPE_CHECKING:
    from psutil._ntuples import sbattery

SUPPLIES = Path("/sys/class/power_supply")

PERCENT = SensorDescription(
    key="battery_percent", name="Battery", unit="%", device_class="battery", state_class="measurement", decimals=0
)
PLUGGED = SensorDescription(key="battery_plugged", name="Power supply", platform="binary_sensor", device_class="plug")
MINUTES = SensorDescription(
    key="battery_minutes",
    name="Battery time left",
    unit="min",
    device_class="duration",
    state_class="measurement",
    category="diagnostic",
    enabled=False,
    decimals=0,
    dead_band=5.0,
)


class Battery:
    """Collector of charge, power supply and time left: None while plugged in or unknown."""

    def __init__(self, supplies: Path = SUPPLIES) -> None:
        self._supplies = supplies

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; raises NoDataError without a battery."""
        battery = None if self._is_of_peripheral() else _read()
        if battery is None:
            raise NoDataError("this machine has no battery")
        # A battery charged up to a limit is neither charging nor full nor discharging: psutil returns None then.
        plugged = battery.power_plugged is not False
        yield Reading(PERCENT, min(100.0, battery.percent))
        yield Reading(PLUGGED, plugged)
        yield Reading(MINUTES, None if plugged or battery.secsleft < 0 else battery.secsleft / 60)

    def _is_of_peripheral(self) -> bool:
        """Return whether psutil's battery is that of a wireless mouse or the like, which only Linux lists."""
        names = [path for path in self._supplies.glob("*") if "battery" in path.name.lower() or path.match("BAT*")]
        scope = min(names, default=self._supplies) / "scope"
        return scope.is_file() and scope.read_text(encoding="ascii").strip() == "Device"


def _read() -> "sbattery | None":
    try:
        return psutil.sensors_battery()
    except FileNotFoundError:  # a kernel built without power supplies
        return None


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Battery()
