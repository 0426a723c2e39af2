"""Summaries of a rule, for its dialogs.

Home Assistant translates the texts around them into the user's language; what is filled in is in the language of the
home. So all but conditions and proposed names are numbers, names and signs.
"""

from collections.abc import Collection, Mapping

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...markdown import escaped
from ...texts import NONE, Texts
from ..engine.evaluation.formatting import duration_text, number_text
from ..engine.rule import MOMENTARY, AlarmKind, Condition, EscalationPolicy, Rule
from ..runtime.backtest import DAYS, Backtest

MAX_NAMED = 5
MAX_LISTED = 20
YES, NO = "✓", "✗"

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
    name = words.sentence(_NAMES[condition.kind], what=what or words.own["something"])
    return name[:1].upper() + name[1:]


def condition_text(words: Texts, condition: Condition) -> str:
    """Return when it is bad."""
    if condition.kind is AlarmKind.NO_DATA:
        if condition.silent_s is None:
            return words.own["is_silent_unusually"]
        return words.sentence("is_silent", silent=duration_text(condition.silent_s))
    return words.sentence(
        _CONDITIONS[condition.kind],
        above="" if condition.above is None else number_text(condition.above, condition.unit),
        below="" if condition.below is None else number_text(condition.below, condition.unit),
        states=", ".join(condition.states),
        change=number_text(condition.change, condition.unit),
        within=duration_text(condition.per_s),
        event=condition.event_type,
        topic=condition.topic,
    )


def entities_text(hass: HomeAssistant, entity_ids: Collection[str]) -> str:
    """Return the number of entities, with the names of the first: ``2 (Attic, Cellar)``."""
    if not entity_ids:
        return "0"
    names = [name_of(hass, entity_id) for entity_id in sorted(entity_ids)[:MAX_NAMED]]
    listed = ", ".join(names) + (" …" if len(entity_ids) > MAX_NAMED else "")
    return f"{len(entity_ids)} ({listed})"


def timing_text(words: Texts, rule: Rule) -> str:
    """Return the severity of a rule and its times, for a list of rules."""
    parts = [words.own[rule.severity.word]]
    if rule.timing.hold_s:
        parts.append(words.sentence("raised_after", hold=duration_text(rule.timing.hold_s)))
    if rule.timing.clear_after_s:
        parts.append(words.sentence("over_after", clear=duration_text(rule.timing.clear_after_s)))
    if rule.timing.latching:
        parts.append(words.own["stays"])
    return ", ".join(parts)


def policy_text(policy: EscalationPolicy, names: Mapping[str, str]) -> str:
    """Return the steps of a policy: ``0 s: Family; 10 min: Neighbours``."""
    steps = ((step.after_s, ", ".join(names[id_] for id_ in step.groups if id_ in names)) for step in policy.steps)
    return "; ".join(f"{duration_text(after_s)}: {groups}" for after_s, groups in steps if groups) or NONE


def time_text(seconds: float) -> str:
    """Return a duration, a dash for none."""
    return duration_text(seconds) if seconds else NONE


def trial_summary(hass: HomeAssistant, trial: Backtest) -> dict[str, str]:
    """Return what came out of trying a rule, with the list of its alarms."""
    return {
        "days": str(DAYS),
        "count": str(len(trial.outages)),
        "longest": time_text(trial.longest_s),
        "entities": str(trial.entities),
        "left_out": str(trial.skipped),
        "most": str(MAX_LISTED),
        "alarms": "\n".join(_outages(hass, trial)),
    }


def _outages(hass: HomeAssistant, trial: Backtest) -> list[str]:
    lines = []
    for entity_id, outage in trial.outages[:MAX_LISTED]:
        at = dt_util.as_local(dt_util.utc_from_timestamp(outage.raised_at)).strftime("%Y-%m-%d %H:%M")
        lasted = duration_text((outage.cleared_at or trial.until) - outage.raised_at)
        still = "" if outage.cleared_at is not None else " …"
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
