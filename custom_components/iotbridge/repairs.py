"""Dialogs of the repairs: new fields of a device, new devices of a family, a host that is gone, damaged files."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .devices.models import Profile
from .flows.channels import form_key, with_unit
from .flows.forms import choices, device_label
from .flows.live import Live, async_live, decided, extended
from .flows.rules import ChannelError
from .flows.words import async_reason, async_words
from .issues import ALARMS_DAMAGED, NEW_DEVICES, STALE_HOST, THINGS_WITHOUT_OWNER, async_placeholders
from .markdown import escaped
from .runtime import IotBridgeConfigEntry

type Data = dict[str, str | int | float | None]


async def async_create_fix_flow(_hass: HomeAssistant, issue_id: str, data: Data | None) -> RepairsFlow:
    """Return the dialog that repairs an issue."""
    if issue_id == ALARMS_DAMAGED:
        return DamagedFiles()
    about = data or {}
    if issue_id.startswith(THINGS_WITHOUT_OWNER):
        return ThingsWithoutOwner(str(about.get("entry_id")))
    if issue_id.startswith(STALE_HOST):
        return ForgetHost(str(about.get("subentry_id")))
    flow = NewDevices if issue_id.startswith(NEW_DEVICES) else NewFields
    return flow(str(about.get("entry_id")), str(about.get("subentry_id")))


class _Decision(RepairsFlow, ABC):
    """A choice about one subentry."""

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """The subentry may be gone when the dialog is opened."""
        # What the form was made of: while somebody looks at it, the device goes on talking.
        self._live: Live | None = None
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
            self._live = await async_live(self.hass, entry, subentry)
        live = self._live
        errors: dict[str, str] = {}
        said = {"name": subentry.title, "topic": escaped(live.profile.topic)}
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
    async def _async_options(self, live: Live) -> dict[str, str]:
        """Return what there is to choose from, and what to call it."""

    @abstractmethod
    def _proposed(self, live: Live) -> list[str]:
        """Return what is chosen unless the user says otherwise."""

    @abstractmethod
    def _decided(self, profile: Profile, live: Live, wanted: list[str]) -> Profile:
        """Return the profile after the choice; raise ChannelError where it cannot be."""


class ThingsWithoutOwner(RepairsFlow):
    """Devices that were learned and belong to nothing on our page; another Home Assistant may have learned them."""

    def __init__(self, entry_id: str) -> None:
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
        fields = {vol.Required("wanted", default=list(orphans)): choices(orphans, multiple=True)}
        return self.async_show_form(step_id="decide", data_schema=vol.Schema(fields))


class NewFields(_Decision):
    """A device sends more than it did."""

    async def _async_options(self, live: Live) -> dict[str, str]:
        words = await async_words(self.hass)
        options = {}
        for channel in live.new:
            value = with_unit(live.readings[channel.key].value, channel, words)
            options[form_key(channel.key)] = f"{channel.name}: {value} ({channel.key})"
        return options

    def _proposed(self, live: Live) -> list[str]:
        return [form_key(channel.key) for channel in live.new if channel.enabled]

    def _decided(self, profile: Profile, live: Live, wanted: list[str]) -> Profile:
        added = [replace(channel, enabled=True) for channel in live.new if form_key(channel.key) in wanted]
        return extended(replace(profile, exact=profile.exact and live.exact), added, live.new)


class NewDevices(_Decision):
    """A family has devices that nobody decided about."""

    async def _async_options(self, live: Live) -> dict[str, str]:
        return {identity: device_label(identity, about) for identity, about in live.news.devices.items()}

    def _proposed(self, live: Live) -> list[str]:
        return list(live.news.devices)

    def _decided(self, profile: Profile, live: Live, wanted: list[str]) -> Profile:
        return decided(profile, set(wanted), live.news.devices)


class ForgetHost(RepairsFlow):
    """Forgets a host that is offline and has no device."""

    def __init__(self, topic: str) -> None:
        """``topic`` is that above the host's own."""
        self._topic = topic

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; what is given here is no answer yet."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask, and clear what the broker remembers of the host."""
        entries: list[IotBridgeConfigEntry] = self.hass.config_entries.async_loaded_entries(DOMAIN)
        hosts = entries[0].runtime_data.agents.inventory if entries else ()
        host = next((host for host in hosts if str(host.key) == self._topic), None)
        if host is None or host.is_online or host.has_device:
            return self.async_abort(reason="gone")
        if user_input is None:
            return self.async_show_form(step_id="confirm", description_placeholders={"host": escaped(host.name)})
        entries[0].runtime_data.attachments.async_forget(host)
        return self.async_create_entry(data={})


class DamagedFiles(RepairsFlow):
    """Deletion of the damaged files of the alarms that were put aside."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; an answer is expected in the next step."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Delete the files once the user has read what happened."""
        entries = self.hass.config_entries.async_loaded_entries(DOMAIN)
        if not entries:
            return self.async_abort(reason="not_running")
        if user_input is not None:
            await entries[0].runtime_data.alarms.ledger.writer.async_remove_damaged()
            return self.async_create_entry(data={})
        said = async_placeholders(self.hass, self.issue_id)
        return self.async_show_form(step_id="confirm", description_placeholders=said)
