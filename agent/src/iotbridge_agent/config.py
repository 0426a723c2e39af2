"""Configuration of the agent, from a TOML file and the environment.

Every error is one line that names the file (or the environment variable), the key and what is expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import os
from pathlib import Path
import platform
import re
import socket
import tomllib
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

from iotbridge_agent.config_checks import CheckConfig, is_host_and_port, is_http_address, parse_checks
from iotbridge_agent.config_start_order import OrderedService, parse_start_order
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.toml_table import Table

NODE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
COMMAND_NAME = re.compile(r"[a-z0-9_]{1,64}")
TOPIC_PREFIX = re.compile(r"[^/+#\0]+(/[^/+#\0]+)*")
RESERVED_COMMANDS = ("shutdown", "reboot", "suspend", "wake", "notice", "start_services", "status", "ping")
LANGUAGES = ("en", "it", "fr")
COLLECTOR_NAMES = (
    "cpu",
    "load",
    "memory",
    "swap",
    "disk",
    "network",
    "temperature",
    "fan",
    "battery",
    "boot",
    "processes",
    "users",
    "updates",
    "systemd",
    "docker",
    "start_order",
    "broker",
    "checks",
)
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class BrokerConfig:
    """Address of the broker, and the credentials for it."""

    scheme: Literal["mqtt", "mqtts", "ws", "wss"]
    host: str
    port: int
    path: str = "/mqtt"
    """Path of a WebSocket address."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    tls_insecure: bool = False
    psk_identity: str | None = None
    psk: bytes | None = field(default=None, repr=False)
    keepalive_s: int = 30

    @property
    def tls(self) -> bool:
        """Return whether the link is encrypted."""
        return self.scheme in ("mqtts", "wss")

    @property
    def is_local(self) -> bool:
        """Return whether the broker runs on this machine."""
        return self.host in LOCAL_HOSTS

    @property
    def address(self) -> str:
        """Return the address for display, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" + (self.path if self.scheme in ("ws", "wss") else "")


class CustomCommand(NamedTuple):
    """Command of the user's own: fixed arguments, never a shell."""

    name: str
    argv: tuple[str, ...]
    title: str
    timeout_s: float = 60.0
    max_output: int = 4096
    button: bool = True


class CollectorConfig(NamedTuple):
    """Settings of one collector."""

    enabled: bool | None = None
    """None: enabled if the machine has data for it."""
    interval_s: float | None = None
    timeout_s: float | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names of the units for systemd, of the containers for docker."""
    socket: str | None = None
    """Path of the socket for docker."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Complete configuration of the agent."""

    broker: BrokerConfig
    node_id: str
    name: str
    """Name of the device in Home Assistant."""
    url: str | None = None
    """Address of the machine's own page, a link on its device page in Home Assistant."""
    prefix: str = "iotbridge"
    discovery_prefix: str = "homeassistant"
    birth_topic: str = "homeassistant/status"
    interval_s: float = 30.0
    language: Literal["en", "it", "fr"] = "en"
    dry_run: bool = False
    remove_after_h: float = 24.0
    """Hours after which a missing sensor is removed from Home Assistant."""
    state_dir: Path = Path("/var/lib/iotbridge-agent")
    power: tuple[str, ...] = ()
    """Enabled power commands."""
    wake: bool = False
    """True where the agent may wake other machines."""
    notice: bool = False
    """True where the agent may show notices to the people who are logged in."""
    custom: tuple[CustomCommand, ...] = ()
    commands_per_minute: int = 10
    collectors: Mapping[str, CollectorConfig] = field(default_factory=dict)
    checks: tuple[CheckConfig, ...] = ()
    start_order: tuple[OrderedService, ...] = ()
    start_services: bool = False
    """True where the agent may start the services of the start order."""
    metrics_listen: str | None = None
    """Address at which metrics are served, ``host:port``; None: nowhere."""

    def collector(self, name: str) -> CollectorConfig:
        """Return the settings of a collector, or the defaults."""
        return self.collectors.get(name, CollectorConfig())

    @property
    def enabled_commands(self) -> tuple[str, ...]:
        """Return the commands of the agent itself that are enabled, apart from the power commands."""
        return tuple(name for name in ("wake", "notice", "start_services") if getattr(self, name))

    @property
    def startable_units(self) -> tuple[str, ...]:
        """Return the systemd units that the agent may start."""
        return tuple(s.target for s in self.start_order if s.kind == "unit") if self.start_services else ()


