"""Adapter to core's mqtt integration; no other module imports it."""

import codecs
from collections.abc import Buffer, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import math
from typing import Any, Self, override

from homeassistant.components import mqtt
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_DISCOVERY, CONF_PROTOCOL, Platform
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER, MQTT_DOMAIN

PROTOCOL_5 = "5"
QOS = 1
LOSSLESS = "iotbridge_lossless"
# Time in which the command of a button comes back from the broker.
PRESSED_WITHIN = timedelta(seconds=5)

ReceiveMessage = mqtt.ReceiveMessage
async_on_subscribe_done = mqtt.async_on_subscribe_done
async_publish = mqtt.async_publish
async_subscribe_connection_status = mqtt.async_subscribe_connection_status
async_wait_for_client = mqtt.async_wait_for_mqtt_client
is_connected = mqtt.is_connected


class _BinaryText(str):  # noqa: SLOT000 - carries its bytes in an attribute
    """Text of a payload that is not UTF-8: Latin-1 as text, the original bytes wherever bytes are needed.

    Core passes it to other subscribers only if they subscribed to the same topic with an encoding other than UTF-8, or
    none.
    """

    _payload: bytes

    @classmethod
    def of(cls, payload: bytes) -> Self:
        """Return the payload as a text."""
        text = cls(payload, "latin-1")
        text._payload = payload
        return text

    def __buffer__(self, _flags: int) -> memoryview:
        """Return the bytes, for ``unpack`` in a template or the body of a response."""
        return memoryview(self._payload)

    @override
    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return the original bytes, for any encoding of the subscription."""
        return self._payload


def _decode_lossless(data: Buffer, _errors: str = "strict") -> tuple[str, int]:
    payload = bytes(data)
    try:
        return payload.decode(), len(payload)
    except UnicodeDecodeError:
        if len(payload) == 1:  # CPython replaces a str of one character by its cached instance
            return payload.decode("utf-8", "surrogateescape"), 1
        return _BinaryText.of(payload), len(payload)


def _encode_lossless(text: str, _errors: str = "strict") -> tuple[bytes, int]:
    return text.encode("utf-8", "surrogateescape"), len(text)


def _lossless_codec(name: str) -> codecs.CodecInfo | None:
    """Return the codec LOSSLESS: UTF-8 that round-trips any other payload through text."""
    return codecs.CodecInfo(_encode_lossless, _decode_lossless, name=LOSSLESS) if name == LOSSLESS else None


codecs.register(_lossless_codec)


@callback
def async_entry(hass: HomeAssistant) -> ConfigEntry | None:
    """Return the entry of core's mqtt; there is at most one."""
    return next(iter(hass.config_entries.async_entries(MQTT_DOMAIN, include_ignore=False)), None)


@callback
def async_is_connected(hass: HomeAssistant) -> bool:
    """Return whether core's mqtt is loaded and connected to the broker."""
    entry = async_entry(hass)
    return entry is not None and entry.state is ConfigEntryState.LOADED and is_connected(hass)


@callback
def async_discovery_prefix(hass: HomeAssistant) -> str | None:
    """Return the discovery prefix of core's mqtt; None if discovery is switched off."""
    entry = async_entry(hass)
    if entry is None or not entry.options.get(CONF_DISCOVERY, mqtt.DEFAULT_DISCOVERY):
        return None
    prefix: str = entry.options.get(mqtt.CONF_DISCOVERY_PREFIX, mqtt.DEFAULT_PREFIX)
    return prefix


@callback
def async_diagnostics(hass: HomeAssistant) -> dict[str, Any]:
    """Return the settings of core's mqtt that decide what works."""
    entry = async_entry(hass)
    return {
        "protocol": entry.data.get(CONF_PROTOCOL) if entry else None,
        "is_discovery_on": async_discovery_prefix(hass) is not None,
    }


@callback
def async_device(hass: HomeAssistant, identifier: str) -> dr.DeviceEntry | None:
    """Return the device that core's mqtt created for a discovery message."""
    if (entry := async_entry(hass)) is None:
        return None
    return dr.async_get(hass).async_get_device_by_identifier((MQTT_DOMAIN, identifier), entry.entry_id)


@callback
def async_add_device(hass: HomeAssistant, described: Mapping[str, Any]) -> dr.DeviceEntry | None:
    """Return the device of a discovery message, which core's mqtt is about to receive; None with discovery off."""
    entry = async_entry(hass)
    if entry is None or async_discovery_prefix(hass) is None:
        return None
    info = {key: value for key, value in described.items() if key != "identifiers"}
    identifiers = {(MQTT_DOMAIN, identifier) for identifier in described["identifiers"]}
    return dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers=identifiers, **info)


@callback
def async_context_of_press(hass: HomeAssistant, unique_id: str) -> Context | None:
    """Return the context in which a button of core was pressed just now; None when it was not."""
    entity_id = er.async_get(hass).async_get_entity_id(Platform.BUTTON, MQTT_DOMAIN, unique_id)
    state = hass.states.get(entity_id) if entity_id else None
    is_pressed = state is not None and dt_util.utcnow() - state.last_changed < PRESSED_WITHIN
    return state.context if state and is_pressed else None


@callback
def async_device_identifiers(hass: HomeAssistant, device_id: str) -> set[str]:
    """Return the MQTT identifiers of a device; an empty set for devices of other integrations."""
    device = dr.async_get(hass).async_get(device_id)
    if not isinstance(device, dr.DeviceEntry):
        return set()
    return {identifier[1] for identifier in device.identifiers if identifier[0] == MQTT_DOMAIN}


