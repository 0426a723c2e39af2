"""Actions ``send_command`` and ``wake``: resolve hosts, check permissions, and return each host's response."""

import asyncio
from collections.abc import Callable
from typing import Any

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv, entity_registry as er, target

from ..callers import async_user
from ..const import DOMAIN
from ..errors import CommandFailedError, InvalidCallError
from ..protocol.fields import MessageError
from ..protocol.messages import COMMAND_NAME, NOTICE, WAKE, check_notice_args
from .commander import CommandResult, Outcome
from .device_links import DeviceLinks
from .inventory import Host
from .manager import HostsManager
from .wake.waker import DEFAULT_TIMEOUT_S, Waker

SERVICE_SEND_COMMAND = "send_command"
SERVICE_WAKE = "wake"

ATTR_COMMAND = "command"
ATTR_ARGS = "args"
ATTR_TIMEOUT = "timeout"
ATTR_RAISE_ON_FAILURE = "raise_on_failure"

# All other commands stop the machine or run a program on it.
HARMLESS = ("ping", "status", NOTICE)
# An agent starts a program in the session of each person, and waits for eight seconds at most.
NOTICE_TIMEOUT_S = 15.0

SEND_COMMAND_SCHEMA = cv.make_entity_service_schema(
    {
        vol.Required(ATTR_COMMAND): cv.matches_regex(rf"^{COMMAND_NAME.pattern}\Z"),
        vol.Optional(ATTR_ARGS): dict,
        vol.Optional(ATTR_TIMEOUT): vol.All(vol.Coerce(float), vol.Range(min=0.5, max=300)),
        vol.Optional(ATTR_RAISE_ON_FAILURE, default=True): cv.boolean,
    }
)
WAKE_SCHEMA = cv.make_entity_service_schema(
    {
        vol.Optional(ATTR_TIMEOUT, default=DEFAULT_TIMEOUT_S): vol.All(vol.Coerce(float), vol.Range(min=1, max=1800)),
        vol.Optional(ATTR_RAISE_ON_FAILURE, default=True): cv.boolean,
    }
)

type Managers = tuple[HostsManager, DeviceLinks, Waker]


@callback
def async_setup_host_services(hass: HomeAssistant, managers: Callable[[], Managers]) -> None:
    """Register the actions of hosts; ``managers`` returns those of the loaded entry or raises InvalidCallError."""

    async def send_command(call: ServiceCall) -> ServiceResponse:
        manager, device_links, _ = managers()
        response = await async_send_command(manager, device_links, call)
        return response if call.return_response else None

    async def wake(call: ServiceCall) -> ServiceResponse:
        _, device_links, waker = managers()
        response = await async_wake(hass, device_links, waker, call)
        return response if call.return_response else None

    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(
        DOMAIN, SERVICE_SEND_COMMAND, send_command, SEND_COMMAND_SCHEMA, supports_response=optional
    )
    hass.services.async_register(DOMAIN, SERVICE_WAKE, wake, WAKE_SCHEMA, supports_response=optional)


async def async_wake(hass: HomeAssistant, device_links: DeviceLinks, waker: Waker, call: ServiceCall) -> dict[str, Any]:
    """Wake all targets in parallel; return the result of each when it is on, or at the deadline.

    Raises the errors of ``async_send_command``.
    """
    hosts = _targets(hass, device_links, call)
    await async_check_permission(hass, call.context, hosts, WAKE)
    timeout_s = call.data[ATTR_TIMEOUT]
    results = await asyncio.gather(*(waker.async_wake(host, timeout_s, call.context) for host in hosts))
    return _responses(device_links, call, WAKE, hosts, results)


async def async_start_wake(hass: HomeAssistant, waker: Waker, host: Host, context: Context | None) -> None:
    """Start to wake a host for an entity; raise Unauthorized, or CommandFailedError if that is impossible."""
    await async_check_permission(hass, context, [host], WAKE)
    wake = waker.async_start(host, context=context)
    if wake.result.done():
        raise_failures(WAKE, [host], [wake.result.result()])


async def async_send_command(manager: HostsManager, device_links: DeviceLinks, call: ServiceCall) -> dict[str, Any]:
    """Send one command to all targets in parallel; return the response of each.

    Raises InvalidCallError if the target contains no host, Unauthorized, and CommandFailedError with the hosts on which
    the command failed.
    """
    hass, command = manager.hass, call.data[ATTR_COMMAND]
    hosts = _targets(hass, device_links, call)
    await async_check_permission(hass, call.context, hosts, command)
    args = call.data.get(ATTR_ARGS)
    if command == NOTICE:
        _check_notice(args)
    timeout_s = call.data.get(ATTR_TIMEOUT, NOTICE_TIMEOUT_S if command == NOTICE else manager.response_timeout_s)
    results = await asyncio.gather(
        *(async_send_to(manager, host, command, args, timeout_s, call.context) for host in hosts)
    )
    return _responses(device_links, call, command, hosts, results)


async def async_show_notice(manager: HostsManager, host: Host, args: dict[str, Any], context: Context | None) -> None:
    """Show a notice on a host for an entity; raise the errors of ``async_send_command``."""
    await async_check_permission(manager.hass, context, [host], NOTICE)
    _check_notice(args)
    raise_failures(NOTICE, [host], [await async_send_to(manager, host, NOTICE, args, NOTICE_TIMEOUT_S, context)])


