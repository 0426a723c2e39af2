"""Serialization of alarms and transitions for actions, attributes, events and the WebSocket."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..engine.models import Actor, Alarm, AlarmKey, Transition
from ..engine.root_cause import PARENT, key_of
from ..engine.rule import Rule
from ..engine.suppression import WINDOW
from ..runtime.display_name import async_name
from ..runtime.permissions import async_permits


@callback
def alarm_as_dict(hass: HomeAssistant, rule: Rule, alarm: Alarm, user: User | None = None) -> dict[str, Any]:
    """Return all fields of an alarm; times in ISO 8601, None where there is none.

    A root cause is named only where the user (None: an automation) may read it.
    """
    return {
        **alarm_names(hass, rule, alarm.key),
        "severity": alarm.severity.word,
        "state": alarm.state.value,
        "active": alarm.active,
        "value": alarm.value,
        "reason": alarm.reason,
        "undetermined": alarm.last_evaluation.reason if alarm.last_evaluation.is_active is None else None,
        "episode": alarm.episode,
        "since": iso(alarm.raised_at),
        "cleared_at": iso(alarm.cleared_at),
        "acknowledged_by": _actor(alarm.acknowledged_by),
        "snoozed_until": iso(alarm.snoozed_until),
        "snoozed_by": _actor(alarm.snoozed_by),
        "suppressed_by": [_reason(hass, user, reason) for reason in alarm.suppressed_by],
        "out_of_service_by": _actor(alarm.out_of_service_by),
        "instructions": rule.instructions,
    }


@callback
def alarm_names(hass: HomeAssistant, rule: Rule, key: AlarmKey) -> dict[str, str | None]:
    """Return the ids and names of an alarm and its rule."""
    return {
        "rule_id": rule.rule_id,
        "rule": rule.name,
        "alarm": async_name(hass, rule, key.subject),
        "entity_id": key.subject or None,
    }


@callback
def transition_as_dict(hass: HomeAssistant, rule: Rule, transition: Transition) -> dict[str, Any]:
    """Return a transition of an alarm for events and automations."""
    return {
        **alarm_names(hass, rule, transition.key),
        "change": transition.change.value,
        "severity": transition.severity.word,
        "state": transition.after.value,
        "value": transition.value,
        "reason": transition.reason,
        "who": transition.by.name,
        "where": transition.by.source,
        "comment": transition.by.comment,
        "at": iso(transition.at),
        "instructions": rule.instructions,
    }


def iso(at: float | None) -> str | None:
    """Return seconds since 1970 in ISO 8601."""
    return None if at is None else dt_util.utc_from_timestamp(at).isoformat(timespec="milliseconds")


def _actor(actor: Actor) -> dict[str, str] | None:
    if actor == Actor():
        return None
    return {"who": actor.name, "where": actor.source, "comment": actor.comment}


@callback
def is_readable(hass: HomeAssistant, user: User | None, reason: str) -> bool:
    """Return whether a reason for suppression names no alarm that the user (None: an automation) may not read."""
    return user is None or not reason.startswith(PARENT) or async_permits(hass, user, key_of(reason), POLICY_READ)


@callback
def _reason(hass: HomeAssistant, user: User | None, reason: str) -> dict[str, str]:
    """Return a reason for suppression, with the alarm that is the root cause, or the window."""
    if not is_readable(hass, user, reason):
        return {"reason": "parent"}
    if reason.startswith(PARENT):
        parent = key_of(reason)
        return {"reason": "parent", "rule_id": parent.rule_id, "entity_id": parent.subject}
    if reason.startswith(WINDOW):
        return {"reason": "window", "window_id": reason.removeprefix(WINDOW)}
    return {"reason": reason}
