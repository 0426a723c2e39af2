"""Configuration of the connector: every key, and a one-line error for each mistake."""

from pathlib import Path
import tomllib

import pytest

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.settings import ConnectorSettings, load_settings, parse_settings

from .messages import BASE, ROUTE, settings_of

SASL = 'security = "sasl_ssl"\nsasl_mechanism = "SCRAM-SHA-512"\nusername = "iot"\n'


def error_of(text: str, base: str = BASE, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_settings(tomllib.loads(base + text), source="stock.toml", environ=environ, default_id="stock")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_broker_a_kafka_and_a_route_are_enough() -> None:
    settings = settings_of()
    assert settings.broker == BrokerConfig(scheme="mqtt", host="broker.lan", port=1883)
    assert settings.kafka.bootstrap == ("kafka1:9092",)
    assert (settings.id, settings.name, settings.group) == ("stock", "Kafka connector stock", "")
    assert settings.spool == (Path("/var/lib/iotbridge-kafka/stock.db"), 1024 * 1024 * 1024)
    assert (settings.retained, settings.unrouted) == ("new", "count")
    assert (settings.session_expiry_s, settings.receive_maximum) == (604800, 1000)
    assert (settings.metrics_listen, settings.topic_prefix) == (None, "iotbridge")


def test_every_key_is_read(tmp_path: Path) -> None:
    for name in ("mqtt", "kafka", "ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).write_text(f"secret of {name}\n")
    path = tmp_path / "stock.toml"
    path.write_text(f"""
[broker]
url = "wss://broker.lan/mqtt"
username = "kafka-connector"
password_file = "{tmp_path}/mqtt"
ca_file = "{tmp_path}/ca.pem"
[connector]
id = "warehouse"
name = "Warehouse"
group = ""
session_expiry_s = 3600
receive_maximum = 20
retained = "never"
unrouted = "letter"
prefix = "a/b"
discovery_prefix = "ha"
[kafka]
bootstrap = ["kafka1:9093", "[::1]:9093"]
{SASL}
password_file = "{tmp_path}/kafka"
ca_file = "{tmp_path}/ca.pem"
client_cert = "{tmp_path}/cert.pem"
client_key = "{tmp_path}/key.pem"
dlq_topic = "iot.dead-letters"
allow_topics = "iot[.-].+"
[kafka.extra]
"compression.type" = "zstd"
"socket.keepalive.enable" = true
"linger.ms" = 20
[spool]
path = "/tmp/spool.db"
max_mb = 2
[metrics]
listen = "127.0.0.1:9464"
[[route]]
name = "raw"
filter = "iot/#"
topic = "iot-raw"
key = "{{2}}/{{user.device}}"
value = "json"
[route.headers]
source = "field"
""")
    settings = load_settings(path, {})
    assert (settings.id, settings.name, settings.group) == ("warehouse", "Warehouse", "")
    assert (settings.broker.password, settings.kafka.password) == ("secret of mqtt", "secret of kafka")
    assert "secret" not in repr(settings)
    assert settings.kafka.is_encrypted
    assert settings.kafka.has_login
    assert settings.kafka.extra == {
        "compression.type": "zstd",
        "socket.keepalive.enable": "true",
        "linger.ms": "20",
    }
    assert settings.spool == (Path("/tmp/spool.db"), 2 * 1024 * 1024)  # noqa: S108 - only a name
    assert (settings.retained, settings.unrouted) == ("never", "letter")
    assert (settings.session_expiry_s, settings.receive_maximum) == (3600, 20)
    assert (settings.metrics_listen, settings.topic_prefix, settings.discovery_prefix) == (
        "127.0.0.1:9464",
        "a/b",
        "ha",
    )
    (route,) = settings.routes
    assert (route.name, route.filter, route.value) == ("raw", "iot/#", "json")
    assert route.key.render("iot/7", [("device", "d")]) == "7/d"
    assert route.headers == (("source", b"field"),)


def test_the_environment_overrides_the_file_and_names_the_state_folder() -> None:
    environ = {
        "IOTBRIDGE_BROKER_URL": "mqtts://other",
        "IOTBRIDGE_KAFKA_BOOTSTRAP": "k1:1, k2:2",
        "IOTBRIDGE_KAFKA_SECURITY": "sasl_plaintext",
        "IOTBRIDGE_KAFKA_SASL_MECHANISM": "PLAIN",
        "IOTBRIDGE_KAFKA_USERNAME": "u",
        "IOTBRIDGE_KAFKA_PASSWORD": "p",
        "IOTBRIDGE_CONNECTOR_ID": "x",
        "IOTBRIDGE_SPOOL_MAX_MB": "5",
        "IOTBRIDGE_METRICS_LISTEN": "127.0.0.1:1",
        "STATE_DIRECTORY": "/var/lib/other:/x",
    }
    settings = settings_of(environ=environ)
    assert (settings.broker.host, settings.kafka.bootstrap, settings.kafka.password) == ("other", ("k1:1", "k2:2"), "p")
    assert settings.spool == (Path("/var/lib/other/x.db"), 5 * 1024 * 1024)
    assert settings.metrics_listen == "127.0.0.1:1"


def test_the_id_is_the_name_of_the_file_unless_the_file_has_another(tmp_path: Path) -> None:
    path = tmp_path / "cellar.toml"
    path.write_text(BASE + ROUTE)
    assert load_settings(path, {}).id == "cellar"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "stock.toml: route: expected 1 to 100 tables, each headed [[route]]"),
        (
            '[[route]]\ntopic = "t"',
            "route[0].filter: expected a topic filter of MQTT, e.g. shop/+/stock; it is missing",
        ),
        ('[[route]]\nfilter = "a/#/b"\ntopic = "t"', "route[0].filter: expected a topic filter of MQTT"),
        ('[[route]]\nfilter = "$share/g/a"\ntopic = "t"', "a shared group is connector.group"),
        ('[[route]]\nfilter = "a"', "route[0].topic: expected a text with parts such as {1}"),
        ('[[route]]\nfilter = "a"\ntopic = "{x}"', "route[0].topic: expected a text with parts such as {1}"),
        ('[[route]]\nfilter = "a"\ntopic = "t"\nkey = "{user.}"', "route[0].key: expected a text with parts"),
        ('[[route]]\nfilter = "a"\ntopic = "t"\nkey = "}"', "route[0].key: expected a text with parts"),
        ('[[route]]\nfilter = "a"\ntopic = "a/b"', "route[0].topic: expected a Kafka topic: 1 to 249 letters"),
        ('[[route]]\nfilter = "a"\ntopic = ".."', "route[0].topic: expected a Kafka topic: 1 to 249 letters"),
        ('[[route]]\nfilter = "a"\ntopic = "a/{1}"', "route[0].topic: expected a Kafka topic: 1 to 249 letters"),
        (
            '[[route]]\nfilter = "a"\ntopic = "{topic}"',
            "levels joined by dots, such as {1}.{2}: Kafka's topics have no /",
        ),
        ('[[route]]\nfilter = "a/+"\ntopic = "{3}"', "route[0].topic: expected levels up to {2}: a/+ has no {3}"),
        (
            '[[route]]\nfilter = "a"\ntopic = "t"\nvalue = "xml"',
            "route[0].value: expected one of raw, json, found 'xml'",
        ),
        (
            '[[route]]\nfilter = "a"\ntopic = "t"\nheaders = {mqtt-id = "1"}',
            "route[0].headers.mqtt-id: expected a name",
        ),
        ('[[route]]\nfilter = "a"\ntopic = "t"\nkeys = "1"', "route[0].keys: there is no such key; did you mean key?"),
        (
            '[[route]]\nfilter = "a/#"\ntopic = "t"\n[[route]]\nfilter = "a/b"\ntopic = "u"',
            "route[1].filter: expected a filter that route[0] (a/#) leaves messages for, as the first match wins",
        ),
        (
            '[[route]]\nfilter = "a/+/c"\ntopic = "t"\n[[route]]\nfilter = "a/b/+"\ntopic = "u"',
            "a message that both a/+/c and a/b/+ match would arrive twice",
        ),
        (
            '[[route]]\nname = "n"\nfilter = "a"\ntopic = "t"\n[[route]]\nname = "n"\nfilter = "b"\ntopic = "u"',
            "route[1].name: expected a unique name, found 'n'",
        ),
        ('allow_topics = "("\n' + ROUTE, "kafka.allow_topics: expected a regular expression"),
        ('allow_topics = "iot-.*"\n' + ROUTE, "expected a topic that kafka.allow_topics (iot-.*) matches"),
        ('dlq_topic = "a b"\n' + ROUTE, "kafka.dlq_topic: expected a Kafka topic"),
        ('security = "tls"\n' + ROUTE, "kafka.security: expected one of plaintext, ssl, sasl_plaintext, sasl_ssl"),
        ('client_key = "/dev/null"\n' + ROUTE, "kafka.client_key: expected security = ssl or sasl_ssl"),
        (
            'security = "ssl"\nclient_key = "/dev/null"\n' + ROUTE,
            "kafka.client_cert: expected client_cert and client_key",
        ),
        ('username = "u"\n' + ROUTE, "kafka.username: expected security = sasl_ssl or sasl_plaintext; with plaintext"),
        (SASL + ROUTE, "kafka.password: expected password_file, because security = sasl_ssl"),
        (SASL.replace("SCRAM-SHA-512", "GSSAPI") + ROUTE, "kafka.sasl_mechanism: expected one of PLAIN, SCRAM-SHA-256"),
        (
            SASL.replace('username = "iot"', "") + ROUTE,
            "kafka.username: expected username, because security = sasl_ssl",
        ),
        ('extra = {acks = "1"}\n' + ROUTE, "kafka.extra.acks: expected no such option: that nothing is lost"),
        ('extra = {"retries" = 0}\n' + ROUTE, "kafka.extra.retries: expected no such option"),
        ('extra = {"partitioner" = "random"}\n' + ROUTE, "kafka.extra.partitioner: expected no such option"),
        (
            'extra = {"sasl.password" = "pw"}\n' + ROUTE,
            "kafka.extra.sasl.password: expected password_file in its place",
        ),
        ('extra = {"ssl.key.password" = "pw"}\n' + ROUTE, "kafka.extra.ssl.key.password: expected no secret"),
        ('extra = {"error_cb" = "x"}\n' + ROUTE, "kafka.extra.error_cb: expected an option that is a text"),
        ('extra = {"linger.ms" = [1]}\n' + ROUTE, "kafka.extra.linger.ms: expected a text, a number, true or false"),
        (ROUTE + '[metrics]\nlisten = "9464"', "metrics.listen: expected address:port, e.g. 127.0.0.1:9464"),
        (ROUTE + "[spool]\nmax_mb = 0", "spool.max_mb: expected a number from 1 to"),
        (ROUTE + '[spool]\npath = ""', "spool.path: expected a text"),
        (ROUTE + '[connector]\ngroup = "a/b"', "connector.group: expected a name without / + #"),
        (ROUTE + '[connector]\nid = "a b"', "connector.id: expected letters, digits"),
        (ROUTE + '[connector]\nretained = "yes"', "connector.retained: expected one of new, always, never"),
        (ROUTE + "[routes]", "stock.toml: routes: there is no such key; did you mean route?"),
    ],
)
def test_a_mistake_is_one_line_with_table_key_and_expectation(text: str, expected: str) -> None:
    error = error_of(text)
    assert expected in error
    assert "pw" not in error


