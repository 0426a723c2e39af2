"""One subentry at work: hears its topics, keeps the values of its devices, and hands them on."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
import time
from typing import Any, Protocol

import orjson

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_dumps

from .. import mqtt_client
from ..const import LOGGER
from . import decoders
from .discovery import availability_config, component_id, discovery_config, is_direct
from .mapping import Reader, Update, thing_uid
from .memory import Remembered
from .models import About, Channel, Decoded, DecodeError, LibraryNeededError, Profile, Sample, Value
from .publisher import Publisher
from .rhythm import Flood, Rhythm
from .topics import Place, name_from, split

MAX_TOPICS = 200
MAX_PAYLOAD = 64 * 1024
# A device that core reads itself is looked into now and then only: for new fields, and for what it costs.
LOOK_EVERY_S = 30.0
# Core's entities subscribe within half a second of their discovery message; then they can be given their values.
SETTLED_S = 1.0
# An event of a new type waits until core knows the type.
EVENT_KNOWN_S = 3.0
# Older values are not brought back by a restart where the device's rhythm does not say how long they hold.
OLD_S = 24 * 3600.0
FLOOD_FLUSH_S = 1.0


@dataclass(slots=True)
class Device:
    """One device of a thing."""

    uid: str
    identity: str
    base: str
    about: About
    remembered: Remembered
    values: dict[str, Value] = field(default_factory=dict)
    rhythm: Rhythm = field(default_factory=Rhythm)
    flood: Flood = field(default_factory=Flood)
    heard: float = 0.0
    online: bool | None = None
    introducing: bool = False
    flooding: bool = False
    flush: CALLBACK_TYPE | None = None
    seed: list[CALLBACK_TYPE] = field(default_factory=list)
    late: list[CALLBACK_TYPE] = field(default_factory=list)


class Owner(Protocol):
    """Whom a thing tells what it cannot decide itself."""

    hass: HomeAssistant
    publisher: Publisher
    prefix: str

    def async_new_fields(self, thing: Thing) -> None:
        """Fields appeared that are no channels yet."""

    def async_new_device(self, thing: Thing, identity: str, about: About) -> None:
        """A device appeared that nobody decided about yet."""

    def async_new_event_types(self, thing: Thing, types: Mapping[str, str]) -> None:
        """An event had a type, by channel key, that its channel does not have yet."""

    def async_flooding(self, thing: Thing) -> None:
        """A device began or ceased to send too much."""

    def async_library_needed(self, thing: Thing, sample: Sample, requirement: str) -> None:
        """A message needs a library; the thing gets it again when it is there."""


class Thing:
    """The devices of one subentry."""

    def __init__(self, owner: Owner, subentry_id: str, title: str, profile: Profile) -> None:
        """Prepare; nothing is heard before async_start."""
        self._owner = owner
        self._hass = owner.hass
        self.subentry_id = subentry_id
        self.title = title
        self.devices: dict[str, Device] = {}
        self.waiting: dict[str, About] = {}
        self.latest: OrderedDict[str, bytes] = OrderedDict()
        self.broken: dict[str, int] = {}
        self._looked: dict[str, float] = {}
        self._stop: CALLBACK_TYPE | None = None
        self._set_profile(profile)

    # ------------------------------------------------------------------ life

    async def async_start(self, remembered: Mapping[str, Remembered], samples: Sequence[Sample]) -> None:
        """Bring back what is remembered, take what the wizard heard, and begin to hear."""
        for known in remembered.values():
            if known.identity in self.profile.devices:
                self._async_device(known.identity, known.base, known)
        for sample in samples:
            self._remember(sample.topic, sample.payload)
            self._async_read(sample, time.monotonic(), is_new=False)
        for device in self.devices.values():
            self._async_announce(device)
        self._stop = await mqtt_client.async_subscribe(self._hass, self.profile.topic, self._async_receive)

    @callback
    def async_stop(self) -> None:
        """Hear nothing more; the devices stay."""
        if self._stop:
            self._stop()
            self._stop = None
        for device in self.devices.values():
            self._async_release(device)

    @callback
    def async_remove(self) -> None:
        """Take back everything there is of the devices."""
        self.async_stop()
        for device in list(self.devices.values()):
            self._async_drop(device)

    @callback
    def async_update(self, title: str, profile: Profile) -> None:
        """Follow what the user changed; the topic never changes."""
        self.title = title
        self._set_profile(profile)
        for device in list(self.devices.values()):
            if device.identity not in profile.devices:
                self._async_drop(device)
            else:
                device.about = profile.devices[device.identity]
        self.waiting = {
            identity: about
            for identity, about in self.waiting.items()
            if identity not in profile.devices and identity not in profile.ignored
        }
        self._looked.clear()
        for topic, payload in list(self.latest.items()):
            self._async_read(Sample(topic, payload), time.monotonic(), is_new=False)
        for device in self.devices.values():
            self._async_announce(device)

    @callback
    def async_reconnected(self) -> None:
        """Say again what the broker may have lost."""
        for device in self.devices.values():
            online, device.online = device.online, None
            if online is not None:
                self._async_set_online(device, online)

    def covers(self, topic: str) -> bool:
        """Tell whether a message on this topic was one of this thing's devices."""
        return topic in self.latest

    def _set_profile(self, profile: Profile) -> None:
        self.profile = profile
        self._reader = Reader(profile)
        self._direct = is_direct(profile, exact=profile.exact)
        self._channels = {channel.key: channel for channel in profile.channels if channel.enabled}
        self._is_json = any(channel.path for channel in self._channels.values())

    # --------------------------------------------------------------- messages

    @callback
    def _async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        topic = message.topic
        if self._is_own(topic):
            return
        payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
        now = time.monotonic()
        self._remember(topic, payload)
        if self._direct and now - self._looked.get(topic, -LOOK_EVERY_S) < LOOK_EVERY_S:
            device = self.devices.get(split(self.profile.topic, self.profile.depth, topic).identity)
            if device and not self._hands_on(device):
                self._async_glance(device, payload, now)
                return
        self._looked[topic] = now
        self._async_read(Sample(topic, payload), now, is_new=not message.retain)

    def _is_own(self, topic: str) -> bool:
        """Tell whether a message is one of ours or about entities: a filter of ``#`` hears these as well."""
        discovery = mqtt_client.async_discovery_prefix(self._hass)
        return topic.startswith((f"{self._owner.prefix}/", f"{discovery}/", "$"))

    def _remember(self, topic: str, payload: bytes) -> None:
        if len(payload) > MAX_PAYLOAD:
            return
        self.latest[topic] = payload
        self.latest.move_to_end(topic)
        if len(self.latest) > MAX_TOPICS:
            old, _ = self.latest.popitem(last=False)
            self._looked.pop(old, None)

    @callback
    def _async_glance(self, device: Device, payload: bytes, now: float) -> None:
        """Take a message of a device that core reads itself for a sign of life, and see that it can be read at all."""
        self._async_heard(device, now)
        if self._is_json:
            try:
                orjson.loads(payload)
            except orjson.JSONDecodeError as error:
                self._async_broken(device.identity, str(error))

    @callback
    def _async_read(self, sample: Sample, now: float, *, is_new: bool) -> None:
        place = split(self.profile.topic, self.profile.depth, sample.topic)
        try:
            decoded = decoders.decode(sample)
        except DecodeError as error:
            self._async_broken(place.identity, error.problem.kind)
            return
        except LibraryNeededError as error:
            self._owner.async_library_needed(self, sample, error.requirement)
            return
        self._async_take(place, decoded, now, is_new=is_new)

    @callback
    def async_read_again(self, sample: Sample) -> None:
        """Read a message whose library has come."""
        self._async_read(sample, time.monotonic(), is_new=True)

    @callback
    def _async_take(self, place: Place, decoded: Decoded, now: float, *, is_new: bool) -> None:
        for update in self._reader.read(place, decoded):
            if update.identity in self.profile.ignored:
                continue
            device = self.devices.get(update.identity)
            if device is None:
                if update.identity not in self.profile.devices:
                    about = update.about.or_else(About(name=name_from(place.base)))
                    self.waiting.setdefault(update.identity, about)
                    self._owner.async_new_device(self, update.identity, about)
                    continue
                device = self._async_device(update.identity, place.base, None)
            self._async_update(device, update, now, is_new=is_new)

    @callback
    def _async_update(self, device: Device, update: Update, now: float, *, is_new: bool) -> None:
        if is_new:
            self._async_heard(device, now)
        if update.broken:
            self._async_broken(device.identity, ", ".join(update.broken))
        moments = {key for key in update.values if self._channels[key].platform == "event"}
        before = self._sent(device)
        device.values |= {key: value for key, value in update.values.items() if key not in moments}
        self._async_note(device, update)
        if self._sent(device) != before:
            self._async_announce(device)
        if not self._hands_on(device):
            return
        happened = {key: update.values[key] for key in moments if is_new and update.values[key]}
        happened = self._async_known_events(device, happened)
        if device.flooding and not happened:
            self._async_flush_later(device)
        else:
            self._async_publish_state(device, happened)

    @callback
    def _async_note(self, device: Device, update: Update) -> None:
        """Remember which fields the device has sent; an unknown one may be a new channel."""
        remembered = device.remembered
        new = [key for key in update.fields if key not in remembered.fields]
        if new:
            remembered.fields.extend(new)
            self._owner.async_new_fields(self)
        remembered.values = device.values
        remembered.heard_at = time.time()

    @callback
    def _async_heard(self, device: Device, now: float) -> None:
        device.heard = now
        device.rhythm.heard(now)
        device.remembered.intervals = list(device.rhythm.intervals)
        flooding = device.flood.heard(now)
        if flooding != device.flooding:
            self._async_set_flooding(device, flooding)
        self._async_set_online(device, True)

    @callback
    def _async_broken(self, identity: str, reason: str) -> None:
        """Count what could not be read; it is named once in the log."""
        self.broken[identity] = self.broken.get(identity, 0) + 1
        if self.broken[identity] == 1:
            LOGGER.warning("A message of %s (%s) could not be read: %s", self.title, identity, reason)

    # ---------------------------------------------------------------- devices

    @callback
    def _async_device(self, identity: str, base: str, remembered: Remembered | None) -> Device:
        uid = thing_uid(self.profile.topic, identity)
        remembered = remembered or Remembered(self.subentry_id, identity, base)
        device = Device(uid, identity, base, self.profile.devices[identity], remembered, heard=time.monotonic())
        device.rhythm.intervals.extend(remembered.intervals)
        age_s = time.time() - (remembered.heard_at or 0)
        if age_s < (self.expire_after_s(device) or OLD_S):
            device.values = {
                key: (value[0], value[1]) if isinstance(value, list) else value
                for key, value in remembered.values.items()
            }
        self.devices[identity] = device
        self.waiting.pop(identity, None)
        return device

    def _sent(self, device: Device) -> tuple[Channel, ...]:
        """Return the channels that the device has sent: only these become entities."""
        return tuple(channel for key, channel in self._channels.items() if key in device.remembered.fields)

    def _hands_on(self, device: Device) -> bool:
        """Tell whether the device's values go through us, for good or for the moment."""
        return not self._direct or device.introducing or device.flooding

    @callback
    def _async_announce(self, device: Device) -> None:
        """Publish how the device is to be read.

        Core's mqtt does not know the message that was learned from, so new entities get their values from us first, and
        only then read the device's own messages.
        """
        channels = self._sent(device)
        known = set(device.remembered.components)
        if self._direct and not known.issuperset(map(component_id, channels)):
            device.introducing = True
        self._async_publish_config(device)
        if self._hands_on(device):
            self._async_seed(device)

    @callback
    def _async_publish_config(self, device: Device) -> None:
        topic = self.state_topic(device) if self._hands_on(device) else None
        config = discovery_config(
            self.profile, device.uid, device.base, device.about, self._sent(device), state_topic=topic
        )
        if self.profile.availability:
            config["availability"] = availability_config(self.profile.availability, self.profile, device.base)
        else:
            config["availability"] = [{"topic": self._availability_topic(device)}]
            if device.online is None:
                self._async_set_online(device, device.remembered.online)
        self._owner.publisher.async_set(device.uid, device.remembered, config)

    @callback
    def _async_seed(self, device: Device) -> None:
        """Give the entities their values as soon as they listen."""
        _cancel(device.seed)

        @callback
        def seed(_now: datetime) -> None:
            self._async_publish_state(device, {})
            if device.introducing:
                device.introducing = False
                self._async_publish_config(device)

        @callback
        def subscribed() -> None:
            _cancel(device.seed)
            device.seed.append(async_call_later(self._hass, SETTLED_S, seed))

        device.seed.append(mqtt_client.async_on_subscribe_done(self._hass, self.state_topic(device), 0, subscribed))

    @callback
    def _async_release(self, device: Device) -> None:
        _cancel(device.seed)
        _cancel(device.late)
        if device.flush:
            device.flush()
            device.flush = None

    @callback
    def _async_drop(self, device: Device) -> None:
        self._async_release(device)
        self.devices.pop(device.identity, None)
        self._owner.publisher.async_remove(device.uid)
        if not self.profile.availability:
            self._owner.publisher.async_publish(self._availability_topic(device), "", retain=True)

    # ------------------------------------------------------------------ state

    def state_topic(self, device: Device) -> str:
        """Return where we publish the device's values."""
        return f"{self._owner.prefix}/thing/{device.uid}/state"

    def _availability_topic(self, device: Device) -> str:
        return f"{self._owner.prefix}/thing/{device.uid}/availability"

    @callback
    def _async_publish_state(self, device: Device, happened: Mapping[str, Value]) -> None:
        state: dict[str, Any] = {}
        for channel in self._sent(device):
            if channel.platform != "event":
                state[component_id(channel)] = _plain(device.values.get(channel.key))
        for key, value in happened.items():
            state[component_id(self._channels[key])] = value
        self._owner.publisher.async_publish(self.state_topic(device), json_dumps(state))

    @callback
    def _async_flush_later(self, device: Device) -> None:
        """Hand on the newest values of a mad device once a second."""
        if device.flush is None:
            device.flush = async_call_later(self._hass, FLOOD_FLUSH_S, partial(self._async_flush, device))

    @callback
    def _async_flush(self, device: Device, _now: datetime) -> None:
        device.flush = None
        self._async_publish_state(device, {})

    @callback
    def _async_known_events(self, device: Device, happened: Mapping[str, Value]) -> dict[str, Value]:
        """Hold back what core would refuse: an event of a new type joins the types of its entity first."""
        new = {key: str(value) for key, value in happened.items() if value not in self._channels[key].event_types}
        if not new:
            return dict(happened)
        self._owner.async_new_event_types(self, new)

        @callback
        def known(_now: datetime) -> None:
            self._async_publish_state(device, new)

        device.late.append(async_call_later(self._hass, EVENT_KNOWN_S, known))
        return {key: value for key, value in happened.items() if key not in new}

    # ------------------------------------------------------- presence and floods

    @callback
    def async_sweep(self, now: float) -> None:
        """See who has been silent for too long, and whose flood is over."""
        for device in self.devices.values():
            if device.flooding and not device.flood.is_on(now):
                self._async_set_flooding(device, False)
            expire_after_s = self.expire_after_s(device)
            if expire_after_s and now - device.heard > expire_after_s:
                self._async_set_online(device, False)

    def expire_after_s(self, device: Device) -> int | None:
        """Return after which silence the device is not there; None when that is not known or not wanted."""
        if self.profile.availability:
            return None
        if self.profile.expire_after_s is None:
            return device.rhythm.expire_after_s
        return self.profile.expire_after_s or None

    @callback
    def _async_set_online(self, device: Device, online: bool) -> None:
        if device.online == online or self.profile.availability:
            return
        device.online = device.remembered.online = online
        payload = "online" if online else "offline"
        self._owner.publisher.async_publish(self._availability_topic(device), payload, retain=True)

    @callback
    def _async_set_flooding(self, device: Device, flooding: bool) -> None:
        """Stand between a mad device and core, and step aside again."""
        device.flooding = flooding
        self._owner.async_flooding(self)
        if self._direct:
            self._async_publish_config(device)


def _cancel(timers: list[CALLBACK_TYPE]) -> None:
    while timers:
        timers.pop()()


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return {"latitude": value[0], "longitude": value[1]}
    return value
