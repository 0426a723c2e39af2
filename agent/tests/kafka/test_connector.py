"""Connector as a whole: from a real broker to a real Kafka, and what survives its stops."""

import asyncio
from pathlib import Path

from conftest import Broker, Watcher
import pytest

from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.connector import STOPPED, TAKEN_OVER, Connector
from iotbridge_agent.kafka.session import intake
from iotbridge_agent.kafka.states import ConnectorState

from .rig.link import Link
from .rig.tansu import Tansu
from .running import eventually, records, running, settings_for


async def test_messages_become_records(tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu) -> None:
    tansu.create_topic("whole")
    async with running(settings_for(tmp_path, broker.url, tansu.address, "whole")) as connector:
        watcher.publish("shop/1/stock", b"41")
        watcher.publish("shop/1/stock", b"40", retain=True)
        watcher.publish("other", b"not for Kafka")
        stored = await records(tansu.address, "whole", 2)
        await eventually(lambda: connector.counters.out_total == 2, "two confirmed records")
        assert connector.counters.routes_in == connector.counters.routes_out == [2]
        assert connector.counters.state is ConnectorState.LIVE
        assert connector.counters.kafka
        assert connector.counters.latency.count == 2
    assert [(record.key, record.value) for record in stored] == [(b"shop/1/stock", b"41"), (b"shop/1/stock", b"40")]
    assert stored[0].header("mqtt-topic") == b"shop/1/stock"
    assert stored[0].timestamp_ms > 1_700_000_000_000


async def test_the_session_keeps_what_comes_while_the_connector_is_stopped(
    tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu
) -> None:
    tansu.create_topic("kept")
    settings = settings_for(tmp_path, broker.url, tansu.address, "kept")
    async with running(settings):
        watcher.publish("shop/1", b"before")
        await records(tansu.address, "kept", 1)
    watcher.publish("shop/1", b"meanwhile")
    async with running(settings):
        watcher.publish("shop/1", b"after")
        stored = await records(tansu.address, "kept", 3)
    assert [record.value for record in stored] == [b"before", b"meanwhile", b"after"]


async def test_records_wait_on_the_disk_over_a_restart_while_kafka_is_away(
    tmp_path: Path, broker: Broker, watcher: Watcher
) -> None:
    with Link() as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        tansu.create_topic("away")
        settings = settings_for(tmp_path, broker.url, link.address, "away", connector="receive_maximum = 20")
        async with running(settings) as connector:
            watcher.publish("shop/1", b"0")
            await eventually(lambda: connector.counters.out_total == 1, "the first record")
            link.refuse()
            for number in range(1, 60):
                watcher.publish("shop/1", b"%d" % number)
            await eventually(lambda: connector.counters.spool_records == 59, "59 records on the disk")
            assert connector.counters.state is ConnectorState.SPOOLING
            assert not connector.counters.kafka
        async with running(settings) as connector:
            watcher.publish("shop/1", b"60")
            assert connector.counters.state is not ConnectorState.LIVE
            link.accept()
            await eventually(lambda: connector.counters.state is ConnectorState.LIVE, "live")
            watcher.publish("shop/1", b"61")
            stored = await records(tansu.address, "away", 62)
            await eventually(lambda: not connector.counters.spool_records, "an empty spool")
    assert [int(record.value or b"") for record in stored] == list(range(62))


async def test_a_second_connector_with_the_same_id_ends_the_first(tmp_path: Path, broker: Broker, tansu: Tansu) -> None:
    tansu.create_topic("twins")
    first = Connector(settings_for(tmp_path, broker.url, tansu.address, "twins"))
    running_first = asyncio.create_task(first.run())
    await eventually(lambda: first.counters.mqtt, "a connection to the broker")
    other = tmp_path / "other"
    other.mkdir()
    async with running(settings_for(other, broker.url, tansu.address, "twins")):
        assert await running_first == TAKEN_OVER


async def test_a_broker_that_closes_before_it_accepts_is_no_takeover(
    tmp_path: Path, tansu: Tansu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_CUTS", 1)
    connections = 0

    def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connector = Connector(settings_for(tmp_path, f"mqtt://127.0.0.1:{port}", tansu.address, "away"))
        task = asyncio.create_task(connector.run())
        # After a failure, the connector also tries how the port answers to TLS.
        await eventually(lambda: connections >= 4 or task.done(), "a second attempt")
        assert not task.done()
        connector.stop()
        assert await task == STOPPED


async def test_an_option_that_does_not_exist_is_named(tmp_path: Path, broker: Broker, tansu: Tansu) -> None:
    settings = settings_for(tmp_path, broker.url, tansu.address, "any", kafka='extra = { "no.such" = 1 }')
    with pytest.raises(ConfigError, match=r"^\[kafka\]: .*no\.such"):
        await Connector(settings).run()


async def test_filters_that_were_removed_are_not_subscribed_any_more(
    tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu
) -> None:
    tansu.create_topic("filters")
    more = '[[route]]\nfilter = "old/#"\ntopic = "filters"'
    async with running(settings_for(tmp_path, broker.url, tansu.address, "filters", more=more)):
        watcher.publish("old/1", b"wanted")
        await records(tansu.address, "filters", 1)
    async with running(settings_for(tmp_path, broker.url, tansu.address, "filters")) as connector:
        watcher.publish("old/1", b"not wanted")
        watcher.publish("shop/1", b"wanted")
        await records(tansu.address, "filters", 2)
        assert connector.counters.in_total == 1


async def test_leaving_drains_the_session_and_ends_it(
    tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    tansu.create_topic("left", partitions=1)
    settings = settings_for(tmp_path, broker.url, tansu.address, "left", connector='group = "g"')
    async with running(settings):
        watcher.publish("shop/1", b"0")
        await records(tansu.address, "left", 1)
    for number in range(1, 30):
        watcher.publish("shop/1", b"%d" % number)
    leaving = asyncio.create_task(Connector(settings, leaves=True).run())
    await eventually(lambda: caplog.text.count("the session was resumed") == 1, "a connection")
    watcher.publish("shop/1", b"for other members")
    assert await leaving == 0
    async with running(settings):
        watcher.publish("shop/1", b"30")
        stored = await records(tansu.address, "left", 31)
    assert [record.value for record in stored] == [b"%d" % number for number in range(31)]
    assert caplog.text.count("the session is new") == 2


async def test_leaving_waits_until_kafka_has_everything(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    with Link() as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        tansu.create_topic("slow")
        settings = settings_for(tmp_path, broker.url, link.address, "slow", connector="receive_maximum = 20")
        async with running(settings):
            watcher.publish("shop/1", b"0")
            await records(link.address, "slow", 1)
        for number in range(1, 30):
            watcher.publish("shop/1", b"%d" % number)
        link.refuse()
        connector = Connector(settings, leaves=True)
        leaving = asyncio.create_task(connector.run())
        await eventually(lambda: connector.counters.spool_records == 29, "records on the disk")
        assert not leaving.done()
        link.accept()
        assert await leaving == 0
        assert connector.counters.out_total == 29
