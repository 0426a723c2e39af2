"""Reporting of the readings: a status at a steady pace, and the discovery message of their entities."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
import time
from typing import Any

from iotbridge_agent.collectors import specs_for
from iotbridge_agent.config import Config
from iotbridge_agent.entities import Entities
from iotbridge_agent.event_loop import DaemonExecutor, run_loop
from iotbridge_agent.mqtt.connection import LinkError
from iotbridge_agent.mqtt.uplink import Uplink
from iotbridge_agent.presence import Presence
from iotbridge_agent.protocol.messages import MAX_READINGS, encode, format_time
from iotbridge_agent.protocol.topics import Topics, device_uid, discovery_topic
from iotbridge_agent.scheduler import Runner, Scheduler
from iotbridge_agent.state import State
from iotbridge_agent.system.host import read_host, uptime_s

DISCOVERY_PAUSE_S = 3.0
"""Home Assistant loses parts of a discovery message that follows while it processes the previous one, and needs about a
second to subscribe for new entities; they miss a status published before that."""
PREVIEW_PATIENCE_S = 30.0


class Reporter:
    """Reporter that runs the collectors and publishes their readings."""

    def __init__(self, config: Config, state: State, presence: Presence, uplink: Uplink) -> None:
        self.last_beat = time.monotonic()
        """Monotonic time of the last pass of the collectors' loop."""
        self._config = config
        self._state = state
        self._presence = presence
        self._uplink = uplink
        self._status_topic = Topics(config.prefix, config.node_id).status
        self._discovery_topic = discovery_topic(config.discovery_prefix, device_uid(config.prefix, config.node_id))
        self._scheduler = Scheduler(specs_for(config), config)
        self._entities = Entities(config, presence.host, state.components)
        self._status_due, self._discovery_due, self._collected = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._discovery_delay_s = 0.0
        self._discovery_sent = b""
        self._mqtt5 = True

    @property
    def runners(self) -> tuple[Runner, ...]:
        """Return the collectors with their readings."""
        return self._scheduler.runners

    def work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return the coroutines to run concurrently from now on."""
        return (self._collect(), self._publish_statuses(), self._publish_discovery())

    def connected(self, *, mqtt5: bool, delay_s: float) -> None:
        """Publish everything over a new connection, the discovery message after ``delay_s``."""
        self._mqtt5 = mqtt5
        self._discovery_sent = b""
        self.want_discovery(delay_s)
        self._status_due.set()

    def republish(self, delay_s: float) -> None:
        """Publish everything again after a restart of Home Assistant."""
        self._presence.forget_announced()
        self._discovery_sent = b""
        self.want_discovery(delay_s)

    def want_discovery(self, delay_s: float = 0.0) -> None:
        """Publish the discovery message, if it differs from the last one."""
        self._discovery_delay_s = delay_s
        self._discovery_due.set()

    async def refresh(self) -> None:
        """Run all collectors, including paused ones, and send a status."""
        self._scheduler.hurry()
        await self._scheduler.collect()
        await self._publish_status()

    async def _collect(self) -> None:
        """Run the collectors at a fixed interval, and request a status each time."""
        due = time.monotonic()
        await self._collect_once()
        if self._scheduler.busy:
            await self._wait_for_slow_ones(due + self._config.interval_s)
        while True:
            due = max(due + self._config.interval_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            await self._collect_once()

    async def _collect_once(self) -> None:
        await self._scheduler.collect()
        self.last_beat = time.monotonic()
        self._collected.set()
        if not self._update_entities() and await self._presence.has_new_cards():
            self.want_discovery()
        self._status_due.set()

    async def _wait_for_slow_ones(self, until: float) -> None:
        """Send the readings of slow collectors as soon as they arrive, not only with the next status."""
        await self._scheduler.wait(until - time.monotonic())
        # The discovery message of a new entity is followed by a status anyway.
        if not self._update_entities():
            self._status_due.set()

    async def _publish_statuses(self) -> None:
        await self._collected.wait()
        while True:
            await self._status_due.wait()
            self._status_due.clear()
            await self._publish_status()

    async def _publish_status(self) -> None:
        """Send a status; without a connection it is dropped, because it would be stale later."""
        host = self._presence.host
        base = {
            "hostname": host.hostname,
            "ip": self._presence.ip,
            "platform": host.platform,
            "platform_version": host.platform_version,
            "uptime": uptime_s(),
        }
        known = {key: value for key, value in base.items() if value is not None}
        readings = dict.fromkeys(self._entities.sensor_keys()) | self._scheduler.values()
        # One more would make the whole message invalid.
        payload = known | dict(islice(readings.items(), MAX_READINGS))
        payload["timestamp"] = format_time(datetime.now(UTC).replace(microsecond=0))
        if not self._uplink.leaving:
            with suppress(LinkError):
                await self._uplink.publish(self._status_topic, encode(payload))

    def _update_entities(self) -> bool:
        changed = self._entities.update(
            self._scheduler.descriptions(),
            collectors=self._scheduler.names(),
            settled=self._scheduler.settled(),
            power=self._presence.permitted,
            expiry=self._mqtt5,
            now=time.time(),
        )
        if changed:
            self._state.components = self._entities.known
            self._state.save_or_warn()
            self.want_discovery()
        return changed

    async def _publish_discovery(self) -> None:
        """Send the discovery message whenever it is requested, with a pause between two."""
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
            await self._uplink.publish(self._discovery_topic, message, qos=1, retain=True)
        # After the last messages of leave() no message may announce "on".
        if not self._uplink.leaving and await self._presence.announce_changes():
            self._status_due.set()
        if is_new:
            await asyncio.sleep(DISCOVERY_PAUSE_S)
            # Rates need two readings: after a start, this is the first status with CPU usage and network traffic.
            await self._scheduler.collect()
            self._status_due.set()


def preview_discovery(config: Config) -> dict[str, Any]:
    """Return the discovery message this host would send; reads every collector once and writes nothing."""
    return run_loop(_preview(config))


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