def test_missing_tables_and_wrong_addresses_are_named() -> None:
    assert error_of(ROUTE, base="") == "stock.toml: [kafka]: expected this table, it is missing"
    assert "[broker]: expected this table" in error_of(ROUTE, base='[kafka]\nbootstrap = ["a:1"]\n')
    for address in ("kafka1", "kafka1:0", "kafka1:65536", "http://kafka1:9092", "u@k:1"):
        base = BASE.replace("kafka1:9092", address)
        assert error_of(ROUTE, base=base).startswith("stock.toml: kafka.bootstrap: expected host:port for each broker")
    assert "environment variable IOTBRIDGE_KAFKA_BOOTSTRAP: expected host:port" in error_of(
        ROUTE, IOTBRIDGE_KAFKA_BOOTSTRAP="x"
    )
    assert "environment variable IOTBRIDGE_KAFKA_TOPIC: there is no such key" in error_of(
        ROUTE, IOTBRIDGE_KAFKA_TOPIC="x"
    )


def test_unreadable_files_are_one_line_too(tmp_path: Path) -> None:
    def error(path: Path) -> str:
        with pytest.raises(ConfigError) as caught:
            load_settings(path, {})
        return str(caught.value)

    (tmp_path / "broken.toml").write_text("[kafka")
    (tmp_path / "binary.toml").write_bytes(b"\xff")
    assert "there is no such file" in error(tmp_path / "none.toml")
    assert "is not TOML" in error(tmp_path / "broken.toml")
    assert "cannot be read" in error(tmp_path / "binary.toml")
    assert isinstance(settings_of(), ConnectorSettings)
