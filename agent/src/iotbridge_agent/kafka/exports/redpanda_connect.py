"""Export for Redpanda Connect: input `mqtt`, a mapping, output `kafka_franz`; checked against release 4.103.1."""

from collections.abc import Iterable, Iterator
import json
import re
from typing import Any

from iotbridge_agent.kafka.exports.export import SPOOL, Export, common_notes, to_yaml, with_comments
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.route_settings import Route
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.template import Level, Template
from iotbridge_agent.kafka.topic_filters import filter_expression

TITLE = "Redpanda Connect 4.103, from the routes of iotbridge-agent kafka. It was checked by its schema, and not run."
SCHEMES = {"mqtt": "tcp", "mqtts": "ssl", "ws": "ws", "wss": "wss"}
COMPRESSIONS = ("gzip", "snappy", "lz4", "zstd", "none")
NONE, LEFT_OUT = -1, -2
"""Numbers in place of a route's index."""
NOTHING = '""'
RETAINED = "@mqtt_retained == true"
ENVELOPE = (
    f'{{"topic": $topic, "payload": content().string(), "qos": @mqtt_qos, "retain": {RETAINED}, "received": now()}}'
)
LEGAL = '"^[a-zA-Z0-9._-]{1,249}$"'


def export_redpanda_connect(settings: ConnectorSettings) -> Export:
    """Return a pipeline for Redpanda Connect."""
    routes = [(index, route) for index, route in enumerate(settings.routes) if not _needs_properties(route)]
    notes = tuple(_notes(settings))
    document = {
        "input": {"label": "", "mqtt": _input(settings)},
        "pipeline": {"processors": [{"mapping": _mapping(settings, routes)}]},
        "output": {"switch": {"cases": list(_cases(settings, routes))}},
    }
    return Export(with_comments(TITLE, notes, to_yaml(document)), notes)


def _notes(settings: ConnectorSettings) -> Iterator[str]:
    for index, route in enumerate(settings.routes):
        if _needs_properties(route):
            yield f"route[{index}] ({route.name}) becomes dead letters: it needs user properties of MQTT 5."
        elif route.value == "json":
            yield f"route[{index}] ({route.name}): no payload_base64; bytes that are no text are replaced."
    yield "User properties, content-type, correlation-data and response-topic: MQTT 3.1.1 has none."
    yield f"{SPOOL} at the MQTT broker, in its queue."
    if settings.retained == "new":
        yield 'connector.retained = "new": retained messages arrive again with each restart, as with "always".'
    if settings.broker.scheme == "wss":
        yield "broker.url: the documentation of the input names tcp, ssl and ws, and not wss."
    if not settings.kafka.dlq_topic:
        yield "kafka.dlq_topic is not set: what cannot be routed is dropped, as there is no spool for it."
    if settings.unrouted == "letter":
        yield "connector.unrouted: messages without a route are dropped."
    if settings.group:
        yield "connector.group: $share is passed on to the broker, which has to accept it from MQTT 3.1.1."
    yield from common_notes(settings, known_options=["compression.type"])


def _input(settings: ConnectorSettings) -> dict[str, Any]:
    broker = settings.broker
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    path = broker.path if broker.scheme in ("ws", "wss") else ""
    mqtt: dict[str, Any] = {
        "urls": [f"{SCHEMES[broker.scheme]}://{host}:{broker.port}{path}"],
        "client_id": settings.id,
        "topics": list(Router(settings).filters),
        "qos": 1,
        "clean_session": False,
        "keepalive": broker.keepalive_s,
    }
    if broker.username:
        mqtt["user"] = broker.username
    if broker.password:
        mqtt["password"] = "${MQTT_PASSWORD}"  # noqa: S105 - the name of a variable
    if broker.tls:
        mqtt["tls"] = _tls(broker.ca_file, broker.client_cert, broker.client_key)
        if broker.tls_insecure:
            mqtt["tls"]["skip_cert_verify"] = True
    return mqtt


