"""The batteries of a laptop, or of a UPS the kernel knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.linux import ROOT, entries, read_line, read_number
from iotbridge_agent.config import Config
from iotbridge_agent.errors import NoDataError

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


class State(NamedTuple):
    """All batteries taken together."""

    percent: float | None
    plugged: bool | None
    minutes: float | None
    """None while the battery is charged or does not tell."""


class Battery:
    """Reads charge, power supply and time left."""

    def __init__(self, root: Path | None = ROOT) -> None:
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read. Raises NoDataError without a battery."""
        state = _portable_state() if self._root is None else _linux_state(self._root)
        if state is None:
            raise NoDataError("this machine has no battery")
        yield Reading(PERCENT, state.percent)
        yield Reading(PLUGGED, state.plugged)
        yield Reading(MINUTES, state.minutes)


def _linux_state(root: Path) -> State | None:
    supplies = entries(root / "sys/class/power_supply")
    batteries = [supply for supply in supplies if _is_of_machine(supply)]
    if not batteries:
        return None
    mains = [
        read_number(supply / "online")
        for supply in supplies
        if read_line(supply / "type") in ("Mains", "USB") and read_line(supply / "scope") != "Device"
    ]
    states = [read_line(battery / "status") for battery in batteries]
    plugged = any(mains) if any(value is not None for value in mains) else "Discharging" not in states
    return State(_percent(batteries), plugged, None if plugged else _minutes(batteries))


def _is_of_machine(supply: Path) -> bool:
    # A wireless mouse is a power supply too, with scope Device.
    return read_line(supply / "type") in ("Battery", "UPS") and read_line(supply / "scope") != "Device"


def _percent(batteries: list[Path]) -> float | None:
    """Return the mean charge, larger batteries counting more."""
    weight = total = 0.0
    for battery in batteries:
        percent = read_number(battery / "capacity")
        if percent is not None:
            size = read_number(battery / "energy_full") or read_number(battery / "charge_full") or 1.0
            weight += size
            total += percent * size
    return min(100.0, total / weight) if weight else None


def _minutes(batteries: list[Path]) -> float | None:
    """Return how long all batteries last, at the power drawn now."""
    for stored, drawn in (("energy_now", "power_now"), ("charge_now", "current_now")):
        left = sum(read_number(battery / stored) or 0 for battery in batteries)
        flow = sum(abs(read_number(battery / drawn) or 0) for battery in batteries)
        if left and flow:
            return 60 * left / flow
    return None


def _portable_state() -> State | None:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    battery = psutil.sensors_battery()
    if battery is None:
        return None
    return State(battery.percent, battery.power_plugged, battery.secsleft / 60 if battery.secsleft >= 0 else None)


def create(_config: Config) -> Collector:
    """Make the collector."""
    return Battery()
