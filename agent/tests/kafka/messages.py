"""Messages and configurations for tests of routes."""

from collections.abc import Mapping
import tomllib

from iotbridge_agent.kafka.explain import ExampleMessage
from iotbridge_agent.kafka.settings import ConnectorSettings, parse_settings

BASE = """
[broker]
url = "mqtt://broker.lan"
[kafka]
bootstrap = ["kafka1:9092"]
"""
ROUTE = '[[route]]\nfilter = "shop/+/stock"\ntopic = "stock-updates"\nkey = "{2}"\n'


def settings_of(text: str = ROUTE, environ: Mapping[str, str] | None = None) -> ConnectorSettings:
    """Return the settings of tables that follow the broker's and Kafka's own."""
    document = tomllib.loads(BASE + text)
    return parse_settings(document, source="stock.toml", environ=environ or {}, default_id="stock")


def message(topic: str, payload: bytes = b"41", **properties: object) -> ExampleMessage:
    """Return a message with QoS 1."""
    return ExampleMessage(topic=topic, payload=payload, **properties)  # type: ignore[arg-type]
