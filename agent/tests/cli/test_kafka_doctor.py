"""Doctor of the connector, on real brokers: Mosquitto, and servers that speak Kafka's protocol."""

from collections.abc import Iterator
from pathlib import Path
import tomllib
from typing import Any

from certificates import make_authority, make_certificate
from conftest import Broker, free_port
from kafka.rig.stub import Account, KafkaStub
from kafka.rig.tansu import Tansu
from kafka.rig.topics import read_all
import pytest

from iotbridge_agent.cli import kafka_doctor
from iotbridge_agent.cli.command_line import main
from iotbridge_agent.cli.doctor_broker import Finding
from iotbridge_agent.cli.kafka_doctor import examine_kafka, examine_spool, example_of
from iotbridge_agent.kafka import admin
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.settings import ConnectorSettings, parse_settings

ROUTES = """
[[route]]
filter = "shop/+/stock"
topic = "stock-updates"
key = "{2}/{user.unit}"
[[route]]
filter = "site/#"
topic = "site.{2}"
"""
"""Routes to a fixed topic, and to topics that come from messages."""


@pytest.fixture(scope="module")
def tansu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tansu]:
    with Tansu(tmp_path_factory.mktemp("tansu")) as tansu:
        yield tansu


def settings_of(kafka: str, more: str = "", broker: str = "mqtt://127.0.0.1:1") -> ConnectorSettings:
    text = f'[broker]\nurl = "{broker}"\n[kafka]\nbootstrap = ["{kafka}"]\n{more}\n{ROUTES}'
    return parse_settings(tomllib.loads(text), source="test", environ={}, default_id="stock")


def found(settings: ConnectorSettings, *, send: bool = False) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine_kafka(settings, send=send)}


def test_a_topic_that_is_missing_is_named_and_not_created(tansu: Tansu) -> None:
    settings = settings_of(tansu.address, 'dlq_topic = "dead"')
    for _ in range(2):
        findings = found(settings)
        assert findings["Kafka login"].detail == "connected without a login; brokers: 1."
        assert findings["Kafka topic"].level == "bad"
        assert "no topic dead (dead letters)" in findings["Kafka topic"].detail
        assert "--topic dead" in findings["Kafka topic"].remedy
        assert "No record was sent" in findings["round trip"].detail


def test_a_record_is_sent_for_each_route_only_when_asked(tansu: Tansu) -> None:
    tansu.create_topic("stock-updates")
    settings = settings_of(tansu.address)
    assert {finding.level for finding in examine_kafka(settings, send=False)} == {"ok", "note"}
    assert read_all(tansu.address, "stock-updates") == []

    findings = [finding for finding in examine_kafka(settings, send=True) if finding.what == "round trip"]
    assert [finding.level for finding in findings] == ["ok", "note"]
    assert "shop/+/stock: Kafka confirmed a record in stock-updates, partition " in findings[0].detail
    assert findings[1].detail == "site/#: nothing was sent, as its topic comes from the messages."
    (record,) = read_all(tansu.address, "stock-updates")
    assert record.header("iotbridge-doctor") == b"iotbridge-doctor"
    assert (record.key, record.value) == (b"iotbridge-doctor/iotbridge-doctor", b"")


def test_examples_match_their_routes() -> None:
    settings = settings_of("k:1")
    topics = [example_of(route).topic for route in settings.routes]
    assert topics == ["shop/iotbridge-doctor/stock", "site/iotbridge-doctor"]
    assert [Router(settings).match(topic) for topic in topics] == [0, 1]


def test_no_record_is_sent_where_another_route_takes_the_example(tansu: Tansu) -> None:
    routes = '[[route]]\nfilter = "a/iotbridge-doctor"\ntopic = "t"\n[[route]]\nfilter = "a/+"\ntopic = "u"\n'
    text = f'[broker]\nurl = "mqtt://b"\n[kafka]\nbootstrap = ["{tansu.address}"]\n{routes}'
    tansu.create_topic("t")
    tansu.create_topic("u")
    settings = parse_settings(tomllib.loads(text), source="test", environ={}, default_id="stock")
    trips = [finding.detail for finding in examine_kafka(settings, send=True) if finding.what == "round trip"]
    assert trips[1] == "a/+: nothing was sent, as the doctor finds no topic of its own for this filter."
    assert read_all(tansu.address, "u") == []


