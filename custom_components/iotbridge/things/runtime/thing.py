"""Thing at run time, one for each subentry: subscribes to its topics and updates its devices from the messages."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
import time
from typing import Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ... import mqtt_client
from ...const import LOGGER
from ...topic_filters import matches
from ..model.direct_reading import is_same_for_core
from ..model.mapping import ProfileReader
from ..model.message import Decoded, DecodeError, DeviceMetadata, LibraryNeededError, Report, Sample
from ..model.profile import Channel, Joining, Profile
from ..model.topic_matching import TopicMatch, name_from, split
from .decode_queue import MAX_INLINE, DecodeLimits, DecodeQueue, Job, Outcome
from .device import DeviceSettings, ThingDevice
from .publisher import Publisher
from .sample_cache import SampleCache
from .store import DeviceRecord

# Whatever is sent: so many are enough to know.
MAX_WAITING = 200
MAX_FIELDS = 1000
MAX_BROKEN = 200
# A device that core reads itself is looked into now and then only: for new fields, and for what it costs.
LOOK_EVERY_S = 30.0
FLUSH_S = 1.0


class ThingOwner(Protocol):
    """Owner of a thing, which provides its shared objects and is called for decisions beyond a single thing."""

    hass: HomeAssistant
    publisher: Publisher
    decode_limits: DecodeLimits
    prefix: str
    # The beginnings of topics that are hosts', ours or about entities.
    not_things: tuple[str, ...]

    def async_new_fields(self, thing: Thing) -> None:
        """Fields appeared that are no channels yet."""

    def async_new_device(self, thing: Thing) -> None:
        """A device appeared that nobody decided about yet; it is among those that wait."""

    def async_new_event_types(self, thing: Thing, types: Mapping[str, str]) -> None:
        """An event had a type, by channel key, that its channel does not have yet."""

    def async_unreadable_for_core(self, thing: Thing) -> None:
        """A device that core reads itself sends what only we can read."""

    def async_flooding(self, thing: Thing) -> None:
        """A device began or ceased to send too much."""

    def async_library_needed(self, thing: Thing, sample: Sample, requirement: str) -> None:
        """A message needs a library; the thing gets it again when it is there."""


class Thing:
    """The devices of one subentry."""

    def __init__(self, owner: ThingOwner, subentry_id: str, title: str, profile: Profile) -> None:
        """Prepare; nothing is heard before async_start."""
        self._owner = owner
        self.subentry_id = subentry_id
        self.title = title
        self.devices: dict[str, ThingDevice] = {}
        self.waiting: dict[str, DeviceMetadata] = {}
        self.flooding: set[str] = set()
        self.broken: Counter[str] = Counter()
        self._heard = SampleCache()
        self._held: dict[str, bytes] = {}
        self._flush: CALLBACK_TYPE | None = None
        self._fields: set[str] = set()
        self._stop: CALLBACK_TYPE | None = None
        self._is_stopped = False
        self._queue = DecodeQueue(
            owner.hass, f"iotbridge decode {title}", owner.decode_limits, on_dropped=self._async_dropped
        )
        self._set_profile(profile)

    def _set_profile(self, profile: Profile) -> None:
        self.profile = profile
        self._reader = ProfileReader(profile)
        self._settings = DeviceSettings.of(profile, self._owner.prefix)
        self._by_subtopic: defaultdict[str, list[Channel]] = defaultdict(list)
        for channel in self._settings.channels.values():
            self._by_subtopic[channel.subtopic].append(channel)

    # ------------------------------------------------------------------ life

    async def async_start(self, remembered: Iterable[DeviceRecord], samples: Sequence[Sample]) -> None:
        """Bring back what is remembered, take what the wizard heard, and begin to hear."""
        for known in remembered:
            if known.identity in self.profile.devices:
                self._async_add_device(known)
        self._async_read_again(samples)
        await self._queue.async_join()
        if self._is_stopped:
            return
        for device in self.devices.values():
            device.async_announce()
        self._stop = await mqtt_client.async_subscribe(self._owner.hass, self.profile.topic, self._async_receive)

    @callback
    def async_stop(self) -> None:
        """Hear nothing more; the devices stay."""
        self._is_stopped = True
        self._queue.async_stop()
        if self._stop:
            self._stop()
            self._stop = None
        if self._flush:
            self._flush()
            self._flush = None
        for device in self.devices.values():
            device.async_stop()

    @callback
    def async_remove(self) -> None:
        """Take back everything there is of the devices."""
        self.async_stop()
        while self.devices:
            self.devices.popitem()[1].async_remove()

    @callback
    def async_update(self, title: str, profile: Profile) -> None:
        """Follow what the user changed; the topic never changes."""
        before = self.profile
        self.title = title
        self._set_profile(profile)
        for identity in self.devices.keys() - profile.devices.keys():
            self.devices.pop(identity).async_remove()
        for device in self.devices.values():
            device.async_follow(self._settings)
        decided = profile.devices.keys() | profile.ignored
        self.waiting = {identity: about for identity, about in self.waiting.items() if identity not in decided}
        changed = {key for key, about in profile.devices.items() if before.devices.get(key) != about}
        if _reading(before) != _reading(profile):
            changed = set(profile.devices)
        self._async_read_again(self._heard.samples, only=changed)
        self._queue.async_call(partial(self._async_announce, changed))

    @callback
    def _async_announce(self, identities: Collection[str]) -> None:
        for identity in identities & self.devices.keys():
            self.devices[identity].async_announce()

    @property
    def samples(self) -> list[Sample]:
        """Return what was heard last, oldest first."""
        return self._heard.samples

    def covers(self, topic: str) -> bool:
        """Return whether a message on this topic would be one of this thing's devices."""
        return matches(self.profile.topic, topic)

    @callback
    def async_sweep(self, now: float) -> None:
        """See which devices have been silent for too long, and whose flood is over."""
        for device in self.devices.values():
            device.async_sweep(now)
        if self.flooding:
            self._async_set_flooding(self._heard.flooding(now))

    # --------------------------------------------------------------- messages

    @callback
    def _async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        topic, now = message.topic, time.monotonic()
        if self._is_ours(topic):
            return
        payload = mqtt_client.payload_of(message)
        if not message.retain and self._heard.is_flood(topic, now):
            self._async_hold(topic, payload, now)
            return
        looked = self._heard.looked(topic)
        is_recent = looked is not None and now - looked < LOOK_EVERY_S
        if is_recent and self._settings.direct and self._async_glance(topic, payload, now):
            return
        self._heard.look(topic, now)
        self._async_read(Sample(topic, payload), now, is_new=not message.retain)
        if looked is None:
            # It may have had new fields already before Home Assistant was started.
            self._owner.async_new_fields(self)

    def _is_ours(self, topic: str) -> bool:
        """Return whether a message is one of ours or about entities: a filter of ``#`` hears these as well."""
        return topic.startswith(self._owner.not_things)

    @callback
    def _async_hold(self, topic: str, payload: bytes, now: float) -> None:
        """Of a flood read the newest message of each topic once a second, and nothing of the rest."""
        self._held[topic] = payload
        if topic not in self.flooding:
            self._async_set_flooding(self._heard.flooding(now))
        if self._flush is None:
            self._flush = async_call_later(self._owner.hass, FLUSH_S, self._async_flush)

    @callback
    def _async_flush(self, _now: datetime) -> None:
        self._flush = None
        held, self._held = self._held, {}
        for topic, payload in held.items():
            self._async_read(Sample(topic, payload), time.monotonic(), is_new=True)

    @callback
    def _async_set_flooding(self, flooding: set[str]) -> None:
        if flooding == self.flooding:
            return
        self.flooding = flooding
        mad = {split(self.profile.topic, self.profile.depth, topic).identity for topic in flooding}
        for device in self.devices.values():
            device.async_set_flooding(device.identity in mad)
        self._owner.async_flooding(self)

    @callback
    def _async_glance(self, topic: str, payload: bytes, now: float) -> bool:
        """Take a message of a device that core reads itself for a sign of life; return False if it is to be read."""
        place = split(self.profile.topic, self.profile.depth, topic)
        device = self.devices.get(place.identity)
        if device is None or device.is_read or not is_same_for_core(payload, self._by_subtopic[place.subtopic]):
            return False
        device.async_heard(now)
        return True

    @callback
    def _async_read_again(self, samples: Collection[Sample], only: Collection[str] | None = None) -> None:
        """Read messages that were heard before."""
        are_short = sum(len(sample.payload) for sample in samples) <= MAX_INLINE
        for sample in samples:
            self._async_read(sample, time.monotonic(), is_new=False, only=only, may_inline=are_short)

    @callback
    def _async_read(
        self,
        sample: Sample,
        now: float,
        *,
        is_new: bool,
        only: Collection[str] | None = None,
        may_inline: bool = True,
    ) -> None:
        """Read a message; ``only`` are the devices it is read for, by default all."""
        if not sample.payload:
            self._queue.async_call(partial(self._async_cleared, sample.topic))
            return
        job = Job(sample, partial(self._async_decoded, sample, now, is_new=is_new, only=only))
        self._queue.async_put(job, may_inline=may_inline)

    @callback
    def _async_dropped(self, sample: Sample) -> None:
        self._async_broken(self._speaker(sample.topic), "too many messages are waiting")

    def _speaker(self, topic: str) -> str:
        """Return whose topic it is, also of a device that else names itself in its messages."""
        place = split(self.profile.topic, self.profile.depth, topic)
        speakers = (device.identity for device in self.devices.values() if device.remembered.base == place.base)
        return next(speakers, place.identity)

    @callback
    def _async_decoded(
        self, sample: Sample, now: float, outcome: Outcome, *, is_new: bool, only: Collection[str] | None
    ) -> None:
        if isinstance(outcome, DecodeError):
            self._async_broken(self._speaker(sample.topic), outcome.problem.kind)
            return
        if isinstance(outcome, LibraryNeededError):
            self._owner.async_library_needed(self, sample, outcome.requirement)
            return
        if only is None:
            self._heard.keep(sample, (key for report in outcome.reports for key in _kind(report)))
        place = split(self.profile.topic, self.profile.depth, sample.topic)
        self._async_take(place, outcome, now, is_new=is_new, only=only)

    @callback
    def _async_cleared(self, topic: str) -> None:
        """Forget the values of a topic whose retained message was deleted."""
        place = split(self.profile.topic, self.profile.depth, topic)
        for device in self.devices.values():
            if device.remembered.base == place.base:
                # A device that names itself in its messages has no subtopics.
                device.async_clear(place.subtopic if device.identity == place.identity else "")

    @callback
    def async_read_again(self, sample: Sample) -> None:
        """Read a message whose library has come."""
        self._async_read(sample, time.monotonic(), is_new=True)

    @callback
    def _async_take(
        self, place: TopicMatch, decoded: Decoded, now: float, *, is_new: bool, only: Collection[str] | None
    ) -> None:
        is_alike = True
        for update in self._reader.read(place, decoded):
            identity = update.identity
            if identity in self.profile.ignored or (only is not None and identity not in only):
                continue
            if identity not in self.devices and identity not in self.profile.devices:
                self._async_stranger(identity, update.about.or_else(DeviceMetadata(name=name_from(place.base))))
                continue
            device = self.devices.get(identity) or self._async_add_device(
                DeviceRecord(self.subentry_id, identity, place.base)
            )
            if is_new:
                device.async_heard(now)
            if update.broken:
                self._async_broken(device.identity, ", ".join(update.broken))
            self._async_look_for_fields(update.keys)
            if unknown := device.async_update(update, is_new=is_new):
                self._owner.async_new_event_types(self, unknown)
                device.async_late_events(unknown)
            is_alike = is_alike and (update.is_alike or not update.values)
        if not is_alike and self._settings.direct:
            self._owner.async_unreadable_for_core(self)

    @callback
    def _async_stranger(self, identity: str, about: DeviceMetadata) -> None:
        """Note a device nobody decided about; a wildcard in a busy street hears more than anybody wants to read of."""
        if identity not in self.waiting and len(self.waiting) < MAX_WAITING:
            self.waiting[identity] = about
            self._owner.async_new_device(self)

    @callback
    def _async_look_for_fields(self, keys: set[str]) -> None:
        new = keys - self._fields
        if new and len(self._fields) < MAX_FIELDS:
            self._fields |= new
            self._owner.async_new_fields(self)

    @callback
    def _async_broken(self, identity: str, reason: str) -> None:
        """Count what could not be read; the first is named in the log."""
        if not self.broken:
            LOGGER.warning("A message of %s (%s) could not be read: %s", self.title, identity, reason)
        if identity in self.broken or len(self.broken) < MAX_BROKEN:
            self.broken[identity] += 1

    @callback
    def _async_add_device(self, remembered: DeviceRecord) -> ThingDevice:
        device = ThingDevice(self._owner.hass, self._owner.publisher, self._settings, remembered)
        self.devices[remembered.identity] = device
        self.waiting.pop(remembered.identity, None)
        return device


def _kind(report: Report) -> list[str]:
    """Return what tells one kind of message from another on the same topic: whose it is and what is in it."""
    return [f"of {report.identity}", *(str(found.path) for found in report.fields)]


def _reading(profile: Profile) -> Profile:
    """Return what all devices of a profile share."""
    return replace(profile, devices={}, ignored=frozenset(), dropped=frozenset(), joining=Joining.ASK)
