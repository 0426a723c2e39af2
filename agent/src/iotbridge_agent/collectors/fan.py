"""Speed of the fans."""

from collections.abc import Iterator
from pathlib import Path

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import CollectorConfig, Config
from iotbridge_agent.errors import NoDataError
from iotbridge_agent.sensor_keys import is_wanted, unique_slugs
from iotbridge_agent.system.hwmon import ROOT, read_probes


class Fan:
    """Collector of revolutions per minute; 0 where a fan stands still or no fan is connected."""

    def __init__(self, settings: CollectorConfig, root: Path = ROOT) -> None:
        self._settings = settings
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; raises NoDataError without a fan sensor."""
        fans = {
            probe.name: probe.value
            for probe in read_probes(self._root, "fan")
            if is_wanted(probe.name, self._settings.include, self._settings.exclude, default=True)
        }
        if not fans:
            raise NoDataError("this machine has no fan that can be read")
        slugs = unique_slugs(fans)
        for name, speed in fans.items():
            yield Reading(_describe(name, slugs[name]), speed)


def _describe(name: str, slug: str) -> SensorDescription:
    return SensorDescription(
        key=f"fan_{slug}",
        name="Fan {sensor}",
        placeholders={"sensor": name},
        unit="rpm",
        state_class="measurement",
        icon="mdi:fan",
        enabled=False,
        decimals=0,
        dead_band=100.0,
    )


def create(config: Config) -> Collector:
    """Create the collector."""
    return Fan(config.collector("fan"))
