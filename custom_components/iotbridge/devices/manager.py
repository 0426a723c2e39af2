"""Runs the things: one for each subentry of the user, following what is added, changed and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import time

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from .. import issues as ir, mqtt_client
from ..const import LOGGER, MQTT_DOMAIN, SUBENTRY_DEVICE
from ..errors import LibraryMissingError
from .libraries import async_install, async_understand
from .memory import Memory
from .models import About, Joining, Profile, Sample
from .publisher import Publisher
from .thing import Thing

SWEEP = timedelta(seconds=10)
# New fields come in the same message or moment: they are told together.
NEWS_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class News:
    """What appeared since the user decided: keys of fields that are no channels, and devices nobody decided about."""

    fields: tuple[str, ...]
    devices: Mapping[str, About]


class ThingsManager:
    """The run time of all things."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, prefix: str) -> None:
        """Prepare; nothing is heard before async_start. ``prefix`` is where decoded values are published."""
        self.hass = hass
        self.prefix = prefix
        self.issues = ir.Issues(hass, entry.entry_id)
        self._entry = entry
        self._memory = Memory(hass)
        self.publisher = Publisher(hass, self._memory)
        self.things: dict[str, Thing] = {}
        self._handed_over: dict[str, Sequence[Sample]] = {}
        self._new_fields: dict[str, tuple[str, ...]] = {}
        self._news_timers: dict[str, CALLBACK_TYPE] = {}
        self._stop: list[CALLBACK_TYPE] = []

    # ------------------------------------------------------------------ life

    async def async_start(self) -> None:
        """Begin to hear for every subentry; what is left of removed ones goes."""
        await self._memory.async_load()
        wanted = {subentry.subentry_id for subentry in self._subentries()}
        for uid, remembered in list(self._memory.devices.items()):
            if remembered.subentry_id not in wanted:
                self.publisher.async_remove(uid)
        for subentry in self._subentries():
            await self._async_add(subentry)
        changed = async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed)
        self._stop += [
            changed,
            mqtt_client.async_subscribe_connection_status(self.hass, self._async_connection_changed),
            self.hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_device_changed),
            async_track_time_interval(self.hass, self._async_sweep, SWEEP, name="iotbridge things sweep"),
        ]

    async def async_stop(self) -> None:
        """Hear nothing more; devices and values stay as they are."""
        while self._stop:
            self._stop.pop()()
        while self._news_timers:
            self._news_timers.popitem()[1]()
        for thing in self.things.values():
            thing.async_stop()
        self.publisher.async_stop()
        self.issues.async_clear()
        await self._memory.async_save()

    @callback
    def async_hand_over(self, topic: str, samples: Sequence[Sample]) -> None:
        """Keep what the wizard heard for the subentry that it is about to make: its entities start with it."""
        self._handed_over[topic] = samples

    def covers(self, topic: str) -> bool:
        """Tell whether a topic is that of a known device."""
        return any(thing.covers(topic) for thing in self.things.values())

    def latest(self, subentry_id: str) -> list[Sample]:
        """Return the newest message of each topic that was heard for a subentry, oldest first."""
        thing = self.things.get(subentry_id)
        return [Sample(topic, payload) for topic, payload in thing.latest.items()] if thing else []

    def news(self, subentry_id: str) -> News:
        """Return what appeared since the user decided."""
        thing = self.things.get(subentry_id)
        return News(self._new_fields.get(subentry_id, ()), dict(thing.waiting) if thing else {})

    # -------------------------------------------------------------- subentries

    def _subentries(self) -> list[ConfigSubentry]:
        return [found for found in self._entry.subentries.values() if found.subentry_type == SUBENTRY_DEVICE]

    async def _async_add(self, subentry: ConfigSubentry) -> None:
        profile = Profile.from_dict(subentry.data)
        thing = self.things[subentry.subentry_id] = Thing(self, subentry.subentry_id, subentry.title, profile)
        remembered = [device for device in self._memory.devices.values() if device.subentry_id == subentry.subentry_id]
        await thing.async_start(remembered, self._handed_over.pop(profile.topic, ()))

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.entry_id != self._entry.entry_id or change is not ConfigEntryChange.UPDATED:
            return
        subentries = {subentry.subentry_id: subentry for subentry in self._subentries()}
        for subentry_id in self.things.keys() - subentries.keys():
            self.things.pop(subentry_id).async_remove()
            self._async_clear_news(subentry_id)
            self.issues.async_clear(subentry_id)
        for subentry_id, subentry in subentries.items():
            thing = self.things.get(subentry_id)
            if thing is None:
                self._entry.async_create_task(self.hass, self._async_add(subentry), f"iotbridge add {subentry.title}")
            elif (profile := Profile.from_dict(subentry.data)) != thing.profile or subentry.title != thing.title:
                self._async_clear_news(subentry_id)
                thing.async_update(subentry.title, profile)
                self.async_new_fields(thing)
                self._async_tell_devices(thing)

    @callback
    def _async_save(self, thing: Thing, profile: Profile) -> None:
        subentry = self._entry.subentries[thing.subentry_id]
        self.hass.config_entries.async_update_subentry(self._entry, subentry, data=profile.as_dict())

    # -------------------------------------------------------- what things tell

    @callback
    def async_new_fields(self, thing: Thing) -> None:
        """See, when the moment is over, which of the fields that appeared are readings."""
        if thing.subentry_id not in self._news_timers:
            self._news_timers[thing.subentry_id] = async_call_later(
                self.hass, NEWS_AFTER_S, partial(self._async_look_for_news, thing)
            )

    async def _async_look_for_news(self, thing: Thing, _now: datetime) -> None:
        self._news_timers.pop(thing.subentry_id, None)
        try:
            understood = await async_understand(
                self.hass, self.latest(thing.subentry_id), topic=thing.profile.topic, depth=thing.profile.depth
            )
        except LibraryMissingError as error:
            LOGGER.warning("%s", error)
            return
        known = {channel.key for channel in thing.profile.channels} | thing.profile.dropped
        new = {
            reading.channel.key: None
            for device in understood.devices
            if device.identity in thing.profile.devices
            for reading in device.readings
            if reading.channel.enabled and reading.channel.key not in known
        }
        self._new_fields[thing.subentry_id] = tuple(new)
        self.issues.async_set(
            ir.NEW_FIELDS,
            thing.subentry_id,
            bool(new),
            name=thing.title,
            count=str(len(new)),
            fields=", ".join(new),
        )

    @callback
    def async_new_device(self, thing: Thing, identity: str, about: About) -> None:
        """Add a device that appeared, or ask the user, as the user chose."""
        if thing.profile.joining is Joining.ADD:
            devices = {**thing.profile.devices, identity: about}
            self._async_save(thing, replace(thing.profile, devices=devices))
        else:
            self._async_tell_devices(thing)

    @callback
    def _async_tell_devices(self, thing: Thing) -> None:
        names = [about.name or identity for identity, about in thing.waiting.items()]
        self.issues.async_set(
            ir.NEW_DEVICES,
            thing.subentry_id,
            bool(names),
            name=thing.title,
            count=str(len(names)),
            devices=", ".join(names),
        )

    @callback
    def async_new_event_types(self, thing: Thing, types: Mapping[str, str]) -> None:
        """Let events of a new type join their channels."""
        channels = tuple(
            replace(channel, event_types=(*channel.event_types, types[channel.key]))
            if channel.key in types
            else channel
            for channel in thing.profile.channels
        )
        self._async_save(thing, replace(thing.profile, channels=channels))

    @callback
    def async_flooding(self, thing: Thing) -> None:
        """Tell the user of devices that send more than anyone could want."""
        mad = [device.name for device in thing.devices.values() if device.flooding]
        self.issues.async_set(ir.THING_FLOODING, thing.subentry_id, bool(mad), devices=", ".join(mad))

    @callback
    def async_library_needed(self, thing: Thing, sample: Sample, requirement: str) -> None:
        """Install a library and read the message again."""
        self._entry.async_create_background_task(
            self.hass, self._async_install(thing, sample, requirement), f"iotbridge install {requirement}"
        )

    async def _async_install(self, thing: Thing, sample: Sample, requirement: str) -> None:
        try:
            await async_install(self.hass, requirement)
        except LibraryMissingError as error:
            LOGGER.warning("%s", error)
            return
        thing.async_read_again(sample)

    @callback
    def _async_clear_news(self, subentry_id: str) -> None:
        self._new_fields.pop(subentry_id, None)
        if cancel := self._news_timers.pop(subentry_id, None):
            cancel()

    # ------------------------------------------------------- the world around

    @callback
    def _async_connection_changed(self, connected: bool) -> None:
        if connected:
            self.publisher.async_reconnected()
            for thing in self.things.values():
                for device in thing.devices.values():
                    device.async_reconnected()

    @callback
    def _async_sweep(self, _now: datetime) -> None:
        now = time.monotonic()
        for thing in self.things.values():
            thing.async_sweep(now)
        self._memory.async_changed()

    @callback
    def _async_device_changed(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        """Follow a user who deletes a device in Home Assistant: it is not wanted any more."""
        if event.data["action"] != "remove" or mqtt_client.async_entry(self.hass) is None:
            return
        uids = {identifier[1] for identifier in event.data["device"]["identifiers"] if identifier[0] == MQTT_DOMAIN}
        for thing in list(self.things.values()):
            for device in list(thing.devices.values()):
                if device.uid in uids and self.publisher.is_wanted(device.uid):
                    self.publisher.async_taken_back(device.uid)
                    # The registries are still in the middle of telling everybody.
                    self.hass.loop.call_soon(self._async_forget, thing, device.identity)

    @callback
    def _async_forget(self, thing: Thing, identity: str) -> None:
        if thing.subentry_id not in self._entry.subentries:
            return
        profile = thing.profile
        devices = {key: about for key, about in profile.devices.items() if key != identity}
        if not devices:
            self.hass.config_entries.async_remove_subentry(self._entry, thing.subentry_id)
            return
        self._async_save(thing, replace(profile, devices=devices, ignored=profile.ignored | {identity}))


async def async_forget_all(hass: HomeAssistant, prefix: str) -> None:
    """Take back everything that was published for things: the integration is being removed."""
    memory = Memory(hass)
    await memory.async_load()
    if mqtt_client.async_entry(hass) is not None and memory.devices:
        for uid, device in memory.devices.items():
            for topic in (device.topic, f"{prefix}/thing/{uid}/availability"):
                if topic:
                    await mqtt_client.async_publish(hass, topic, "", qos=1, retain=True)
    await memory.async_remove()
