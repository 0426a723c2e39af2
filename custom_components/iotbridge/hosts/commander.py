"""Pending commands, matched with the responses of the hosts: pure, driven by messages and the time.

Every command (of this integration, a button, a script elsewhere) is published on the host's command topic, so all of
them are tracked in one place. All times are seconds of one monotonic clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import heapq
from itertools import count
from typing import Any

from ..protocol.messages import START_SERVICES, WAKE, BareResponse, Command, Response, ResponseStatus
from ..protocol.topics import HostKey
from .configured.shutdown_proof import SHUTDOWN_LIMIT_S
from .inventory import POWER_COMMANDS, PowerState

# What an agent does not carry out in a dry run; its custom commands it does.
DRY_RUN_COMMANDS = (*POWER_COMMANDS, WAKE, START_SERVICES)
# A malicious client of the broker must not be able to fill the memory with commands that are never answered, and one
# host must not keep the commands of others from being tracked.
MAX_PENDING = 32
# Time for a host that accepted a power command to go down and, for a reboot, to come back.
CONFIRM_WITHIN_S = SHUTDOWN_LIMIT_S + 60.0
# Longest runtime that can be configured for a custom command.
MAX_RUNTIME_S = 3600.0
# A command gets two responses at most; further ones are made up by a client that has seen its id.
MAX_RESPONSES = 4
# Deadlines of answered commands are removed from the heap when they outnumber the pending commands by this many.
MAX_STALE_DEADLINES = 64


class Outcome(StrEnum):
    """Outcome of a command, as Home Assistant reports it."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    DRY_RUN = "dry_run"
    """The host is configured to answer without carrying out the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """Outcome of a command with its details."""

    key: HostKey
    outcome: Outcome
    command: str | None
    command_id: str | None = None
    message: str = ""
    reason: str | None = None
    latency_s: float | None = None
    """Time from the command to this response; None if the command was not seen."""
    data: Mapping[str, Any] = field(default_factory=dict)
    is_last: bool = False
    """True if no further response follows."""
    context: object | None = None
    """Home Assistant's context of the caller; None where it is unknown."""
    is_dry_run: bool = False
    """True if the host answers commands of this kind without carrying them out."""
    is_own: bool = False
    """True if Home Assistant itself carried it out, not the agent of the host."""

    @property
    def is_success(self) -> bool:
        """Return whether the host accepted or carried out the command, by its own response."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.DONE)

    @property
    def is_final(self) -> bool:
        """Return whether no further response is needed: a host that powers off cannot send another."""
        return self.is_last or self.outcome is not Outcome.ACCEPTED or self.command in POWER_COMMANDS


# Id of a command, or its name if it has no id, as in the oldest form.
type _Token = tuple[str | None, str | None]


@dataclass(slots=True)
class _PendingCommand:
    key: HostKey
    command: str
    command_id: str | None
    issued_at: float
    deadline: float
    context: object | None
    is_accepted: bool = False
    was_down: bool = False
    """True once the host went down after it had accepted the command."""
    boot_time: str | None = None
    """Boot time that the host reported when it accepted the command."""
    responses: int = 0
    """Responses read although the host was flooding."""


class Commander:
    """Matches responses to commands, and times out commands without a response."""

    def __init__(self, timeout_s: float) -> None:
        """Start without pending commands; ``timeout_s`` applies to commands that others sent."""
        self.timeout_s = timeout_s
        # By host, and for each host in the order in which they were sent.
        self._pending: dict[HostKey, dict[_Token, _PendingCommand]] = {}
        self._count = 0
        # The number prevents the comparison of keys when two entries have the same time.
        self._deadlines: list[tuple[float, int, HostKey, _Token]] = []
        self._numbers = count()
        self._unconfirmed: dict[HostKey, _PendingCommand] = {}

    def __len__(self) -> int:
        """Return the number of pending commands."""
        return self._count

    @property
    def next_deadline(self) -> float | None:
        """Return when to call expire(); None if no command is pending."""
        while self._deadlines and not self._is_due(*self._deadlines[0]):
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def add(
        self, key: HostKey, command: Command, now: float, timeout_s: float | None = None, context: object | None = None
    ) -> bool:
        """Register a sent command, a known one only once; return whether it is tracked."""
        token = _token(command.id, command.command)
        of_host = self._pending.get(key, {})
        if token in of_host:
            return True
        if len(of_host) >= MAX_PENDING:
            return False
        deadline = now + (self.timeout_s if timeout_s is None else timeout_s)
        pending = _PendingCommand(key, command.command, command.id, now, deadline, context)
        self._pending.setdefault(key, {})[token] = pending
        self._count += 1
        self._push(deadline, key, token)
        return True

    def is_awaited(self, key: HostKey, payload: bytes, *, is_bare: bool) -> bool:
        """Return whether an unparsed response may belong to a pending command.

        ``is_bare``: the host's responses name no command.
        """
        for pending in self._pending.get(key, {}).values():
            is_match = is_bare or (pending.command_id or pending.command).encode() in payload
            if is_match and pending.responses < MAX_RESPONSES:
                pending.responses += 1
                return True
        return False

    def resolve_bare(
        self, key: HostKey, response: BareResponse, now: float, boot_time: str | None = None
    ) -> CommandResult:
        """Return the result of a response that names no command: it belongs to the oldest pending one."""
        pending = next(iter(self._pending.get(key, {}).values()), None)
        full = Response(
            id=pending.command_id if pending else None,
            command=pending.command if pending else None,
            success=response.success,
            status=ResponseStatus.ACCEPTED if response.success else ResponseStatus.FAILED,
            message=response.message,
            timestamp=response.timestamp,
            reason=None if response.success else "error",
        )
        return self.resolve(key, full, now, boot_time, is_last=True)

    def resolve(
        self,
        key: HostKey,
        response: Response,
        now: float,
        boot_time: str | None = None,
        *,
        is_last: bool = False,
        is_dry_run: bool = False,
    ) -> CommandResult:
        """Return the result of a response, including one to an unknown command.

        ``is_last``: the host sends no further response. ``is_dry_run``: it carries out none of ``DRY_RUN_COMMANDS``.
        """
        token = _token(response.id, response.command)
        pending = self._pending.get(key, {}).get(token)
        command = response.command or (pending.command if pending else None)
        is_dry_run = is_dry_run and command in DRY_RUN_COMMANDS
        is_pretended = is_dry_run and response.status is ResponseStatus.DONE
        result = CommandResult(
            key=key,
            outcome=Outcome.DRY_RUN if is_pretended else Outcome(response.status),
            command=command,
            command_id=response.id,
            message=response.message,
            reason=response.reason,
            latency_s=now - pending.issued_at if pending else None,
            data=response.data or {},
            is_last=is_last,
            context=pending.context if pending else None,
            is_dry_run=is_dry_run,
        )
        if pending and result.is_final:
            self._drop(key, token)
        elif pending:
            # It is still running, and its own timeout on the host ends it.
            pending.is_accepted, pending.deadline = True, now + MAX_RUNTIME_S
            self._push(pending.deadline, key, token)
        if pending and response.status is ResponseStatus.ACCEPTED and pending.command in POWER_COMMANDS:
            pending.boot_time = boot_time
            self._unconfirmed[key] = pending
        elif response.command in POWER_COMMANDS:
            self._unconfirmed.pop(key, None)
        return result

    def expire(self, now: float) -> Iterator[CommandResult]:
        """Drop the commands whose deadline has passed, and yield the results of those without a response."""
        while (deadline := self.next_deadline) is not None and deadline <= now:
            _, _, key, token = heapq.heappop(self._deadlines)
            pending = self._drop(key, token)
            if not pending.is_accepted:
                yield CommandResult(
                    key=pending.key,
                    outcome=Outcome.TIMED_OUT,
                    command=pending.command,
                    command_id=pending.command_id,
                    message=f"No answer within {pending.deadline - pending.issued_at:g} s.",
                    reason="no_response",
                    latency_s=now - pending.issued_at,
                    context=pending.context,
                )

    def confirm(
        self, key: HostKey, power: PowerState | None, boot_time: str | None, now: float
    ) -> CommandResult | None:
        """Return the final result of a power command once the host is seen to have carried it out."""
        pending = self._unconfirmed.get(key)
        if pending is None:
            return None
        pending.was_down = pending.was_down or power is not PowerState.ON
        if now - pending.issued_at > CONFIRM_WITHIN_S:
            del self._unconfirmed[key]
            return None
        match pending.command, power:
            # A host that does not report its boot time is believed if it went down and came back.
            case "reboot", PowerState.ON if pending.was_down and _is_new(boot_time, pending.boot_time):
                message = "The host is back."
            case "shutdown", PowerState.OFF:
                message = "The host is off."
            case "suspend", PowerState.SUSPENDED:
                message = "The host is suspended."
            case _:
                return None
        del self._unconfirmed[key]
        return CommandResult(
            key=key,
            outcome=Outcome.DONE,
            command=pending.command,
            command_id=pending.command_id,
            message=message,
            latency_s=now - pending.issued_at,
            context=pending.context,
        )

    def forget(self, key: HostKey) -> None:
        """Drop the pending commands of a removed host."""
        self._count -= len(self._pending.pop(key, {}))
        self._unconfirmed.pop(key, None)

    def _drop(self, key: HostKey, token: _Token) -> _PendingCommand:
        of_host = self._pending[key]
        pending = of_host.pop(token)
        if not of_host:
            del self._pending[key]
        self._count -= 1
        return pending

    def _push(self, deadline: float, key: HostKey, token: _Token) -> None:
        heapq.heappush(self._deadlines, (deadline, next(self._numbers), key, token))
        if len(self._deadlines) > 2 * self._count + MAX_STALE_DEADLINES:
            self._deadlines = [entry for entry in self._deadlines if self._is_due(*entry)]
            heapq.heapify(self._deadlines)

    def _is_due(self, deadline: float, _number: int, key: HostKey, token: _Token) -> bool:
        pending = self._pending.get(key, {}).get(token)
        return pending is not None and pending.deadline == deadline


def _token(command_id: str | None, command: str | None) -> _Token:
    return (command_id, command if command_id is None else None)


def _is_new(boot_time: str | None, before: str | None) -> bool:
    return before is None or (boot_time is not None and boot_time != before)
