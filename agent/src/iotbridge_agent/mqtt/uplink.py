"""Persistent connection to the broker: reconnects after a loss, and disconnects in an orderly way."""

import asyncio
from collections import deque
import logging
import math
import time
from typing import Any, Protocol

from iotbridge_agent.mqtt.connection import STEADY_S, Backoff, Incoming, Link, LinkError, Session, TakenOverError
from iotbridge_agent.protocol.messages import Power, Response, encode_response
from iotbridge_agent.system import sdnotify

LEAVE_TIMEOUT_S = 20.0
"""Timeout for leaving, longer than custom commands and the acknowledgements of the last messages may take."""
UNCONNECTED_TIMEOUT_S = 1.0
"""Timeout for leaving while an attempt to connect is made: few succeed in a moment."""
UNSENT = 20
CUT_SHORT_S = 30.0
_LOG = logging.getLogger(__name__)


class Speaker(Protocol):
    """Owner of the messages that go over the connection."""

    async def hello(self, session: Session) -> None:
        """Publish the first messages of a new connection; raises LinkError."""

    def received(self, message: Incoming) -> None:
        """Process a message; raises TakenOverError if it shows that another agent has this one's client id."""

    async def goodbye(self, session: Session, power: Power) -> None:
        """Publish the last messages, with the next power state; raises LinkError."""

    def taken_over(self) -> None:
        """Handle the loss of the connection to another client with the same id."""


class Uplink:
    """Series of connections to the broker, until ``stop``."""

    def __init__(self, link: Link, *, topics: tuple[str, ...], response_topic: str, speaker: Speaker) -> None:
        self._link = link
        self._topics = topics
        self._response_topic = response_topic
        self._speaker = speaker
        self._session: Session | None = None
        self._unsent: deque[Response] = deque(maxlen=UNSENT)
        self.was_cut_short = False
        """True if the previous attempt connected, and lost the connection within CUT_SHORT_S."""
        self._leave_as: Power | None = None
        self._reasons: set[str] = set()
        """Reasons of ``leave`` without a ``come_back`` so far."""
        self._stopping = False
        self._leaving, self._left, self._back = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def leaving(self) -> bool:
        """Return whether the agent publishes or has published its last messages; others are rejected from then on."""
        return self._leaving.is_set()

    @property
    def is_connected(self) -> bool:
        """Return whether there is a connection."""
        return self._session is not None

    async def run(self) -> None:
        """Connect, and reconnect after every loss; never raises for a broker that is away."""
        self._task = asyncio.current_task()
        backoff, last_reason = Backoff(), ""
        while not self._stopping:
            started, connected = time.monotonic(), -math.inf
            try:
                async with self._link.session() as session:
                    last_reason, connected = "", time.monotonic()
                    await self._serve(session)
            except LinkError as error:
                if str(error) != last_reason:
                    _LOG.warning("%s Trying again.", f"{error} {error.remedy}".strip())
                    sdnotify.notify(STATUS=f"Waiting for the broker: {error}")
                last_reason = str(error)
                if isinstance(error, TakenOverError):
                    self._speaker.taken_over()
            finally:
                self._session = None
            self.was_cut_short = time.monotonic() - connected < CUT_SHORT_S
            if time.monotonic() - started > STEADY_S:
                backoff.reset()
            await self._pause(backoff)

    def stop(self) -> None:
        """Publish the last messages and end; after a power command they have been published already."""
        self._stopping = True
        if self._leave_as is None:
            self._leave_as = "off"
            _LOG.info("Stopping.")
        self._leaving.set()
        self._back.set()
        if self._session is None and self._task:
            # An attempt to connect may hang for many seconds, and there is no connection for last messages.
            self._task.cancel()

    async def leave(self, power: Power, *, reason: str, timeout_s: float = LEAVE_TIMEOUT_S) -> None:
        """Publish the next power state, disconnect and stay disconnected until ``come_back`` for each reason.

        Until it is published, the newest power state replaces an earlier one.
        """
        self._reasons.add(reason)
        if not self._stopping:
            self._leave_as = power
            self._back.clear()
        self._leaving.set()
        try:
            async with asyncio.timeout(timeout_s if self._session else min(timeout_s, UNCONNECTED_TIMEOUT_S)):
                await self._left.wait()
        except TimeoutError:
            _LOG.warning("The broker did not accept the last messages in time.")

    def come_back(self, reason: str) -> None:
        """Connect again after ``leave``, unless there is another reason to stay away."""
        self._reasons.discard(reason)
        if self.leaving and not self._reasons:
            self._back.set()

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Publish now; raises LinkError without a connection, and once the agent leaves.

        A task that was interrupted between two messages must not publish the second one after the last messages: a
        retained "online" would stay at the broker permanently.
        """
        if self.leaving:
            raise LinkError("The agent is leaving the broker.")
        await self._publish(topic, payload, qos=qos, retain=retain)

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Publish a response now, also while leaving, or keep it for the next connection.

        Raises LinkError if it ``must_arrive`` and cannot.
        """
        try:
            await self._publish(self._response_topic, encode_response(response), qos=1)
        except LinkError:
            if must_arrive:
                raise
            self._unsent.append(response)

    async def _publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        if self._session is None:
            raise LinkError("There is no connection to the broker.")
        await self._session.publish(topic, payload, qos=qos, retain=retain)

    async def _serve(self, session: Session) -> None:
        """Serve until the connection is lost or the agent leaves; publish the last messages then. Raises LinkError.

        An agent that leaves tries its last messages on a connection that just failed, too: one missing acknowledgement
        says little about the next message. If they fail as well, the session keeps the last will.
        """
        await session.subscribe(*self._topics)
        self._session = session
        working = asyncio.create_task(self._work(session), name="session")
        waiters = [asyncio.create_task(event.wait()) for event in (self._leaving, session.lost)]
        try:
            await asyncio.wait([working, *waiters], return_when=asyncio.FIRST_COMPLETED)
            if not self._leave_as:
                if working.done():
                    working.result()
                raise LinkError(f"The broker {session.address} accepts no more messages.")
        finally:
            await _end(working, *waiters)
        await self._speaker.goodbye(session, self._leave_as)
        session.keeps_will = False

    async def _work(self, session: Session) -> None:
        """Publish the first messages and the queued responses, then process messages; raises LinkError at a loss."""
        await self._speaker.hello(session)
        for response in [self._unsent.popleft() for _ in range(len(self._unsent))]:
            await self.respond(response)
        async for message in session.messages():
            self._speaker.received(message)

    async def _pause(self, backoff: Backoff) -> None:
        """Wait before the next attempt; after ``leave``, until ``come_back``."""
        if not self._leaving.is_set():
            try:
                async with asyncio.timeout(backoff.next_s()):
                    await self._leaving.wait()
            except TimeoutError:
                return
        self._left.set()
        while not self._back.is_set():  # somebody may leave again before this task runs
            await self._back.wait()
        if not self._stopping:
            self._leave_as = None
            backoff.reset()
            for event in (self._leaving, self._left, self._back):
                event.clear()


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks and wait until they have ended; their errors are dropped."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