def _mapping(settings: ConnectorSettings, routes: list[tuple[int, Route]]) -> str:
    """Return the Bloblang mapping: the first route that matches, its topic, key, headers and value."""
    matches = [
        (_condition(route.filter), str(LEFT_OUT if _needs_properties(route) else index))
        for index, route in enumerate(settings.routes)
    ]
    targets = [(_is(index), _template(route.topic)) for index, route in routes]
    keys = [(_is(index), _template(route.key)) for index, route in routes]
    checks = f"!$target.re_match({LEGAL})"
    if settings.kafka.allow_topics:
        checks += f" || !$target.re_match({_quoted(f'^(?:{settings.kafka.allow_topics})$')})"
    checked = [(_is(NONE), "deleted()"), (_is(LEFT_OUT), 'throw("left_out")'), (checks, 'throw("illegal_topic")')]
    lines = [
        "let topic = @mqtt_topic.string()",
        'let levels = $topic.split("/")',
        f"let route = {_choice(matches, str(NONE))}",
        f"let target = {_choice(targets, NOTHING)}",
        f"meta iotbridge_topic = {_choice(checked, '$target')}",
        f"meta iotbridge_key = {_choice(keys)}",
        'meta "mqtt-topic" = $topic',
        f"""meta "mqtt-retain" = {_choice([(RETAINED, '"true"')])}""",
    ]
    headers = [(index, name, value.decode()) for index, route in routes for name, value in route.headers]
    for name in dict.fromkeys(name for _, name, _ in headers):
        values = [(_is(index), _quoted(value)) for index, other, value in headers if other == name]
        lines.append(f"meta {_quoted(name)} = {_choice(values)}")
    contents = [(_is(index), ENVELOPE) for index, route in routes if route.value == "json"]
    if settings.retained == "never":
        contents.insert(0, (RETAINED, "deleted()"))
    lines.append(f"root = {_choice(contents, 'content()')}")
    return "\n".join(lines) + "\n"


def _is(route: int) -> str:
    return f"$route == {route}"


def _choice(cases: Iterable[tuple[str, str]], otherwise: str = "deleted()") -> str:
    text = "".join(f"if {condition} {{ {value} }} else " for condition, value in cases)
    return f"{text}{{ {otherwise} }}" if text else otherwise


def _condition(topic_filter: str) -> str:
    matches = f"$topic.re_match({_quoted(f'(?s)^{filter_expression(topic_filter)}$')})"
    return f'!$topic.has_prefix("$") && {matches}' if topic_filter[0] in "+#" else matches


def _template(template: Template) -> str:
    parts = []
    for part in template.parts:
        match part:
            case Level(number):
                parts.append(f"$levels.index({number - 1})")
            case str():
                parts.append(_quoted(part))
            case _:
                parts.append("$topic")
    return " + ".join(parts)


def _cases(settings: ConnectorSettings, routes: list[tuple[int, Route]]) -> Iterator[dict[str, Any]]:
    letters: dict[str, Any] = {"drop": {}}
    if settings.kafka.dlq_topic:
        letters = {"kafka_franz": _output(settings, settings.kafka.dlq_topic, "${! @mqtt_topic }", ["mqtt_topic"])}
    yield {"check": "errored()", "output": letters}
    yield {"check": "@iotbridge_topic == null", "output": {"drop": {}}}
    headers = ["mqtt-topic", "mqtt-retain", *(name for _, route in routes for name, _ in route.headers)]
    yield {"output": {"kafka_franz": _output(settings, "${! @iotbridge_topic }", "${! @iotbridge_key }", headers)}}


def _output(settings: ConnectorSettings, topic: str, key: str, headers: list[str]) -> dict[str, Any]:
    kafka = settings.kafka
    compression = kafka.extra.get("compression.type", "zstd")
    output: dict[str, Any] = {
        "seed_brokers": list(kafka.bootstrap),
        "client_id": settings.id,
        "topic": topic,
        "key": key,
        "metadata": {"include_patterns": [f"^{re.escape(name)}$" for name in dict.fromkeys(headers)]},
        "partitioner": "murmur2_hash",
        "acks": "all",
        "idempotent_write": True,
        "compression": compression if compression in COMPRESSIONS else "zstd",
        "max_in_flight": 1,
        "batching": {"count": 1000, "period": "5ms"},
    }
    if kafka.is_encrypted:
        output["tls"] = _tls(kafka.ca_file, kafka.client_cert, kafka.client_key)
    if kafka.has_login:
        output["sasl"] = [
            {"mechanism": kafka.sasl_mechanism, "username": kafka.username, "password": "${KAFKA_PASSWORD}"}
        ]
    return output


def _tls(ca_file: object, client_cert: object, client_key: object) -> dict[str, Any]:
    tls: dict[str, Any] = {"enabled": True}
    if ca_file:
        tls["root_cas_file"] = str(ca_file)
    if client_cert:
        tls["client_certs"] = [{"cert_file": str(client_cert), "key_file": str(client_key or client_cert)}]
    return tls


def _needs_properties(route: Route) -> bool:
    return route.topic.has_properties or route.key.has_properties


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
