"""Client: connections that end early, the last will, and pending calls."""

import asyncio
import gc
from typing import Any

from conftest import Broker, Watcher
import pytest
from scripted_brokers import CONNACK_5, SUBACK_5, config, mute_broker

from iotbridge_agent.mqtt.connection import Link, LinkError


async def test_pending_calls_end_with_the_connection() -> None:
    async with mute_broker(CONNACK_5) as port:
        async with Link(config(port), client_id="x").session() as session:
            sending = asyncio.create_task(session.publish("t", "x", qos=1))
            await asyncio.wait({sending}, timeout=0.1)
            assert not sending.done()
        with pytest.raises(LinkError):
            async with asyncio.timeout(3):
                await sending


@pytest.mark.parametrize(
    "answers", [(b"",), (CONNACK_5, b""), (CONNACK_5, SUBACK_5, b"")], ids=["connect", "subscribe", "publish"]
)
async def test_a_connection_lost_while_waiting_for_an_answer_is_noticed_at_once(
    answers: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async def send_hello(port: int) -> None:
        async with asyncio.timeout(3), Link(config(port), client_id="x").session() as session:
            await session.subscribe("a")
            await session.publish("announce", b"x", qos=1, retain=True)

    async with mute_broker(*answers) as port:
        with pytest.raises(LinkError) as caught:
            await send_hello(port)
    assert "did not answer" not in str(caught.value)
    del caught
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("says_goodbye", [True, False])
async def test_only_a_clean_disconnect_discards_the_last_will(
    broker: Broker, watcher: Watcher, version: str, says_goodbye: bool
) -> None:
    link = Link(config(broker.port), client_id="x", will_topic="x/availability")
    link._version = version
    async with link.session() as session:
        assert session.mqtt_version == version
        await session.publish("x/availability", "online", qos=1, retain=True)
        session.keeps_will = not says_goodbye
    async with Link(config(broker.port), client_id="y").session() as session:
        await session.publish("x/end", "x", qos=1)
    await asyncio.to_thread(watcher.wait, "end")
    # The will of a broken connection is published when the broker detects the loss, which may be a little later.
    if not says_goodbye:
        await asyncio.to_thread(watcher.wait, "availability", lambda m: m.payload == b"offline")
    assert [m.payload for m in watcher.of("availability")] == [b"online"] + [b"offline"] * (not says_goodbye)


async def test_a_connection_abandoned_while_connecting_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The connecting thread cannot be stopped: its connection is closed as soon as it exists."""
    loop = asyncio.get_running_loop()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    async with mute_broker() as port:
        for after_s in (0, 0.001, 0.002, 0.005, 0.01, 0.02):
            opening = asyncio.create_task(Link(config(port), client_id="x")._connect())
            await asyncio.wait({opening}, timeout=after_s)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
        others = asyncio.all_tasks() - {asyncio.current_task()}
        # The library's own tasks and those that serve end with their sockets.
        for task in others:
            async with asyncio.timeout(5):
                await asyncio.wait({task})
    assert complaints == []
    assert caplog.text == ""
