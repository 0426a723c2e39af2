"""Export for Kafka Connect, key by key beside the documentation of the connector and of the framework."""

import json
import re

from iotbridge_agent.kafka.exports.kafka_connect import export_kafka_connect

from .facts import LOGIN, TLS_BROKER, facts, settings

FACTS = facts("kafka_connect")
ROUTES = """
[[route]]
filter = "shop/#"
topic = "stock"
[route.headers]
source = "field"
[[route]]
name = "rest"
filter = "+/+"
topic = "rest"
""".replace('filter = "+/+"', 'filter = "#"')


def test_every_key_is_documented() -> None:
    connectors = json.loads(export_kafka_connect(settings(LOGIN, ROUTES)).text)
    assert len(connectors) == 2
    classes = {name: [] for name in FACTS["classes"]} | FACTS["framework_classes"]
    for connector in connectors:
        assert connector.keys() == {"name", "config"}
        config = connector["config"]
        assert all(isinstance(value, str) for value in config.values())
        assert config["connector.class"] in classes
        assert re.search(r"WITHCONVERTER=`(.+)`$", config["connect.mqtt.kcql"])[1] in classes  # type: ignore[index]
        allowed = {*FACTS["options"], *FACTS["framework"]}
        for name in config["transforms"].split(","):
            fields = classes[config[f"transforms.{name}.type"]]
            allowed |= {f"transforms.{name}.{field}" for field in ["type", *fields]}
        assert config.keys() <= allowed


def test_a_route_is_a_connector_that_loses_nothing_it_can_keep() -> None:
    first, second = json.loads(export_kafka_connect(settings(LOGIN, ROUTES)).text)
    assert (first["name"], second["name"]) == ("stock-0", "stock-1")
    config = first["config"]
    assert config["connect.mqtt.kcql"].startswith("INSERT INTO `stock` SELECT * FROM `shop/#` WITHCONVERTER=")
    assert config["connect.mqtt.hosts"] == "tcp://broker.lan:1883"
    assert (config["connect.mqtt.clean"], config["connect.mqtt.process.duplicates"]) == ("false", "true")
    assert config["transforms.header0.value.literal"] == "field"
    assert "secret" not in json.dumps(first)
    assert config["connect.mqtt.password"].startswith("${file:")


def test_what_is_not_expressed_is_named() -> None:
    exported = export_kafka_connect(settings())
    assert len(json.loads(exported.text)) == 1
    notes = " ".join(exported.notes)
    for word in (
        "route[0] (stock) is left out: the connector's key can only be the whole MQTT topic",
        "route[1] (sites) is left out: its topic comes from a template",
        "route[2] (users) is left out",
        "a restart of the worker loses that", "[kafka] bootstrap", "[spool]", "kafka.dlq_topic", "mqtt-retain",
    ):  # fmt: skip
        assert word in notes
    overlapping = " ".join(export_kafka_connect(settings("", ROUTES)).notes)
    assert "route[1] (rest) also gets the messages of route[0] (shop/#)" in overlapping
    json_route = '[[route]]\nfilter = "a"\ntopic = "t"\nvalue = "json"\n[[route]]\nfilter = "b`"\ntopic = "t"'
    notes = " ".join(export_kafka_connect(settings("", json_route)).notes)
    assert "no JSON envelope" in notes
    assert "backquote" in notes


def test_addresses_certificates_and_groups() -> None:
    routes = f'[connector]\ngroup = "g"\nretained = "always"\n{ROUTES}'
    exported = export_kafka_connect(settings("", routes, **TLS_BROKER))
    config = json.loads(exported.text)[0]["config"]
    assert config.keys() >= {"connect.mqtt.ssl.ca.cert", "connect.mqtt.ssl.cert", "connect.mqtt.ssl.key"}
    assert config["connect.mqtt.hosts"] == "wss://[::1]:443/ws"
    assert "FROM `$share/g/shop/#`" in config["connect.mqtt.kcql"]
    assert "broker.tls_insecure: cannot be expressed." in exported.notes
    assert not any(note.startswith("connector.retained") for note in exported.notes)
