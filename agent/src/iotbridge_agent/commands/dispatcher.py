"""Processing of commands from their message to their response."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import UTC, datetime
import logging
import time
from typing import Any, Protocol

from iotbridge_agent.commands.base import (
    NOTICE,
    POWER_COMMANDS,
    START_SERVICES,
    WAKE,
    CommandError,
    Permission,
    PowerBackend,
    RefusedError,
    RefusedReason,
    kind_of,
)
from iotbridge_agent.commands.gate import Gate, RateLimit, valid_until
from iotbridge_agent.config import Config
from iotbridge_agent.errors import AgentError
from iotbridge_agent.event_loop import forget_error
from iotbridge_agent.protocol.messages import Command, Power, Response, Status, parse_notice, parse_wake
from iotbridge_agent.state import State, StateError

PERMISSION_TIMEOUT_S = 10.0
POWER_TIMEOUT_S = 120.0
"""Seconds after which a machine that still runs did not carry out its power command."""
TICK_S = 1.0
SLEPT_S = 3.0
"""Minimum jump of the clock between two ticks after which the machine counts as having slept."""

GOING: Mapping[str, tuple[Power, str]] = {
    "shutdown": ("shutting_down", "Shutting down now."),
    "reboot": ("rebooting", "Rebooting now."),
    "suspend": ("suspended", "Suspending now."),
}
CUT_OFF: Mapping[Power, str] = {
    "off": "the agent is being stopped",
    "shutting_down": "the machine is being shut down",
    "rebooting": "the machine is being rebooted",
}
REFUSALS_ANSWERED = 30
"""Limit per minute and kind; refusals beyond it are neither answered nor logged."""
STOP_PATIENCE_S = 5.0
"""Seconds for custom commands to end and to be responded to when the agent is stopped."""

_LOG = logging.getLogger(__name__)


class AgentControl(Protocol):
    """Interface of the agent for its commands."""

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Send a response, now or later; with ``must_arrive``, raise AgentError if it cannot be sent now."""

    async def refresh(self) -> None:
        """Run all collectors and send a status."""

    async def leave(self, power: Power, *, reason: str) -> None:
        """Publish the next power state, disconnect and stay disconnected for this reason."""

    def come_back(self, reason: str) -> None:
        """Connect again, unless there is another reason to stay away."""


