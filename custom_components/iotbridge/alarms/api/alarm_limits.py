"""Value and limits of an alarm, in the unit in which Home Assistant shows its entity."""

from typing import Any, NamedTuple

from homeassistant.core import HomeAssistant, State, callback

from ..engine.evaluation.formatting import number_text
from ..engine.evaluation.no_data import LearnedInterval
from ..engine.evaluation.snapshot import number_of, reading_text
from ..engine.instance import Instance
from ..engine.kinds import AlarmKind, Condition
from ..runtime.limit_units import async_shown_limit, snapshot_of
from .serialization import iso

_NO_LIMITS = {
    "side": None,
    "limit": None,
    "limit_text": None,
    "clear_limit": None,
    "clear_limit_text": None,
    "worse_limit": None,
    "worse_severity": None,
}


class _Limits(NamedTuple):
    """Limits on one side: where the alarm is raised, where it clears, and where it worsens, None for nowhere."""

    raising: float
    clearing: float
    worsening: float | None


@callback
def async_measured(hass: HomeAssistant, instance: Instance) -> dict[str, Any]:
    """Return the value of the entity of an alarm, and the limits that apply to it; None for what there is not."""
    rule, alarm = instance.rule, instance.alarm
    state = hass.states.get(alarm.key.subject) if alarm.key.subject else None
    measured = {"value": alarm.value, "value_number": None, "unit": None, **_NO_LIMITS, **_silence(instance, state)}
    if state is None or not rule.condition.traits.is_measuring:
        return measured
    snapshot = snapshot_of(hass, rule.condition, state, 0.0)
    number = number_of(snapshot, rule.condition.attribute)
    measured |= {"value_number": number, "unit": snapshot.unit}
    if number is not None:
        measured["value"] = reading_text(snapshot, rule.condition.attribute)
    in_rule = snapshot.in_rule(number) if snapshot.in_rule and number is not None else number
    if (side := _side(rule.condition, in_rule)) is None:
        return measured
    limits = _limits(rule.condition, side)
    is_worse = alarm.active and limits.worsening is not None and alarm.severity > rule.severity
    limit = limits.worsening if is_worse and limits.worsening is not None else limits.raising
    shown, clearing = (async_shown_limit(hass, rule.condition, state, each) for each in (limit, limits.clearing))
    measured |= {
        "side": side,
        "limit": shown,
        "limit_text": number_text(shown, snapshot.unit),
        "clear_limit": clearing,
        "clear_limit_text": number_text(clearing, snapshot.unit),
    }
    if limits.worsening is not None and not is_worse:
        measured["worse_limit"] = async_shown_limit(hass, rule.condition, state, limits.worsening)
        measured["worse_severity"] = rule.condition.worse.word
    return measured


def _side(condition: Condition, number: float | None) -> str | None:
    """Return the side on which a number passes its limit, or is closer to it."""
    if condition.above is None:
        return None if condition.below is None else "below"
    if condition.below is None:
        return "above"
    if number is None:
        return None
    return "above" if number - condition.above > condition.below - number else "below"


def _limits(condition: Condition, side: str) -> _Limits:
    if side == "above":
        raising, worsening, back = condition.above, condition.worse_above, -condition.hysteresis
    else:
        raising, worsening, back = condition.below, condition.worse_below, condition.hysteresis
    assert raising is not None  # noqa: S101 - a rule of this kind has it
    return _Limits(raising, raising + back, worsening)


def _silence(instance: Instance, state: State | None) -> dict[str, Any]:
    """Return the last report and the learned interval of an entity that is monitored for missing reports."""
    if instance.rule.condition.kind is not AlarmKind.NO_DATA or instance.evaluator is None:
        return {"last_seen": None, "usual_s": None}
    interval, history = LearnedInterval(), instance.evaluator.as_dict()
    if "gaps" in history:
        interval.restore(history)
    return {"last_seen": iso(state.last_reported_timestamp) if state else None, "usual_s": interval.usual_s}
