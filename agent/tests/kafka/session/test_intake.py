"""Session at real brokers, over every transport, and at brokers that refuse, fall silent or speak nonsense."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import time
from typing import Self

from conftest import Broker, Watcher, free_port
import pytest

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.kafka.session import intake
from iotbridge_agent.kafka.session.codec import Message
from iotbridge_agent.kafka.session.intake import Intake

from ..messages import ROUTE, settings_of
from ..running import eventually

CONNACK = b"\x20\x03\x00\x00\x00"


class Inbox:
    """Listener that keeps what it gets."""

    def __init__(self) -> None:
        self.sessions: list[bool] = []
        self.messages: list[Message] = []
        self.losses = 0
        self.is_subscribed = False

    def session_began(self, *, is_resumed: bool) -> None:
        self.sessions.append(is_resumed)

    def subscribed(self) -> None:
        self.is_subscribed = True

    def received(self, messages: Sequence[Message]) -> None:
        self.messages += messages

    def connection_lost(self) -> None:
        self.losses += 1


def broker_at(port: int, scheme: str = "mqtt", **more: object) -> BrokerConfig:
    """Return the configuration of a broker on the loopback."""
    return BrokerConfig(scheme=scheme, host="127.0.0.1", port=port, **more)  # type: ignore[arg-type]


class Running:
    """Intake that runs within ``async with``."""

    def __init__(self, broker: BrokerConfig, *, filters: Sequence[str] = ("shop/#",)) -> None:
        self.inbox = Inbox()
        settings = settings_of(ROUTE)
        self.intake = Intake(replace(settings, broker=broker), filters, self.inbox)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.intake.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.intake.stop()
        done, _pending = await asyncio.wait([self._task], timeout=0.5)
        if not done:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def subscribed(self) -> None:
        """Wait for the subscriptions."""
        await eventually(lambda: self.inbox.is_subscribed, "the subscriptions")


@pytest.mark.parametrize("scheme", ["mqtts", "ws", "wss"])
async def test_every_transport_brings_messages(tmp_path: Path, certificates: Path, scheme: str) -> None:
    lines: list[str] = []
    if scheme != "mqtts":
        lines.append("protocol websockets")
    if scheme != "ws":
        lines += [f"certfile {certificates}/broker.crt", f"keyfile {certificates}/broker.key"]
    plain = free_port()
    options = ("allow_anonymous true", f"listener {plain} 127.0.0.1")
    broker = Broker(tmp_path, options=options, listener=tuple(lines))
    broker.start()
    watcher = Watcher(plain)
    ca_file = None if scheme == "ws" else certificates / "ca.crt"
    try:
        async with Running(broker_at(broker.port, scheme, ca_file=ca_file)) as running:
            await running.subscribed()
            watcher.publish("shop/1", b"x" * 200_000)
            watcher.publish("shop/2", b"small")
            await eventually(lambda: len(running.inbox.messages) == 2, "two messages")
            assert [len(message.payload) for message in running.inbox.messages] == [200_000, 5]
            running.intake.acknowledge([message.packet_id or 0 for message in running.inbox.messages])
            # The broker answers over the connection that carried the acknowledgements.
            watcher.publish("shop/3", b"more")
            await eventually(lambda: len(running.inbox.messages) == 3, "a third message")
    finally:
        watcher.close()
        broker.kill()


async def test_a_lost_connection_resumes_the_session(broker: Broker, watcher: Watcher) -> None:
    async with Running(broker_at(broker.port)) as running:
        inbox = running.inbox
        await running.subscribed()
        watcher.publish("shop/1", b"first")
        await eventually(lambda: inbox.messages, "a message")
        assert running.intake._connection
        assert running.intake._connection._transport
        running.intake._connection._transport.abort()
        await eventually(lambda: len(inbox.messages) == 2, "the same message again")
        first, second = inbox.messages
        assert (first.duplicate, second.duplicate) == (False, True)
        assert (first.packet_id, first.payload) == (second.packet_id, second.payload)
        assert inbox.sessions == [False, True]


async def test_while_paused_nothing_is_read(broker: Broker, watcher: Watcher) -> None:
    async with Running(broker_at(broker.port)) as running:
        await running.subscribed()
        running.intake.pause()
        watcher.publish("shop/1", b"waits")
        # The broker has sent it: its watcher got it later than this client.
        watcher.wait("1")
        assert running.inbox.messages == []
        running.intake.resume()
        await eventually(lambda: running.inbox.messages, "the message")


async def test_a_refused_login_is_named_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker(tmp_path, options=("allow_anonymous false",))
    broker.start()
    try:
        async with Running(broker_at(broker.port, username="iot", password="not-in-any-log")) as running:
            await eventually(lambda: caplog.text.count("refused: ") >= 2, "two attempts")
            assert not running.inbox.sessions
    finally:
        broker.kill()
    assert "not allowed in" in caplog.text
    assert "not-in-any-log" not in caplog.text


async def serve(*answers: bytes) -> asyncio.Server:
    """Serve one answer for each read, and then nothing."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(1024)
            writer.write(answer)
        while await reader.read(1024):
            pass
        writer.close()

    return await asyncio.start_server(handle, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ((b"\x20\x02\x00\x01",), "does not speak MQTT 5"),
        ((CONNACK, b"\x90\x04\x00\x01\x00\x87"), "does not let this user read shop/#"),
        ((CONNACK, b"\x90\x04\x00\x01\x00\x01\x20\x02\x00\x01"), "hung up"),
        ((CONNACK, b"\xe0\x01\x8b"), "it is shutting down"),
    ],
)
async def test_the_cause_is_one_sentence(
    answers: tuple[bytes, ...], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with await serve(*answers) as server, Running(broker_at(server.sockets[0].getsockname()[1])):
        await eventually(lambda: sentence in caplog.text, sentence)


async def test_a_websocket_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    refusal = b"HTTP/1.1 404 Not Found\r\n\r\n"
    async with await serve(refusal) as server, Running(broker_at(server.sockets[0].getsockname()[1], "ws")):
        await eventually(lambda: "does not offer a WebSocket at this path" in caplog.text, "the sentence")


async def test_a_broker_that_falls_silent_is_left(caplog: pytest.LogCaptureFixture) -> None:
    async with await serve(CONNACK, b"\x90\x04\x00\x01\x00\x01") as server:
        started = time.monotonic()
        async with Running(broker_at(server.sockets[0].getsockname()[1], keepalive_s=1)) as running:
            await running.subscribed()
            await eventually(lambda: running.inbox.losses, "the loss")
        assert 0.9 < time.monotonic() - started < 10
    assert "did not answer in time" in caplog.text


async def test_a_broker_without_tls_is_named(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    async with Running(broker_at(broker.port, "mqtts")):
        await eventually(lambda: caplog.text, "a sentence")
    assert "mqtt://" in caplog.text


async def test_a_reported_takeover_ends_the_intake() -> None:
    async with await serve(CONNACK, b"\x90\x04\x00\x01\x00\x01\xe0\x01\x8e") as server:
        settings = replace(settings_of(ROUTE), broker=broker_at(server.sockets[0].getsockname()[1]))
        with pytest.raises(intake.SessionTakenOverError, match="takeover by another client with the id stock"):
            await Intake(settings, ("shop/#",), Inbox()).run()


async def test_the_broker_may_demand_more_pings_and_keep_the_session_for_a_shorter_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # CONNACK with a server keep alive of 1 s and a session expiry of 60 s.
    connack = b"\x20\x0b\x00\x00\x08\x13\x00\x01\x11\x00\x00\x00\x3c"
    async with (
        await serve(connack, b"\x90\x04\x00\x01\x00\x01") as server,
        Running(broker_at(server.sockets[0].getsockname()[1], keepalive_s=3600)) as running,
    ):
        await running.subscribed()
        await eventually(lambda: running.inbox.losses, "the loss of a broker that answers no ping")
    assert "keeps the session of an absent connector for 60 s only, not for 604800 s" in caplog.text
