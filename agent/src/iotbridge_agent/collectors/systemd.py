"""The state of the systemd units the user named."""

from collections.abc import Iterator
from pathlib import Path

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.dbus import SYSTEM_BUS, Question, ask
from iotbridge_agent.collectors.keys import unique_slugs
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError, NoDataError

STATES = ("active", "inactive", "failed", "activating", "deactivating", "reloading", "refreshing", "maintenance")
NOT_FOUND = "not_found"


class Systemd:
    """Asks systemd for all units at once."""

    def __init__(self, units: tuple[str, ...], bus: Path = SYSTEM_BUS) -> None:
        self._units = {unit: unit if "." in unit else f"{unit}.service" for unit in units}
        self._slugs = unique_slugs(units)
        self._bus = bus

    def collect(self) -> Iterator[Reading]:
        """Read. Raises NoDataError without a system bus, CollectorError when systemd does not answer as it should."""
        if not self._bus.exists():
            raise NoDataError("this machine has no system D-Bus")
        states = self._states()
        for unit, full_name in self._units.items():
            yield Reading(_describe(unit, self._slugs[unit]), states.get(full_name, NOT_FOUND))

    def _states(self) -> dict[str, str]:
        question = Question(
            destination="org.freedesktop.systemd1",
            path="/org/freedesktop/systemd1",
            interface="org.freedesktop.systemd1.Manager",
            member="ListUnitsByNames",
            texts=tuple(self._units.values()),
        )
        match ask(question, bus=self._bus):
            case [list(rows)]:
                return dict(_state(row) for row in rows)
        raise CollectorError("systemd did not answer with a list of units")


def _state(row: object) -> tuple[str, str]:
    match row:
        case (str(name), _, str(load_state), str(active_state), *_):
            known = active_state in STATES and load_state != "not-found"
            return name, active_state if known else NOT_FOUND
    raise CollectorError(f"systemd described a unit as {row!r}")


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
    """Make the collector."""
    return Systemd(config.collector("systemd").names)