class Dispatcher:
    """Dispatcher of commands: admits, executes and responds to them, one at a time of each name."""

    def __init__(self, config: Config, state: State, power: PowerBackend, agent: AgentControl) -> None:
        self._config = config
        self._state = state
        self._power = power
        self._agent = agent
        self._custom = {command.name: command for command in config.custom}
        self._running: set[str] = set()
        self._refusals = RateLimit(REFUSALS_ANSWERED)
        self._executions: dict[asyncio.Task[Any], asyncio.Task[Any] | None] = {}
        """Commands that can be cut off, each with the task that responds to it."""
        self._cut_off = ""
        """Reason why custom commands are cut off, as a clause; empty while they may run."""
        self._resumed = asyncio.Event()
        """Set when the machine is back from a sleep or an interrupted shutdown."""
        self._gate = Gate(
            enabled=(*config.power, *config.enabled_commands),
            custom=self._custom,
            per_minute=config.commands_per_minute,
            seen_ids=state.seen_ids,
            running=self._running,
        )

    async def handle(self, payload: bytes, *, retained: bool) -> None:
        """Execute a message of the command topic, and respond to it; never raises for invalid content."""
        now = datetime.now(UTC)
        try:
            command = self._gate.check(payload, retained=retained, now=now, monotonic=time.monotonic())
        except RefusedError as refused:
            await self._refuse(refused)
            return
        if command.id is not None:
            self._state.remember(command.id, valid_until(command, now))
        self._running.add(command.command)
        try:
            await self._run(command)
        except RefusedError as refused:
            await self._refuse(refused)
        except CommandError as error:
            _LOG.warning("Command %s failed: %s", command.command, error)
            await self._answer(command, "failed", str(error), reason=error.reason, data=error.data)
        finally:
            self._running.discard(command.command)

    async def stop(self, power: Power) -> None:
        """Cut off the running custom commands, and wait for their responses; ``power``: the next power state."""
        self._cut_off = CUT_OFF[power]
        answering = [task for task in self._executions.values() if task]
        for execution in self._executions:
            execution.cancel()
        if answering:
            await asyncio.wait(answering, timeout=STOP_PATIENCE_S)

    def resume(self) -> None:
        """Accept custom commands again after ``stop``, and end the wait for the end of a power command."""
        self._cut_off = ""
        self._resumed.set()

    async def permission(self, name: str) -> Permission:
        """Return whether a power command is permitted; in a dry run it always is."""
        if self._config.dry_run:
            return Permission(allowed=True)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PERMISSION_TIMEOUT_S):
                return await loop.run_in_executor(None, self._power.permission, name)
        except TimeoutError:
            return Permission(allowed=False, detail=f"The system did not answer within {PERMISSION_TIMEOUT_S:g} s.")

    async def _run(self, command: Command) -> None:
        _LOG.info("Command %s (%s).", command.command, command.id or "without id")
        runners: Mapping[str, Callable[[Command], Awaitable[None]]] = {
            "ping": self._ping,
            "status": self._status,
            WAKE: self._wake,
            NOTICE: self._notice,
            START_SERVICES: self._start_services,
        }
        if command.command in POWER_COMMANDS:
            await self._run_power(command)
        elif runner := runners.get(command.command):
            await runner(command)
        else:
            await self._run_custom(command)

    async def _ping(self, command: Command) -> None:
        await self._answer(command, "done", "pong", data={"pong": True})

    async def _status(self, command: Command) -> None:
        await self._agent.refresh()
        await self._answer(command, "done", "The status was sent.")

    async def _wake(self, command: Command) -> None:
        # Agents that wake nobody do not need it.
        from iotbridge_agent.commands import wake  # noqa: PLC0415
        from iotbridge_agent.system.network_cards import wired_networks  # noqa: PLC0415

        wanted = parse_wake(command.args)
        loop = asyncio.get_running_loop()
        try:
            networks = wake.targets(wanted, await loop.run_in_executor(None, wired_networks))
        except RefusedError as refused:
            raise self._refusal(command, refused.reason, str(refused)) from None
        except OSError as error:
            reason = error.strerror or error
            raise CommandError("error", f"The network cards of this machine could not be read: {reason}.") from error
        if self._config.dry_run:
            addresses = list(dict.fromkeys(network.broadcast for network in networks))
            sentence = "This is a dry run: no magic packet was sent to {}."
        else:
            addresses = await loop.run_in_executor(None, wake.send, wanted, networks)
            sentence = "Magic packets were sent to {}."
        await self._answer(command, "done", sentence.format(", ".join(addresses)), data={"addresses": addresses})

    async def _notice(self, command: Command) -> None:
        # Agents that show nothing do not need it.
        from iotbridge_agent.commands.notice import show  # noqa: PLC0415

        people, reached = await show(parse_notice(command.args))
        data = {"people": people, "reached": reached}
        if people and not reached:
            raise CommandError("error", f"None of the people who are logged in ({people}) sees the notice.", data)
        sentence = f"The notice was shown to {reached} of {people} people who are logged in."
        await self._answer(command, "done", sentence if people else "Nobody is logged in.", data=data)

    async def _run_custom(self, command: Command) -> None:
        # Agents without custom commands do not need it.
        from iotbridge_agent.commands.custom import run_custom  # noqa: PLC0415

        await self._run_interruptibly(command, lambda: run_custom(self._custom[command.command]))

    async def _start_services(self, command: Command) -> None:
        # Agents without a start order do not need it.
        from iotbridge_agent.commands.start_services import current_chain, start_services  # noqa: PLC0415
        from iotbridge_agent.start_order import StartOrder  # noqa: PLC0415

        order = StartOrder.of(self._config)
        if self._config.dry_run:
            chain = await current_chain(order)
            await self._answer(command, "done", "This is a dry run: no service was started.", data=chain)
            return
        await self._run_interruptibly(command, lambda: start_services(order))

    async def _run_interruptibly(
        self, command: Command, work: Callable[[], Coroutine[Any, Any, Mapping[str, Any]]]
    ) -> None:
        """Respond that a command was started, carry it out, and respond with its result; ``stop`` cuts it off."""
        self._save_id(command)
        await self._answer(command, "accepted", f"{command.command} was started.")
        execution = asyncio.create_task(work())
        self._executions[execution] = asyncio.current_task()
        if self._cut_off:
            execution.cancel()
        try:
            data = await execution
        except asyncio.CancelledError:
            if not self._cut_off:
                raise
            raise CommandError("error", f"{command.command} was interrupted: {self._cut_off}.") from None
        finally:
            del self._executions[execution]
        await self._answer(command, "done", f"{command.command} succeeded.", data=data)

    async def _run_power(self, command: Command) -> None:
        permission = await self.permission(command.command)
        if not permission.allowed:
            raise self._refusal(command, "not_permitted", permission.detail or "The system does not allow it.")
        self._save_id(command)
        power, sentence = GOING[command.command]
        if self._config.dry_run:
            await self._answer(command, "accepted", f"This is a dry run: {command.command} will not be executed.")
            await self._answer(command, "done", f"This was a dry run: {command.command} was not executed.")
            return
        try:
            await self._answer(command, "accepted", sentence, must_arrive=True)
        except AgentError as error:
            raise CommandError("error", f"The connection broke before {command.command} was carried out.") from error
        _LOG.warning("%s", sentence)
        reason = f"command {command.command}"
        try:
            await self._agent.leave(power, reason=reason)
            self._resumed.clear()
            await self._execute(command.command)
        finally:
            self.resume()
            self._agent.come_back(reason)

    async def _execute(self, name: str) -> None:
        """Execute a power command; return after a suspend, raise CommandError if the machine keeps running."""
        loop = asyncio.get_running_loop()
        execution = loop.run_in_executor(None, self._power.execute, name)
        execution.add_done_callback(forget_error)
        deadline, last = time.monotonic() + POWER_TIMEOUT_S, time.time()
        while time.monotonic() < deadline:
            # Not shield: since Python 3.14 it logs an error that comes after the timeout.
            await asyncio.wait({execution}, timeout=TICK_S)
            if execution.done():
                execution.result()
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):
                        await self._resumed.wait()
            if name == "suspend" and (self._resumed.is_set() or time.time() - last > SLEPT_S):
                return
            if self._resumed.is_set():
                raise CommandError("error", f"The system agreed to {name}, and then did not do it.")
            last = time.time()
        raise CommandError("error", f"The system agreed to {name}, and still runs {POWER_TIMEOUT_S:g} s later.")

    def _save_id(self, command: Command) -> None:
        """Write the id to the disk before the command is executed, to detect a repetition after a restart."""
        if command.id is None:  # a repetition without an id cannot be detected anyway
            return
        try:
            self._state.save()
        except StateError as error:
            message = f"A repetition of the command could not be detected: {error}."
            raise self._refusal(command, "not_permitted", message) from error

    async def _refuse(self, refused: RefusedError) -> None:
        if not self._refusals.admit(kind_of(refused.command, self._custom), time.monotonic()):
            return  # a flood of commands must not cause a flood of responses, nor fill the log
        _LOG.warning("Command %s refused: %s", refused.command or "(unreadable)", refused)
        await self._agent.respond(
            Response(
                id=refused.id,
                command=refused.command,
                status="refused",
                message=str(refused),
                timestamp=_now(),
                reason=refused.reason,
            )
        )

    async def _answer(
        self,
        command: Command,
        status: Status,
        message: str,
        *,
        reason: str | None = None,
        data: Mapping[str, Any] | None = None,
        must_arrive: bool = False,
    ) -> None:
        response = Response(
            id=command.id,
            command=command.command,
            status=status,
            message=message,
            timestamp=_now(),
            reason=reason,
            data=data,
        )
        await self._agent.respond(response, must_arrive=must_arrive)

    @staticmethod
    def _refusal(command: Command, reason: RefusedReason, message: str) -> RefusedError:
        return RefusedError(reason, message, message_id=command.id, command=command.command)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
