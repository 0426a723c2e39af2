"""Queries of alarms and their history, limited to the entities that a user may read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant, callback

from ..engine.models import Alarm, AlarmKey, AlarmState
from ..engine.rule import Rule
from ..manager import AlarmsManager
from ..runtime.display_name import async_name
from ..runtime.permissions import async_permits
from ..runtime.store import HistoryQuery
from .serialization import alarm_as_dict, is_readable, iso
from .targets import AlarmTarget

# The states that are only listed on request.
UNEVENTFUL = frozenset({AlarmState.NORMAL.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Filter of alarms by severity, state and entity; empty means all. The words are those of states and severities."""

    severities: Sequence[str] = ()
    states: Sequence[str] = ()
    subjects: Sequence[str] = ()

    def includes(self, alarm: Alarm) -> bool:
        """Return whether an alarm passes the filter."""
        return (
            (not self.severities or alarm.severity.word in self.severities)
            and (not self.states or alarm.state.value in self.states)
            and (not self.subjects or alarm.key.subject in self.subjects)
        )


@callback
def async_alarms_of(manager: AlarmsManager, alarm_target: AlarmTarget) -> Iterator[tuple[Rule, Alarm]]:
    """Yield the alarms of a target."""
    for alarm in manager.alarms():
        rule = manager.rules.get(alarm.key.rule_id)
        if rule is not None and alarm_target.includes(alarm.key):
            yield rule, alarm


@callback
def async_list(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, alarm_target: AlarmTarget, criteria: Filter
) -> list[dict[str, Any]]:
    """Return the alarms of a target that the user (None: an automation) may read, the most severe first.

    Normal ones are left out unless the filter names their state.
    """
    alarms = [
        (rule, alarm)
        for rule, alarm in async_alarms_of(manager, alarm_target)
        if criteria.includes(alarm)
        and (criteria.states or alarm.state.value not in UNEVENTFUL)
        and (user is None or async_permits(hass, user, alarm.key, POLICY_READ))
    ]
    alarms.sort(key=lambda item: (-item[1].severity, -(item[1].raised_at or 0.0), item[1].key))
    return [alarm_as_dict(hass, rule, alarm, user) for rule, alarm in alarms]


async def async_history(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, alarm_target: AlarmTarget, query: HistoryQuery
) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of the history of a target, newest first, and ``before`` for the next page, None for the last.

    Rows that the user may not read are left out, so that a page can have fewer rows than its limit.
    """
    rows, next_before = await async_history_rows(hass, manager, user, alarm_target, query)
    return [_row(hass, manager, user, row) for row in rows], next_before


async def async_history_rows(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, alarm_target: AlarmTarget, query: HistoryQuery
) -> tuple[list[dict[str, Any]], int | None]:
    """Return the rows of the store instead, which have no names, and ``before`` for the next page."""
    rows = await _rows(manager, alarm_target, query)
    next_before = rows[-1]["id"] if len(rows) == query.limit else None
    permitted = [row for row in rows if user is None or async_permits(hass, user, _key(row), POLICY_READ)]
    return permitted, next_before


async def _rows(manager: AlarmsManager, alarm_target: AlarmTarget, query: HistoryQuery) -> list[dict[str, Any]]:
    if alarm_target.is_everything:
        return await manager.async_history(query)
    rows: dict[int, dict[str, Any]] = {}
    if alarm_target.rules:
        page = await manager.async_history(replace(query, rules=sorted(alarm_target.rules)))
        rows |= {row["id"]: row for row in page}
    if alarm_target.subjects:
        page = await manager.async_history(replace(query, subjects=sorted(alarm_target.subjects)))
        rows |= {row["id"]: row for row in page}
    return sorted(rows.values(), key=lambda row: (row["at"], row["id"]), reverse=True)[: query.limit]


def _key(row: dict[str, Any]) -> AlarmKey:
    return AlarmKey(row["rule_id"], row["subject"])


@callback
def _row(hass: HomeAssistant, manager: AlarmsManager, user: User | None, row: dict[str, Any]) -> dict[str, Any]:
    rule = manager.rules.get(row["rule_id"])
    subject = row["subject"]
    return {
        "id": row["id"],
        "at": iso(row["at"]),
        "rule_id": row["rule_id"],
        "rule": rule.name if rule else row["rule"],
        "alarm": async_name(hass, rule, subject) if rule else subject or row["rule"],
        "entity_id": subject or None,
        **{key: row[key] for key in ("change", "before", "after", "severity", "episode", "value", "reason")},
        **{key: row[key] for key in ("who", "where", "comment")},
        "detail": row["detail"] if is_readable(hass, user, row["detail"]) else "parent",
    }
