"""The agent as a whole: one task group of connection, collectors, discovery and commands."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
import logging
import random
import signal
import sys
import time
from typing import Any

from iotbridge_agent import __version__, sdnotify
from iotbridge_agent.collectors import specs_for
from iotbridge_agent.commands.base import PowerBackend
from iotbridge_agent.commands.dispatcher import Dispatcher
from iotbridge_agent.config import Config
from iotbridge_agent.connection import STEADY_S, V5, Backoff, Link, LinkError, Session, warnings
from iotbridge_agent.entities import Entities
from iotbridge_agent.host import address_towards, read_host, uptime_s
from iotbridge_agent.protocol.messages import (
    OFFLINE,
    ONLINE,
    Announce,
    Power,
    Response,
    encode,
    encode_announce,
    encode_response,
    format_time,
)
from iotbridge_agent.protocol.topics import Topics, device_uid, discovery_topic
from iotbridge_agent.scheduler import DaemonExecutor, Scheduler
from iotbridge_agent.state import StateError, load_state, lock

BIRTH_JITTER_S = (0.1, 2.0)
DISCOVERY_PAUSE_S = 3.0
"""Home Assistant loses parts of a discovery message that comes again while it works on the first, and needs about a
second to listen to the entities it just learned of; a status before that is lost to them."""
PERMISSION_PATIENCE_S = 0.1
BIRTH_PAYLOAD = b"online"
LEAVE_TIMEOUT_S = 15.0
UNSENT = 20
MISSED_BEATS = 3
PREVIEW_PATIENCE_S = 30.0
_LOG = logging.getLogger(__name__)


class Agent:
    """One host on one broker, until ``stop``."""

    def __init__(self, config: Config, *, power: PowerBackend) -> None:
        self._config = config
        self._topics = Topics(config.prefix, config.node_id)
        self._uid = device_uid(config.prefix, config.node_id)
        self._host = read_host()
        self._ip: str | None = None
        self._state = load_state(config.state_dir)
        self._scheduler = Scheduler(specs_for(config), config)
        self._entities = Entities(config, self._host, self._state.components)
        self._dispatcher = Dispatcher(config, self._state, power, self)
        self._link = Link(config.broker, client_id=f"iotb-{self._state.instance}", will_topic=self._topics.availability)
        self._allowed: tuple[str, ...] | None = None
        self._session: Session | None = None
        self._unsent: deque[Response] = deque(maxlen=UNSENT)
        self._leave_as: Power | None = None
        self._stopping = False
        self._leaving, self._left, self._back = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._status_due, self._discovery_due, self._collected = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._permissions_known = asyncio.Event()
        self._discovery_delay_s = 0.0
        self._connection: asyncio.Task[None] | None = None
        self._was_connected = self._save_failed = False
        self._mqtt5 = True
        # What this connection was told last; empty when it has to be told again.
        self._announced: Announce | None = None
        self._discovery_sent = b""
        self._commands_under_way: set[asyncio.Task[None]] = set()
        self._last_beat = time.monotonic()

    async def run(self) -> None:
        """Work until ``stop`` was called and everything is said."""
        if self._state.is_new:
            self._save()
        for sentence in warnings(self._config.broker):
            _LOG.warning("%s", sentence)
        async with asyncio.TaskGroup() as group:
            self._group = group
            tasks = [
                group.create_task(self._collect(), name="collectors"),
                group.create_task(self._publish_statuses(), name="status"),
                group.create_task(self._publish_discovery(), name="discovery"),
                group.create_task(self._ask_permissions(), name="permissions"),
                group.create_task(self._watchdog(), name="watchdog"),
            ]
            sdnotify.notify(READY=1)
            self._connection = group.create_task(self._stay_connected(), name="connection")
            await asyncio.wait([self._connection])
            sdnotify.notify(STOPPING=1)
            for task in (*tasks, *self._commands_under_way):
                task.cancel()

    def stop(self) -> None:
        """Say goodbye and end; after a power command there is nothing more to say."""
        self._stopping = True
        if self._leave_as is None:
            self._leave_as = "off"
            _LOG.info("Stopping.")
        self._leaving.set()
        self._back.set()
        if self._session is None and self._connection:
            # An attempt to connect may hang for many seconds, and there is nobody to say goodbye to.
            self._connection.cancel()

    # What commands need

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Send a response now, or keep it for the next connection. Raises LinkError if it ``must_arrive``."""
        try:
            await self._publish(self._topics.response, encode_response(response), qos=1)
        except LinkError:
            if must_arrive:
                raise
            self._unsent.append(response)

    async def refresh(self) -> None:
        """Read everything anew, paused collectors too, and send a status."""
        self._scheduler.hurry()
        await self._scheduler.collect()
        await self._publish_status()

    async def leave(self, power: Power) -> None:
        """Say what the machine is about to be, and disconnect."""
        self._leave_as = power
        self._leaving.set()
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._left.wait()
        except TimeoutError:
            _LOG.warning("The broker did not take the goodbye in time.")

    def come_back(self) -> None:
        """Connect again after ``leave``."""
        self._back.set()

    # Connection

    async def _stay_connected(self) -> None:
        backoff, last_reason = Backoff(), ""
        while not self._stopping:
            started = time.monotonic()
            try:
                async with self._link.session() as session:
                    last_reason = ""
                    await self._serve(session)
            except LinkError as error:
                if str(error) != last_reason:
                    _LOG.warning("%s Trying again.", error)
                    sdnotify.notify(STATUS=f"Waiting for the broker: {error}")
                last_reason = str(error)
            finally:
                self._session = None
            if time.monotonic() - started > STEADY_S:
                backoff.reset()
            await self._pause(backoff)

    async def _pause(self, backoff: Backoff) -> None:
        """Wait before the next attempt; after ``leave``, until ``come_back``."""
        if not self._leaving.is_set():
            try:
                async with asyncio.timeout(backoff.next_s()):
                    await self._leaving.wait()
            except TimeoutError:
                return
        self._left.set()
        await self._back.wait()
        if not self._stopping:
            self._leave_as = None
            backoff.reset()
            for event in (self._leaving, self._left, self._back):
                event.clear()

    async def _serve(self, session: Session) -> None:
        """Say hello, listen until the connection is lost or the agent leaves, say goodbye."""
        await session.subscribe(self._topics.command, self._config.birth_topic)
        with suppress(TimeoutError):
            # The system usually answers sooner than the broker; then the first announce is the final one.
            async with asyncio.timeout(PERMISSION_PATIENCE_S):
                await self._permissions_known.wait()
        self._session, self._mqtt5, self._discovery_sent = session, session.mqtt_version == V5, b""
        await self._announce("on")
        await self._publish(self._topics.availability, ONLINE, qos=1, retain=True)
        _LOG.info("Connected to %s (MQTT %s).", self._config.broker.address, session.mqtt_version)
        sdnotify.notify(STATUS=f"Connected to {self._config.broker.address}")
        self._want_discovery(random.random() if self._was_connected else 0.0)  # noqa: S311 - spreads load
        self._was_connected = True
        self._status_due.set()
        for response in [self._unsent.popleft() for _ in range(len(self._unsent))]:
            await self.respond(response)
        await self._listen(session)
        if self._leave_as:
            await self._announce(self._leave_as)
            await self._publish(self._topics.availability, OFFLINE, qos=1, retain=True)

    async def _listen(self, session: Session) -> None:
        receiver = asyncio.create_task(self._receive(session), name="receiver")
        waiters = [asyncio.create_task(event.wait()) for event in (self._leaving, session.lost)]
        try:
            await asyncio.wait([receiver, *waiters], return_when=asyncio.FIRST_COMPLETED)
            if receiver.done():
                receiver.result()
            if session.lost.is_set():
                raise LinkError(f"The broker {self._config.broker.address} takes no messages any more.")
        finally:
            for task in (receiver, *waiters):
                task.cancel()

    async def _receive(self, session: Session) -> None:
        async for message in session.messages():
            if message.topic == self._topics.command:
                handling = self._dispatcher.handle(message.payload, retained=message.retain)
                task = self._group.create_task(handling, name="command")
                self._commands_under_way.add(task)
                task.add_done_callback(self._commands_under_way.discard)
            elif message.payload == BIRTH_PAYLOAD and not message.retain:
                self._announced, self._discovery_sent = None, b""
                self._want_discovery(random.uniform(*BIRTH_JITTER_S))  # noqa: S311 - spreads load, keeps no secret

    async def _publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        if self._session is None:
            raise LinkError("There is no connection to the broker.")
        await self._session.publish(topic, payload, qos=qos, retain=retain)

    # What the host says

    async def _announce(self, power: Power) -> None:
        self._ip = address_towards(self._config.broker.host, self._config.broker.port) or self._ip
        announce = self._describe(power)
        await self._publish(self._topics.announce, encode_announce(announce), qos=1, retain=True)
        self._announced = announce

    def _describe(self, power: Power) -> Announce:
        return Announce(
            agent=__version__,
            node_id=self._config.node_id,
            hostname=self._host.hostname,
            uid=self._uid,
            instance=self._state.instance,
            power=power,
            ip=self._ip,
            mac=self._host.mac or None,
            platform=self._host.platform,
            platform_version=self._host.platform_version,
            interval_s=self._config.interval_s,
            commands=self._commands(),
            dry_run=self._config.dry_run or None,
        )

    def _commands(self) -> tuple[str, ...]:
        return ("ping", "status", *(self._allowed or ()), *(command.name for command in self._config.custom))

    async def _collect(self) -> None:
        """Read at a steady pace, and have a status sent each time."""
        due = time.monotonic()
        while True:
            await self._scheduler.collect()
            self._last_beat = time.monotonic()
            self._collected.set()
            self._update_entities()
            self._status_due.set()
            due = max(due + self._config.interval_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def _publish_statuses(self) -> None:
        await self._collected.wait()
        while True:
            await self._status_due.wait()
            self._status_due.clear()
            await self._publish_status()

    async def _publish_status(self) -> None:
        """Send a status; without a connection it is lost, for it would be stale later."""
        base = {
            "hostname": self._host.hostname,
            "ip": self._ip,
            "platform": self._host.platform,
            "platform_version": self._host.platform_version,
            "uptime": uptime_s(),
        }
        known = {key: value for key, value in base.items() if value is not None}
        payload = known | dict.fromkeys(self._entities.sensor_keys()) | self._scheduler.values()
        payload["timestamp"] = format_time(datetime.now(UTC).replace(microsecond=0))
        if not self._leaving.is_set():
            with suppress(LinkError):
                await self._publish(self._topics.status, encode(payload))

    def _update_entities(self) -> None:
        changed = self._entities.update(
            self._scheduler.descriptions(),
            collectors=self._scheduler.names(),
            settled=self._scheduler.settled(),
            power=self._allowed,
            expiry=self._mqtt5,
            now=time.time(),
        )
        if changed:
            self._state.components = self._entities.known
            self._save()
            self._want_discovery(0.0)

    def _want_discovery(self, delay_s: float) -> None:
        self._discovery_delay_s = delay_s
        self._discovery_due.set()

    async def _publish_discovery(self) -> None:
        """Send what makes this host a device, whenever it is wanted and never too quickly again."""
        await self._collected.wait()
        while True:
            await self._discovery_due.wait()
            await asyncio.sleep(self._discovery_delay_s)
            self._discovery_due.clear()
            self._update_entities()
            with suppress(LinkError):
                await self._send_discovery()

    async def _send_discovery(self) -> None:
        message = encode(self._entities.message())
        is_new = message != self._discovery_sent
        if is_new:
            self._discovery_sent = message
            topic = discovery_topic(self._config.discovery_prefix, self._uid)
            await self._publish(topic, message, qos=1, retain=True)
        # After the goodbye of leave() nothing may say "on".
        if self._describe("on") != self._announced and not self._leaving.is_set():
            await self._announce("on")
            self._status_due.set()
        if is_new:
            await asyncio.sleep(DISCOVERY_PAUSE_S)
            self._status_due.set()

    async def _ask_permissions(self) -> None:
        """Ask the system at the start; offer what it allows."""
        permissions = {name: await self._dispatcher.permission(name) for name in self._config.power}
        for name, permission in permissions.items():
            if not permission.allowed:
                _LOG.warning("%s is switched on, and cannot work: %s %s", name, permission.detail, permission.remedy)
        self._allowed = tuple(name for name, permission in permissions.items() if permission.allowed)
        self._permissions_known.set()
        self._want_discovery(0.0)

    async def _watchdog(self) -> None:
        """Tell systemd that the agent is well: as long as the collectors' loop turns."""
        if (limit_s := sdnotify.watchdog_s()) is None:
            return
        while True:
            if time.monotonic() - self._last_beat < MISSED_BEATS * self._config.interval_s:
                sdnotify.notify(WATCHDOG=1)
            await asyncio.sleep(limit_s / 3)

    def _save(self) -> None:
        try:
            self._state.save()
        except StateError as error:
            if not self._save_failed:
                _LOG.warning("%s: commands that act are refused, because a repetition could not be recognised.", error)
            self._save_failed = True
        else:
            self._save_failed = False


async def run(config: Config, *, power: PowerBackend) -> None:
    """Be the agent until SIGTERM or SIGINT; raises ConfigError for what can never work."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonExecutor())
    guard = lock(config.state_dir)
    try:
        agent = Agent(config, power=power)
        for number in (signal.SIGTERM, signal.SIGINT):
            if sys.platform == "win32":
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(agent.stop))
            else:
                loop.add_signal_handler(number, agent.stop)
        await agent.run()
    finally:
        if guard:
            guard.close()


def preview_discovery(config: Config) -> dict[str, Any]:
    """Return the discovery message this host would send; reads every collector once and writes nothing."""
    return asyncio.run(_preview(config))


async def _preview(config: Config) -> dict[str, Any]:
    asyncio.get_running_loop().set_default_executor(DaemonExecutor())
    scheduler = Scheduler(specs_for(config), config)
    await scheduler.collect(patience_s=PREVIEW_PATIENCE_S)
    entities = Entities(config, read_host(), {})
    entities.update(
        scheduler.descriptions(),
        collectors=scheduler.names(),
        settled=scheduler.settled(),
        power=config.power,
        expiry=True,
        now=time.time(),
    )
    return entities.message()
