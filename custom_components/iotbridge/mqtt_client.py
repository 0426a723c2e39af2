"""The only door to core's mqtt."""

import codecs
from collections.abc import Callable
import math

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DISCOVERY, CONF_PROTOCOL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from .const import MQTT_DOMAIN

PROTOCOL_5 = "5"
QOS = 1
LOSSLESS = "iotbridge_lossless"

ReceiveMessage = mqtt.ReceiveMessage
async_on_subscribe_done = mqtt.async_on_subscribe_done
async_publish = mqtt.async_publish
async_subscribe_connection_status = mqtt.async_subscribe_connection_status
async_wait_for_client = mqtt.async_wait_for_mqtt_client
is_connected = mqtt.is_connected
valid_prefix = mqtt.valid_publish_topic


def _lossless_codec(name: str) -> codecs.CodecInfo | None:
    """Return the codec LOSSLESS: UTF-8 that carries any byte through a text and back."""
    if name != LOSSLESS:
        return None
    return codecs.CodecInfo(
        name=LOSSLESS,
        encode=lambda text, _errors="strict": (text.encode("utf-8", "surrogateescape"), len(text)),
        decode=lambda payload, _errors="strict": (bytes(payload).decode("utf-8", "surrogateescape"), len(payload)),
    )


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


async def async_subscribe(
    hass: HomeAssistant, topic: str, receive: Callable[[mqtt.ReceiveMessage], None]
) -> CALLBACK_TYPE:
    """Subscribe to every payload, also one that is not text; ``payload_of`` returns its bytes.

    Core builds one message for all subscriptions of a topic, in the encoding of whichever comes first. Without an
    encoding, core's own entities and automations would get our bytes where they expect text: a number in bytes is no
    number to them. LOSSLESS decodes UTF-8 exactly as they would, and only what they skip as undecodable differs.

    The returned function ends the subscription, also after core's mqtt was reloaded: core then holds a copy of the
    subscription that it gives no handle to.
    """
    is_live = True

    @callback
    def receive_while_live(message: mqtt.ReceiveMessage) -> None:
        if is_live:
            receive(message)

    remove = await mqtt.async_subscribe(hass, topic, receive_while_live, qos=QOS, encoding=LOSSLESS)

    @callback
    def unsubscribe() -> None:
        nonlocal is_live
        is_live = False
        remove()

    return unsubscribe


def payload_of(message: mqtt.ReceiveMessage | MqttServiceInfo) -> bytes:
    """Return the payload as the broker sent it."""
    if isinstance(message.payload, str):
        return message.payload.encode("utf-8", "surrogateescape")
    return bytes(message.payload)


class Lease:
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
