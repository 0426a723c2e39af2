"""Flow steps that learn a device: show the analysis of its messages and let the user correct it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import area_registry as ar

from ... import mqtt_client
from ...const import CONF_PREFIXES, DEFAULT_PREFIXES
from ...errors import LibraryMissingError
from ...markdown import escaped, in_code
from ...texts import NONE, async_texts
from ...topic_filters import below_one_of, covers, fault, has_wildcard
from ..device_members import MemberChoices, member_choices, name_member
from ..model.discovery_config import is_direct
from ..model.known_systems import SYSTEMS, System
from ..model.message import DeviceMetadata, Path, Sample
from ..model.profile import Analysis, Channel, Joining, Profile
from ..model.topic_matching import count_blanks
from ..problem_texts import async_sentences
from ..profiles.yaml_file import ProfileFile, find
from ..runtime.requirements import async_analyse
from . import availability_form, forms
from .channel_form import channel_selector, key_choices, parse_channels, to_item
from .channel_validation import ChannelError, blanks_of
from .integrations import async_further_systems, async_gain
from .profile_library import async_profiles
from .proposal import Proposal, propose
from .split_form import depths, names_of, numbered, selected_member, split_schema
from .texts import READERS, ThingTexts, async_thing_texts

HOME_TOPIC = "homeassistant"
MAX_PREVIEWED = 200


class LearnSteps(ConfigSubentryFlow):
    """Steps after the samples were received; ``_topic`` is the filter and ``_samples`` the messages."""

    def __init__(self) -> None:
        """Start without samples."""
        self._topic = ""
        self._samples: tuple[Sample, ...] = ()
        self._nearby: tuple[Sample, ...] = ()
        self._learned = Analysis(format="", devices=())
        self._members = MemberChoices()
        self._joining = Joining.ASK
        self._splits: dict[str, str] = {}
        self._systems: tuple[System, ...] = ()
        # Profile that the user provided, and profile that matched the messages.
        self._chosen_file: ProfileFile | None = None
        self._matching_file: ProfileFile | None = None

    async def async_step_learn(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Analyse the samples, and show a menu if there is nothing to learn."""
        problems = await self._async_learn()
        if problems is not None:
            return self.async_show_menu(
                step_id="nothing",
                menu_options=["wait", "topic", "paste"],
                description_placeholders={"topic": in_code(self._topic), "problems": _bullets(problems)},
            )
        return await self._async_after_learning()

    async def async_step_nothing(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu again after a failed analysis."""
        return await self.async_step_learn()

    async def _async_learn(self, depth: int | None = None, device_member: Path | None = None) -> list[str] | None:
        """Analyse the samples; return sentences with the problems if that failed, else None.

        ``depth`` and ``device_member`` are the user's choice; without one, those of a matching profile are used, else
        they are guessed.
        """
        profiles = [self._chosen_file] if self._chosen_file else await async_profiles(self.hass)
        try:
            self._systems = await async_further_systems(self.hass)
            self._learned = await self._async_analyse(depth, device_member)
            match = self._chosen_file or await self.hass.async_add_executor_job(
                find, self._samples[-MAX_PREVIEWED:], profiles
            )
            if depth is None:
                await self._async_guess(match)
        except LibraryMissingError as error:
            return [str(error)]
        self._matching_file = match if match and match.fits(self._learned) else None
        if any(device.readings for device in self._learned.devices):
            return None
        return await async_sentences(self.hass, self._learned.problems)

    async def _async_analyse(self, depth: int | None, device_member: Path | None) -> Analysis:
        """Analyse the samples; with a member, its devices get their names from another one."""
        named = None
        if depth is not None and device_member is not None:
            named = await self.hass.async_add_executor_job(
                name_member, self._samples, self._topic, depth, device_member
            )
        return await async_analyse(
            self.hass,
            self._samples,
            topic=self._topic,
            depth=depth,
            systems=self._systems,
            device_member=device_member,
            name_member=named,
        )

    async def _async_guess(self, match: ProfileFile | None) -> None:
        """Learn with depth and member of the matching profile, or with the member that the messages speak for."""
        depth = match.depth if match else self._learned.depth
        members = await self.hass.async_add_executor_job(member_choices, self._samples, self._topic, depth)
        device_member = match.device_member if match else None
        is_known = match is not None and (device_member is not None or members.proposed is None)
        self._members = MemberChoices() if is_known else members
        device_member = device_member or members.proposed
        if (depth, device_member) != (self._learned.depth, None):
            self._learned = await self._async_analyse(depth, device_member)

    async def _async_after_learning(self) -> SubentryFlowResult:
        systems = (*SYSTEMS, *self._systems)
        system = next((known for known in systems if known.name == self._learned.system), None)
        if system is None:
            return await self.async_step_go_on()
        gain = await async_gain(self.hass, await async_texts(self.hass), system.domain) if system.domain else None
        if system.is_partial and gain is None:
            return await self.async_step_go_on()  # this version of Home Assistant does not have the integration yet
        step = "system_integration" if system.integration else "system_discovery"
        return self.async_show_menu(
            step_id="system_partial" if system.is_partial else step,
            menu_options=["go_on", "stop"] if system.is_partial else ["stop", "go_on"],
            description_placeholders={
                "system": escaped(system.name),
                "integration": escaped(system.integration or ""),
                "gain": escaped(gain or ""),
            },
        )

    async def async_step_system_discovery(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu for a system that announces its devices itself."""
        return await self._async_after_learning()

    async def async_step_system_integration(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu for a system with an integration of its own."""
        return await self._async_after_learning()

    async def async_step_system_partial(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu for a system with an integration that has entities for some devices."""
        return await self._async_after_learning()

    async def async_step_stop(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Abort, and leave the device to its system."""
        return self.async_abort(reason="left_to_system", description_placeholders={"system": str(self._learned.system)})

    async def async_step_go_on(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Learn the device of another system anyway."""
        if has_wildcard(self._topic) or self._learned.is_family or self._members.choices:
            self._splits = await self._async_splits()
            return await self.async_step_split()
        return await self.async_step_device()

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

    # ---------------------------------------------------------------- what is a device

    async def _async_splits(self) -> dict[str, str]:
        """Return the ways to group the topics into devices: the depth as text, with a description."""
        topics = list(dict.fromkeys(sample.topic for sample in self._samples))
        ways = await self.hass.async_add_executor_job(depths, self._topic, self._learned.depth, topics)
        grouped: dict[frozenset[str], tuple[int, Analysis]] = {}
        for depth in ways:
            samples = self._samples[-MAX_PREVIEWED:]
            analysis = await async_analyse(self.hass, samples, topic=self._topic, depth=depth)
            # Devices that identify themselves in their messages are the same for every depth.
            grouped.setdefault(frozenset(device.identity for device in analysis.devices), (depth, analysis))
        by_number = sorted(grouped.values(), key=lambda way: len(way[1].devices))
        return {str(depth): numbered(names_of(analysis.devices)) for depth, analysis in by_number}

    async def async_step_split(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what a device is, if topics or messages leave a choice, and what to do with further ones."""
        proposed = self._learned.device_member
        if user_input is not None:
            self._joining = Joining(user_input["joining"])
            depth = int(user_input.get("depth", self._learned.depth))
            device_member = selected_member(user_input, self._members, proposed)
            if (depth, device_member) != (self._learned.depth, proposed):
                await self._async_learn(depth, device_member)
            return await self.async_step_device()
        texts = await async_thing_texts(self.hass)
        return self.async_show_form(
            step_id="split",
            data_schema=split_schema(self._splits, str(self._learned.depth), self._members, proposed, texts),
            description_placeholders={"topic": in_code(self._topic), "count": str(len(self._learned.devices))},
            last_step=False,
        )

    # ---------------------------------------------------------------- the device and its channels

    async def async_step_device(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the proposal, let the user correct it, and create the subentry."""
        texts = await async_thing_texts(self.hass)
        proposal = await self.hass.async_add_executor_job(
            propose, self._topic, self._samples, self._learned, self._matching_file
        )
        errors: dict[str, str] = {}
        placeholders = {**await self._async_summary(texts, proposal), "device": ""}
        if user_input is not None:
            try:
                profile = self._build_profile(user_input, proposal)
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
            channel_selector(texts, key_choices(proposal.readings, proposal.channels, texts)),
            {device.identity: forms.device_label(device.identity, device.metadata) for device in self._learned.devices},
        )
        suggested = user_input or await self._async_suggested(texts, proposal)
        return self.async_show_form(
            step_id="device",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=placeholders,
            last_step=True,
        )

    def _created(self, title: str, profile: Profile, proposal: Proposal) -> SubentryFlowResult:
        """Create the subentry, with a text where to find the device: it is on the page of MQTT, not on ours."""
        self._get_entry().runtime_data.things.async_keep_samples(self._topic, self._samples)
        is_family = len(profile.devices) > 1 or profile.device_member is not None
        enabled = [channel for channel in profile.channels if channel.enabled]
        # Channels of a profile that the device has not sent yet appear when it does.
        entities = sum(
            is_family or channel.key in proposal.readings or channel.key in proposal.values for channel in enabled
        )
        return self.async_create_entry(
            title=title,
            data=profile.as_dict(),
            unique_id=self._topic,
            description="family" if is_family else None,
            description_placeholders={
                "name": escaped(title),
                "devices": str(len(profile.devices)),
                "entities": str(entities),
            },
        )

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
            "problems": f"\n{_bullets(problems, indent=2)}" if problems else NONE,
        }

    async def _async_suggested(self, texts: ThingTexts, proposal: Proposal) -> dict[str, Any]:
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
            "devices": [device.identity for device in self._learned.devices if device.identity not in proposal.without],
            "channels": [to_item(channel, texts, proposal.shown(channel)) for channel in proposal.channels],
            availability_form.SECTION: availability_form.suggested(
                proposal.availability or guessed, proposal.expire_after_s
            ),
        }
        return {key: value for key, value in suggested.items() if value is not None}

    def _build_profile(self, user_input: Mapping[str, Any], proposal: Proposal) -> Profile:
        """Return the profile that the user confirmed; raise ChannelError, or ValueError with an error key."""
        wanted, ignored = self._selected_devices(user_input)
        blanks = blanks_of(self._topic, self._learned.depth, wanted, self._learned.device_member)
        channels = parse_channels(user_input["channels"], proposal.readings, proposal.channels, blanks)
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
            dropped=frozenset(proposal.readings) - {channel.key for channel in channels},
            ignored=ignored | proposal.without - wanted.keys(),
            availability=availability,
            expire_after_s=expire_after_s,
            exact=self._learned.exact,
            device_member=self._learned.device_member,
            name_member=self._learned.name_member,
        )

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
        blank = {} if self._learned.is_family else {"manufacturer": None, "model": None}
        wanted = {identity: corrected.or_else(replace(devices[identity], **blank)) for identity in chosen}
        return wanted, frozenset(devices) - frozenset(chosen)

    def _area(self, area_id: str | None) -> str | None:
        """Return the name of an area, as discovery expects it."""
        area = ar.async_get(self.hass).async_get_area(area_id) if area_id else None
        return area.name if area else None


def _bullets(sentences: list[str], indent: int = 0) -> str:
    return "\n".join(f"{' ' * indent}- {escaped(sentence)}" for sentence in sentences)


def _require_enabled(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if not any(channel.enabled for channel in channels):
        raise ValueError("no_channels")
    return channels