@callback
def async_has_entities(hass: HomeAssistant, device_id: str) -> bool:
    """Return whether a device has entities of core's mqtt."""
    entities = er.async_entries_for_device(er.async_get(hass), device_id, include_disabled_entities=True)
    return any(entity.platform == MQTT_DOMAIN for entity in entities)


class _Subscriptions:
    """Subscriptions of this integration: cancelled before core's mqtt is unloaded, renewed when it is loaded again.

    Core itself copies them to its next client without returning a handle, so they could never be cancelled. And a
    subscription made between two clients would be lost.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Track the state of core's mqtt for as long as Home Assistant runs."""
        self._hass = hass
        self._cancels: dict[_Subscription, CALLBACK_TYPE | None] = {}
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed)

    async def async_add(self, subscription: _Subscription) -> CALLBACK_TYPE:
        """Subscribe now, or as soon as core's mqtt is loaded; return the function that unsubscribes."""
        self._cancels[subscription] = None
        entry = async_entry(self._hass)
        if entry is not None and entry.state is ConfigEntryState.LOADED:
            await self._async_make(subscription)

        @callback
        def unsubscribe() -> None:
            if cancel := self._cancels.pop(subscription, None):
                cancel()

        return unsubscribe

    async def _async_make(self, subscription: _Subscription) -> None:
        @callback
        def receive(message: mqtt.ReceiveMessage) -> None:
            if subscription in self._cancels:  # core iterates over a copy made before the unsubscription
                subscription.receive(message)

        try:
            cancel = await mqtt.async_subscribe(self._hass, subscription.topic, receive, qos=QOS, encoding=LOSSLESS)
        except HomeAssistantError as error:
            LOGGER.warning(
                "Could not subscribe to %s; retrying when MQTT is set up again: %s", subscription.topic, error
            )
            return
        if self._cancels.get(subscription, cancel) is None:
            self._cancels[subscription] = cancel
        else:
            cancel()  # it was cancelled, or made by another call, in the meantime

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != MQTT_DOMAIN or change is not ConfigEntryChange.UPDATED:
            return
        if entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            for subscription, cancel in self._cancels.items():
                self._cancels[subscription] = None
                if cancel:
                    cancel()
        elif entry.state is ConfigEntryState.LOADED and None in self._cancels.values():
            self._hass.async_create_task(self._async_make_missing(), "iotbridge subscribe")

    async def _async_make_missing(self) -> None:
        for subscription in [missing for missing, cancel in self._cancels.items() if cancel is None]:
            await self._async_make(subscription)


@dataclass(frozen=True, eq=False, slots=True)
class _Subscription:
    """Topic filter and the function that receives its messages; compared by identity."""

    topic: str
    receive: Callable[[mqtt.ReceiveMessage], None]


SUBSCRIPTIONS: HassKey[_Subscriptions] = HassKey(f"{DOMAIN}_subscriptions")


async def async_subscribe(
    hass: HomeAssistant, topic: str, receive: Callable[[mqtt.ReceiveMessage], None]
) -> CALLBACK_TYPE:
    """Subscribe to a topic filter for payloads of any encoding; ``payload_of`` returns their bytes.

    Core builds one message for all subscriptions of a topic, in the encoding of the first one. Without an encoding,
    core's own entities and automations would receive our bytes where they expect text, and could not read a number
    from them. LOSSLESS decodes UTF-8 exactly as they would; only payloads that they skip as undecodable differ.

    The subscription survives a reload of core's mqtt; while mqtt is not loaded, it is made as soon as it is.
    """
    if (subscriptions := hass.data.get(SUBSCRIPTIONS)) is None:
        subscriptions = hass.data[SUBSCRIPTIONS] = _Subscriptions(hass)
    return await subscriptions.async_add(_Subscription(topic, receive))


def payload_of(message: mqtt.ReceiveMessage | MqttServiceInfo) -> bytes:
    """Return the payload as the broker sent it."""
    if isinstance(message.payload, str):
        return message.payload.encode("utf-8", "surrogateescape")
    return bytes(message.payload)


class TemporarySubscription:
    """Short-lived subscription that is cancelled only after the broker has acknowledged it.

    Core's mqtt subscribes in batches, and loses the rest of a batch if one in it is cancelled meanwhile.
    """

    def __init__(self, hass: HomeAssistant, topic: str, remove: CALLBACK_TYPE) -> None:
        """``remove`` cancels the subscription, which was made just now."""
        self._remove = remove
        self._is_acknowledged = False
        self._is_released = False
        self._stop = mqtt.async_on_subscribe_done(hass, topic, QOS, self._async_acknowledged)

    @callback
    def _async_acknowledged(self) -> None:
        if self._is_acknowledged:
            return
        self._is_acknowledged = True
        self._stop()
        if self._is_released:
            self._remove()

    @callback
    def async_release(self) -> None:
        """Cancel the subscription, now or when it is acknowledged."""
        self._is_released = True
        if self._is_acknowledged:
            self._remove()


async def async_publish_command(hass: HomeAssistant, topic: str, payload: bytes, expiry_s: float) -> None:
    """Publish a command that expires at the broker if its host is not connected.

    MQTT before version 5 has no expiry: there the agent rejects a command by its age.
    """
    entry = async_entry(hass)
    has_expiry = entry is not None and entry.data.get(CONF_PROTOCOL) == PROTOCOL_5
    await mqtt.async_publish(
        hass,
        topic,
        payload,
        qos=1,
        retain=False,
        message_expiry_interval=math.ceil(expiry_s) if has_expiry else None,
    )
