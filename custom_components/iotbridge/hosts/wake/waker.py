"""Waker of hosts: sends magic packets until a host is on or the deadline has passed."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback

from ...issues import WAKE_NOT_ARMED
from ...protocol.messages import IPV4, WAKE
from ...protocol.topics import HostKey
from ..commander import CommandResult, Outcome
from ..device_links import DeviceLinks
from ..inventory import Host, PowerState
from ..manager import HostsManager
from .magic_packet import magic_packet
from .routes import Route, WakeSettings, agents_in, can_send, is_unarmed, routes_to
from .sender import LIMITED_BROADCAST, async_networks, send

RETRY_S = 10.0
DEFAULT_TIMEOUT_S = 180.0
# A script that calls the action in a loop must not flood the network.
MAX_WAKES = 6
_WINDOW_S = 60.0
# Timers may fire this much too early.
_EARLY_S = 0.1
# In the result of one wake, from Home Assistant and from agents.
_MAX_ADDRESSES = 32
# Each that does not answer takes time from the wake.
_MAX_AGENTS = 3


@dataclass(slots=True)
class Wake:
    """Running wake of one host, which several calls may wait for."""

    host: Host
    context: Context | None
    started_at: float
    deadline: float
    result: asyncio.Future[CommandResult]
    is_on: asyncio.Event = field(default_factory=asyncio.Event)
    addresses: dict[str, None] = field(default_factory=dict)
    via: dict[str, None] = field(default_factory=dict)
    attempts: int = 0
    task: asyncio.Task[None] | None = None
    is_removed: bool = False
    """True if the host was removed meanwhile."""
    is_failure_told: bool = False
    """True once a failure of an agent was published."""

    def add_addresses(self, addresses: Iterable[str]) -> None:
        """Add addresses that packets were sent to, as long as there are not too many."""
        for address in addresses:
            if len(self.addresses) < _MAX_ADDRESSES:
                self.addresses[address] = None

    def ended(self, outcome: Outcome, message: str, reason: str | None = None) -> CommandResult:
        """Return the result as of now."""
        return CommandResult(
            key=self.host.key,
            outcome=outcome,
            command=WAKE,
            message=message,
            reason=reason,
            latency_s=time.monotonic() - self.started_at,
            data={"addresses": [*self.addresses], "via": [*self.via], "attempts": self.attempts},
            context=self.context,
            is_own=True,
        )


class Waker:
    """Wakes hosts, each in one loop at a time."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: HostsManager,
        device_links: DeviceLinks,
        is_planned: Callable[[str], bool] = lambda _device_id: False,
    ) -> None:
        """Start without running wakes; ``is_planned`` returns whether a plan or a schedule wakes a device."""
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._device_links = device_links
        self._is_planned = is_planned
        self._running: dict[HostKey, Wake] = {}
        self._started: dict[HostKey, deque[float]] = {}
        # Hosts that were woken or may be: for these, and for those of plans, it matters whether their cards are armed.
        self._wanted: set[HostKey] = set()
        # By device: what the user configured.
        self._configured: Mapping[str, WakeSettings] = {}

    @callback
    def async_follow(self) -> CALLBACK_TYPE:
        """Follow the hosts that are woken, until they are removed; return a callback that ends that."""
        listeners = [
            self._manager.async_add_host_listener(self._async_check_cards),
            self._manager.async_add_forget_listener(self._async_forget),
        ]

        @callback
        def end() -> None:
            for remove_listener in listeners:
                remove_listener()

        return end

    @callback
    def _async_forget(self, host: Host) -> None:
        """End the wake of a host that is removed."""
        self._wanted.discard(host.key)
        self._started.pop(host.key, None)
        if (wake := self._running.get(host.key)) and wake.task:
            wake.is_removed = True
            wake.task.cancel()

    @callback
    def async_want(self, host: Host) -> None:
        """Open a repair for a host that is to be woken if none of its cards is armed."""
        self._wanted.add(host.key)
        self._async_check_cards(host)

    @callback
    def _async_check_cards(self, host: Host) -> None:
        is_open = is_unarmed(host) and self._is_wanted(host) and not self._settings(host).macs
        self._manager.issues.async_set(WAKE_NOT_ARMED, str(host.key), is_open, host=host.name)

    def _is_wanted(self, host: Host) -> bool:
        return host.key in self._wanted or self._is_planned(self._device_links.device_id(host) or "")

    @callback
    def async_check_all(self) -> None:
        """Check the cards of all hosts: plans and schedules have changed."""
        for host in self._manager.inventory:
            self._async_check_cards(host)

    @callback
    def async_configure(self, configured: Mapping[str, WakeSettings]) -> None:
        """Set how the user wants hosts to be woken, by device."""
        before, self._configured = self._configured, configured
        for device_id in before.keys() | configured.keys():
            host = self._device_links.host(device_id)
            if host and before.get(device_id) != configured.get(device_id):
                self._manager.async_notify_host(host)

    def is_waking(self, host: Host) -> bool:
        """Return whether a host is being woken."""
        return host.key in self._running

    async def async_routes(self, host: Host, settings: WakeSettings) -> list[Route]:
        """Return the routes to a host with settings that are not saved."""
        return routes_to(host, settings, await async_networks())

    async def async_try(self, host: Host, settings: WakeSettings) -> list[str]:
        """Send packets once with settings that are not saved; return the addresses that they were sent to."""
        now = time.monotonic()
        wake = Wake(host, None, now, now, self._hass.loop.create_future())
        await self._async_send(wake, settings)
        return [*wake.addresses]

    def can_wake(self, host: Host) -> bool:
        """Return whether the address of a network card of the host is known."""
        return bool(routes_to(host, self._settings(host)))

    async def async_wake(self, host: Host, timeout_s: float, context: Context | None = None) -> CommandResult:
        """Wake a host; return the result when it is on, or after ``timeout_s``."""
        wake = self.async_start(host, timeout_s, context)
        await asyncio.wait((wake.result,), timeout=timeout_s)
        if wake.result.done():
            return wake.result.result()
        return _not_on(wake, timeout_s)

    @callback
    def async_start(self, host: Host, timeout_s: float = DEFAULT_TIMEOUT_S, context: Context | None = None) -> Wake:
        """Start to wake a host, or join the loop that does so already."""
        now = time.monotonic()
        if wake := self._running.get(host.key):
            wake.deadline = max(wake.deadline, now + timeout_s)
            return wake
        wake = Wake(host, context, now, now + timeout_s, self._hass.loop.create_future())
        if result := self._immediate_result(wake):
            if not result.is_success:
                self._manager.async_publish_result(result)
            wake.result.set_result(result)
            return wake
        self._started.setdefault(host.key, deque(maxlen=MAX_WAKES)).append(now)
        self._running[host.key] = wake
        self.async_want(host)
        self._manager.async_notify_host(host)
        name = f"iotbridge wake {host.key}"
        wake.task = self._entry.async_create_background_task(self._hass, self._async_run(wake), name)
        return wake

    def _immediate_result(self, wake: Wake) -> CommandResult | None:
        host, started = wake.host, self._started.get(wake.host.key) or deque()
        if self._is_on(host):
            return wake.ended(Outcome.DONE, f"{host.name} is on already.")
        if not self.can_wake(host):
            return wake.ended(Outcome.FAILED, f"The MAC address of {host.name} is unknown.", "no_mac")
        if len(started) == MAX_WAKES and wake.started_at - started[0] < _WINDOW_S:
            return wake.ended(Outcome.REFUSED, f"More than {MAX_WAKES} times in a minute.", "rate_limited")
        return None

    async def _async_run(self, wake: Wake) -> None:
        """Send packets and wait, again and again."""
        result: CommandResult | None = None

        @callback
        def changed(host: Host) -> None:
            if self._is_on(host):
                wake.is_on.set()

        remove_listener = self._manager.async_add_host_listener(changed, wake.host.key)
        try:
            result = await self._async_result(wake)
        finally:
            remove_listener()
            del self._running[wake.host.key]
            reason = f"{wake.host.name} was removed." if wake.is_removed else "IoT Bridge was stopped."
            result = result or wake.ended(Outcome.FAILED, reason, "not_sent")
            wake.result.set_result(result)
            self._manager.async_publish_result(result)
            if not wake.is_removed:
                self._manager.async_notify_host(wake.host)

    async def _async_result(self, wake: Wake) -> CommandResult:
        host, is_told = wake.host, False
        while True:
            await self._async_send(wake, self._settings(host))
            wake.attempts += 1
            if wake.addresses and not is_told:
                is_told = True
                message = f"Magic packets were sent to {', '.join(wake.addresses)}."
                self._manager.async_publish_result(wake.ended(Outcome.ACCEPTED, message))
            if await _is_set_within(wake.is_on, min(RETRY_S, wake.deadline - time.monotonic())):
                return wake.ended(Outcome.DONE, f"{host.name} is on after {time.monotonic() - wake.started_at:.0f} s.")
            if time.monotonic() >= wake.deadline - _EARLY_S:
                return _not_on(wake, wake.deadline - wake.started_at)

    async def _async_send(self, wake: Wake, settings: WakeSettings) -> None:
        """Send packets on every route: from here, and by an agent that the user chose or that is nearer."""
        networks = await async_networks()
        asked = []
        for route in routes_to(wake.host, settings, networks):
            packets = [magic_packet(mac, settings.password) for mac in route.macs]
            addresses = [route.broadcast] if route.broadcast else [*networks, LIMITED_BROADCAST]
            wake.add_addresses(send(packets, addresses, settings.port))
            is_near = route.broadcast in (None, LIMITED_BROADCAST, *networks)
            if agents := self._agents(wake.host, route, settings, is_near=is_near):
                asked.append(self._async_send_via_first(wake, agents, route, settings))
        await asyncio.gather(*asked)

    def _agents(self, host: Host, route: Route, settings: WakeSettings, *, is_near: bool) -> list[Host]:
        """Return the hosts whose agents may send packets, the one that the user chose first."""
        chosen = self._device_links.host(settings.via) if settings.via else None
        agents = [chosen] if chosen and can_send(chosen) else []
        if not is_near:
            agents += (
                agent for agent in agents_in(route.broadcast, host, self._manager.inventory) if agent is not chosen
            )
        return agents[:_MAX_AGENTS]

    async def _async_send_via_first(self, wake: Wake, agents: list[Host], route: Route, settings: WakeSettings) -> None:
        """Send packets by the first agent that does so; only the one that the user chose gets the password.

        Any client of the broker can claim to be in a network.
        """
        for agent in agents:
            is_chosen = settings.via is not None and self._device_links.device_id(agent) == settings.via
            if await self._async_send_via(wake, agent, route, settings.password if is_chosen else None):
                return

    async def _async_send_via(self, wake: Wake, agent: Host, route: Route, password: str | None) -> bool:
        """Send packets by an agent; return whether it did so."""
        args: dict[str, Any] = {"mac": [*route.macs], "broadcast": route.broadcast, "password": password}
        args = {key: value for key, value in args.items() if value}
        timeout_s = self._manager.response_timeout_s
        result = await self._manager.async_send(agent, WAKE, args, timeout_s, wake.context, is_unasked=True)
        if result.is_success:
            wake.add_addresses(_addresses(result.data))
            wake.via[agent.name] = None
        elif not wake.is_failure_told:
            wake.is_failure_told = True
            self._manager.async_publish_result(replace(result, command_id=None))
        return result.is_success

    def _settings(self, host: Host) -> WakeSettings:
        return self._configured.get(self._device_links.device_id(host) or "", WakeSettings())

    def _is_on(self, host: Host) -> bool:
        """Return whether a host is on; while the broker is away, the last state proves nothing."""
        return host.power is PowerState.ON and self._manager.is_reachable(host)


async def _is_set_within(event: asyncio.Event, timeout_s: float) -> bool:
    """Wait for an event; return whether it was set in time."""
    try:
        async with asyncio.timeout(max(0.0, timeout_s)):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True


def _not_on(wake: Wake, timeout_s: float) -> CommandResult:
    """Return the result for a host that is not on at the deadline."""
    if wake.addresses:
        return wake.ended(Outcome.TIMED_OUT, f"{wake.host.name} is not on after {timeout_s:.0f} s.", "no_response")
    return wake.ended(Outcome.FAILED, "No network accepted the magic packets.", "not_sent")


def _addresses(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses in the response of an agent, which may hold anything."""
    listed = data.get("addresses")
    for address in listed[:_MAX_ADDRESSES] if isinstance(listed, list) else ():
        if isinstance(address, str) and IPV4.fullmatch(address):
            yield address
