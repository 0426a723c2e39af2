"""Connector to Kafka in Home Assistant: its entities through an outage of Kafka, and its button."""

from collections.abc import AsyncGenerator
from pathlib import Path

from lab.lab import Lab
import pytest

from .kafka_connector import Connector, Kafka


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncGenerator[Kafka]:
    """Return a running Kafka with the topic of the shop."""
    kafka = Kafka(tmp_path)
    await kafka.start("shop")
    yield kafka
    await kafka.kill()


@pytest.fixture
async def connector(lab: Lab, kafka: Kafka, tmp_path: Path) -> AsyncGenerator[Connector]:
    """Return a running connector."""
    connector = Connector(tmp_path, lab.broker.url, kafka, name="shop", device="Shop to Kafka")
    await connector.start(price_topic="{user.target}")
    yield connector
    await connector.stop()


async def test_home_assistant_sees_an_outage_of_kafka_and_retries_a_letter(
    lab: Lab, kafka: Kafka, connector: Connector
) -> None:
    client = lab.client
    await client.wait_state("binary_sensor.shop_to_kafka_connection", "on")
    await client.wait_state("sensor.shop_to_kafka_state", "live")
    await client.wait_state("binary_sensor.shop_to_kafka_problem", "off")
    kafka.freeze()
    async with lab.broker.client() as page:
        for number in range(30):
            await page.publish(f"shop/{number % 3}/stock", str(number), qos=1)
    await client.wait_state("sensor.shop_to_kafka_state", "spooling")
    await client.wait_state("binary_sensor.shop_to_kafka_problem", "on")
    await client.wait_state("sensor.shop_to_kafka_waiting_messages", "30")

    kafka.thaw()
    await client.wait_state("sensor.shop_to_kafka_state", "live")
    await client.wait_state("sensor.shop_to_kafka_waiting_messages", "0")
    await client.wait_state("sensor.shop_to_kafka_delivered_messages", "30")

    async with lab.broker.client() as page:
        await page.publish("shop/1/price", "9.90", qos=1)
    await client.wait_state("sensor.shop_to_kafka_dead_letters", "1")
    await connector.stop()
    await client.wait_state("binary_sensor.shop_to_kafka_connection", "off")
    await connector.start(price_topic="shop")
    await client.wait_state("binary_sensor.shop_to_kafka_connection", "on")
    await client.wait_state("sensor.shop_to_kafka_state", "live")
    await client.call("button.press", {"entity_id": "button.shop_to_kafka_retry_dead_letters"})
    await client.wait_state("sensor.shop_to_kafka_dead_letters", "0")
    await client.wait_state("sensor.shop_to_kafka_delivered_messages", "1")
