"""Starting of the configured services in their order, each after the proof of the one before."""

import asyncio
from collections.abc import Mapping
import time
from typing import Any

from iotbridge_agent.commands.base import CommandError
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
    refusal: CommandError | None = None
    row["state"] = await _state(order, service)
    if row["state"] in ("stopped", "failed"):
        try:
            await asyncio.get_running_loop().run_in_executor(None, order.start, service)
        except (DBusError, CollectorError) as error:
            refusal = _error(service, error)
            if refusal.reason != "not_permitted":
                raise refusal from error
            # After a boot, systemd or the engine may be about to start it by themselves.
    while row["state"] != "running":
        if row["state"] == "missing":
            raise CommandError("not_found", f"{service.name}: there is no {service.kind} {service.target}.")
        if time.monotonic() >= deadline:
            raise refusal or CommandError("timeout", f"{service.name} was not ready within {service.timeout_s:g} s.")
        await asyncio.sleep(POLL_S)
        row["state"] = await _state(order, service)
        if row["state"] == "failed" and refusal is None:
            raise CommandError("error", f"{service.name} failed to start.")


async def _state(order: StartOrder, service: OrderedService) -> ServiceState:
    try:
        return await asyncio.get_running_loop().run_in_executor(None, order.state, service)
    except AgentError as error:
        raise CommandError("error", f"{service.name}: {error}.") from error


def _error(service: OrderedService, error: DBusError | CollectorError) -> CommandError:
    reason = FAILED_REASONS.get(error.name, "error") if isinstance(error, DBusError) else "error"
    if isinstance(error.__cause__, PermissionError):
        reason = "not_permitted"
    remedy = "" if reason != "not_permitted" else RULE_REMEDY if service.kind == "unit" else SOCKET_REMEDY
    return CommandError(reason, f"{service.name} could not be started: {error}. {remedy}".strip())
