"""Admission of commands; pure apart from its record of ids and rates."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Container, Mapping
from datetime import datetime
from types import MappingProxyType

from iotbridge_agent.commands.base import (
    BUILTIN_COMMANDS,
    HARMLESS_COMMANDS,
    NOTICE,
    POWER_COMMANDS,
    WAKE,
    Kind,
    RefusedError,
    kind_of,
)
from iotbridge_agent.protocol.fields import MessageError
from iotbridge_agent.protocol.messages import DEFAULT_TTL_S, MAX_TTL_S, Command, parse_command, parse_notice, parse_wake

WINDOW_S = 60.0
WAKE_PER_MINUTE = 60
"""Many machines are woken through one agent, each with repetitions until it is there."""


class RateLimit:
    """Limit of events a minute for each kind of command: a flood of pings must not lock out a reboot."""

    def __init__(self, per_minute: int, exceptions: Mapping[Kind, int] = MappingProxyType({})) -> None:
        """Start with an empty window; ``exceptions`` are kinds with a limit of their own."""
        self._per_minute = per_minute
        self._exceptions = exceptions
        self._recent: defaultdict[Kind, deque[float]] = defaultdict(deque)

    def limit(self, kind: Kind) -> int:
        """Return how many of this kind are admitted in a minute."""
        return self._exceptions.get(kind, self._per_minute)

    def admit(self, kind: Kind, monotonic: float) -> bool:
        """Return whether one more of this kind is within the limit, and count it in that case."""
        recent = self._recent[kind]
        while recent and monotonic - recent[0] >= WINDOW_S:
            recent.popleft()
        if len(recent) >= self.limit(kind):
            return False
        recent.append(monotonic)
        return True


class Gate:
    """Gate that admits commands, or raises RefusedError with the first reason that applies.

    In this order, from the message to the state of the machine: malformed, retained, unknown, not_enabled,
    invalid_args, expired, duplicate, busy, rate_limited. The permission of the system is requested afterwards, because
    that takes time. ``running`` are the names of running commands.
    """

    def __init__(
        self,
        *,
        enabled: Collection[str],
        custom: Collection[str],
        per_minute: int,
        seen_ids: Container[str],
        running: Collection[str],
    ) -> None:
        self._custom = frozenset(custom)
        self._known = {*BUILTIN_COMMANDS, *custom}
        self._not_enabled = {*BUILTIN_COMMANDS} - {*enabled, *HARMLESS_COMMANDS}
        self._rate = RateLimit(per_minute, {"wake": max(per_minute, WAKE_PER_MINUTE)})
        self._seen_ids = seen_ids
        self._running = running

    def check(self, payload: bytes, *, retained: bool, now: datetime, monotonic: float) -> Command:
        """Return the command to carry out; raises RefusedError."""
        try:
            command = parse_command(payload)
        except MessageError as error:
            raise RefusedError(
                "malformed", f"The command cannot be read: {error}.", message_id=error.id, command=error.command
            ) from None
        checks: tuple[Callable[[Command], None], ...] = (
            self._check_known,
            lambda command: _check_time(command, now),
            self._check_repetition,
            lambda command: self._check_rate(command, monotonic),
        )
        if retained:
            raise _refused(command, "retained", "The command was retained by the broker; it may be arbitrarily old.")
        for check in checks:
            check(command)
        return command

    def _check_known(self, command: Command) -> None:
        if command.command not in self._known:
            raise _refused(command, "unknown", f"There is no command {command.command} here.")
        if command.command in self._not_enabled:
            raise _refused(command, "not_enabled", f"{command.command} is not enabled in this agent's configuration.")
        if parse := {WAKE: parse_wake, NOTICE: parse_notice}.get(command.command):
            try:
                parse(command.args)
            except MessageError as error:
                raise _refused(command, "invalid_args", f"The arguments cannot be read: {error}.") from None
        elif command.args:
            raise _refused(command, "invalid_args", f"{command.command} takes no arguments.")

    def _check_repetition(self, command: Command) -> None:
        if command.id is not None and command.id in self._seen_ids:
            raise _refused(command, "duplicate", f"The command {command.id} was received before.")
        if command.command in self._running and command.command not in (WAKE, NOTICE):
            raise _refused(command, "busy", f"{command.command} is still running.")
        if command.command in POWER_COMMANDS and any(name in POWER_COMMANDS for name in self._running):
            raise _refused(command, "busy", "Another power command is still running.")

    def _check_rate(self, command: Command, monotonic: float) -> None:
        kind = kind_of(command.command, self._custom)
        if not self._rate.admit(kind, monotonic):
            raise _refused(
                command, "rate_limited", f"More than {self._rate.limit(kind)} commands of this kind in a minute."
            )


def valid_until(command: Command, now: datetime) -> float:
    """Return the Unix time until which a repetition of the command would be valid.

    Without a timestamp it is valid forever; its id is stored for the maximum time to live. A repeated ping or status is
    harmless.
    """
    if command.command in HARMLESS_COMMANDS:
        return 0.0
    if command.timestamp is None:
        return now.timestamp() + MAX_TTL_S
    return command.timestamp.timestamp() + (DEFAULT_TTL_S if command.ttl_s is None else command.ttl_s)


def _check_time(command: Command, now: datetime) -> None:
    """Raise RefusedError for a command with an old or a future timestamp, except for ping and status.

    Home Assistant finds a host with a wrong clock, and what the broker lost of it, by asking for its status.
    """
    if command.timestamp is None or command.command in HARMLESS_COMMANDS:
        return
    ttl_s = DEFAULT_TTL_S if command.ttl_s is None else command.ttl_s
    age_s = (now - command.timestamp).total_seconds()
    if age_s > ttl_s:
        raise _refused(command, "expired", f"The command is {age_s:.0f} s old and was valid for {ttl_s:g} s.")
    if age_s < -ttl_s:
        raise _refused(
            command,
            "expired",
            f"The command is {-age_s:.0f} s in the future: the clock of this host or of the sender is wrong.",
        )


def _refused(command: Command, reason: str, message: str) -> RefusedError:
    return RefusedError(reason, message, message_id=command.id, command=command.command)  # type: ignore[arg-type]
