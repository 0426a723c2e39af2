"""Chain of an alarm: what happened in one episode, from the condition to the last message, oldest first."""

from typing import Any

from homeassistant.core import callback

from ..engine.escalation import NotificationKind
from ..engine.evaluation.formatting import duration_text
from ..engine.instance import Instance
from ..engine.models import AlarmKey, Change, Severity
from ..manager import AlarmsManager
from ..runtime.delivery_records import DeliveryRecord, DeliveryResult
from ..runtime.store import HistoryQuery
from .serialization import iso
from .story_texts import StoryTexts

MAX_LINKS = 100
# People remember a time by the minute, and some alarms clear at once.
_MOMENT_S = 300.0
# The deliveries that follow from an escalation show it.
_HIDDEN = frozenset({Change.ESCALATED})


async def async_chain(
    manager: AlarmsManager, instance: Instance, episode: int, texts: StoryTexts
) -> list[dict[str, Any]]:
    """Return what happened in an episode of an alarm."""
    key = instance.key
    transitions = await manager.async_history(_query(key, episode=episode))
    links = [_condition(instance, texts)] if _is_present(instance, episode) else []
    links += [_transition(instance, row, texts) for row in reversed(transitions) if row["change"] not in _HIDDEN]
    links += [_delivery(record, texts) for record in await manager.async_deliveries([(*key, episode)])]
    return [_link(**link) for link in sorted(links, key=lambda link: link["at"])][-MAX_LINKS:]


async def async_episode_at(manager: AlarmsManager, key: AlarmKey, at: float) -> int | None:
    """Return the episode at a time, also one that had cleared a moment before; None when there was none."""
    rows = await manager.async_history(_query(key, end=at, changes=[Change.RAISED], limit=1))
    if not rows:
        return None
    episode: int = rows[0]["episode"]
    cleared = _query(key, end=at - _MOMENT_S, changes=[Change.CLEARED], episode=episode, limit=1)
    return None if await manager.async_history(cleared) else episode


def _query(key: AlarmKey, **more: Any) -> HistoryQuery:
    return HistoryQuery(rules=[key.rule_id], subjects=[key.subject], **more)


def _is_present(instance: Instance, episode: int) -> bool:
    alarm = instance.alarm
    return alarm.episode == episode and alarm.active and bool(alarm.condition_since)


@callback
def _condition(instance: Instance, texts: StoryTexts) -> dict[str, Any]:
    return {"at": instance.alarm.condition_since, "event": "condition", "text": texts.story("chain_condition")}


def _transition(instance: Instance, row: dict[str, Any], texts: StoryTexts) -> dict[str, Any]:
    severity = texts.severity(Severity[row["severity"].upper()])
    hold_s = instance.timing.hold_s
    match row["change"]:
        case Change.RAISED if hold_s:
            text = texts.story("chain_raised_after", duration=duration_text(hold_s), severity=severity)
        case Change.RAISED:
            text = texts.story("chain_raised", severity=severity)
        case Change.WORSENED:
            text = texts.story("chain_worsened", severity=severity)
        case change:
            text = texts.change(change, row["who"])
    return {
        "at": row["at"],
        "event": row["change"],
        "text": text,
        "value": row["value"],
        "reason": row["reason"],
        "who": row["who"],
        "comment": row["comment"],
    }


def _delivery(record: DeliveryRecord, texts: StoryTexts) -> dict[str, Any]:
    name = record.title or record.group_name
    match record.result:
        case DeliveryResult.REFUSED:
            text = texts.story("refused", target=name, reason=record.reason)
        case DeliveryResult.FALLBACK if record.kind == NotificationKind.RAISED:
            text = texts.story("fallback", target=name)
        case _:
            text = texts.story(f"notified_{record.kind}", target=name)
    if record.held_by:
        text = texts.story(f"after_{record.held_by}", text=text)
    return {
        "at": record.at,
        "event": "notified",
        "text": text,
        "group": record.group_name,
        "target": record.title,
        "kind": record.kind,
        "result": record.result,
        "reason": record.reason,
        "held_by": record.held_by or None,
    }


def _link(**link: Any) -> dict[str, Any]:
    """Return a link with all keys."""
    empty = {"value": "", "reason": "", "who": "", "comment": ""}
    nothing = {"group": None, "target": None, "kind": None, "result": None, "held_by": None}
    return {**empty, **nothing, **link, "at": iso(link["at"])}
