"""Device of a thing at run time: its values, its discovery message for core's mqtt and its availability."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import time
from typing import Any

from homeassistant.const import ATTR_LATITUDE, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_dumps

from ... import mqtt_client
from ...const import MQTT_DOMAIN
from ..model.discovery_config import availability_config, component_id, discovery_config, is_direct
from ..model.mapping import Update, thing_uid
from ..model.message import Value
from ..model.profile import Channel, Profile
from ..model.reporting_interval import ReportingInterval
from .publisher import Publisher
from .store import DeviceRecord

# How often new entities are given their values until they have them, and how far apart: a busy machine takes seconds.
FEED_S = 0.5
MAX_FEEDS = 20
# How long core may take to find the device's own topics; what came meanwhile is handed to it, so often at most. Who
# goes on speaking needs no more: the next message is heard.
STEP_ASIDE_S = 4.0
MAX_INTRODUCTIONS = 2
# An event of a new type waits until core knows the type.
EVENT_KNOWN_S = 3.0
# Older values are not brought back by a restart where the device's rhythm does not say how long they hold.
OLD_S = 24 * 3600.0
# More words than these for one event are no types, but numbers or texts.
MAX_EVENT_TYPES = 50
# What core's device trackers call what goes with a position.
_AROUND = {"accuracy": "gps_accuracy", "altitude": "altitude"}


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Settings from the profile, looked up once for all devices of a thing.

    ``direct``: core's mqtt reads the device's own messages. ``channels`` are the enabled ones by key, ``components``
    what discovery calls them. ``keys`` are those of all channels: what else a device sends never becomes an entity, and
    has no end. ``prefix`` is where we publish what we decode.
    """

    profile: Profile
    direct: bool
    channels: Mapping[str, Channel]
    components: Mapping[str, str]
    keys: frozenset[str]
    prefix: str

    @classmethod
    def of(cls, profile: Profile, prefix: str) -> DeviceSettings:
        """Look up what a profile says."""
        channels = {channel.key: channel for channel in profile.channels if channel.enabled}
        components = {key: component_id(channel) for key, channel in channels.items()}
        keys = frozenset(channel.key for channel in profile.channels)
        return cls(profile, is_direct(profile), channels, components, keys, prefix)


