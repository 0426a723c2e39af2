"""Steps of the import of alarms from the YAML of core's ``alert`` and of Alert2: paste, review, confirm."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import selector

from ...const import SUBENTRY_ALARM, SUBENTRY_NOTIFIER
from ...forms import LINES, FieldError, choices
from ...markdown import escaped
from ...migration import marked
from ...texts import Texts, async_texts
from ..engine.rule import EscalationStep, Rule
from ..notifications.channels import CHANNELS
from ..notifications.channels.channel import Target
from ..runtime.limit_units import async_with_unit
from .escalation_form import groups
from .summaries import condition_text, timing_text
from .yaml_import import Imported, ImportYamlError, Skipped, read

# Number of rules that are added before control returns to the event loop.
_AT_ONCE = 20


class ImportSteps(ConfigSubentryFlow):
    """Steps of an import."""

    def __init__(self) -> None:
        """Start without alerts."""
        self._imported: list[Imported] = []
        self._skipped: list[Skipped] = []

    async def async_step_import_yaml(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the YAML."""
        errors: dict[str, str] = {}
        placeholders = {"line": "", "skipped": ""}
        if user_input is not None:
            try:
                results = await self.hass.async_add_executor_job(read, user_input["yaml"])
            except ImportYamlError as error:
                errors["yaml"] = error.key
                placeholders["line"] = str(error.line or "")
            else:
                self._imported = [self._with_unit(result) for result in results if isinstance(result, Imported)]
                self._skipped = [result for result in results if isinstance(result, Skipped)]
                if self._imported:
                    return await self.async_step_imported()
                errors["yaml"] = "import_skipped"
                placeholders["skipped"] = self._skipped_text(await async_texts(self.hass))
        schema = vol.Schema({vol.Required("yaml"): LINES})
        return self.async_show_form(
            step_id="import_yaml",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    async def async_step_imported(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the rules and create the selected ones."""
        texts = await async_texts(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                rules = self._rules(user_input)
            except FieldError as error:
                errors[error.field] = error.key
            else:
                return await self._async_create(rules)
        labels = {str(number): imported.rule.name for number, imported in enumerate(self._imported)}
        schema: dict[vol.Marker, Any] = {vol.Required("rules", default=list(labels)): choices(labels, multiple=True)}
        if names := groups(self._get_entry()):
            schema[vol.Optional("groups")] = choices(names, multiple=True)
        if any(imported.targets for imported in self._imported):
            schema[vol.Required("make_groups", default=True)] = selector.BooleanSelector()
        return self.async_show_form(
            step_id="imported",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), user_input),
            errors=errors,
            description_placeholders={
                "becomes": "\n".join(_becomes(imported, texts) for imported in self._imported),
                "count": str(len(self._skipped)),
                "skipped": self._skipped_text(texts),
            },
            last_step=True,
        )

    def _with_unit(self, imported: Imported) -> Imported:
        """Return an imported alert with the unit of its entity."""
        condition = async_with_unit(self.hass, imported.rule.condition, imported.rule.selection.entities)
        return replace(imported, rule=replace(imported.rule, condition=condition))

    def _skipped_text(self, texts: Texts) -> str:
        return "\n".join(f"- **{escaped(skipped.name)}**: {texts.own[skipped.reason]}" for skipped in self._skipped)

    def _rules(self, user_input: dict[str, Any]) -> list[Rule]:
        """Return the selected rules with their notifier groups; raise FieldError."""
        selected = [imported for number, imported in enumerate(self._imported) if str(number) in user_input["rules"]]
        if not selected:
            raise FieldError("rules", "no_rules")
        rules = []
        for imported in selected:
            group_ids = list(user_input.get("groups", ()))
            if imported.targets and user_input.get("make_groups"):
                group_ids.append(self._group(imported.targets))
            steps = (
                (EscalationStep(after_s=imported.first_after_s, groups=tuple(dict.fromkeys(group_ids))),)
                if group_ids
                else ()
            )
            rules.append(replace(imported.rule, escalation=replace(imported.rule.escalation, steps=steps)))
        return rules

    def _group(self, targets: Sequence[Target]) -> str:
        """Return the id of the notifier group with exactly these targets; create it if there is none."""
        entry = self._get_entry()
        for subentry in entry.subentries.values():
            if subentry.subentry_type == SUBENTRY_NOTIFIER and subentry.data.get("targets") == list(targets):
                return subentry.subentry_id
        data = marked(SUBENTRY_NOTIFIER, {"targets": list(targets), "fallback": [], "break_through": False})
        group = ConfigSubentry(
            data=MappingProxyType(data),
            subentry_type=SUBENTRY_NOTIFIER,
            title=", ".join(CHANNELS[target["kind"]].title_of(target) for target in targets),
            unique_id=None,
        )
        self.hass.config_entries.async_add_subentry(entry, group)
        return group.subentry_id

    async def _async_create(self, rules: Sequence[Rule]) -> SubentryFlowResult:
        """Create the rules; the last one is the result of the flow."""
        *others, last = rules
        for number, rule in enumerate(others, 1):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            subentry = ConfigSubentry(
                data=MappingProxyType(rule.as_dict()), subentry_type=SUBENTRY_ALARM, title=rule.name, unique_id=None
            )
            self.hass.config_entries.async_add_subentry(self._get_entry(), subentry)
        return self.async_create_entry(title=last.name, data=last.as_dict())


def _becomes(imported: Imported, texts: Texts) -> str:
    """Return a line of the list: the rule of an imported alert, and the options that it lacks."""
    condition = escaped(condition_text(texts, imported.rule.condition))
    line = f"- **{escaped(imported.rule.name)}**: {condition}; {timing_text(texts, imported.rule)}"
    if entities := ", ".join(imported.rule.selection.entities):
        line += f" ({escaped(entities)})"
    if imported.left_out:
        line += f". {texts.sentence('import_without', options=escaped(', '.join(imported.left_out)))}"
    return line
