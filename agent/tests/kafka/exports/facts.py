"""Facts about the engines: names, types and choices of their options, each with its source and version."""

import json
from pathlib import Path
from typing import Any

from iotbridge_agent.kafka.settings import ConnectorSettings

from ..messages import settings_of

ROUTES = """
[[route]]
name = "stock"
filter = "shop/+/stock"
topic = "stock-updates"
key = "{2}"
[route.headers]
source = "field"
[[route]]
name = "sites"
filter = "site/#"
topic = "site.{2}"
value = "json"
[[route]]
name = "users"
filter = "+/user"
topic = "users"
key = "{user.name}"
[[route]]
name = "rest"
filter = "#"
topic = "rest"
"""
LOGIN = """security = "sasl_ssl"
sasl_mechanism = "SCRAM-SHA-512"
username = "iot"
password = "kafka-secret"
ca_file = "/dev/null"
dlq_topic = "dead"
"""


def facts(name: str) -> dict[str, Any]:
    """Return the facts about an engine."""
    path = Path(__file__).parent / "fixtures" / f"{name}.json"
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    assert document["source"].startswith("https://")
    assert document["version"]
    return document


def settings(more: str = "", routes: str = ROUTES, **broker: str) -> ConnectorSettings:
    """Return settings with a few routes; ``more``: keys of [kafka]; ``broker``: keys of [broker]."""
    values = {"USERNAME": "u", "PASSWORD": "mqtt-secret"} | {key.upper(): value for key, value in broker.items()}
    return settings_of(f"{more}\n{routes}", {f"IOTBRIDGE_BROKER_{key}": value for key, value in values.items()})


TLS_BROKER = {
    "url": "wss://[::1]/ws",
    "ca_file": "/dev/null",
    "client_cert": "/dev/null",
    "client_key": "/dev/null",
    "tls_insecure": "true",
}
