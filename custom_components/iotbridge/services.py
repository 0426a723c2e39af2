"""Registers the actions; what they do stands with the capability."""

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback

from .agents.actions import SEND_COMMAND_SCHEMA, async_send_command
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


@callback
def _runtime(hass: HomeAssistant) -> Runtime:
    entries: list[IotBridgeConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise InvalidCallError("not_set_up")
    return entries[0].runtime_data
