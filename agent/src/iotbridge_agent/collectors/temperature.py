"""Temperatures of the machine."""

from collections.abc import Iterator
from pathlib import Path
import re

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import CollectorConfig, Config
from iotbridge_agent.errors import NoDataError
from iotbridge_agent.sensor_keys import is_wanted, unique_slugs
from iotbridge_agent.system.hwmon import ROOT, Probe, entries, read_line, read_number, read_probes

# Probes of the whole processor, in order of preference. AMD's Tctl can be offset from the true Tdie.
CPU_PROBES = (
    re.compile(r"coretemp Package id \d+"),
    re.compile(r"(k10temp|zenpower) Tdie"),
    re.compile(r"(k10temp|zenpower) Tctl"),
    re.compile(r"(cpu|soc)[_-]?thermal .*|x86_pkg_temp .*|cpu0?[_-]?thermal[_-].* .*|k8temp .*|via_cputemp .*"),
)
# A core is as warm as its package, and there can be a hundred of them.
CORE = re.compile(r"(Core|Tccd)\s?\d+")
LOWEST, HIGHEST = -60, 150

CPU = SensorDescription(
    key="cpu_temperature",
    name="CPU temperature",
    unit="°C",
    device_class="temperature",
    state_class="measurement",
    display_precision=0,
    decimals=1,
    dead_band=1.5,
)


class Temperature:
    """Collector of the processor's temperature and, disabled by default, all others."""

    def __init__(self, settings: CollectorConfig, root: Path = ROOT) -> None:
        self._settings = settings
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Yield the readings in °C; raises NoDataError without a temperature sensor."""
        probes = [probe for probe in _all_probes(self._root) if not _is_absurd(probe.value)]
        if not probes:
            raise NoDataError("this machine has no temperature sensor")
        of_cpu = _cpu_probes(probes)
        if of_cpu:
            yield Reading(CPU, max((probe.value for probe in of_cpu if probe.value is not None), default=None))
        others = {
            probe.name: probe for probe in probes if self._is_wanted(probe, with_cpu=bool(of_cpu)) and of_cpu != [probe]
        }
        slugs = unique_slugs(others)
        for name, probe in others.items():
            yield Reading(_describe(name, slugs[name]), probe.value)

    def _is_wanted(self, probe: Probe, *, with_cpu: bool) -> bool:
        return is_wanted(
            probe.name,
            self._settings.include,
            self._settings.exclude,
            default=not (with_cpu and CORE.fullmatch(probe.label)),
        )


def _all_probes(root: Path) -> list[Probe]:
    """Return the probes of hwmon, or the thermal zones of boards that have only those; in °C."""
    probes = list(read_probes(root, "temp")) or list(_zones(root))
    return [
        Probe(probe.chip, probe.label, probe.name, None if probe.value is None else probe.value / 1000)
        for probe in probes
    ]


def _zones(root: Path) -> Iterator[Probe]:
    for folder in entries(root / "sys/class/thermal"):
        kind = read_line(folder / "type")
        if folder.name.startswith("thermal_zone") and kind:
            yield Probe(kind, folder.name, kind, read_number(folder / "temp"))


def _cpu_probes(probes: list[Probe]) -> list[Probe]:
    for pattern in CPU_PROBES:
        if found := [probe for probe in probes if pattern.fullmatch(f"{probe.chip} {probe.label}")]:
            return found
    return []


def _is_absurd(value: float | None) -> bool:
    """Return whether a value stands for an input without a probe: 0, the ends of a byte, absolute zero."""
    return value is not None and (not LOWEST < value < HIGHEST or value in (0, 127, 127.5, 128))


def _describe(name: str, slug: str) -> SensorDescription:
    return SensorDescription(
        key=f"temperature_{slug}",
        name="Temperature {sensor}",
        placeholders={"sensor": name},
        unit="°C",
        device_class="temperature",
        state_class="measurement",
        enabled=False,
        display_precision=0,
        decimals=1,
        dead_band=1.5,
    )


def create(config: Config) -> Collector:
    """Create the collector."""
    return Temperature(config.collector("temperature"))
