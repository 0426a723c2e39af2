"""Connection of a real agent: brokers that start late, stop, or never respond."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
import socket
import subprocess
import threading
import time

from conftest import Broker, StartAgent, Watcher, wait_until
from proxy import Proxy
import pytest

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.mqtt.connection import Incoming, Link, LinkError, Session
from iotbridge_agent.mqtt.uplink import Uplink
from iotbridge_agent.protocol.messages import Power, Response

PUBACK = 0x40


def test_a_broker_that_comes_late_is_waited_for(broker: Broker, start_agent: StartAgent) -> None:
    broker.kill()
    agent = start_agent(broker.url)
    wait_until(lambda: "nothing listens" in agent.log, "the agent to say that nobody is there")
    broker.start()
    watcher = Watcher(broker.port)
    try:
        watcher.wait("availability", lambda m: m.payload == b"online")
        watcher.wait("config")
        assert agent.log.count("nothing listens") == 1
    finally:
        watcher.close()


def test_a_broker_without_its_messages_gets_them_again_but_no_old_status(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, fake={"interval_s": 0.5, "longest_retry_s": 0.5})
    watcher.wait("status")
    broker.kill()
    wait_until(lambda: "nothing listens" in agent.log, "the agent to notice")
    # Several statuses fall into the outage; none may be sent afterwards. Their times are in whole seconds.
    time.sleep(3)
    back_at = datetime.now(UTC) - timedelta(seconds=1.5)
    broker.start()
    second = Watcher(broker.port)
    try:
        second.wait("availability", lambda m: m.payload == b"online")
        second.wait("config")
        second.wait("announce")
        second.wait("status")
        assert all(datetime.fromisoformat(m.json()["timestamp"]) >= back_at for m in second.of("status"))
    finally:
        second.close()


def test_two_agents_with_one_node_id_do_not_disconnect_each_other(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    first = start_agent(broker.url)
    second = start_agent(broker.url, folder="other")
    wait_until(lambda: len({m.json()["instance"] for m in watcher.of("announce")}) == 2, "two instances")
    watcher.publish(first.command_topic, {"command": "ping", "id": "both"})
    wait_until(lambda: len(watcher.responses("both")) == 2, "both to answer")
    for agent in (first, second):
        assert agent.process.poll() is None
        assert agent.log.count("Connected to") == 1


def test_a_half_open_link_is_detected(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    with Relay(broker.port) as relay:
        agent = start_agent(f"mqtt://127.0.0.1:{relay.port}", fake={"keepalive_s": 2})
        watcher.wait("availability", lambda m: m.payload == b"online")
        relay.swallow()
        wait_until(lambda: agent.log.count("Trying again") >= 1, "the agent to notice", 25)
        relay.carry()
        watcher.wait("availability", lambda m: m.payload == b"online", count=2)


def test_a_broker_whose_acknowledgements_are_lost_gets_all_last_messages(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    with Relay(broker.port) as relay:
        agent = start_agent(f"mqtt://127.0.0.1:{relay.port}")
        watcher.wait("availability", lambda m: m.payload == b"online")
        relay.swallow_answers()
        assert agent.stop() == 0
        watcher.wait("availability", lambda m: m.payload == b"offline")
        assert watcher.of("announce")[-1].json()["power"] == "off"


def test_stopped_at_its_first_messages_the_host_is_off(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    with Relay(broker.port) as relay:
        relay.swallow_receipts()
        agent = start_agent(f"mqtt://127.0.0.1:{relay.port}")
        watcher.wait("announce", lambda m: m.json()["power"] == "on")
        assert agent.stop() == 0
    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert watcher.of("availability")[-1].payload == b"offline"
    assert watcher.of("announce")[-1].json()["power"] == "off"
    assert "Traceback" not in agent.log


class Relay(Proxy):
    """Proxy that can withhold data."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._open = threading.Event()
        self._open.set()
        self._answering = threading.Event()
        self._answering.set()
        self._without_receipts = threading.Event()

    def swallow(self) -> None:
        """Withhold all data."""
        self._open.clear()

    def carry(self) -> None:
        """Forward all data."""
        self._open.set()

    def swallow_answers(self) -> None:
        """Withhold the broker's data."""
        self._answering.clear()

    def swallow_receipts(self) -> None:
        """Withhold the broker's data after the first acknowledgement of a message."""
        self._without_receipts.set()

    def passes(self, data: bytes, *, is_answer: bool) -> bool:
        if self._without_receipts.is_set() and is_answer and data[0] == PUBACK:
            self._answering.clear()
        return self._open.is_set() and (self._answering.is_set() or not is_answer)


