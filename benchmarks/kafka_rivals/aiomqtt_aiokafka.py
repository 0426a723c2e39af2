"""Rival of scripts/bench kafka: aiomqtt, which acknowledges on receipt, and aiokafka."""

import asyncio
import sys

from aiokafka import AIOKafkaProducer
import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

MAX_IN_FLIGHT = 1000
port, bootstrap, topic = int(sys.argv[1]), sys.argv[2], sys.argv[3]


async def main() -> None:
    """Forward until the process is ended."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 86400
    properties.ReceiveMaximum = 1000
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    in_flight: set[asyncio.Future[object]] = set()
    async with aiomqtt.Client(
        "127.0.0.1", port, identifier="bench", protocol=aiomqtt.ProtocolVersion.V5, clean_start=False,
        properties=properties,
    ) as client:  # fmt: skip
        await client.subscribe("bench/#", qos=1)
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            key = str(message.topic).encode()
            sent = await producer.send(topic, payload, key, headers=[("mqtt-topic", key)])
            in_flight.add(sent)
            sent.add_done_callback(in_flight.discard)
            if len(in_flight) >= MAX_IN_FLIGHT:
                await asyncio.wait(in_flight, return_when=asyncio.FIRST_COMPLETED)


asyncio.run(main())
