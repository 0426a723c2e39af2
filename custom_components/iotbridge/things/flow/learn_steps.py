"""From messages to a device: what was understood, shown and corrected."""

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
from ...topic_filters import below_one_of, covers, fault, has_wildcard
from ..model.discovery_config import is_direct
from ..model.known_systems import SYSTEMS
from ..model.message import DeviceMetadata, Sample
from ..model.profile import Analysis, Channel, Joining, LearnedDevice, Profile
from ..model.topic_matching import split
from ..problem_texts import async_sentences
from ..profiles.yaml_file import ProfileFile, find
from ..runtime.requirements import async_analyse
from . import availability_form, forms
from .channel_form import channel_selector, key_choices, read_channels, to_item
from .channel_validation import ChannelError, blanks_of
from .profile_library import async_profiles
from .proposal import Proposal, propose
from .texts import ThingTexts, async_thing_texts

HOME_TOPIC = "homeassistant"
MAX_PREVIEWED = 200
MAX_NAMES = 5
# A device that is known by more levels of its topic is nobody's.
MAX_DEPTH = 16


class LearnSteps(ConfigSubentryFlow):
    """The steps after something was heard; ``_topic`` and ``_samples`` are what and where."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._topic = ""
        self._samples: tuple[Sample, ...] = ()
        self._beside: tuple[Sample, ...] = ()
        self._learned = Analysis(format="", devices=())
        self._joining = Joining.ASK
        self._splits: dict[str, str] = {}
        # What the user brought, and what the messages were recognised as.
        self._brought: ProfileFile | None = None
        self._recognised: ProfileFile | None = None

    async def async_step_learn(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Understand what was heard, and say so when that is nothing."""
        problems = await self._async_learn()
        if problems is not None:
            return self.async_show_menu(
                step_id="nothing",
                menu_options=["wait", "topic", "paste"],
                description_placeholders={"topic": in_code(self._topic), "problems": _listed(problems)},
            )
        return await self._async_after_learning()

    async def async_step_nothing(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say again that nothing was understood."""
        return await self.async_step_learn()

    async def _async_learn(self, depth: int | None = None) -> list[str] | None:
        """Understand the messages; return in sentences why that failed, None when it did not.

        ``depth`` is what the user chose; without, that of a recognised profile counts, else it is guessed.
        """
        profiles = [self._brought] if self._brought else await async_profiles(self.hass)
        try:
            self._learned = await async_analyse(self.hass, self._samples, topic=self._topic, depth=depth)
            found = self._brought or await self.hass.async_add_executor_job(
                find, self._samples[-MAX_PREVIEWED:], profiles
            )
            if found and depth is None and found.depth != self._learned.depth:
                self._learned = await async_analyse(self.hass, self._samples, topic=self._topic, depth=found.depth)
        except LibraryMissingError as error:
            return [str(error)]
        self._recognised = found if found and found.depth == self._learned.depth else None
        if any(device.readings for device in self._learned.devices):
            return None
        words = await async_thing_texts(self.hass)
        return await async_sentences(self.hass, self._learned.problems) or [words.own["no_readings"]]

    async def _async_after_learning(self) -> SubentryFlowResult:
        system = next((found for found in SYSTEMS if found.name == self._learned.system), None)
        if system is None:
            return await self.async_step_go_on()
        words = await async_thing_texts(self.hass)
        how = words.say("system_integration", integration=system.integration) if system.integration else ""
        return self.async_show_menu(
            step_id="system",
            menu_options=["stop", "go_on"],
            description_placeholders={"system": system.name, "how": how or words.own["system_discovery"]},
        )

    async def async_step_system(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say again that the device announces itself."""
        return await self._async_after_learning()

    async def async_step_stop(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Leave the device to the system it belongs to."""
        return self.async_abort(reason="left_to_system", description_placeholders={"system": str(self._learned.system)})

    async def async_step_go_on(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Learn it all the same."""
        if has_wildcard(self._topic) or len(self._learned.devices) > 1:
            self._splits = await self._async_splits(await async_thing_texts(self.hass))
            return await self.async_step_split()
        return await self.async_step_device()

    def _fault(self, topic: str, said: dict[str, str]) -> str | None:
        """Return why a topic cannot be learned, as an error of the flow; ``said`` gets the device that has it."""
        if error := fault(topic):
            return error
        if below_one_of(self._ours(), topic):
            return "topic_of_hosts"
        if below_one_of(self._home(), topic):
            return "topic_of_home_assistant"
        for subentry in self._get_entry().subentries.values():
            if subentry.subentry_type != self._subentry_type:
                continue
            said["device"] = subentry.title
            if covers(subentry.data["topic"], topic):
                return "topic_covered"
            if covers(topic, subentry.data["topic"]):
                return "topic_wider"
        return None

    def _is_taken(self) -> bool:
        return any(subentry.unique_id == self._topic for subentry in self._get_entry().subentries.values())

    def _ours(self) -> tuple[str, ...]:
        return tuple(self._get_entry().options.get(CONF_PREFIXES, DEFAULT_PREFIXES))

    def _home(self) -> tuple[str, ...]:
        mqtt_entry = mqtt_client.async_entry(self.hass)
        birth = (mqtt_entry.options.get("birth_message") or {}) if mqtt_entry else {}
        topics = (mqtt_client.async_discovery_prefix(self.hass), birth.get("topic"), HOME_TOPIC)
        return tuple(dict.fromkeys(topic for topic in topics if topic))

    # ---------------------------------------------------------------- what is a device

    async def _async_splits(self, words: ThingTexts) -> dict[str, str]:
        """Return the ways to make devices of the topics: the depth as text, and what comes of it."""
        topics = list(dict.fromkeys(sample.topic for sample in self._samples))
        ways = await self.hass.async_add_executor_job(_ways, self._topic, self._learned.depth, topics)
        found: dict[frozenset[str], tuple[int, Analysis]] = {}
        for depth in ways:
            samples = self._samples[-MAX_PREVIEWED:]
            understood = await async_analyse(self.hass, samples, topic=self._topic, depth=depth)
            # Devices that name themselves in their messages are the same whatever their topics say.
            found.setdefault(frozenset(device.identity for device in understood.devices), (depth, understood))
        by_number = sorted(found.values(), key=lambda way: len(way[1].devices))
        return {str(depth): _in_words(understood.devices, words) for depth, understood in by_number}

    async def async_step_split(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is a device, where a wildcard leaves a choice, and how further ones join."""
        if user_input is not None:
            self._joining = Joining(user_input["joining"])
            depth = int(user_input.get("depth", self._learned.depth))
            if depth != self._learned.depth:
                await self._async_learn(depth)
            return await self.async_step_device()
        return self.async_show_form(
            step_id="split",
            data_schema=forms.split_schema(self._splits, str(self._learned.depth)),
            description_placeholders={"topic": in_code(self._topic), "count": str(len(self._learned.devices))},
            last_step=False,
        )

    # ---------------------------------------------------------------- the device and its channels

    async def async_step_device(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what was understood, let the user correct it, and make it so."""
        words = await async_thing_texts(self.hass)
        proposal = await self.hass.async_add_executor_job(
            propose, self._topic, self._samples, self._learned, self._recognised
        )
        errors: dict[str, str] = {}
        said = {"understood": await self._async_said(words, proposal), "device": ""}
        if user_input is not None:
            try:
                profile = self._profile(user_input, proposal)
                # Another dialog may have been finished since this one began. Of the same topic Home Assistant tells.
                if not self._is_taken() and (error_key := self._fault(self._topic, said)):
                    errors["base"] = error_key
            except ChannelError as error:
                errors["channels"] = error.key
                said |= error.placeholders
            except ValueError as error:
                errors["base"] = str(error)
            if not errors:
                return self._created(user_input["name"].strip() or proposal.name, profile, proposal)
        schema = forms.device_schema(
            channel_selector(words, key_choices(proposal.readings, proposal.channels, words)),
            {device.identity: forms.device_label(device.identity, device.metadata) for device in self._learned.devices},
        )
        suggested = user_input or await self._async_suggested(words, proposal)
        return self.async_show_form(
            step_id="device",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=said,
            last_step=True,
        )

    def _created(self, title: str, profile: Profile, proposal: Proposal) -> SubentryFlowResult:
        """Make it so, and say where it is: a device of MQTT is not on our page."""
        self._get_entry().runtime_data.things.async_keep_samples(self._topic, self._samples)
        is_family = len(profile.devices) > 1
        enabled = [channel for channel in profile.channels if channel.enabled]
        # What a profile knows and the device has not said yet comes when it does.
        heard = sum(
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
                "entities": str(heard),
            },
        )

    async def _async_said(self, words: ThingTexts, proposal: Proposal) -> str:
        """Return what the form says of the messages, in words."""
        origin = [words.say("format", format=words.format(self._learned.format), topic=in_code(self._topic))]
        if self._recognised:
            origin.append(words.say("recognised", profile=escaped(self._recognised.name)))
        channels = proposal.channels
        given = Profile(topic=self._topic, depth=0, channels=channels, devices={}, exact=self._learned.exact)
        origin.append(words.own["read_directly" if is_direct(given) else "decoded"])
        on = sum(channel.enabled for channel in proposal.channels)
        lines = [" ".join(origin), words.say("found", on=on, count=len(proposal.channels))]
        if problems := await async_sentences(self.hass, self._learned.problems):
            lines.append(words.own["not_understood"])
            lines.append(_listed(problems))
        return "\n\n".join(lines)

    async def _async_suggested(self, words: ThingTexts, proposal: Proposal) -> dict[str, Any]:
        several = len(self._learned.devices) > 1
        guessed = await self.hass.async_add_executor_job(
            partial(availability_form.guess, self._topic, self._samples, self._beside, several=several)
        )
        suggested: dict[str, Any] = {
            "name": proposal.name,
            "manufacturer": proposal.manufacturer,
            "model": proposal.model,
            "devices": [device.identity for device in self._learned.devices if device.identity not in proposal.without],
            "channels": [to_item(channel, words, proposal.shown(channel)) for channel in proposal.channels],
            availability_form.SECTION: availability_form.suggested(
                proposal.availability or guessed, proposal.expire_after_s
            ),
        }
        return {key: value for key, value in suggested.items() if value is not None}

    def _profile(self, given: Mapping[str, Any], proposal: Proposal) -> Profile:
        """Return what the user confirmed; raise ChannelError or ValueError with an error of the flow."""
        wanted, ignored = self._wanted(given)
        blanks = blanks_of(self._topic, self._learned.depth, wanted)
        channels = read_channels(given["channels"], proposal.readings, proposal.channels, blanks)
        availability, expire_after_s = availability_form.read(given[availability_form.SECTION], blanks or 0)
        return Profile(
            topic=self._topic,
            depth=self._learned.depth,
            channels=_some(channels),
            devices=wanted,
            area=self._area(given.get("area")),
            joining=self._joining,
            dropped=frozenset(proposal.readings) - {channel.key for channel in channels},
            ignored=ignored | proposal.without - wanted.keys(),
            availability=availability,
            expire_after_s=expire_after_s,
            exact=self._learned.exact,
        )

    def _wanted(self, given: Mapping[str, Any]) -> tuple[dict[str, DeviceMetadata], frozenset[str]]:
        """Return the chosen devices with what the user corrected of them, and those that are not wanted."""
        devices = {device.identity: device.metadata for device in self._learned.devices}
        chosen = given.get("devices", list(devices))
        if not chosen:
            raise ValueError("no_devices")
        corrected = DeviceMetadata(
            name=(given["name"].strip() or None) if len(devices) == 1 else None,
            manufacturer=given.get("manufacturer", "").strip() or None,
            model=given.get("model", "").strip() or None,
        )
        blank = {"manufacturer": None, "model": None} if len(devices) == 1 else {}
        wanted = {identity: corrected.or_else(replace(devices[identity], **blank)) for identity in chosen}
        return wanted, frozenset(devices) - frozenset(chosen)

    def _area(self, area_id: str | None) -> str | None:
        """Return the name of an area: that is what discovery takes."""
        area = ar.async_get(self.hass).async_get_area(area_id) if area_id else None
        return area.name if area else None


def _listed(sentences: list[str]) -> str:
    return "\n".join(f"- {escaped(sentence)}" for sentence in sentences)


def _some(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if not any(channel.enabled for channel in channels):
        raise ValueError("no_channels")
    return channels


def _ways(topic_filter: str, depth: int, topics: list[str]) -> list[int]:
    """Return the depths that make different devices of the topics, the guessed one first."""
    longest = min(MAX_DEPTH, max(topic.count("/") + 1 for topic in topics))
    ways: dict[frozenset[frozenset[str]], int] = {}
    for possible in (depth, *range(1, longest + 1), -1, 0):
        ways.setdefault(_grouped(topic_filter, possible, topics), possible)
    return list(ways.values())


def _grouped(topic_filter: str, depth: int, topics: list[str]) -> frozenset[frozenset[str]]:
    """Return which topics would be one device."""
    groups: dict[str, set[str]] = {}
    for topic in topics:
        groups.setdefault(split(topic_filter, depth, topic).identity, set()).add(topic)
    return frozenset(frozenset(group) for group in groups.values())


def _in_words(devices: tuple[LearnedDevice, ...], words: ThingTexts) -> str:
    names = [device.metadata.name or device.identity for device in devices[:MAX_NAMES]]
    listed = ", ".join(names) + (" …" if len(devices) > MAX_NAMES else "")
    return (
        words.say("one_device", name=listed)
        if len(devices) == 1
        else words.say("many_devices", count=len(devices), names=listed)
    )
