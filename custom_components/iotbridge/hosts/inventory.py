"""Inventory of the hosts and their power states: pure, driven by messages and the time.

All times are seconds of one monotonic clock.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain
import re

from ..protocol.fields import MessageError
from ..protocol.messages import Announce, HostPower, Reading, Status, parse_availability
from ..protocol.topics import HostKey, Leaf
from .configured.shutdown_proof import SHUTDOWN_GRACE_S, ShutdownProof, is_shut_down

# A host that has not returned from a reboot within this time is lost.
REBOOT_GRACE_S = 600.0
# Begins the keys of hosts without an agent. No topic can: a client of the broker cannot name such a host.
NO_AGENT_PREFIX = "$host"
# A slow machine may send its status late; a response of the broker takes longer than one interval.
MISSED_STATUSES = 3
# Made-up hosts must not be able to fill the registries, nor keep out a real host that appears later.
MAX_HOSTS = 2000
MAX_NEWCOMERS = 500
CLOCK_TOLERANCE_S = 30.0
# Two agents that share a node_id announce alternately; a host that was set up anew announces once.
CONFLICT_WINDOW_S = 3600.0

PLAIN_NAME = re.compile(r"[\w .-]{1,64}")

POWER_COMMANDS = {
    "shutdown": HostPower.SHUTTING_DOWN,
    "reboot": HostPower.REBOOTING,
    "suspend": HostPower.SUSPENDED,
}


class PowerState(StrEnum):
    """Power state of a host, as Home Assistant shows it."""

    ON = "on"
    SHUTTING_DOWN = "shutting_down"
    REBOOTING = "rebooting"
    SUSPENDED = "suspended"
    OFF = "off"
    LOST = "lost"


@dataclass(slots=True)
class Host:
    """State of one host: its announcement, readings, availability and power."""

    key: HostKey
    announce: Announce | None = None
    is_available: bool | None = None
    readings: dict[str, Reading] = field(default_factory=dict)
    intent: HostPower = HostPower.ON
    """Power state that the host announced it is about to enter."""
    intent_since: float = 0.0
    first_seen_at: float = 0.0
    last_seen_at: float = 0.0
    """Time of the last message."""
    boot_time: str | None = None
    clock_offset_s: float | None = None
    """Host's clock minus ours, if beyond tolerance."""
    was_clock_off: bool = False
    """True if the clock of the last status was beyond tolerance."""
    instances: dict[str, float] = field(default_factory=dict)
    """Installations that announced under this node_id, with the time of the last announce."""
    is_alternating: bool = False
    """True if two machines announced under this node_id alternately."""
    power: PowerState | None = None
    has_announced: bool = False
    """True if the host has ever announced itself, including before a restart of Home Assistant."""
    has_device: bool = False
    title: str = ""
    """Name that the user gave to a host without an agent."""
    shutdown_proof: ShutdownProof | None = None
    """Proof that the user configured for the shutdown of its machine, if it has an agent."""
    is_deleted: bool = False
    """True if the user deleted the device while the host was online."""

    @property
    def uid(self) -> str:
        """Return the identifier derived from the topic."""
        return self.key.uid

    @property
    def has_agent(self) -> bool:
        """Return whether messages of an agent determine the power state, not another proof."""
        return self.key.prefix != NO_AGENT_PREFIX

    @property
    def subentry_id(self) -> str | None:
        """Return the subentry of a host without an agent."""
        return None if self.has_agent else self.key.node_id

    @property
    def identifier(self) -> str:
        """Return the identifier of the MQTT device; an IPWatch agent chooses its own."""
        return self.uid if self.has_announced else self.key.ipwatch_identifier or self.uid

    @property
    def name(self) -> str:
        """Return the display name."""
        return self.title or plain_name(
            self.announce.hostname if self.announce else self.readings.get("hostname"), self.key
        )

    @property
    def is_dry_run(self) -> bool:
        """Return whether the agent answers commands without carrying them out."""
        return self.announce is not None and self.announce.dry_run

    @property
    def is_known(self) -> bool:
        """Return whether the host has sent more than its availability."""
        return not self.has_agent or self.announce is not None or bool(self.readings)

    @property
    def has_conflict(self) -> bool:
        """Return whether two agents use this node_id: an agent reports it, or they announce alternately."""
        return self.is_alternating or (self.announce is not None and self.announce.conflict)

    @property
    def is_online(self) -> bool:
        """Return whether a command can reach the host."""
        return self.power is None or (self.is_available is not False and self.power is not PowerState.LOST)

    def lost_after(self, configured_s: float) -> float:
        """Return the seconds without messages after which this host is lost."""
        interval_s = self.announce.interval_s if self.announce else 0.0
        return max(configured_s, interval_s * MISSED_STATUSES)

    def power_state(self, now: float, configured_s: float) -> PowerState | None:
        """Return the power state as of now; None while the availability is unknown."""
        since = now - self.intent_since
        if self.is_available is None or not self.has_agent:
            return self._proven_power_state(since)
        is_silent = now - self.last_seen_at > self.lost_after(configured_s)
        if self.intent is HostPower.ON:
            return PowerState.ON if self.is_available and not is_silent else PowerState.LOST
        if self.is_available and is_silent and since > REBOOT_GRACE_S:
            # The broker went away while the host was going down, and the host never came back.
            return PowerState.LOST
        is_gone = not self.is_available and self.intent is HostPower.SHUTTING_DOWN
        if is_gone and is_shut_down(self.shutdown_proof, since):
            return PowerState.OFF
        if not self.is_available and self.intent is HostPower.REBOOTING and since > REBOOT_GRACE_S:
            return PowerState.LOST
        return PowerState(self.intent)

    def _proven_power_state(self, since: float) -> PowerState | None:
        """Return the power state of a host without an agent: it does not sign off, so it is never lost."""
        if not self.is_available:
            return None if self.is_available is None else PowerState.OFF
        is_stopping = self.intent is HostPower.SHUTTING_DOWN and since <= REBOOT_GRACE_S
        return PowerState.SHUTTING_DOWN if is_stopping else PowerState.ON


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMessage:
    """Message of the contract as delivered by the broker."""

    key: HostKey
    leaf: Leaf
    payload: bytes
    is_retained: bool
    received: datetime
    """Time of arrival by our wall clock."""


