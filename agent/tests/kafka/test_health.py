"""Health of a connector on a real Mosquitto: discovery, status, availability, the button, and missing rights."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import json
from pathlib import Path
import subprocess
from typing import Any, TypeVar

from conftest import Broker, Watcher, wait_until
import jsonschema
import pytest

from iotbridge_agent.kafka import health
from iotbridge_agent.kafka.counters import Counters
from iotbridge_agent.kafka.health import Health, status_of
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import MqttMessage, Rejection, RejectReason
from iotbridge_agent.kafka.settings import ConnectorSettings, parse_settings
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.states import ConnectorState

T = TypeVar("T")
SCHEMA = Path(__file__).parents[3] / "contract" / "schemas" / "connector-status.json"
GUIDE = Path(__file__).parents[3] / "docs" / "kafka.md"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def settings_for(url: str, **broker: str) -> ConnectorSettings:
    document: dict[str, Any] = {
        "broker": {"url": url, **broker},
        "connector": {"id": "stock", "name": "Stock to Kafka"},
        "kafka": {"bootstrap": ["127.0.0.1:1"]},
        "route": [{"filter": "shop/#", "topic": "stock"}],
    }
    return parse_settings(document, source="test", environ={}, default_id="stock")


def letter(number: int) -> Letter:
    return Letter("a/b", "t" if number else "", b"k", b"%d" % number, [], "refused", "No.", 1, 1)


def refuse(_message: MqttMessage, _time_ms: int) -> Rejection:
    return Rejection(RejectReason.NO_ROUTE, "No route matches.")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool.db", 10_000_000)
    spool.open()
    return spool


@asynccontextmanager
async def running(settings: ConnectorSettings, counters: Counters, spool: Spool) -> AsyncIterator[None]:
    async def call(function: Callable[[Spool], T]) -> T:
        return function(spool)

    task = asyncio.create_task(Health(settings, counters, call, refuse).run())
    try:
        yield
        assert not task.done()
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.wait([task])
        spool.close()


async def seen(watcher: Watcher, leaf: str, test: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
    """Wait for a JSON message without blocking the event loop."""
    message = await asyncio.to_thread(watcher.wait, leaf, lambda message: test(message.json()))
    return message.json()


async def until_available(watcher: Watcher, payload: bytes) -> None:
    await asyncio.to_thread(watcher.wait, "availability", lambda message: message.payload == payload)


async def test_a_connector_appears_and_disappears(broker: Broker, watcher: Watcher, spool: Spool) -> None:
    counters = Counters([0], [0], mqtt=True, kafka=True, in_total=7, out_total=5)
    async with running(settings_for(broker.url), counters, spool):
        config = await seen(watcher, "config")
        await until_available(watcher, b"online")
        status = await seen(watcher, "status")
    await until_available(watcher, b"offline")
    assert {m.topic for m in watcher.of("status")} == {"iotbridge/connector/stock/status"}
    jsonschema.validate(status, json.loads(SCHEMA.read_text()))
    assert (status["state"], status["in_total"], status["out_total"], status["oldest_s"]) == ("live", 7, 5, 0)
    assert config["device"]["name"] == "Stock to Kafka"
    components = config["components"]
    assert components["state"]["options"] == ["live", "spooling", "catching_up", "paused"]
    button = components["command_retry_letters"]
    assert (button["command_topic"], button["payload_press"]) == ("iotbridge/connector/stock/command", "retry_letters")
    assert len({component["unique_id"] for component in components.values()}) == len(components)
    late = Watcher(broker.port)
    try:
        assert late.wait("config").retain
        assert late.wait("availability").payload == b"offline"
    finally:
        late.close()


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses, but not the half minute between two statuses of a quiet connector."""
    monkeypatch.setattr(health, "DISCOVERY_PAUSE_S", 0.2)
    monkeypatch.setattr(health, "EVENTFUL_INTERVAL_S", 0.6)


@pytest.mark.usefixtures("short_pauses")
async def test_a_change_of_state_is_published_at_once(broker: Broker, watcher: Watcher, spool: Spool) -> None:
    counters = Counters([0], [0])
    async with running(settings_for(broker.url), counters, spool):
        await asyncio.to_thread(watcher.wait, "status", count=2)  # the next one by itself comes after half a minute
        counters.state, counters.problem = ConnectorState.SPOOLING, "Kafka does not answer."
        status = await seen(watcher, "status", lambda message: message["state"] == "spooling")
        assert status["problem"] == "Kafka does not answer."
        counters.spool_records = 7
        assert await seen(watcher, "status", lambda message: message["spool_records"] == 7)


@pytest.mark.usefixtures("short_pauses")
async def test_dead_letters_are_published_soon(broker: Broker, watcher: Watcher, spool: Spool) -> None:
    counters = Counters([0], [0])
    async with running(settings_for(broker.url), counters, spool):
        await asyncio.to_thread(watcher.wait, "status", count=2)
        counters.dead["no_route"] += 1
        await seen(watcher, "status", lambda message: message["dead_total"] == 1)


