"""Lab of the tests: a systemd and a container engine that start nothing, and a port that answers or does not."""

from collections.abc import Mapping
from pathlib import Path
import socket
from typing import Any

from conftest import free_port
from engine_stub import Engine, answer
from systemd_stub import Bus

from iotbridge_agent.config import Config, parse_config

LOADED = {"LoadState": "loaded"}
ACTIVE, INACTIVE, FAILED, ACTIVATING = (
    {**LOADED, "ActiveState": state} for state in ("active", "inactive", "failed", "activating")
)


def container(*, running: bool = True, health: str | None = None) -> bytes:
    """Return the answer to an inspection."""
    return answer("200 OK", {"State": {"Running": running, **({"Health": {"Status": health}} if health else {})}})


class Lab:
    """Broker (unit with a port), hub (container with a health check) and sites (unit), in this order."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bus"
        self.bus = Bus(self.path, {"mosquitto.service": ACTIVE, "sites.service": ACTIVE})
        self.engine = Engine(folder / "engine.sock")
        self.engine.answers = {
            "/containers/hub/json": container(health="healthy"),
            "/containers/hub/start": b"HTTP/1.1 204 No Content\r\n\r\n",
        }
        self.port = free_port()
        self._listener: socket.socket | None = None

    def listen(self) -> None:
        """Open the port of the broker."""
        self._listener = socket.create_server(("127.0.0.1", self.port))

    def config(
        self,
        commands: Mapping[str, Any] | None = None,
        *,
        collectors: Mapping[str, Any] | None = None,
        **agent: Any,
    ) -> Config:
        """Return a configuration with the start order."""
        order = [
            {"name": "Broker", "unit": "mosquitto", "tcp": f"127.0.0.1:{self.port}", "timeout_s": 1},
            {"name": "Hub", "container": "hub", "timeout_s": 1},
            {"unit": "sites.service", "timeout_s": 1},
        ]
        document = {
            "broker": {"url": "mqtt://127.0.0.1"},
            "agent": agent,
            "commands": {"start_services": True} if commands is None else commands,
            "collectors": {"docker": {"socket": str(self.engine.path)}, **(collectors or {})},
            "start_order": order,
        }
        return parse_config(document, source="test", environ={})

    def close(self) -> None:
        """Stop everything."""
        if self._listener:
            self._listener.close()
        self.bus.close()
        self.engine.close()
