"""An alarm as actions, attributes, events and the WebSocket show it."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..engine.models import Actor, Alarm, Transition
from ..engine.root_cause import PARENT, key_of
from ..engine.rule import Rule
from ..engine.suppression import WINDOW
from ..runtime.display_name import async_name


@callback
def alarm_as_dict(hass: HomeAssistant, rule: Rule, alarm: Alarm) -> dict[str, Any]:
    """Return everything that is known of an alarm; times in ISO 8601, empty ones None."""
    return {
        "rule_id": rule.rule_id,
        "rule": rule.name,
        "alarm": async_name(hass, rule, alarm.key.subject),
        "entity_id": alarm.key.subject or None,
        "severity": alarm.severity.word,
        "state": alarm.state.value,
        "active": alarm.active,
        "value": alarm.value,
        "reason": alarm.reason,
        "episode": alarm.episode,
        "since": iso(alarm.raised_at),
        "cleared_at": iso(alarm.cleared_at),
        "acknowledged_by": _by(alarm.acknowledged_by),
        "snoozed_until": iso(alarm.snoozed_until),
        "snoozed_by": _by(alarm.snoozed_by),
        "suppressed_by": [_reason(reason) for reason in alarm.suppressed_by],
        "out_of_service_by": _by(alarm.out_of_service_by),
        "instructions": rule.instructions,
    }


@callback
def transition_as_dict(hass: HomeAssistant, rule: Rule, happened: Transition) -> dict[str, Any]:
    """Return what happened to an alarm, as events and automations tell it."""
    return {
        "rule_id": rule.rule_id,
        "rule": rule.name,
        "alarm": async_name(hass, rule, happened.key.subject),
        "entity_id": happened.key.subject or None,
        "change": happened.change.value,
        "severity": happened.severity.word,
        "state": happened.after.value,
        "value": happened.value,
        "reason": happened.reason,
        "who": happened.by.name,
        "where": happened.by.source,
        "comment": happened.by.comment,
        "at": iso(happened.at),
        "instructions": rule.instructions,
    }


def iso(at: float | None) -> str | None:
    """Return seconds since 1970 as text."""
    return None if at is None else dt_util.utc_from_timestamp(at).isoformat(timespec="milliseconds")


def _by(by: Actor) -> dict[str, str] | None:
    if by == Actor():
        return None
    return {"who": by.name, "where": by.source, "comment": by.comment}


def _reason(reason: str) -> dict[str, str]:
    """Return why it is silent; with the alarm that explains it, or the window."""
    if reason.startswith(PARENT):
        parent = key_of(reason)
        return {"reason": "parent", "rule_id": parent.rule_id, "entity_id": parent.subject}
    if reason.startswith(WINDOW):
        return {"reason": "window", "window_id": reason.removeprefix(WINDOW)}
    return {"reason": reason}
