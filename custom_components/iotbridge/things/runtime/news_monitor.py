"""Monitor of new fields and new devices: adds them, or asks the user in a repair."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
import time

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later

from ... import issues as ir
from ...const import LOGGER
from ...errors import LibraryMissingError
from ..device_members import name_member
from ..model.message import Path
from ..model.profile import Joining, Profile
from ..model.relocation import relocations
from .news import News, counted
from .reading_status import signal_of_status
from .requirements import async_analyse_for
from .thing import Thing

# New fields often arrive together: they are collected into one issue, updated at most this often.
NEWS_AFTER_S = 5.0
NEWS_EVERY_S = 60.0
# New devices arrive by the dozen when a gateway is switched on: they are added together.
JOIN_AFTER_S = 2.0
# The first messages of many devices bring many names; a device with two names must not fill the disk.
NAME_AFTER_S = 2.0
MAX_DEVICES = 200


class NewsMonitor:
    """Fields and devices of all things that appeared since the user's last decision."""

    def __init__(
        self,
        hass: HomeAssistant,
        issues: ir.Issues,
        things: Mapping[str, Thing],
        save: Callable[[Thing, Profile], None],
    ) -> None:
        """``things`` are the current ones by subentry id, ``save`` writes a changed profile."""
        self._hass = hass
        self._issues = issues
        self._things = things
        self._save = save
        self._new_fields: dict[str, tuple[str, ...]] = {}
        # Identities of the devices that send them, for the things whose fields were checked.
        self._senders: dict[str, frozenset[str]] = {}
        self._field_timers: dict[str, CALLBACK_TYPE] = {}
        self._checked_at: dict[str, float] = {}
        self._name_timers: dict[str, CALLBACK_TYPE] = {}
        self._named_at: dict[str, float] = {}
        self._join_timers: dict[str, CALLBACK_TYPE] = {}

    @callback
    def async_stop(self) -> None:
        """Cancel the scheduled checks."""
        for timers in (self._field_timers, self._name_timers, self._join_timers):
            while timers:
                timers.popitem()[1]()

    def news(self, subentry_id: str) -> News:
        """Return the fields and devices that appeared since the user's last decision."""
        thing = self._things.get(subentry_id)
        return News(self._new_fields.get(subentry_id, ()), dict(thing.undecided) if thing else {})

    @callback
    def async_clear(self, subentry_id: str) -> None:
        """Discard the new fields of a thing whose profile changed."""
        self._new_fields.pop(subentry_id, None)
        self._async_set_senders(subentry_id, frozenset())
        if cancel := self._field_timers.pop(subentry_id, None):
            cancel()

    def has_new_fields(self, subentry_id: str, identity: str) -> bool | None:
        """Return whether a device sends fields that the user has not decided about; None before they were checked."""
        senders = self._senders.get(subentry_id)
        return None if senders is None else identity in senders

    @callback
    def _async_set_senders(self, subentry_id: str, senders: frozenset[str]) -> None:
        if self._senders.get(subentry_id) != senders:
            self._senders[subentry_id] = senders
            async_dispatcher_send(self._hass, signal_of_status(subentry_id))

    @callback
    def async_new_fields(self, thing: Thing) -> None:
        """Schedule a check for new readings among the fields that appeared."""
        if thing.subentry_id in self._field_timers:
            return
        wait_s = _wait_s(self._checked_at.get(thing.subentry_id), NEWS_AFTER_S)
        self._field_timers[thing.subentry_id] = async_call_later(
            self._hass, wait_s, partial(self._async_check_fields, thing)
        )

    async def _async_check_fields(self, thing: Thing, _now: datetime) -> None:
        self._field_timers.pop(thing.subentry_id, None)
        self._checked_at[thing.subentry_id] = time.monotonic()
        try:
            analysis = await async_analyse_for(self._hass, thing.samples, thing.profile)
            member = await self._async_name_member(thing)
        except LibraryMissingError as error:
            LOGGER.warning("%s", error)
            return
        if self._things.get(thing.subentry_id) is not thing:
            return  # it was removed in the meantime
        if member != thing.profile.name_member:
            self._save(thing, replace(thing.profile, name_member=member))
        devices = [device for device in analysis.devices if device.identity in thing.profile.devices]
        readings = [reading for device in devices for reading in device.readings]
        new = [
            (device.identity, reading.channel.key)
            for device in devices
            for reading in device.readings
            if reading.channel.enabled and not thing.profile.is_decided(reading)
        ]
        new_keys = dict.fromkeys(key for _, key in new)
        self._async_set_senders(thing.subentry_id, frozenset(identity for identity, _ in new))
        self._new_fields[thing.subentry_id] = tuple(new_keys)
        placeholders = {"name": thing.title, "count": str(len(new_keys)), "fields": ", ".join(new_keys)}
        self._issues.async_set(ir.NEW_FIELDS, thing.subentry_id, bool(new_keys), **placeholders)
        is_by_position = bool(relocations(thing.profile, readings))
        self._issues.async_set(ir.RECORDS_BY_POSITION, thing.subentry_id, is_by_position, name=thing.title)

    async def _async_name_member(self, thing: Thing) -> Path | None:
        """Return the member with the names of the devices; look for it until a message has it."""
        profile = thing.profile
        if profile.device_member is None or profile.name_member is not None:
            return profile.name_member
        return await self._hass.async_add_executor_job(
            name_member, thing.samples, profile.topic, profile.depth, profile.device_member
        )

    @callback
    def async_new_names(self, thing: Thing) -> None:
        """Schedule saving the names that messages state."""
        if thing.subentry_id in self._name_timers:
            return
        wait_s = _wait_s(self._named_at.get(thing.subentry_id), NAME_AFTER_S)
        self._name_timers[thing.subentry_id] = async_call_later(
            self._hass, wait_s, partial(self._async_save_names, thing)
        )

    @callback
    def _async_save_names(self, thing: Thing, _now: datetime) -> None:
        self._name_timers.pop(thing.subentry_id, None)
        self._named_at[thing.subentry_id] = time.monotonic()
        if self._things.get(thing.subentry_id) is not thing:
            return  # it was removed in the meantime
        devices = dict(thing.profile.devices)
        for identity, name in thing.stated_names.items():
            if identity in devices:
                devices[identity] = replace(devices[identity], name=name)
        thing.stated_names.clear()
        if devices != thing.profile.devices:
            self._save(thing, replace(thing.profile, devices=devices))

    @callback
    def async_new_device(self, thing: Thing) -> None:
        """Schedule adding the devices that appeared, or asking the user about them."""
        if thing.subentry_id not in self._join_timers:
            self._join_timers[thing.subentry_id] = async_call_later(
                self._hass, JOIN_AFTER_S, partial(self._async_join, thing)
            )

    @callback
    def _async_join(self, thing: Thing, _now: datetime) -> None:
        self._join_timers.pop(thing.subentry_id, None)
        if self._things.get(thing.subentry_id) is not thing:
            return
        free = MAX_DEVICES - len(thing.profile.devices)
        if thing.profile.joining is Joining.ADD and thing.undecided and free > 0:
            joined = dict(list(thing.undecided.items())[:free])
            self._save(thing, replace(thing.profile, devices={**thing.profile.devices, **joined}))
        self.async_update_device_issue(thing)

    @callback
    def async_update_device_issue(self, thing: Thing) -> None:
        """Open or close the issue for the devices that the user has not decided about."""
        names = [metadata.name or identity for identity, metadata in thing.undecided.items()]
        self._issues.async_set(ir.NEW_DEVICES, thing.subentry_id, bool(names), name=thing.title, **counted(names))


def _wait_s(last: float | None, first_s: float) -> float:
    """Return the seconds until the next time, ``first_s`` from now at the earliest and not too soon after the last."""
    return first_s if last is None else max(first_s, last + NEWS_EVERY_S - time.monotonic())
