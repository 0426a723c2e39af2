"""Rival of scripts/bench kafka: paho with manual acknowledgements, and librdkafka."""

from collections import deque
import sys
from typing import Any

from confluent_kafka import Producer
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TICK_S = 0.002
port, bootstrap, topic = int(sys.argv[1]), sys.argv[2], sys.argv[3]
producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5,
                     "compression.type": "zstd"})  # fmt: skip
client = paho.Client(CallbackAPIVersion.VERSION2, "bench", protocol=paho.MQTTv5, manual_ack=True)
unacknowledged: deque[list[Any]] = deque()


def on_connect(*_: Any) -> None:
    client.subscribe("bench/#", qos=1)


def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
    entry = [message.mid, False]
    unacknowledged.append(entry)

    def delivered(error: Any, _message: Any) -> None:
        entry[1] = error is None
        while unacknowledged and unacknowledged[0][1]:
            client.ack(unacknowledged.popleft()[0], 1)

    producer.produce(topic, message.payload, message.topic, headers=[("mqtt-topic", message.topic)], callback=delivered)


properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
properties.SessionExpiryInterval = 86400
properties.ReceiveMaximum = 1000
client.on_connect = on_connect
client.on_message = on_message
client.connect("127.0.0.1", port, clean_start=False, properties=properties)
while True:
    client.loop(TICK_S)
    producer.poll(0)
