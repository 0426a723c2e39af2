"""Refusals by Kafka that a person has to end: messages are kept, and the log names the cause."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import Broker, wait_until
import pytest

from ..rig.connector import RunningConnector
from ..rig.link import Link, server_tls
from ..rig.numbered import Publisher, compare
from ..rig.stub import CLUSTER_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED, Account, KafkaStub
from ..rig.tansu import Tansu
from ..rig.topics import TopicReader

ACCOUNT = Account("SCRAM-SHA-512", "iot", "right")
COUNT = 50
REFUSED_S = 30.0


def login(folder: Path, password: str, mechanism: str = ACCOUNT.mechanism) -> dict[str, Any]:
    file = folder / "kafka.password"
    file.write_text(password)
    file.chmod(0o600)
    return {
        "security": "sasl_plaintext", "sasl_mechanism": mechanism, "username": ACCOUNT.username,
        "password_file": str(file),
    }  # fmt: skip


def publish(broker: Broker) -> None:
    publisher = Publisher(broker.port, ["rig/1"], COUNT)
    publisher.start()
    publisher.finish(30)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_a_wrong_password_holds_until_it_is_right(broker: Broker, tmp_path: Path, mechanism: str) -> None:
    with KafkaStub(Account(mechanism, "iot", "right")) as stub:
        kafka = login(tmp_path, "wrong", mechanism)
        with RunningConnector(tmp_path, broker.url, stub.address, kafka=kafka) as connector:
            publish(broker)
            log = connector.wait_log("The messages are kept", REFUSED_S)
            assert "password" in log
            assert "wrong" not in log
            assert not stub.accepted
        login(tmp_path, "right")
        with connector:
            wait_until(lambda: stub.accepted["numbered"] >= COUNT, "the messages in Kafka", REFUSED_S)


def test_tansu_refuses_the_login(broker: Broker, tmp_path: Path) -> None:
    kafka = login(tmp_path, "wrong")
    with (
        Tansu(tmp_path, "--authentication") as tansu,
        RunningConnector(tmp_path, broker.url, tansu.address, kafka=kafka) as connector,
    ):
        publish(broker)
        connector.wait_log("The messages are kept", REFUSED_S)
        doctor = connector.command("doctor")
        assert doctor.returncode != 0
        assert "password" in doctor.stdout + doctor.stderr


@pytest.mark.parametrize("error", [TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED])
def test_missing_rights_hold_until_they_are_granted(broker: Broker, tmp_path: Path, error: int) -> None:
    with KafkaStub() as stub:
        if error == TOPIC_AUTHORIZATION_FAILED:
            stub.topic_errors["numbered"] = error
        else:
            stub.producer_error = error
        with RunningConnector(tmp_path, broker.url, stub.address) as connector:
            publish(broker)
            connector.wait_log("The messages are kept", REFUSED_S)
            stub.topic_errors.clear()
            stub.producer_error = 0
            wait_until(lambda: stub.accepted["numbered"] >= COUNT, "the messages in Kafka", REFUSED_S)
            assert connector.command("letters", "list").stdout.startswith("There are no dead letters")


def encrypted(certificates: Path, authority: str) -> Mapping[str, Any]:
    return {"security": "ssl", "ca_file": str(certificates / f"{authority}.crt")}


def test_tls_to_kafka(broker: Broker, certificates: Path, tmp_path: Path) -> None:
    with Link(tls=server_tls(certificates)) as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        kafka = encrypted(certificates, "stranger")
        with RunningConnector(tmp_path, broker.url, link.address, kafka=kafka) as connector:
            publish(broker)
            log = connector.wait_log("The messages are kept", REFUSED_S)
            assert "certificate" in log
        kafka = encrypted(certificates, "ca")
        with RunningConnector(tmp_path, broker.url, link.address, kafka=kafka):
            options = {"security.protocol": "ssl", "ssl.ca.location": str(certificates / "ca.crt")}
            wait_until(lambda: _has_topic(link.address, options), "the topic", REFUSED_S)
            with TopicReader(link.address, "numbered", options) as reader:
                compare(reader.wait(COUNT, REFUSED_S), {"rig/1": COUNT}).assert_complete()


def _has_topic(address: str, options: Mapping[str, str]) -> bool:
    try:
        with TopicReader(address, "numbered", options):
            return True
    except Exception:  # noqa: BLE001  # asked again
        return False
