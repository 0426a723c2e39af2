"""Manager of hosts: receives their messages, runs timers, sends commands, and notifies the entities."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
import time
from typing import Any
import uuid

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util import dt as dt_util

from .. import issues as ir, mqtt_client
from ..coalescing import CoalescedCall
from ..const import LOGGER
from ..protocol.fields import MessageError
from ..protocol.messages import BareResponse, Command, Response
from ..protocol.topics import HostKey
from .announce_store import AnnouncedHosts
from .commander import Commander, CommandResult
from .inventory import MAX_HOSTS, POWER_COMMANDS, Host, HostMessage, Inventory, PowerState
from .listeners import add_listener, listeners_of
from .pending_calls import PendingCalls
from .receiver import MessageIntake
from .repairs import async_check_issues

SWEEP = timedelta(seconds=5)
BROKER_GONE_AFTER_S = 60.0
COMMAND_TTL_S = 30
# Each source of invalid messages is logged once; made-up sources must not be able to fill the memory.
MAX_SOURCES = 500

# Other commands are answered within seconds; the actions that stop a host without an agent may take longer.
EXECUTED_WITHIN_S = 60.0

type Executor = Callable[[Command, Context | None], Coroutine[Any, Any, Response]]
type HostListener = Callable[[Host], None]
type ResultListener = Callable[[CommandResult], None]


class HostsManager:
    """Run time of all hosts."""

    def __init__(
        self, hass: HomeAssistant, prefixes: list[str], *, response_timeout_s: float, lost_after_s: float
    ) -> None:
        """Start without hosts; ``async_start`` subscribes."""
        self.hass = hass
        self._announced = AnnouncedHosts(hass, self._is_needed)
        self.inventory = Inventory(lost_after_s, announced=self._announced, on_evicted=self._async_drop)
        self.issues = ir.Issues(hass)
        self.is_connected = False
        # Set if hosts could not be started: no messages are received.
        self.is_failed = False
        self.rejected: Counter[str] = Counter()
        self.response_timeout_s = response_timeout_s
        self.prefixes = prefixes
        self._commander = Commander(response_timeout_s)
        self._intake = MessageIntake(
            hass, self.inventory, self._commander, read=self._async_read, reject=self.async_reject
        )
        self._pending_calls = PendingCalls()
        self._executors: dict[HostKey, Executor] = {}
        # Ids of the newest commands that no user sent: their results are no events.
        self._unasked: deque[str | None] = deque(maxlen=MAX_HOSTS)
        # By host; None for the listeners of all hosts: 500 hosts must not each call the entities of 500 hosts.
        self._host_listeners: defaultdict[HostKey | None, list[HostListener]] = defaultdict(list)
        self._result_listeners: defaultdict[str | None, list[ResultListener]] = defaultdict(list)
        self._forget_listeners: list[HostListener] = []
        self._fleet_listeners: list[CALLBACK_TYPE] = []
        # The counts cover all hosts: for a burst of a thousand messages they are updated once.
        self._fleet_changed = CoalescedCall(hass, self._async_notify_fleet)
        self._stop: list[CALLBACK_TYPE] = []
        self._cancel_deadline: CALLBACK_TYPE | None = None
        self._deadline: float | None = None
        self._disconnected_at: float | None = None
        self._reported_rejected = 0

    async def async_start(self) -> None:
        """Load the announced hosts and subscribe to messages."""
        await self._announced.async_load()
        self._async_connection_changed(mqtt_client.is_connected(self.hass))
        self._stop.append(mqtt_client.async_subscribe_connection_status(self.hass, self._async_connection_changed))
        self._stop.append(async_track_time_interval(self.hass, self._async_sweep, SWEEP, name="iotbridge sweep"))
        self._stop.append(self._intake.async_stop)
        await self._intake.async_start(self.prefixes)

    @callback
    def async_stop(self) -> None:
        """Unsubscribe, and resolve the calls that wait for a response."""
        while self._stop:
            self._stop.pop()()
        if self._cancel_deadline:
            self._cancel_deadline()
            self._cancel_deadline = None
        self._fleet_changed.cancel()
        self._pending_calls.cancel("IoT Bridge was stopped before a response arrived.")
        self.issues.async_clear()

    @callback
    def async_add_host_listener(self, listener: HostListener, key: HostKey | None = None) -> CALLBACK_TYPE:
        """Call the listener when one host, or any, changes its power state, its announce or its connection."""
        return add_listener(self._host_listeners[key], listener)

    @callback
    def async_add_result_listener(self, listener: ResultListener, uid: str | None = None) -> CALLBACK_TYPE:
        """Call the listener with every command result of one host, or of any."""
        return add_listener(self._result_listeners[uid], listener)

    @callback
    def async_add_forget_listener(self, listener: HostListener) -> CALLBACK_TYPE:
        """Call the listener with every host that is removed or evicted."""
        return add_listener(self._forget_listeners, listener)

    @callback
    def async_add_fleet_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener when the counts over all hosts may have changed."""
        return add_listener(self._fleet_listeners, listener)

    # ------------------------------------------------------------------ messages

    @callback
    def _async_read(self, message: HostMessage) -> None:
        match message.leaf:
            case "command":
                self._async_command(message.key, message.payload, message.is_retained)
            case "response":
                self._async_response(message)
            case _:
                self._async_host_message(message)

    @callback
    def _async_host_message(self, message: HostMessage) -> None:
        before = self.inventory.get(message.key)
        power, announce = (before.power, before.announce) if before else (None, None)
        host = self.inventory.receive(message, time.monotonic())
        if host is None:
            return
        if message.leaf == "announce":
            self._announced.add(host.key)
        if message.leaf in ("announce", "status"):
            async_check_issues(self.issues, host)
        if message.leaf == "status":
            self._async_check_confirmation(host)
        if before is None or host.power is not power or host.announce != announce:
            self.async_notify_host(host)

    @callback
    def _async_response(self, message: HostMessage) -> None:
        """Match a response with its command; for a host without announce, it also determines the host's intent."""
        if message.is_retained:
            return
        host = self.inventory.get(message.key)
        parse = Response.parse if host and host.has_announced else BareResponse.parse
        response = parse(message.payload)
        if host := self.inventory.receive(message, time.monotonic()):
            self._async_resolve(host, response)

    @callback
    def _async_resolve(self, host: Host, response: Response | BareResponse) -> None:
        key, now = host.key, time.monotonic()
        if isinstance(response, BareResponse):
            result = self._commander.resolve_bare(key, response, now, host.boot_time)
        else:
            result = self._commander.resolve(key, response, now, host.boot_time, is_dry_run=host.is_dry_run)
        self.async_publish_result(result)
        power = host.power
        if result.command in POWER_COMMANDS:
            self.inventory.apply_response(host, result.command, now, is_success=result.is_success)
        if host.power is not power:
            self.async_notify_host(host)
        self._async_check_confirmation(host)

    @callback
    def _async_command(self, key: HostKey, payload: bytes, is_retained: bool) -> None:
        """Track a command of any sender."""
        if not payload:
            return  # a retained command was cleared
        if is_retained:
            raise MessageError("a retained command would be carried out at every reconnect; agents refuse it")
        command = Command.parse(payload)
        context = mqtt_client.async_context_of_press(self.hass, f"{key.uid}_{command.command}")
        self._async_track_command(key, command, None, context)

    @callback
    def async_reject(self, source: str, reason: str) -> None:
        """Count a rejected message; log each source only once, as it may send thousands."""
        source = source[:256]
        if source not in self.rejected and len(self.rejected) >= MAX_SOURCES:
            source = "others"
        self.rejected[source] += 1
        if self.rejected[source] == 1:
            LOGGER.warning("Rejected a message on %r: %s. Further ones are only counted", source, reason)

    # ------------------------------------------------------------------ timers

    @callback
    def _async_connection_changed(self, is_connected: bool) -> None:
        now = time.monotonic()
        self.is_connected = is_connected
        if is_connected:
            self._disconnected_at = None
            self.inventory.reconnected(now)
        else:
            self._intake.async_disconnected()
            if self._disconnected_at is None:
                self._disconnected_at = now
        self.issues.async_set(ir.BROKER_GONE, "", False)
        self._async_notify_all()

    @callback
    def _async_sweep(self, _now: datetime) -> None:
        now = time.monotonic()
        if self._disconnected_at is not None:
            self.issues.async_set(ir.BROKER_GONE, "", now - self._disconnected_at >= BROKER_GONE_AFTER_S)
            return
        for host in self.inventory.sweep(now):
            self.async_notify_host(host)
        self._async_check_floods()
        self.issues.async_set(ir.TOO_MANY_HOSTS, "", self.inventory.is_full, limit=str(MAX_HOSTS))
        if (total := self.rejected.total()) != self._reported_rejected:
            self._reported_rejected = total
            self._fleet_changed()

    @callback
    def _async_track_command(
        self, key: HostKey, command: Command, timeout_s: float | None, context: Context | None
    ) -> None:
        self._commander.add(key, command, time.monotonic(), timeout_s, context)
        self._async_schedule_deadline()

    @callback
    def _async_schedule_deadline(self) -> None:
        deadline = self._commander.next_deadline
        if self._cancel_deadline and deadline == self._deadline:
            return
        if self._cancel_deadline:
            self._cancel_deadline()
            self._cancel_deadline = None
        self._deadline = deadline
        if deadline is not None:
            self._cancel_deadline = async_call_later(
                self.hass, max(0.0, deadline - time.monotonic()), self._async_deadline
            )

    @callback
    def _async_deadline(self, _now: datetime) -> None:
        self._cancel_deadline = None
        for result in self._commander.expire(time.monotonic()):
            self.async_publish_result(result)
        self._async_schedule_deadline()

    # ------------------------------------------------------------------ listeners

    @callback
    def async_notify_host(self, host: Host) -> None:
        """Notify the listeners of a change of a host."""
        self._async_check_confirmation(host)
        self._async_notify_listeners(host)
        self._fleet_changed()

    @callback
    def _async_notify_all(self) -> None:
        for host in list(self.inventory):
            self._async_notify_listeners(host)
        self._fleet_changed()

    @callback
    def _async_notify_listeners(self, host: Host) -> None:
        for listener in listeners_of(self._host_listeners, host.key):
            listener(host)

    @callback
    def _async_notify_fleet(self) -> None:
        for listener in list(self._fleet_listeners):
            listener()

    @callback
    def async_publish_result(self, result: CommandResult) -> None:
        """Publish the result of a command to the pending call and the listeners of the host."""
        self._pending_calls.resolve(result)
        if result.command_id and result.command_id in self._unasked:
            return
        for listener in listeners_of(self._result_listeners, result.key.uid):
            listener(result)

    @callback
    def _async_check_confirmation(self, host: Host) -> None:
        """Publish the final result of a power command when the host is seen to have carried it out."""
        now = time.monotonic()
        if result := self._commander.confirm(host.key, host.power, host.boot_time, now):
            self.async_publish_result(result)

    @callback
    def _async_check_floods(self) -> None:
        flooding = self.flooding()
        for host in self.inventory:
            self.issues.async_set(ir.HOST_FLOODING, str(host.key), host.key in flooding, host=host.name)

    # ------------------------------------------------------------------ commands

    async def async_send(
        self,
        host: Host,
        command: str,
        args: Mapping[str, Any] | None,
        timeout_s: float,
        context: Context | None = None,
        *,
        is_unasked: bool = False,
    ) -> CommandResult:
        """Send a command and return its outcome; TIMED_OUT without a response within ``timeout_s``.

        ``is_unasked``: its results are no events. Raises TypeError for args that are not serializable as JSON.
        """
        if not host.has_agent:
            timeout_s = max(timeout_s, EXECUTED_WITHIN_S)
        message, publish = self._async_prepare(host, command, args, timeout_s, context)
        if is_unasked:
            self._unasked.append(message.id)
        return await self._pending_calls.wait(host.key, command, str(message.id), publish, timeout_s)

    async def async_refresh(self, host: Host) -> None:
        """Ask an agent to publish all its messages again; without a user, its response is no event."""
        message, publish = self._async_prepare(host, "status", None, self.response_timeout_s)
        self._unasked.append(message.id)
        try:
            await publish
        except HomeAssistantError as error:
            LOGGER.debug("Could not ask %s to announce itself again: %s", host.key, error)

    @callback
    def _async_prepare(
        self, host: Host, command: str, args: Mapping[str, Any] | None, timeout_s: float, context: Context | None = None
    ) -> tuple[Command, Coroutine[None, None, None]]:
        """Track a command; return it with the coroutine that publishes it."""
        ttl_s = max(COMMAND_TTL_S, timeout_s)
        message = Command(command=command, id=uuid.uuid4().hex, timestamp=dt_util.utcnow(), ttl_s=ttl_s, args=args)
        payload = message.to_payload()
        self._async_track_command(host.key, message, timeout_s, context)
        if execute := self._executors.get(host.key):
            return message, self._async_execute(host, message, execute, context)
        return message, mqtt_client.async_publish_command(self.hass, host.key.topic("command"), payload, timeout_s)

    async def _async_execute(self, host: Host, command: Command, execute: Executor, context: Context | None) -> None:
        """Execute a command for a host without an agent, and process the response like that of an agent."""
        self._async_resolve(host, await execute(command, context))

    @callback
    def async_add_without_agent(self, host: Host, execute: Executor) -> None:
        """Add a host that the user configured; ``execute`` carries out its commands."""
        self.inventory.add_without_agent(host)
        self._executors[host.key] = execute
        self.async_notify_host(host)

    @callback
    def async_prove(self, host: Host, is_running: bool | None) -> None:
        """Set whether the machine of a host is proven to run, None where nothing is known."""
        if self.inventory.prove(host, is_running, time.monotonic()):
            self.async_notify_host(host)

    @callback
    def async_forget(self, host: Host) -> None:
        """Remove a host whose device was removed, with all its data."""
        self.inventory.forget(host.key)
        self._executors.pop(host.key, None)
        self._announced.discard(host.key)
        self._async_drop(host)

    @callback
    def _async_drop(self, host: Host) -> None:
        self._commander.forget(host.key)
        self._intake.forget(host.key)
        self._pending_calls.cancel(f"{host.name} was removed.", host.key)
        self.issues.async_clear(str(host.key))
        for listener in list(self._forget_listeners):
            listener(host)
        self._fleet_changed()

    def _is_needed(self, key: HostKey) -> bool:
        host = self.inventory.get(key)
        return host is not None and (host.announce is not None or host.has_device)

    def count(self, *powers: PowerState) -> int:
        """Return the number of hosts in one of these power states."""
        return sum(host.power in powers and host.is_known for host in self.inventory)

    def is_reachable(self, host: Host) -> bool:
        """Return whether a command can reach the host now, and its power state is known."""
        return host.is_online and (self.is_connected or not host.has_agent)

    def flooding(self) -> set[HostKey]:
        """Return the hosts that send more than is read."""
        return self._intake.flooding(time.monotonic())