async def test_the_button_retries_the_letters_but_a_retained_press_does_not(
    broker: Broker, watcher: Watcher, spool: Spool
) -> None:
    topic = "iotbridge/connector/stock/command"
    spool.add_letters([letter(number) for number in range(3)])
    watcher.publish(topic, "retry_letters", retain=True)
    async with running(settings_for(broker.url), Counters([0], [0]), spool):
        assert (await seen(watcher, "status", lambda message: message["letters"] > 0))["letters"] == 3
        watcher.publish(topic, "anything")
        watcher.publish(topic, "retry_letters")
        await seen(watcher, "status", lambda message: message["letters"] == 1)
        assert [record.value for _, record in spool.peek(9)] == [b"1", b"2"]


async def test_what_the_broker_dropped_is_read(broker: Broker, watcher: Watcher, spool: Spool) -> None:
    counters = Counters([0], [0])
    async with running(settings_for(broker.url), counters, spool):
        await asyncio.to_thread(wait_until, lambda: counters.dropped_by_broker is not None, "the number of the broker")
    assert counters.dropped_by_broker == 0


@pytest.mark.usefixtures("short_pauses")
async def test_home_assistants_start_is_answered(broker: Broker, watcher: Watcher, spool: Spool) -> None:
    async with running(settings_for(broker.url), Counters([0], [0]), spool):
        await asyncio.to_thread(watcher.wait, "status", count=2)
        before = len(watcher.of("status"))
        watcher.publish("homeassistant/status", "online")
        await asyncio.to_thread(watcher.wait, "status", count=before + 1)


async def test_a_broker_that_comes_late_is_waited_for(
    broker: Broker, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    broker.kill()
    async with running(settings_for(broker.url), Counters([0], [0]), spool):
        await asyncio.to_thread(wait_until, lambda: "nothing listens" in caplog.text, "the log to tell")
        broker.start()
        watcher = Watcher(broker.port)
        try:
            await seen(watcher, "status")
        finally:
            watcher.close()


def guarded(folder: Path, rules: str) -> Broker:
    """Start a broker with the users `ha` and `stock` and this access list."""
    for user in ("ha", "stock"):
        flags = ["-b"] if (folder / "passwords").exists() else ["-b", "-c"]
        subprocess.run(["mosquitto_passwd", *flags, folder / "passwords", user, "secret"], check=True)
    (folder / "acl").write_text(f"{rules}\nuser ha\ntopic readwrite #\ntopic read $SYS/#\n")
    options = ("allow_anonymous false", f"password_file {folder}/passwords", f"acl_file {folder}/acl")
    broker = Broker(folder, options=options)
    broker.start()
    return broker


def access_list() -> str:
    """Return the access list of the guide, for the user `stock` and the connector `stock`."""
    text = GUIDE.read_text(encoding="utf-8")
    block = text.partition("<!-- access list -->")[2].partition("```text\n")[2].partition("```")[0]
    assert "user " in block
    return block


async def test_the_access_list_of_the_guide_is_enough(
    tmp_path: Path, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    broker = guarded(tmp_path, access_list())
    try:
        watcher, counters = Watcher(broker.port, login=("ha", "secret")), Counters([0], [0])
        settings = settings_for(broker.url, username="stock", password="secret")
        spool.add_letters([letter(1)])
        async with running(settings, counters, spool):
            await until_available(watcher, b"online")
            await seen(watcher, "config")
            watcher.publish("iotbridge/connector/stock/command", "retry_letters")
            await seen(watcher, "status", lambda message: message["letters"] == 0)
            await asyncio.to_thread(wait_until, lambda: counters.dropped_by_broker is not None, "the broker's number")
        await until_available(watcher, b"offline")
        watcher.close()
        assert "access list" not in caplog.text
    finally:
        broker.kill()


async def test_without_the_rights_the_log_says_what_is_missing(
    tmp_path: Path, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    broker = guarded(tmp_path, "user stock\ntopic read shop/#\ntopic write iotbridge/connector/stock/availability")
    try:
        watcher = Watcher(broker.port, login=("ha", "secret"))
        settings = settings_for(broker.url, username="stock", password="secret")
        async with running(settings, Counters([0], [0]), spool):
            await until_available(watcher, b"online")
            await asyncio.to_thread(wait_until, lambda: "access list" in caplog.text, "the log to tell")
        watcher.close()
        (sentence,) = [record.getMessage() for record in caplog.records if "access list" in record.getMessage()]
        assert "iotbridge/connector/stock/status" in sentence
        assert "homeassistant/device/iotbridge_connector_stock-" in sentence
        assert "availability" not in sentence
    finally:
        broker.kill()


def test_a_status_has_ages_and_times() -> None:
    counters = Counters([0], [0], oldest_ms=int(NOW.timestamp() * 1000) - 90_500, problem="x" * 300)
    counters.latency.add(0.004, 99)
    counters.latency.add(0.5, 1)
    counters.dead.update({"no_route": 2, "refused": 1})
    status = status_of(counters, rate=1.23456, letters=4, now=NOW)
    jsonschema.validate(status, json.loads(SCHEMA.read_text()))
    assert (status["oldest_s"], status["rate"], status["letters"], status["dead_total"]) == (90.5, 1.23, 4, 3)
    assert len(status["problem"]) == 255
    assert 0 < status["lag_ms_p50"] < status["lag_ms_p99"]


def test_a_clock_that_was_put_back_gives_no_negative_age() -> None:
    counters = Counters([0], [0], oldest_ms=int(NOW.timestamp() * 1000) + 5000)
    assert status_of(counters, rate=0, letters=0, now=NOW)["oldest_s"] == 0
