"""Errors of Kafka: records that it refuses, rights that are missing, and what is sent when they are there."""

from pathlib import Path
import re

from conftest import Broker, Watcher
import pytest

from iotbridge_agent.kafka.connector import Connector
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.states import ConnectorState

from ..rig.stub import CLUSTER_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED, Account, KafkaStub
from ..running import eventually, running, settings_for

MSG_SIZE_TOO_LARGE, INVALID_RECORD = 10, 87
# One batch for all, whose content can be read.
PLAIN = 'extra = { "linger.ms" = 200, "compression.type" = "none" }'


def letters_of(folder: Path) -> list[Letter]:
    """Return the dead letters in the spool of a connector."""
    spool = Spool(folder / "spool.db", 10_000_000)
    spool.open_beside()
    try:
        return [letter for _, letter in spool.letters(100)]
    finally:
        spool.close()


def numbers(stub: KafkaStub) -> list[int]:
    """Return the numbers of the accepted messages, in order."""
    return [int(number) for batch in stub.batches for number in re.findall(rb"<(\d+)>", batch)]


@pytest.mark.parametrize(("code", "reason"), [(INVALID_RECORD, "refused"), (MSG_SIZE_TOO_LARGE, "too_large")])
async def test_one_refused_record_does_not_take_its_batch_along(
    tmp_path: Path, broker: Broker, watcher: Watcher, code: int, reason: str
) -> None:
    with KafkaStub() as stub:
        stub.refusals[b"<13>"] = code
        async with running(settings_for(tmp_path, broker.url, stub.address, "refusing", kafka=PLAIN)) as connector:
            counters = connector.counters
            for number in range(30):
                watcher.publish("shop/1", b"<%d>" % number)
            await eventually(lambda: counters.out_total == 29, "29 records")
            await eventually(lambda: counters.dead == {reason: 1}, "one dead letter")
            watcher.publish("shop/1", b"<30>")
            await eventually(lambda: counters.out_total == 30, "a record after the dead letter")
    assert numbers(stub) == [number for number in range(31) if number != 13]
    (letter,) = letters_of(tmp_path)
    assert (letter.topic, letter.target, letter.value, letter.reason) == ("shop/1", "refusing", b"<13>", reason)


async def test_a_refused_dead_letter_stays_in_the_spool(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    with KafkaStub() as stub:
        stub.refusals[b"poison"] = INVALID_RECORD
        kafka = f'dlq_topic = "dead"\n{PLAIN}'
        async with running(settings_for(tmp_path, broker.url, stub.address, "refusing", kafka=kafka)) as connector:
            watcher.publish("shop/1", b"poison")
            watcher.publish("shop/1", b"<1>")
            await eventually(lambda: connector.counters.out_total == 1, "the record behind it")
            await eventually(lambda: len(letters_of(tmp_path)) == 1, "a dead letter in the spool")
            assert connector.counters.dead == {"refused": 1}
    assert stub.accepted == {"refusing": 1}


async def held(connector: Connector, watcher: Watcher, problem: str) -> None:
    """Wait until messages go to the disk because of a problem."""
    counters = connector.counters
    for number in range(5):
        watcher.publish("shop/1", b"<%d>" % number)
    await eventually(lambda: counters.state is ConnectorState.SPOOLING, "spooling")
    await eventually(lambda: counters.spool_records == 5, "records on the disk")
    assert problem in counters.problem
    assert not counters.kafka
    assert not counters.dead


async def delivered(connector: Connector, stub: KafkaStub) -> None:
    """Wait until everything is delivered."""
    counters = connector.counters
    await eventually(lambda: counters.out_total == 5, "five records")
    await eventually(lambda: counters.state is ConnectorState.LIVE, "live")
    assert (counters.problem, counters.kafka) == ("", True)
    assert sorted(set(numbers(stub)), key=numbers(stub).index) == list(range(5))


async def test_without_the_right_for_the_topic_messages_wait(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    with KafkaStub() as stub:
        stub.topic_errors["secret"] = TOPIC_AUTHORIZATION_FAILED
        async with running(settings_for(tmp_path, broker.url, stub.address, "secret", kafka=PLAIN)) as connector:
            await held(connector, watcher, "does not let this user write to a topic")
            del stub.topic_errors["secret"]
            await delivered(connector, stub)


async def test_without_the_right_for_idempotence_messages_wait(
    tmp_path: Path, broker: Broker, watcher: Watcher
) -> None:
    with KafkaStub() as stub:
        stub.producer_error = CLUSTER_AUTHORIZATION_FAILED
        async with running(settings_for(tmp_path, broker.url, stub.address, "any", kafka=PLAIN)) as connector:
            await held(connector, watcher, "IdempotentWrite")
            stub.producer_error = 0
            await delivered(connector, stub)


async def test_with_a_wrong_password_messages_wait(
    tmp_path: Path, broker: Broker, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    login = 'security = "sasl_plaintext"\nsasl_mechanism = "PLAIN"\nusername = "iot"\npassword = "right-or-wrong"'
    with KafkaStub(Account("PLAIN", "iot", "another")) as stub:
        kafka = f"{login}\n{PLAIN}"
        settings = settings_for(tmp_path, broker.url, stub.address, "any", kafka=kafka, connector="receive_maximum = 4")
        async with running(settings) as connector:
            await held(connector, watcher, "does not accept user and password")
            stub.account = Account("PLAIN", "iot", "right-or-wrong")
            await delivered(connector, stub)
    assert "right-or-wrong" not in caplog.text
    assert sum("does not accept user and password" in line for line in caplog.text.splitlines()) <= 2


async def test_a_topic_that_does_not_exist_is_waited_for(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    with KafkaStub() as stub:
        stub.topic_errors["missing"] = 3
        # Otherwise the library looks for the topic for half a minute.
        kafka = PLAIN.replace("{", '{ "topic.metadata.propagation.max.ms" = 100,')
        async with running(settings_for(tmp_path, broker.url, stub.address, "missing", kafka=kafka)) as connector:
            await held(connector, watcher, "does not have a topic")
            del stub.topic_errors["missing"]
            await delivered(connector, stub)
