"""Flow steps that learn devices: analyse the messages, name their system and ask what a device is."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult

from ...errors import LibraryMissingError
from ...markdown import escaped, in_code
from ...texts import async_texts
from ...topic_filters import has_wildcard
from ..device_members import MemberChoices, member_choices, name_member
from ..model.known_systems import SYSTEMS, System
from ..model.message import Path
from ..model.profile import Analysis, Joining
from ..problem_texts import async_sentences
from ..profiles.yaml_file import ProfileFile, find
from ..runtime.requirements import async_analyse
from .device_steps import DeviceSteps, bullets
from .integrations import async_advantage, async_systems
from .profile_library import async_profiles
from .split_form import depths, names_of, numbered, selected_member, split_schema
from .texts import async_thing_texts

MAX_PREVIEWED = 200


class LearnSteps(DeviceSteps):
    """Steps after the samples were received, until it is known what a device is."""

    def __init__(self) -> None:
        """Start without samples."""
        super().__init__()
        self._members = MemberChoices()
        self._splits: dict[str, str] = {}
        self._systems: tuple[System, ...] = SYSTEMS
        # Profile that the user provided.
        self._chosen_file: ProfileFile | None = None

    async def async_step_learn(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Analyse the samples, and show a menu if there is nothing to learn."""
        problems = await self._async_learn()
        if problems is not None:
            return self._show_nothing(problems)
        return await self._async_after_learning()

    def _show_nothing(self, problems: list[str]) -> SubentryFlowResult:
        """Show the menu for messages without readings; other values may be chosen all the same."""
        return self.async_show_menu(
            step_id="nothing",
            menu_options=[*(["go_on"] if self._has_unproposed else []), "wait", "topic", "paste"],
            description_placeholders={"topic": in_code(self._topic), "problems": bullets(problems)},
        )

    @property
    def _has_unproposed(self) -> bool:
        return any(device.unproposed for device in self._learned.devices)

    async def async_step_nothing(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu again after a failed analysis."""
        return await self.async_step_learn()

    async def _async_learn(self, depth: int | None = None, device_member: Path | None = None) -> list[str] | None:
        """Analyse the samples; return sentences with the problems if that failed, else None.

        ``depth`` and ``device_member`` are the user's choice; without one, those of a matching profile are used, else
        they are guessed.
        """
        self._offer, self._answers = None, {}
        profiles = [self._chosen_file] if self._chosen_file else await async_profiles(self.hass)
        try:
            self._systems = await async_systems(self.hass)
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

    async def _async_analyse(
        self, depth: int | None, device_member: Path | None, named: Path | None = None
    ) -> Analysis:
        """Analyse the samples; ``named`` is the member with the names of devices, which is looked for without one."""
        if depth is not None and device_member is not None and named is None:
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
            self._learned = await self._async_analyse(depth, device_member, match.name_member if match else None)

    async def _async_after_learning(self) -> SubentryFlowResult:
        system = next((known for known in self._systems if known.name == self._learned.system), None)
        if system is None or (system.is_partial and system.is_missing):
            return await self.async_step_go_on()
        placeholders = {"system": escaped(system.name), "integration": escaped(system.integration or "")}
        step = "system_integration"
        if system.integration is None:
            step = "system_discovery"
        elif system.is_missing:
            step = "system_missing"
        elif system.is_partial:
            step = "system_partial"
        elif system.domain is not None:
            texts = await async_texts(self.hass)
            placeholders["advantage"] = escaped(await async_advantage(self.hass, texts, system.domain))
        is_better_here = system.is_partial or system.is_missing
        return self.async_show_menu(
            step_id=step,
            menu_options=["go_on", "stop"] if is_better_here else ["stop", "go_on"],
            description_placeholders=placeholders,
        )

    async def async_step_system_discovery(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu for a system that announces its devices itself."""
        return await self._async_after_learning()

    async def async_step_system_integration(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu for a system with an integration of its own."""
        return await self._async_after_learning()

    async def async_step_system_missing(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu for a system whose integration is not installed."""
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

    # ---------------------------------------------------------------- what is a device

    async def _async_splits(self) -> dict[str, str]:
        """Return the ways to group the topics into devices: the depth as text, with a description."""
        topics = list(dict.fromkeys(sample.topic for sample in self._samples))
        ways = await self.hass.async_add_executor_job(depths, self._topic, self._learned.depth, topics)
        grouped: dict[frozenset[str], tuple[int, Analysis]] = {}
        for depth in ways:
            samples = self._samples[-MAX_PREVIEWED:]
            analysis = await async_analyse(
                self.hass,
                samples,
                topic=self._topic,
                depth=depth,
                device_member=self._learned.device_member,
                name_member=self._learned.name_member,
            )
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
