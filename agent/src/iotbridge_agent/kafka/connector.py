"""Connector from MQTT to Kafka: session, data path and health in one task group."""

import asyncio
from contextlib import suppress
import logging
import signal
import sys
import time

from iotbridge_agent.event_loop import DaemonExecutor
from iotbridge_agent.kafka.counters import Counters
from iotbridge_agent.kafka.delivery.pipeline import Pipeline
from iotbridge_agent.kafka.health import Health
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.session.intake import Intake, SessionTakenOverError
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.spool_file import SpoolError
from iotbridge_agent.kafka.states import ConnectorState
from iotbridge_agent.mqtt.connection import warnings
from iotbridge_agent.system import sdnotify

STOPPED, TAKEN_OVER = 0, 3
"""Exit codes; systemd does not restart a connector whose session was taken over."""
FLUSH_S = 5.0
QUIET_S = 3.0
"""Seconds without a message after which a session counts as drained."""
TICK_S = 0.05
REFRESH_S = 1.0
_LOG = logging.getLogger(__name__)


class Connector:
    """Connector of one configuration, from ``run`` until ``stop``."""

    def __init__(self, settings: ConnectorSettings, *, leaves: bool = False) -> None:
        """Prepare; ``leaves``: drain the session at the broker, end it, and stop."""
        self._settings = settings
        self._leaves = leaves
        self._has_left = False
        routes = len(settings.routes)
        self.counters = Counters([0] * routes, [0] * routes)
        self._spool = Spool(settings.spool.path, settings.spool.max_bytes)
        router = Router(settings)
        self._pipeline = Pipeline(settings, router, self.counters, self._spool)
        self._health = Health(settings, self.counters, self._pipeline.backlog.call, router.route)
        self._intake = Intake(settings, router.filters, self._pipeline, unsubscribes=leaves)
        self._pipeline.source = self._intake
        self._spool_call = self._pipeline.backlog.call
        self._stopped = asyncio.Event()

    async def run(self) -> int:
        """Run until ``stop``, and return the exit code; raises SpoolError or ConfigError where it cannot start."""
        settings = self._settings
        for sentence in warnings(settings.broker):
            _LOG.warning("%s", sentence)
        if settings.group:
            _LOG.warning("The group %s shares the messages: the order of a key is not kept.", settings.group)
        await self._spool_call(Spool.open)
        code = STOPPED
        try:
            self._pipeline.sender.open()
            async with asyncio.TaskGroup() as group:
                intake = group.create_task(self._serve(), name="intake")
                others = [
                    group.create_task(work, name=name)
                    for work, name in (
                        (self._pipeline.run(), "spool"),
                        (self._tick(), "tick"),
                        (self._refresh(), "counters"),
                        (self._watchdog(), "watchdog"),
                        (self._health.run(), "health"),
                        (self._serve_metrics(), "metrics"),
                        *([(self._leave(), "leave")] if self._leaves else []),
                    )
                ]
                sdnotify.notify(READY=1)
                code = await intake
                sdnotify.notify(STOPPING=1)
                for task in others:
                    task.cancel()
        finally:
            self._pipeline.sender.close()
            await self._spool_call(Spool.close)
            self._pipeline.backlog.close()
        return code

    def stop(self) -> None:
        """Finish what is in flight, and end ``run``."""
        self._stopped.set()

    async def _serve(self) -> int:
        """Receive until ``stop`` or a takeover; return the exit code."""
        receiving = asyncio.create_task(self._intake.run())
        stopping = asyncio.create_task(self._stopped.wait())
        await asyncio.wait([receiving, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if receiving.done():
            try:
                receiving.result()
            except SessionTakenOverError as error:
                _LOG.error("%s", error)
                return TAKEN_OVER
        _LOG.info("Stopping.")
        self._intake.pause()
        until = time.monotonic() + FLUSH_S
        while not self._pipeline.is_idle and time.monotonic() < until:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.01)
        self._intake.stop(ends_session=self._has_left)
        await asyncio.wait([receiving], timeout=1.0)
        receiving.cancel()
        counters = self.counters
        _LOG.info("Stopped after %d messages, of which %d were delivered.", counters.in_total, counters.out_total)
        return STOPPED

    async def _leave(self) -> None:
        """Stop as soon as everything that the session and the spool had is in Kafka."""
        counters, seen, since = self.counters, 0, time.monotonic()
        while time.monotonic() - since < QUIET_S:
            await asyncio.sleep(TICK_S)
            is_drained = counters.mqtt and counters.state is ConnectorState.LIVE and self._pipeline.is_idle
            if not is_drained or counters.in_total != seen:
                seen, since = counters.in_total, time.monotonic()
        self._has_left = True
        _LOG.info("The session of %s has nothing left, and ends.", self._settings.id)
        self.stop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._pipeline.tick()

    async def _refresh(self) -> None:
        """Keep the numbers of the spool fresh, and find records that another program has put there."""
        while True:
            counters = self.counters
            with suppress(SpoolError):  # told when records are written
                counters.spool_records, counters.spool_bytes, counters.oldest_ms = await self._spool_call(
                    lambda spool: (spool.count, spool.bytes, spool.oldest_ms)
                )
            self._pipeline.look_into_spool()
            sdnotify.notify(STATUS=_status(counters))
            await asyncio.sleep(REFRESH_S)

    async def _serve_metrics(self) -> None:
        if listen := self._settings.metrics_listen:
            from iotbridge_agent.kafka.metrics import families  # noqa: PLC0415 - not needed by most
            from iotbridge_agent.metrics.endpoint import serve  # noqa: PLC0415 - see above

            await serve(listen, lambda: families(self.counters, self._settings))

    async def _watchdog(self) -> None:
        if (limit_s := sdnotify.watchdog_s()) is None:
            return
        while True:
            sdnotify.notify(WATCHDOG=1)
            await asyncio.sleep(limit_s / 3)


def _status(counters: Counters) -> str:
    text = f"{counters.state.value.replace('_', ' ')}, {counters.out_total} delivered"
    return text if counters.state is ConnectorState.LIVE else f"{text}, {counters.spool_records} in the spool"


async def run(settings: ConnectorSettings, *, leaves: bool = False) -> int:
    """Run the connector until SIGTERM or SIGINT, or until it has left, and return the exit code."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonExecutor())
    connector = Connector(settings, leaves=leaves)
    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(connector.stop))
        else:
            loop.add_signal_handler(number, connector.stop)
    return await connector.run()
