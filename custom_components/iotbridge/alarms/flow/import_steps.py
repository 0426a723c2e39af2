"""Alarms out of the YAML of core's ``alert`` and of Alert2: pasted, looked at, confirmed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import selector

from ...const import SUBENTRY_ALARM, SUBENTRY_NOTIFIER
from ...forms import LINES, choices
from ...markdown import escaped
from ...migration import marked
from ...texts import Texts, async_texts
from ..engine.rule import EscalationStep, Rule
from ..notifications.channels import CHANNELS
from ..notifications.channels.channel import Target
from ..runtime.limit_units import async_with_unit
from .escalation_form import groups
from .fields import FieldError
from .summaries import condition_text, timing_text
from .yaml_import import Imported, ImportYamlError, Skipped, read

# Rules that are added before anything else gets its turn.
_AT_ONCE = 20


class ImportSteps(ConfigSubentryFlow):
    """The steps of an import."""

    def __init__(self) -> None:
        """Start with nothing pasted."""
        self._found: list[Imported] = []
        self._skipped: list[Skipped] = []

    async def async_step_import_yaml(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the YAML."""
        errors: dict[str, str] = {}
        said = {"line": "", "skipped": ""}
        if user_input is not None:
            try:
                results = await self.hass.async_add_executor_job(read, user_input["yaml"])
            except ImportYamlError as error:
                errors["yaml"] = error.key
                said["line"] = str(error.line or "")
            else:
                self._found = [self._with_unit(found) for found in results if isinstance(found, Imported)]
                self._skipped = [found for found in results if isinstance(found, Skipped)]
                if self._found:
                    return await self.async_step_imported()
                errors["yaml"] = "import_skipped"
                said["skipped"] = self._skipped_text(await async_texts(self.hass))
        schema = vol.Schema({vol.Required("yaml"): LINES})
        return self.async_show_form(
            step_id="import_yaml",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders=said,
            last_step=False,
        )

    async def async_step_imported(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what becomes what, and make it so."""
        words = await async_texts(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                rules = self._rules(user_input)
            except FieldError as error:
                errors[error.field] = error.key
            else:
                return await self._async_create(rules)
        labels = {str(number): found.rule.name for number, found in enumerate(self._found)}
        schema: dict[vol.Marker, Any] = {vol.Required("rules", default=list(labels)): choices(labels, multiple=True)}
        if names := groups(self._get_entry()):
            schema[vol.Optional("groups")] = choices(names, multiple=True)
        if any(found.targets for found in self._found):
            schema[vol.Required("make_groups", default=True)] = selector.BooleanSelector()
        return self.async_show_form(
            step_id="imported",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), user_input),
            errors=errors,
            description_placeholders={
                "becomes": "\n".join(_becomes(found, words) for found in self._found),
                "count": str(len(self._skipped)),
                "skipped": self._skipped_text(words),
            },
            last_step=True,
        )

    def _with_unit(self, found: Imported) -> Imported:
        """Return an alert whose limits are in the unit of its entity."""
        condition = async_with_unit(self.hass, found.rule.condition, found.rule.selection.entities)
        return replace(found, rule=replace(found.rule, condition=condition))

    def _skipped_text(self, words: Texts) -> str:
        return "\n".join(f"- **{escaped(skipped.name)}**: {words.own[skipped.reason]}" for skipped in self._skipped)

    def _rules(self, given: dict[str, Any]) -> list[Rule]:
        """Return the rules that were chosen, with whom they tell; raise FieldError."""
        chosen = [found for number, found in enumerate(self._found) if str(number) in given["rules"]]
        if not chosen:
            raise FieldError("rules", "no_rules")
        rules = []
        for found in chosen:
            told = list(given.get("groups", ()))
            if found.targets and given.get("make_groups"):
                told.append(self._group(found.targets))
            steps = (EscalationStep(after_s=found.first_after_s, groups=tuple(dict.fromkeys(told))),) if told else ()
            rules.append(replace(found.rule, escalation=replace(found.rule.escalation, steps=steps)))
        return rules

    def _group(self, targets: Sequence[Target]) -> str:
        """Return the notifier group that tells just these, a new one if there is none."""
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
        """Add the rules; the last one is the result of the dialog."""
        *others, last = rules
        for number, rule in enumerate(others, 1):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            subentry = ConfigSubentry(
                data=MappingProxyType(rule.as_dict()), subentry_type=SUBENTRY_ALARM, title=rule.name, unique_id=None
            )
            self.hass.config_entries.async_add_subentry(self._get_entry(), subentry)
        return self.async_create_entry(title=last.name, data=last.as_dict())


def _becomes(found: Imported, words: Texts) -> str:
    """Return a line of the list: what an alert becomes, and what of it does not."""
    condition = escaped(condition_text(words, found.rule.condition))
    line = f"- **{escaped(found.rule.name)}**: {condition}; {timing_text(words, found.rule)}"
    if entities := ", ".join(found.rule.selection.entities):
        line += f" ({escaped(entities)})"
    if found.left_out:
        line += f". {words.sentence('import_without', options=escaped(', '.join(found.left_out)))}"
    return line
