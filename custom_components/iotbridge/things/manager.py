"""Manager of things: runs one for each subentry, and tracks changes of the subentries."""

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
from ..protocol.topics import THING_UID_PREFIX
from ..subentries import Reader
from .model.mapping import thing_uid
from .model.message import Sample
from .model.orphaned_devices import Orphans
from .model.profile import Profile
from .runtime.decode_queue import DecodeLimits
from .runtime.device import ThingDevice
from .runtime.discovery_check import DiscoveryCheck
from .runtime.news import MAX_NAMED, News, counted
from .runtime.news_monitor import NewsMonitor
from .runtime.publisher import CLEAR_AFTER_S, Publisher
from .runtime.reading_status import ReadingStatus
from .runtime.requirements import LibraryInstaller
from .runtime.store import DeviceRecord, ThingStore
from .runtime.thing import Thing

SWEEP = timedelta(seconds=10)
CLEARED_WITHIN_S = 5.0  # a device is removed within this time after its discovery message was cleared
# Interval and maximum of the attempts to remove a device after core has removed its entities.
REMOVAL_INTERVAL_S = 0.5
REMOVAL_ATTEMPTS = 8
MAX_LEARNED = 5


class ThingsManager:
    """Run time of all things."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, prefixes: Sequence[str]) -> None:
        """Start without things; ``async_start`` subscribes.

        ``prefixes`` are the hosts' topic prefixes; decoded values are published below the first one.
        """
        self.hass = hass
        self.prefix = prefixes[0]
        self.foreign_prefixes = tuple(f"{prefix}/" for prefix in prefixes)
        self._prefixes = prefixes
        self.issues = ir.Issues(hass, entry.entry_id)
        self._entry = entry
        self._reader = Reader(self.issues, ir.THING_UNREADABLE)
        self._store = ThingStore(hass)
        self.publisher = Publisher(hass, self._store)
        self.decode_limits = DecodeLimits()
        self.things: dict[str, Thing] = {}
        self._learned_samples: dict[str, Sequence[Sample]] = {}
        self._news = NewsMonitor(hass, self.issues, self.things, self.async_save)
        self._discovery_check = DiscoveryCheck(hass, self.publisher, self._store, self.issues, self.things)
        self._cleared_at: dict[str, float] = {}
        self._removals: dict[str, CALLBACK_TYPE] = {}
        self._orphans = Orphans()
        self._installer = LibraryInstaller(hass, entry, self.issues)
        self._saved_at: float | None = None
        self._is_connected = False
        self._clearing: CALLBACK_TYPE | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._discovery_prefix: str | None = None
        self._stop: list[CALLBACK_TYPE] = []

    # ------------------------------------------------------------------ lifecycle

    async def async_start(self) -> None:
        """Start a thing for every subentry, and remove the devices of subentries that no longer exist."""
        await self._store.async_load()
        wanted = {subentry.subentry_id for subentry in self._subentries()}
        for uid, record in list(self._store.devices.items()):
            if record.subentry_id not in wanted:
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
        """Unsubscribe; devices and values stay."""
        while self._stop:
            self._stop.pop()()
        self._news.async_stop()
        for stop in (self._clearing, self._unsubscribe, *self._removals.values()):
            if stop:
                stop()
        for thing in self.things.values():
            thing.async_stop()
        self.publisher.async_stop()
        self.issues.async_clear()
        await self._store.async_save()

    @callback
    def async_keep_samples(self, topic: str, samples: Sequence[Sample]) -> None:
        """Keep the wizard's samples for the subentry that it is about to create, to initialize its entities."""
        self._learned_samples[topic] = samples
        while len(self._learned_samples) > MAX_LEARNED:  # from dialogs that were never finished
            del self._learned_samples[next(iter(self._learned_samples))]

    def covers(self, topic: str) -> bool:
        """Return whether a topic belongs to a known device."""
        return any(thing.covers(topic) for thing in self.things.values())

    def latest(self, subentry_id: str) -> list[Sample]:
        """Return the newest message of each kind received for a subentry, oldest first."""
        thing = self.things.get(subentry_id)
        return thing.samples if thing else []

    def news(self, subentry_id: str) -> News:
        """Return the fields and devices that appeared since the user's last decision."""
        return self._news.news(subentry_id)

    def device(self, uid: str) -> tuple[str, ThingDevice] | None:
        """Return a device with the id of its subentry."""
        known = ((thing.subentry_id, device) for thing in self.things.values() for device in thing.devices.values())
        return next((pair for pair in known if pair[1].uid == uid), None)

    def reading_status(self, subentry_id: str, identity: str) -> ReadingStatus | None:
        """Return how the messages of a device are read; None before that is known."""
        thing = self.things.get(subentry_id)
        is_unreadable = thing.failures.is_unreadable(identity) if thing else None
        if is_unreadable:
            return ReadingStatus.UNREADABLE
        has_new_fields = self._news.has_new_fields(subentry_id, identity)
        if has_new_fields:
            return ReadingStatus.NEW_FIELDS
        return None if is_unreadable is None or has_new_fields is None else ReadingStatus.WELL

    # -------------------------------------------------------------- subentries

    def _subentries(self) -> list[ConfigSubentry]:
        return [subentry for subentry in self._entry.subentries.values() if subentry.subentry_type == SUBENTRY_DEVICE]

    async def _async_add(self, subentry: ConfigSubentry, profile: Profile) -> None:
        thing = self.things[subentry.subentry_id] = Thing(self, subentry.subentry_id, subentry.title, profile)
        records = [device for device in self._store.devices.values() if device.subentry_id == subentry.subentry_id]
        await thing.async_start(records, self._learned_samples.pop(profile.topic, ()))
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
            self._news.async_clear(subentry_id)
            self.issues.async_clear(subentry_id)
        for subentry_id, subentry in subentries.items():
            thing, profile = self.things.get(subentry_id), self._reader.async_read(subentry, Profile.from_dict)
            if profile is None:
                continue
            if thing is None:
                adding = self._async_add(subentry, profile)
                self._entry.async_create_task(self.hass, adding, f"iotbridge add {subentry.title}")
            elif profile != thing.profile or subentry.title != thing.title:
                self._news.async_clear(subentry_id)
                thing.async_update(subentry.title, profile)
                self._news.async_new_fields(thing)
                self._news.async_update_device_issue(thing)

    @callback
    def async_save(self, thing: Thing, profile: Profile) -> None:
        """Save a changed profile of a thing."""
        subentry = self._entry.subentries[thing.subentry_id]
        self.hass.config_entries.async_update_subentry(self._entry, subentry, data=profile.as_dict())

    # -------------------------------------------------------- callbacks of things

    @callback
    def async_new_fields(self, thing: Thing) -> None:
        """Schedule a check for new readings among the fields that appeared."""
        self._news.async_new_fields(thing)

    @callback
    def async_new_names(self, thing: Thing) -> None:
        """Schedule saving the names that messages state."""
        self._news.async_new_names(thing)

    @callback
    def async_new_device(self, thing: Thing) -> None:
        """Schedule adding the devices that appeared, or asking the user about them."""
        self._news.async_new_device(thing)

    @callback
    def async_new_event_types(self, thing: Thing, types: Mapping[str, str]) -> None:
        """Add new event types to their channels."""
        channels = tuple(
            replace(channel, event_types=(*channel.event_types, types[channel.key]))
            if channel.key in types
            else channel
            for channel in thing.profile.channels
        )
        self.async_save(thing, replace(thing.profile, channels=channels))

    @callback
    def async_flooding(self, thing: Thing) -> None:
        """Open or close the issue for devices that flood."""
        flooding = [device.name for device in thing.devices.values() if device.flooding] or sorted(thing.flooding)
        self.issues.async_set(
            ir.THING_FLOODING, thing.subentry_id, bool(flooding), devices=", ".join(flooding[:MAX_NAMED])
        )

    @callback
    def async_library_needed(self, thing: Thing, sample: Sample, requirement: str) -> None:
        """Install a library, then decode the message again."""
        self._installer.async_need(requirement, partial(thing.async_decode_again, sample))

    # -------------------------------------------------------- connection and registries

    @callback
    def _async_connection_changed(self, connected: bool) -> None:
        self._is_connected = connected
        if not connected:
            return
        now = time.monotonic()
        self._orphans.clear()  # the broker sends again what it keeps, and may have been told to clear some of it
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
        """Remove devices whose removal could not be published at the time."""
        if not self._is_connected:
            return
        registry = dr.async_get(self.hass)
        for uid in list(self._store.leftovers):
            if not self.publisher.is_wanted(uid) and (device := mqtt_client.async_device(self.hass, uid)):
                registry.async_remove_device(device.id)
        self.publisher.async_clear_leftovers()

    async def _async_follow_discovery(self) -> None:
        """Subscribe to discovery messages: a device also vanishes when its message is cleared, not only by the user."""
        prefix = mqtt_client.async_discovery_prefix(self.hass)
        self.foreign_prefixes = tuple(f"{own}/" for own in (*self._prefixes, *([prefix] if prefix else ())))
        self.issues.async_set(ir.DISCOVERY_OFF, "things", prefix is None and bool(self._subentries()))
        if prefix == self._discovery_prefix:
            return
        self._orphans.clear()
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None
        if prefix is not None:
            topic = f"{prefix}/device/+/config"
            self._unsubscribe = await mqtt_client.async_subscribe(self.hass, topic, self._async_config_received)
        self._discovery_prefix = prefix

    @callback
    def _async_config_received(self, message: mqtt_client.ReceiveMessage) -> None:
        uid = message.topic.split("/")[-2]
        self._orphans.record(uid, message.topic, mqtt_client.payload_of(message))
        if cancel := self._removals.pop(uid, None):
            cancel()
        if message.payload or not uid.startswith(THING_UID_PREFIX):
            return
        if self.publisher.is_wanted(uid):
            self._cleared_at[uid] = time.monotonic()
        self._async_schedule_removal(uid, REMOVAL_ATTEMPTS)

    @callback
    def _async_schedule_removal(self, uid: str, attempts: int) -> None:
        removal = partial(self._async_remove_device, uid, attempts)
        self._removals[uid] = async_call_later(self.hass, REMOVAL_INTERVAL_S, removal)

    @callback
    def _async_remove_device(self, uid: str, attempts: int, _now: datetime) -> None:
        """Remove a device that core's mqtt keeps only because it has an entity of ours."""
        del self._removals[uid]
        if (device := mqtt_client.async_device(self.hass, uid)) is None:
            return
        if not mqtt_client.async_has_entities(self.hass, device.id):
            if self.publisher.is_wanted(uid):  # by now; it is announced again
                self._cleared_at[uid] = time.monotonic()
            dr.async_get(self.hass).async_remove_device(device.id)
        elif attempts > 1:
            self._async_schedule_removal(uid, attempts - 1)

    @callback
    def async_orphans(self) -> dict[str, str]:
        """Return the names of learned devices at the broker that belong to no subentry, by uid."""
        if mqtt_client.async_discovery_prefix(self.hass) != self._discovery_prefix:
            return {}  # core's mqtt uses another discovery prefix now, or none
        owned = {
            thing_uid(thing.profile.topic, identity)
            for thing in self.things.values()
            for identity in thing.profile.devices
        }
        return self._orphans.without_owner(owned | self._store.devices.keys() | self._store.leftovers.keys())

    @callback
    def async_remove_orphan(self, uid: str) -> None:
        """Clear the topics of a device that belongs to no subentry."""
        if topic := self._orphans.topic(uid):
            availability = f"{self.prefix}/thing/{uid}/availability"
            self._store.leftovers[uid] = DeviceRecord("", "", "", topic=topic, availability=availability)
            self._async_clear_leftovers(dt_util.utcnow())

    @callback
    def _async_sweep(self, _now: datetime) -> None:
        now = time.monotonic()
        if self._is_connected:
            for thing in self.things.values():
                thing.async_sweep(now)
            self._discovery_check.async_sweep(now)
            names = list(self.async_orphans().values())
            self.issues.async_set(ir.THINGS_WITHOUT_OWNER, "", bool(names), **counted(names))
        heard_at = max((device.heard_at or 0.0 for device in self._store.devices.values()), default=0.0)
        if heard_at != self._saved_at:
            self._saved_at = heard_at
            self._store.async_changed()

    @callback
    def _async_stopping(self, _event: Event) -> None:
        """Save what arrived since the last sweep: pending writes are done before Home Assistant stops."""
        self._store.async_changed()

    @callback
    def _async_device_changed(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        """Handle the removal of a device in Home Assistant by the user."""
        if event.data["action"] != "remove" or mqtt_client.async_entry(self.hass) is None:
            return
        uids = {identifier[1] for identifier in event.data["device"]["identifiers"] if identifier[0] == MQTT_DOMAIN}
        for thing in list(self.things.values()):
            for device in list(thing.devices.values()):
                is_removed_by_user = self.publisher.is_wanted(device.uid) and not device.record.is_refused
                if device.uid in uids and is_removed_by_user:
                    # The registries are still notifying their listeners.
                    self.hass.loop.call_soon(self._async_device_removed, thing, device)

    @callback
    def _async_device_removed(self, thing: Thing, device: ThingDevice) -> None:
        """Remove a device that the user deleted.

        Core clears the discovery message after that. If it was cleared before, it was by a client that cleared the
        broker's retained messages, and the device is published again.
        """
        emptied_at = self._cleared_at.pop(device.uid, None)
        if emptied_at is not None and time.monotonic() - emptied_at < CLEARED_WITHIN_S:
            LOGGER.warning("The discovery message of %s was cleared; it is published again", device.name)
            self.publisher.async_republish(device.uid)
            return
        self.publisher.async_mark_cleared(device.uid)
        self._async_forget(thing, device.identity)

    @callback
    def _async_forget(self, thing: Thing, identity: str) -> None:
        if thing.subentry_id not in self._entry.subentries:
            return
        profile = thing.profile
        devices = {key: metadata for key, metadata in profile.devices.items() if key != identity}
        if not devices:
            self.hass.config_entries.async_remove_subentry(self._entry, thing.subentry_id)
            return
        self.async_save(thing, replace(profile, devices=devices, ignored=profile.ignored | {identity}))
