"""Episodes of alarms, one for each time that an alarm was raised: from the history, with their statistics."""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback

from ..engine.models import AlarmKey, Change, Severity
from ..manager import AlarmsManager
from ..runtime.display_name import async_name
from ..runtime.permissions import async_rule_entity
from ..runtime.store import MAX_ROWS, HistoryQuery
from .alarm_rows import alarm_id
from .queries import async_history_rows
from .serialization import iso
from .targets import AlarmTarget

STATISTICS_DAYS = 30
DAY_S = 86400.0
_CHANGES = (Change.RAISED, Change.WORSENED, Change.CLEARED, Change.ACKNOWLEDGED)

type Rows = list[dict[str, Any]]


async def async_episodes(
    hass: HomeAssistant,
    manager: AlarmsManager,
    user: User | None,
    alarm_target: AlarmTarget,
    *,
    start: float | None = None,
    end: float | None = None,
) -> tuple[list[Rows], bool]:
    """Return the transitions of each episode that was raised in a period, newest first, and whether these are all."""
    query = HistoryQuery(start=start, end=end, changes=_CHANGES, limit=MAX_ROWS)
    rows, before = await async_history_rows(hass, manager, user, alarm_target, query)
    return _by_episode(rows), before is None


async def async_episodes_of(manager: AlarmsManager, key: AlarmKey) -> list[Rows]:
    """Return the transitions of each episode of one alarm, newest first."""
    query = HistoryQuery(rules=[key.rule_id], subjects=[key.subject], changes=_CHANGES, limit=MAX_ROWS)
    return _by_episode(await manager.async_history(query))


def _by_episode(rows: Rows) -> list[Rows]:
    """Return rows, of which the newest is first, by episode; without episodes that began before."""
    episodes: dict[tuple[str, str, int], Rows] = {}
    for row in reversed(rows):
        episodes.setdefault((row["rule_id"], row["subject"], row["episode"]), []).append(row)
    raised = [transitions for transitions in episodes.values() if transitions[0]["change"] == Change.RAISED]
    return sorted(raised, key=lambda transitions: transitions[0]["at"], reverse=True)


@callback
def async_episode(hass: HomeAssistant, manager: AlarmsManager, transitions: Rows) -> dict[str, Any]:
    """Return an episode for clients."""
    raised = transitions[0]
    acknowledged, cleared = _first(transitions, Change.ACKNOWLEDGED), _first(transitions, Change.CLEARED)
    key = AlarmKey(raised["rule_id"], raised["subject"])
    rule, alarm = manager.rules.get(key.rule_id), manager.alarm(key)
    return {
        "id": alarm_id(alarm) if alarm else None,
        "rule_id": key.rule_id,
        "rule": rule.name if rule else raised["rule"],
        "rule_entity_id": async_rule_entity(hass, key.rule_id),
        "entity_id": key.subject or None,
        "name": async_name(hass, rule, key.subject) if rule else key.subject or raised["rule"],
        "severity": max(Severity[row["severity"].upper()] for row in transitions).word,
        "episode": raised["episode"],
        "raised_at": iso(raised["at"]),
        "cleared_at": iso(cleared["at"]) if cleared else None,
        "value": raised["value"],
        "reason": raised["reason"],
        "acknowledged_at": iso(acknowledged["at"]) if acknowledged else None,
        "acknowledged_by": acknowledged["who"] if acknowledged else None,
        "comment": acknowledged["comment"] if acknowledged else "",
    }


def statistics_of(episodes: Sequence[Rows], episode: int, now: float) -> dict[str, Any]:
    """Return how often an alarm was raised in the last 30 days, for how long, and what happened the time before."""
    recent = [transitions for transitions in episodes if transitions[0]["at"] >= now - STATISTICS_DAYS * DAY_S]
    lengths = list(_lengths(recent))
    before = next((transitions for transitions in episodes if transitions[0]["episode"] < episode), None)
    return {
        "days": STATISTICS_DAYS,
        "count": len(recent),
        "average_s": round(fmean(lengths), 1) if lengths else None,
        "longest_s": round(max(lengths), 1) if lengths else None,
        "last": _last(before) if before else None,
    }


def _lengths(episodes: Iterable[Rows]) -> Iterable[float]:
    for transitions in episodes:
        if cleared := _first(transitions, Change.CLEARED):
            yield cleared["at"] - transitions[0]["at"]


def _last(transitions: Rows) -> dict[str, Any]:
    raised = transitions[0]
    acknowledged, cleared = _first(transitions, Change.ACKNOWLEDGED), _first(transitions, Change.CLEARED)
    return {
        "episode": raised["episode"],
        "raised_at": iso(raised["at"]),
        "cleared_at": iso(cleared["at"]) if cleared else None,
        "acknowledged_by": acknowledged["who"] if acknowledged else None,
        "acknowledged_after_s": round(acknowledged["at"] - raised["at"], 1) if acknowledged else None,
    }


def _first(transitions: Rows, change: Change) -> dict[str, Any] | None:
    return next((row for row in transitions if row["change"] == change), None)
