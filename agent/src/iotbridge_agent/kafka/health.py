"""Health of the connector in Home Assistant: availability, status and discovery, over a connection of its own.

A connection of its own, because the intake's session has no last will, may be paused for hours, and belongs to another
library. Without the rights for these topics the connector works; the log names what is missing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
import logging
import time
from typing import Any, Protocol, TypeVar

from iotbridge_agent.kafka.counters import Counters
from iotbridge_agent.kafka.discovery import RETRY_LETTERS, connector_topics, device_message, uid_of
from iotbridge_agent.kafka.letters import Route
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.spool import RetryResult, Spool
from iotbridge_agent.kafka.spool_file import SpoolError
from iotbridge_agent.kafka.states import ConnectorState
from iotbridge_agent.mqtt.connection import STEADY_S, Backoff, Incoming, Link, LinkError, Session
from iotbridge_agent.protocol.messages import ONLINE, encode, format_time
from iotbridge_agent.protocol.topics import discovery_topic

INTERVAL_S, EVENTFUL_INTERVAL_S = 30.0, 10.0
"""Seconds between two status messages; the second while the connector is not live, and after new dead letters."""
DISCOVERY_PAUSE_S = 3.0
"""Seconds that Home Assistant needs to subscribe for the entities of a discovery message."""
CHECK_S = 0.5
"""Seconds between two looks at the state; a change is published at once."""
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
MAX_TEXT = 255
T = TypeVar("T")
_LOG = logging.getLogger(__name__)


class SpoolCall(Protocol):
    """Call of a function with the spool, in its thread; raises SpoolError."""

    def __call__(self, function: Callable[[Spool], T]) -> Awaitable[T]:
        """Call the function."""


def status_of(counters: Counters, *, rate: float, letters: int, now: datetime) -> dict[str, Any]:
    """Return the status message; ``rate``: messages to Kafka per second since the last one."""
    oldest_s = 0.0 if counters.oldest_ms is None else max(0.0, now.timestamp() - counters.oldest_ms / 1000)
    p50, p99 = counters.latency.quantile(0.5), counters.latency.quantile(0.99)
    return {
        "state": counters.state.value,
        "mqtt": counters.mqtt,
        "kafka": counters.kafka,
        "problem": counters.problem[:MAX_TEXT] or None,
        "rate": round(rate, 2),
        "in_total": counters.in_total,
        "out_total": counters.out_total,
        "dead_total": counters.dead.total(),
        "letters": letters,
        "dropped_by_broker": counters.dropped_by_broker,
        "spool_records": counters.spool_records,
        "spool_bytes": counters.spool_bytes,
        "oldest_s": round(oldest_s, 1),
        "lag_ms_p50": _milliseconds(p50),
        "lag_ms_p99": _milliseconds(p99),
        "timestamp": format_time(now),
    }


class Health:
    """Publisher of the connector's health; ``route`` is that of its router, for letters that are retried."""

    def __init__(self, settings: ConnectorSettings, counters: Counters, spool_call: SpoolCall, route: Route) -> None:
        self._settings = settings
        self._counters = counters
        self._spool_call = spool_call
        self._route = route
        self._topics = connector_topics(settings)
        self._birth_topic = f"{settings.discovery_prefix}/status"
        self._link = Link(settings.broker, client_id=f"{settings.id}-health", will_topic=self._topics.availability)
        self._due = asyncio.Event()
        self._retrying: asyncio.Task[None] | None = None
        self._period_began = (time.monotonic(), counters.out_total)
        self._forbidden: list[str] = []

    async def run(self) -> None:
        """Publish until cancelled, then let the broker publish ``offline``; a broker that is away raises nothing."""
        backoff, last_reason = Backoff(), ""
        while True:
            started = time.monotonic()
            try:
                async with self._link.session() as session:
                    last_reason = ""
                    await self._serve(session)
            except LinkError as error:
                if str(error) != last_reason:
                    _LOG.warning("Home Assistant does not see this connector now: %s", error)
                last_reason = str(error)
            if time.monotonic() - started > STEADY_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_s())

    async def _serve(self, session: Session) -> None:
        await self._subscribe(session)
        await self._introduce(session)
        self._publish_soon()
        tasks = [asyncio.create_task(self._listen(session)), asyncio.create_task(self._publish_statuses(session))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _publish_soon(self) -> None:
        """Publish a status for entities that Home Assistant creates from the discovery message just now."""
        asyncio.get_running_loop().call_later(DISCOVERY_PAUSE_S, self._due.set)

    async def _subscribe(self, session: Session) -> None:
        for topic in (self._topics.command, self._birth_topic, DROPPED_TOPIC):
            try:
                await session.subscribe(topic)
            except LinkError as error:
                if session.lost.is_set():
                    raise
                _LOG.info("%s", error)

    async def _introduce(self, session: Session) -> None:
        """Publish the retained messages and a status; log once which of them the broker refuses."""
        discovery = encode(device_message(self._settings, expiry=session.mqtt_version == "5"))
        messages = (
            (discovery_topic(self._settings.discovery_prefix, uid_of(self._settings)), discovery, True),
            (self._topics.availability, ONLINE, True),
            (self._topics.status, await self._status(), False),
        )
        forbidden = [
            topic for topic, payload, retain in messages if await session.takes(topic, payload, retain=retain) is False
        ]
        if forbidden and forbidden != self._forbidden:
            _LOG.warning(
                "The broker %s does not let this user publish to %s: Home Assistant shows this connector incompletely "
                "or not at all. docs/kafka.md has the access list.",
                session.address,
                " and ".join(forbidden),
            )
        self._forbidden = forbidden

    async def _listen(self, session: Session) -> None:
        async for message in session.messages():
            self._receive(message)

    def _receive(self, message: Incoming) -> None:
        if message.topic == DROPPED_TOPIC:
            if message.payload.isdigit():
                self._counters.dropped_by_broker = int(message.payload)
        elif message.topic == self._birth_topic:
            self._publish_soon()
        elif not message.retain and message.payload == RETRY_LETTERS.encode() and not self._is_retrying:
            self._retrying = asyncio.create_task(self._retry())

    @property
    def _is_retrying(self) -> bool:
        return self._retrying is not None and not self._retrying.done()

    async def _retry(self) -> None:
        route = self._route
        try:
            result: RetryResult = await self._spool_call(lambda spool: spool.retry_all(route))
        except SpoolError as error:
            _LOG.warning("The dead letters could not be retried: %s", error)
            return
        _LOG.info("%d dead letters are sent again, %d cannot be sent yet.", result.retried, len(result.kept))
        self._due.set()

    async def _publish_statuses(self, session: Session) -> None:
        published, dead, published_at = self._condition(), self._counters.dead.total(), time.monotonic()
        while True:
            try:
                async with asyncio.timeout(CHECK_S):
                    await self._due.wait()
            except TimeoutError:
                is_eventful = self._counters.state is not ConnectorState.LIVE or self._counters.dead.total() != dead
                interval_s = EVENTFUL_INTERVAL_S if is_eventful else INTERVAL_S
                if self._condition() == published and time.monotonic() - published_at < interval_s:
                    continue
            self._due.clear()
            published, dead, published_at = self._condition(), self._counters.dead.total(), time.monotonic()
            await session.publish(self._topics.status, await self._status())

    def _condition(self) -> tuple[object, ...]:
        """Return the facts whose change is published at once."""
        counters = self._counters
        return (counters.state, counters.mqtt, counters.kafka)

    async def _status(self) -> bytes:
        try:
            letters = await self._spool_call(lambda spool: spool.letter_count)
        except SpoolError:
            letters = 0
        began, total = self._period_began
        now = time.monotonic()
        rate = (self._counters.out_total - total) / max(now - began, CHECK_S)
        status = status_of(self._counters, rate=rate, letters=letters, now=datetime.now(UTC))
        self._period_began = (now, self._counters.out_total)
        self._counters.latency.begin_period()
        return encode(status)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
