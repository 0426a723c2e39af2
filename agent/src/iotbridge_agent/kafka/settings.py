"""Configuration of the connector, from a TOML file and the environment.

Every error is one line that names the file (or the environment variable), the key and what is expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import os
from pathlib import Path
import re
import tomllib
from typing import Any, Literal, NamedTuple

from iotbridge_agent.config import LANGUAGES, NODE_ID, TOPIC_PREFIX, BrokerConfig, parse_broker
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.extra_options import parse_extra
from iotbridge_agent.kafka.route_settings import TOPIC_EXPECTED, Route, is_legal_topic, parse_routes
from iotbridge_agent.toml_table import Table

CONFIG_DIR = Path("/etc/iotbridge/kafka")
STATE_DIR = Path("/var/lib/iotbridge-kafka")
SECURITY = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
GROUP = re.compile(r"[^/+#\0]{0,200}")
WEEK_S = 7 * 24 * 3600
MAX_EXPIRY_S = 0xFFFFFFFE
MAX_PORT = 65535
MIB = 1024 * 1024
_ADDRESS = re.compile(r"(\[[^\]]+\]|[^:\s/@]+):(\d{1,5})")


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Addresses of Kafka, the login, and options of the producer."""

    bootstrap: tuple[str, ...]
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    dlq_topic: str | None = None
    """Topic of the dead letters; None: they stay in the spool."""
    allow_topics: str = ""
    """Expression for the topics that templates may give; empty: every legal topic."""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Options of librdkafka's producer."""

    @property
    def is_encrypted(self) -> bool:
        """Return whether the connection uses TLS."""
        return self.security.endswith("ssl")

    @property
    def has_login(self) -> bool:
        """Return whether the connection uses SASL."""
        return self.security.startswith("sasl")


class SpoolSettings(NamedTuple):
    """File that holds records while Kafka is away."""

    path: Path
    max_bytes: int


@dataclass(frozen=True, kw_only=True)
class ConnectorSettings:
    """Complete configuration of a connector."""

    id: str
    """Client id, discovery id and name of the spool."""
    name: str
    """Name of the device in Home Assistant."""
    broker: BrokerConfig
    kafka: KafkaSettings
    spool: SpoolSettings
    routes: tuple[Route, ...]
    group: str = ""
    """Shared group; empty: an ordinary subscription, which keeps the order of each key."""
    session_expiry_s: int = WEEK_S
    receive_maximum: int = 1000
    retained: Literal["new", "always", "never"] = "new"
    unrouted: Literal["count", "letter"] = "count"
    metrics_listen: str | None = None
    language: str = "en"
    """Language of the names of entities."""
    topic_prefix: str = "iotbridge"
    discovery_prefix: str = "homeassistant"


