"""Rows of open alarms for cards and dialogs: an alarm with all that a person needs to decide."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er

from ..engine.instance import Instance
from ..engine.models import Actor, Alarm, AlarmKey, AlarmState, Change
from ..engine.root_cause import key_of
from ..engine.suppression import BY_HAND, parent_of
from ..manager import AlarmsManager
from ..notifications.message import tag_of
from ..runtime.delivery_records import DeliveryRecord
from ..runtime.display_name import async_name
from ..runtime.permissions import async_permits, async_rule_entity
from ..runtime.store import HistoryQuery
from .alarm_limits import async_measured
from .explanation import async_next, async_pending, async_suppression
from .serialization import iso
from .story_texts import StoryTexts

MAX_NOTIFIED = 20
MAX_NEXT = 5
# Number of rows that are made without a pause.
_AT_ONCE = 20
# Order of the states in which open alarms are kept when there are too many.
_ORDER = (
    AlarmState.UNACKNOWLEDGED,
    AlarmState.RETURNED,
    AlarmState.ACKNOWLEDGED,
    AlarmState.SNOOZED,
    AlarmState.SUPPRESSED,
    AlarmState.OUT_OF_SERVICE,
    AlarmState.NORMAL,
)


@dataclass(slots=True)
class _Facts:
    """Facts about alarms that are not in memory: deliveries, times of acknowledgement, and who may control them."""

    deliveries: Mapping[AlarmKey, Sequence[DeliveryRecord]] = field(default_factory=dict)
    acknowledged_at: Mapping[AlarmKey, float] = field(default_factory=dict)
    users: Sequence[User] = ()


def is_open(alarm: Alarm) -> bool:
    """Return whether an alarm is active or awaits acknowledgement, or a person has muted it."""
    is_muted_by_person = alarm.snoozed_until is not None or alarm.out_of_service or BY_HAND in alarm.suppressed_by
    return alarm.active or alarm.underlying_state is AlarmState.RETURNED or is_muted_by_person


def order_of(alarm: Alarm) -> tuple[int, int, float, AlarmKey]:
    """Return the sort key of open alarms: by state, the most severe first, then the newest."""
    return _ORDER.index(alarm.state), -alarm.severity, -(alarm.raised_at or 0.0), alarm.key


def alarm_id(alarm: Alarm) -> str:
    """Return the id of an alarm, which survives renames; it is the tag of its notifications."""
    return tag_of(alarm.key, alarm.identity)


async def async_alarm_rows(
    hass: HomeAssistant, manager: AlarmsManager, user: User, keys: Collection[AlarmKey], texts: StoryTexts
) -> dict[AlarmKey, dict[str, Any]]:
    """Return the rows of alarms, without those that have been removed meanwhile."""
    alarms = [alarm for key in keys if (alarm := manager.alarm(key))]
    facts = _Facts(
        await _async_deliveries(manager, alarms),
        await _async_acknowledgements(manager, alarms),
        await hass.auth.async_get_users(),
    )
    rows = {}
    for number, key in enumerate(keys):
        if (instance := manager.processor.get(key)) is not None:
            rows[key] = _async_row(hass, manager, user, instance, facts, texts)
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)  # a forecast of hundreds of alarms takes a while
    return rows


async def _async_deliveries(manager: AlarmsManager, alarms: Iterable[Alarm]) -> dict[AlarmKey, list[DeliveryRecord]]:
    deliveries = defaultdict(list)
    for record in await manager.async_deliveries([(*alarm.key, alarm.episode) for alarm in alarms if alarm.episode]):
        deliveries[AlarmKey(record.rule_id, record.subject)].append(record)
    return deliveries


async def _async_acknowledgements(manager: AlarmsManager, alarms: Iterable[Alarm]) -> dict[AlarmKey, float]:
    """Return when alarms were acknowledged."""
    acknowledged = {alarm.key: alarm for alarm in alarms if alarm.acknowledged}
    if not acknowledged:
        return {}
    query = HistoryQuery(
        start=min(alarm.raised_at or 0.0 for alarm in acknowledged.values()),
        rules=sorted({key.rule_id for key in acknowledged}),
        changes=[Change.ACKNOWLEDGED],
    )
    times: dict[AlarmKey, float] = {}
    for row in await manager.async_history(query):
        key = AlarmKey(row["rule_id"], row["subject"])
        if key in acknowledged and row["episode"] == acknowledged[key].episode:
            times.setdefault(key, row["at"])
    return times


@callback
def _async_row(
    hass: HomeAssistant, manager: AlarmsManager, user: User, instance: Instance, facts: _Facts, texts: StoryTexts
) -> dict[str, Any]:
    rule, alarm = instance.rule, instance.alarm
    can_control = async_permits(hass, user, alarm.key, POLICY_CONTROL)
    measured = async_measured(hass, instance)
    return {
        "id": alarm_id(alarm),
        "rule_id": rule.rule_id,
        "rule": rule.name,
        "rule_entity_id": async_rule_entity(hass, rule.rule_id),
        "entity_id": alarm.key.subject or None,
        "name": async_name(hass, rule, alarm.key.subject),
        **_async_location(hass, alarm.key.subject),
        "kind": rule.condition.kind,
        "is_momentary": rule.condition.traits.is_momentary,
        "severity": alarm.severity.word,
        "state": alarm.state,
        "active": alarm.active,
        "episode": alarm.episode,
        **measured,
        "reason": _reason(manager, instance, measured, texts),
        "condition_since": iso(alarm.condition_since) if alarm.active and alarm.condition_since else None,
        "hold_s": instance.timing.hold_s,
        "raised_at": iso(alarm.raised_at) if is_open(alarm) else None,
        "cleared_at": iso(alarm.cleared_at),
        "acknowledged": _acknowledgement(alarm, facts),
        "snoozed": _snooze(alarm),
        "out_of_service": _actor(alarm.out_of_service_by) if alarm.out_of_service else None,
        "suppressed": [async_suppression(hass, manager, user, instance, each, texts) for each in alarm.suppressed_by],
        "cause": _async_cause(hass, manager, user, alarm),
        "children": async_children(hass, manager, user, alarm),
        "instructions": rule.instructions,
        "notified": [delivery_as_dict(each) for each in facts.deliveries.get(alarm.key, ())][-MAX_NOTIFIED:],
        "pending": async_pending(manager, alarm.key),
        "next": async_next(manager, instance, texts, MAX_NEXT),
        "tells_nobody": not any(step.groups for step in rule.escalation.steps),
        "can_control": can_control,
        "controllers": [] if can_control else _controllers(hass, alarm.key, facts.users),
    }


@callback
def async_children(hass: HomeAssistant, manager: AlarmsManager, user: User, alarm: Alarm) -> list[str]:
    """Return the ids of the open alarms that an alarm explains and that the user may read."""
    children = manager.children(alarm.key)
    return [
        alarm_id(child) for child in children if is_open(child) and async_permits(hass, user, child.key, POLICY_READ)
    ]


def delivery_as_dict(record: DeliveryRecord) -> dict[str, Any]:
    """Return the result of a notification for one target."""
    return {
        "at": iso(record.at),
        "group": record.group_name,
        "target": record.title,
        "kind": record.kind,
        "result": record.result,
        "reason": record.reason,
        "held_by": record.held_by or None,
        "attempts": record.attempts,
    }


@callback
def _async_location(hass: HomeAssistant, entity_id: str) -> dict[str, str | None]:
    """Return the names of the area and of the device of an entity."""
    entry = er.async_get(hass).async_get(entity_id)
    device = dr.async_get(hass).async_get(entry.device_id) if entry and entry.device_id else None
    area_id = entry.area_id if entry else None
    if area_id is None and device is not None:
        area_id = dr.async_get_effective_area_id(hass, device)
    area = ar.async_get(hass).async_get_area(area_id) if area_id else None
    return {
        "area": area.name if area else None,
        "device": (device.name_by_user or device.name) if device else None,
        "device_id": device.id if device else None,
    }


def _reason(manager: AlarmsManager, instance: Instance, measured: Mapping[str, Any], texts: StoryTexts) -> str:
    """Return the reason of an alarm as a clause, as of now where it is active."""
    alarm = instance.alarm
    if not alarm.active:
        return alarm.reason or alarm.value
    if measured["side"]:
        return texts.story(f"reason_{measured['side']}", value=measured["value"], limit=measured["limit_text"])
    evaluation = instance.evaluator.evaluate(manager.processor.now()) if instance.evaluator else alarm.last_evaluation
    return (texts.reason(evaluation) if evaluation.is_active else "") or alarm.reason or alarm.value


def _acknowledgement(alarm: Alarm, facts: _Facts) -> dict[str, Any] | None:
    if not alarm.acknowledged:
        return None
    return {**_actor(alarm.acknowledged_by), "at": iso(facts.acknowledged_at.get(alarm.key))}


def _snooze(alarm: Alarm) -> dict[str, Any] | None:
    if alarm.snoozed_until is None:
        return None
    return {"until": iso(alarm.snoozed_until), **_actor(alarm.snoozed_by)}


def _actor(actor: Actor) -> dict[str, str]:
    return {"who": actor.name, "where": actor.source, "comment": actor.comment}


@callback
def _async_cause(hass: HomeAssistant, manager: AlarmsManager, user: User, alarm: Alarm) -> dict[str, str] | None:
    reason = parent_of(alarm.suppressed_by)
    instance = manager.processor.get(key_of(reason)) if reason else None
    if instance is None or not async_permits(hass, user, instance.key, POLICY_READ):
        return None
    return {
        "id": alarm_id(instance.alarm),
        "name": async_name(hass, instance.rule, instance.key.subject),
        "rule": instance.rule.name,
        "severity": instance.alarm.severity.word,
    }


def _controllers(hass: HomeAssistant, key: AlarmKey, users: Iterable[User]) -> list[str]:
    """Return the names of the people who may control an alarm."""
    people = (user for user in users if user.is_active and not user.system_generated and user.name)
    return sorted(user.name or "" for user in people if async_permits(hass, user, key, POLICY_CONTROL))
