"""Agent of one host: runs its connection, its commands and its readings in one task group."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import suppress
import logging
import math
import random
import secrets
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from iotbridge_agent import namesakes
from iotbridge_agent.commands.base import PowerBackend
from iotbridge_agent.commands.dispatcher import Dispatcher
from iotbridge_agent.config import Config
from iotbridge_agent.event_loop import DaemonExecutor
from iotbridge_agent.mqtt.connection import V5, Incoming, Link, LinkError, Session, TakenOverError, warnings
from iotbridge_agent.mqtt.uplink import LEAVE_TIMEOUT_S, Uplink
from iotbridge_agent.namesakes import Namesakes
from iotbridge_agent.power_watch import PowerWatch
from iotbridge_agent.presence import Presence
from iotbridge_agent.protocol.messages import OFFLINE, ONLINE, Power, Response
from iotbridge_agent.protocol.topics import Topics
from iotbridge_agent.state import load_state, lock
from iotbridge_agent.system import sdnotify
from iotbridge_agent.system.dbus import DBusError
from iotbridge_agent.system.host import read_host
from iotbridge_agent.system.machine import Machine, read_machine
from iotbridge_agent.system.shutdown_jobs import read_next_power

if TYPE_CHECKING:
    from iotbridge_agent.agent_metrics import AgentMetrics
    from iotbridge_agent.metrics.exposition import Family
    from iotbridge_agent.reporter import Reporter

BIRTH_JITTER_S = (0.1, 2.0)
BIRTH_PAYLOAD = b"online"
PRESENCE_JITTER_S = (0.5, 1.5)
PRESENCE_PAUSE_S = 3.0
"""Minimum time between two repetitions of announce and availability, so that agents never flood each other."""
RUN_BYTES = 4
PERMISSION_PATIENCE_S = 0.1
NEXT_POWER_TIMEOUT_S = 1.0
MISSED_BEATS = 3
_LOG = logging.getLogger(__name__)


class Agent:
    """Agent of one host on one broker, from ``run`` until ``stop``."""

    def __init__(self, config: Config, *, power: PowerBackend) -> None:
        self._config = config
        self._topics = Topics(config.prefix, config.node_id)
        self._state = load_state(config.state_dir)
        host = read_host()
        self._settle(read_machine(host))
        self._had_announced = False
        """True where this installation had announced itself before the present connection."""
        self._namesakes = Namesakes(
            self._topics, machine=self._state.machine.public_id, mac=host.mac, run=secrets.token_hex(RUN_BYTES)
        )
        self._link = Link(config.broker, client_id=self._client_id, will_topic=self._topics.availability)
        self._retained = (self._topics.announce, self._topics.availability)
        self._repeating: asyncio.Task[None] | None = None
        """Task that publishes announce and availability again in a moment."""
        self._may_repeat_at = -math.inf
        self._conflict: asyncio.Task[None] | None = None
        """Task that waits for the end of the conflict with other agents."""
        self._is_online_confirmed = False
        """True once the broker delivered this connection's own "online"."""
        read = (self._topics.command, config.birth_topic, *self._retained)
        self._uplink = Uplink(self._link, topics=read, response_topic=self._topics.response, speaker=self)
        self._presence = Presence(config, host, self._state, self._uplink.publish, self._namesakes)
        self._dispatcher = Dispatcher(config, self._state, power, self)
        self._reporter: Reporter | None = None
        """None until the first connection: the announce of the host does not wait for its readings."""
        self._metrics: AgentMetrics | None = None
        """None where no metrics are served."""
        self._permissions_known = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until ``stop`` was called and the last messages are published."""
        for sentence in warnings(self._config.broker):
            _LOG.warning("%s", sentence)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._start(self._ask_permissions(), "permissions")
            self._start(self._watchdog(), "watchdog")
            if sys.platform == "linux":
                self._start(PowerWatch(self).run(), "power")
            if self._config.metrics_listen:
                self._start(self._serve_metrics(self._config.metrics_listen), "metrics")
            sdnotify.notify(READY=1)
            connection = group.create_task(self._uplink.run(), name="connection")
            await asyncio.wait([connection])
            sdnotify.notify(STOPPING=1)
            for task in tuple(self._tasks):
                task.cancel()

    def stop(self) -> None:
        """Publish the last messages, then end ``run``."""
        self._uplink.stop()

    # Interface for commands and the power watch

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Send a response now, or later; raises LinkError if it ``must_arrive``."""
        if self._metrics:
            self._metrics.responded(response)
        await self._uplink.respond(response, must_arrive=must_arrive)

    async def refresh(self) -> None:
        """Read everything anew, send a status, and announce this host again."""
        await self._reporting().refresh()
        self._reporting().republish(0.0)

    async def leave(self, power: Power, *, reason: str, timeout_s: float = LEAVE_TIMEOUT_S) -> None:
        """Publish the next power state, and disconnect."""
        await self._uplink.leave(power, reason=reason, timeout_s=timeout_s)

    def come_back(self, reason: str) -> None:
        """Connect again after ``leave``, unless there is another reason to stay away."""
        self._dispatcher.resume()
        self._uplink.come_back(reason)

    # Interface for the connection

    async def hello(self, session: Session) -> None:
        """Announce this host, and publish the readings and the discovery message."""
        self._is_online_confirmed = False
        with suppress(TimeoutError):
            # The system usually answers sooner than the broker; then the first announce is the final one.
            async with asyncio.timeout(PERMISSION_PATIENCE_S):
                await self._permissions_known.wait()
        self._had_announced = self._state.announced == self._topics.announce
        await self._presence.online()
        _LOG.info("Connected to %s (MQTT %s).", session.address, session.mqtt_version)
        sdnotify.notify(STATUS=f"Connected to {session.address}")
        delay_s = random.random() if self._reporter else 0.0  # noqa: S311 - spreads load, keeps no secret
        self._reporting().connected(mqtt5=session.mqtt_version == V5, delay_s=delay_s)

    def received(self, message: Incoming) -> None:
        """Process a command, a birth message, or a message others published for this host; raises TakenOverError."""
        if message.topic == self._topics.command:
            if not message.payload:
                return  # a retained command was cleared
            self._start(self._dispatcher.handle(message.payload, retained=message.retain), "command")
        elif message.topic in self._retained and not message.payload:
            # Usually all retained messages are cleared together: the others are published again, too.
            self._reporting().republish(PRESENCE_JITTER_S[1])
            self._repeat_presence()
        elif message.topic == self._topics.availability:
            self._availability_received(message)
        elif message.topic == self._topics.announce:
            self._announce_received(message)
        elif message.topic == self._config.birth_topic and message.payload == BIRTH_PAYLOAD and not message.retain:
            self._reporting().republish(random.uniform(*BIRTH_JITTER_S))  # noqa: S311 - spreads load, keeps no secret

    async def goodbye(self, session: Session, power: Power) -> None:
        """Respond to the commands that still run, then publish the next power state; raises LinkError."""
        if power == "off":
            power = await self._next_power()
        if power != "suspended":
            await self._dispatcher.stop(power)
        await self._presence.offline(power, session.publish)

    @staticmethod
    async def _next_power() -> Power:
        """Return whether this agent is stopped because the machine goes down, and how; *off* if that is unknown."""
        if sys.platform == "linux":
            with suppress(DBusError, TimeoutError):
                async with asyncio.timeout(NEXT_POWER_TIMEOUT_S):
                    return await asyncio.get_running_loop().run_in_executor(None, read_next_power)
        return "off"

    def taken_over(self) -> None:
        """Become a new installation: another agent has a copy of the state folder."""
        self._namesakes.taken_over()
        self._watch_conflict()
        self._state.begin_anew()
        self._state.save_or_warn()
        self._link.rename(self._client_id)

    @property
    def _client_id(self) -> str:
        return f"iotb-{self._state.instance}"

    def _settle(self, machine: Machine) -> None:
        before = self._state.machine
        if difference := self._state.settle(machine):
            _LOG.warning(
                "The state folder %s was written on another machine, or this one was rebuilt: %s. The agent continues "
                "as a new installation. If the other machine still runs an agent, give each its own node_id.",
                self._config.state_dir,
                difference,
            )
        if self._state.is_new or machine != before:
            self._state.save_or_warn()

    def _announce_received(self, message: Incoming) -> None:
        """Publish this agent's announce after another agent's, so that both and Home Assistant notice the conflict."""
        needs_announce = self._namesakes.received(
            message.payload,
            is_retained=message.retain,
            instance=self._state.instance,
            has_announced=self._had_announced,
            was_cut_short=self._uplink.was_cut_short,
        )
        if self._namesakes.has_twin:
            raise TakenOverError("Another agent with this one's client id takes over each connection.")
        if needs_announce:
            self._repeat_presence()
        self._watch_conflict()

    def _availability_received(self, message: Incoming) -> None:
        """Contradict an "offline" of another client: the last will of an agent with this node_id that was killed.

        A retained one from before this connection's own "online" is old, usually this agent's own.
        """
        if message.payload == ONLINE.encode():
            self._is_online_confirmed = True
        elif message.payload == OFFLINE.encode() and (self._is_online_confirmed or not message.retain):
            self._repeat_presence()

    def _repeat_presence(self) -> None:
        """Publish announce and availability again in a moment, once for all requests until then."""
        if self._repeating is None:
            # Other agents publish both, too: this one waits for their availability, and not as long as a third agent.
            jitter_s = random.uniform(*PRESENCE_JITTER_S)  # noqa: S311 - spreads load, keeps no secret
            delay_s = max(jitter_s, self._may_repeat_at - time.monotonic())
            self._repeating = self._start(self._online_after(delay_s), "presence")

    async def _online_after(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        self._repeating = None
        self._may_repeat_at = time.monotonic() + PRESENCE_PAUSE_S
        with suppress(LinkError):
            await self._presence.online()

    def _watch_conflict(self) -> None:
        if self._namesakes.has_any and (self._conflict is None or self._conflict.done()):
            self._conflict = self._start(self._end_conflict(), "conflict")

    async def _end_conflict(self) -> None:
        """Ask the other agents to announce themselves before they are forgotten; announce the end of the conflict."""
        while (end := self._namesakes.conflict_end) is not None:
            await asyncio.sleep(end - namesakes.ASK_BEFORE_S - time.monotonic())
            if self._namesakes.conflict_end == end:
                self._repeat_presence()  # each agent that is still there publishes its own
                await asyncio.sleep(end - time.monotonic())
        with suppress(LinkError):
            await self._presence.announce_changes()

    # Tasks

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _reporting(self) -> "Reporter":
        """Return the reporter; the first call starts it."""
        if self._reporter is None:
            from iotbridge_agent.reporter import Reporter  # noqa: PLC0415 - not needed to be online

            self._reporter = Reporter(self._config, self._state, self._presence, self._uplink)
            for work in self._reporter.work():
                self._start(work, "reporter")
        return self._reporter

    async def _ask_permissions(self) -> None:
        """Ask the system which power commands it permits, and announce those."""
        permissions = {name: await self._dispatcher.permission(name) for name in self._config.power}
        for name, permission in permissions.items():
            if not permission.allowed:
                _LOG.warning("%s is enabled but cannot work: %s %s", name, permission.detail, permission.remedy)
        self._presence.permitted = tuple(name for name, permission in permissions.items() if permission.allowed)
        self._permissions_known.set()
        if self._reporter:
            self._reporter.want_discovery()

    async def _serve_metrics(self, listen: str) -> None:
        # Agents without metrics do not need it.
        from iotbridge_agent.agent_metrics import AgentMetrics  # noqa: PLC0415
        from iotbridge_agent.metrics import endpoint  # noqa: PLC0415

        metrics = self._metrics = AgentMetrics(self._config)
        reporter = self._reporting()  # the readings do not wait for the broker

        def families() -> "Iterator[Family]":
            return metrics.families(reporter.runners, is_connected=self._uplink.is_connected)

        await endpoint.serve(listen, families)

    async def _watchdog(self) -> None:
        """Send systemd its watchdog signal as long as the collectors' loop runs."""
        if (limit_s := sdnotify.watchdog_s()) is None:
            return
        while True:
            last_beat = self._reporter.last_beat if self._reporter else time.monotonic()
            if time.monotonic() - last_beat < MISSED_BEATS * self._config.interval_s:
                sdnotify.notify(WATCHDOG=1)
            await asyncio.sleep(limit_s / 3)


async def run(config: Config, *, power: PowerBackend) -> None:
    """Run the agent until SIGTERM or SIGINT; raises ConfigError for an unusable configuration."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonExecutor())

    def stop(*_: object) -> None:
        agent.stop()

    # Before anything else: the loop calls it only when this function awaits, and by then the agent exists.
    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
        else:
            loop.add_signal_handler(number, stop)
    guard = lock(config.state_dir)
    try:
        agent = Agent(config, power=power)
        await agent.run()
    finally:
        if guard:
            guard.close()