class Inventory:
    """Inventory of all hosts on the broker."""

    def __init__(
        self,
        lost_after_s: float,
        *,
        announced: Container[HostKey] = (),
        on_evicted: Callable[[Host], None] = lambda _host: None,
    ) -> None:
        """Start empty.

        ``lost_after_s``: seconds without messages, see Host.lost_after. ``announced``: hosts that announced themselves
        in an earlier run. ``on_evicted`` is called with each host that is evicted in favour of another.
        """
        self.lost_after_s = lost_after_s
        self._announced = announced
        self._on_evicted = on_evicted
        self._hosts: dict[HostKey, Host] = {}
        # Hosts without a device that sent nothing but their availability: anyone can make up thousands.
        self._newcomers: dict[HostKey, Host] = {}
        self._without_agent: dict[HostKey, Host] = {}
        self._readers: dict[Leaf, Callable[[Host, HostMessage, float], None]] = {
            "announce": self._announce,
            "availability": self._availability,
            "status": self._status,
            "response": self._response,
        }

    def __iter__(self) -> Iterator[Host]:
        """Iterate over all hosts."""
        return chain(self._hosts.values(), self._newcomers.values(), self._without_agent.values())

    def __len__(self) -> int:
        """Return the number of hosts."""
        return len(self._hosts) + len(self._newcomers) + len(self._without_agent)

    def get(self, key: HostKey) -> Host | None:
        """Return a known host."""
        return self._hosts.get(key) or self._newcomers.get(key) or self._without_agent.get(key)

    def forget(self, key: HostKey) -> None:
        """Remove a host; its next message adds it as a new one."""
        self._hosts.pop(key, None)
        self._newcomers.pop(key, None)
        self._without_agent.pop(key, None)

    def add_without_agent(self, host: Host) -> None:
        """Add a host that the user configured; it is never evicted."""
        self._without_agent[host.key] = host

    def prove(self, host: Host, is_running: bool | None, now: float) -> bool:
        """Set whether the machine of a host is proven to run; return whether that changes the power state."""
        power = host.power
        if host.shutdown_proof:
            host.shutdown_proof.update(is_running)
        elif not host.has_agent:
            host.is_available = is_running
            if is_running:
                host.last_seen_at = now
            elif is_running is False:
                host.intent = HostPower.ON
        host.power = host.power_state(now, self.lost_after_s)
        return host.power is not power

    def set_device(self, host: Host, has_device: bool) -> None:
        """Set whether a host has its device; an announced host with a device is never evicted."""
        host.has_device = has_device
        if has_device and host.has_agent:
            host.is_deleted = False
            self._newcomers.pop(host.key, None)
            self._hosts[host.key] = host

    def receive(self, message: HostMessage, now: float) -> Host | None:
        """Process a message; return its host, or None if a retained message was cleared.

        Raises MessageError without changing anything.
        """
        key, leaf = message.key, message.leaf
        host = self.get(key)
        if not message.payload and leaf in ("announce", "availability"):
            # An empty payload clears a retained message. A host that is still online keeps what it announced, and
            # announces itself again.
            if host and leaf == "announce" and not host.is_available:
                host.announce = None
            return None
        host = host or Host(key, first_seen_at=now, last_seen_at=now, has_announced=key in self._announced)
        if key not in self._hosts and leaf != "availability":
            self._check_capacity(is_announced=host.has_announced or leaf == "announce")
        self._readers[leaf](host, message, now)
        if key not in self._hosts:
            self._store(host)
        host.power = host.power_state(now, self.lost_after_s)
        return host

    @property
    def is_full(self) -> bool:
        """Return whether a new host is rejected, or replaces another."""
        return len(self._hosts) >= MAX_HOSTS

    def _check_capacity(self, *, is_announced: bool) -> None:
        if self.is_full and self._eviction_candidate(is_announced=is_announced) is None:
            raise MessageError(f"there are {MAX_HOSTS} hosts already")

    def _eviction_candidate(self, *, is_announced: bool) -> Host | None:
        """Return the host to evict for a new one, the oldest of its kind.

        Anyone can make up a host that sends a status. A host that announces itself therefore replaces one that never
        did, as a last resort even one with a device, and never the other way round.
        """
        unannounced = (host for host in self._hosts.values() if not host.has_announced)
        without_device = [host for host in self._hosts.values() if not host.has_device]
        oldest_unannounced = next((host for host in without_device if not host.has_announced), None)
        if oldest_unannounced or not is_announced:
            return oldest_unannounced
        return next(iter(without_device), None) or next(unannounced, None)

    def _store(self, host: Host) -> None:
        """Add a host to the inventory or to the newcomers, and evict another if there are too many."""
        if not host.is_known and not host.has_device:
            self._newcomers[host.key] = host
            if len(self._newcomers) > MAX_NEWCOMERS:
                self._evict(next(iter(self._newcomers.values())))
            return
        self._newcomers.pop(host.key, None)
        if self.is_full and (evicted := self._eviction_candidate(is_announced=host.has_announced)):
            self._evict(evicted)
        self._hosts[host.key] = host

    def _evict(self, host: Host) -> None:
        self.forget(host.key)
        self._on_evicted(host)

    def sweep(self, now: float) -> list[Host]:
        """Update the power states by the clock; return the hosts whose state changed."""
        changed = []
        for host in self:
            power = host.power_state(now, self.lost_after_s)
            if power is not host.power:
                host.power = power
                changed.append(host)
        return changed

    def reconnected(self, now: float) -> None:
        """Restart the timeout of every host: while the broker was away no message could arrive."""
        for host in self:
            host.last_seen_at = now

    def _announce(self, host: Host, message: HostMessage, now: float) -> None:
        announce = Announce.parse(message.payload, host.key)
        _note_instance(host, announce, message.is_retained, now)
        host.announce, host.has_announced = announce, True
        _set_intent(host, announce.power, message.is_retained, now)
        if not message.is_retained:
            host.last_seen_at = now
            if announce.power is HostPower.ON:
                # The agent sent this just now; online follows, and until then a host back from a reboot is not lost.
                host.is_available = True

    def _availability(self, host: Host, message: HostMessage, now: float) -> None:
        host.is_available = parse_availability(message.payload)
        host.last_seen_at = now
        if host.is_available and host.announce is None:
            # Without an announce, only the return of the host clears its intent.
            host.intent = HostPower.ON

    def _status(self, host: Host, message: HostMessage, now: float) -> None:
        if message.is_retained:
            raise MessageError("a retained status says nothing about now")
        status = Status.parse(message.payload)
        host.readings = dict(status.readings)
        host.last_seen_at = now
        boot_time = status.readings.get("boot_time")
        host.boot_time = boot_time if isinstance(boot_time, str) else None
        _note_clock(host, (status.timestamp - message.received).total_seconds())

    def _response(self, host: Host, _message: HostMessage, now: float) -> None:
        host.last_seen_at = now

    def apply_response(self, host: Host, command: str, now: float, *, is_success: bool) -> None:
        """Set the intent of a host without announce from its response to a power command.

        A host without an agent may be off before its stop action has ended, and its proof unavailable since then.
        """
        is_late = is_success and not host.has_agent and not host.is_available
        if host.announce is None and not is_late:
            _set_intent(host, POWER_COMMANDS[command] if is_success else HostPower.ON, False, now)
            host.power = host.power_state(now, self.lost_after_s)


