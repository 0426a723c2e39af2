"""Action calls that wait for the response of a host."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from homeassistant.exceptions import HomeAssistantError

from ..protocol.topics import HostKey
from .commander import CommandResult, Outcome

# The commander times out a silent host at its deadline; this is for one that accepted and is still busy.
DEADLINE_MARGIN_S = 0.5


@dataclass(slots=True)
class _Call:
    command: str
    final: asyncio.Future[CommandResult]
    interim: CommandResult | None = None


class PendingCalls:
    """Resolves action calls with the results of their commands."""

    def __init__(self) -> None:
        """Start without pending calls."""
        self._calls: dict[tuple[HostKey, str], _Call] = {}
        self._sending: set[asyncio.Future[None]] = set()

    async def wait(
        self, key: HostKey, command: str, command_id: str, publish: Coroutine[None, None, None], timeout_s: float
    ) -> CommandResult:
        """Publish a command and return its result, at the latest just after ``timeout_s``."""
        call = self._calls[key, command_id] = _Call(command, asyncio.get_running_loop().create_future())
        sending = asyncio.ensure_future(self._send(key, command_id, publish))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        try:
            # The response may arrive before the broker acknowledges the command.
            await asyncio.wait((call.final,), timeout=timeout_s + DEADLINE_MARGIN_S)
        finally:
            del self._calls[key, command_id]
        if call.final.done():
            return call.final.result()
        return call.interim or _cancelled(key, command, command_id, Outcome.TIMED_OUT, "no_response", "No answer.")

    def resolve(self, result: CommandResult) -> None:
        """Resolve the call that waits for this result."""
        call = self._calls.get((result.key, result.command_id or ""))
        if call is None or call.final.done():
            return
        if result.is_final:
            call.final.set_result(result)
        else:
            call.interim = result

    def cancel(self, reason: str, key: HostKey | None = None) -> None:
        """Resolve all pending calls, or those of one host, without a response."""
        for (host_key, command_id), call in self._calls.items():
            if key in (None, host_key):
                self.resolve(_cancelled(host_key, call.command, command_id, Outcome.TIMED_OUT, "no_response", reason))

    async def _send(self, key: HostKey, command_id: str, publish: Coroutine[None, None, None]) -> None:
        try:
            await publish
        except HomeAssistantError as error:
            if call := self._calls.get((key, command_id)):
                self.resolve(_cancelled(key, call.command, command_id, Outcome.FAILED, "not_sent", str(error)))


def _cancelled(
    key: HostKey, command: str, command_id: str, outcome: Outcome, reason: str, message: str
) -> CommandResult:
    return CommandResult(
        key=key, outcome=outcome, command=command, command_id=command_id, reason=reason, message=message
    )
