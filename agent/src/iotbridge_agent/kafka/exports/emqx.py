"""Export for EMQX: a connector, and a rule with an action for each route; checked against release 5.8.1."""

from collections.abc import Iterator
import json
import re
from typing import Any

from iotbridge_agent.kafka.exports.export import Export, common_notes, with_comments
from iotbridge_agent.kafka.route_settings import Route
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.template import Level, Template, UserProperty
from iotbridge_agent.kafka.topic_filters import filter_expression, has_overlap

TITLE = "EMQX 5.8, from the routes of iotbridge-agent kafka. It was checked by its schema, and not run."
COMPRESSIONS = {"none": "no_compression", "snappy": "snappy", "gzip": "gzip"}
KAFKA_PASSWORD = "file:///etc/emqx/kafka-password"  # noqa: S105 - the name of a file


def export_emqx(settings: ConnectorSettings) -> Export:
    """Return tables for EMQX's configuration, which also reads JSON."""
    routes = [(index, route) for index, route in enumerate(settings.routes) if not _has_quotes(route)]
    name = "iotbridge_" + re.sub(r"[^A-Za-z0-9_]", "_", settings.id)
    notes = tuple(_notes(settings))
    document = {
        "connectors": {"kafka_producer": {name: _connector(settings)}},
        "actions": {
            "kafka_producer": {f"{name}_{index}": _action(settings, name, route) for index, route in routes},
        },
        "rule_engine": {
            "rules": {
                f"{name}_{index}": {
                    "sql": _sql(route, list(settings.routes[:index])),
                    "actions": [f"kafka_producer:{name}_{index}"],
                    "description": route.name,
                }
                for index, route in routes
            }
        },
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return Export(with_comments(TITLE, notes, text), notes)


def _notes(settings: ConnectorSettings) -> Iterator[str]:
    for index, route in enumerate(settings.routes):
        if _has_quotes(route):
            yield f"route[{index}] ({route.name}) is left out: its rule cannot have quotes and ${{."
        elif route.value == "json":
            yield f"route[{index}] ({route.name}): the envelope has all that the rule selects, and no payload_base64."
    yield "[broker]: EMQX is the broker itself; devices have to publish there, or a bridge to it."
    yield "Acknowledgement: EMQX answers the publisher before Kafka has the message; the buffer is on disk here."
    yield f"[spool] max_mb ({settings.spool.max_bytes // 1024**2}): as limit of each partition, not of all together."
    yield "A missing level or user property becomes an empty or undefined text, and no dead letter."
    yield "kafka.dlq_topic, connector.unrouted: there are no dead letters; EMQX counts and drops what Kafka refuses."
    if settings.kafka.allow_topics:
        yield "kafka.allow_topics: not checked."
    if settings.group:
        yield "connector.group: has no meaning inside of the broker."
    if settings.retained != "always":
        yield "connector.retained: rules see each message once, when it is published."
    yield "content-type, correlation-data, response-topic: no headers of their own."
    yield "Partitions: key_dispatch may give a key another partition than Kafka's own clients and this connector do."
    if settings.kafka.extra.get("compression.type", "zstd") not in COMPRESSIONS:
        yield "compression.type: EMQX 5.8 has snappy and gzip; nothing is compressed."
    yield from common_notes(settings, known_options=["compression.type"])


def _connector(settings: ConnectorSettings) -> dict[str, Any]:
    kafka = settings.kafka
    connector: dict[str, Any] = {"bootstrap_hosts": ",".join(kafka.bootstrap), "authentication": "none"}
    if kafka.has_login:
        connector["authentication"] = {
            "mechanism": str(kafka.sasl_mechanism).lower().replace("-", "_"),
            "username": kafka.username,
            "password": KAFKA_PASSWORD,
        }
    if kafka.is_encrypted:
        files = {"cacertfile": kafka.ca_file, "certfile": kafka.client_cert, "keyfile": kafka.client_key}
        connector["ssl"] = {
            "enable": True,
            "verify": "verify_peer",
            **{key: str(path) for key, path in files.items() if path},
        }
    return connector


def _action(settings: ConnectorSettings, connector: str, route: Route) -> dict[str, Any]:
    compression = settings.kafka.extra.get("compression.type", "zstd")
    fixed = {"mqtt-topic": "${topic}", "mqtt-retain": "${retain}"}
    headers = fixed | {name: value.decode() for name, value in route.headers}
    return {
        "connector": connector,
        "parameters": {
            "topic": _template(route.topic),
            "message": {
                "key": _template(route.key),
                "value": "${.}" if route.value == "json" else "${payload}",
                "timestamp": "${received}",
            },
            "kafka_headers": "${user_properties}",
            "kafka_ext_headers": [
                {"kafka_ext_header_key": name, "kafka_ext_header_value": value} for name, value in headers.items()
            ],
            "partition_strategy": "key_dispatch",
            "required_acks": "all_isr",
            "compression": COMPRESSIONS.get(compression, "no_compression"),
            "max_inflight": 1,
            "buffer": {"mode": "disk", "per_partition_limit": f"{settings.spool.max_bytes // 1024**2}MB"},
        },
    }


def _sql(route: Route, earlier: list[Route]) -> str:
    """Return the rule: what the templates need, of messages that no earlier route takes."""
    fields = [
        "topic", "payload", "qos", "flags.retain as retain", "publish_received_at as received",
        "pub_props.'User-Property' as user_properties",
    ]  # fmt: skip
    for part in dict.fromkeys([*route.topic.parts, *route.key.parts]):
        match part:
            case Level(number):
                fields.append(f"nth({number}, split(topic, '/', 'notrim')) as level_{number}")
            case UserProperty(name):
                fields.append(f"pub_props.'User-Property'.'{name}' as {_variable(name)}")
    conditions = [
        f"regex_match(topic, '(?s)^(?!{filter_expression(other.filter)}$)')"
        for other in earlier
        if has_overlap(route.filter, other.filter) and not _has_quotes(other)
    ]
    where = f" WHERE {' and '.join(conditions)}" if conditions else ""
    return f'SELECT {", ".join(fields)} FROM "{route.filter}"{where}'  # noqa: S608 - quotes are refused


def _template(template: Template) -> str:
    texts = []
    for part in template.parts:
        match part:
            case Level(number):
                texts.append(f"${{level_{number}}}")
            case UserProperty(name):
                texts.append(f"${{{_variable(name)}}}")
            case str():
                texts.append(part)
            case _:
                texts.append("${topic}")
    return "".join(texts)


def _variable(name: str) -> str:
    return "user_" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def _has_quotes(route: Route) -> bool:
    parts = [*route.topic.parts, *route.key.parts]
    texts = [route.filter, *(part.name if isinstance(part, UserProperty) else str(part) for part in parts)]
    return any(sign in text for text in texts for sign in ("'", '"', "${"))
