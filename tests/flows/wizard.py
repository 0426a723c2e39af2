"""Drives the flow of devices through Home Assistant's own flow manager."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
from string import Formatter
from typing import Any

from custom_components.iotbridge import config_flow
from homeassistant.config_entries import ConfigSubentry, SubentryFlowContext, SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType
from tests.kit import Kit

TRANSLATIONS = Path(config_flow.__file__).with_name("translations") / "en.json"
WORDS = json.loads(TRANSLATIONS.read_text("utf-8"))["config_subentries"]["device"]

WEATHER = {"temperature": 21.5, "humidity": 44, "door": "open", "loops": 12345}


@dataclass
class Wizard:
    """One dialog at a time."""

    kit: Kit
    result: SubentryFlowResult = field(init=False)

    async def start(self, *choices: str) -> SubentryFlowResult:
        """Open "Add a device" and choose from its menus."""
        entry = self.kit.hass.config_entries.async_entries("iotbridge")[0]
        flows = self.kit.hass.config_entries.subentries
        self._seen(await flows.async_init((entry.entry_id, "device"), context={"source": "user"}))
        for choice in choices:
            await self.choose(choice)
        return self.result

    async def change(self, *choices: str) -> SubentryFlowResult:
        """Open Reconfigure of the only device and choose from its menus."""
        entry = self.kit.hass.config_entries.async_entries("iotbridge")[0]
        flows = self.kit.hass.config_entries.subentries
        context = SubentryFlowContext(source="reconfigure", subentry_id=self.subentry.subentry_id)
        self._seen(await flows.async_init((entry.entry_id, "device"), context=context))
        for choice in choices:
            await self.choose(choice)
        return self.result

    async def choose(self, choice: str) -> SubentryFlowResult:
        """Choose from a menu."""
        assert self.result["type"] is FlowResultType.MENU, self.result
        assert choice in self.result["menu_options"]
        return await self._configure({"next_step_id": choice})

    async def submit(self, **answers: Any) -> SubentryFlowResult:
        """Fill in a form with what it suggests, and with these answers; None takes a suggestion away."""
        assert self.result["type"] is FlowResultType.FORM, self.result
        given = self.suggested | answers
        return await self._configure({key: value for key, value in given.items() if value is not None})

    async def look(self) -> SubentryFlowResult:
        """Look what the dialog shows now, as the browser does when it is told that something changed."""
        await self.kit.hass.async_block_till_done()
        return self._seen(await self.kit.hass.config_entries.subentries.async_configure(self.result["flow_id"]))

    async def wait(self, seconds: int) -> SubentryFlowResult:
        """Let time pass, and look."""
        await self.wait_only(seconds)
        return await self.look()

    async def wait_only(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            await self.kit.wait(1)

    async def hear(self, topic: str, payload: Any) -> SubentryFlowResult:
        """Learn from the first message on a topic, up to the form or menu that follows."""
        await self.start("topic")
        await self.submit(topic=topic)
        await self.kit.receive(topic, payload)
        return await self.wait(3)

    async def hear_all(self, topic: str, messages: Mapping[str, Any]) -> SubentryFlowResult:
        """Learn from messages on a wildcard, up to the form of the device, as it is proposed."""
        await self.start("topic")
        await self.submit(topic=topic)
        for one, payload in messages.items():
            await self.kit.receive(one, payload)
        await self.wait(6)
        if self.step == "system":
            await self.choose("go_on")
        return await self.submit() if self.step == "split" else self.result

    async def add(self, topic: str, payload: Any, *, heard_on: str | None = None, **answers: Any) -> ConfigSubentry:
        """Add a device as it is proposed, with these answers; ``heard_on`` where its topic is a wildcard."""
        if heard_on is None:
            await self.hear(topic, payload)
        else:
            await self.hear_all(topic, {heard_on: payload})
        await self.submit(**answers)
        assert self.result["type"] is FlowResultType.CREATE_ENTRY, self.result
        await self.kit.hass.async_block_till_done()
        return self.subentry

    @property
    def step(self) -> str:
        """Return the step that is shown; of one that is over, how it ended."""
        return str(self.result.get("reason") or self.result.get("step_id") or self.result["type"])

    @property
    def errors(self) -> dict[str, str]:
        """Return the errors of the form."""
        return self.result["errors"] or {}

    @property
    def said(self) -> dict[str, str]:
        """Return what is filled into the words of the step."""
        return dict(self.result["description_placeholders"] or {})

    @property
    def suggested(self) -> dict[str, Any]:
        """Return what the form would send if nobody touched it."""
        return suggestions(self.result["data_schema"])

    @property
    def channels(self) -> dict[str, dict[str, Any]]:
        """Return the channels of the form by their keys."""
        return {item["key"]: item for item in self.suggested["channels"]}

    def options(self, name: str) -> dict[str, str]:
        """Return what there is to choose from in a field, by its value."""
        assert self.result["data_schema"] is not None
        chooser = self.result["data_schema"].schema[name]
        return {option["value"]: option["label"] for option in chooser.config["options"]}

    @property
    def subentry(self) -> ConfigSubentry:
        """Return the only device there is."""
        (subentry,) = self.kit.hass.config_entries.async_entries("iotbridge")[0].subentries.values()
        return subentry

    def _seen(self, result: SubentryFlowResult) -> SubentryFlowResult:
        """Keep what is shown; all of it must have its words, and the words what they need."""
        self.result = result
        check_words(result)
        return result

    async def _configure(self, given: dict[str, Any]) -> SubentryFlowResult:
        flows = self.kit.hass.config_entries.subentries
        self._seen(await flows.async_configure(self.result["flow_id"], given))
        if self.result["type"] is FlowResultType.SHOW_PROGRESS:
            await self.wait_only(1)  # core's mqtt subscribes after a moment
        return self.result


def check_words(result: SubentryFlowResult) -> None:
    """Assert that all that is shown has its words, and that the words get what they need."""
    kind = result["type"]
    given = set(result.get("description_placeholders") or {})
    texts: list[str] = []
    if kind is FlowResultType.ABORT and not result.get("translation_domain"):
        texts = [WORDS["abort"][result["reason"]]]
    if kind is FlowResultType.SHOW_PROGRESS:
        texts = [WORDS["step"][result["step_id"]]["title"], WORDS["progress"][result["progress_action"]]]
    if kind in {FlowResultType.MENU, FlowResultType.FORM}:
        step = WORDS["step"][result["step_id"]]
        texts = [step["title"], step.get("description", "")]
        if kind is FlowResultType.MENU:
            assert list(step["menu_options"]) == sorted(result["menu_options"])  # type: ignore[call-overload]
            assert step.get("menu_option_descriptions", step["menu_options"]).keys() == step["menu_options"].keys()
        else:
            texts += [WORDS["error"][error] for error in (result["errors"] or {}).values()]
            _check_fields(step, result["data_schema"])
    for text in texts:
        assert {name for _, name, _, _ in Formatter().parse(text) if name} <= given, text


def _check_fields(step: dict[str, Any], schema: Any) -> None:
    assert step["data"].keys() == step["data_description"].keys()
    for marker, kind in schema.schema.items():
        if hasattr(kind, "schema") and hasattr(kind, "options"):
            part = step["sections"][str(marker)]
            assert part["name"]
            _check_fields(part, kind.schema)
        else:
            assert str(marker) in step["data"]


def suggestions(schema: Any) -> dict[str, Any]:
    """Return the suggested values and defaults of a schema, those of its sections too."""
    found: dict[str, Any] = {}
    for marker, kind in schema.schema.items():
        if hasattr(kind, "schema") and hasattr(kind, "options"):
            found[str(marker)] = suggestions(kind.schema)
        elif marker.description and "suggested_value" in marker.description:
            found[str(marker)] = marker.description["suggested_value"]
        elif callable(marker.default):
            found[str(marker)] = marker.default()
    return found
