"""Publisher of the discovery messages of things, which are retained at the broker."""

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

# Core's mqtt loses parts of a discovery message that follows the previous one within about a second.
GAP_S = 1.5
# Core resubscribes in the first moments of a connection; it must be subscribed before a message is cleared.
CLEAR_AFTER_S = 5.0


class Publisher:
    """Publishes one retained discovery message for each device, never two of them within a second."""

    def __init__(self, hass: HomeAssistant, store: ThingStore) -> None:
        """Start without devices; messages are published on request only."""
        self._hass = hass
        self._store = store
        self._configs: dict[str, Mapping[str, Any]] = {}
        self._published: dict[str, str] = {}
        self._published_at: dict[str, float] = {}
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._callbacks: dict[str, Callable[[], None]] = {}
        # By device, since when its published message waits for core to add the entities.
        self.unconfirmed: dict[str, float] = {}

    @callback
    def async_set(
        self, uid: str, record: DeviceRecord, config: Mapping[str, Any], on_published: Callable[[], None]
    ) -> None:
        """Set the discovery message of a device; publish it now, or when the previous one is old enough.

        ``on_published`` is called after it was passed to the broker.
        """
        self._callbacks[uid] = on_published
        if leftover := self._store.leftovers.get(uid):
            # It was removed and learned again before its topics were cleared: the old components must be removed.
            record.components = leftover.components | record.components
            record.topic = record.topic or leftover.topic
        self._store.devices[uid] = record
        self._configs[uid] = config
        self._async_schedule(uid)

    @callback
    def async_remove(self, uid: str) -> None:
        """Clear the discovery message: core's mqtt removes the device and its entities."""
        self._configs.pop(uid, None)
        self._callbacks.pop(uid, None)
        self._async_cancel(uid)
        self._published.pop(uid, None)
        self.unconfirmed.pop(uid, None)
        if record := self._store.devices.pop(uid, None):
            self._store.leftovers[uid] = record
            self._store.async_changed(soon=True)
            self._async_clear(uid)

    @callback
    def async_clear_leftovers(self) -> None:
        """Clear the topics of devices that were removed while the broker was away."""
        for uid in list(self._store.leftovers):
            self._async_clear(uid)

    @callback
    def _async_clear(self, uid: str) -> None:
        if not mqtt_client.is_connected(self._hass):
            return  # after a reconnect, everything is published again
        self._published_at[uid] = time.monotonic()
        self._hass.async_create_background_task(
            self._async_clear_topics(uid), f"iotbridge clear {uid}", eager_start=True
        )

    async def _async_clear_topics(self, uid: str) -> None:
        leftover = self._store.leftovers.get(uid)
        try:
            for topic in leftover.retained if leftover else ():
                # It may be learned again at any moment; topics that it uses then are not left over.
                if uid not in self._store.devices or topic not in self._store.devices[uid].retained:
                    await mqtt_client.async_publish(self._hass, topic, "", qos=1, retain=True)
        except HomeAssistantError as error:
            LOGGER.debug("Could not clear the topics of %s: %s", uid, error)
            return
        self._store.leftovers.pop(uid, None)
        self._store.async_changed(soon=True)

    @callback
    def async_republish(self, uid: str) -> None:
        """Publish a discovery message again that another client cleared."""
        self._published.pop(uid, None)
        self._async_schedule(uid)

    @callback
    def async_reconnected(self) -> None:
        """Publish all messages again: the broker may have lost them. Core ignores unchanged ones.

        The connection may have ended because of one that the broker refuses; that is published later.
        """
        self._published.clear()
        for uid in self._configs:
            if not self._store.devices[uid].is_refused:
                self._async_schedule(uid)

    @callback
    def async_stop(self) -> None:
        """Cancel the scheduled messages."""
        for uid in list(self._timers):
            self._async_cancel(uid)

    @callback
    def async_mark_cleared(self, uid: str) -> None:
        """Note that core's mqtt cleared the discovery topic itself, as it does when the user deletes the device."""
        if record := self._store.devices.get(uid):
            record.topic = ""

    @callback
    def async_save_states(self) -> None:
        """Save the states of devices that changed; core's mqtt does not know them after a crash."""
        self._store.async_states_changed()

    def is_wanted(self, uid: str) -> bool:
        """Return whether a device should exist."""
        return uid in self._configs

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
            # The broker went away in between; retained messages are published again after a reconnect.
            LOGGER.debug("Could not publish on %s: %s", topic, error)

    @callback
    def _async_schedule(self, uid: str, _now: Any = None) -> None:
        self._async_cancel(uid)
        wait = self._published_at.get(uid, -GAP_S) + GAP_S - time.monotonic()
        if wait > 0:
            self._timers[uid] = async_call_later(self._hass, wait, partial(self._async_schedule, uid))
            return
        self._async_publish_config(uid)

    @callback
    def _async_publish_config(self, uid: str) -> None:
        prefix = mqtt_client.async_discovery_prefix(self._hass)
        if prefix is None or not mqtt_client.is_connected(self._hass):
            return  # after a reconnect, everything is published again
        record, config = self._store.devices[uid], self._configs[uid]
        topic = f"{prefix}/device/{uid}/config"
        if record.topic not in {"", topic}:
            self.async_publish(record.topic, "", retain=True)  # the user changed the discovery prefix
        record.topic = topic
        platforms = {key: component["platform"] for key, component in config["components"].items()}
        # Omitting a component does not remove it: it must be published once more, empty.
        removed = {key: platform for key, platform in record.components.items() if key not in platforms}
        stubs = {key: {"platform": platform} for key, platform in removed.items()}
        payload = json_dumps({**config, "components": {**config["components"], **stubs}}) if platforms else ""
        record.components = platforms
        self._store.async_changed(soon=True)
        if self._published.get(uid, "") == payload:
            return
        self._published[uid] = payload
        self._published_at[uid] = time.monotonic()
        self.async_publish(topic, payload, retain=True)
        if platforms:
            self.unconfirmed.setdefault(uid, time.monotonic())
        else:
            self.unconfirmed.pop(uid, None)
            record.is_refused = False
        self._callbacks[uid]()
        if removed and platforms:
            self._async_schedule(uid)

    @callback
    def _async_cancel(self, uid: str) -> None:
        if cancel := self._timers.pop(uid, None):
            cancel()


