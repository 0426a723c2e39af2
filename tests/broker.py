"""Real Mosquitto for tests: retained messages, wildcards and outages of a real broker."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import shutil
import socket
import subprocess

import aiomqtt

from homeassistant.core import HomeAssistant


class Broker:
    """Mosquitto of its own on loopback."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        config = self._folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
        assert program, "mosquitto is not installed"
        self._process = subprocess.Popen([program, "-c", config], stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self.port, protocol=aiomqtt.ProtocolVersion.V5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(check: Callable[[], bool], timeout_s: float = 20) -> None:
    """Wait on the real clock until a condition is true."""
    async with asyncio.timeout(timeout_s):
        while not check():  # noqa: ASYNC110 - a broker in another process sets no event here
            await asyncio.sleep(0.02)


def state(hass: HomeAssistant, entity_id: str) -> str | None:
    found = hass.states.get(entity_id)
    return found.state if found else None
