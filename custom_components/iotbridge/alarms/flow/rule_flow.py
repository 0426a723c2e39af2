"""Flow of the subentries of type ``alarm``: adds and changes alarm rules."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, SubentryFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ...forms import DURATION, LINES, TEXT, FieldError, duration, seconds, text
from ...markdown import escaped
from ...subentries import read
from ...texts import NONE, Texts, async_texts
from ..engine.kinds import AlarmKind, Condition, Subjects
from ..engine.models import Severity, Timing
from ..engine.rule import Rule
from ..runtime.backtest import Backtest, async_backtest, reason_against
from ..runtime.entity_selector import async_matching
from ..runtime.limit_units import async_unit_choices, async_with_unit
from . import condition_form, entities_form, escalation_form
from .fields import SEVERITY, filled
from .import_steps import ImportSteps
from .kind_menu import KindMenu
from .preview_steps import PreviewSteps
from .summaries import (
    NO,
    YES,
    backtest_summary,
    condition_text,
    entities_text,
    policy_text,
    proposed_name,
    template_text,
    time_text,
    values_text,
)

MORE = "more"
# The form in which the subjects of a kind are selected.
_SUBJECT_STEPS = {Subjects.ENTITIES: ["entities"], Subjects.HOSTS: ["hosts"], Subjects.NONE: []}


class RuleFlow(KindMenu, ImportSteps, PreviewSteps):
    """Flow of a rule: form after form up to the backtest; afterwards, and for an existing rule, in any order."""

    def __init__(self) -> None:
        """Start with an empty rule."""
        super().__init__()
        self._rule = Rule(rule_id="", name="", severity=Severity.WARNING, condition=Condition(kind=AlarmKind.ABOVE))
        self._is_first = True
        # True once the user knows that the rule has no notifications.
        self._is_silent = False
        self._backtesting: asyncio.Task[Backtest] | None = None
        self._backtest: Backtest | None = None

    @override
    @callback
    def async_remove(self) -> None:
        """Cancel the backtest when the dialog is closed."""
        if self._backtesting is not None:
            self._backtesting.cancel()

    # ---------------------------------------------------------------- order of steps

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu of the kinds."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return self.async_show_menu(step_id="user", menu_options=[*(str(kind) for kind in AlarmKind), "import_yaml"])

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the overview of an existing rule."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        subentry = self._get_reconfigure_subentry()
        rule = read(subentry, partial(Rule.from_dict, subentry.subentry_id, subentry.title))
        if rule is None:
            return self.async_abort(reason="unreadable")
        self._rule = rule
        self._is_first = False
        self._is_silent = not rule.escalation.steps
        return await self.async_step_overview()

    @override
    async def _async_begin(self, kind: AlarmKind) -> SubentryFlowResult:
        self._rule = replace(self._rule, condition=Condition(kind=kind))
        if self._rule.condition.traits.is_momentary:
            self._rule = replace(self._rule, timing=Timing(clear_after_s=3600.0))
        return await self._async_step(self._steps[0])

    @property
    def _steps(self) -> list[str]:
        """Return the form steps of this kind of rule; the entities have the unit and the values of its limits."""
        traits = self._rule.condition.traits
        condition = ["condition"] if traits.parameters else []
        return [*_SUBJECT_STEPS[traits.subjects], *condition, "timing", "telling"]

    async def _async_step(self, step: str) -> SubentryFlowResult:
        result: SubentryFlowResult = await getattr(self, f"async_step_{step}")()
        return result

    async def _async_after(self, step: str) -> SubentryFlowResult:
        """Show the next form, or the overview once all have been shown."""
        if not self._is_first:
            return await self.async_step_overview()
        following = [*self._steps, "trial"]
        return await self._async_step(following[following.index(step) + 1])

    def _change_rule(self, **changes: Any) -> None:
        """Change the rule, and give its limits the unit of its entities."""
        self._rule = rule = replace(self._rule, **changes)
        condition = async_with_unit(self.hass, rule.condition, self._matching())
        self._rule = replace(rule, condition=condition)

    def _matching(self) -> Collection[str]:
        return async_matching(self.hass, self._rule.selection)

    async def async_step_overview(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the summary of the rule, and the menu of its forms."""
        texts = await async_texts(self.hass)
        rule, names = self._rule, escalation_form.groups(self._get_entry())
        has_entities = rule.condition.traits.has_entities
        return self.async_show_menu(
            step_id="overview",
            menu_options=[*self._steps, "trial", "try_it", "save"],
            description_placeholders={
                "name": escaped(rule.name),
                "condition": self._condition(texts),
                "entities": escaped(entities_text(self.hass, self._matching())) if has_entities else NONE,
                "severity": texts.own[rule.severity.word],
                "hold": time_text(rule.timing.hold_s),
                "clear": time_text(rule.timing.clear_after_s),
                "latching": YES if rule.timing.latching else NO,
                "telling": escaped(policy_text(rule.escalation, names)),
                "repeat": time_text(rule.escalation.repeat_s),
            },
        )

    def _condition(self, texts: Texts) -> str:
        """Return the condition, with the result of a template that is neither true nor false."""
        result = condition_form.result_now(self.hass, self._rule.condition)
        text = escaped(condition_text(texts, self._rule.condition))
        return text if result is None or result.is_true is not None else f"{text} ({template_text(self.hass, result)})"

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save the rule; first ask about one without notifications."""
        if not self._rule.escalation.steps and not self._is_silent:
            has_groups = bool(escalation_form.groups(self._get_entry()))
            options = ["telling" if has_groups else "overview", "save_silent"]
            return self.async_show_menu(step_id="nobody", menu_options=options)
        data, title = self._rule.as_dict(), self._rule.name
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), data=data, title=title
            )
        return self.async_create_entry(title=title, data=data)

    async def async_step_nobody(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask again about a rule without notifications."""
        return await self.async_step_save()

    async def async_step_save_silent(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save a rule without notifications."""
        self._is_silent = True
        return await self.async_step_save()

    def _form(
        self,
        step: str,
        schema: vol.Schema,
        suggested: Mapping[str, Any],
        error: FieldError | None,
        **placeholders: str,
    ) -> SubentryFlowResult:
        texts = {"reason": "", **placeholders, **(error.placeholders if error else {})}
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors={error.field: error.key} if error else {},
            description_placeholders=texts,
            last_step=False,
        )

    # ---------------------------------------------------------------- forms

    async def async_step_condition(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the parameters of the kind."""
        kind, matching = self._rule.condition.kind, self._matching()
        units = async_unit_choices(self.hass, self._rule.condition, matching)
        invalid = None
        if user_input is not None:
            try:
                self._change_rule(condition=condition_form.read(self.hass, kind, user_input, units))
            except FieldError as error:
                invalid = error
            else:
                return await self._async_after("condition")
        suggested = user_input or condition_form.suggested(self._rule.condition)
        values = escaped(values_text(self.hass, self._rule.condition, matching))
        return self._form("condition", condition_form.schema(kind, units), suggested, invalid, values=values)

    async def async_step_entities(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the entities."""
        return await self._async_entities("entities", user_input)

    async def async_step_hosts(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the hosts."""
        return await self._async_entities("hosts", user_input)

    async def _async_entities(self, step: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        texts = await async_texts(self.hass)
        hosts = step == "hosts"
        invalid = None
        if user_input is not None:
            selection = entities_form.read(user_input, hosts=hosts)
            if entities_form.is_empty(selection):
                invalid = FieldError("base", "no_entities")
            else:
                self._change_rule(selection=selection)
                return await self._async_after(step)
        schema = vol.Schema(await entities_form.async_schema(self.hass, texts, self._rule.selection, hosts=hosts))
        suggested = user_input or entities_form.suggested(self._rule.selection)
        return self._form(step, schema, suggested, invalid, watched=escaped(entities_text(self.hass, self._matching())))

    async def async_step_timing(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of name, severity, times and texts."""
        texts = await async_texts(self.hass)
        invalid = None
        if user_input is not None:
            try:
                self._rule = _with_timing(self._rule, user_input)
            except FieldError as error:
                invalid = error
            else:
                return await self._async_after("timing")
        suggested = user_input or _suggested_timing(self._rule, proposed_name(self.hass, texts, self._rule))
        return self._form("timing", _timing_schema(self._rule), suggested, invalid, now=self._now())

    def _now(self) -> str:
        """Return the present matches: entities, or whether a template is true."""
        condition = self._rule.condition
        result = condition_form.result_now(self.hass, condition)
        if result is not None:
            return template_text(self.hass, result)
        if not condition.traits.has_entities:
            return NONE
        return escaped(entities_text(self.hass, self._matching()))

    async def async_step_telling(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the escalation policy."""
        names = escalation_form.groups(self._get_entry())
        invalid = None
        if user_input is not None:
            try:
                self._rule = replace(self._rule, escalation=escalation_form.read(user_input, names))
            except FieldError as error:
                invalid = error
            else:
                return await self._async_after("telling")
        policy = self._rule.escalation
        if not policy.steps and not self._is_silent:
            policy = escalation_form.default_policy(names)
        suggested = user_input or escalation_form.suggested(policy, names)
        return self._form("telling", escalation_form.schema(names), suggested, invalid)

    # ---------------------------------------------------------------- backtest

    async def async_step_trial(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Run the backtest, and show its progress."""
        self._is_first = False
        if reason := reason_against(self.hass, self._rule):
            return self._backtest_menu(reason)
        if self._backtesting is None:
            backtest = async_backtest(self.hass, self._rule, self._matching(), self.async_update_progress)
            self._backtesting = self.hass.async_create_background_task(backtest, "iotbridge trial", eager_start=True)
        if not self._backtesting.done():
            return self.async_show_progress(step_id="trial", progress_action="trial", progress_task=self._backtesting)
        finished, self._backtesting = self._backtesting, None
        self._backtest = finished.result()
        return self.async_show_progress_done(next_step_id="tried")

    async def async_step_tried(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the result of the backtest."""
        if not self._backtest or not self._backtest.entities:
            return self._backtest_menu("no_matches")
        step = "tried_no_data" if self._rule.condition.traits.is_report_driven else "tried"
        return self._backtest_menu(step, backtest_summary(self.hass, self._backtest))

    async def async_step_tried_no_data(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the result for missing data, with a note on the limits of the history."""
        return await self.async_step_tried()

    async def async_step_no_matches(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show that no entity matches."""
        return self._backtest_menu("no_matches")

    async def async_step_no_history(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show that there is no history for this kind of alarm."""
        return self._backtest_menu("no_history")

    async def async_step_no_recorder(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show that there is no recorder."""
        return self._backtest_menu("no_recorder")

    def _backtest_menu(self, step: str, placeholders: Mapping[str, str] | None = None) -> SubentryFlowResult:
        return self.async_show_menu(
            step_id=step, menu_options=["save", "try_it", "overview"], description_placeholders=placeholders
        )


def _timing_schema(rule: Rule) -> vol.Schema:
    fields: dict[vol.Marker, Any] = {vol.Required("name"): TEXT, vol.Required("severity"): SEVERITY}
    if not rule.condition.traits.is_momentary:
        fields[vol.Optional("hold")] = DURATION
    fields |= {
        vol.Optional("clear_after"): DURATION,
        vol.Required("latching", default=False): selector.BooleanSelector(),
    }
    parents = selector.DeviceSelector(selector.DeviceSelectorConfig(multiple=True))
    more: dict[vol.Marker, Any] = {
        vol.Optional("message"): selector.TemplateSelector(),
        vol.Optional("instructions"): LINES,
        vol.Optional("parents"): parents,
        vol.Optional("parent_entities"): selector.EntitySelector(selector.EntitySelectorConfig(multiple=True)),
    }
    return vol.Schema({**fields, vol.Required(MORE): section(vol.Schema(more), {"collapsed": True})})


def _suggested_timing(rule: Rule, name: str) -> dict[str, Any]:
    """Return the suggested values of the form of times and texts."""
    more = {
        "message": rule.message,
        "instructions": rule.instructions,
        "parents": [parent for parent in rule.parents if "." not in parent],
        "parent_entities": [parent for parent in rule.parents if "." in parent],
    }
    return {
        "name": rule.name or name,
        "severity": rule.severity.word,
        "hold": duration(rule.timing.hold_s),
        "clear_after": duration(rule.timing.clear_after_s),
        "latching": rule.timing.latching,
        MORE: filled(more),
    }


def _with_timing(rule: Rule, user_input: Mapping[str, Any]) -> Rule:
    """Return the rule with the times and texts of the form; raise FieldError."""
    if not (name := text(user_input, "name")):
        raise FieldError("name", "name_missing")
    severity = Severity[user_input["severity"].upper()]
    condition = rule.condition
    if (condition.worse_above, condition.worse_below) != (None, None) and condition.worse <= severity:
        raise FieldError("severity", "severity_not_less")
    timing = Timing(
        hold_s=seconds(user_input, "hold"),
        clear_after_s=seconds(user_input, "clear_after"),
        latching=user_input["latching"],
    )
    if condition.traits.is_momentary and not timing.latching and not timing.clear_after_s:
        raise FieldError("clear_after", "moment_without_end")
    more = user_input[MORE]
    return replace(
        rule,
        name=name,
        severity=severity,
        timing=timing,
        message=text(more, "message"),
        instructions=text(more, "instructions"),
        parents=(*more.get("parents", ()), *more.get("parent_entities", ())),
    )
