"""Questions to Kafka, answered by Tansu and by a stub."""

import pytest

from iotbridge_agent.kafka.admin import Admin, KafkaAnswerError
from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.settings import KafkaSettings

from .rig.stub import KafkaStub
from .rig.tansu import Tansu
from .rig.topics import read_all

RECORD = Record("there", b"k", b"v", [("h", b"1")], 1_796_076_123_456)


def test_brokers_topics_and_a_record(tansu: Tansu) -> None:
    tansu.create_topic("there")
    admin = Admin(KafkaSettings(bootstrap=(tansu.address,)))
    cluster = admin.cluster()
    assert cluster.brokers == (("127.0.0.1", tansu.port),)
    assert "there" in cluster.topics
    assert admin.can_write(["there", "not-there"]) == {"there": None, "not-there": None}
    assert admin.can_write([]) == {}
    partition, offset = admin.send(RECORD)
    stored = read_all(tansu.address, "there")
    assert [(r.partition, r.offset, r.key, r.value, r.headers) for r in stored] == [
        (partition, offset, b"k", b"v", [("h", b"1")])
    ]


def test_a_record_that_is_too_large_is_refused(tansu: Tansu) -> None:
    admin = Admin(KafkaSettings(bootstrap=(tansu.address,)))
    with pytest.raises(KafkaAnswerError, match="too large"):
        admin.send(RECORD._replace(value=bytes(2_000_000)))


def test_a_refusal_of_the_topic_is_a_sentence_with_a_remedy() -> None:
    with KafkaStub() as stub:
        stub.topic_errors["there"] = 29
        with pytest.raises(KafkaAnswerError, match="may not write to the topic") as caught:
            Admin(KafkaSettings(bootstrap=(stub.address,))).send(RECORD)
        assert caught.value.remedy.startswith("Allow it: ")
        assert stub.accepted.total() == 0


def test_a_topic_that_kafka_does_not_have_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iotbridge_agent.kafka.admin.ANSWER_TIMEOUT_S", 1.0)
    with KafkaStub() as stub:
        stub.topic_errors["there"] = 3
        with pytest.raises(KafkaAnswerError, match="did not confirm the record within 1 s") as caught:
            Admin(KafkaSettings(bootstrap=(stub.address,))).send(RECORD)
        assert "Does the topic exist" in caught.value.remedy


def test_silence_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iotbridge_agent.kafka.admin.ANSWER_TIMEOUT_S", 0.5)
    admin = Admin(KafkaSettings(bootstrap=("127.0.0.1:1",)))
    with pytest.raises(KafkaAnswerError, match=r"cannot be reached: .*Connection refused\."):
        admin.cluster()
    with pytest.raises(KafkaAnswerError, match="Kafka "):
        admin.send(RECORD)
