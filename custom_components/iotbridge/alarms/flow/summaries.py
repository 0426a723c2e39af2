"""Summaries of a rule for its dialogs.

Home Assistant translates the surrounding texts into the user's language; placeholders are in the language of the home.
Therefore all but conditions and proposed names are numbers, names and signs.
"""

from collections.abc import Collection, Mapping

from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util

from ...markdown import escaped
from ...texts import NONE, Texts
from ..engine.evaluation.formatting import duration_text, number_text
from ..engine.kinds import Condition, Subjects
from ..engine.models import Severity
from ..engine.rule import EscalationPolicy, Rule
from ..notifications.rendering import async_reason_text
from ..runtime.backtest import DAYS, Backtest
from ..runtime.limit_units import unit_of
from ..runtime.template_result import TemplateResult
from .condition_form import is_learned, parameter_texts

MAX_NAMED = 5
MAX_LISTED = 20
YES, NO = "✓", "✗"


def proposed_name(hass: HomeAssistant, texts: Texts, rule: Rule) -> str:
    """Return the proposed name of a rule without one."""
    condition, selection = rule.condition, rule.selection
    subject = texts.own["something"]
    if len(selection.entities) == 1:
        subject = name_of(hass, selection.entities[0])
    elif condition.traits.subjects is Subjects.HOSTS:
        subject = texts.own["any_host"]
    elif len(selection.device_classes) == 1:
        subject = texts.device_classes.get(selection.device_classes[0], selection.device_classes[0])
    name = texts.sentence(f"name_{condition.kind}", what=subject, **parameter_texts(condition))
    return name[:1].upper() + name[1:]


def condition_text(texts: Texts, condition: Condition) -> str:
    """Return a sentence for a condition; a learned duration has a sentence of its own."""
    key = f"is_{condition.kind}_learned" if is_learned(condition) else f"is_{condition.kind}"
    return texts.sentence(key, **parameter_texts(condition))


def template_text(hass: HomeAssistant, result: TemplateResult) -> str:
    """Return the present result of a template: a sign, with a result that is not just true or false."""
    if result.is_true is None:
        return escaped(async_reason_text(hass, result.evaluation(Severity.WARNING)))
    sign = YES if result.is_true else NO
    return sign if isinstance(result.value, bool) else f"{sign} ({escaped(result.text)})"


def entities_text(hass: HomeAssistant, entity_ids: Collection[str]) -> str:
    """Return the number of entities, with the names of the first: ``2 (Attic, Cellar)``."""
    if not entity_ids:
        return "0"
    names = [name_of(hass, entity_id) for entity_id in sorted(entity_ids)[:MAX_NAMED]]
    listed = ", ".join(names) + (" …" if len(entity_ids) > MAX_NAMED else "")
    return f"{len(entity_ids)} ({listed})"


def values_text(hass: HomeAssistant, condition: Condition, entity_ids: Collection[str]) -> str:
    """Return the present values that a condition is about, of the first entities: ``Attic: 21.5 °C, Cellar: 18 °C``."""
    states = [state for entity_id in sorted(entity_ids) if (state := hass.states.get(entity_id))]
    values = [f"{state.name}: {_value_text(hass, condition, state)}" for state in states[:MAX_NAMED]]
    return (", ".join(values) + (" …" if len(states) > MAX_NAMED else "")) or NONE


def _value_text(hass: HomeAssistant, condition: Condition, state: State) -> str:
    """Return a present value with its unit, as the user has to enter it."""
    value = state.state if condition.attribute is None else state.attributes.get(condition.attribute, NONE)
    try:
        return number_text(float(value), unit_of(hass, state, condition.attribute))
    except TypeError, ValueError:
        return str(value)


def timing_text(texts: Texts, rule: Rule) -> str:
    """Return the severity and times of a rule, for a list of rules."""
    parts = [texts.own[rule.severity.word]]
    if rule.timing.hold_s:
        parts.append(texts.sentence("raised_after", hold=duration_text(rule.timing.hold_s)))
    if rule.timing.clear_after_s:
        parts.append(texts.sentence("over_after", clear=duration_text(rule.timing.clear_after_s)))
    if rule.timing.latching:
        parts.append(texts.own["stays"])
    return ", ".join(parts)


def policy_text(policy: EscalationPolicy, names: Mapping[str, str]) -> str:
    """Return the steps of a policy: ``0 s: Family; 10 min: Neighbours``."""
    steps = ((step.after_s, ", ".join(names[id_] for id_ in step.groups if id_ in names)) for step in policy.steps)
    return "; ".join(f"{duration_text(after_s)}: {groups}" for after_s, groups in steps if groups) or NONE


def time_text(seconds: float) -> str:
    """Return a duration, a dash for none."""
    return duration_text(seconds) if seconds else NONE


def backtest_summary(hass: HomeAssistant, backtest: Backtest) -> dict[str, str]:
    """Return the result of a backtest, with the list of outages."""
    return {
        "days": str(DAYS),
        "count": str(len(backtest.outages)),
        "longest": time_text(backtest.longest_s),
        "entities": str(backtest.entities),
        "left_out": str(backtest.skipped),
        "most": str(MAX_LISTED),
        "alarms": "\n".join(_outages(hass, backtest)),
    }


def _outages(hass: HomeAssistant, backtest: Backtest) -> list[str]:
    lines = []
    for entity_id, outage in backtest.outages[:MAX_LISTED]:
        at = dt_util.as_local(dt_util.utc_from_timestamp(outage.raised_at)).strftime("%Y-%m-%d %H:%M")
        length = duration_text((outage.cleared_at or backtest.until) - outage.raised_at)
        still = "" if outage.cleared_at is not None else " …"
        value = f", {escaped(outage.value)}" if outage.value else ""
        lines.append(f"- {at}: **{escaped(name_of(hass, entity_id))}**{value}, {length}{still}")
    return lines


def name_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the name of an entity, its id where it has no state."""
    state = hass.states.get(entity_id)
    return state.name if state else entity_id
