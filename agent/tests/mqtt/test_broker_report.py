"""Report of the broker: retained messages, the round trip, and what a missing right is called."""

from pathlib import Path

from conftest import Broker, Watcher
import pytest

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.mqtt import broker_report
from iotbridge_agent.mqtt.broker_report import read_report
from iotbridge_agent.mqtt.connection import Link, LinkError

ECHO = "own/echo"


def link(broker: Broker) -> Link:
    return Link(BrokerConfig(scheme="mqtt", host="127.0.0.1", port=broker.port), client_id="report")


def test_it_has_every_retained_message_and_the_time_of_its_own(broker: Broker, watcher: Watcher) -> None:
    for topic in ("a/1", "a/2", "b/1", ECHO):
        watcher.publish(topic, topic, retain=True)
    report = read_report(link(broker), ("a/1", "a/2", "missing"), ECHO)
    assert report.values == {"a/1": b"a/1", "a/2": b"a/2"}
    assert 0 < report.round_trip_s < 5
    assert not watcher.of("echo")[-1].retain


def test_a_message_that_does_not_come_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_report, "ECHO_TIMEOUT_S", 0.5)
    (tmp_path / "acl").write_text("topic read a/1\n")
    broker = Broker(tmp_path, options=("allow_anonymous true", f"acl_file {tmp_path}/acl"))
    broker.start()
    try:
        with pytest.raises(CollectorError, match=r"own/echo within 0\.5 s: this user has to read and write"):
            read_report(link(broker), ("a/1",), ECHO)
    finally:
        broker.kill()


def test_without_a_broker_there_is_no_report(broker: Broker) -> None:
    broker.kill()
    with pytest.raises(LinkError):
        read_report(link(broker), ("a/1",), ECHO)
