"""Repairs of things: new fields of a device, new devices of a family, devices without a subentry."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry

from ..forms import choices
from ..issues import NEW_DEVICES, NEW_FIELDS, THINGS_WITHOUT_OWNER, filled
from .flow.channel_form import form_key, with_unit
from .flow.channel_validation import ChannelError
from .flow.forms import device_label
from .flow.live_state import LiveState, async_live_state, decided, extended
from .flow.texts import async_reason, async_thing_texts
from .model.profile import Profile


class _Decision(RepairsFlow, ABC):
    """A choice about one subentry."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """The subentry may be gone when the dialog is opened."""
        # What the form was made of: while somebody looks at it, the device goes on talking.
        self._live: LiveState | None = None
        self._entry_id = entry_id
        self._subentry_id = subentry_id

    def _found(self) -> tuple[ConfigEntry, ConfigSubentry] | None:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        subentry = entry.subentries.get(self._subentry_id)
        return (entry, subentry) if subentry else None

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; what is given here is no answer yet."""
        return await self.async_step_decide()

    async def async_step_decide(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask which are wanted, and make it so."""
        found = self._found()
        if found is None:
            return self.async_abort(reason="gone")
        entry, subentry = found
        if self._live is None:
            self._live = await async_live_state(self.hass, entry, subentry)
        live = self._live
        errors: dict[str, str] = {}
        said = filled(name=subentry.title, topic=live.profile.topic)
        proposed = self._proposed(live)
        if user_input is not None:
            proposed = user_input["wanted"]
            try:
                profile = self._decided(Profile.from_dict(subentry.data), live, proposed)
            except ChannelError as error:
                errors["base"] = "not_taken"
                said["reason"] = await async_reason(self.hass, error)
            else:
                self.hass.config_entries.async_update_subentry(entry, subentry, data=profile.as_dict())
                return self.async_create_entry(data={})
        options = await self._async_options(live)
        return self.async_show_form(
            step_id="decide",
            data_schema=vol.Schema({vol.Required("wanted", default=proposed): choices(options, multiple=True)}),
            errors=errors,
            description_placeholders=said,
        )

    @abstractmethod
    async def _async_options(self, live: LiveState) -> dict[str, str]:
        """Return what there is to choose from, and what to call it."""

    @abstractmethod
    def _proposed(self, live: LiveState) -> list[str]:
        """Return what is chosen unless the user says otherwise."""

    @abstractmethod
    def _decided(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        """Return the profile after the choice; raise ChannelError where it cannot be."""


class ThingsWithoutOwner(RepairsFlow):
    """Devices that were learned and belong to nothing on our page; another Home Assistant may have learned them.

    Removing one also removes the history of its entities, so none is chosen unless the user does.
    """

    def __init__(self, entry_id: str, _subject: str) -> None:
        """The entry may be gone when the dialog is opened."""
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; what is given here is no answer yet."""
        return await self.async_step_decide()

    async def async_step_decide(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask which are to go, and take them back."""
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


class NewFields(_Decision):
    """A device sends more than it did."""

    async def _async_options(self, live: LiveState) -> dict[str, str]:
        words = await async_thing_texts(self.hass)
        options = {}
        for channel in live.new:
            value = with_unit(live.readings[channel.key].value, channel, words)
            options[form_key(channel.key)] = f"{channel.name}: {value} ({channel.key})"
        return options

    def _proposed(self, live: LiveState) -> list[str]:
        return [form_key(channel.key) for channel in live.new if channel.enabled]

    def _decided(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        added = [replace(channel, enabled=True) for channel in live.new if form_key(channel.key) in wanted]
        return extended(replace(profile, exact=profile.exact and live.exact), added, live.new)


class NewDevices(_Decision):
    """A family has devices that nobody decided about."""

    async def _async_options(self, live: LiveState) -> dict[str, str]:
        return {identity: device_label(identity, about) for identity, about in live.news.devices.items()}

    def _proposed(self, live: LiveState) -> list[str]:
        return list(live.news.devices)

    def _decided(self, profile: Profile, live: LiveState, wanted: list[str]) -> Profile:
        return decided(profile, set(wanted), live.news.devices)


THING_REPAIRS: dict[str, Callable[[str, str], RepairsFlow]] = {
    NEW_DEVICES: NewDevices,
    NEW_FIELDS: NewFields,
    THINGS_WITHOUT_OWNER: ThingsWithoutOwner,
}
