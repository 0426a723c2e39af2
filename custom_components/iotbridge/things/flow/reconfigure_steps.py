"""Flow steps that change the channels and settings of a learned device, or export its profile."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector

from ...const import LOGGER
from ...forms import LINES, TEXT, choices
from ...markdown import in_code
from ...subentries import read
from ...topic_filters import has_wildcard
from ..model.discovery_config import is_direct
from ..model.profile import Channel, Joining, Profile
from ..model.topic_matching import count_blanks
from ..profiles.yaml_file import dump
from . import availability_form
from .channel_form import check_all
from .channel_offer import ChannelOffer
from .channel_steps import ChannelSteps, list_schema
from .channel_validation import ChannelError, blanks_of
from .device_pages import async_links
from .forms import device_label, joining_schema, read_page
from .live_state import LiveState, async_live_state, with_selected_devices
from .profile_library import async_save
from .texts import READERS, async_thing_texts


class ReconfigureSteps(ChannelSteps):
    """Steps of the reconfigure menu."""

    # State from which the current form was built: while it is open, the device keeps sending.
    _live: LiveState | None = None

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu of changes."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if read(self._get_reconfigure_subentry(), Profile.from_dict) is None:
            return self.async_abort(reason="unreadable")
        live = await self._async_live(None)
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["channels", "settings", "export"],
            description_placeholders={
                "topic": in_code(live.profile.topic),
                "pages": async_links(self.hass, live.profile),
                "fields": str(len(live.new)),
                "devices": str(len(live.news.devices)),
            },
        )

    async def _async_live(self, user_input: Mapping[str, Any] | None) -> LiveState:
        """Return the state for a form; for a submitted one, the state from which it was built."""
        if self._live is None or user_input is None:
            self._live = await async_live_state(self.hass, self._get_entry(), self._get_reconfigure_subentry())
        return self._live

    def _profile_now(self) -> Profile:
        """Return the current profile, which may have changed since the form was shown."""
        return Profile.from_dict(self._get_reconfigure_subentry().data)

    def _save(self, profile: Profile, title: str | None = None) -> SubentryFlowResult:
        subentry = self._get_reconfigure_subentry()
        return self.async_update_and_abort(
            self._get_entry(), subentry, data=profile.as_dict(), title=title or subentry.title
        )

    # ---------------------------------------------------------------- channels

    async def async_step_channels(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the current channels, including those that appeared since, and all other values."""
        live = await self._async_live(user_input if self._offer is None else {})
        if self._offer is None:
            self._offer = live.offer()
        texts = await async_thing_texts(self.hass)
        errors: dict[str, str] = {}
        placeholders = {"topic": in_code(live.profile.topic), "reader": READERS[is_direct(live.profile)]}
        if user_input is not None:
            profile = self._profile_now()
            blanks = blanks_of(profile.topic, profile.depth, profile.devices, profile.device_member)
            if user_input.get("edit"):
                return await self._async_change_channels(user_input, blanks, self.async_step_channels)
            try:
                return self._save(_with_channels(profile, live, self._offer, user_input["channels"], blanks))
            except ChannelError as error:
                errors["channels"] = error.key
                placeholders |= error.placeholders
        suggested = user_input or self._answers or {"channels": self._offer.enabled}
        return self.async_show_form(
            step_id="channels",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(list_schema(self._offer, texts)), suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    # ---------------------------------------------------------------- settings

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the name, the wanted devices, and how their availability is determined."""
        live = await self._async_live(user_input)
        errors: dict[str, str] = {}
        title = self._get_reconfigure_subentry().title
        if user_input is not None:
            try:
                profile = _with_settings(self._profile_now(), live, user_input, title)
            except ValueError as error:
                errors["base"] = str(error)
            else:
                return self._save(profile, user_input["name"].strip())
        identities = live.identities()
        schema: dict[vol.Marker, Any] = {
            vol.Required("name"): TEXT,
            vol.Optional("manufacturer"): TEXT,
            vol.Optional("model"): TEXT,
        }
        if not _is_family(live):
            schema[vol.Optional("configuration_url")] = TEXT
        else:
            labels = {identity: device_label(identity, metadata) for identity, metadata in identities.items()}
            schema |= {vol.Required("devices"): choices(labels, multiple=True), **joining_schema()}
        schema[vol.Required(availability_form.SECTION)] = availability_form.schema()
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(schema), user_input or _suggested(live.profile, title)
            ),
            errors=errors,
        )

    # ---------------------------------------------------------------- export

    async def async_step_export(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the device as a profile, to copy or to save."""
        subentry = self._get_reconfigure_subentry()
        profile = Profile.from_dict(subentry.data)
        shared = _shared(profile, subentry.title)
        text = dump(profile, subentry.title, manufacturer=shared["manufacturer"], model=shared["model"])
        errors: dict[str, str] = {}
        if user_input is not None:
            if not user_input["keep"]:
                return self.async_abort(reason="exported")
            try:
                path = await async_save(self.hass, subentry.title, text)
            except OSError as error:
                LOGGER.warning("Could not write the profile of %s: %s", subentry.title, error)
                errors["base"] = "not_written"
            else:
                return self.async_abort(reason="kept", description_placeholders={"path": str(path)})
        schema = vol.Schema({vol.Optional("profile"): LINES, vol.Required("keep", default=False): BooleanSelector()})
        return self.async_show_form(
            step_id="export",
            data_schema=self.add_suggested_values_to_schema(schema, {"profile": text}),
            errors=errors,
        )


def _with_channels(
    profile: Profile, live: LiveState, offer: ChannelOffer, selected: Collection[str], blanks: int | None
) -> Profile:
    """Return the profile with the channels of the form; those neither selected nor sent any more are dropped.

    Raises ChannelError.
    """
    before = {channel.key: channel for channel in live.profile.channels}
    now = {channel.key: channel for channel in profile.channels}
    chosen = [
        _with_types_of(channel, before.get(channel.key), now.get(channel.key))
        for channel in offer.chosen(selected)
        if channel.enabled or not live.samples or channel.key in live.readings or channel.key in live.unproposed
    ]
    check_all(chosen, offer.values, blanks)
    shown = {channel.key for channel in offer.channels.values()}
    kept = [channel for key, channel in now.items() if key not in shown]
    removed = before.keys() - {channel.key for channel in chosen}
    dropped = (profile.dropped | removed) - {channel.key for channel in chosen}
    exact = profile.exact and live.exact
    return replace(profile, channels=(*chosen, *kept), dropped=frozenset(dropped), exact=exact)


def _with_types_of(channel: Channel, before: Channel | None, now: Channel | None) -> Channel:
    """Return a channel with the event types added while the form was open, unless the user changed them."""
    if before and now and channel.event_types == before.event_types:
        return replace(channel, event_types=now.event_types)
    return channel


def _with_settings(profile: Profile, live: LiveState, user_input: Mapping[str, Any], title: str) -> Profile:
    """Return the profile with the settings of the form; raise ValueError with an error key of the flow."""
    blanks = count_blanks(profile.topic, profile.depth)
    availability, expire_after_s = availability_form.read(user_input[availability_form.SECTION], blanks)
    if not user_input["name"].strip():
        raise ValueError("name_missing")
    profile = replace(profile, availability=availability, expire_after_s=expire_after_s)
    if _is_family(live):
        if not user_input["devices"]:
            raise ValueError("no_devices")
        profile = with_selected_devices(profile, set(user_input["devices"]), live.identities())
        profile = replace(profile, joining=Joining(user_input["joining"]))
    before = _shared(live.profile, title)
    after = {key: _text(user_input, key) for key in ("name", "manufacturer", "model")}
    if not _is_family(live):
        after["configuration_url"] = read_page(user_input)
    changed: dict[str, str | None] = {key: value for key, value in after.items() if value != before[key]}
    if len(profile.devices) > 1 or profile.device_member is not None:
        changed.pop("name", None)
    devices = {identity: replace(metadata, **changed) for identity, metadata in profile.devices.items()}
    return replace(profile, devices=devices)


def _is_family(live: LiveState) -> bool:
    profile = live.profile
    return has_wildcard(profile.topic) or profile.device_member is not None or len(live.identities()) > 1


def _shared(profile: Profile, title: str) -> dict[str, str | None]:
    """Return the metadata that all devices share, as shown in the form."""
    devices = list(profile.devices.values())
    shared = {}
    for key in ("manufacturer", "model", "configuration_url"):
        values = {getattr(device, key) for device in devices}
        shared[key] = values.pop() if len(values) == 1 else None
    return {"name": title, **shared}


def _suggested(profile: Profile, title: str) -> dict[str, Any]:
    shared = {key: value for key, value in _shared(profile, title).items() if value is not None}
    return {
        **shared,
        "devices": list(profile.devices),
        "joining": str(profile.joining),
        availability_form.SECTION: availability_form.suggested(profile.availability, profile.expire_after_s),
    }


def _text(user_input: Mapping[str, Any], key: str) -> str | None:
    text: str = user_input.get(key, "").strip()
    return text or None
