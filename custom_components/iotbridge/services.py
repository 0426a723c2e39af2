"""Registers the actions; what they do stands with the capability."""

from functools import partial

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback

from .agents.actions import SEND_COMMAND_SCHEMA, async_send_command
from .alarms import actions as alarms
from .const import DOMAIN
from .devices.actions import DECODE_PAYLOAD_SCHEMA, async_decode_payload
from .errors import InvalidCallError
from .runtime import IotBridgeConfigEntry, Runtime

SERVICE_SEND_COMMAND = "send_command"
SERVICE_DECODE_PAYLOAD = "decode_payload"


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action once."""

    async def send_command(call: ServiceCall) -> ServiceResponse:
        runtime = _runtime(hass)
        response = await async_send_command(runtime.agents, runtime.attachments, call)
        return response if call.return_response else None

    hass.services.async_register(
        DOMAIN, SERVICE_SEND_COMMAND, send_command, SEND_COMMAND_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )

    async def decode_payload(call: ServiceCall) -> ServiceResponse:
        return await async_decode_payload(hass, call)

    hass.services.async_register(
        DOMAIN, SERVICE_DECODE_PAYLOAD, decode_payload, DECODE_PAYLOAD_SCHEMA, supports_response=SupportsResponse.ONLY
    )
    _async_setup_alarms(hass)


@callback
def _async_setup_alarms(hass: HomeAssistant) -> None:
    async def change(act: alarms.Act, call: ServiceCall) -> ServiceResponse:
        response = await alarms.async_change(hass, _runtime(hass).alarms, call, act)
        return response if call.return_response else None

    for name, act in alarms.CHANGES.items():
        schema = alarms.SHELVE_SCHEMA if name == "shelve" else alarms.CHANGE_SCHEMA
        hass.services.async_register(
            DOMAIN, name, partial(change, act), schema, supports_response=SupportsResponse.OPTIONAL
        )

    async def list_alarms(call: ServiceCall) -> ServiceResponse:
        return await alarms.async_list_alarms(hass, _runtime(hass).alarms, call)

    async def history(call: ServiceCall) -> ServiceResponse:
        return await alarms.async_list_history(hass, _runtime(hass).alarms, call)

    async def test(call: ServiceCall) -> None:
        await alarms.async_test(hass, _runtime(hass).alarms, call)

    async def maintenance_start(call: ServiceCall) -> ServiceResponse:
        response = await alarms.async_start_maintenance(hass, _runtime(hass).alarms, call)
        return response if call.return_response else None

    async def maintenance_end(call: ServiceCall) -> None:
        await alarms.async_end_maintenance(hass, _runtime(hass).alarms, call)

    only, optional, none = SupportsResponse.ONLY, SupportsResponse.OPTIONAL, SupportsResponse.NONE
    register = hass.services.async_register
    register(DOMAIN, "list", list_alarms, alarms.LIST_SCHEMA, supports_response=only)
    register(DOMAIN, "history", history, alarms.HISTORY_SCHEMA, supports_response=only)
    register(DOMAIN, "test", test, alarms.TEST_SCHEMA, supports_response=none)
    start, end = alarms.MAINTENANCE_START_SCHEMA, alarms.MAINTENANCE_END_SCHEMA
    register(DOMAIN, "maintenance_start", maintenance_start, start, supports_response=optional)
    register(DOMAIN, "maintenance_end", maintenance_end, end, supports_response=none)


@callback
def _runtime(hass: HomeAssistant) -> Runtime:
    entries: list[IotBridgeConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise InvalidCallError("not_set_up")
    return entries[0].runtime_data