def load_settings(path: Path, environ: Mapping[str, str] | None = None) -> ConnectorSettings:
    """Read the file and the environment; raises ConfigError for the first invalid value."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; docs/kafka.md has one to start with") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    environ = os.environ if environ is None else environ
    return parse_settings(document, source=str(path), environ=environ, default_id=path.stem)


def parse_settings(
    document: Mapping[str, Any], *, source: str, environ: Mapping[str, str], default_id: str
) -> ConnectorSettings:
    """Return the configuration from a parsed document; ``source`` is named in errors."""
    root = Table(document, source, "", environ)
    connector = root.table("connector", overridable=True)
    own_id = connector.text("id", default=default_id, pattern=NODE_ID, expected="letters, digits, _ . - (at most 64)")
    prefix_expected = "topic levels without + and #"
    kafka = _parse_kafka(root.table("kafka", required=True, overridable=True))
    settings = ConnectorSettings(
        id=own_id,
        name=connector.text("name", default=f"Kafka connector {own_id}"),
        broker=parse_broker(root.table("broker", required=True, overridable=True)),
        kafka=kafka,
        spool=_parse_spool(root.table("spool", overridable=True), own_id, environ),
        routes=parse_routes(root, kafka.allow_topics),
        group=connector.text("group", default="", pattern=GROUP, expected="a name without / + #", can_be_empty=True),
        session_expiry_s=int(connector.number("session_expiry_s", default=WEEK_S, low=60, high=MAX_EXPIRY_S)),
        receive_maximum=int(connector.number("receive_maximum", default=1000, low=1, high=65535)),
        retained=connector.choice("retained", ("new", "always", "never"), default="new"),  # type: ignore[arg-type]
        unrouted=connector.choice("unrouted", ("count", "letter"), default="count"),  # type: ignore[arg-type]
        metrics_listen=_parse_listen(root.table("metrics", overridable=True)),
        language=connector.choice("language", LANGUAGES, default="en"),
        topic_prefix=connector.text("prefix", default="iotbridge", pattern=TOPIC_PREFIX, expected=prefix_expected),
        discovery_prefix=connector.text(
            "discovery_prefix", default="homeassistant", pattern=TOPIC_PREFIX, expected=prefix_expected
        ),
    )
    connector.done()
    root.done()
    return settings


def _parse_kafka(table: Table) -> KafkaSettings:
    bootstrap = table.texts("bootstrap", required=True)
    for address in bootstrap:
        if not is_address(address):
            raise table.error("bootstrap", 'host:port for each broker, e.g. ["kafka1:9092"]', address)
    kafka = KafkaSettings(
        bootstrap=bootstrap,
        security=table.choice("security", SECURITY, default="plaintext"),  # type: ignore[arg-type]
        sasl_mechanism=table.optional_choice("sasl_mechanism", MECHANISMS),
        username=table.optional_text("username"),
        password=table.secret("password"),
        ca_file=table.readable_file("ca_file"),
        client_cert=table.readable_file("client_cert"),
        client_key=table.readable_file("client_key"),
        dlq_topic=table.optional_text("dlq_topic"),
        allow_topics=_parse_allowed(table),
        extra=parse_extra(table.table("extra")),
    )
    _check_login(table, kafka)
    if kafka.dlq_topic is not None and not is_legal_topic(kafka.dlq_topic):
        raise table.error("dlq_topic", TOPIC_EXPECTED, kafka.dlq_topic)
    table.done()
    return kafka


def _check_login(table: Table, kafka: KafkaSettings) -> None:
    for key in ("ca_file", "client_cert", "client_key"):
        if getattr(kafka, key) and not kafka.is_encrypted:
            raise table.error(key, "security = ssl or sasl_ssl: without TLS it has no effect", kafka.security)
    if (kafka.client_key is None) != (kafka.client_cert is None):
        raise table.error("client_cert", "client_cert and client_key together", None)
    for key in ("sasl_mechanism", "username", "password"):
        if kafka.has_login and getattr(kafka, key) is None:
            names = "password_file" if key == "password" else key
            raise table.error(key, f"{names}, because security = {kafka.security}", None)
        if not kafka.has_login and getattr(kafka, key) is not None:
            raise table.error(
                key, f"security = sasl_ssl or sasl_plaintext; with {kafka.security} it has no effect", None
            )


def _parse_allowed(table: Table) -> str:
    expression = table.optional_text("allow_topics")
    if expression is None:
        return ""
    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError):
        raise table.error("allow_topics", "a regular expression, e.g. iot-[a-z]+", expression) from None
    return expression


def _parse_spool(table: Table, own_id: str, environ: Mapping[str, str]) -> SpoolSettings:
    folder = Path(environ.get("STATE_DIRECTORY", str(STATE_DIR)).split(":")[0])
    path = Path(table.text("path", default=str(folder / f"{own_id}.db"))).expanduser()
    max_bytes = int(table.number("max_mb", default=1024, low=1, high=1024 * 1024) * MIB)
    table.done()
    return SpoolSettings(path, max_bytes)


def _parse_listen(table: Table) -> str | None:
    listen = table.optional_text("listen")
    if listen is not None and not is_address(listen):
        raise table.error("listen", "address:port, e.g. 127.0.0.1:9464", listen)
    table.done()
    return listen


def is_address(text: str) -> bool:
    """Return whether the text is a host and a port."""
    match = _ADDRESS.fullmatch(text)
    return match is not None and 1 <= int(match[2]) <= MAX_PORT
