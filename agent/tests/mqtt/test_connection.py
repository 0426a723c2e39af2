"""Connections to real brokers with certificates and WebSockets, and to scripted old ones."""

from pathlib import Path

from conftest import Broker, free_port
import pytest
from scripted_brokers import config, old_broker

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.mqtt import connection
from iotbridge_agent.mqtt.connection import Backoff, Link, LinkError, client_arguments, probe, warnings


async def test_a_broker_without_tls(broker: Broker) -> None:
    result = await probe(config(broker.port))
    assert (result.error, result.mqtt_version, result.tls_version) == (None, "5", None)


async def test_websockets(tmp_path: Path, certificates: Path) -> None:
    # This broker does not start with nothing but WebSockets.
    options = ("allow_anonymous true", f"listener {free_port()} 127.0.0.1")
    broker = Broker(tmp_path, options=options, listener=("protocol websockets",))
    broker.start()
    options = ("allow_anonymous true", f"listener {free_port()} 127.0.0.1")
    tls = (f"certfile {certificates}/broker.crt", f"keyfile {certificates}/broker.key")
    secure = Broker(tmp_path, options=options, listener=("protocol websockets", *tls))
    secure.start()
    try:
        assert (await probe(config(broker.port, "ws"))).error is None
        assert (await probe(config(secure.port, "wss", ca_file=certificates / "ca.crt"))).error is None
        assert "stranger.crt" in (
            (await probe(config(secure.port, "wss", ca_file=certificates / "stranger.crt"))).error or ""
        )
    finally:
        broker.kill()
        secure.kill()


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00"], ids=["3.1.1 words", "5 words"])
async def test_falls_back_to_3_1_1_and_remembers(answer: bytes) -> None:
    async with old_broker(answer) as (port, versions):
        link = Link(config(port), client_id="x")
        for _ in range(2):
            async with link.session() as session:
                assert session.mqtt_version == "3.1.1"
        assert versions == [5, 4, 4]


async def test_a_broker_silent_to_mqtt_5_is_retried_with_3_1_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_TIMEOUT_S", 0.3)
    async with old_broker(b"") as (port, versions):
        link = Link(config(port), client_id="x")
        with pytest.raises(LinkError, match="did not answer in time"):
            async with link.session():
                pass
        async with link.session() as session:
            assert session.mqtt_version == "3.1.1"
        # It may only have been slow.
        with pytest.raises(LinkError):
            async with link.session():
                pass
        assert versions == [5, 4, 5]


async def test_a_closed_port_keeps_the_mqtt_version() -> None:
    link = Link(config(free_port()), client_id="x")
    for _ in range(2):
        with pytest.raises(LinkError):
            async with link.session():
                pass
    assert link._version == "5"


async def test_a_message_that_cannot_be_sent_marks_the_session_as_lost(broker: Broker) -> None:
    link = Link(config(broker.port), client_id="x", will_topic="x")
    async with link.session() as session:
        broker.kill()
        with pytest.raises(LinkError, match="connection was lost"):
            async for _ in session.messages():
                pass
        with pytest.raises(LinkError):
            await session.publish("t", "x", qos=1)
        assert session.lost.is_set()
        with pytest.raises(LinkError):
            await session.subscribe("t")


async def test_a_topic_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read allowed\n")
    acl.chmod(0o644)
    broker = Broker(tmp_path, options=("allow_anonymous true", f"acl_file {acl}"))
    broker.start()
    try:
        async with Link(config(broker.port), client_id="x").session() as session:
            # This broker grants any subscription and withholds the messages; others reject it.
            await session.subscribe("allowed")
    finally:
        broker.kill()


def test_secrets_are_not_in_the_representation() -> None:
    assert "hunter2" not in repr(config(1, username="u", password="hunter2", psk=b"hunter2"))


def test_nothing_of_a_session_outlives_it() -> None:
    arguments = client_arguments(config(1), client_id="x")
    assert arguments["clean_start"] is True
    assert arguments["properties"].SessionExpiryInterval == 0
    assert client_arguments(config(1), client_id="x", version="3.1.1")["clean_session"] is True


def test_the_backoff_grows_and_is_reset() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(12)]
    assert waits[0] <= 1
    assert 30 <= waits[-1] <= 60
    assert waits[3] > waits[0]
    backoff.reset()
    assert backoff.next_s() <= 1


@pytest.mark.parametrize(
    ("broker", "word"),
    [
        (config(1883, host="broker.lan"), "not encrypted"),
        (config(8883, "mqtts", host="broker.lan", tls_insecure=True), "tls_insecure"),
    ],
)
def test_warns(broker: BrokerConfig, word: str) -> None:
    assert word in warnings(broker)[0]


def test_does_not_warn_without_need() -> None:
    assert warnings(config(1883)) == ()
    assert warnings(config(8883, "mqtts", host="broker.lan")) == ()