def test_an_address_where_nothing_listens_ends_the_checks() -> None:
    address = f"127.0.0.1:{free_port()}"
    findings = found(settings_of(address))
    assert list(findings) == ["Kafka address"]
    assert f"{address} cannot be reached (Connection refused)" in findings["Kafka address"].detail


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Broker]:
    """Start a server with a certificate of the authority "own"; its protocol does not matter."""
    make_authority(tmp_path, "own")
    make_authority(tmp_path, "foreign")
    make_certificate(tmp_path, "own", "server", "IP:127.0.0.1")
    server = Broker(tmp_path, listener=(f"certfile {tmp_path}/server.crt", f"keyfile {tmp_path}/server.key"))
    server.start()
    yield server
    server.kill()


def test_a_verified_certificate_is_open_with_tls(tls: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "ANSWER_TIMEOUT_S", 0.5)
    more = f'security = "ssl"\nca_file = "{tls.folder}/own.crt"'
    findings = found(settings_of(f"127.0.0.1:{tls.port}", more))
    assert findings["Kafka address"].detail == f"127.0.0.1:{tls.port} is open, with TLS."
    # The server speaks TLS, but not Kafka's protocol.
    assert findings["Kafka login"].level == "bad"
    name = found(settings_of(f"localhost:{tls.port}", more))["Kafka TLS"]
    assert "its certificate is not for the name localhost" in name.detail


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", "security = plaintext: others in the network can read the records."),
        (
            'security = "sasl_plaintext"\nsasl_mechanism = "PLAIN"\nusername = "u"\npassword = "p"',
            "security = sasl_plaintext: others in the network can read the records and the password.",
        ),
        (
            'security = "ssl"\nextra = {"enable.ssl.certificate.verification" = false}',
            "kafka.extra switches the check of Kafka's certificate off: anyone can impersonate Kafka.",
        ),
    ],
)
def test_connections_that_others_can_read_are_noted(more: str, expected: str) -> None:
    finding = found(settings_of("kafka.invalid:9092", more))["Kafka secrecy"]
    assert (finding.level, finding.detail) == ("note", expected)


def test_a_certificate_of_a_foreign_authority_is_named(tls: Broker) -> None:
    findings = found(settings_of(f"127.0.0.1:{tls.port}", f'security = "ssl"\nca_file = "{tls.folder}/foreign.crt"'))
    assert list(findings) == ["Kafka TLS"]
    expected = f"cannot be trusted: the authority that signed its certificate is not in {tls.folder}/foreign.crt."
    assert findings["Kafka TLS"].detail == f"127.0.0.1:{tls.port} {expected}"
    assert "kafka.ca_file" in findings["Kafka TLS"].remedy


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('ca_file = "{folder}/own.key"', "kafka.ca_file: expected certificates in PEM form"),
        (
            'ca_file = "{folder}/own.crt"\nclient_cert = "{folder}/own.crt"\nclient_key = "{folder}/server.key"',
            "kafka.client_cert: expected a certificate and its key",
        ),
    ],
)
def test_files_that_are_no_certificates_are_named(tls: Broker, more: str, expected: str) -> None:
    more = more.format(folder=tls.folder)
    findings = found(settings_of(f"127.0.0.1:{tls.port}", f'security = "ssl"\n{more}'))
    assert findings["Kafka TLS"].detail.startswith(expected)


def test_a_port_without_tls_is_named(tansu: Tansu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_doctor, "TIMEOUT_S", 0.5)
    finding = found(settings_of(tansu.address, 'security = "ssl"'))["Kafka TLS"]
    assert finding.level == "bad"
    assert finding.detail.startswith(f"{tansu.address} ")


SASL = 'security = "sasl_plaintext"\nsasl_mechanism = "PLAIN"\nusername = "iot"\npassword = "{}"'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (SASL.format("wrong"), "Kafka refuses the login: SASL authentication error: Authentication failed."),
        (SASL.format("right").replace("PLAIN", "SCRAM-SHA-256"), "Unsupported SASL mechanism"),
    ],
)
def test_a_refused_login_is_named_without_the_password(more: str, expected: str) -> None:
    with KafkaStub(Account("PLAIN", "iot", "right")) as stub:
        finding = found(settings_of(stub.address, more))["Kafka login"]
    assert finding.level == "bad"
    assert expected in finding.detail
    assert "password_file" in finding.remedy
    assert "wrong" not in f"{finding}"


