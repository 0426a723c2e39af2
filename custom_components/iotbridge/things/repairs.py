"""Repair flows of things: new fields of a device, new devices of a filter, devices without a subentry."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry

from ..forms import choices
from ..issues import NEW_DEVICES, NEW_FIELDS, RECORDS_BY_POSITION, THINGS_WITHOUT_OWNER, filled
from .flow.channel_form import check_duplicates, form_key, format_with_unit
from .flow.channel_validation import ChannelError
from .flow.forms import device_label
from .flow.live_state import LiveState, async_live_state, with_channels, with_selected_devices
from .flow.texts import async_reason, async_thing_texts
from .model.profile import Profile
from .model.relocation import relocate


class _ChoiceFlow(RepairsFlow, ABC):
    """Base of repair flows that let the user choose for one subentry."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """Store the ids; the subentry may be gone when the flow is opened."""
        # State when the form was built: while it is open, the device keeps sending.
        self._live: LiveState | None = None
        self._entry_id = entry_id
        self._subentry_id = subentry_id

    def _async_owner(self) -> tuple[ConfigEntry, ConfigSubentry] | None:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        subentry = entry.subentries.get(self._subentry_id)
        return (entry, subentry) if subentry else None

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the form; data passed to the first step are no choice."""
        return await self.async_step_decide()

    async def async_step_decide(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask which ones to add, and save the profile."""
        owner = self._async_owner()
        if owner is None:
            return self.async_abort(reason="gone")
        entry, subentry = owner
        if self._live is None:
            self._live = await async_live_state(self.hass, entry, subentry)
        live = self._live
        errors: dict[str, str] = {}
        placeholders = filled(name=subentry.title, topic=live.profile.topic)
        proposed = self._default(live)
        if user_input is not None:
            proposed = user_input["wanted"]
            try:
                profile = self._apply(Profile.from_dict(subentry.data), live, proposed)
            except ChannelError as error:
                errors["base"] = "not_taken"
                placeholders["reason"] = await async_reason(self.hass, error)
            else:
                self.hass.config_entries.async_update_subentry(entry, subentry, data=profile.as_dict())
                return self.async_create_entry(data={})
        options = await self._async_options(live)
        return self.async_show_form(
            step_id="decide",
            data_schema=vol.Schema({vol.Required("wanted", default=proposed): choices(options, multiple=True)}),
            errors=errors,
            description_placeholders=placeholders,
        )

    @abstractmethod
    async def _async_options(self, live: LiveState) -> dict[str, str]:
        """Return the labels of the choices, by value."""

    @abstractmethod
    def _default(self, live: LiveState) -> list[str]:
        """Return the values selected by default."""

    @abstractmethod
    def _apply(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        """Return the profile after the choice; raise ChannelError for an invalid channel."""


class ThingsWithoutOwner(RepairsFlow):
    """Repair flow for learned devices without a subentry; another Home Assistant may have learned them.

    Removing one also removes the history of its entities, so none is selected by default.
    """

    def __init__(self, entry_id: str, _subject: str) -> None:
        """Store the id; the entry may be gone when the flow is opened."""
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the form; data passed to the first step are no choice."""
        return await self.async_step_decide()

    async def async_step_decide(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask which devices to remove, and clear their topics."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="gone")
        things = entry.runtime_data.things
        orphans: dict[str, str] = things.async_orphans()
        if user_input is not None:
            for uid in orphans.keys() & set(user_input["wanted"]):
                things.async_remove_orphan(uid)
            return self.async_create_entry(data={})
        fields = {vol.Required("wanted", default=[]): choices(orphans, multiple=True)}
        return self.async_show_form(step_id="decide", data_schema=vol.Schema(fields))


class NewFields(_ChoiceFlow):
    """Repair flow for a device that sends new fields."""

    async def _async_options(self, live: LiveState) -> dict[str, str]:
        texts = await async_thing_texts(self.hass)
        options = {}
        for channel in live.new:
            value = format_with_unit(live.readings[channel.key].value, channel, texts)
            options[form_key(channel.key)] = f"{channel.name}: {value} ({channel.key})"
        return options

    def _default(self, live: LiveState) -> list[str]:
        return [form_key(channel.key) for channel in live.new if channel.enabled]

    def _apply(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        added = [replace(channel, enabled=True) for channel in live.new if form_key(channel.key) in wanted]
        return with_channels(replace(profile, exact=profile.exact and live.exact), added, live.new)


class NewDevices(_ChoiceFlow):
    """Repair flow for new devices that match the filter of a subentry."""

    async def _async_options(self, live: LiveState) -> dict[str, str]:
        return {identity: device_label(identity, metadata) for identity, metadata in live.news.devices.items()}

    def _default(self, live: LiveState) -> list[str]:
        return list(live.news.devices)

    def _apply(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        return with_selected_devices(profile, set(wanted), live.news.devices)


class RecordsByPosition(_ChoiceFlow):
    """Repair flow for channels that read a record by its position, although it carries an identity."""

    async def _async_options(self, live: LiveState) -> dict[str, str]:
        texts = await async_thing_texts(self.hass)
        options = {}
        for relocation in live.relocations:
            channel, after = relocation.channel, relocation.reading
            before = f"{channel.key} ({format_with_unit(live.values.get(channel.key), channel, texts)})"
            value = format_with_unit(after.value, channel, texts)
            options[channel.key] = f"{channel.name}: {before} → {after.channel.key} ({value})"
        return options

    def _default(self, live: LiveState) -> list[str]:
        return [relocation.channel.key for relocation in live.relocations]

    def _apply(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        chosen = [relocation for relocation in live.relocations if relocation.channel.key in wanted]
        relocated = relocate(profile, chosen, live.readings.values())
        check_duplicates(relocated.channels)
        return relocated


THING_REPAIRS: dict[str, Callable[[str, str], RepairsFlow]] = {
    NEW_DEVICES: NewDevices,
    NEW_FIELDS: NewFields,
    RECORDS_BY_POSITION: RecordsByPosition,
    THINGS_WITHOUT_OWNER: ThingsWithoutOwner,
}