class ThingDevice:
    """The run time of one device."""

    def __init__(
        self, hass: HomeAssistant, publisher: Publisher, settings: DeviceSettings, remembered: DeviceRecord
    ) -> None:
        """Bring back what is remembered of it; nothing is published before async_announce."""
        self._hass = hass
        self._publisher = publisher
        self.remembered = remembered
        self.identity = remembered.identity
        self.uid = thing_uid(settings.profile.topic, remembered.identity)
        self.flooding = False
        self._rhythm = ReportingInterval()
        self._rhythm.intervals.extend(remembered.intervals)
        self._heard = time.monotonic()
        self._online: bool | None = None
        self._introducing = False
        self._introductions = 0
        self._changed = False
        self._settled_at = 0.0
        self._seed: list[CALLBACK_TYPE] = []
        self._late: list[CALLBACK_TYPE] = []
        self._fields = set(remembered.fields)
        self.async_follow(settings)
        self._around: dict[str, dict[str, float]] = {}
        self.values: dict[str, Value] = {}
        if time.time() - (remembered.heard_at or 0) < (self.expire_after_s or OLD_S):
            self.values = {
                key: (value[0], value[1]) if isinstance(value, list) else value
                for key, value in remembered.values.items()
            }

    @callback
    def async_follow(self, settings: DeviceSettings) -> None:
        """Take what the user confirmed; nothing is published before async_announce."""
        self.settings = settings
        self._look_up()

    def _look_up(self) -> None:
        """Look up the channels that the device has sent: only these become entities."""
        self._sent = {key: channel for key, channel in self.settings.channels.items() if key in self._fields}

    @property
    def name(self) -> str:
        """Return what people call it."""
        return self.settings.profile.devices[self.identity].name or self.identity

    @property
    def online(self) -> bool | None:
        """Return whether it speaks as often as it should; None where it says itself whether it is there."""
        return self._online

    @property
    def hands_on(self) -> bool:
        """Return whether the device's values go through us, for good or for the moment."""
        return not self.settings.direct or self._introducing or self.flooding

    @property
    def is_read(self) -> bool:
        """Return whether every message is to be read by us: core may not have found the device's own topics yet."""
        return self.hands_on or time.monotonic() < self._settled_at

    # ---------------------------------------------------------------- messages

    @callback
    def async_heard(self, now: float) -> None:
        """Note a sign of life."""
        self._heard = now
        self._rhythm.heard(now)
        self.remembered.intervals = list(self._rhythm.intervals)
        self._async_set_online(True)

    @callback
    def async_update(self, update: Update, *, is_new: bool) -> dict[str, str]:
        """Take what a message says, and hand it on; return the event types, by key, that core does not know yet."""
        moments = {key for key in update.values if self.settings.channels[key].platform == "event"}
        self.values |= {key: value for key, value in update.values.items() if key not in moments}
        self._around |= update.around
        self._changed = True
        self.remembered.values = self.values
        self.remembered.heard_at = time.time()
        if new := update.keys & self.settings.keys - self._fields:
            self._fields |= new
            self.remembered.fields.extend(new)
            self._look_up()
            if not new.isdisjoint(self.settings.channels):
                self.async_announce()
        if not self.hands_on:
            return {}
        happened = {key: str(update.values[key]) for key in moments if is_new and update.values[key]}
        unknown = {
            key: value for key, value in happened.items() if value not in self.settings.channels[key].event_types
        }
        for key in unknown:
            del happened[key]
        self._async_publish_state(happened)
        return {key: value for key, value in unknown.items() if self._may_learn(key)}

    @callback
    def async_clear(self, subtopic: str) -> None:
        """Forget the values that came on one of the device's topics."""
        keys = {key for key, channel in self.settings.channels.items() if channel.subtopic == subtopic}
        cleared = {key for key in keys if self.values.get(key) is not None}
        if not cleared:
            return
        self.values |= dict.fromkeys(cleared)
        self.remembered.values = self.values
        self._changed = True
        if self.hands_on:
            self._async_publish_state({})

    def _may_learn(self, key: str) -> bool:
        return len(self.settings.channels[key].event_types) < MAX_EVENT_TYPES

    @callback
    def async_late_events(self, happened: Mapping[str, str]) -> None:
        """Hand on events whose types core is being told of at this moment."""

        @callback
        def known(_now: datetime) -> None:
            self._late.remove(cancel)
            self._async_publish_state(happened)

        cancel = async_call_later(self._hass, EVENT_KNOWN_S, known)
        self._late.append(cancel)

    # --------------------------------------------------------------- discovery

    @callback
    def async_announce(self) -> None:
        """Publish how the device is to be read.

        Core's mqtt does not know the message that was learned from, so new entities get their values from us first, and
        only then read the device's own messages.
        """
        known = set(self.remembered.components)
        if self.settings.direct and not known.issuperset(self.settings.components[key] for key in self._sent):
            self._introducing = True
        self._async_publish_config()

    @callback
    def _async_publish_config(self) -> None:
        profile, base = self.settings.profile, self.remembered.base
        config = discovery_config(
            profile,
            self.uid,
            base,
            profile.devices[self.identity],
            self._sent.values(),
            state_topic=self._topic("state") if self.hands_on else None,
        )
        if profile.availability:
            config["availability"] = availability_config(profile.availability, profile, base)
        else:
            config["availability"] = [{"topic": self._topic("availability")}]
            if self._online is None:
                self._async_set_online(self.remembered.online)
        self._async_leave_availability()
        self._publisher.async_set(self.uid, self.remembered, config, self._async_published)

    @callback
    def _async_published(self) -> None:
        """Give the entities their values as soon as they listen: core makes them when the discovery message is back."""
        _cancel(self._seed)
        if not self.hands_on:
            return
        tries = 0

        @callback
        def feed(_now: datetime) -> None:
            nonlocal tries
            self._seed.clear()
            # Entities that read elsewhere before have values, but not these.
            if (tries and self._are_fed()) or tries >= MAX_FEEDS:
                self._async_fed()
                return
            tries += 1
            self._async_publish_state({})
            self._seed.append(async_call_later(self._hass, FEED_S, feed))

        @callback
        def subscribed() -> None:
            _cancel(self._seed)
            self._seed.append(async_call_later(self._hass, FEED_S, feed))

        self._seed.append(mqtt_client.async_on_subscribe_done(self._hass, self._topic("state"), 0, subscribed))

    def _are_fed(self) -> bool:
        """Return whether all entities have a value, as far as there is one; what the user disabled needs none."""
        registry = er.async_get(self._hass)
        for key, channel in self._sent.items():
            if self.values.get(key) is None or channel.platform == "event":
                continue
            unique_id = f"{self.uid}_{self.settings.components[key]}"
            entity_id = registry.async_get_entity_id(channel.platform, MQTT_DOMAIN, unique_id)
            entry = registry.async_get(entity_id) if entity_id else None
            if entry is None or not (entry.disabled or _has_value(self._hass.states.get(entry.entity_id))):
                return False
        return True

    @callback
    def _async_fed(self) -> None:
        """Let core read the device's own topics from now on, where it can."""
        if self._introducing:
            self._introducing = self._changed = False
            self._async_publish_config()
            self._settled_at = time.monotonic() + STEP_ASIDE_S
            self._late.append(async_call_later(self._hass, STEP_ASIDE_S, self._async_stepped_aside))

    @callback
    def _async_stepped_aside(self, _now: datetime) -> None:
        """See that core missed nothing between our last message and the first that it heard itself."""
        if not self._changed or self._introductions >= MAX_INTRODUCTIONS:
            self._introductions = 0
            return
        self._introductions += 1
        self._introducing = True
        self._async_publish_config()

    @callback
    def async_stop(self) -> None:
        """Publish nothing more; the entities stay."""
        _cancel(self._seed)
        _cancel(self._late)
        if self.settings.direct and self._online is False:
            # Nobody would say that it is back; core reads it without us.
            self._publisher.async_publish(self._topic("availability"), "online", retain=True)

    @callback
    def async_remove(self) -> None:
        """Take back everything there is of the device."""
        _cancel(self._seed)
        _cancel(self._late)
        self._publisher.async_remove(self.uid)

    # ------------------------------------------------------------------- state

    def _topic(self, leaf: str) -> str:
        return f"{self.settings.prefix}/thing/{self.uid}/{leaf}"

    @callback
    def _async_publish_state(self, happened: Mapping[str, str]) -> None:
        """Publish all values, so that who hears one message knows everything; a moment is in one message only."""
        state: dict[str, Any] = {}
        components = self.settings.components
        for key, channel in self._sent.items():
            if channel.platform != "event":
                state[components[key]] = _plain(self.values.get(key), self._around.get(key, {}))
        for key, value in happened.items():
            if key in components:  # the user may have dropped it a moment ago
                state[components[key]] = value
        self._publisher.async_publish(self._topic("state"), json_dumps(state))

    # ------------------------------------------------------ presence and floods

    @property
    def expire_after_s(self) -> int | None:
        """Return after which silence the device is not there; None when that is not known or not wanted."""
        profile = self.settings.profile
        if profile.availability:
            return None
        if profile.expire_after_s is None:
            return self._rhythm.expire_after_s
        return profile.expire_after_s or None

    @callback
    def async_sweep(self, now: float) -> None:
        """See whether it has been silent for too long."""
        if self.expire_after_s and now - self._heard > self.expire_after_s:
            self._async_set_online(False)

    @callback
    def async_reconnected(self, now: float) -> None:
        """Say again what the broker may have lost; while it was away nobody could be heard, and nobody was silent."""
        self._heard = now
        self._rhythm.interrupted()
        online, self._online = self._online, None
        if online is not None:
            self._async_set_online(online)

    @callback
    def _async_set_online(self, online: bool) -> None:
        if self._online == online or self.settings.profile.availability:
            return
        self._online = self.remembered.online = online
        self.remembered.availability = self._topic("availability")
        payload = "online" if online else "offline"
        self._publisher.async_publish(self._topic("availability"), payload, retain=True)

    @callback
    def _async_leave_availability(self) -> None:
        """Empty the topic where we said before whether it is there, when it is not that any more."""
        before = self.remembered.availability
        now = "" if self.settings.profile.availability else self._topic("availability")
        if before not in {"", now}:
            self._publisher.async_publish(before, "", retain=True)
            self.remembered.availability = now

    @callback
    def async_set_flooding(self, flooding: bool) -> None:
        """Stand between a mad device and core, or step aside again."""
        if flooding == self.flooding:
            return
        self.flooding = flooding
        if self.settings.direct:
            self._async_publish_config()


def _has_value(state: State | None) -> bool:
    if state is None:
        return False
    if state.domain == Platform.DEVICE_TRACKER:
        return ATTR_LATITUDE in state.attributes
    return state.state not in {STATE_UNKNOWN, STATE_UNAVAILABLE}


def _cancel(timers: list[CALLBACK_TYPE]) -> None:
    while timers:
        timers.pop()()


def _plain(value: Value, around: Mapping[str, float]) -> Any:
    if isinstance(value, tuple):
        more = {_AROUND[role]: number for role, number in around.items() if role in _AROUND}
        return {"latitude": value[0], "longitude": value[1], **more}
    return value
