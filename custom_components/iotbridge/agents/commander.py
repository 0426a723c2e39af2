"""Which commands are waiting for which answer: pure, fed with messages and the time.

Whoever gives a command (this integration, a button, a script elsewhere) publishes it on the host's command topic, so
all of them are watched in one place. All times are seconds of one monotonic clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..protocol.messages import Command, Response, ResponseStatus
from ..protocol.topics import HostKey
from .inventory import POWER_COMMANDS, PowerState

# A stranger on the broker must not be able to fill the memory with commands that nobody answers, nor can one host stop
# the commands of the others from being watched.
MAX_PENDING = 32
# How long a host that agreed to go may take to be gone and, for a reboot, to be back.
PROOF_WITHIN_S = 600.0
# The longest a custom command can be configured to run.
RUNS_AT_MOST_S = 3600.0


class Outcome(StrEnum):
    """What became of a command, as Home Assistant tells it."""

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

    @property
    def is_success(self) -> bool:
        """Return whether the host obeyed, as far as it said."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.DONE)

    @property
    def is_final(self) -> bool:
        """Return whether no further answer is needed to know: a host that powers off cannot say more."""
        return self.outcome is not Outcome.ACCEPTED or self.command in POWER_COMMANDS


# A command without id, the oldest form, is known by its name.
type _Token = tuple[HostKey, str | None, str | None]


@dataclass(slots=True)
class _Pending:
    key: HostKey
    command: str
    command_id: str | None
    given_at: float
    deadline: float
    is_accepted: bool = False
    is_gone: bool = False
    """Whether the host was seen to go after it agreed to."""
    boot_time: str | None = None
    """When the host had booted as it agreed to go."""


class Commander:
    """Matches responses to commands, and misses those that never come."""

    def __init__(self, timeout_s: float) -> None:
        """Start with nothing pending; ``timeout_s`` holds for commands given by others."""
        self.timeout_s = timeout_s
        self._pending: dict[_Token, _Pending] = {}
        self._proofs: dict[HostKey, _Pending] = {}

    @property
    def next_deadline(self) -> float | None:
        """Return when to call expire(), or None when nothing is pending."""
        return min((pending.deadline for pending in self._pending.values()), default=None)

    def given(self, key: HostKey, command: Command, now: float, timeout_s: float | None = None) -> bool:
        """Note a command on its way to a host, one that is known already only once; return whether it is watched."""
        token = _token(key, command.id, command.command)
        if token in self._pending:
            return True
        if sum(pending.key == key for pending in self._pending.values()) >= MAX_PENDING:
            return False
        deadline = now + (self.timeout_s if timeout_s is None else timeout_s)
        self._pending[token] = _Pending(key, command.command, command.id, now, deadline)
        return True

    def answered(self, key: HostKey, response: Response, now: float, boot_time: str | None = None) -> CommandResult:
        """Return what a response means; one to a command nobody saw is told all the same."""
        token = _token(key, response.id, response.command)
        pending = self._pending.get(token)
        result = CommandResult(
            key=key,
            outcome=Outcome(response.status),
            command=response.command or (pending.command if pending else None),
            command_id=response.id,
            message=response.message,
            reason=response.reason,
            latency_s=now - pending.given_at if pending else None,
            data=response.data or {},
        )
        if pending and result.is_final:
            del self._pending[token]
        elif pending:
            # It runs on, and its own timeout on the host ends it.
            pending.is_accepted, pending.deadline = True, now + RUNS_AT_MOST_S
        if pending and response.status is ResponseStatus.ACCEPTED and pending.command in POWER_COMMANDS:
            pending.boot_time = boot_time
            self._proofs[key] = pending
        elif response.command in POWER_COMMANDS:
            self._proofs.pop(key, None)
        return result

    def expire(self, now: float) -> Iterator[CommandResult]:
        """Give up what had its time, and yield what became of it."""
        for token in [token for token, pending in self._pending.items() if pending.deadline <= now]:
            pending = self._pending.pop(token)
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
        self._pending = {token: pending for token, pending in self._pending.items() if pending.key != key}
        self._proofs.pop(key, None)


def _token(key: HostKey, command_id: str | None, command: str | None) -> _Token:
    return (key, command_id, command if command_id is None else None)


def _is_new(boot_time: str | None, before: str | None) -> bool:
    return before is None or (boot_time is not None and boot_time != before)
