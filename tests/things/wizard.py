"""Driver of the device flow, with things that send messages meanwhile."""

from collections.abc import Mapping
from typing import Any

from custom_components.iotbridge.things.model.profile import Profile
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.config_entries import ConfigSubentry, SubentryFlowContext, SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.kit import Kit

from ..dialog import WORDS as ALL_WORDS, Flow, suggestions

__all__ = ["WORDS", "suggestions"]

WORDS = ALL_WORDS["device"]

WEATHER = {"temperature": 21.5, "humidity": 44, "door": "open", "loops": 12345}


class Wizard(Flow):
    """Dialog to add or reconfigure a device; only one is open at a time."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit.hass, "device")
        self.kit = kit

    async def change(self, *choices: str) -> SubentryFlowResult:
        """Open Reconfigure of the only device and choose from its menus."""
        context = SubentryFlowContext(source="reconfigure", subentry_id=self.subentry.subentry_id)
        return await self._open(context, choices)

    async def wait(self, seconds: int) -> SubentryFlowResult:
        """Advance the time, and return the current step."""
        await self.wait_only(seconds)
        return await self.look()

    async def wait_only(self, seconds: int) -> None:
        """Advance the time."""
        for _ in range(seconds):
            await self.kit.wait(1)

    async def learn_from(self, topic: str, payload: Any) -> SubentryFlowResult:
        """Learn from the first message on a topic, up to the form or menu that follows."""
        await self.start("topic")
        await self.submit(topic=topic)
        await self.kit.receive(topic, payload)
        return await self.wait(3)

    async def learn_from_all(self, topic: str, messages: Mapping[str, Any]) -> SubentryFlowResult:
        """Learn from messages on a wildcard, up to the form of the device, as it is proposed."""
        await self.start("topic")
        await self.submit(topic=topic)
        for sample_topic, payload in messages.items():
            await self.kit.receive(sample_topic, payload)
        await self.wait(6)
        if self.step.startswith("system_"):
            await self.choose("go_on")
        return await self.submit() if self.step == "split" else self.result

    async def add(self, topic: str, payload: Any, *, heard_on: str | None = None, **answers: Any) -> ConfigSubentry:
        """Add a device as proposed, with these answers; ``heard_on`` is the message's topic below a wildcard."""
        if heard_on is None:
            await self.learn_from(topic, payload)
        else:
            await self.learn_from_all(topic, {heard_on: payload})
        await self.submit(**answers)
        assert self.result["type"] is FlowResultType.CREATE_ENTRY, self.result
        await self.kit.hass.async_block_till_done()
        return self.subentry

    @property
    def channels(self) -> dict[str, str]:
        """Return the lines of the form's channels by their keys."""
        return self.options("channels")

    @property
    def selected(self) -> list[str]:
        """Return the keys of the channels that would become entities."""
        return list(self.suggested["channels"])

    async def open(self, key: str, kind: str | None = None) -> SubentryFlowResult:
        """Open a channel's fields, as the kind that it is or as another one."""
        await self.submit(edit=[key])
        assert self.step == "kind"
        current = next(iter(self.result["menu_options"]))  # type: ignore[call-overload]
        return await self.choose(kind or current)

    async def edit(self, key: str, kind: str | None = None, **fields: Any) -> SubentryFlowResult:
        """Change a channel's fields, and return to the list."""
        await self.open(key, kind)
        return await self.submit(**fields)

    def options(self, name: str) -> dict[str, str]:
        """Return the options of a field, by value."""
        assert self.result["data_schema"] is not None
        chooser = self.result["data_schema"].schema[name]
        return {option["value"]: option["label"] for option in chooser.config["options"]}

    @property
    def subentry(self) -> ConfigSubentry:
        """Return the only device."""
        (subentry,) = self.kit.hass.config_entries.async_entries("iotbridge")[0].subentries.values()
        return subentry

    async def _configure(self, data: dict[str, Any]) -> SubentryFlowResult:
        await super()._configure(data)
        if self.result["type"] is FlowResultType.SHOW_PROGRESS:
            await self.wait_only(1)  # core's mqtt subscribes after a moment
        return self.result

    def _check_menu(self, step: dict[str, Any], options: list[str]) -> None:
        if self.result["step_id"] in {"kind", "nothing"}:  # these offer only what is possible
            assert set(options) <= step["menu_options"].keys()
        else:
            assert list(step["menu_options"]) == sorted(options)
        assert step.get("menu_option_descriptions", step["menu_options"]).keys() == step["menu_options"].keys()


FAMILY = "sensors/+/data"


async def add_family(wizard: Wizard, **answers: Any) -> None:
    await wizard.start("topic")
    await wizard.submit(topic=FAMILY)
    for name in ("a", "b"):
        await wizard.kit.receive(f"sensors/{name}/data", {"temperature": 20.5})
    await wizard.wait(3)
    await wizard.submit()
    await wizard.submit(**({"name": "Rooms"} | answers))
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    await wizard.kit.hass.async_block_till_done()


class Repair:
    """Dialog of an issue."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    async def open(self, kind: str) -> dict[str, Any]:
        """Open the dialog of the only issue of a kind."""
        assert await async_setup_component(self.kit.hass, REPAIRS, {})
        await self.kit.hass.async_block_till_done()
        (issue,) = self.issues(kind)
        assert issue.is_fixable
        return await self.open_issue(issue.issue_id)

    async def open_issue(self, issue_id: str) -> dict[str, Any]:
        """Open the dialog of an issue."""
        self.manager: RepairsFlowManager = self.kit.hass.data[REPAIRS]["flow_manager"]
        result = await self.manager.async_init("iotbridge", context={"issue_id": issue_id})
        return dict(result)

    async def submit(self, result: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
        """Submit the form."""
        answered = await self.manager.async_configure(result["flow_id"], {"wanted": wanted})
        await self.kit.hass.async_block_till_done()
        return dict(answered)

    def issues(self, kind: str) -> list[ir.IssueEntry]:
        """Return the open issues of a kind."""
        issues = ir.async_get(self.kit.hass).issues.values()
        return [issue for issue in issues if issue.domain == "iotbridge" and issue.translation_key == kind]


def names_of_channels(wizard: Wizard) -> dict[str, str]:
    """Return the names of all channels, by their paths."""
    return {".".join(channel["path"]): channel["name"] for channel in saved(wizard)}


def saved(wizard: Wizard) -> list[dict[str, Any]]:
    """Return the enabled channels of the device."""
    return [channel for channel in wizard.subentry.data["channels"] if channel.get("enabled", True)]


def edit(wizard: Wizard, profile: Profile) -> None:
    """Change the device like another user."""
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    wizard.kit.hass.config_entries.async_update_subentry(entry, wizard.subentry, data=profile.as_dict())


DEVICES = {"a": {"temperature": 20.5}, "b": {"temperature": 21.5}, "c": {"temperature": 22.5, "humidity": 40}}


async def receive_family(wizard: Wizard, topic: str = "sensors/+/data") -> None:
    """Receive the messages of several devices, up to the question what a device is."""
    await wizard.start("topic")
    await wizard.submit(topic=topic)
    for name, payload in DEVICES.items():
        await wizard.kit.receive(f"sensors/{name}/data", payload)
    await wizard.wait(3)
    assert wizard.step == "split"
