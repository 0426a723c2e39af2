"""State of the configured systemd units."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.sensor_keys import unique_slugs

if TYPE_CHECKING:
    from iotbridge_agent.system.units import Units

STATES = ("active", "inactive", "failed", "activating", "deactivating", "reloading", "refreshing", "maintenance")
NOT_FOUND = "not_found"


class Systemd:
    """Collector of the state of each unit, from systemd."""

    def __init__(self, units: tuple[str, ...]) -> None:
        self._slugs = unique_slugs(units)
        self._units: Units | None = None

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; raises DBusError without a system bus, or for an invalid answer of systemd."""
        for unit, slug in self._slugs.items():
            yield Reading(_describe(unit, slug), self._state(unit))

    def _state(self, unit: str) -> str:
        if self._units is None:
            from iotbridge_agent.system.units import Units  # noqa: PLC0415 (only needed with configured units)

            self._units = Units()
        properties = self._units.properties(unit if "." in unit else f"{unit}.service")
        state = properties.get("ActiveState")
        return state if state in STATES and properties.get("LoadState") != "not-found" else NOT_FOUND


def _describe(unit: str, slug: str) -> SensorDescription:
    return SensorDescription(
        key=f"systemd_{slug}",
        name="Service {unit}",
        placeholders={"unit": unit.removesuffix(".service")},
        device_class="enum",
        options=(*STATES, NOT_FOUND),
        icon="mdi:cog-play",
    )


def create(config: Config) -> Collector:
    """Create the collector."""
    return Systemd(config.collector("systemd").names)
