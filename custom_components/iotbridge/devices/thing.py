"""One subentry at work: hears its topics and tells its devices what the messages say."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
import time
from typing import Protocol

import orjson

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .. import mqtt_client
from ..const import LOGGER
from . import decoders
from .device import Device, Settings
from .mapping import Reader
from .memory import Remembered
from .models import About, Decoded, DecodeError, LibraryNeededError, Profile, Sample
from .publisher import Publisher
from .topics import Place, name_from, split

MAX_TOPICS = 200
MAX_PAYLOAD = 64 * 1024
# A device that core reads itself is looked into now and then only: for new fields, and for what it costs.
LOOK_EVERY_S = 30.0


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
        self.subentry_id = subentry_id
        self.title = title
        self.devices: dict[str, Device] = {}
        self.waiting: dict[str, About] = {}
        self.latest: OrderedDict[str, bytes] = OrderedDict()
        self.broken: Counter[str] = Counter()
        self._looked: dict[str, float] = {}
        self._stop: CALLBACK_TYPE | None = None
        self._set_profile(profile)

    def _set_profile(self, profile: Profile) -> None:
        self.profile = profile
        self._reader = Reader(profile)
        self._settings = Settings.of(profile, self._owner.prefix)
        self._is_json = any(channel.path for channel in self._settings.channels.values())

    # ------------------------------------------------------------------ life

    async def async_start(self, remembered: Iterable[Remembered], samples: Sequence[Sample]) -> None:
        """Bring back what is remembered, take what the wizard heard, and begin to hear."""
        for known in remembered:
            if known.identity in self.profile.devices:
                self._async_add_device(known)
        for sample in samples:
            self._remember(sample)
            self._async_read(sample, time.monotonic(), is_new=False)
        for device in self.devices.values():
            device.async_announce()
        self._stop = await mqtt_client.async_subscribe(self._owner.hass, self.profile.topic, self._async_receive)

    @callback
    def async_stop(self) -> None:
        """Hear nothing more; the devices stay."""
        if self._stop:
            self._stop()
            self._stop = None
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
        self.title = title
        self._set_profile(profile)
        for identity in self.devices.keys() - profile.devices.keys():
            self.devices.pop(identity).async_remove()
        for device in self.devices.values():
            device.settings = self._settings
        decided = profile.devices.keys() | profile.ignored
        self.waiting = {identity: about for identity, about in self.waiting.items() if identity not in decided}
        self._looked.clear()
        for topic, payload in list(self.latest.items()):
            self._async_read(Sample(topic, payload), time.monotonic(), is_new=False)
        for device in self.devices.values():
            device.async_announce()

    def covers(self, topic: str) -> bool:
        """Tell whether a message on this topic was one of this thing's devices."""
        return topic in self.latest

    @callback
    def async_sweep(self, now: float) -> None:
        """See which devices have been silent for too long, and whose flood is over."""
        calmed = [device for device in self.devices.values() if device.async_sweep(now)]
        if calmed:
            self._owner.async_flooding(self)

    # --------------------------------------------------------------- messages

    @callback
    def _async_receive(self, message: mqtt_client.ReceiveMessage) -> None:
        if self._is_ours(message.topic):
            return
        payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
        sample = Sample(message.topic, payload)
        now = time.monotonic()
        self._remember(sample)
        if self._settings.direct and now - self._looked.get(sample.topic, -LOOK_EVERY_S) < LOOK_EVERY_S:
            device = self.devices.get(split(self.profile.topic, self.profile.depth, sample.topic).identity)
            if device and not device.hands_on:
                self._async_glance(device, payload, now)
                return
        is_first = sample.topic not in self._looked
        self._looked[sample.topic] = now
        self._async_read(sample, now, is_new=not message.retain)
        if is_first:
            # It may have had new fields already before Home Assistant was started.
            self._owner.async_new_fields(self)

    def _is_ours(self, topic: str) -> bool:
        """Tell whether a message is one of ours or about entities: a filter of ``#`` hears these as well."""
        discovery = mqtt_client.async_discovery_prefix(self._owner.hass)
        return topic.startswith((f"{self._owner.prefix}/", f"{discovery}/"))

    def _remember(self, sample: Sample) -> None:
        if len(sample.payload) > MAX_PAYLOAD:
            return
        self.latest[sample.topic] = sample.payload
        self.latest.move_to_end(sample.topic)
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
            # Whose topic it is tells who spoke, also of a device that else names itself in its messages.
            speakers = (device.identity for device in self.devices.values() if device.remembered.base == place.base)
            self._async_broken(next(speakers, place.identity), error.problem.kind)
        except LibraryNeededError as error:
            self._owner.async_library_needed(self, sample, error.requirement)
        else:
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
            if update.identity not in self.devices and update.identity not in self.profile.devices:
                about = update.about.or_else(About(name=name_from(place.base)))
                if update.identity not in self.waiting:
                    self.waiting[update.identity] = about
                    self._owner.async_new_device(self, update.identity, about)
                continue
            device = self.devices.get(update.identity) or self._async_add_device(
                Remembered(self.subentry_id, update.identity, place.base)
            )
            if is_new:
                self._async_heard(device, now)
            if update.broken:
                self._async_broken(device.identity, ", ".join(update.broken))
            if not update.fields.keys() <= set(device.remembered.fields):
                self._owner.async_new_fields(self)
            if unknown := device.async_update(update, is_new=is_new):
                self._owner.async_new_event_types(self, unknown)
                device.async_late_events(unknown)

    @callback
    def _async_heard(self, device: Device, now: float) -> None:
        if device.async_heard(now):
            self._owner.async_flooding(self)

    @callback
    def _async_broken(self, identity: str, reason: str) -> None:
        """Count what could not be read; it is named once in the log."""
        self.broken[identity] += 1
        if self.broken[identity] == 1:
            LOGGER.warning("A message of %s (%s) could not be read: %s", self.title, identity, reason)

    @callback
    def _async_add_device(self, remembered: Remembered) -> Device:
        device = Device(self._owner.hass, self._owner.publisher, self._settings, remembered)
        self.devices[remembered.identity] = device
        self.waiting.pop(remembered.identity, None)
        return device
