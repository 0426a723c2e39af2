"""Export for Kafka Connect with the MQTT source of Lenses Stream Reactor, one connector for each route."""

from collections.abc import Iterator
import json

from iotbridge_agent.kafka.exports.export import Export, common_notes
from iotbridge_agent.kafka.route_settings import Route
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.template import Template, WholeTopic
from iotbridge_agent.kafka.topic_filters import has_overlap

CONNECTOR = "io.lenses.streamreactor.connect.mqtt.source.MqttSourceConnector"
CONVERTER = "io.lenses.streamreactor.connect.converters.source.BytesConverter"
SCHEMES = {"mqtt": "tcp", "mqtts": "ssl", "ws": "ws", "wss": "wss"}
SECRETS = "${file:/etc/kafka-connect/iotbridge.properties:mqtt.password}"
"""Password by Kafka's FileConfigProvider, which the worker has to enable."""


def export_kafka_connect(settings: ConnectorSettings) -> Export:
    """Return a list of connectors, each a body for `POST /connectors`."""
    connectors = [
        {"name": f"{settings.id}-{index}", "config": _config(settings, index, route)}
        for index, route in enumerate(settings.routes)
        if not obstacle(route)
    ]
    return Export(json.dumps(connectors, indent=2, ensure_ascii=False) + "\n", tuple(_notes(settings)))


def obstacle(route: Route) -> str:
    """Return why this connector cannot do what the route says, or an empty text."""
    if not route.topic.is_fixed:
        return "its topic comes from a template"
    if route.key != Template((WholeTopic(),)):
        return "the connector's key can only be the whole MQTT topic"
    if route.value == "json":
        return "the connector has no JSON envelope"
    if "`" in route.filter:
        return "its filter has a backquote"
    return ""


def _notes(settings: ConnectorSettings) -> Iterator[str]:
    for index, route in enumerate(settings.routes):
        if reason := obstacle(route):
            yield f"route[{index}] ({route.name}) is left out: {reason}."
            continue
        for earlier, other in enumerate(settings.routes[:index]):
            if has_overlap(route.filter, other.filter):
                yield (
                    f"route[{index}] ({route.name}) also gets the messages of route[{earlier}] ({other.name}): each "
                    "connector has a subscription of its own."
                )
    yield "Acknowledgement: the source acknowledges what it has in memory; a restart of the worker loses that."
    yield "User properties, content-type, correlation-data and response-topic: MQTT 3.1.1 has none."
    yield "Headers mqtt-topic and mqtt-retain: not there; the key is the MQTT topic."
    yield "[kafka] bootstrap, security and login: they are the worker's, in its own configuration."
    yield "[spool]: none; while Kafka is away messages wait in the worker's memory, then in the broker's queue."
    yield "kafka.dlq_topic, connector.unrouted: source connectors have no dead letters."
    if settings.retained != "always":
        yield "connector.retained: retained messages arrive with each start."
    if settings.broker.tls_insecure:
        yield "broker.tls_insecure: cannot be expressed."
    yield from common_notes(settings)


def _config(settings: ConnectorSettings, index: int, route: Route) -> dict[str, str]:
    broker = settings.broker
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    path = broker.path if broker.scheme in ("ws", "wss") else ""
    share = f"$share/{settings.group}/" if settings.group else ""
    source, target = f"{share}{route.filter}", route.topic.render("", ())
    config = {
        "connector.class": CONNECTOR,
        "tasks.max": "1",
        "connect.mqtt.hosts": f"{SCHEMES[broker.scheme]}://{host}:{broker.port}{path}",
        "connect.mqtt.client.id": f"{settings.id}-{index}",
        "connect.mqtt.clean": "false",
        "connect.mqtt.service.quality": "1",
        "connect.mqtt.process.duplicates": "true",  # without it messages that are sent again are lost
        "connect.mqtt.converter.throw.on.error": "true",
        "connect.mqtt.kcql": f"INSERT INTO `{target}` SELECT * FROM `{source}` WITHCONVERTER=`{CONVERTER}`",  # noqa: S608
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "transforms": ",".join(["key", *(f"header{number}" for number in range(len(route.headers)))]),
        "transforms.key.type": "org.apache.kafka.connect.transforms.ExtractField$Key",
        "transforms.key.field": "topic",
    }
    for number, (name, value) in enumerate(route.headers):
        config |= {
            f"transforms.header{number}.type": "org.apache.kafka.connect.transforms.InsertHeader",
            f"transforms.header{number}.header": name,
            f"transforms.header{number}.value.literal": value.decode(),
        }
    optional = {
        "connect.mqtt.username": broker.username,
        "connect.mqtt.password": SECRETS if broker.password else None,
        "connect.mqtt.ssl.ca.cert": broker.ca_file,
        "connect.mqtt.ssl.cert": broker.client_cert,
        "connect.mqtt.ssl.key": broker.client_key,
    }
    return config | {key: str(value) for key, value in optional.items() if value}
