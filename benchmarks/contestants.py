"""Compared agents, each started like its users start it, with everything disabled that could harm this machine."""

from abc import ABC, abstractmethod
import json
import os
from pathlib import Path

from lab.agent import AGENT_BIN, Agent
from lab.broker import Broker
from lab.processes import Program
from lab.waiting import LabError

MINIMAL = ["cpu", "memory", "disk_usage", "network", "temperature", "lwt"]
# Its default list of disabled modules, and then: power, self-updates, the shell, statistics sent to its vendor.
DEFAULT_EXCLUDED = [
    *["audio_select", "battery", "beacondb", "boot_select", "brightness", "fingerprint", "fullscreen", "gpio", "gpu"],
    *["idle", "inference_time", "ir_remote", "keep_alive", "keyboard_hotkeys", "media", "mouse", "notify"],
    *["power_profile", "restful", "screen_onoff", "screenshot", "keyboard", "speech_recognition", "systemd", "webcam"],
    *["wol", "xdg_open"],
    *["shutdown", "restart", "suspend", "update", "bash", "statistics"],
]
# It uses these to install packages at run time, or to act on the machine. Here they do nothing and fail.
FORBIDDEN = ("uv", "pip", "pip3", "pipx", "sudo", "systemctl", "shutdown", "reboot", "poweroff", "loginctl")


class Contestant(ABC):
    """Agent that can be started repeatedly on one broker."""

    online: tuple[str, bytes]
    """End of the topic, and payload, of its online message."""
    program: Program

    def __init__(self, name: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.folder = folder
        self.broker = Broker(folder / "broker")

    @abstractmethod
    async def start(self) -> None:
        """Start the process."""


class IotBridge(Contestant):
    """Our agent with its defaults and two power commands, in dry run."""

    online = ("/availability", b"online")

    def __init__(self, folder: Path) -> None:
        super().__init__("IoT Bridge agent, defaults", folder)
        self._agent = Agent(folder / "agent", self.broker.url, node_id="bench")
        self.program = self._agent.program

    async def start(self) -> None:
        """Start the process."""
        await self._agent.start()


class BareLoop(Contestant):
    """benchmarks/bare_loop.py with the agent's Python."""

    online = ("/availability", b"online")

    def __init__(self, folder: Path) -> None:
        super().__init__("bare aiomqtt + psutil loop", folder)
        self.program = Program("bare loop", folder / "bare.log")

    async def start(self) -> None:
        """Start the process."""
        argv: list[str | Path] = [AGENT_BIN / "python", "-m", "bare_loop", str(self.broker.port)]
        await self.program.start(argv, {"PYTHONPATH": str(Path(__file__).parent)})


class Lnxlink(Contestant):
    """LNXlink from PyPI."""

    online = ("/lwt", b"ON")

    def __init__(self, folder: Path, *, minimal: bool, broker: Broker | None = None) -> None:
        """``minimal``: few modules, every 30 s; else its own defaults, every 5 s."""
        super().__init__("lnxlink, minimal, 30 s" if minimal else "lnxlink, defaults, 5 s", folder)
        self.broker = broker or self.broker
        self.program = Program("lnxlink", folder / "lnxlink.log")
        self._minimal = minimal

    @property
    def client_id(self) -> str:
        """Name of its device in Home Assistant."""
        return "lnxlink-minimal" if self._minimal else "lnxlink-default"

    async def start(self) -> None:
        """Start the process."""
        config = self.folder / "lnxlink.yaml"
        if not config.exists():  # it adds to it; JSON is YAML, too
            config.write_text(json.dumps(self._config()), encoding="utf-8")
        environ = {
            "PATH": f"{_forbidding(self.folder / 'bin')}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "PIP_NO_INDEX": "1",
            "UV_OFFLINE": "1",
        }
        argv: list[str | Path] = [_lnxlink_bin() / "lnxlink", "-i", "-c", config, "-d", self.folder]
        await self.program.start(argv, environ)

    def _config(self) -> dict[str, object]:
        mqtt = {
            "transport": "mqtt",
            "prefix": "lnxlink",
            "clientId": self.client_id,
            "server": "127.0.0.1",
            "port": self.broker.port,
            "auth": {"user": "", "pass": "", "tls": False, "tls_allow_insecure": False}
            | {"keyfile": "", "certfile": "", "ca_certs": ""},
            "discovery": {"enabled": True, "prefix": "homeassistant"},
            "lwt": {"enabled": True, "qos": 1},
            "clear_on_off": True,
            "homeassistant": {"url": "", "token": "", "timeout": 20, "verify_ssl": True, "subscribe_commands": False},
        }
        return {
            "mqtt": mqtt,
            "update_interval": 30 if self._minimal else 5,
            "update_on_change": False,
            "modules": MINIMAL if self._minimal else None,
            "custom_modules": None,
            "exclude": DEFAULT_EXCLUDED,
            "settings": {},
        }


def _lnxlink_bin() -> Path:
    folder = os.environ.get("BENCH_LNXLINK")
    if not folder:
        raise LabError("BENCH_LNXLINK is not set; scripts/bench does it")
    return Path(folder) / "bin"


def _forbidding(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name in FORBIDDEN:
        program = folder / name
        program.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
        program.chmod(0o755)
    return folder
