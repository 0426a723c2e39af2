"""Runs the things: one for each subentry of the user, following what is added, changed and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import time

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util import dt as dt_util

from .. import issues as ir, mqtt_client
from ..const import LOGGER, MQTT_DOMAIN, SUBENTRY_DEVICE
from ..errors import LibraryMissingError
from ..subentries import Reader
from .model.mapping import thing_uid
from .model.message import Sample
from .model.orphaned_devices import Orphans
from .model.profile import Joining, Profile
from .runtime.decode_queue import DecodeLimits
from .runtime.device import ThingDevice
from .runtime.news import MAX_NAMED, News, counted
from .runtime.publisher import CLEAR_AFTER_S, Publisher
from .runtime.requirements import LibraryInstaller, async_analyse
from .runtime.store import DeviceRecord, ThingStore
from .runtime.thing import Thing

SWEEP = timedelta(seconds=10)
# New fields come in the same message or moment: they are told together, and not more often than this.
NEWS_AFTER_S = 5.0
NEWS_EVERY_S = 60.0
# New devices come by the dozen when a gateway is switched on: they join together.
JOIN_AFTER_S = 2.0
MAX_DEVICES = 200
TAKEN_AWAY_S = 5.0  # within which a device goes after its discovery message was emptied
MAX_HANDED_OVER = 5


class ThingsManager:
    """The run time of all things."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, prefixes: Sequence[str]) -> None:
        """Prepare; nothing is heard before async_start.

        ``prefixes`` are those of hosts; below the first one decoded values are published.
        """
        self.hass = hass
        self.prefix = prefixes[0]
        self.not_things = tuple(f"{prefix}/" for prefix in prefixes)
        self._prefixes = prefixes
        self.issues = ir.Issues(hass, entry.entry_id)
        self._entry = entry
        self._reader = Reader(self.issues, ir.THING_UNREADABLE)
        self._memory = ThingStore(hass)
        self.publisher = Publisher(hass, self._memory)
        self.decode_limits = DecodeLimits()
        self.things: dict[str, Thing] = {}
        self._handed_over: dict[str, Sequence[Sample]] = {}
        self._new_fields: dict[str, tuple[str, ...]] = {}
        self._news_timers: dict[str, CALLBACK_TYPE] = {}
        self._news_at: dict[str, float] = {}
        self._join_timers: dict[str, CALLBACK_TYPE] = {}
        self._emptied_at: dict[str, float] = {}
        self._orphans = Orphans()
        self._installer = LibraryInstaller(hass, entry, self.issues)
        self._saved_at: float | None = None
        self._is_connected = False
        self._clearing: CALLBACK_TYPE | None = None
        self._stop_emptied: CALLBACK_TYPE | None = None
        self._discovery_prefix: str | None = None
        self._stop: list[CALLBACK_TYPE] = []

    # ------------------------------------------------------------------ life

    async def async_start(self) -> None:
        """Begin to hear for every subentry; what is left of removed ones goes."""
        await self._memory.async_load()
        wanted = {subentry.subentry_id for subentry in self._subentries()}
        for uid, remembered in list(self._memory.devices.items()):
            if remembered.subentry_id not in wanted:
                self.publisher.async_remove(uid)
        await self._async_follow_discovery()
        for subentry in self._subentries():
            if profile := self._reader.async_read(subentry, Profile.from_dict):
                await self._async_add(subentry, profile)
        self._async_connection_changed(mqtt_client.is_connected(self.hass))
        changed = async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed)
        self._stop += [
            changed,
            mqtt_client.async_subscribe_connection_status(self.hass, self._async_connection_changed),
            self.hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_device_changed),
            async_track_time_interval(self.hass, self._async_sweep, SWEEP, name="iotbridge things sweep"),
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_stopping),
        ]

    async def async_stop(self) -> None:
        """Hear nothing more; devices and values stay as they are."""
        while self._stop:
            self._stop.pop()()
        for timers in (self._news_timers, self._join_timers):
            while timers:
                timers.popitem()[1]()
        for stop in (self._clearing, self._stop_emptied):
            if stop:
                stop()
        for thing in self.things.values():
            thing.async_stop()
        self.publisher.async_stop()
        self.issues.async_clear()
        await self._memory.async_save()

    @callback
    def async_hand_over(self, topic: str, samples: Sequence[Sample]) -> None:
        """Keep what the wizard heard for the subentry that it is about to make: its entities start with it."""
        self._handed_over[topic] = samples
        while len(self._handed_over) > MAX_HANDED_OVER:  # of dialogs that were never finished
            del self._handed_over[next(iter(self._handed_over))]

    def covers(self, topic: str) -> bool:
        """Return whether a topic is that of a known device."""
        return any(thing.covers(topic) for thing in self.things.values())

    def latest(self, subentry_id: str) -> list[Sample]:
        """Return the newest message of each kind that was heard for a subentry, oldest first."""
        thing = self.things.get(subentry_id)
        return thing.samples if thing else []

    def news(self, subentry_id: str) -> News:
        """Return what appeared since the user decided."""
        thing = self.things.get(subentry_id)
        return News(self._new_fields.get(subentry_id, ()), dict(thing.waiting) if thing else {})

    # -------------------------------------------------------------- subentries

    def _subentries(self) -> list[ConfigSubentry]:
        return [found for found in self._entry.subentries.values() if found.subentry_type == SUBENTRY_DEVICE]

    async def _async_add(self, subentry: ConfigSubentry, profile: Profile) -> None:
        thing = self.things[subentry.subentry_id] = Thing(self, subentry.subentry_id, subentry.title, profile)
        remembered = [device for device in self._memory.devices.values() if device.subentry_id == subentry.subentry_id]
        await thing.async_start(remembered, self._handed_over.pop(profile.topic, ()))
        if self.things.get(subentry.subentry_id) is not thing:
            thing.async_stop()  # it was removed in the meantime

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.entry_id != self._entry.entry_id or change is not ConfigEntryChange.UPDATED:
            return
        subentries = {subentry.subentry_id: subentry for subentry in self._subentries()}
        self._reader.async_keep(subentries)
        for subentry_id in self.things.keys() - subentries.keys():
            self.things.pop(subentry_id).async_remove()
            self._async_clear_news(subentry_id)
            self.issues.async_clear(subentry_id)
        for subentry_id, subentry in subentries.items():
            thing, profile = self.things.get(subentry_id), self._reader.async_read(subentry, Profile.from_dict)
            if profile is None:
                continue
            if thing is None:
                add = self._async_add(subentry, profile)
                self._entry.async_create_task(self.hass, add, f"iotbridge add {subentry.title}")
            elif profile != thing.profile or subentry.title != thing.title:
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
        if thing.subentry_id in self._news_timers:
            return
        again_s = self._news_at.get(thing.subentry_id, -NEWS_EVERY_S) + NEWS_EVERY_S - time.monotonic()
        self._news_timers[thing.subentry_id] = async_call_later(
            self.hass, max(NEWS_AFTER_S, again_s), partial(self._async_look_for_news, thing)
        )

    async def _async_look_for_news(self, thing: Thing, _now: datetime) -> None:
        self._news_timers.pop(thing.subentry_id, None)
        self._news_at[thing.subentry_id] = time.monotonic()
        try:
            understood = await async_analyse(
                self.hass, self.latest(thing.subentry_id), topic=thing.profile.topic, depth=thing.profile.depth
            )
        except LibraryMissingError as error:
            LOGGER.warning("%s", error)
            return
        if self.things.get(thing.subentry_id) is not thing:
            return  # it was removed in the meantime
        known = {channel.key for channel in thing.profile.channels} | thing.profile.dropped
        new = {
            reading.channel.key: None
            for device in understood.devices
            if device.identity in thing.profile.devices
            for reading in device.readings
            if reading.channel.enabled and reading.channel.key not in known
        }
        self._new_fields[thing.subentry_id] = tuple(new)
        told = {"name": thing.title, "count": str(len(new)), "fields": ", ".join(new)}
        self.issues.async_set(ir.NEW_FIELDS, thing.subentry_id, bool(new), **told)

    @callback
    def async_new_device(self, thing: Thing) -> None:
        """Add devices that appeared, or ask the user, when the moment is over."""
        if thing.subentry_id not in self._join_timers:
            self._join_timers[thing.subentry_id] = async_call_later(
                self.hass, JOIN_AFTER_S, partial(self._async_join, thing)
            )

    @callback
    def _async_join(self, thing: Thing, _now: datetime) -> None:
        self._join_timers.pop(thing.subentry_id, None)
        if self.things.get(thing.subentry_id) is not thing:
            return
        free = MAX_DEVICES - len(thing.profile.devices)
        if thing.profile.joining is Joining.ADD and thing.waiting and free > 0:
            joined = dict(list(thing.waiting.items())[:free])
            self._async_save(thing, replace(thing.profile, devices={**thing.profile.devices, **joined}))
        self._async_tell_devices(thing)

    @callback
    def _async_tell_devices(self, thing: Thing) -> None:
        names = [about.name or identity for identity, about in thing.waiting.items()]
        self.issues.async_set(ir.NEW_DEVICES, thing.subentry_id, bool(names), name=thing.title, **counted(names))

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
    def async_unreadable_for_core(self, thing: Thing) -> None:
        """Hand on the values of devices from now on that core has read itself so far."""
        LOGGER.info("%s sends what only IoT Bridge can read; its values are handed on from now on", thing.title)
        self._async_save(thing, replace(thing.profile, exact=False))

    @callback
    def async_flooding(self, thing: Thing) -> None:
        """Set or clear the repair for devices that flood."""
        mad = [device.name for device in thing.devices.values() if device.flooding] or sorted(thing.flooding)
        self.issues.async_set(ir.THING_FLOODING, thing.subentry_id, bool(mad), devices=", ".join(mad[:MAX_NAMED]))

    @callback
    def async_library_needed(self, thing: Thing, sample: Sample, requirement: str) -> None:
        """Install a library and read the message again."""
        self._installer.async_need(requirement, partial(thing.async_read_again, sample))

    @callback
    def _async_clear_news(self, subentry_id: str) -> None:
        self._new_fields.pop(subentry_id, None)
        if cancel := self._news_timers.pop(subentry_id, None):
            cancel()

    # ------------------------------------------------------- the world around

    @callback
    def _async_connection_changed(self, connected: bool) -> None:
        self._is_connected = connected
        if not connected:
            return
        now = time.monotonic()
        self.publisher.async_reconnected()
        for thing in self.things.values():
            for device in thing.devices.values():
                device.async_reconnected(now)
        if self._clearing:
            self._clearing()
        self._clearing = async_call_later(self.hass, CLEAR_AFTER_S, self._async_clear_leftovers)
        self._entry.async_create_task(self.hass, self._async_follow_discovery(), "iotbridge follow discovery")

    @callback
    def _async_clear_leftovers(self, _now: datetime) -> None:
        """Have devices go that were removed while nobody could be told."""
        if not self._is_connected:
            return
        registry = dr.async_get(self.hass)
        for uid in list(self._memory.leftovers):
            if not self.publisher.is_wanted(uid) and (device := mqtt_client.async_device(self.hass, uid)):
                registry.async_remove_device(device.id)
        self.publisher.async_clear_leftovers()

    async def _async_follow_discovery(self) -> None:
        """Hear who empties a discovery message: not every device that goes was deleted by the user."""
        prefix = mqtt_client.async_discovery_prefix(self.hass)
        self.not_things = tuple(f"{own}/" for own in (*self._prefixes, *([prefix] if prefix else ())))
        self.issues.async_set(ir.DISCOVERY_OFF, "things", prefix is None and bool(self._subentries()))
        if prefix == self._discovery_prefix:
            return
        self._orphans.clear()
        if self._stop_emptied:
            self._stop_emptied()
            self._stop_emptied = None
        if prefix is not None:
            topic = f"{prefix}/device/+/config"
            self._stop_emptied = await mqtt_client.async_subscribe(self.hass, topic, self._async_config_heard)
        self._discovery_prefix = prefix

    @callback
    def _async_config_heard(self, message: mqtt_client.ReceiveMessage) -> None:
        uid = message.topic.split("/")[-2]
        self._orphans.heard(uid, message.topic, mqtt_client.payload_of(message))
        if not message.payload and self.publisher.is_wanted(uid):
            self._emptied_at[uid] = time.monotonic()

    @callback
    def async_orphans(self) -> dict[str, str]:
        """Return the names of devices at the broker that were learned and belong to no subentry, by uid."""
        if mqtt_client.async_discovery_prefix(self.hass) != self._discovery_prefix:
            return {}  # core's mqtt looks for devices elsewhere now, or no more
        owned = {thing_uid(thing.profile.topic, one) for thing in self.things.values() for one in thing.profile.devices}
        return self._orphans.without_owner(owned | self._memory.devices.keys() | self._memory.leftovers.keys())

    @callback
    def async_remove_orphan(self, uid: str) -> None:
        """Take back a device that belongs to no subentry."""
        if topic := self._orphans.topic(uid):
            availability = f"{self.prefix}/thing/{uid}/availability"
            self._memory.leftovers[uid] = DeviceRecord("", "", "", topic=topic, availability=availability)
            self._async_clear_leftovers(dt_util.utcnow())

    @callback
    def _async_sweep(self, _now: datetime) -> None:
        now = time.monotonic()
        if self._is_connected:
            for thing in self.things.values():
                thing.async_sweep(now)
            names = list(self.async_orphans().values())
            self.issues.async_set(ir.THINGS_WITHOUT_OWNER, "", bool(names), **counted(names))
        heard_at = max((device.heard_at or 0.0 for device in self._memory.devices.values()), default=0.0)
        if heard_at != self._saved_at:
            self._saved_at = heard_at
            self._memory.async_changed()

    @callback
    def _async_stopping(self, _event: Event) -> None:
        """Keep what was said since the last sweep as well: what is due is written before Home Assistant ends."""
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
                    # The registries are still in the middle of telling everybody.
                    self.hass.loop.call_soon(self._async_device_removed, thing, device)

    @callback
    def _async_device_removed(self, thing: Thing, device: ThingDevice) -> None:
        """Forget a device that the user deleted.

        Core empties the discovery message after that. Where it was emptied before, somebody cleared the broker's
        retained messages, which is not the user's word about this device.
        """
        emptied_at = self._emptied_at.pop(device.uid, None)
        if emptied_at is not None and time.monotonic() - emptied_at < TAKEN_AWAY_S:
            LOGGER.warning("The discovery message of %s was taken away; it is published again", device.name)
            self.publisher.async_republish(device.uid)
            return
        self.publisher.async_taken_back(device.uid)
        self._async_forget(thing, device.identity)

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