def default_config_path() -> Path:
    """Return the default path of the configuration."""
    if explicit := os.environ.get("IOTBRIDGE_CONFIG"):
        return Path(explicit)
    if platform.system() == "Windows":
        return Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "iotbridge-agent" / "agent.toml"
    system = Path("/etc/iotbridge-agent/agent.toml")
    if os.geteuid() == 0 or system.exists():
        return system
    home = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
    return home / "iotbridge-agent" / "agent.toml"


def default_state_dir() -> Path:
    """Return the default folder of the agent's state; for a service systemd provides it."""
    if explicit := os.environ.get("STATE_DIRECTORY"):
        return Path(explicit.split(":")[0])
    if platform.system() == "Windows":
        return Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "iotbridge-agent" / "state"
    if os.geteuid() == 0:
        return Path("/var/lib/iotbridge-agent")
    home = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state"))
    return home / "iotbridge-agent"


def default_node_id() -> str:
    """Return the host name, with characters that a topic cannot carry replaced."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", socket.gethostname().split(".")[0]).strip("-.")[:64]
    return name or "host"


def default_language() -> str:
    """Return the language of the user's environment where names are translated into it, else English."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    language = re.split(r"[_.@-]", chosen)[0].lower()
    return language if language in LANGUAGES else "en"


def load_config(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read the file and the environment; raises ConfigError for the first invalid value."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"{path}: there is no such file. Run `iotbridge-agent setup` to create it, or pass another with --config."
        raise ConfigError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise ConfigError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: is not TOML: {error}"
        raise ConfigError(msg) from error
    return parse_config(document, source=str(path), environ=os.environ if environ is None else environ)


def parse_config(document: Mapping[str, Any], *, source: str, environ: Mapping[str, str]) -> Config:
    """Return the configuration from a parsed document; ``source`` is named in errors."""
    root = Table(document, source, "", environ)
    agent = root.table("agent", overridable=True)
    node_id = agent.text(
        "node_id", default=default_node_id(), pattern=NODE_ID, expected="letters, digits, _ . - (at most 64)"
    )
    prefix_expected = "topic levels without + and #"
    interval_s = agent.number("interval_s", default=30, low=5, high=3600)
    config = Config(
        broker=parse_broker(root.table("broker", required=True, overridable=True)),
        node_id=node_id,
        name=agent.text("name", default=node_id),
        url=_parse_page(agent),
        prefix=agent.text("prefix", default="iotbridge", pattern=TOPIC_PREFIX, expected=prefix_expected),
        discovery_prefix=agent.text(
            "discovery_prefix", default="homeassistant", pattern=TOPIC_PREFIX, expected=prefix_expected
        ),
        birth_topic=agent.text(
            "birth_topic", default="homeassistant/status", pattern=TOPIC_PREFIX, expected=prefix_expected
        ),
        interval_s=interval_s,
        language=agent.choice("language", LANGUAGES, default="en"),  # type: ignore[arg-type]
        dry_run=agent.flag("dry_run", default=False),
        remove_after_h=agent.number("remove_after_h", default=24.0, low=0, high=8760),
        state_dir=Path(agent.text("state_dir", default=str(default_state_dir()))),
        **_parse_commands(root.table("commands")),
        collectors=_parse_collectors(root.table("collectors"), interval_s),
        checks=parse_checks(root),
        start_order=parse_start_order(root),
        metrics_listen=parse_metrics(root),
    )
    agent.done()
    root.done()
    if config.start_services and not config.start_order:
        raise root.error("start_order", "tables headed [[start_order]], because commands.start_services is true", None)
    return config


def parse_metrics(root: Table) -> str | None:
    """Return the address at which metrics are served, from the table ``[metrics]`` of an agent or a connector."""
    table = root.table("metrics", overridable=True)
    listen = table.optional_text("listen")
    if listen is not None and not is_host_and_port(listen):
        raise table.error("listen", "host:port, e.g. 127.0.0.1:9463", listen)
    table.done()
    return listen


def _parse_page(agent: Table) -> str | None:
    """Return the address of the machine's own page."""
    url = agent.optional_text("url")
    if url is None:
        return None
    if "@" in url:  # before any error that would repeat the address; the discovery message is open to every reader
        raise agent.error("url", "an address without user and password", None)
    if not is_http_address(url):
        raise agent.error("url", "an address such as https://nas.lan:5001", url)
    return url


def _parse_url(table: Table) -> tuple[SplitResult, int]:
    """Return the address of the broker and its port."""
    url = table.text("url", required=True)
    expected = "mqtt://, mqtts://, ws:// or wss://, a host and perhaps a port, e.g. mqtts://broker.lan:8883"
    if "@" in url:  # before any error that would repeat the address, and a password in it
        raise table.error("url", "an address without user and password (use username and password_file)", None)
    try:
        parts = urlsplit(url)
        port = DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError as error:
        raise table.error("url", expected, url) from error
    if not port or parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.query or parts.fragment:
        raise table.error("url", expected, url)
    try:
        parts.hostname.encode("idna")
    except UnicodeError as error:
        raise table.error("url", "a host name whose parts between the dots have 1 to 63 characters", url) from error
    if parts.path not in ("", "/") and parts.scheme in ("mqtt", "mqtts"):
        raise table.error("url", "no path after the port (only ws:// and wss:// have one)", url)
    return parts, port


def parse_broker(table: Table) -> BrokerConfig:
    """Return the address of the broker and the credentials for it, from the table ``[broker]``."""
    parts, port = _parse_url(table)
    broker = BrokerConfig(
        scheme=parts.scheme,  # type: ignore[arg-type]
        host=parts.hostname or "",
        port=port,
        path=parts.path or "/mqtt",
        username=table.optional_text("username"),
        password=table.secret("password"),
        ca_file=table.readable_file("ca_file"),
        client_cert=table.readable_file("client_cert"),
        client_key=table.readable_file("client_key"),
        tls_insecure=table.flag("tls_insecure", default=False),
        psk_identity=table.optional_text("psk_identity"),
        psk=table.hex_secret("psk"),
        keepalive_s=int(table.number("keepalive_s", default=30, low=5, high=3600)),
    )
    if broker.client_key and not broker.client_cert:
        raise table.error("client_cert", "the certificate that belongs to client_key", None)
    if (broker.psk is None) != (broker.psk_identity is None):
        raise table.error("psk_identity", "psk_identity and psk (or psk_file) together", None)
    for key in ("ca_file", "client_cert", "tls_insecure", "psk_identity"):
        if getattr(broker, key) and not broker.tls:
            raise table.error(key, "an mqtts:// or wss:// address: without TLS it has no effect", parts.geturl())
    if broker.password is not None and broker.username is None:
        raise table.error("username", "a user name, because there is a password", None)
    table.done()
    return broker


def _parse_commands(table: Table) -> dict[str, Any]:
    power = tuple(name for name in ("shutdown", "reboot", "suspend") if table.flag(name, default=False))
    own_commands = {name: table.flag(name, default=False) for name in ("wake", "notice", "start_services")}
    per_minute = int(table.number("per_minute", default=10, low=1, high=600))
    custom = []
    tables = table.table("custom")
    for name in tables.names():
        if not COMMAND_NAME.fullmatch(name) or name in RESERVED_COMMANDS:
            raise tables.error(name, f"a name of a-z, 0-9 and _, other than {', '.join(RESERVED_COMMANDS)}", name)
        own = tables.table(name)
        argv = own.texts("argv", required=True)
        custom.append(
            CustomCommand(
                name=name,
                argv=argv,
                title=own.text("name", default=name.replace("_", " ").capitalize()),
                timeout_s=own.number("timeout_s", default=60, low=1, high=3600),
                max_output=int(own.number("max_output", default=4096, low=0, high=32768)),
                button=own.flag("button", default=True),
            )
        )
        own.done()
    tables.done()
    table.done()
    return {
        "power": power,
        **own_commands,
        "custom": tuple(custom),
        "commands_per_minute": per_minute,
    }


def _parse_collectors(table: Table, interval_s: float) -> dict[str, CollectorConfig]:
    collectors = {}
    for name in table.names():
        if name not in COLLECTOR_NAMES:
            raise table.error(name, f"one of {', '.join(COLLECTOR_NAMES)}", name)
        own = table.table(name)
        collectors[name] = CollectorConfig(
            enabled=own.flag("enabled", default=None),
            interval_s=own.optional_number("interval_s", low=interval_s, high=86400),
            timeout_s=own.optional_number("timeout_s", low=0.1, high=300),
            include=own.texts("include"),
            exclude=own.texts("exclude"),
            names=own.texts("units" if name == "systemd" else "containers") if name in ("systemd", "docker") else (),
            socket=own.optional_text("socket") if name == "docker" else None,
        )
        own.done()
    table.done()
    return collectors
