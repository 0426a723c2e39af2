"""Announce and availability of the host: its identity, its commands, and whether it is online."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
import math
import time
from typing import Protocol

from iotbridge_agent import __version__
from iotbridge_agent.config import Config
from iotbridge_agent.namesakes import Namesakes
from iotbridge_agent.protocol.messages import OFFLINE, ONLINE, Announce, Card, Power, encode_announce
from iotbridge_agent.protocol.topics import Topics, device_uid
from iotbridge_agent.state import State
from iotbridge_agent.system.host import Host, address_towards
from iotbridge_agent.system.network_cards import read_cards

CARDS_INTERVAL_S = 60.0
"""Seconds between two readings of the network cards, which take a lock of the kernel."""


class Publish(Protocol):
    """Publishing function; raises LinkError."""

    def __call__(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> Awaitable[None]:
        """Send."""


class Presence:
    """Publisher of the announce and the availability of this host."""

    def __init__(self, config: Config, host: Host, state: State, publish: Publish, namesakes: Namesakes) -> None:
        self.host = host
        self.ip: str | None = None
        self.permitted: tuple[str, ...] | None = None
        """Power commands the system permits; None while that is unknown."""
        self._cards: tuple[Card, ...] = ()
        self._cards_read_at = -math.inf
        self._config = config
        self._topics = Topics(config.prefix, config.node_id)
        self._uid = device_uid(config.prefix, config.node_id)
        self._state = state
        self._namesakes = namesakes
        self._publish = publish
        # Last announce over this connection; None when it has to be published again.
        self._announced: Announce | None = None

    async def online(self) -> None:
        """Publish the announce, and the availability ``online``."""
        await self.has_new_cards()
        await self.announce()
        await self._publish(self._topics.availability, ONLINE, qos=1, retain=True)

    async def offline(self, power: Power, publish: Publish) -> None:
        """Publish the next power state, and the availability ``offline``; ``publish`` must work while leaving."""
        # Sent together, in this order: a slow broker still reads both before the disconnect, which discards the last
        # will. One after the other, a missing acknowledgement of the first would leave the host online forever.
        await asyncio.gather(
            self._announce(power, publish), publish(self._topics.availability, OFFLINE, qos=1, retain=True)
        )

    async def announce(self) -> None:
        """Publish the announce of a host that is on."""
        await self._announce("on", self._publish)

    async def _announce(self, power: Power, publish: Publish) -> None:
        if power == "on":  # otherwise the time is short, and the search for the broker's name may take long
            self.ip = address_towards(self._config.broker.host, self._config.broker.port) or self.ip
        announce = self._describe(power)
        await publish(self._topics.announce, encode_announce(announce), qos=1, retain=True)
        self._announced = announce
        if self._state.announced != self._topics.announce:
            self._state.announced = self._topics.announce
            self._state.save_or_warn()

    async def announce_changes(self) -> bool:
        """Publish the announce if it differs from the last one; return whether it did."""
        if self._describe("on") == self._announced:
            return False
        await self.announce()
        return True

    async def has_new_cards(self) -> bool:
        """Read the network cards, at most once a minute; return whether they differ from before."""
        if time.monotonic() - self._cards_read_at < CARDS_INTERVAL_S:
            return False
        self._cards_read_at = time.monotonic()
        before = self._cards
        with suppress(OSError):  # nothing new is known
            self._cards = await asyncio.get_running_loop().run_in_executor(None, read_cards)
        return self._cards != before

    def forget_announced(self) -> None:
        """Make ``announce_changes`` publish the announce even if unchanged, for new subscribers."""
        self._announced = None

    def _describe(self, power: Power) -> Announce:
        return Announce(
            agent=__version__,
            node_id=self._config.node_id,
            hostname=self.host.hostname,
            uid=self._uid,
            instance=self._state.instance,
            power=power,
            ip=self.ip,
            mac=self._mac() or None,
            platform=self.host.platform,
            platform_version=self.host.platform_version,
            interval_s=self._config.interval_s,
            commands=self._commands(),
            dry_run=self._config.dry_run or None,
            machine=self._state.machine.public_id,
            run=self._namesakes.run,
            conflict=self._namesakes.has_any or None,
            cards=self._cards or None,
        )

    def _mac(self) -> tuple[str, ...]:
        """Return the MAC addresses, those first by which the machine is woken best."""
        best = {card.mac: rank for rank, card in enumerate(self._cards)}
        return tuple(sorted(self.host.mac, key=lambda mac: best.get(mac, len(best))))

    def _commands(self) -> tuple[str, ...]:
        custom = (command.name for command in self._config.custom)
        return ("ping", "status", *(self.permitted or ()), *self._config.enabled_commands, *custom)
