"""Pending commands, matched with the responses of the hosts: pure, fed with messages and the time.

Every command (of this integration, a button, a script elsewhere) is published on the host's command topic, so all of
them are watched in one place. All times are seconds of one monotonic clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import heapq
from itertools import count
from typing import Any

from ..protocol.messages import BareResponse, Command, Response, ResponseStatus
from ..protocol.topics import HostKey
from .inventory import POWER_COMMANDS, PowerState

# A stranger on the broker must not be able to fill the memory with commands that nobody answers, nor can one host stop
# the commands of the others from being watched.
MAX_PENDING = 32
# How long a host that agreed to go may take to be gone and, for a reboot, to be back.
PROOF_WITHIN_S = 600.0
# The longest a custom command can be configured to run.
RUNS_AT_MOST_S = 3600.0
# A command gets two responses at most; the others are made up by a stranger who saw its id.
MAX_ANSWERS = 4
# Deadlines of commands that were answered are removed from the heap when there are this many more than commands.
MAX_STALE_DEADLINES = 64


class Outcome(StrEnum):
    """Outcome of a command, as Home Assistant reports it."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """An outcome with everything there is to say about it."""

    key: HostKey
    outcome: Outcome
    command: str | None
    command_id: str | None = None
    message: str = ""
    reason: str | None = None
    latency_s: float | None = None
    """From the command to this answer; None where the command was not seen."""
    data: Mapping[str, Any] = field(default_factory=dict)
    is_last: bool = False
    """True: the host answers only once."""

    @property
    def is_success(self) -> bool:
        """Return whether the host obeyed, as far as it said."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.DONE)

    @property
    def is_final(self) -> bool:
        """Return whether no further answer is needed to know: a host that powers off cannot say more."""
        return self.is_last or self.outcome is not Outcome.ACCEPTED or self.command in POWER_COMMANDS


# A command without id, the oldest form, is known by its name.
type _Token = tuple[str | None, str | None]


@dataclass(slots=True)
class _PendingCommand:
    key: HostKey
    command: str
    command_id: str | None
    given_at: float
    deadline: float
    is_accepted: bool = False
    is_gone: bool = False
    """True once the host went down after it accepted the command."""
    boot_time: str | None = None
    """Boot time that the host reported when it accepted the command."""
    answers: int = 0
    """Responses that a flood was searched for."""


class Commander:
    """Matches responses to commands, and misses those that never come."""

    def __init__(self, timeout_s: float) -> None:
        """Start with nothing pending; ``timeout_s`` holds for commands given by others."""
        self.timeout_s = timeout_s
        # By host, and of a host in the order in which they were given.
        self._pending: dict[HostKey, dict[_Token, _PendingCommand]] = {}
        self._count = 0
        # The number keeps two entries of one time from being compared further.
        self._deadlines: list[tuple[float, int, HostKey, _Token]] = []
        self._numbers = count()
        self._proofs: dict[HostKey, _PendingCommand] = {}

    def __len__(self) -> int:
        """Return how many commands are pending."""
        return self._count

    @property
    def next_deadline(self) -> float | None:
        """Return when to call expire(), or None when nothing is pending."""
        while self._deadlines and not self._is_due(*self._deadlines[0]):
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def add(self, key: HostKey, command: Command, now: float, timeout_s: float | None = None) -> bool:
        """Note a command on its way to a host, one that is known already only once; return whether it is watched."""
        token = _token(command.id, command.command)
        of_host = self._pending.get(key, {})
        if token in of_host:
            return True
        if len(of_host) >= MAX_PENDING:
            return False
        deadline = now + (self.timeout_s if timeout_s is None else timeout_s)
        self._pending.setdefault(key, {})[token] = _PendingCommand(key, command.command, command.id, now, deadline)
        self._count += 1
        self._push(deadline, key, token)
        return True

    def awaits(self, key: HostKey, payload: bytes, *, is_bare: bool) -> bool:
        """Return whether a response that was not read yet may answer an open command.

        ``is_bare``: the host's responses name no command.
        """
        for pending in self._pending.get(key, {}).values():
            is_meant = is_bare or (pending.command_id or pending.command).encode() in payload
            if is_meant and pending.answers < MAX_ANSWERS:
                pending.answers += 1
                return True
        return False

    def answered_bare(
        self, key: HostKey, response: BareResponse, now: float, boot_time: str | None = None
    ) -> CommandResult:
        """Return what a response means that names no command: it answers the oldest one that is open."""
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
        self, key: HostKey, response: Response, now: float, boot_time: str | None = None, *, is_last: bool = False
    ) -> CommandResult:
        """Return what a response means; one to a command nobody saw is told all the same.

        ``is_last``: the host answers only once.
        """
        token = _token(response.id, response.command)
        pending = self._pending.get(key, {}).get(token)
        result = CommandResult(
            key=key,
            outcome=Outcome(response.status),
            command=response.command or (pending.command if pending else None),
            command_id=response.id,
            message=response.message,
            reason=response.reason,
            latency_s=now - pending.given_at if pending else None,
            data=response.data or {},
            is_last=is_last,
        )
        if pending and result.is_final:
            self._drop(key, token)
        elif pending:
            # It runs on, and its own timeout on the host ends it.
            pending.is_accepted, pending.deadline = True, now + RUNS_AT_MOST_S
            self._push(pending.deadline, key, token)
        if pending and response.status is ResponseStatus.ACCEPTED and pending.command in POWER_COMMANDS:
            pending.boot_time = boot_time
            self._proofs[key] = pending
        elif response.command in POWER_COMMANDS:
            self._proofs.pop(key, None)
        return result

    def expire(self, now: float) -> Iterator[CommandResult]:
        """Give up what had its time, and yield what became of it."""
        while (deadline := self.next_deadline) is not None and deadline <= now:
            _, _, key, token = heapq.heappop(self._deadlines)
            pending = self._drop(key, token)
            if not pending.is_accepted:
                yield CommandResult(
                    key=pending.key,
                    outcome=Outcome.TIMED_OUT,
                    command=pending.command,
                    command_id=pending.command_id,
                    message=f"No answer within {pending.deadline - pending.given_at:g} s.",
                    reason="no_response",
                    latency_s=now - pending.given_at,
                )

    def proof(self, key: HostKey, power: PowerState | None, boot_time: str | None, now: float) -> CommandResult | None:
        """Return the end of a power command that is now seen to have happened."""
        pending = self._proofs.get(key)
        if pending is None:
            return None
        pending.is_gone = pending.is_gone or power is not PowerState.ON
        if now - pending.given_at > PROOF_WITHIN_S:
            del self._proofs[key]
            return None
        match pending.command, power:
            # A host that does not tell when it booted is believed when it went and came back.
            case "reboot", PowerState.ON if pending.is_gone and _is_new(boot_time, pending.boot_time):
                message = "The host is back."
            case "shutdown", PowerState.OFF:
                message = "The host is off."
            case "suspend", PowerState.SUSPENDED:
                message = "The host is suspended."
            case _:
                return None
        del self._proofs[key]
        return CommandResult(
            key=key,
            outcome=Outcome.DONE,
            command=pending.command,
            command_id=pending.command_id,
            message=message,
            latency_s=now - pending.given_at,
        )

    def forget(self, key: HostKey) -> None:
        """Drop what is pending for a host that is no more."""
        self._count -= len(self._pending.pop(key, {}))
        self._proofs.pop(key, None)

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
