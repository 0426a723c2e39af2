"""Thing at run time, one for each subentry: subscribes to its topics and updates its devices from the messages."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
import time
from typing import Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later

from ... import mqtt_client
from ...const import LOGGER
from ...topic_filters import matches
from ..model.adaptation import adapted
from ..model.device_member import DeviceSplitter
from ..model.direct_reading import is_same_for_core
from ..model.mapping import ProfileReader
from ..model.message import Decoded, DecodeError, DeviceMetadata, LibraryNeededError, Report, Sample
from ..model.profile import Channel, Profile
from ..model.topic_matching import TopicMatch, split
from .decode_queue import MAX_INLINE, DecodeLimits, DecodeQueue, Job, Outcome
from .device import DeviceSettings, ThingDevice
from .publisher import Publisher
from .reading_status import SIGNAL_DEVICE_ADDED, MessageFailures, signal_of_status
from .sample_cache import SampleCache
from .store import DeviceRecord

# Bounds for anything that a device or a stranger may send.
MAX_UNDECIDED = 200
MAX_FIELDS = 1000
# Messages of a device that core reads itself are decoded only this often: to find new fields, at a low cost.
DECODE_EVERY_S = 30.0
FLUSH_S = 1.0


class ThingOwner(Protocol):
    """Owner of a thing: provides shared objects and handles decisions beyond a single thing."""

    hass: HomeAssistant
    publisher: Publisher
    decode_limits: DecodeLimits
    prefix: str
    # Prefixes of topics of hosts, of our own and of MQTT discovery.
    foreign_prefixes: tuple[str, ...]

    def async_new_fields(self, thing: Thing) -> None:
        """Handle fields without a channel."""

    def async_new_names(self, thing: Thing) -> None:
        """Handle names of devices that messages state; they are in ``stated_names``."""

    def async_new_device(self, thing: Thing) -> None:
        """Handle a new device that the user has not decided about; it is in ``undecided``."""

    def async_new_event_types(self, thing: Thing, types: Mapping[str, str]) -> None:
        """Handle event types, by channel key, that their channels do not have yet."""

    def async_save(self, thing: Thing, profile: Profile) -> None:
        """Save a changed profile of a thing."""

    def async_flooding(self, thing: Thing) -> None:
        """Handle a change of the devices that send too much."""

    def async_library_needed(self, thing: Thing, sample: Sample, requirement: str) -> None:
        """Handle a message that needs a library; the owner passes it to the thing again afterwards."""


class Thing:
    """Devices of one subentry."""

    def __init__(self, owner: ThingOwner, subentry_id: str, title: str, profile: Profile) -> None:
        """Start without devices; ``async_start`` subscribes."""
        self._owner = owner
        self.subentry_id = subentry_id
        self.title = title
        self.devices: dict[str, ThingDevice] = {}
        self.undecided: dict[str, DeviceMetadata] = {}
        # Names that messages state and the profile does not have yet, by identity.
        self.stated_names: dict[str, str] = {}
        self.flooding: set[str] = set()
        self.failures = MessageFailures()
        self._sample_cache = SampleCache()
        self._held: dict[str, bytes] = {}
        self._cancel_flush: CALLBACK_TYPE | None = None
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
        self._splitter = DeviceSplitter.of(profile)
        self._settings = DeviceSettings.of(profile, self._owner.prefix)
        self._by_subtopic: defaultdict[str, list[Channel]] = defaultdict(list)
        for channel in self._settings.channels.values():
            self._by_subtopic[channel.subtopic].append(channel)

    # ------------------------------------------------------------------ lifecycle

    async def async_start(self, records: Iterable[DeviceRecord], samples: Sequence[Sample]) -> None:
        """Restore the recorded devices, decode the wizard's samples, and subscribe."""
        for record in records:
            if record.identity in self.profile.devices:
                self._async_add_device(record)
        self._async_decode_again(samples)
        await self._queue.async_join()
        if self._is_stopped:
            return
        for device in self.devices.values():
            device.async_announce()
        self._stop = await mqtt_client.async_subscribe(self._owner.hass, self.profile.topic, self._async_receive)

    @callback
    def async_stop(self) -> None:
        """Unsubscribe; the devices stay."""
        self._is_stopped = True
        self._queue.async_stop()
        if self._stop:
            self._stop()
            self._stop = None
        if self._cancel_flush:
            self._cancel_flush()
            self._cancel_flush = None
        for device in self.devices.values():
            device.async_stop()

    @callback
    def async_remove(self) -> None:
        """Remove all devices and clear their topics."""
        self.async_stop()
        while self.devices:
            self.devices.popitem()[1].async_remove()

    @callback
    def async_update(self, title: str, profile: Profile) -> None:
        """Apply a profile that the user changed; its topic never changes."""
        before = self.profile
        self.title = title
        self._set_profile(profile)
        for identity in self.devices.keys() - profile.devices.keys():
            self.devices.pop(identity).async_remove()
            self.failures.forget(identity)
        for device in self.devices.values():
            device.async_configure(self._settings)
        with_selected_devices = profile.devices.keys() | profile.ignored
        self.undecided = {
            identity: metadata for identity, metadata in self.undecided.items() if identity not in with_selected_devices
        }
        changed = {key for key, metadata in profile.devices.items() if before.devices.get(key) != metadata}
        if before.shared_part != profile.shared_part:
            changed = set(profile.devices)
        self._async_decode_again(self._sample_cache.samples, only=changed)
        self._queue.async_call(partial(self._async_announce, changed))

    @callback
    def _async_announce(self, identities: Collection[str]) -> None:
        for identity in identities & self.devices.keys():
            self.devices[identity].async_announce()

    @property
    def samples(self) -> list[Sample]:
        """Return the newest messages, oldest first."""
        return self._sample_cache.samples

    def covers(self, topic: str) -> bool:
        """Return whether this thing's filter matches a topic."""
        return matches(self.profile.topic, topic)

    @callback
    def async_sweep(self, now: float) -> None:
        """Mark silent devices offline, and end floods that are over."""
        for device in self.devices.values():
            device.async_sweep(now)
        if self.flooding:
            self._async_set_flooding(self._sample_cache.flooding(now))

    # --------------------------------------------------------------- messages

    @callback
    def _async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        topic, now = message.topic, time.monotonic()
        # Ours, a host's or that of discovery: a filter of # matches these as well.
        if topic.startswith(self._owner.foreign_prefixes):
            return
        payload = mqtt_client.payload_of(message)
        if not message.retain and self._sample_cache.is_flood(topic, now, self._devices_of_a_topic):
            self._async_hold(topic, payload, now)
            return
        decoded_at = self._sample_cache.decoded_at(topic)
        is_recent = decoded_at is not None and now - decoded_at < DECODE_EVERY_S
        if is_recent and self._settings.direct and self._async_skip(topic, payload, now):
            return
        self._sample_cache.mark_decoded(topic, now)
        self._async_decode(Sample(topic, payload), now, is_new=not message.retain)
        if decoded_at is None:
            # The device may have sent new fields before Home Assistant was started.
            self._owner.async_new_fields(self)

    @property
    def _devices_of_a_topic(self) -> int:
        """Return the greatest number of wanted devices that may send on one topic; anyone can invent further ones."""
        return 1 if self.profile.device_member is None else 1 + len(self.devices)

    @callback
    def _async_hold(self, topic: str, payload: bytes, now: float) -> None:
        """Hold the newest message of each topic of a flood, to be decoded once a second; drop the others."""
        self._held[topic] = payload
        if topic not in self.flooding:
            self._async_set_flooding(self._sample_cache.flooding(now))
        if self._cancel_flush is None:
            self._cancel_flush = async_call_later(self._owner.hass, FLUSH_S, self._async_flush)

    @callback
    def _async_flush(self, _now: datetime) -> None:
        self._cancel_flush = None
        held, self._held = self._held, {}
        for topic, payload in held.items():
            self._async_decode(Sample(topic, payload), time.monotonic(), is_new=True)

    @callback
    def _async_set_flooding(self, flooding: set[str]) -> None:
        if flooding == self.flooding:
            return
        self.flooding = flooding
        flooding_identities = {split(self.profile.topic, self.profile.depth, topic).identity for topic in flooding}
        for device in self.devices.values():
            device.async_set_flooding(device.identity in flooding_identities)
        self._owner.async_flooding(self)

    @callback
    def _async_skip(self, topic: str, payload: bytes, now: float) -> bool:
        """Use a message that core reads itself only as a sign of life; return False if it must be decoded."""
        match = split(self.profile.topic, self.profile.depth, topic)
        device = self.devices.get(match.identity)
        if device is None or device.needs_decoding or not is_same_for_core(payload, self._by_subtopic[match.subtopic]):
            return False
        device.async_mark_seen(now)
        return True

    @callback
    def _async_decode_again(self, samples: Collection[Sample], only: Collection[str] | None = None) -> None:
        """Decode messages that were received before."""
        are_short = sum(len(sample.payload) for sample in samples) <= MAX_INLINE
        for sample in samples:
            self._async_decode(sample, time.monotonic(), is_new=False, only=only, may_inline=are_short)

    @callback
    def _async_decode(
        self,
        sample: Sample,
        now: float,
        *,
        is_new: bool,
        only: Collection[str] | None = None,
        may_inline: bool = True,
    ) -> None:
        """Decode a message; ``only`` restricts it to some devices, by default it is for all."""
        if not sample.payload:
            self._queue.async_call(partial(self._async_cleared, sample.topic))
            return
        sample = self._reader.with_columns(sample, split(self.profile.topic, self.profile.depth, sample.topic))
        job = Job(sample, partial(self._async_decoded, sample, now, is_new=is_new, only=only))
        self._queue.async_put(job, may_inline=may_inline)

    @callback
    def _async_dropped(self, sample: Sample) -> None:
        self.failures.count(self.title, self._identity_of(sample.topic), "too many messages are waiting")

    def _identity_of(self, topic: str) -> str:
        """Return the identity of a topic's device, including one that identifies itself in its messages."""
        match = split(self.profile.topic, self.profile.depth, topic)
        if self.profile.device_member is not None:
            return match.identity  # the device that sent it is not known
        identities = (device.identity for device in self.devices.values() if device.record.base == match.base)
        return next(identities, match.identity)

    @callback
    def _async_decoded(
        self, sample: Sample, now: float, outcome: Outcome, *, is_new: bool, only: Collection[str] | None
    ) -> None:
        match = split(self.profile.topic, self.profile.depth, sample.topic)
        if isinstance(outcome, DecodeError):
            self.failures.count(self.title, self._identity_of(sample.topic), outcome.problem.kind)
            for device in self.devices.values():
                if device.record.base == match.base:
                    self._async_record(device.identity, match, is_read=False)
            return
        if isinstance(outcome, LibraryNeededError):
            self._owner.async_library_needed(self, sample, outcome.requirement)
            return
        decoded = self._splitter.split(match, outcome)
        if only is None:
            self._sample_cache.keep(sample, (key for report in decoded.reports for key in _signature(report)))
        self._async_apply(match, decoded, now, is_new=is_new, only=only)

    @callback
    def _async_cleared(self, topic: str) -> None:
        """Clear the values of a topic whose retained message was cleared."""
        match = split(self.profile.topic, self.profile.depth, topic)
        for device in self.devices.values():
            if device.record.base == match.base:
                # A device that identifies itself in its messages has no subtopics, unless they are split by a member.
                is_split = device.identity == match.identity or self.profile.device_member is not None
                device.async_clear(match.subtopic if is_split else "")

    @callback
    def async_decode_again(self, sample: Sample) -> None:
        """Decode a message whose library has been installed."""
        self._async_decode(sample, time.monotonic(), is_new=True)

    @callback
    def _async_apply(
        self, match: TopicMatch, decoded: Decoded, now: float, *, is_new: bool, only: Collection[str] | None
    ) -> None:
        applied = []
        for update in self._reader.read(match, decoded):
            identity = update.identity
            if identity in self.profile.ignored or (only is not None and identity not in only):
                continue
            if identity not in self.devices and identity not in self.profile.devices:
                # Beside the records of devices, a gateway sends the time and the like.
                if update.values or identity != match.identity or len(decoded.reports) == 1:
                    default = DeviceMetadata(name=self._splitter.default_name(match, identity))
                    known = self.undecided.get(identity, default)
                    self._async_add_undecided(identity, update.metadata.or_else(known))
                continue
            device = self.devices.get(identity) or self._async_add_device(
                DeviceRecord(self.subentry_id, identity, match.base)
            )
            if is_new:
                device.async_mark_seen(now)
            if update.metadata.name and self.profile.device_member is not None:
                self._async_name(identity, update.metadata.name)
            if update.broken:
                self.failures.count(self.title, device.identity, ", ".join(update.broken))
            self._async_record(identity, match, is_read=not update.is_broken)
            self._async_check_fields(update.keys)
            if unknown := device.async_update(update, is_new=is_new):
                self._owner.async_new_event_types(self, unknown)
                device.async_delay_events(unknown)
            applied.append(update)
        if (profile := adapted(self.profile, applied)) is not self.profile:
            LOGGER.info("%s writes its values in another way now; IoT Bridge adapts to it", self.title)
            self._owner.async_save(self, profile)

    @callback
    def _async_add_undecided(self, identity: str, metadata: DeviceMetadata) -> None:
        """Record a device that the user has not decided about; a broad wildcard may match more than anyone wants."""
        has_room = identity in self.undecided or len(self.undecided) < MAX_UNDECIDED
        if has_room and self.undecided.get(identity) != metadata:
            self.undecided[identity] = metadata
            self._owner.async_new_device(self)

    @callback
    def _async_name(self, identity: str, name: str) -> None:
        """Take over the name that a message states; one that the user gave to the device in the registry stays."""
        if name != self.profile.devices[identity].name:
            self.stated_names[identity] = name
            self._owner.async_new_names(self)
        else:
            self.stated_names.pop(identity, None)

    @callback
    def _async_check_fields(self, keys: set[str]) -> None:
        new = keys - self._fields
        if new and len(self._fields) < MAX_FIELDS:
            self._fields |= new
            self._owner.async_new_fields(self)

    @callback
    def _async_record(self, identity: str, match: TopicMatch, *, is_read: bool) -> None:
        """Record whether a message of a device could be read, unless it is on a topic that no channel reads."""
        is_of_topic = identity == match.identity
        if is_of_topic and match.subtopic not in self._by_subtopic:
            return
        if self.failures.record(identity, match.subtopic if is_of_topic else "", is_read=is_read):
            async_dispatcher_send(self._owner.hass, signal_of_status(self.subentry_id))

    @callback
    def _async_add_device(self, record: DeviceRecord) -> ThingDevice:
        device = ThingDevice(self._owner.hass, self._owner.publisher, self._settings, record)
        self.devices[record.identity] = device
        self.undecided.pop(record.identity, None)
        async_dispatcher_send(self._owner.hass, SIGNAL_DEVICE_ADDED, self.subentry_id, record.identity)
        return device


def _signature(report: Report) -> list[str]:
    """Return what distinguishes kinds of messages on one topic: the identity and the fields."""
    return [f"of {report.identity}", *(str(found.path) for found in report.fields)]
