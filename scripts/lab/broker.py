"""Real Mosquitto on loopback."""

import asyncio
from dataclasses import dataclass
import getpass
import os
from pathlib import Path
import shutil
import signal
import subprocess

import aiomqtt

from .processes import Program, free_port
from .waiting import LabError

LAST_PORT = "port"


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files of a server certificate; ``ca`` also requires client certificates."""

    cert: Path
    key: Path
    ca: Path | None = None


class Broker:
    """Mosquitto process: the same port and data across restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        passwords: dict[str, str] | None = None,
        tls: Tls | None = None,
        websockets: bool = False,
        persistence: bool = False,
        name: str = "broker",
    ) -> None:
        self.folder = folder
        self.port = port or _last_port(folder) or free_port()
        self.websockets_port = free_port() if websockets else None
        self._passwords = passwords or {}
        self._tls = tls
        self._persistence = persistence
        self._denied: tuple[str, ...] = ()
        self.program = Program(name, folder / f"{name}.log")

    @property
    def url(self) -> str:
        """The address for an agent's configuration."""
        return f"{'mqtts' if self._tls else 'mqtt'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start Mosquitto and wait until it answers an MQTT connect."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / LAST_PORT).write_text(str(self.port), encoding="ascii")
        config = self.folder / "mosquitto.conf"
        config.write_text(self._config(), encoding="utf-8")
        await self.program.start([find_mosquitto("mosquitto"), "-c", config])
        await self.program.ready(self._answers, timeout_s=30, what="an answer to an MQTT connect")

    async def stop(self) -> None:
        """Stop it in an orderly way: clients are disconnected."""
        await self.program.stop()

    async def kill(self) -> None:
        """Kill it: clients see a broken connection, retained messages in memory are lost."""
        await self.program.kill()

    def deny(self, *topics: str) -> None:
        """Deny these topics to every client, and allow all others again."""
        self._denied = topics
        rules = ["topic readwrite #", *(f"topic deny {topic}" for topic in topics)]
        (self.folder / "access").write_text("\n".join(rules) + "\n", encoding="utf-8")
        (self.folder / "mosquitto.conf").write_text(self._config(), encoding="utf-8")
        os.kill(self.program.pid, signal.SIGHUP)

    def client(self, identifier: str | None = None) -> aiomqtt.Client:
        """Return an MQTT 5 client of this broker, to be entered with ``async with``; not for TLS."""
        user, password = next(iter(self._passwords.items()), (None, None))
        return aiomqtt.Client(
            "127.0.0.1",
            self.port,
            username=user,
            password=password,
            identifier=identifier,
            protocol=aiomqtt.ProtocolVersion.V5,
            timeout=5,
        )

    async def _answers(self) -> bool:
        if self._tls:
            return await _listens(self.port)
        try:
            async with self.client():
                return True
        except aiomqtt.MqttError:
            return False

    def _config(self) -> str:
        # A listener's options apply until the next listener, so the plain one comes last.
        lines = ["per_listener_settings false"]
        lines += [f"log_type {kind}" for kind in ("error", "warning", "notice", "subscribe", "unsubscribe")]
        # Started by root it would switch to another user: then it cannot write here, and survives a killed lab.
        lines += [f"user {getpass.getuser()}"]
        if self._passwords:
            lines += ["allow_anonymous false", f"password_file {self._password_file()}"]
        else:
            lines += ["allow_anonymous true"]
        lines += [f"acl_file {self.folder / 'access'}"] if self._denied else []
        lines += ["persistence true", f"persistence_location {self.folder}/"] if self._persistence else []
        if self.websockets_port:
            lines += [f"listener {self.websockets_port} 127.0.0.1", "protocol websockets"]
        lines += [f"listener {self.port} 127.0.0.1"]
        if self._tls:
            lines += [f"certfile {self._tls.cert}", f"keyfile {self._tls.key}"]
            lines += [f"cafile {self._tls.ca}", "require_certificate true"] if self._tls.ca else []
        return "\n".join(lines) + "\n"

    def _password_file(self) -> Path:
        path = self.folder / "passwords"
        path.touch(mode=0o600)
        for user, password in self._passwords.items():
            subprocess.run([find_mosquitto("mosquitto_passwd"), "-b", path, user, password], check=True)
        return path


def _last_port(folder: Path) -> int | None:
    """Return the port of the previous broker in a folder: Home Assistant connects to it."""
    path = folder / LAST_PORT
    return int(path.read_text(encoding="ascii")) if path.exists() else None


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def find_mosquitto(program: str) -> str:
    """Return the path of a program of Mosquitto; LabError where there is none."""
    # Debian installs servers outside the PATH of ordinary users.
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise LabError(f"{program} is not installed; scripts/setup demo brings it")
    return found