def test_missing_rights_are_named() -> None:
    with KafkaStub(Account("PLAIN", "iot", "right")) as stub:
        settings = settings_of(stub.address, SASL.format("right"))
        assert found(settings, send=True)["Kafka login"].detail == "logged in as iot; brokers: 1."
        stub.topic_errors["stock-updates"] = 29
        trips = [finding for finding in examine_kafka(settings, send=True) if finding.what == "round trip"]
        assert trips[0].detail == "shop/+/stock: This user may not write to the topic."
        stub.topic_errors.clear()
        stub.producer_error = 31
        trips = [finding for finding in examine_kafka(settings, send=True) if finding.what == "round trip"]
        assert trips[0].detail == "shop/+/stock: This user may not write with idempotence."
        assert "IdempotentWrite" in trips[0].remedy


def test_brokers_under_a_name_that_cannot_be_reached_are_named(tmp_path: Path) -> None:
    port = free_port()
    with Tansu(tmp_path, advertised=port) as tansu:
        finding = found(settings_of(tansu.address))["Kafka brokers"]
    assert finding.level == "bad"
    assert f"calls one of its brokers 127.0.0.1:{port}, which this machine cannot reach" in finding.detail
    assert "advertised.listeners" in finding.remedy


def test_as_root_the_checks_run_as_the_user_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[tuple[str, ...], dict[str, Any]]] = []

    def call(argv: tuple[str, ...], **options: Any) -> int:
        calls.append((argv, options))
        return 7

    monkeypatch.setattr("iotbridge_agent.cli.doctor._is_root", lambda: True)
    path = tmp_path / "stock.toml"
    assert kafka_doctor.main(path, send=True, listen_s=2.5, user="nobody", call=call) == 7
    ((argv, options),) = calls
    assert argv[1:] == ("-m", "iotbridge_agent", "--config", str(path), "kafka", "doctor", "--listen", "2.5", "--send")
    assert options["env"]["STATE_DIRECTORY"] == "/var/lib/iotbridge-kafka"
    assert options["user"] > 0
    assert "as the service's user nobody" in capsys.readouterr().out


def spool_findings(path: Path, max_mb: int) -> list[Finding]:
    return list(examine_spool(settings_of("k:1", f'[spool]\npath = "{path}"\nmax_mb = {max_mb}')))


def test_the_spool_is_measured_against_its_limit_and_the_disk(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(bytes(2 * 1024 * 1024))
    (finding,) = spool_findings(tmp_path / "s.db", 5)
    assert finding.level == "ok"
    assert "2 of 5 MB used" in finding.detail
    (finding,) = spool_findings(tmp_path / "new" / "s.db", 1024 * 1024)
    assert finding.level == "note"
    assert "The disk is full before the spool is." in finding.detail


def test_a_spool_that_cannot_be_written(tmp_path: Path) -> None:
    (finding,) = spool_findings(Path("/proc/1/s.db"), 5)
    assert (finding.level, "spool.path" in finding.remedy) == ("bad", True)


def test_all_checks_run_from_the_command_line(
    broker: Broker, tansu: Tansu, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, secret = tmp_path / "stock.toml", tmp_path / "secret"
    secret.write_text("right")
    secret.chmod(0o644)
    kafka = f'[kafka]\nbootstrap = ["{tansu.address}"]\n{SASL.format("").replace("password =", "password_file =")}'
    kafka = kafka.replace('password_file = ""', f'password_file = "{secret}"')
    path.write_text(f'[broker]\nurl = "{broker.url}"\n{kafka}\n[spool]\npath = "{tmp_path}/s.db"\n{ROUTES}')
    path.chmod(0o600)
    assert main(["kafka", "doctor", "--listen", "0.5", "--config", str(path)]) == 1
    shown = capsys.readouterr().out
    assert f"{secret} has mode 644" in shown
    for subject in (
        "spool",
        "broker port",
        "login",
        "route",
        "own topics",
        "broker queue",
        "Kafka address",
        "Kafka login",
    ):
        assert f" {subject} " in shown
    assert "right" not in shown.replace("rights", "")
