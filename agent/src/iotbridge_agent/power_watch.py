"""Task that signs off before the machine sleeps or goes down, and connects again afterwards."""

import asyncio
from functools import partial
import logging
import time
from typing import Protocol

from iotbridge_agent.mqtt.connection import STEADY_S, Backoff
from iotbridge_agent.protocol.messages import Power
from iotbridge_agent.system.dbus import DBusError
from iotbridge_agent.system.logind import Logind

SHARE_OF_DELAY = 0.8
LONGEST_DELAY_S = 4.0
"""Seconds to wait for the broker where logind allows more: on a network that works its receipt takes no second."""
STILL_ON_S = 120.0
"""Seconds that a machine runs after it was announced to sleep or to go down, before the agent connects again.

The clock that measures them stands still while the machine sleeps.
"""
REASON = "announcement of logind"
_LOG = logging.getLogger(__name__)


class Connected(Protocol):
    """Interface of the agent: signing off from the broker, and coming back."""

    async def leave(self, power: Power, *, reason: str, timeout_s: float) -> None:
        """Publish the next power state, disconnect and stay disconnected for this reason."""

    def come_back(self, reason: str) -> None:
        """Connect again, unless there is another reason to stay away."""


class PowerWatch:
    """Follower of logind's announcements; silent where there is no logind."""

    def __init__(self, agent: Connected) -> None:
        self._agent = agent
        self._left_as: Power | None = None
        """Power state that was published before the machine sleeps or goes down, until it is back."""
        self._still_on_at: float | None = None
        """Time of the event loop at which the machine obviously did neither."""
        self._patience = asyncio.timeout_at(None)

    async def run(self) -> None:
        """Follow logind, also after a restart of logind or the bus, until cancelled."""
        backoff = Backoff()
        while True:
            try:
                # Also while there is no connection: a logind that went down may never return.
                async with asyncio.timeout_at(self._still_on_at) as self._patience:
                    await self._follow_once(backoff)
            except TimeoutError:
                _LOG.warning("The system announced that it is %s, and runs %g s later.", self._left_as, STILL_ON_S)
                self._come_back()  # the next connection takes the lock again

    async def _follow_once(self, backoff: Backoff) -> None:
        """Follow logind until the connection breaks, then wait before the next one."""
        started = time.monotonic()
        try:
            await self._follow()
        except DBusError as error:
            _LOG.debug("Sleep of this machine is not noticed: %s", error)
        except Exception:  # noqa: BLE001 - an error here must not end the whole agent, which works without logind
            _LOG.exception("Sleep of this machine is not noticed for the moment.")
        if time.monotonic() - started > STEADY_S:
            backoff.reset()
        await asyncio.sleep(backoff.next_s())

    async def _follow(self) -> None:
        """Follow logind until the connection breaks; raises DBusError."""
        call = partial(asyncio.get_running_loop().run_in_executor, None)
        try:
            logind = await call(Logind)
        except DBusError:
            if self._left_as == "suspended":
                self._come_back()  # nobody would announce the end of the sleep
            raise
        try:
            if not logind.is_leaving:
                if self._left_as:
                    self._come_back()
                await call(self._lock, logind)
            while True:
                power = await call(logind.next_power)
                if power == "on":
                    self._come_back()
                    await call(self._lock, logind)
                else:
                    if power != "off":  # whether it is a reboot is known when systemd stops the agent
                        await self._leave(power, min(SHARE_OF_DELAY * logind.delay_s, LONGEST_DELAY_S))
                    logind.unlock()
        finally:
            logind.close()

    def _lock(self, logind: Logind) -> None:
        try:
            logind.lock()
        except DBusError as error:
            _LOG.warning("logind does not wait for the agent's last message before this machine sleeps: %s", error)

    async def _leave(self, power: Power, timeout_s: float) -> None:
        if power != self._left_as:
            self._left_as = power
            _LOG.info("The system announced its next power state: %s.", power)
            try:
                await self._agent.leave(power, reason=REASON, timeout_s=timeout_s)
            finally:
                self._wait_until(asyncio.get_running_loop().time() + STILL_ON_S)

    def _come_back(self) -> None:
        self._left_as = None
        self._wait_until(None)
        self._agent.come_back(REASON)

    def _wait_until(self, when: float | None) -> None:
        self._still_on_at = when
        if not self._patience.expired():
            self._patience.reschedule(when)
