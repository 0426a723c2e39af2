"""Values that a broker publishes about itself, and the time of a round trip, read over a connection of its own.

The agent's own connection would receive each value every few seconds; this one lasts for a moment.
"""

import asyncio
from collections.abc import Mapping, Sequence
import secrets
import time
from typing import NamedTuple

from iotbridge_agent.errors import CollectorError
from iotbridge_agent.event_loop import DaemonExecutor, run_loop
from iotbridge_agent.mqtt.connection import Link, LinkError, Session

ECHO_TIMEOUT_S = 5.0


class BrokerReport(NamedTuple):
    """Payloads by topic, and the seconds from publishing a message to receiving it."""

    values: Mapping[str, bytes]
    round_trip_s: float


def read_report(link: Link, topics: Sequence[str], echo_topic: str) -> BrokerReport:
    """Read the topics, and time a message on ``echo_topic``; blocks for a moment.

    Raises LinkError without a connection, and CollectorError if this user may not read the topics or the message.
    """
    return run_loop(_read_report(link, topics, echo_topic))


async def _read_report(link: Link, topics: Sequence[str], echo_topic: str) -> BrokerReport:
    asyncio.get_running_loop().set_default_executor(DaemonExecutor())
    async with link.session() as session:
        await session.subscribe(echo_topic)
        try:
            await session.subscribe(topics[0], *topics[1:])
        except LinkError as error:
            raise CollectorError(str(error)) from error
        return await _receive(session, echo_topic)


async def _receive(session: Session, echo_topic: str) -> BrokerReport:
    """Return everything that arrives up to this agent's own message: the broker sends retained messages first."""
    nonce = secrets.token_hex(8).encode()
    values: dict[str, bytes] = {}
    try:
        async with asyncio.timeout(ECHO_TIMEOUT_S):
            started = time.perf_counter()
            await session.publish(echo_topic, nonce)
            async for message in session.messages():
                if message.topic == echo_topic and message.payload == nonce:
                    return BrokerReport(values, time.perf_counter() - started)
                if message.topic != echo_topic:
                    values[message.topic] = message.payload
    except TimeoutError:
        pass
    raise CollectorError(
        f"The broker did not deliver a message to {echo_topic} within {ECHO_TIMEOUT_S:g} s: this user has to read and "
        "write that topic."
    )
