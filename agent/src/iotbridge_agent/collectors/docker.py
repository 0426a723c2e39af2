"""State of the configured Docker containers; Podman's socket is compatible."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import socket

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.sensor_keys import unique_slugs

DEFAULT_SOCKET = Path("/var/run/docker.sock")
MAX_ANSWER = 1 << 20
HEALTH = ("healthy", "unhealthy", "starting")
OK, NOT_FOUND = 200, 404


class Docker:
    """Collector of the state and health of each container, from the engine's API."""

    def __init__(self, containers: tuple[str, ...], engine: Path = DEFAULT_SOCKET, timeout_s: float = 5.0) -> None:
        self._slugs = unique_slugs(containers)
        self._engine = engine
        self._timeout_s = timeout_s

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; a container that does not exist is not running.

        Raises CollectorError without an engine, or when it does not let the agent in or answer as it should.
        """
        for name, slug in self._slugs.items():
            state = self._inspect(name)
            yield Reading(_describe_running(name, slug), state.get("Running") is True)
            health = state.get("Health")
            if isinstance(health, Mapping) and health.get("Status") in HEALTH:
                yield Reading(_describe_health(name, slug), health["Status"])

    def _inspect(self, name: str) -> Mapping[str, object]:
        """Return the State of a container; empty when there is no such container."""
        status, body = self._get(f"/containers/{name}/json")
        if status == NOT_FOUND:
            return {}
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        state = document.get("State") if isinstance(document, Mapping) else None
        if status != OK or not isinstance(state, Mapping):
            raise CollectorError(f"{self._engine}: expected the state of {name}, got {status} {body[:60]!r}")
        return state

    def _get(self, path: str) -> tuple[int, bytes]:
        from http.client import HTTPConnection, HTTPException  # noqa: PLC0415 (most machines have no Docker)
        from urllib.parse import quote  # noqa: PLC0415 (the same)

        connection = HTTPConnection("localhost", timeout=self._timeout_s)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.settimeout(self._timeout_s)
            connection.sock.connect(str(self._engine))
            connection.request("GET", quote(path))
            response = connection.getresponse()
            return response.status, response.read(MAX_ANSWER)
        except (OSError, HTTPException) as error:
            raise CollectorError(f"{self._engine}: {error!r}") from error
        finally:
            connection.close()


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
    settings = config.collector("docker")
    return Docker(settings.names, Path(settings.socket) if settings.socket else DEFAULT_SOCKET)
