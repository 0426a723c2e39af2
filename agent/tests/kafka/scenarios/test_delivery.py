"""Deliveries with real processes: what arrives, after kills, freezes and orderly stops."""

from __future__ import annotations

from pathlib import Path

from conftest import Broker
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ..rig.connector import RunningConnector
from ..rig.numbered import Publisher
from ..rig.tansu import Tansu
from ..rig.topics import TopicReader
from .delivery import KEYS, TOPIC, arrive, kill_connector

ROUTES = ({"filter": "shop/+/stock", "topic": "arrivals", "key": "{2}", "headers": {"site": "milan"}},)


def publish_with_properties(port: int, topic: str, payload: bytes, *, retain: bool) -> None:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "application/json"
    properties.CorrelationData = b"\0\1"
    properties.UserProperty = [("source", "till"), ("source", "2"), ("umlaut", "ä")]
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topic, payload, 1, retain, properties).wait_for_publish(15)
    client.disconnect()
    client.loop_stop()
    client._reset_sockets()


def test_value_key_and_headers_arrive_as_they_were_sent(broker: Broker, tansu: Tansu, tmp_path: Path) -> None:
    tansu.create_topic("arrivals")
    publish_with_properties(broker.port, "shop/chair/stock", b"retained", retain=True)
    with RunningConnector(tmp_path, broker.url, tansu.address, routes=ROUTES):
        publish_with_properties(broker.port, "shop/lamp/stock", b'\0{"stock": 19}\xff', retain=False)
        with TopicReader(tansu.address, "arrivals") as reader:
            records = {record.key: record for record in reader.wait(2)}
    lamp, chair = records[b"lamp"], records[b"chair"]
    assert lamp.value == b'\0{"stock": 19}\xff'
    assert [value for name, value in lamp.headers if name == "source"] == [b"till", b"2"]
    assert lamp.header("umlaut") == "ä".encode()
    assert lamp.header("mqtt-topic") == b"shop/lamp/stock"
    assert lamp.header("content-type") == b"application/json"
    assert lamp.header("correlation-data") == b"\0\1"
    assert lamp.header("site") == b"milan"
    assert lamp.header("mqtt-retain") is None
    assert (chair.value, chair.header("mqtt-retain")) == (b"retained", b"true")


def test_a_killed_connector_loses_nothing(tmp_path: Path) -> None:
    kill_connector(tmp_path, count=9000, rate=3000, kills=3)


def test_what_is_in_flight_when_it_is_stopped_arrives_later(broker: Broker, tmp_path: Path) -> None:
    with Tansu(tmp_path) as tansu, RunningConnector(tmp_path, broker.url, tansu.address) as connector:
        tansu.create_topic(TOPIC)
        publisher = Publisher(broker.port, KEYS, 900)
        tansu.freeze()
        publisher.start()
        publisher.wait_acknowledged(900)
        assert connector.terminate() == 0
        tansu.thaw()
        connector.start()
        arrive(tansu.address, publisher).assert_complete()


def test_a_stopped_connector_has_delivered_what_it_has_received(broker: Broker, tmp_path: Path, tansu: Tansu) -> None:
    routes = ({"filter": "rig/+", "topic": "stopped", "key": "{topic}"},)
    tansu.create_topic("stopped")
    with RunningConnector(tmp_path, broker.url, tansu.address, routes=routes) as connector:
        publisher = Publisher(broker.port, KEYS, 500)
        publisher.start()
        publisher.finish(30)
        with TopicReader(tansu.address, "stopped") as reader:
            reader.wait(1)
            assert connector.terminate() == 0
            reader.wait(500)
            connector.start()
            # Nothing is sent again: what was delivered has been acknowledged.
            publisher = Publisher(broker.port, ["rig/last"], 1)
            publisher.start()
            publisher.finish(30)
            assert len(reader.wait(501)) == 501
