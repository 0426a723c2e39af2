"""Data path: dead letters, messages that come twice, and what waits when there is no room."""

from dataclasses import replace
from pathlib import Path

from conftest import Broker, Watcher

from iotbridge_agent.kafka.settings import SpoolSettings
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.states import ConnectorState

from ..rig.link import Link
from ..rig.tansu import Tansu
from ..running import eventually, records, running, settings_for


async def test_a_dead_letter_has_its_topic_and_its_reason(
    tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu
) -> None:
    tansu.create_topic("fine")
    tansu.create_topic("dead")
    more = '[[route]]\nfilter = "site/#"\ntopic = "site.{2}"\n'
    settings = settings_for(tmp_path, broker.url, tansu.address, "fine", more=more, kafka='dlq_topic = "dead"')
    async with running(settings) as connector:
        watcher.publish("site/no topic", b"whole")
        watcher.publish("shop/1", b"x" * 2_000_000)
        watcher.publish("shop/1", b"behind")
        await records(tansu.address, "fine", 1)
        (illegal,) = await records(tansu.address, "dead", 1)
        await eventually(lambda: connector.counters.out_total == 1, "the record behind them")
        await eventually(lambda: connector._pipeline.is_idle, "all acknowledgements")
        assert connector.counters.dead == {"illegal_topic": 1, "too_large": 1}
    assert illegal.value == b"whole"
    assert illegal.header("mqtt-topic") == b"site/no topic"
    assert (illegal.header("error") or b"").startswith(b"illegal_topic: ")
    spool = Spool(settings.spool.path, settings.spool.max_bytes)
    spool.open_beside()
    ((_, letter),) = spool.letters(10)
    spool.close()
    assert (letter.topic, letter.target, letter.reason, letter.size) == ("shop/1", "fine", "too_large", 2_000_000)


async def test_messages_without_a_route_are_counted_or_kept(
    tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu
) -> None:
    tansu.create_topic("routed")
    more = '[[route]]\nfilter = "old/#"\ntopic = "routed"\n'
    wide = settings_for(tmp_path, broker.url, tansu.address, "routed", more=more)
    async with running(wide):
        pass
    # The session has a message for the route that is gone.
    watcher.publish("old/1", b"counted")
    async with running(settings_for(tmp_path, broker.url, tansu.address, "routed")) as connector:
        await eventually(lambda: connector.counters.dead == {"no_route": 1}, "a message without a route")
    async with running(wide):
        pass
    watcher.publish("old/1", b"kept")
    keeping = settings_for(tmp_path, broker.url, tansu.address, "routed", connector='unrouted = "letter"')
    async with running(keeping) as connector:
        await eventually(lambda: connector.counters.dead == {"no_route": 1}, "a message without a route")
        assert await eventually(lambda: connector._pipeline.is_idle, "its acknowledgement")
    spool = Spool(keeping.spool.path, keeping.spool.max_bytes)
    spool.open_beside()
    assert [letter.value for _, letter in spool.letters(10)] == [b"kept"]
    spool.close()


async def test_a_message_that_comes_again_is_sent_once(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    with Link() as to_broker, Link() as to_kafka, Tansu(tmp_path, advertised=to_kafka.port) as tansu:
        to_broker.target, to_kafka.target = broker.port, tansu.port
        tansu.create_topic("once")
        settings = settings_for(tmp_path, f"mqtt://{to_broker.address}", to_kafka.address, "once")
        async with running(settings) as connector:
            watcher.publish("shop/1", b"first")
            await eventually(lambda: connector.counters.out_total == 1, "the first record")
            to_kafka.freeze()
            for number in range(10):
                watcher.publish("shop/1", b"%d" % number)
            await eventually(lambda: connector.counters.in_total == 11, "ten messages")
            to_broker.refuse()
            await eventually(lambda: not connector.counters.mqtt, "the loss")
            to_broker.accept()
            await eventually(lambda: connector.counters.duplicates == 10, "ten messages once more")
            to_kafka.thaw()
            watcher.publish("shop/1", b"last")
            stored = await records(tansu.address, "once", 12)
            await eventually(lambda: connector._pipeline.is_idle, "all acknowledgements")
    assert [record.value for record in stored] == [b"first", *(b"%d" % number for number in range(10)), b"last"]


async def test_a_full_spool_pauses_reading_and_goes_on(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    with Link() as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        tansu.create_topic("full")
        settings = settings_for(tmp_path, broker.url, link.address, "full", connector="receive_maximum = 10")
        settings = replace(settings, spool=SpoolSettings(settings.spool.path, 1024 * 1024))
        async with running(settings) as connector:
            counters = connector.counters
            link.freeze()
            for number in range(40):
                watcher.publish("shop/1", b"%d " % number + b"x" * 50_000)
            await eventually(lambda: counters.state is ConnectorState.PAUSED, "paused")
            assert "full" in counters.problem
            link.thaw()
            stored = await records(tansu.address, "full", 40)
            await eventually(lambda: counters.state is ConnectorState.LIVE, "live")
            await eventually(lambda: connector._pipeline.is_idle, "all acknowledgements")
            assert not counters.problem
    assert [int((record.value or b"").split()[0]) for record in stored] == list(range(40))


async def test_what_the_producer_has_no_room_for_waits_on_the_disk(
    tmp_path: Path, broker: Broker, watcher: Watcher
) -> None:
    with Link() as link, Tansu(tmp_path, advertised=link.port) as tansu:
        link.target = tansu.port
        tansu.create_topic("narrow")
        kafka = 'extra = { "queue.buffering.max.messages" = 5 }'
        async with running(settings_for(tmp_path, broker.url, link.address, "narrow", kafka=kafka)) as connector:
            counters = connector.counters
            watcher.publish("shop/1", b"0")
            await eventually(lambda: counters.out_total == 1, "the first record")
            link.freeze()
            for number in range(1, 30):
                watcher.publish("shop/1", b"%d" % number)
            await eventually(lambda: counters.spool_records == 29, "29 records on the disk")
            link.thaw()
            stored = await records(tansu.address, "narrow", 30)
            await eventually(lambda: counters.state is ConnectorState.LIVE, "live")
    assert [int(record.value or b"") for record in stored] == list(range(30))
