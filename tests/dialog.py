"""Drivers of subentry flows through Home Assistant's own flow manager."""

from dataclasses import dataclass, field
import json
from pathlib import Path
from string import Formatter
from typing import Any

from custom_components.iotbridge import config_flow
from homeassistant.config_entries import ConfigEntry, ConfigSubentry, SubentryFlowContext, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

TRANSLATIONS = Path(config_flow.__file__).with_name("translations") / "en.json"
ALL_WORDS = json.loads(TRANSLATIONS.read_text("utf-8"))
WORDS = ALL_WORDS["config_subentries"]


@dataclass
class Flow:
    """Dialog for subentries of one type; only one is open at a time."""

    hass: HomeAssistant
    kind: str
    result: SubentryFlowResult = field(init=False)

    async def start(self, *choices: str) -> SubentryFlowResult:
        """Open "Add" and choose from its menus."""
        return await self._open(SubentryFlowContext(source="user"), choices)

    async def _open(self, context: SubentryFlowContext, choices: tuple[str, ...]) -> SubentryFlowResult:
        flows = self.hass.config_entries.subentries
        self._seen(await flows.async_init((self.entry.entry_id, self.kind), context=context))
        for choice in choices:
            await self.choose(choice)
        return self.result

    async def choose(self, choice: str) -> SubentryFlowResult:
        """Choose from a menu."""
        assert self.result["type"] is FlowResultType.MENU, self.result
        assert choice in self.result["menu_options"]
        return await self._configure({"next_step_id": choice})

    async def submit(self, **answers: Any) -> SubentryFlowResult:
        """Submit a form with its suggestions, and with these answers; None removes a suggestion."""
        assert self.result["type"] is FlowResultType.FORM, self.result
        data = self.suggested | answers
        return await self._configure({key: value for key, value in data.items() if value is not None})

    async def look(self) -> SubentryFlowResult:
        """Return the current step, like a browser that is notified of a change."""
        await self.hass.async_block_till_done()
        return self._seen(await self.hass.config_entries.subentries.async_configure(self.result["flow_id"]))

    @property
    def entry(self) -> ConfigEntry:
        """Return the config entry."""
        (entry,) = self.hass.config_entries.async_entries("iotbridge")
        return entry

    @property
    def made(self) -> list[ConfigSubentry]:
        """Return the subentries of this type, oldest first."""
        return [found for found in self.entry.subentries.values() if found.subentry_type == self.kind]

    @property
    def step(self) -> str:
        """Return the current step; for a finished flow, its result type."""
        return str(self.result.get("reason") or self.result.get("step_id") or self.result["type"])

    @property
    def errors(self) -> dict[str, str]:
        """Return the errors of the form."""
        return self.result["errors"] or {}

    @property
    def placeholders(self) -> dict[str, str]:
        """Return the description placeholders of the step."""
        return dict(self.result["description_placeholders"] or {})

    @property
    def text(self) -> str:
        """Return the description of the step as the user reads it."""
        description: str = WORDS[self.kind]["step"][self.step]["description"]
        return description.format(**self.placeholders)

    def error_text(self, field: str) -> str:
        """Return the error at a field as the user reads it."""
        error: str = WORDS[self.kind]["error"][self.errors[field]]
        return error.format(**self.placeholders)

    @property
    def suggested(self) -> dict[str, Any]:
        """Return the data of the form if submitted unchanged."""
        return suggestions(self.result["data_schema"])

    @property
    def fields(self) -> set[str]:
        """Return the fields of the form."""
        assert self.result["data_schema"] is not None
        return {str(marker) for marker in self.result["data_schema"].schema}

    async def _configure(self, data: dict[str, Any]) -> SubentryFlowResult:
        flows = self.hass.config_entries.subentries
        return self._seen(await flows.async_configure(self.result["flow_id"], data))

    def _seen(self, result: SubentryFlowResult) -> SubentryFlowResult:
        """Store the step; all of it must be translated, and the texts must have their placeholders."""
        self.result = result
        words, kind = WORDS[self.kind], result["type"]
        placeholders = set(result.get("description_placeholders") or {})
        texts: list[str] = []
        if kind is FlowResultType.ABORT and not result.get("translation_domain"):
            texts = [words["abort"][result["reason"]]]
        if kind is FlowResultType.SHOW_PROGRESS:
            texts = [words["step"][result["step_id"]]["title"], words["progress"][result["progress_action"]]]
        if kind in {FlowResultType.MENU, FlowResultType.FORM}:
            step = words["step"][result["step_id"]]
            texts = [step["title"], step.get("description", "")]
            if kind is FlowResultType.MENU:
                self._check_menu(step, list(result["menu_options"]))  # type: ignore[call-overload]
            else:
                texts += [words["error"][error] for error in (result["errors"] or {}).values()]
                _check_fields(step, result["data_schema"])
                # An error belongs to a field of the form, or is above it.
                assert set(result["errors"] or {}) <= {"base", *self.fields}
        for text in texts:
            assert {name for _, name, _, _ in Formatter().parse(text) if name} <= placeholders, text
        return result

    def _check_menu(self, step: dict[str, Any], options: list[str]) -> None:
        assert set(options) <= step["menu_options"].keys()


class Dialog(Flow):
    """A dialog of alarms, notifier groups or windows."""

    async def change(self, subentry_id: str, *choices: str) -> SubentryFlowResult:
        """Open Reconfigure and choose from its menus."""
        return await self._open(SubentryFlowContext(source="reconfigure", subentry_id=subentry_id), choices)

    async def look(self) -> SubentryFlowResult:
        """Return the current step once everything it started is done."""
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return await super().look()

    async def tried(self) -> SubentryFlowResult:
        """Wait until the rule's preview is done."""
        if self.result["type"] is FlowResultType.SHOW_PROGRESS:
            await self.look()
        assert self.result["type"] is FlowResultType.MENU, self.result
        return self.result


def check_form(result: Any, part: str) -> None:
    """Assert that a form of another part of the translations is translated."""
    words = ALL_WORDS[part]
    assert result["errors"].keys() <= {"base"}
    assert set(result["errors"].values()) <= words["error"].keys()
    _check_fields(words["step"][result["step_id"]], result["data_schema"])


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
    """Return the suggested values and defaults of a schema, including those of its sections."""
    found: dict[str, Any] = {}
    for marker, kind in schema.schema.items():
        if hasattr(kind, "schema") and hasattr(kind, "options"):
            found[str(marker)] = suggestions(kind.schema)
        elif marker.description and "suggested_value" in marker.description:
            found[str(marker)] = marker.description["suggested_value"]
        elif callable(marker.default):
            found[str(marker)] = marker.default()
    return found
