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
from ..model.discovery_config import availability_config, component_id, discovery_config, event_of, is_direct, state_of
from ..model.mapping import Update, thing_uid
from ..model.message import Value
from ..model.profile import Channel, Profile
from ..model.reporting_interval import ReportingInterval
from .publisher import Publisher
from .store import DeviceRecord

# Interval and maximum of attempts to give new entities their values: a busy machine takes seconds.
SEED_INTERVAL_S = 0.5
MAX_SEED_ATTEMPTS = 20
# Time for core to subscribe to the device's own topics. A message in between is published by us, at most this many
HANDOVER_S = 4.0
MAX_HANDOVERS = 2
# Time until core knows the new type of an event.
EVENT_DELAY_S = 3.0
# Older values are not restored after a restart, unless the device's reporting interval says that they still hold.
OLD_S = 24 * 3600.0
# A channel with more different words than these sends numbers, texts or codes of strangers, not event types.
MAX_EVENT_TYPES = 50


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Settings from the profile, computed once for all devices of a thing.

    ``direct``: core's mqtt reads the device's own messages. ``channels`` are the enabled ones by key, ``components``
    their ids in discovery. ``keys`` are those of all channels: other fields of a device never become entities, and
    their number is unlimited. ``prefix`` is the topic prefix for decoded values.
    """

    profile: Profile
    direct: bool
    channels: Mapping[str, Channel]
    components: Mapping[str, str]
    keys: frozenset[str]
    prefix: str

    @classmethod
    def of(cls, profile: Profile, prefix: str) -> DeviceSettings:
        """Return the settings of a profile."""
        channels = {channel.key: channel for channel in profile.channels if channel.enabled}
        components = {key: component_id(channel) for key, channel in channels.items()}
        keys = frozenset(channel.key for channel in profile.channels)
        return cls(profile, is_direct(profile), channels, components, keys, prefix)


class ThingDevice:
    """Run time of one device."""

    def __init__(
        self, hass: HomeAssistant, publisher: Publisher, settings: DeviceSettings, record: DeviceRecord
    ) -> None:
        """Restore the recorded state; ``async_announce`` publishes."""
        self._hass = hass
        self._publisher = publisher
        self.record = record
        self.identity = record.identity
        self.uid = thing_uid(settings.profile.topic, record.identity)
        self.flooding = False
        self._interval = ReportingInterval()
        self._interval.intervals.extend(record.intervals)
        self._last_seen = time.monotonic()
        self._online: bool | None = None
        self._is_seeding = False
        self._handovers = 0
        self._has_changed = False
        # Event types, with the keys of their channels, that core is about to know.
        self._announced: set[tuple[str, str]] = set()
        self._handover_until = 0.0
        self._seed_timers: list[CALLBACK_TYPE] = []
        self._timers: list[CALLBACK_TYPE] = []
        self.async_configure(settings)
        self._companions: dict[str, dict[str, float]] = {}
        self.values: dict[str, Value] = {}
        if time.time() - (record.heard_at or 0) < (self.expire_after_s or OLD_S):
            self.values = record.values = {
                key: (value[0], value[1]) if isinstance(value, list) else value for key, value in record.values.items()
            }

    @callback
    def async_configure(self, settings: DeviceSettings) -> None:
        """Apply a changed profile; ``async_announce`` publishes."""
        self.settings = settings
        self.record.carry_over(settings.profile.channels)
        self._fields = set(self.record.fields)
        self._select_sent()

    def _select_sent(self) -> None:
        """Select the channels that the device has sent: only these become entities."""
        self._sent = {key: channel for key, channel in self.settings.channels.items() if key in self._fields}

    @property
    def name(self) -> str:
        """Return the display name."""
        return self.settings.profile.devices[self.identity].name or self.identity

    @property
    def online(self) -> bool | None:
        """Return whether the device reports as often as expected; None if it reports its own availability."""
        return self._online

    @property
    def is_relayed(self) -> bool:
        """Return whether IoT Bridge publishes the device's values, permanently or for the moment."""
        return not self.settings.direct or self._is_seeding or self.flooding

    @property
    def needs_decoding(self) -> bool:
        """Return whether every message must be decoded: core may not have subscribed to the device's topics yet."""
        return self.is_relayed or time.monotonic() < self._handover_until

    # ---------------------------------------------------------------- messages

    @callback
    def async_mark_seen(self, now: float) -> None:
        """Record a sign of life."""
        self._last_seen = now
        self._interval.record(now)
        self.record.intervals = list(self._interval.intervals)
        self._async_set_online(True)

    @callback
    def async_update(self, update: Update, *, is_new: bool) -> dict[str, str]:
        """Apply and publish an update; return the event types that core does not know yet, by key."""
        event_keys = {key for key in update.values if self.settings.channels[key].platform == "event"}
        has_new_state = update.has_new_state(self.values)
        self.values |= {key: value for key, value in update.values.items() if key not in event_keys}
        self._companions |= update.companions
        self._has_changed = True
        self.record.values = self.values
        self.record.heard_at = time.time()
        if new := update.keys & self.settings.keys - self._fields:
            self._fields |= new
            self.record.fields.extend(new)
            self._select_sent()
            if not new.isdisjoint(self.settings.channels):
                self.async_announce()
        if not self.is_relayed:
            return {}
        if has_new_state:
            self._publisher.async_save_states()
        events = {key: str(update.values[key]) for key in event_keys if is_new and update.values[key]}
        new_types = {key: value for key, value in events.items() if self._is_new_type(key, value)}
        announced = dict(events.items() & self._announced)
        self._async_publish_state(dict(events.items() - new_types.items() - announced.items()))
        if announced:
            self.async_delay_events(announced)
        return new_types

    @callback
    def async_clear(self, subtopic: str) -> None:
        """Clear the values of one of the device's topics."""
        keys = {key for key, channel in self.settings.channels.items() if channel.subtopic == subtopic}
        cleared = {key for key in keys if self.values.get(key) is not None}
        if not cleared:
            return
        self.values |= dict.fromkeys(cleared)
        self.record.values = self.values
        self._has_changed = True
        if self.is_relayed:
            self._async_publish_state({})

    def _is_new_type(self, key: str, value: str) -> bool:
        types = self.settings.channels[key].event_types
        return value not in types and len(types) < MAX_EVENT_TYPES

    @callback
    def async_delay_events(self, events: Mapping[str, str]) -> None:
        """Publish events as soon as core knows their types, which are being announced."""

        @callback
        def known(_now: datetime) -> None:
            self._timers.remove(cancel)
            self._announced -= events.items()
            self._async_publish_state(events)

        self._announced |= events.items()
        cancel = async_call_later(self._hass, EVENT_DELAY_S, known)
        self._timers.append(cancel)

    # --------------------------------------------------------------- discovery

    @callback
    def async_announce(self) -> None:
        """Publish the discovery message.

        Core's mqtt has not seen the message that was learned from, so new entities get their values from us first, and
        read the device's own messages afterwards.
        """
        known = set(self.record.components)
        if self.settings.direct and not known.issuperset(self.settings.components[key] for key in self._sent):
            self._is_seeding = True
        self._async_publish_config()

    @callback
    def _async_publish_config(self) -> None:
        profile, base = self.settings.profile, self.record.base
        config = discovery_config(
            profile,
            self.uid,
            base,
            profile.devices[self.identity],
            self._sent.values(),
            state_topic=self._topic("state") if self.is_relayed else None,
        )
        if profile.availability:
            config["availability"] = availability_config(profile.availability, profile, base)
        else:
            config["availability"] = [{"topic": self._topic("availability")}]
            if self._online is None:
                self._async_set_online(self.record.online)
        self._async_clear_old_availability()
        self._publisher.async_set(self.uid, self.record, config, self._async_published)

    @callback
    def _async_published(self) -> None:
        """Publish the values once core has received the discovery message, and its entities are subscribed."""
        _cancel(self._seed_timers)
        if not self.is_relayed:
            return
        attempts = 0

        @callback
        def publish_values(_now: datetime) -> None:
            nonlocal attempts
            self._seed_timers.clear()
            # Entities that read other topics before have values, but not these.
            if (attempts and self._are_seeded()) or attempts >= MAX_SEED_ATTEMPTS:
                self._async_seeded()
                return
            attempts += 1
            self._async_publish_state({})
            self._seed_timers.append(async_call_later(self._hass, SEED_INTERVAL_S, publish_values))

        @callback
        def acknowledged() -> None:
            _cancel(self._seed_timers)
            self._seed_timers.append(async_call_later(self._hass, SEED_INTERVAL_S, publish_values))

        @callback
        def subscribed() -> None:
            # The broker's retained messages of the device are newer than the values that we remember.
            topic = self.settings.profile.topic
            _cancel(self._seed_timers)
            self._seed_timers.append(
                mqtt_client.async_on_subscribe_done(self._hass, topic, mqtt_client.QOS, acknowledged)
            )

        self._seed_timers.append(mqtt_client.async_on_subscribe_done(self._hass, self._topic("state"), 0, subscribed))

    def _are_seeded(self) -> bool:
        """Return whether all enabled entities have a value, where there is one."""
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
    def _async_seeded(self) -> None:
        """Switch core to the device's own topics, if it can read them."""
        if self._is_seeding:
            self._is_seeding = self._has_changed = False
            self._async_publish_config()
            self._handover_until = time.monotonic() + HANDOVER_S
            self._timers.append(async_call_later(self._hass, HANDOVER_S, self._async_check_handover))

    @callback
    def _async_check_handover(self, _now: datetime) -> None:
        """Check that core missed no message between our last one and the first one it received itself."""
        if not self._has_changed or self._handovers >= MAX_HANDOVERS:
            self._handovers = 0
            return
        self._handovers += 1
        self._is_seeding = True
        self._async_publish_config()

    @callback
    def async_stop(self) -> None:
        """Stop publishing; the entities stay."""
        _cancel(self._seed_timers)
        _cancel(self._timers)
        if self.settings.direct and self._online is False:
            # Without us nothing would report it as online again; core reads its messages without us.
            self._publisher.async_publish(self._topic("availability"), "online", retain=True)

    @callback
    def async_remove(self) -> None:
        """Remove the device and clear its topics."""
        _cancel(self._seed_timers)
        _cancel(self._timers)
        self._publisher.async_remove(self.uid)

    # ------------------------------------------------------------------- state

    def _topic(self, leaf: str) -> str:
        return f"{self.settings.prefix}/thing/{self.uid}/{leaf}"

    @callback
    def _async_publish_state(self, events: Mapping[str, str]) -> None:
        """Publish all values in one message, so that each message is complete; an event is in one message only."""
        state: dict[str, Any] = {}
        components = self.settings.components
        for key, channel in self._sent.items():
            if channel.platform != "event":
                state[components[key]] = state_of(self.values.get(key), self._companions.get(key, {}))
        for key, value in events.items():
            # The user may have removed it a moment ago.
            if (found := self.settings.channels.get(key)) and (event := event_of(found, value)):
                state[components[key]] = event
        self._publisher.async_publish(self._topic("state"), json_dumps(state))

    # ------------------------------------------------------ presence and floods

    @property
    def expire_after_s(self) -> int | None:
        """Return the seconds without messages after which the device is offline; None if unknown or unwanted."""
        profile = self.settings.profile
        if profile.availability:
            return None
        if profile.expire_after_s is None:
            return self._interval.expire_after_s
        return profile.expire_after_s or None

    @callback
    def async_sweep(self, now: float) -> None:
        """Mark the device offline if it has been silent for too long."""
        if self.expire_after_s and now - self._last_seen > self.expire_after_s:
            self._async_set_online(False)

    @callback
    def async_reconnected(self, now: float) -> None:
        """Publish again what the broker may have lost; the silence while it was away does not count."""
        self._last_seen = now
        self._interval.reset()
        online, self._online = self._online, None
        if online is not None:
            self._async_set_online(online)

    @callback
    def _async_set_online(self, online: bool) -> None:
        if self._online == online or self.settings.profile.availability:
            return
        self._online = self.record.online = online
        self.record.availability = self._topic("availability")
        payload = "online" if online else "offline"
        self._publisher.async_publish(self._topic("availability"), payload, retain=True)

    @callback
    def _async_clear_old_availability(self) -> None:
        """Clear the previous availability topic if it has changed."""
        before = self.record.availability
        now = "" if self.settings.profile.availability else self._topic("availability")
        if before not in {"", now}:
            self._publisher.async_publish(before, "", retain=True)
            self.record.availability = now

    @callback
    def async_set_flooding(self, flooding: bool) -> None:
        """Publish the values of a flooding device in place of its own messages, or let core read them again."""
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