def test_a_port_with_tls_is_named_in_the_log_with_what_to_do(tmp_path: Path, start_agent: StartAgent) -> None:
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=lab")
    files = ("-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem")
    subprocess.run(["openssl", *new, *files], check=True, capture_output=True)
    broker = Broker(tmp_path, listener=(f"certfile {tmp_path}/cert.pem", f"keyfile {tmp_path}/key.pem"))
    broker.start()
    try:
        agent = start_agent(broker.url)
        wait_until(lambda: "expects TLS on port" in agent.log, "the agent to say it")
        assert "Write mqtts:// in broker.url" in agent.log
        assert "did not answer" not in agent.log
    finally:
        broker.kill()


def test_stops_at_once_while_the_broker_is_silent(start_agent: StartAgent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        agent = start_agent(f"mqtt://127.0.0.1:{silent.getsockname()[1]}")
        near, _ = silent.accept()
        with near:
            started = time.monotonic()
            assert agent.stop() == 0
            assert time.monotonic() - started < 5


class SlowSpeaker:
    """Speaker that delays its last messages until the test releases them."""

    def __init__(self) -> None:
        self.is_connected, self.is_leaving, self.may_go = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hello(self, session: Session) -> None:
        """Record the connection."""
        assert session.address
        self.is_connected.set()

    def received(self, message: Incoming) -> None:
        """Ignore the message."""

    async def goodbye(self, session: Session, power: Power) -> None:
        """Publish the power state and wait."""
        await session.publish("x/availability", power, qos=1, retain=True)
        self.is_leaving.set()
        await self.may_go.wait()

    def taken_over(self) -> None:
        """Ignore the loss of the connection."""


async def test_only_responses_are_published_after_the_last_messages(broker: Broker, watcher: Watcher) -> None:
    speaker = SlowSpeaker()
    link = Link(BrokerConfig(scheme="mqtt", host="127.0.0.1", port=broker.port), client_id="x")
    uplink = Uplink(link, topics=("x/command",), response_topic="x/response", speaker=speaker)
    running = asyncio.create_task(uplink.run())
    await speaker.is_connected.wait()
    await uplink.publish("x/availability", "online", qos=1, retain=True)

    uplink.stop()
    await speaker.is_leaving.wait()
    with pytest.raises(LinkError):
        await uplink.publish("x/availability", "online", qos=1, retain=True)
    response = Response(
        id="c", command="backup", status="failed", message="Cut off.", timestamp=datetime.now(UTC), reason="error"
    )
    await uplink.respond(response, must_arrive=True)
    speaker.may_go.set()
    await running

    await asyncio.to_thread(watcher.response, "c", "failed")
    assert [m.payload for m in watcher.of("availability")] == [b"online", b"off"]


async def test_the_agent_stays_away_as_long_as_there_is_a_reason(broker: Broker, watcher: Watcher) -> None:
    speaker = SlowSpeaker()
    link = Link(BrokerConfig(scheme="mqtt", host="127.0.0.1", port=broker.port), client_id="x")
    uplink = Uplink(link, topics=("x/command",), response_topic="x/response", speaker=speaker)
    running = asyncio.create_task(uplink.run())
    await speaker.is_connected.wait()
    speaker.is_connected.clear()
    speaker.may_go.set()

    first = asyncio.create_task(uplink.leave("suspended", reason="command"))
    await asyncio.gather(first, uplink.leave("rebooting", reason="logind"))
    uplink.come_back("command")
    await asyncio.sleep(0)
    assert uplink.leaving
    # Once more, before anybody could connect.
    uplink.come_back("logind")
    await uplink.leave("suspended", reason="logind")
    await asyncio.sleep(0)
    assert uplink.leaving
    uplink.come_back("logind")
    await speaker.is_connected.wait()
    uplink.stop()
    await running

    await asyncio.to_thread(watcher.wait, "availability", lambda m: m.payload == b"off")
    # The newest power state is told, and nothing in between.
    assert [m.payload for m in watcher.of("availability")] == [b"rebooting", b"off"]
