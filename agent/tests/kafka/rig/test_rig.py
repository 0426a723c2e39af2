"""The rig itself: links interrupt, and the comparison of arrivals finds what it is for."""

from __future__ import annotations

from pathlib import Path

from confluent_kafka import KafkaError, Producer
from conftest import Broker, wait_until
import pytest

from .link import Link, server_tls
from .mock_cluster import MockCluster
from .numbered import Publisher, compare, payload
from .tansu import Tansu
from .topics import StoredRecord, read_all

QUIET = {"log_level": 0, "linger.ms": 0, "enable.idempotence": True}


def record(offset: int, key: str, sequence: int, partition: int = 0) -> StoredRecord:
    return StoredRecord(partition, offset, key.encode(), payload(key, sequence, 0), [], 0)


def test_a_gap_is_lost_and_a_repetition_a_duplicate() -> None:
    arrivals = compare([record(0, "a", 0), record(1, "a", 2), record(2, "a", 0), record(3, "a", 3)], {"a": 3, "b": 1})
    assert arrivals.lost == [("a", 1), ("b", 0)]
    assert arrivals.duplicates == 1
    assert arrivals.unexpected == [("a", 3)]
    with pytest.raises(AssertionError, match="lost 2"):
        arrivals.assert_complete()


def test_only_first_occurrences_have_an_order() -> None:
    again = [record(0, "a", 0), record(1, "a", 1), record(2, "a", 0), record(3, "a", 1), record(4, "a", 2)]
    assert compare(again, {"a": 3}).out_of_order == []
    assert compare([record(0, "a", 1), record(1, "a", 0)], {"a": 2}).out_of_order == [("a", 0)]


def test_every_message_of_the_publisher_is_acknowledged(broker: Broker) -> None:
    publisher = Publisher(broker.port, ["x/1", "x/2", "x/3"], 1000)
    publisher.start()
    assert publisher.finish(15) == {"x/1": 334, "x/2": 333, "x/3": 333}


def test_a_link_holds_records_back_and_refuses(tmp_path: Path) -> None:
    with Link() as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        tansu.create_topic("held")
        producer = Producer({"bootstrap.servers": link.address, **QUIET})
        producer.produce("held", b"1")
        assert producer.flush(15) == 0
        link.freeze()
        producer.produce("held", b"2")
        assert producer.flush(0.5) == 1
        link.refuse()
        link.thaw()
        assert producer.flush(0.5) == 1
        link.accept()
        assert producer.flush(15) == 0
        assert [r.value for r in sorted(read_all(tansu.address, "held"), key=lambda r: r.value or b"")] == [b"1", b"2"]


def test_a_frozen_tansu_answers_again(tmp_path: Path) -> None:
    with Tansu(tmp_path) as tansu:
        tansu.create_topic("frozen")
        producer = Producer({"bootstrap.servers": tansu.address, **QUIET})
        tansu.freeze()
        producer.produce("frozen", b"1")
        assert producer.flush(0.5) == 1
        tansu.thaw()
        assert producer.flush(15) == 0


def test_a_link_ends_tls(certificates: Path, tmp_path: Path) -> None:
    with Link(tls=server_tls(certificates)) as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        options = {"security.protocol": "ssl", "ssl.ca.location": str(certificates / "ca.crt")}
        producer = Producer({"bootstrap.servers": link.address, **options, **QUIET})
        producer.produce("encrypted", b"1")
        assert producer.flush(15) == 0
        assert [r.value for r in read_all(link.address, "encrypted", options)] == [b"1"]


def test_the_mock_cluster_keeps_headers(mock_cluster: MockCluster) -> None:
    producer = Producer({"bootstrap.servers": mock_cluster.address, **QUIET})
    producer.produce("headers", b"value", b"key", headers=[("name", b"\0")])
    assert producer.flush(15) == 0
    (stored,) = read_all(mock_cluster.address, "headers")
    assert (stored.key, stored.value, stored.headers) == (b"key", b"value", [("name", b"\0")])


def test_tansu_refuses_a_login(tmp_path: Path) -> None:
    errors: list[int] = []
    with Tansu(tmp_path, "--authentication") as tansu:
        options = {"security.protocol": "sasl_plaintext", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "iot",
                   "sasl.password": "wrong"}  # fmt: skip
        callback = {"error_cb": lambda error: errors.append(error.code())}
        producer = Producer({"bootstrap.servers": tansu.address, **options, **callback, **QUIET})
        wait_until(lambda: producer.poll(0.05) or KafkaError._AUTHENTICATION in errors, "the refusal")
