"""Removal of a host from Home Assistant: clears the messages its agent left retained at the broker."""

import secrets

from iotbridge_agent.config import Config
from iotbridge_agent.event_loop import run_loop
from iotbridge_agent.mqtt.connection import Link
from iotbridge_agent.protocol.topics import Topics, device_uid, discovery_topic


def forget(config: Config) -> None:
    """Clear discovery, announce and availability; the agent must have stopped. Raises LinkError."""
    run_loop(_forget(config))


async def _forget(config: Config) -> None:
    topics = Topics(config.prefix, config.node_id)
    discovery = discovery_topic(config.discovery_prefix, device_uid(config.prefix, config.node_id))
    async with Link(config.broker, client_id=f"iotb-forget-{secrets.token_hex(8)}").session() as session:
        for topic in (discovery, topics.announce, topics.availability):
            await session.publish(topic, b"", qos=1, retain=True)
