"""Starting of the configured services in their order, each after the proof of the one before."""

import asyncio
from collections.abc import Mapping
import time
from typing import Any

from iotbridge_agent.commands.base import CommandError, FailedReason
from iotbridge_agent.commands.power import FAILED_REASONS
from iotbridge_agent.config_start_order import OrderedService
from iotbridge_agent.errors import AgentError, CollectorError
from iotbridge_agent.start_order import ServiceState, StartOrder
from iotbridge_agent.system.dbus import DBusError

POLL_S = 1.0
RULE_REMEDY = "`sudo iotbridge-agent service install` writes the polkit rule for it."
SOCKET_REMEDY = "Its user needs access to the engine's socket."


async def start_services(order: StartOrder) -> Mapping[str, Any]:
    """Start what does not run, one after the other; return the chain. Raises CommandError with the chain so far."""
    chain: list[dict[str, Any]] = []
    try:
        for service in order.services:
            began = time.monotonic()
            row: dict[str, Any] = {"name": service.name, "state": "starting"}
            chain.append(row)
            try:
                await _start(order, service, row)
            finally:
                row["duration_s"] = round(time.monotonic() - began, 1)
    except CommandError as error:
        chain += [{"name": service.name, "state": "waiting"} for service in order.services[len(chain) :]]
        raise CommandError(error.reason, str(error), {"chain": chain}) from error
    return {"chain": chain}


async def current_chain(order: StartOrder) -> Mapping[str, Any]:
    """Return the chain as it is, and start nothing; raises CommandError."""
    rows = [{"name": service.name, "state": await _state(order, service)} for service in order.services]
    return {"chain": rows}


async def _start(order: StartOrder, service: OrderedService, row: dict[str, Any]) -> None:
    """Start a service and wait until it runs; ``row`` gets its state. Raises CommandError."""
    deadline = time.monotonic() + service.timeout_s
    is_asked = False
    refusal: CommandError | None = None
    while True:
        failure: CommandError | None = None
        try:
            row["state"] = await _state(order, service)
        except CommandError as error:
            if error.reason == "not_permitted":
                raise
            row["state"], failure = "starting", error  # a machine that has just booted may be too busy to answer
        if row["state"] == "running":
            return
        if row["state"] == "missing":
            raise CommandError("not_found", f"{service.name}: there is no {service.kind} {service.target}.")
        if row["state"] in ("stopped", "failed") and not is_asked:
            is_asked = True
            refusal = await _ask_to_start(order, service)
        elif row["state"] == "failed" and refusal is None:
            raise CommandError("error", f"{service.name} failed to start.")
        if time.monotonic() >= deadline:
            late = CommandError("timeout", f"{service.name} was not ready within {service.timeout_s:g} s.")
            raise failure or refusal or late
        await asyncio.sleep(POLL_S)


async def _ask_to_start(order: StartOrder, service: OrderedService) -> CommandError | None:
    """Ask for the start; return the error if the service may start all the same, raise CommandError for others."""
    try:
        await asyncio.get_running_loop().run_in_executor(None, order.start, service)
    except (DBusError, CollectorError) as error:
        reason = _reason(error)
        remedy = "" if reason != "not_permitted" else RULE_REMEDY if service.kind == "unit" else SOCKET_REMEDY
        refusal = CommandError(reason, f"{service.name} could not be started: {error}. {remedy}".strip())
        # After a boot, systemd or the engine may be about to start it by themselves; an engine answers when it is done.
        if reason in ("not_permitted", "timeout"):
            return refusal
        raise refusal from error
    return None


async def _state(order: StartOrder, service: OrderedService) -> ServiceState:
    try:
        return await asyncio.get_running_loop().run_in_executor(None, order.state, service)
    except AgentError as error:
        raise CommandError(_reason(error), f"{service.name}: {error}.") from error


def _reason(error: AgentError) -> FailedReason:
    if isinstance(error.__cause__, PermissionError):
        return "not_permitted"
    if isinstance(error.__cause__, TimeoutError):
        return "timeout"
    return FAILED_REASONS.get(error.name, "error") if isinstance(error, DBusError) else "error"
