"""Flow steps that change the channels and settings of a learned device, or export its profile."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector

from ...const import LOGGER
from ...forms import LINES, TEXT, choices
from ...markdown import in_code
from ...subentries import read
from ...topic_filters import has_wildcard
from ..model.discovery_config import is_direct
from ..model.profile import Channel, Joining, Profile
from ..profiles.yaml_file import dump
from . import availability_form
from .channel_form import channel_selector, form_key, key_choices, read_channels, to_item
from .channel_validation import ChannelError, blanks_of
from .forms import device_label, joining_schema
from .live_state import LiveState, async_live_state, decided, extended
from .profile_library import async_keep
from .texts import async_thing_texts


class ReconfigureSteps(ConfigSubentryFlow):
    """The steps behind Reconfigure."""

    # What the form on the screen was made of: while somebody looks at it, the device goes on talking.
    _live: LiveState | None = None

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what to change."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if read(self._get_reconfigure_subentry(), Profile.from_dict) is None:
            return self.async_abort(reason="unreadable")
        live = await self._async_live(None)
        words = await async_thing_texts(self.hass)
        new = [words.say("new_fields", count=len(live.new))] if live.new else []
        new += [words.say("new_devices", count=len(live.news.devices))] if live.news.devices else []
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["channels", "settings", "export"],
            description_placeholders={"topic": in_code(live.profile.topic), "news": " ".join(new)},
        )

    async def _async_live(self, answered: Mapping[str, Any] | None) -> LiveState:
        """Return what the form is made of: of one that was answered, what it was when it was shown."""
        if self._live is None or answered is None:
            self._live = await async_live_state(self.hass, self._get_entry(), self._get_reconfigure_subentry())
        return self._live

    def _profile_now(self) -> Profile:
        """Return the profile that an answer is about: it may have changed since the form was shown."""
        return Profile.from_dict(self._get_reconfigure_subentry().data)

    def _save(self, profile: Profile, title: str | None = None) -> SubentryFlowResult:
        subentry = self._get_reconfigure_subentry()
        return self.async_update_and_abort(
            self._get_entry(), subentry, data=profile.as_dict(), title=title or subentry.title
        )

    # ---------------------------------------------------------------- channels

    async def async_step_channels(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the channels as they are now, with those that appeared since."""
        live = await self._async_live(user_input)
        words = await async_thing_texts(self.hass)
        errors: dict[str, str] = {}
        how = words.own["read_directly" if is_direct(live.profile) else "decoded"]
        said = {"topic": in_code(live.profile.topic), "how": how}
        offered = (*live.profile.channels, *live.new)
        if user_input is not None:
            try:
                return self._save(_changed(self._profile_now(), live, offered, user_input))
            except ChannelError as error:
                errors["channels"] = error.key
                said |= error.placeholders
        schema: dict[vol.Marker, Any] = {
            vol.Required("channels"): channel_selector(words, key_choices(live.readings, offered, words))
        }
        if live.dropped:
            labels = {form_key(channel.key): f"{channel.name} ({channel.key})" for channel in live.dropped}
            schema[vol.Optional("taken_back")] = choices(labels, multiple=True)
        suggested = user_input or {
            "channels": [to_item(channel, words, live.shown(channel, new=channel in live.new)) for channel in offered]
        }
        return self.async_show_form(
            step_id="channels",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), suggested),
            errors=errors,
            description_placeholders=said,
        )

    # ---------------------------------------------------------------- settings

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the name, which devices are wanted, and how it is known that they are there."""
        live = await self._async_live(user_input)
        errors: dict[str, str] = {}
        title = self._get_reconfigure_subentry().title
        if user_input is not None:
            try:
                profile = _settled(self._profile_now(), live, user_input, title)
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
        if _is_family(live):
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

    # ---------------------------------------------------------------- a profile for others

    async def async_step_export(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the device as a profile, to copy or to keep."""
        subentry = self._get_reconfigure_subentry()
        profile = Profile.from_dict(subentry.data)
        shared = _shared(profile, subentry.title)
        text = dump(profile, subentry.title, manufacturer=shared["manufacturer"], model=shared["model"])
        errors: dict[str, str] = {}
        if user_input is not None:
            if not user_input["keep"]:
                return self.async_abort(reason="exported")
            try:
                path = await async_keep(self.hass, subentry.title, text)
            except OSError as error:
                LOGGER.warning("The profile of %s could not be written: %s", subentry.title, error)
                errors["base"] = "not_written"
            else:
                return self.async_abort(reason="kept", description_placeholders={"path": str(path)})
        schema = vol.Schema({vol.Optional("profile"): LINES, vol.Required("keep", default=False): BooleanSelector()})
        return self.async_show_form(
            step_id="export",
            data_schema=self.add_suggested_values_to_schema(schema, {"profile": text}),
            errors=errors,
        )


