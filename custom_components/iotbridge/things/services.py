"""Action ``iotbridge.decode_payload``: returns the analysis of some messages, as the wizard would show it."""

import base64
import binascii
from collections.abc import Mapping, Sequence
import json
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..errors import InvalidCallError
from ..protocol.topics import is_acceptable
from .device_members import member_choices, name_member
from .model.message import Sample, Value
from .model.profile import LearnedDevice
from .model.topic_matching import common_filter
from .problem_texts import async_sentences
from .runtime.requirements import async_analyse

SERVICE_DECODE_PAYLOAD = "decode_payload"

ATTR_TOPIC = "topic"
ATTR_PAYLOAD = "payload"
ATTR_PAYLOAD_BASE64 = "payload_base64"
ATTR_MESSAGES = "messages"

MAX_MESSAGES = 1000
MAX_BYTES = 512 * 1024
MAX_PROBLEMS = 100

_MESSAGE = {
    vol.Optional(ATTR_TOPIC, default=""): cv.string,
    # A template that renders JSON arrives as the parsed value, not as text.
    vol.Optional(ATTR_PAYLOAD): vol.Any(str, int, float, bool, dict, list, None),
    vol.Optional(ATTR_PAYLOAD_BASE64): cv.string,
}
DECODE_PAYLOAD_SCHEMA = vol.Schema(
    {**_MESSAGE, vol.Optional(ATTR_MESSAGES): vol.All(cv.ensure_list, vol.Length(max=MAX_MESSAGES), [_MESSAGE])}
)


@callback
def async_setup_thing_services(hass: HomeAssistant) -> None:
    """Register the actions of things."""

    async def decode_payload(call: ServiceCall) -> ServiceResponse:
        return await async_decode_payload(hass, call)

    hass.services.async_register(
        DOMAIN, SERVICE_DECODE_PAYLOAD, decode_payload, DECODE_PAYLOAD_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def async_decode_payload(hass: HomeAssistant, call: ServiceCall) -> dict[str, Any]:
    """Return the format, the devices with their channels, and a sentence for each problem.

    Raises InvalidCallError if there is no message or one is invalid, LibraryMissingError if a library that is needed
    cannot be installed.
    """
    messages = call.data.get(ATTR_MESSAGES)
    # Work that grows with the messages is done in the executor.
    samples = await hass.async_add_executor_job(_samples, [call.data] if messages is None else messages)
    analysis = await async_analyse(hass, samples)
    topic = common_filter([sample.topic for sample in samples])
    members = await hass.async_add_executor_job(member_choices, samples, topic, analysis.depth)
    if members.proposed:
        split_by = (samples, topic, analysis.depth, members.proposed)
        named = await hass.async_add_executor_job(name_member, *split_by)
        analysis = await async_analyse(
            hass, samples, depth=analysis.depth, device_member=members.proposed, name_member=named
        )
    return {
        "format": analysis.format,
        "devices": await hass.async_add_executor_job(_devices, analysis.devices),
        "unknown": await async_sentences(hass, analysis.problems[:MAX_PROBLEMS]),
    }


def _samples(messages: Sequence[Mapping[str, Any]]) -> list[Sample]:
    samples = [_sample(message) for message in messages]
    if not samples:
        raise InvalidCallError("no_message")
    if (size := sum(len(sample.payload) for sample in samples)) > MAX_BYTES:
        raise InvalidCallError("messages_too_large", size=str(size), limit=str(MAX_BYTES))
    return samples


def _devices(devices: Sequence[LearnedDevice]) -> list[dict[str, Any]]:
    return [_device(device) for device in devices]


def _sample(message: Mapping[str, Any]) -> Sample:
    topic: str = message[ATTR_TOPIC]
    if topic and (not is_acceptable(topic) or {"+", "#"} & set(topic)):
        raise InvalidCallError("invalid_topic")
    if (ATTR_PAYLOAD in message) == (ATTR_PAYLOAD_BASE64 in message):
        raise InvalidCallError("payload_or_base64")
    if ATTR_PAYLOAD_BASE64 in message:
        try:
            return Sample(topic, base64.b64decode(message[ATTR_PAYLOAD_BASE64], validate=True))
        except binascii.Error as error:
            raise InvalidCallError("not_base64", reason=str(error)) from error
    payload = message[ATTR_PAYLOAD]
    return Sample(topic, (payload if isinstance(payload, str) else json.dumps(payload)).encode())


def _device(device: LearnedDevice) -> dict[str, Any]:
    return {
        "identity": device.identity,
        "name": device.metadata.name,
        "channels": [
            {
                "key": reading.channel.key,
                "name": reading.channel.name,
                "platform": reading.channel.platform,
                "value": _value(reading.value),
                "unit": reading.channel.unit,
                "device_class": reading.channel.device_class,
                "state_class": reading.channel.state_class,
                "enabled": reading.channel.enabled,
            }
            for reading in device.readings
        ],
    }


def _value(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
