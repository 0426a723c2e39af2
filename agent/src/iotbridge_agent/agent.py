"""The agent as a whole: one task group of connection, commands and readings."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
import logging
import random
import secrets
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from iotbridge_agent import namesakes, sdnotify
from iotbridge_agent.commands.base import PowerBackend
from iotbridge_agent.commands.dispatcher import Dispatcher
from iotbridge_agent.config import Config
from iotbridge_agent.connection import V5, Incoming, Link, LinkError, Session, TakenOverError, warnings
from iotbridge_agent.event_loop import DaemonExecutor
from iotbridge_agent.host import read_host
from iotbridge_agent.machine import Machine, read_machine
from iotbridge_agent.namesakes import Namesakes
from iotbridge_agent.presence import Presence
from iotbridge_agent.protocol.messages import Power, Response
from iotbridge_agent.protocol.topics import Topics
from iotbridge_agent.state import load_state, lock
from iotbridge_agent.uplink import Uplink

if TYPE_CHECKING:
    from iotbridge_agent.reporter import Reporter

BIRTH_JITTER_S = (0.1, 2.0)
BIRTH_PAYLOAD = b"online"
NAMESAKE_JITTER_S = (0.5, 1.5)
RUN_BYTES = 4
PERMISSION_PATIENCE_S = 0.1
MISSED_BEATS = 3
_LOG = logging.getLogger(__name__)


class Agent:
    """One host on one broker, until ``stop``."""

    def __init__(self, config: Config, *, power: PowerBackend) -> None:
        self._config = config
        self._topics = Topics(config.prefix, config.node_id)
        self._state = load_state(config.state_dir)
        host = read_host()
        self._settle(read_machine(host))
        self._had_announced = False
        """Whether this installation had announced itself before the present connection."""
        self._namesakes = Namesakes(
            self._topics, machine=self._state.machine.id, mac=host.mac, run=secrets.token_hex(RUN_BYTES)
        )
        self._link = Link(config.broker, client_id=self._client_id, will_topic=self._topics.availability)
        self._retained = (self._topics.announce, self._topics.availability)
        self._is_restoring = False
        read = (self._topics.command, config.birth_topic, *self._retained)
        self._uplink = Uplink(self._link, topics=read, response_topic=self._topics.response, speaker=self)
        self._presence = Presence(config, host, self._state, self._uplink.publish, self._namesakes)
        self._dispatcher = Dispatcher(config, self._state, power, self)
        self._reporter: Reporter | None = None
        """None until the first connection: whoever waits for the host to be there does not wait for its readings."""
        self._permissions_known = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until ``stop`` was called and everything is said."""
        for sentence in warnings(self._config.broker):
            _LOG.warning("%s", sentence)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._start(self._ask_permissions(), "permissions")
            self._start(self._watchdog(), "watchdog")
            sdnotify.notify(READY=1)
            connection = group.create_task(self._uplink.run(), name="connection")
            await asyncio.wait([connection])
            sdnotify.notify(STOPPING=1)
            for task in tuple(self._tasks):
                task.cancel()

    def stop(self) -> None:
        """Say goodbye and end."""
        self._uplink.stop()

    # What commands need

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Send a response now, or later; raises LinkError if it ``must_arrive``."""
        await self._uplink.respond(response, must_arrive=must_arrive)

    async def refresh(self) -> None:
        """Read everything anew, send a status, and announce this host again."""
        await self._reporting().refresh()
        self._reporting().tell_again(0.0)

    async def leave(self, power: Power) -> None:
        """Say what the machine is about to be, and disconnect."""
        await self._uplink.leave(power)

    def come_back(self) -> None:
        """Connect again after ``leave``."""
        self._uplink.come_back()

    # What the connection needs

    async def hello(self, session: Session) -> None:
        """Be there, and begin to report or report everything again."""
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
        """Take a command, or Home Assistant's birth message."""
        if message.topic == self._topics.command:
            if not message.payload:
                return  # somebody takes a retained command back
            self._start(self._dispatcher.handle(message.payload, retained=message.retain), "command")
        elif message.topic in self._retained and not message.payload:
            if not self._is_restoring:
                self._is_restoring = True
                self._start(self._restore(), "restore")
        elif message.topic == self._topics.announce:
            self._announce_received(message)
        elif message.topic == self._config.birth_topic and message.payload == BIRTH_PAYLOAD and not message.retain:
            self._reporting().tell_again(random.uniform(*BIRTH_JITTER_S))  # noqa: S311 - spreads load, keeps no secret

    async def goodbye(self, power: Power) -> None:
        """Say what became of what still runs, and what the machine is about to be."""
        if power == "off":
            await self._dispatcher.stop()
        await self._presence.offline(power)

    def taken_over(self) -> None:
        """Be a new installation from now on: another agent has a copy of the state folder."""
        self._namesakes.taken_over()
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
                "The state folder %s was written on another machine, or this one was rebuilt: %s. The agent goes on as "
                "a new installation. If the other machine still runs an agent, give each its own node_id.",
                self._config.state_dir,
                difference,
            )
        if self._state.is_new or machine != before:
            self._state.save_or_warn()

    def _announce_received(self, message: Incoming) -> None:
        """Look whether it is another agent's; if so, say again who this is, so that both and Home Assistant notice."""
        is_to_answer = self._namesakes.received(
            message.payload,
            retained=message.retain,
            instance=self._state.instance,
            has_announced=self._had_announced,
        )
        if self._namesakes.has_twin:
            raise TakenOverError("Another agent takes the connection over each time, with this one's client id.")
        if is_to_answer:
            self._start(self._announce_again(), "announce")

    async def _announce_again(self) -> None:
        # Behind what the other one has to say beside its announce, and not at the same moment as a third.
        await asyncio.sleep(random.uniform(*NAMESAKE_JITTER_S))  # noqa: S311 - spreads load, keeps no secret
        if not self._uplink.leaving:
            with suppress(LinkError):
                await self._presence.online()
        await asyncio.sleep(namesakes.FORGET_AFTER_S)
        if not self._uplink.leaving:
            with suppress(LinkError):
                await self._presence.announce_changes()

    async def _restore(self) -> None:
        """Publish again what was emptied at the broker: all at once, for it is usually emptied together."""
        await asyncio.sleep(random.uniform(*BIRTH_JITTER_S))  # noqa: S311 - spreads load, keeps no secret
        self._is_restoring = False
        if not self._uplink.leaving:
            self._reporting().tell_again(0.0)
            with suppress(LinkError):
                await self._presence.online()

    # Tasks

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _reporting(self) -> "Reporter":
        """Return who reports; the first call starts it."""
        if self._reporter is None:
            from iotbridge_agent.reporter import Reporter  # noqa: PLC0415 - nothing of it is needed to be online

            self._reporter = Reporter(self._config, self._state, self._presence, self._uplink)
            for work in self._reporter.work():
                self._start(work, "reporter")
        return self._reporter

    async def _ask_permissions(self) -> None:
        """Ask the system at the start; offer what it allows."""
        permissions = {name: await self._dispatcher.permission(name) for name in self._config.power}
        for name, permission in permissions.items():
            if not permission.allowed:
                _LOG.warning("%s is switched on, and cannot work: %s %s", name, permission.detail, permission.remedy)
        self._presence.permitted = tuple(name for name, permission in permissions.items() if permission.allowed)
        self._permissions_known.set()
        if self._reporter:
            self._reporter.want_discovery()

    async def _watchdog(self) -> None:
        """Tell systemd that the agent is well: as long as the collectors' loop turns."""
        if (limit_s := sdnotify.watchdog_s()) is None:
            return
        while True:
            last_beat = self._reporter.last_beat if self._reporter else time.monotonic()
            if time.monotonic() - last_beat < MISSED_BEATS * self._config.interval_s:
                sdnotify.notify(WATCHDOG=1)
            await asyncio.sleep(limit_s / 3)


async def run(config: Config, *, power: PowerBackend) -> None:
    """Be the agent until SIGTERM or SIGINT; raises ConfigError for what can never work."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonExecutor())

    def stop(*_: object) -> None:
        agent.stop()

    # Before anything else: the loop calls it only when this function waits, and by then there is an agent to stop.
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