def _changed(profile: Profile, live: LiveState, offered: tuple[Channel, ...], given: Mapping[str, Any]) -> Profile:
    """Return the profile with the channels of the form; what was shown and is no longer in it was dropped."""
    blanks = blanks_of(profile.topic, profile.depth, profile.devices)
    before = {channel.key: channel for channel in live.profile.channels}
    now = {channel.key: channel for channel in profile.channels}
    made = [
        _with_types_of(channel, before.get(channel.key), now.get(channel.key))
        for channel in read_channels(given["channels"], live.readings, offered, blanks)
    ]
    shown = {channel.key for channel in offered} | {channel.key for channel in made}
    kept = [channel for key, channel in now.items() if key not in shown]
    dropped = (profile.dropped | shown) - {channel.key for channel in made}
    exact = profile.exact and live.exact
    changed = replace(profile, channels=(*made, *kept), dropped=frozenset(dropped), exact=exact)
    back = [channel for channel in live.dropped if form_key(channel.key) in given.get("taken_back", ())]
    return extended(changed, back, ())


def _with_types_of(channel: Channel, before: Channel | None, now: Channel | None) -> Channel:
    """Return a channel with the event types that joined it while the form was open, unless the user changed them."""
    if before and now and channel.event_types == before.event_types:
        return replace(channel, event_types=now.event_types)
    return channel


def _settled(profile: Profile, live: LiveState, given: Mapping[str, Any], title: str) -> Profile:
    """Return the profile with the settings of the form; raise ValueError with an error of the flow."""
    blanks = blanks_of(profile.topic, profile.depth, profile.devices)
    availability, expire_after_s = availability_form.read(given[availability_form.SECTION], blanks or 0)
    if not given["name"].strip():
        raise ValueError("name_missing")
    profile = replace(profile, availability=availability, expire_after_s=expire_after_s)
    if _is_family(live):
        if not given["devices"]:
            raise ValueError("no_devices")
        profile = decided(profile, set(given["devices"]), live.identities())
        profile = replace(profile, joining=Joining(given["joining"]))
    before, after = _shared(live.profile, title), {key: _text(given, key) for key in ("name", "manufacturer", "model")}
    changed: dict[str, str | None] = {key: value for key, value in after.items() if value != before[key]}
    if len(profile.devices) > 1:
        changed.pop("name", None)
    devices = {identity: replace(metadata, **changed) for identity, metadata in profile.devices.items()}
    return replace(profile, devices=devices)


def _is_family(live: LiveState) -> bool:
    return has_wildcard(live.profile.topic) or len(live.identities()) > 1


def _shared(profile: Profile, title: str) -> dict[str, str | None]:
    """Return what the form says of all devices together."""
    abouts = list(profile.devices.values())
    shared = {}
    for key in ("manufacturer", "model"):
        values = {getattr(metadata, key) for metadata in abouts}
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


def _text(given: Mapping[str, Any], key: str) -> str | None:
    text: str = given.get(key, "").strip()
    return text or None
