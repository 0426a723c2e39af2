"""Start order of the configured services, as one text."""

from collections.abc import Iterator

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.start_order import StartOrder, summary

DESCRIPTION = SensorDescription(key="start_order", name="Start order", icon="mdi:sort-clock-ascending-outline")


class StartOrderText:
    """Collector of the chain: everything runs, or the first service that the others wait for."""

    def __init__(self, order: StartOrder, language: str) -> None:
        self._order = order
        self._language = language

    def collect(self) -> Iterator[Reading]:
        """Yield the reading; raises DBusError or CollectorError where the system does not tell."""
        yield Reading(DESCRIPTION, summary(self._order, self._language))


def create(config: Config) -> Collector:
    """Create the collector."""
    return StartOrderText(StartOrder.of(config), config.language)
