"""State of the configured Docker containers; Podman's socket is compatible."""

from collections.abc import Iterator, Mapping

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.sensor_keys import unique_slugs
from iotbridge_agent.system.container_engine import ContainerEngine

HEALTH = ("healthy", "unhealthy", "starting")


class Docker:
    """Collector of the state and health of each container, from the engine's API."""

    def __init__(self, containers: tuple[str, ...], engine: ContainerEngine) -> None:
        self._slugs = unique_slugs(containers)
        self._engine = engine

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; a container that does not exist is not running.

        Raises CollectorError without an engine, or when it does not let the agent in or answer as it should.
        """
        for name, slug in self._slugs.items():
            state = self._engine.inspect(name)
            yield Reading(_describe_running(name, slug), state.get("Running") is True)
            health = state.get("Health")
            if isinstance(health, Mapping) and health.get("Status") in HEALTH:
                yield Reading(_describe_health(name, slug), health["Status"])


def _describe_running(name: str, slug: str) -> SensorDescription:
    return SensorDescription(
        key=f"docker_{slug}",
        name="Container {container}",
        placeholders={"container": name},
        platform="binary_sensor",
        device_class="running",
    )


def _describe_health(name: str, slug: str) -> SensorDescription:
    return SensorDescription(
        key=f"health_{slug}",
        name="Container health {container}",
        placeholders={"container": name},
        device_class="enum",
        options=HEALTH,
        icon="mdi:heart-pulse",
    )


def create(config: Config) -> Collector:
    """Create the collector."""
    return Docker(config.collector("docker").names, ContainerEngine.of(config))