def _check_notice(args: dict[str, Any] | None) -> None:
    try:
        check_notice_args(args or {})
    except MessageError as error:
        raise InvalidCallError("invalid_notice") from error


def _responses(
    device_links: DeviceLinks, call: ServiceCall, command: str, hosts: list[Host], results: list[CommandResult]
) -> dict[str, Any]:
    """Return the response of an action; raise CommandFailedError if the caller wants that."""
    if call.data[ATTR_RAISE_ON_FAILURE]:
        raise_failures(command, hosts, results)
    return {
        "results": [
            _response(host, device_links.device_id(host), result) for host, result in zip(hosts, results, strict=True)
        ]
    }


async def async_send_to(
    manager: HostsManager,
    host: Host,
    command: str,
    args: dict[str, Any] | None,
    timeout_s: float,
    context: Context | None = None,
) -> CommandResult:
    """Send a command to one host and return the result; a host that is not online gets none."""
    if manager.is_reachable(host):
        try:
            return await manager.async_send(host, command, args, timeout_s, context)
        except TypeError as error:
            raise InvalidCallError("invalid_args", error=str(error)) from error
    message = f"{host.name} is not online." if manager.is_connected else "The MQTT broker is not connected."
    result = CommandResult(
        key=host.key, outcome=Outcome.FAILED, command=command, reason="offline", message=message, context=context
    )
    manager.async_publish_result(result)
    return result


def _targets(hass: HomeAssistant, device_links: DeviceLinks, call: ServiceCall) -> list[Host]:
    """Return the targeted hosts without duplicates.

    An area full of lamps is valid as long as it contains a host; a device or entity that is named explicitly must be
    one.
    """
    selection = target.TargetSelection(call.data)
    selected = target.async_extract_referenced_entity_ids(hass, selection, primary_entities_only=False)
    devices = {device_id: device_id for device_id in selected.referenced_devices}
    registry = er.async_get(hass)
    for entity_id in selected.referenced:
        entity = registry.async_get(entity_id)
        devices[entity.device_id if entity and entity.device_id else entity_id] = entity_id
    named = selection.device_ids | selection.entity_ids
    hosts: dict[Any, Host] = {}
    for device_id, source in devices.items():
        if host := device_links.host(device_id):
            hosts[host.key] = host
        elif source in named:
            raise InvalidCallError("not_a_host", target=source)
    if not hosts:
        raise InvalidCallError("no_host")
    return sorted(hosts.values(), key=lambda host: host.name)


async def async_check_permission(hass: HomeAssistant, context: Context | None, hosts: list[Host], command: str) -> None:
    """Raise Unauthorized unless the user is an admin, or sends a harmless command to hosts they may control.

    Automations have no user: their author had the permission.
    """
    user = await async_user(hass, context)
    if user is None or user.is_admin:
        return
    if command not in HARMLESS or not all(can_control(hass, user, h) for h in hosts):
        raise Unauthorized(context=context, permission=POLICY_CONTROL)


def can_control(hass: HomeAssistant, user: User, host: Host) -> bool:
    """Return whether a user may control the event entity of a host's commands."""
    entity_id = er.async_get(hass).async_get_entity_id("event", DOMAIN, f"{host.uid}_command")
    return entity_id is not None and user.permissions.check_entity(entity_id, POLICY_CONTROL)


def _response(host: Host, device_id: str | None, result: CommandResult) -> dict[str, Any]:
    return {
        "host": host.name,
        "node_id": host.key.node_id,
        "device_id": device_id,
        "command": result.command,
        "success": result.is_success,
        "status": result.outcome.value,
        "reason": result.reason,
        "message": result.message,
        "latency_ms": None if result.latency_s is None else round(result.latency_s * 1000, 1),
        "data": dict(result.data),
    }


def raise_failures(command: str, hosts: list[Host], results: list[CommandResult]) -> None:
    """Raise CommandFailedError with the hosts by kind of failure; if all failed alike, with a sentence of its own."""
    failures: dict[str, list[str]] = {}
    for host, result in zip(hosts, results, strict=True):
        if result.reason == "offline":
            failures.setdefault("offline", []).append(host.name)
        elif result.outcome is Outcome.TIMED_OUT:
            failures.setdefault("silent", []).append(host.name)
        elif not result.is_success and result.outcome is not Outcome.DRY_RUN:
            failures.setdefault("refused", []).append(f"{host.name} ({result.message})")
    names = {kind: ", ".join(host_names) for kind, host_names in failures.items()}
    match [*names.items()]:
        case []:
            return
        case [("offline", host_names)]:
            raise CommandFailedError("command_offline", command=command, hosts=host_names)
        case [("silent", host_names)]:
            raise CommandFailedError("command_silent", command=command, hosts=host_names)
        case [("refused", host_names)]:
            raise CommandFailedError("command_refused", command=command, hosts=host_names)
    raise CommandFailedError(
        "command_failed",
        command=command,
        offline=names.get("offline", "-"),
        silent=names.get("silent", "-"),
        refused=names.get("refused", "-"),
    )