def plain_name(hostname: Reading, key: HostKey) -> str:
    """Return the display name of a host; a name that could contain markup is not used."""
    return hostname if isinstance(hostname, str) and PLAIN_NAME.fullmatch(hostname) else key.node_id


def _note_clock(host: Host, offset_s: float) -> None:
    """Record a wrong clock after two messages in a row with an offset: a single one may have been delayed."""
    is_off = abs(offset_s) > CLOCK_TOLERANCE_S
    host.clock_offset_s = offset_s if is_off and host.was_clock_off else None
    host.was_clock_off = is_off


def _set_intent(host: Host, intent: HostPower, retained: bool, now: float) -> None:
    if intent is host.intent:
        return
    host.intent = intent
    # A retained shutdown was published before we subscribed: its grace period is over.
    host.intent_since = now - SHUTDOWN_GRACE_S - 1 if retained and intent is HostPower.SHUTTING_DOWN else now


def _note_instance(host: Host, announce: Announce, retained: bool, now: float) -> None:
    """Detect two installations behind one node_id: each announces again after the other did.

    A machine whose agent was set up anew and then restored from a backup also announces again, but is only one.
    """
    instances, instance, previous = host.instances, announce.instance, host.announce
    is_another = previous is not None and instance != previous.instance and not announce.is_same_machine(previous)
    if not retained and is_another and now - instances.get(instance, -CONFLICT_WINDOW_S) < CONFLICT_WINDOW_S:
        host.is_alternating = True
    for old in [old for old, at in instances.items() if now - at > CONFLICT_WINDOW_S]:
        del instances[old]
    if len(instances) == 1 and instance in instances:
        host.is_alternating = False
    instances[instance] = now
