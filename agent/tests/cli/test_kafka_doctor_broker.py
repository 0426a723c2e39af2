"""MQTT side of the doctor of the connector, on a real Mosquitto."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import socket
import threading
import tomllib

from certificates import make_password
from conftest import Broker, Watcher, free_port, wait_until
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions
import pytest

from iotbridge_agent.cli.doctor_broker import Finding
from iotbridge_agent.cli.kafka_doctor_broker import examine_intake
from iotbridge_agent.kafka.settings import ConnectorSettings, parse_settings

ROUTES = """
[[route]]
name = "stock"
filter = "shop/+/stock"
topic = "stock-updates"
[[route]]
name = "sites"
filter = "site/#"
topic = "site.{2}"
"""
LISTEN_S = 1.0
VERSION_AT = 8
"""Position of the protocol's version in CONNECT."""


def settings_of(url: str, more: str = "", broker: str = "") -> ConnectorSettings:
    text = f'[broker]\nurl = "{url}"\n{broker}\n[kafka]\nbootstrap = ["k:1"]\n{more}\n{ROUTES}'
    return parse_settings(tomllib.loads(text), source="test", environ={}, default_id="stock")


def examined(settings: ConnectorSettings) -> dict[str, Finding]:
    """Return the last finding of each subject, and those of routes by the name of the route."""
    findings = {}
    for finding in examine_intake(settings, LISTEN_S):
        subject = finding.detail.partition(":")[0] if finding.what == "route" else finding.what
        findings[subject] = finding
    return findings


@contextmanager
def traffic(watcher: Watcher, *topics: str) -> Iterator[None]:
    """Publish on each topic again and again."""
    is_over = threading.Event()

    def publish() -> None:
        while not is_over.wait(0.01):
            for topic in topics:
                watcher.publish(topic, "41")

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_messages_prove_that_a_route_can_be_read(broker: Broker, watcher: Watcher) -> None:
    watcher.publish("shop/1/stock", "1", retain=True)
    with traffic(watcher, "shop/7/stock", "site/a b"):
        findings = examined(settings_of(broker.url))
    assert findings["login"].detail == "logged in without a user, with MQTT 5."
    assert findings["stock"].level == "ok"
    assert not findings["stock"].detail.endswith(": 0.")
    assert findings["sites"].level == "note"
    assert "of them illegal_topic" in findings["sites"].detail
    assert "retained messages that a new subscription gets: at least 1." in findings["retained"].detail
    assert findings["own topics"].level == "ok"
    assert not [message for message in watcher.messages if message.retain and "connector" in message.topic]
    queue = findings["broker queue"]
    assert queue.detail.startswith("mosquitto version ")
    assert "queues 1000 messages" in queue.detail
    assert "at the present " in queue.detail
    assert "max_queued_messages" in queue.remedy


def test_silence_is_not_taken_for_a_proof(broker: Broker) -> None:
    findings = examined(settings_of(broker.url, '[connector]\ngroup = "g"'))
    assert findings["stock"].level == "note"
    assert findings["stock"].detail == "stock: messages in 1 s: 0."
    assert "Mosquitto does not tell the difference" in findings["stock"].remedy
    assert "at 10 messages/s that would be 100 s" in findings["broker queue"].detail


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    make_password(tmp_path / "passwords", "stock", "right")
    (tmp_path / "acl").write_text("user stock\ntopic read shop/#\n")
    options = ("allow_anonymous false", f"password_file {tmp_path}/passwords", f"acl_file {tmp_path}/acl")
    guarded = Broker(tmp_path, options=options)
    guarded.start()
    yield guarded
    guarded.kill()


def test_a_user_who_may_not_publish_the_state_is_told_what_is_missing(guarded: Broker) -> None:
    findings = examined(settings_of(guarded.url, broker='username = "stock"\npassword = "right"'))
    assert findings["login"].detail == "logged in as stock, with MQTT 5."
    assert findings["own topics"].level == "note"
    assert "iotbridge/connector/stock/# may not be written" in findings["own topics"].detail
    assert "$SYS cannot be read" in findings["broker queue"].detail


def test_a_wrong_password_and_a_closed_port_end_the_checks(guarded: Broker) -> None:
    findings = examined(settings_of(guarded.url, broker='username = "stock"\npassword = "wrong"'))
    assert list(findings)[-1] == "login"
    assert findings["login"].level == "bad"
    assert "the user is not allowed in" in findings["login"].detail
    assert list(examined(settings_of(f"mqtt://127.0.0.1:{free_port()}"))) == ["broker name", "broker port"]


def test_lost_messages_and_members_that_are_away_are_named(tmp_path: Path) -> None:
    broker = Broker(tmp_path, options=("allow_anonymous true", "max_queued_messages 1", "sys_interval 1"))
    broker.start()
    try:
        member = paho.Client(CallbackAPIVersion.VERSION2, "member", protocol=paho.MQTTv5)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 100
        subscribed = threading.Event()
        member.on_subscribe = lambda *_: subscribed.set()
        member.connect("127.0.0.1", broker.port, clean_start=True, properties=properties)
        member.loop_start()
        member.subscribe("shop/+/stock", options=SubscribeOptions(qos=1))
        assert subscribed.wait(10)
        member.disconnect()
        member.loop_stop()
        member._reset_sockets()
        watcher = Watcher(broker.port)
        for _ in range(5):
            watcher.publish("shop/7/stock", "41")
        watcher.close()
        settings = settings_of(broker.url, '[connector]\ngroup = "g"')
        findings = wait_until(
            lambda: seen if "has dropped" in (seen := examined(settings))["broker queue"].detail else {},
            "the broker to count what it dropped",
        )
    finally:
        broker.kill()
    assert findings["shared group"].level == "note"
    assert findings["shared group"].detail.startswith("1 sessions at the broker have no connection.")


def test_a_broker_without_mqtt_5_is_named() -> None:
    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                if len(data := connection.recv(1024)) > VERSION_AT:
                    connection.sendall(b"\x20\x02\x00\x00" if data[VERSION_AT] == 4 else b"\x20\x02\x00\x01")
                    connection.recv(1024)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        finding = examined(settings_of(f"mqtt://127.0.0.1:{server.getsockname()[1]}"))["login"]
        server.shutdown(socket.SHUT_RDWR)
    assert finding.level == "bad"
    assert "does not speak MQTT 5" in finding.detail
