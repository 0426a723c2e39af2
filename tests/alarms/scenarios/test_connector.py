"""Connector to Kafka: its entities in core's MQTT, and the alarm profile of the guide."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from iotbridge_agent.kafka.discovery import RETRY_LETTERS, connector_topics, device_message, uid_of
from iotbridge_agent.kafka.settings import parse_settings
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.broker import Broker, state, until

from ...dialog import Dialog
from ...kit import Kit

ROOT = Path(__file__).parents[3]
SETTINGS = parse_settings(
    {
        "broker": {"url": "mqtt://127.0.0.1"},
        "connector": {"id": "stock", "name": "Stock to Kafka"},
        "kafka": {"bootstrap": ["127.0.0.1:9092"]},
        "route": [{"filter": "shop/#", "topic": "stock"}],
    },
    source="test",
    environ={},
    default_id="stock",
)
TOPICS = connector_topics(SETTINGS)
CONFIG_TOPIC = f"homeassistant/device/{uid_of(SETTINGS)}/config"
CONFIG = json.dumps(device_message(SETTINGS, expiry=True))


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Return the payload of an example of the contract."""
    path = ROOT / "contract" / "examples" / "connector-status" / f"{name}.json"
    payload: dict[str, Any] = json.loads(path.read_text("utf-8"))["payload"]
    return payload | changes


def profile() -> str:
    """Return the alarm profile of the guide."""
    guide = (ROOT / "docs" / "kafka.md").read_text("utf-8")
    return guide.partition("<!-- alarm profile -->")[2].partition("```yaml\n")[2].partition("```")[0]


async def import_profile(hass: HomeAssistant) -> Mapping[str, str]:
    """Import the profile, and return the binary sensor of each rule, by the rule's name."""
    dialog = Dialog(hass, "alarm")
    await dialog.start("import_yaml")
    await dialog.submit(yaml=profile())
    assert dialog.placeholders["skipped"] == ""
    assert "Not imported" not in dialog.placeholders["becomes"]
    await dialog.submit()
    await hass.async_block_till_done()
    registry = er.async_get(hass)
    return {
        rule.title: found
        for rule in dialog.made
        if (found := registry.async_get_entity_id("binary_sensor", "iotbridge", f"{rule.subentry_id}_alarm"))
    }


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_the_profile_raises_alarms_from_a_status_on_a_real_broker(home: HomeAssistant, broker: Broker) -> None:
    async with broker.client() as connector:
        await connector.publish(CONFIG_TOPIC, CONFIG, qos=1, retain=True)
        await connector.publish(TOPICS.availability, "online", qos=1, retain=True)
        await until(lambda: state(home, "binary_sensor.stock_to_kafka_connection") == "on")
        await until(lambda: state(home, "sensor.stock_to_kafka_state") == "unknown")
        await connector.publish(TOPICS.status, json.dumps(example("live", letters=0)), qos=1)
        await until(lambda: state(home, "sensor.stock_to_kafka_state") == "live")
        alarms = await import_profile(home)
        assert len(alarms) == 4
        await until(lambda: {state(home, alarm) for alarm in alarms.values()} == {"off"})

        await connector.publish(TOPICS.status, json.dumps(example("paused", letters=1)), qos=1)
        await until(lambda: state(home, alarms["Messages wait long for Kafka"]) == "off")
        await until(lambda: state(home, alarms["Kafka refuses messages"]) == "on")
        await connector.publish(TOPICS.status, json.dumps(example("paused", oldest_s=3601)), qos=1)
        await until(lambda: state(home, alarms["Messages wait long for Kafka"]) == "on")
        await connector.publish(TOPICS.status, json.dumps(example("live", letters=0)), qos=1)
        await until(lambda: {state(home, alarm) for alarm in alarms.values()} == {"off"})


async def test_a_connector_that_does_not_deliver_is_an_alarm_after_a_while(kit: Kit) -> None:
    await kit.receive(CONFIG_TOPIC, CONFIG)
    await kit.receive(TOPICS.availability, "online")
    await kit.receive(TOPICS.status, example("live"))
    alarms = await import_profile(kit.hass)
    await kit.receive(TOPICS.status, example("spooling"))
    assert state(kit.hass, "sensor.stock_to_kafka_problem_description") == "Kafka does not answer at kafka1:9093."
    await kit.wait(119)
    assert state(kit.hass, alarms["Connector to Kafka does not deliver"]) == "off"
    await kit.wait(2)
    assert state(kit.hass, alarms["Connector to Kafka does not deliver"]) == "on"
    assert state(kit.hass, alarms["Connector to Kafka is paused or gone"]) == "off"
    await kit.receive(TOPICS.availability, "offline")
    await kit.wait(31)
    assert state(kit.hass, alarms["Connector to Kafka is paused or gone"]) == "on"


async def test_the_entities_have_the_values_of_the_status(kit: Kit) -> None:
    await kit.receive(CONFIG_TOPIC, CONFIG)
    await kit.receive(TOPICS.availability, "online")
    await kit.receive(TOPICS.status, example("spooling"))
    shown = {
        entity.entity_id.partition("stock_to_kafka_")[2]: state(kit.hass, entity.entity_id)
        for entity in er.async_get(kit.hass).entities.values()
        if "stock_to_kafka" in entity.entity_id
    }
    assert shown == {
        "connection": "on",
        "kafka_connection": "off",
        "problem": "on",
        "problem_description": "Kafka does not answer at kafka1:9093.",
        "state": "spooling",
        "message_rate": "0",
        "delivered_messages": "1198",
        "waiting_messages": "18000",
        "spool_size": "4194304",
        "oldest_waiting_message": "360.5",
        "dead_letters": "2",
        "broker_dropped_messages": "unknown",
        "delivery_time_p99": "unknown",
        "retry_dead_letters": "unknown",
    }
    await kit.receive(TOPICS.status, example("live"))
    assert state(kit.hass, "sensor.stock_to_kafka_problem_description") == "unknown"
    assert state(kit.hass, "binary_sensor.stock_to_kafka_problem") == "off"
    await kit.hass.services.async_call(
        "button", "press", {"entity_id": "button.stock_to_kafka_retry_dead_letters"}, blocking=True
    )
    topic, payload, _qos, retain, *_ = kit.mqtt.async_publish.call_args.args
    assert (topic, payload, retain) == (TOPICS.command, RETRY_LETTERS, False)
