"""Flow step with the form of a new device: its proposal, which the user corrects and confirms."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers import area_registry as ar

from ... import mqtt_client
from ...const import CONF_PREFIXES, DEFAULT_PREFIXES
from ...markdown import escaped, in_code
from ...texts import NONE
from ...topic_filters import below_one_of, covers, fault
from ..model.discovery_config import is_direct
from ..model.message import DeviceMetadata, Sample
from ..model.profile import Analysis, Channel, Joining, Profile
from ..model.topic_matching import count_blanks
from ..problem_texts import async_sentences
from ..profiles.yaml_file import ProfileFile
from . import availability_form, forms
from .channel_form import check_all
from .channel_offer import ChannelOffer
from .channel_steps import ChannelSteps, list_schema
from .channel_validation import ChannelError, blanks_of
from .device_pages import async_links_to_new
from .proposal import Proposal, propose
from .texts import READERS, ThingTexts, async_thing_texts

HOME_TOPIC = "homeassistant"


class DeviceSteps(ChannelSteps):
    """Form of a new device; ``_topic`` is the filter and ``_samples`` the messages from which it was learned."""

    def __init__(self) -> None:
        """Start without samples."""
        super().__init__()
        self._topic = ""
        self._samples: tuple[Sample, ...] = ()
        self._nearby: tuple[Sample, ...] = ()
        self._learned = Analysis(format="", devices=())
        self._joining = Joining.ASK
        # Profile that matched the messages.
        self._matching_file: ProfileFile | None = None

    async def async_step_device(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the proposal, let the user correct it, and create the subentry."""
        texts = await async_thing_texts(self.hass)
        proposal = await self.hass.async_add_executor_job(
            propose, self._topic, self._samples, self._learned, self._matching_file
        )
        if self._offer is None:
            place = Profile(
                topic=self._topic,
                depth=self._learned.depth,
                channels=(),
                devices={},
                device_member=self._learned.device_member,
            )
            self._offer = ChannelOffer.of(place, proposal.channels, proposal.unproposed, proposal.values, self._samples)
        offer = self._offer
        errors: dict[str, str] = {}
        placeholders = {**await self._async_summary(texts, proposal), "device": ""}
        if user_input is not None:
            if user_input.get("edit"):
                blanks = self._command_blanks(user_input.get("devices", self._learned.devices))
                return await self._async_change_channels(user_input, blanks, self.async_step_device)
            try:
                profile = self._build_profile(user_input, proposal, offer)
                # Another dialog may have been finished in the meantime. Home Assistant itself reports the same topic.
                if not self._is_taken() and (error_key := self._fault(self._topic, placeholders)):
                    errors["base"] = error_key
            except ChannelError as error:
                errors["channels"] = error.key
                placeholders |= error.placeholders
            except ValueError as error:
                errors["base"] = str(error)
            if not errors:
                return self._created(user_input["name"].strip() or proposal.name, profile, proposal)
        schema = forms.device_schema(
            list_schema(offer, texts),
            {device.identity: forms.device_label(device.identity, device.metadata) for device in self._learned.devices},
            is_family=self._learned.is_family,
        )
        suggested = user_input or self._answers or await self._async_suggested(proposal, offer)
        return self.async_show_form(
            step_id="device",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=placeholders,
            last_step=True,
        )

    def _created(self, title: str, profile: Profile, proposal: Proposal) -> SubentryFlowResult:
        """Create the subentry, with a text that links to the pages of the devices."""
        self._get_entry().runtime_data.things.async_keep_samples(self._topic, self._samples)
        is_family = len(profile.devices) > 1 or profile.device_member is not None
        enabled = [channel for channel in profile.channels if channel.enabled]
        # Channels of a profile that the device has not sent yet appear when it does.
        entities = sum(is_family or channel.key in proposal.values for channel in enabled)
        senders = [identity for identity in profile.devices if entities and identity in self._senders(enabled)]
        return self.async_create_entry(
            title=title,
            data=profile.as_dict(),
            unique_id=self._topic,
            description="family" if is_family else None,
            description_placeholders={
                "name": escaped(title),
                "devices": str(len(profile.devices)),
                "pages": async_links_to_new(self.hass, profile, senders),
                "entities": str(entities),
            },
        )

    def _senders(self, channels: Collection[Channel]) -> set[str]:
        """Return the devices that have sent a value of some channels, which will have entities at once."""
        keys = {channel.key for channel in channels}
        return {
            device.identity
            for device in self._learned.devices
            if any(not keys.isdisjoint(reading.keys) for reading in (*device.readings, *device.unproposed))
        }

    async def _async_summary(self, texts: ThingTexts, proposal: Proposal) -> dict[str, str]:
        """Return the summary of the analysis for the form."""
        channels = proposal.channels
        draft = Profile(
            topic=self._topic,
            depth=0,
            channels=channels,
            devices={},
            exact=self._learned.exact,
            device_member=self._learned.device_member,
        )
        problems = await async_sentences(self.hass, self._learned.problems)
        return {
            "format": texts.format(self._learned.format),
            "topic": in_code(self._topic),
            "profile": escaped(self._matching_file.name) if self._matching_file else NONE,
            "reader": READERS[is_direct(draft)],
            "count": str(len(channels)),
            "on": str(sum(channel.enabled for channel in channels)),
            "problems": f"\n{bullets(problems, indent=2)}" if problems else NONE,
        }

    async def _async_suggested(self, proposal: Proposal, offer: ChannelOffer) -> dict[str, Any]:
        guessed = None
        if self._learned.device_member is None:  # a gateway cannot report for its devices
            several = len(self._learned.devices) > 1
            guessed = await self.hass.async_add_executor_job(
                partial(availability_form.guess, self._topic, self._samples, self._nearby, several=several)
            )
        suggested: dict[str, Any] = {
            "name": proposal.name,
            "manufacturer": proposal.manufacturer,
            "model": proposal.model,
            "configuration_url": None
            if self._learned.is_family
            else self._learned.devices[0].metadata.configuration_url,
            "devices": [device.identity for device in self._learned.devices if device.identity not in proposal.without],
            "channels": offer.enabled,
            availability_form.SECTION: availability_form.suggested(
                proposal.availability or guessed, proposal.expire_after_s
            ),
        }
        return {key: value for key, value in suggested.items() if value is not None}

    def _build_profile(self, user_input: Mapping[str, Any], proposal: Proposal, offer: ChannelOffer) -> Profile:
        """Return the profile that the user confirmed; raise ChannelError, or ValueError with an error key."""
        wanted, ignored = self._selected_devices(user_input)
        channels = offer.chosen(user_input["channels"])
        check_all(channels, offer.values, self._command_blanks(wanted))
        availability, expire_after_s = availability_form.read(
            user_input[availability_form.SECTION], count_blanks(self._topic, self._learned.depth)
        )
        return Profile(
            topic=self._topic,
            depth=self._learned.depth,
            channels=_require_enabled(channels),
            devices=wanted,
            area=self._area(user_input.get("area")),
            joining=self._joining,
            ignored=ignored | proposal.without - wanted.keys(),
            availability=availability,
            expire_after_s=expire_after_s,
            exact=self._learned.exact,
            device_member=self._learned.device_member,
            name_member=self._learned.name_member,
        )

    def _command_blanks(self, devices: Collection[Any]) -> int | None:
        return blanks_of(self._topic, self._learned.depth, devices, self._learned.device_member)

    def _selected_devices(self, user_input: Mapping[str, Any]) -> tuple[dict[str, DeviceMetadata], frozenset[str]]:
        """Return the selected devices with the user's corrections, and the identities that were not selected."""
        devices = {device.identity: device.metadata for device in self._learned.devices}
        chosen = user_input.get("devices", list(devices))
        if not chosen:
            raise ValueError("no_devices")
        corrected = DeviceMetadata(
            name=None if self._learned.is_family else user_input["name"].strip() or None,
            manufacturer=user_input.get("manufacturer", "").strip() or None,
            model=user_input.get("model", "").strip() or None,
        )
        blank: dict[str, Any] = {}
        if not self._learned.is_family:
            corrected = replace(corrected, configuration_url=forms.read_page(user_input))
            blank = {"manufacturer": None, "model": None, "configuration_url": None}
        wanted = {identity: corrected.or_else(replace(devices[identity], **blank)) for identity in chosen}
        return wanted, frozenset(devices) - frozenset(chosen)

    def _area(self, area_id: str | None) -> str | None:
        """Return the name of an area, as discovery expects it."""
        area = ar.async_get(self.hass).async_get_area(area_id) if area_id else None
        return area.name if area else None

    # ---------------------------------------------------------------- the topic

    def _fault(self, topic: str, placeholders: dict[str, str]) -> str | None:
        """Return the error key of a topic that cannot be learned; ``placeholders`` gets the device that uses it."""
        if error := fault(topic):
            return error
        if below_one_of(self._host_prefixes(), topic):
            return "topic_of_hosts"
        if below_one_of(self._home_assistant_prefixes(), topic):
            return "topic_of_home_assistant"
        for subentry in self._get_entry().subentries.values():
            if subentry.subentry_type != self._subentry_type:
                continue
            placeholders["device"] = subentry.title
            if covers(subentry.data["topic"], topic):
                return "topic_covered"
            if covers(topic, subentry.data["topic"]):
                return "topic_wider"
        return None

    def _is_taken(self) -> bool:
        return any(subentry.unique_id == self._topic for subentry in self._get_entry().subentries.values())

    def _host_prefixes(self) -> tuple[str, ...]:
        return tuple(self._get_entry().options.get(CONF_PREFIXES, DEFAULT_PREFIXES))

    def _home_assistant_prefixes(self) -> tuple[str, ...]:
        mqtt_entry = mqtt_client.async_entry(self.hass)
        birth = (mqtt_entry.options.get("birth_message") or {}) if mqtt_entry else {}
        topics = (mqtt_client.async_discovery_prefix(self.hass), birth.get("topic"), HOME_TOPIC)
        return tuple(dict.fromkeys(topic for topic in topics if topic))


def bullets(sentences: list[str], indent: int = 0) -> str:
    """Return sentences as a list."""
    return "\n".join(f"{' ' * indent}- {escaped(sentence)}" for sentence in sentences)


def _require_enabled(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if not any(channel.enabled for channel in channels):
        raise ValueError("no_channels")
    return channels
