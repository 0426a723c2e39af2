"""API of the container engine: the state of containers, and starting them; Podman's socket is compatible."""

from collections.abc import Mapping
import json
from pathlib import Path
import socket
from typing import NamedTuple, Self

from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError

DEFAULT_SOCKET = Path("/var/run/docker.sock")
MAX_ANSWER = 1 << 20
OK, NO_CONTENT, NOT_MODIFIED, NOT_FOUND = 200, 204, 304, 404


class ContainerEngine(NamedTuple):
    """Container engine behind a socket; every method raises CollectorError where it is away or refuses."""

    socket: Path = DEFAULT_SOCKET
    timeout_s: float = 5.0

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the engine of the configuration."""
        path = config.collector("docker").socket
        return cls(Path(path)) if path else cls()

    def inspect(self, name: str) -> Mapping[str, object]:
        """Return the State of a container; empty when there is no such container."""
        status, body = self._request("GET", f"/containers/{name}/json")
        if status == NOT_FOUND:
            return {}
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        state = document.get("State") if isinstance(document, Mapping) else None
        if status != OK or not isinstance(state, Mapping):
            raise CollectorError(f"{self.socket}: expected the state of {name}, got {status} {body[:60]!r}")
        return state

    def start(self, name: str) -> None:
        """Start a container, or leave it running."""
        status, body = self._request("POST", f"/containers/{name}/start")
        if status not in (NO_CONTENT, NOT_MODIFIED):
            raise CollectorError(f"{self.socket}: {name} was not started: {status} {body[:200]!r}")

    def _request(self, method: str, path: str) -> tuple[int, bytes]:
        from http.client import HTTPConnection, HTTPException  # noqa: PLC0415 (most machines have no Docker)
        from urllib.parse import quote  # noqa: PLC0415 (the same)

        connection = HTTPConnection("localhost", timeout=self.timeout_s)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.settimeout(self.timeout_s)
            connection.sock.connect(str(self.socket))
            connection.request(method, quote(path))
            response = connection.getresponse()
            return response.status, response.read(MAX_ANSWER)
        except (OSError, HTTPException) as error:
            raise CollectorError(f"{self.socket}: {error!r}") from error
        finally:
            connection.close()
