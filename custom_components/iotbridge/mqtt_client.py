"""The only door to core's mqtt."""

import codecs
from collections.abc import Buffer, Callable
from dataclasses import dataclass
import math
from typing import Any, Self, override

from homeassistant.components import mqtt
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_DISCOVERY, CONF_PROTOCOL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER, MQTT_DOMAIN

PROTOCOL_5 = "5"
QOS = 1
LOSSLESS = "iotbridge_lossless"

ReceiveMessage = mqtt.ReceiveMessage
async_on_subscribe_done = mqtt.async_on_subscribe_done
async_publish = mqtt.async_publish
async_subscribe_connection_status = mqtt.async_subscribe_connection_status
async_wait_for_client = mqtt.async_wait_for_mqtt_client
is_connected = mqtt.is_connected


class _NotText(str):  # noqa: SLOT000 - a string with its bytes beside it
    """A payload that is not UTF-8: Latin-1 as text, and its bytes wherever bytes are asked for.

    Core hands it to others only where they asked for bytes or for another encoding than UTF-8 on the very topic.
    """

    _payload: bytes

    @classmethod
    def of(cls, payload: bytes) -> Self:
        """Return the payload as such a text."""
        text = cls(payload, "latin-1")
        text._payload = payload
        return text

    def __buffer__(self, _flags: int) -> memoryview:
        """Return the bytes, as a template's ``unpack`` or a response's body reads them."""
        return memoryview(self._payload)

    @override
    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return the bytes, whatever the encoding: they never were text."""
        return self._payload


def _decode_lossless(data: Buffer, _errors: str = "strict") -> tuple[str, int]:
    payload = bytes(data)
    try:
        return payload.decode(), len(payload)
    except UnicodeDecodeError:
        if len(payload) == 1:  # CPython replaces a text of one character by its own
            return payload.decode("utf-8", "surrogateescape"), 1
        return _NotText.of(payload), len(payload)


def _encode_lossless(text: str, _errors: str = "strict") -> tuple[bytes, int]:
    return text.encode("utf-8", "surrogateescape"), len(text)


def _lossless_codec(name: str) -> codecs.CodecInfo | None:
    """Return the codec LOSSLESS: UTF-8 that carries any other payload through a text and back."""
    return codecs.CodecInfo(_encode_lossless, _decode_lossless, name=LOSSLESS) if name == LOSSLESS else None


codecs.register(_lossless_codec)


@callback
def async_entry(hass: HomeAssistant) -> ConfigEntry | None:
    """Return the entry of core's mqtt; there is at most one."""
    return next(iter(hass.config_entries.async_entries(MQTT_DOMAIN, include_ignore=False)), None)


@callback
def async_discovery_prefix(hass: HomeAssistant) -> str | None:
    """Return where core's mqtt looks for discovery messages; None when the user switched that off."""
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
    """Return the device that core's mqtt made for a discovery message."""
    if (entry := async_entry(hass)) is None:
        return None
    return dr.async_get(hass).async_get_device_by_identifier((MQTT_DOMAIN, identifier), entry.entry_id)


@callback
def async_device_identifiers(hass: HomeAssistant, device_id: str) -> set[str]:
    """Return the MQTT identifiers of a device; empty for the devices of others."""
    device = dr.async_get(hass).async_get(device_id)
    if not isinstance(device, dr.DeviceEntry):
        return set()
    return {identifier[1] for identifier in device.identifiers if identifier[0] == MQTT_DOMAIN}


class _Subscriptions:
    """Subscriptions of this integration: ended before core's mqtt is unloaded, made anew when it is loaded.

    Core itself keeps copies of them in its next client and gives no handle to those: they could never be ended. And a
    subscription that is made between two clients would be lost.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Follow the state of core's mqtt for as long as Home Assistant runs."""
        self._hass = hass
        self._ends: dict[_Subscription, CALLBACK_TYPE | None] = {}
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed)

    async def async_add(self, subscription: _Subscription) -> CALLBACK_TYPE:
        """Make a subscription, at once or as soon as core's mqtt is loaded; return the function that ends it."""
        self._ends[subscription] = None
        entry = async_entry(self._hass)
        if entry is not None and entry.state is ConfigEntryState.LOADED:
            await self._async_make(subscription)

        @callback
        def unsubscribe() -> None:
            if end := self._ends.pop(subscription, None):
                end()

        return unsubscribe

    async def _async_make(self, subscription: _Subscription) -> None:
        @callback
        def receive(message: mqtt.ReceiveMessage) -> None:
            if subscription in self._ends:  # core goes through a list that was made before the end
                subscription.receive(message)

        try:
            end = await mqtt.async_subscribe(self._hass, subscription.topic, receive, qos=QOS, encoding=LOSSLESS)
        except HomeAssistantError as error:
            LOGGER.warning("%s is subscribed to when MQTT is set up again: %s", subscription.topic, error)
            return
        if self._ends.get(subscription, end) is None:
            self._ends[subscription] = end
        else:
            end()  # it was ended, or made otherwise, in the meantime

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != MQTT_DOMAIN or change is not ConfigEntryChange.UPDATED:
            return
        if entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            for subscription, end in self._ends.items():
                self._ends[subscription] = None
                if end:
                    end()
        elif entry.state is ConfigEntryState.LOADED and None in self._ends.values():
            self._hass.async_create_task(self._async_make_missing(), "iotbridge subscribe")

    async def _async_make_missing(self) -> None:
        for subscription in [missing for missing, end in self._ends.items() if end is None]:
            await self._async_make(subscription)


@dataclass(frozen=True, eq=False, slots=True)
class _Subscription:
    """A topic filter and the function that receives its messages; two equal ones are not the same."""

    topic: str
    receive: Callable[[mqtt.ReceiveMessage], None]


SUBSCRIPTIONS: HassKey[_Subscriptions] = HassKey(f"{DOMAIN}_subscriptions")


async def async_subscribe(
    hass: HomeAssistant, topic: str, receive: Callable[[mqtt.ReceiveMessage], None]
) -> CALLBACK_TYPE:
    """Subscribe to every payload, also one that is not text; ``payload_of`` returns its bytes.

    Core builds one message for all subscriptions of a topic, in the encoding of whichever comes first. Without an
    encoding, core's own entities and automations would get our bytes where they expect text: a number in bytes is no
    number to them. LOSSLESS decodes UTF-8 exactly as they would, and only what they skip as undecodable differs.

    The subscription outlives a reload of core's mqtt, and is made when there is one again where there is none now.
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
    """A subscription for a short while, given back only when it was made.

    Core's mqtt subscribes in rounds, and loses the rest of a round when one in it was taken back meanwhile.
    """

    def __init__(self, hass: HomeAssistant, topic: str, remove: CALLBACK_TYPE) -> None:
        """``remove`` is what a subscription of this moment returned."""
        self._remove = remove
        self._is_made = False
        self._is_over = False
        self._stop = mqtt.async_on_subscribe_done(hass, topic, QOS, self._async_made)

    @callback
    def _async_made(self) -> None:
        if self._is_made:
            return
        self._is_made = True
        self._stop()
        if self._is_over:
            self._remove()

    @callback
    def async_release(self) -> None:
        """Give it back, now or when it is made."""
        self._is_over = True
        if self._is_made:
            self._remove()


async def async_publish_command(hass: HomeAssistant, topic: str, payload: bytes, expiry_s: float) -> None:
    """Publish a command that dies at the broker when its host is not there to take it.

    Older MQTT versions know no expiry: there the agent's own check of the age has to do.
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
