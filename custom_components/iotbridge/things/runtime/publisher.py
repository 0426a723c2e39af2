"""Keeps the discovery messages of things at the broker as they should be."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
import time
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_dumps

from ... import mqtt_client
from ...const import DOMAIN, LOGGER
from .store import DeviceRecord, ThingStore

# Core's mqtt loses parts of a discovery message that follows the one before within about a second.
GAP_S = 1.5
# Core subscribes again in the first moments of a connection; who is to hear that a device is gone must be there.
CLEAR_AFTER_S = 5.0


class Publisher:
    """Publishes one retained discovery message for each device, never two of them within a second."""

    def __init__(self, hass: HomeAssistant, memory: ThingStore) -> None:
        """Prepare; nothing is published before it is asked for."""
        self._hass = hass
        self._memory = memory
        self._wanted: dict[str, Mapping[str, Any]] = {}
        self._published: dict[str, str] = {}
        self._published_at: dict[str, float] = {}
        self._waiting: dict[str, CALLBACK_TYPE] = {}
        self._told: dict[str, Callable[[], None]] = {}

    @callback
    def async_set(
        self, uid: str, remembered: DeviceRecord, config: Mapping[str, Any], published: Callable[[], None]
    ) -> None:
        """Make this the discovery message of a device, now or when the one before is a moment old.

        ``published`` is called when it was handed to the broker.
        """
        self._told[uid] = published
        if left := self._memory.leftovers.get(uid):
            # It was removed and learned again before the broker could be told: what it had before has to go.
            remembered.components = left.components | remembered.components
            remembered.topic = remembered.topic or left.topic
        self._memory.devices[uid] = remembered
        self._wanted[uid] = config
        self._async_soon(uid)

    @callback
    def async_remove(self, uid: str) -> None:
        """Take back the discovery message: core's mqtt removes the device and its entities."""
        self._wanted.pop(uid, None)
        self._told.pop(uid, None)
        self._async_cancel(uid)
        self._published.pop(uid, None)
        if remembered := self._memory.devices.pop(uid, None):
            self._memory.leftovers[uid] = remembered
            self._memory.async_changed(soon=True)
            self._async_clear(uid)

    @callback
    def async_clear_leftovers(self) -> None:
        """Empty the topics of devices that were removed while there was no broker."""
        for uid in list(self._memory.leftovers):
            self._async_clear(uid)

    @callback
    def _async_clear(self, uid: str) -> None:
        if not mqtt_client.is_connected(self._hass):
            return  # with a broker again, everything is published anew
        self._published_at[uid] = time.monotonic()
        self._hass.async_create_background_task(self._async_empty(uid), f"iotbridge clear {uid}", eager_start=True)

    async def _async_empty(self, uid: str) -> None:
        left = self._memory.leftovers.get(uid)
        try:
            for topic in left.retained if left else ():
                # It may be learned again at any moment; what it uses then is not left over.
                if uid not in self._memory.devices or topic not in self._memory.devices[uid].retained:
                    await mqtt_client.async_publish(self._hass, topic, "", qos=1, retain=True)
        except HomeAssistantError as error:
            LOGGER.debug("Could not clear what is left of %s: %s", uid, error)
            return
        self._memory.leftovers.pop(uid, None)
        self._memory.async_changed(soon=True)

    @callback
    def async_republish(self, uid: str) -> None:
        """Publish a discovery message again that somebody else took away."""
        self._published.pop(uid, None)
        self._async_soon(uid)

    @callback
    def async_reconnected(self) -> None:
        """Publish everything again: the broker may have lost it. Core ignores what it knows already."""
        self._published.clear()
        for uid in self._wanted:
            self._async_soon(uid)

    @callback
    def async_stop(self) -> None:
        """Publish nothing more."""
        for uid in list(self._waiting):
            self._async_cancel(uid)

    @callback
    def async_taken_back(self, uid: str) -> None:
        """Note that core's mqtt itself emptied the discovery topic, as it does when a user deletes the device."""
        if remembered := self._memory.devices.get(uid):
            remembered.topic = ""

    def is_wanted(self, uid: str) -> bool:
        """Return whether a device should be there."""
        return uid in self._wanted

    @callback
    def async_publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish without waiting for the broker."""
        self._hass.async_create_background_task(
            self._async_publish(topic, payload, retain), f"iotbridge publish {topic}", eager_start=True
        )

    async def _async_publish(self, topic: str, payload: str | bytes, retain: bool) -> None:
        try:
            await mqtt_client.async_publish(self._hass, topic, payload, qos=1 if retain else 0, retain=retain)
        except HomeAssistantError as error:
            # The broker went away in between; what is retained is published again when it is back.
            LOGGER.debug("Could not publish on %s: %s", topic, error)

    @callback
    def _async_soon(self, uid: str, _now: Any = None) -> None:
        self._async_cancel(uid)
        wait = self._published_at.get(uid, -GAP_S) + GAP_S - time.monotonic()
        if wait > 0:
            self._waiting[uid] = async_call_later(self._hass, wait, partial(self._async_soon, uid))
            return
        self._async_now(uid)

    @callback
    def _async_now(self, uid: str) -> None:
        prefix = mqtt_client.async_discovery_prefix(self._hass)
        if prefix is None or not mqtt_client.is_connected(self._hass):
            return  # with a broker again, everything is published anew
        remembered, config = self._memory.devices[uid], self._wanted[uid]
        topic = f"{prefix}/device/{uid}/config"
        if remembered.topic not in {"", topic}:
            self.async_publish(remembered.topic, "", retain=True)  # the user moved discovery to another prefix
        remembered.topic = topic
        platforms = {key: component["platform"] for key, component in config["components"].items()}
        # Leaving a component out does not remove it: it must be named once more, empty.
        removed = {key: platform for key, platform in remembered.components.items() if key not in platforms}
        stubs = {key: {"platform": platform} for key, platform in removed.items()}
        payload = json_dumps({**config, "components": {**config["components"], **stubs}}) if platforms else ""
        remembered.components = platforms
        self._memory.async_changed(soon=True)
        if self._published.get(uid, "") == payload:
            return
        self._published[uid] = payload
        self._published_at[uid] = time.monotonic()
        self.async_publish(topic, payload, retain=True)
        self._told[uid]()
        if removed and platforms:
            self._async_soon(uid)

    @callback
    def _async_cancel(self, uid: str) -> None:
        if cancel := self._waiting.pop(uid, None):
            cancel()


async def async_forget_all(hass: HomeAssistant) -> None:
    """Take back everything that was published for things: the integration is being removed.

    What a broker that is away cannot be told now is kept, and told as soon as it is back; after a restart of Home
    Assistant only once the integration is set up again.
    """
    memory = ThingStore(hass)
    await memory.async_load()
    memory.leftovers |= memory.devices
    memory.devices.clear()
    if mqtt_client.async_entry(hass) is None:
        memory.leftovers.clear()  # with core's mqtt went its devices, and there is nobody to tell
    if await _async_emptied(hass, memory):
        await memory.async_remove()
        return
    await memory.async_save()

    async def again(_now: datetime) -> None:
        if hass.config_entries.async_entries(DOMAIN):
            stop()  # set up again meanwhile: the things take this over
        elif await _async_emptied(hass, memory):
            stop()
            await memory.async_remove()

    @callback
    def connected(is_connected: bool) -> None:
        if is_connected:
            async_call_later(hass, CLEAR_AFTER_S, again)

    stop = mqtt_client.async_subscribe_connection_status(hass, connected)


async def _async_emptied(hass: HomeAssistant, memory: ThingStore) -> bool:
    """Empty the topics of devices that are gone; return whether none is left."""
    for uid, device in list(memory.leftovers.items()):
        try:
            for topic in device.retained:
                await mqtt_client.async_publish(hass, topic, "", qos=1, retain=True)
        except HomeAssistantError as error:
            LOGGER.warning("What is left of %s at the broker could not be taken back: %s", uid, error)
        else:
            del memory.leftovers[uid]
    return not memory.leftovers