async def async_clear_all(hass: HomeAssistant) -> None:
    """Clear everything that was published for things, because the integration is being removed.

    If the broker is away, the topics are stored and cleared as soon as it is back; after a restart of Home Assistant
    only once the integration is set up again.
    """
    store = ThingStore(hass)
    await store.async_load()
    store.leftovers |= store.devices
    store.devices.clear()
    if mqtt_client.async_entry(hass) is None:
        store.leftovers.clear()  # core's mqtt is gone, and its devices with it
    if await _async_clear_leftovers(hass, store):
        await store.async_remove()
        return
    await store.async_save()

    async def retry(_now: datetime) -> None:
        if hass.config_entries.async_entries(DOMAIN):
            stop()  # it was set up again meanwhile: the things manager takes over
        elif await _async_clear_leftovers(hass, store):
            stop()
            await store.async_remove()

    @callback
    def connected(is_connected: bool) -> None:
        if is_connected:
            async_call_later(hass, CLEAR_AFTER_S, retry)

    stop = mqtt_client.async_subscribe_connection_status(hass, connected)


async def _async_clear_leftovers(hass: HomeAssistant, store: ThingStore) -> bool:
    """Clear the topics of removed devices; return whether none is left."""
    for uid, device in list(store.leftovers.items()):
        try:
            for topic in device.retained:
                await mqtt_client.async_publish(hass, topic, "", qos=1, retain=True)
        except HomeAssistantError as error:
            LOGGER.warning("Could not clear the topics of %s at the broker: %s", uid, error)
        else:
            del store.leftovers[uid]
    return not store.leftovers
