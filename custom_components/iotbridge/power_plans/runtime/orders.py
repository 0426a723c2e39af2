"""Orders of a run: executes them with Home Assistant's actions, as the user who made the plan."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import voluptuous as vol

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import Script, async_validate_actions_config

from ...const import DOMAIN
from ..engine.advance import OrderResult
from ..engine.draft import Order, OrderKind
from ..engine.plan import Plan, Step

# Longest time that iotbridge.wake accepts.
MAX_WAKE_S = 1800.0
# Longest time that iotbridge.send_command accepts.
MAX_COMMAND_S = 300.0
START_SERVICES = "start_services"
# Results of a command that has ended, and reasons of those that may be sent again.
_DONE = "done"
_FINAL = ("refused", "failed", "dry_run")
_FOR_NOW = ("offline", "not_sent", "busy", "rate_limited")
# Results that are no failure: without a response in time, only the proof counts.
_SILENT = "timed_out"
# Reason of a result without a command: the host is not online, or the broker is not connected.
_UNSENT = "offline"


async def async_execute(hass: HomeAssistant, plan: Plan, order: Order, context: Context) -> OrderResult:
    """Execute an order by its actions, or by the action for hosts; return the result."""
    step = plan.by_key[order.key]
    is_stop = order.kind is OrderKind.STOP
    actions = step.off_actions if is_stop else step.on_actions
    try:
        if order.kind is OrderKind.SERVICES:
            return await _async_start_services(hass, step, context)
        if actions:
            variables = {"plan": plan.name, "step": step.name or step.key, "direction": "off" if is_stop else "on"}
            async with asyncio.timeout(step.off_within_s if is_stop else step.on_within_s):
                await async_run_actions(hass, f"{plan.name}: {step.name or step.key}", actions, variables, context)
            return OrderResult(key=step.key, is_ok=True)
        return await (_async_stop_host if is_stop else _async_wake_host)(hass, step, context)
    except TimeoutError:
        return OrderResult(key=step.key, is_ok=None)
    except (HomeAssistantError, vol.Invalid) as error:
        return OrderResult(key=step.key, is_ok=False, message=str(error))


async def async_run_actions(
    hass: HomeAssistant,
    name: str,
    actions: Sequence[Mapping[str, Any]],
    variables: Mapping[str, Any],
    context: Context,
) -> None:
    """Run actions as in a script. Raises HomeAssistantError or vol.Invalid."""
    sequence = await async_validate_actions_config(hass, cv.SCRIPT_SCHEMA([dict(action) for action in actions]))
    script = Script(hass, sequence, name, DOMAIN)
    try:
        await script.async_run(dict(variables), context)
    finally:
        await script.async_unload()


async def _async_stop_host(hass: HomeAssistant, step: Step, context: Context) -> OrderResult:
    return await _async_call(hass, step, "send_command", {"command": step.command}, context)


async def _async_wake_host(hass: HomeAssistant, step: Step, context: Context) -> OrderResult:
    timeout_s = min(max(step.on_within_s, 1.0), MAX_WAKE_S)
    return await _async_call(hass, step, "wake", {"timeout": timeout_s}, context)


async def _async_start_services(hass: HomeAssistant, step: Step, context: Context) -> OrderResult:
    """Start the services of a host; without its final response the order is repeated, which does no harm."""
    timeout_s = min(max(step.on_within_s, 1.0), MAX_COMMAND_S)
    data = {"command": START_SERVICES, "timeout": timeout_s}
    result = await _async_call_host(hass, step, "send_command", data, context)
    is_done = result["status"] == _DONE
    is_final = result["status"] in _FINAL and result["reason"] not in _FOR_NOW
    message = result["message"] if is_done or is_final else ""
    return OrderResult(key=step.key, is_ok=is_done, message=message, is_sent=is_done or is_final)


async def _async_call(
    hass: HomeAssistant, step: Step, action: str, data: dict[str, Any], context: Context
) -> OrderResult:
    """Call an action of hosts; return the result of the order."""
    result = await _async_call_host(hass, step, action, data, context)
    if result["success"]:
        return OrderResult(key=step.key, is_ok=True, message=result["message"])
    return OrderResult(
        key=step.key,
        is_ok=None if result["status"] == _SILENT else False,
        message=result["message"],
        is_sent=result["reason"] != _UNSENT,
    )


async def _async_call_host(
    hass: HomeAssistant, step: Step, action: str, data: dict[str, Any], context: Context
) -> dict[str, Any]:
    """Call an action of hosts, which returns one result for each; return that of the step."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {**data, "device_id": [step.device_id], "raise_on_failure": False},
        blocking=True,
        context=context,
        return_response=True,
    )
    (result,) = response["results"]
    found: dict[str, Any] = result
    return found
