"""Summaries of a rule in sentences, for its dialogs."""

from collections.abc import Collection, Mapping

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...markdown import escaped
from ...texts import Texts
from ..engine.evaluation.formatting import duration_text, number_text
from ..engine.rule import MOMENTARY, AlarmKind, Condition, EscalationPolicy, Rule
from ..runtime.backtest import DAYS, Backtest

MAX_NAMED = 5
MAX_LISTED = 20

_NAMES = {
    AlarmKind.ABOVE: "name_above",
    AlarmKind.BELOW: "name_below",
    AlarmKind.OUTSIDE: "name_outside",
    AlarmKind.STATE: "name_state",
    AlarmKind.RATE: "name_rate",
    AlarmKind.NO_DATA: "name_no_data",
    AlarmKind.UNAVAILABLE: "name_unavailable",
    AlarmKind.HOST_LOST: "name_host_lost",
    AlarmKind.TEMPLATE: "name_template",
    AlarmKind.EVENT: "name_event",
    AlarmKind.MESSAGE: "name_message",
}
_CONDITIONS = {
    AlarmKind.ABOVE: "is_above",
    AlarmKind.BELOW: "is_below",
    AlarmKind.OUTSIDE: "is_outside",
    AlarmKind.STATE: "is_state",
    AlarmKind.RATE: "is_rate",
    AlarmKind.UNAVAILABLE: "is_unavailable",
    AlarmKind.HOST_LOST: "is_host_lost",
    AlarmKind.TEMPLATE: "is_template",
    AlarmKind.EVENT: "is_event",
    AlarmKind.MESSAGE: "is_message",
}


def proposed_name(hass: HomeAssistant, words: Texts, rule: Rule) -> str:
    """Return what to call a rule whose user did not say."""
    condition, chosen = rule.condition, rule.selection
    what = condition.event_type or condition.topic
    if len(chosen.entities) == 1:
        what = name_of(hass, chosen.entities[0])
    elif condition.kind is AlarmKind.HOST_LOST:
        what = words.own["any_host"]
    elif len(chosen.device_classes) == 1:
        what = words.device_classes.get(chosen.device_classes[0], chosen.device_classes[0])
    name = words.say(_NAMES[condition.kind], what=what or words.own["something"])
    return name[:1].upper() + name[1:]


def condition_text(words: Texts, condition: Condition) -> str:
    """Return when it is bad."""
    if condition.kind is AlarmKind.NO_DATA:
        if condition.silent_s is None:
            return words.own["is_silent_unusually"]
        return words.say("is_silent", silent=duration_text(condition.silent_s))
    return words.say(
        _CONDITIONS[condition.kind],
        above="" if condition.above is None else number_text(condition.above, condition.unit),
        below="" if condition.below is None else number_text(condition.below, condition.unit),
        states=", ".join(condition.states),
        change=number_text(condition.change, condition.unit),
        within=duration_text(condition.per_s),
        event=condition.event_type,
        topic=condition.topic,
    )


def entities_text(hass: HomeAssistant, words: Texts, entity_ids: Collection[str]) -> str:
    """Return how many entities there are, with the names of the first."""
    if not entity_ids:
        return words.own["watches_none"]
    names = [name_of(hass, entity_id) for entity_id in sorted(entity_ids)[:MAX_NAMED]]
    listed = ", ".join(names) + (" …" if len(entity_ids) > MAX_NAMED else "")
    return words.say("watches", count=len(entity_ids), names=listed)


def timing_text(words: Texts, rule: Rule) -> str:
    """Return how bad it is and how patient the rule is."""
    parts = [words.own[rule.severity.word]]
    if rule.timing.hold_s:
        parts.append(words.say("raised_after", hold=duration_text(rule.timing.hold_s)))
    if rule.timing.clear_after_s:
        parts.append(words.say("over_after", clear=duration_text(rule.timing.clear_after_s)))
    if rule.timing.latching:
        parts.append(words.own["stays"])
    return ", ".join(parts)


def plan_text(words: Texts, plan: EscalationPolicy, names: Mapping[str, str]) -> str:
    """Return who is told, and when."""
    told = []
    for step in plan.steps:
        groups = ", ".join(names[group] for group in step.groups if group in names)
        if groups and step.after_s:
            told.append(words.say("told_after", after=duration_text(step.after_s), groups=groups))
        elif groups:
            told.append(words.say("told_at_once", groups=groups))
    if told and plan.repeat_s:
        told.append(words.say("told_again", repeat=duration_text(plan.repeat_s)))
    return "; ".join(told) or words.own["told_nobody"]


def trial_text(hass: HomeAssistant, words: Texts, rule: Rule, trial: Backtest) -> str:
    """Return what came out of trying a rule, with the list."""
    lines = []
    if not trial.entities:
        return words.own["trial_no_entities"]
    if not trial.outages:
        lines.append(words.say("trial_never", days=DAYS, entities=trial.entities))
    else:
        count, longest = len(trial.outages), duration_text(trial.longest_s)
        key = "trial_once" if count == 1 else "trial_found"
        lines.append(words.say(key, days=DAYS, count=count, longest=longest))
        lines.append("\n".join(_outages(hass, words, trial)))
        if (more := len(trial.outages) - MAX_LISTED) > 0:
            lines.append(words.say("trial_more", count=more))
    if rule.condition.kind is AlarmKind.NO_DATA:
        lines.append(words.own["trial_silence"])
    if trial.left_out:
        lines.append(words.say("trial_left_out", count=trial.left_out))
    return "\n\n".join(lines)


def _outages(hass: HomeAssistant, words: Texts, trial: Backtest) -> list[str]:
    lines = []
    for entity_id, outage in trial.outages[:MAX_LISTED]:
        at = dt_util.as_local(dt_util.utc_from_timestamp(outage.raised_at)).strftime("%Y-%m-%d %H:%M")
        lasted = duration_text((outage.cleared_at or trial.until) - outage.raised_at)
        still = "" if outage.cleared_at is not None else f", {words.own['trial_still']}"
        value = f", {escaped(outage.value)}" if outage.value else ""
        lines.append(f"- {at}: **{escaped(name_of(hass, entity_id))}**{value}, {lasted}{still}")
    return lines


def name_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return what people call an entity."""
    state = hass.states.get(entity_id)
    return state.name if state else entity_id


def is_momentary(rule: Rule) -> bool:
    """Return whether a rule knows a moment and no state."""
    return rule.condition.kind in MOMENTARY
