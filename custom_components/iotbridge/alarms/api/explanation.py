"""Explanation of an alarm: who is notified when, and what holds it back; by the engine's own functions."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..engine.flapping import FLAPPING
from ..engine.instance import Instance
from ..engine.models import AlarmKey, Change, Evaluation, Severity
from ..engine.root_cause import PARENT, Member, key_of, reason_of
from ..engine.suppression import WINDOW, parent_of
from ..manager import AlarmsManager
from ..notifications.delivery_log import async_target_title
from ..notifications.forecast import (
    ExpectedDelivery,
    Forecast,
    Surroundings,
    active_copy,
    forecast,
    forecast_of_new,
)
from ..runtime.display_name import async_problem_name
from ..runtime.permissions import async_permits
from .chain import async_chain, async_episode_at
from .serialization import iso
from .story_texts import StoryTexts, clock_text

# A time that is so little in the past stands for the present: it took a moment to ask.
_PRESENT_S = 60.0
# A later time is replaced by this: what will be then is not known.
_LATEST_S = 366 * 86400.0


async def async_explain_at(
    hass: HomeAssistant,
    manager: AlarmsManager,
    user: User | None,
    instance: Instance,
    severity: str | None,
    time: datetime | None,
    texts: StoryTexts,
    causes: Sequence[Member],
) -> dict[str, Any]:
    """Return the explanation for a severity, that of the rule without one, and for a time, now without one.

    For a time in the past it has what happened then instead of what would. A time in more than a year counts as one in
    a year. ``causes`` are the alarms among which a root cause is looked for.
    """
    level = Severity[severity.upper()] if severity else instance.rule.severity
    now = manager.async_after(0)
    at = min(dt_util.as_utc(time).timestamp(), now + _LATEST_S) if time else now
    if at >= now - _PRESENT_S:
        explanation = async_explain(hass, manager, user, instance, level, max(at, now), texts, causes)
        return {**explanation, "episode": None, "chain": []}
    episode = await async_episode_at(manager, instance.key, at)
    chain = await async_chain(manager, instance, episode, texts) if episode is not None else []
    times = [clock_text(datetime.fromisoformat(link["at"]).timestamp(), now) for link in chain]
    sentences = [texts.story("at", time=time, text=link["text"]) for time, link in zip(times, chain, strict=True)]
    return {
        "severity": level.word,
        "at": iso(at),
        "raised_at": next((link["at"] for link in chain if link["event"] == Change.RAISED), None),
        "held_back": [],
        "notified": [],
        "text": sentences or [texts.story("no_episode")],
        "episode": episode,
        "chain": chain,
    }


@callback
def async_explain(
    hass: HomeAssistant,
    manager: AlarmsManager,
    user: User | None,
    instance: Instance,
    severity: Severity,
    at: float,
    texts: StoryTexts,
    causes: Sequence[Member],
) -> dict[str, Any]:
    """Return who would be notified, and what would hold it back, if the condition of an alarm were met at a time."""
    cause = _async_cause(manager, instance, severity, at, causes)
    surroundings = _surroundings(manager, instance, cause)
    expected = forecast_of_new(instance, surroundings, at, Evaluation(True, severity))
    held_back = _async_held_back(hass, manager, user, instance, expected, texts)
    notified = [_async_delivery(hass, manager, delivery, at, texts) for delivery in expected.deliveries]
    return {
        "severity": severity.word,
        "at": iso(at),
        "raised_at": iso(expected.raised_at),
        "held_back": held_back,
        "notified": notified,
        "text": _sentences(instance, expected, held_back, notified, at, texts),
    }


@callback
def async_next(manager: AlarmsManager, instance: Instance, texts: StoryTexts, limit: int) -> list[dict[str, Any]]:
    """Return the notifications that follow for an alarm without any acknowledgement, snooze or other change."""
    if not instance.alarm.active:
        return []
    surroundings = _surroundings(manager, instance, parent_of(instance.alarm.suppressed_by))
    queued = manager.outbox.queue.of_alarm(instance.key)
    expected = forecast(instance, queued, surroundings, manager.processor.now(), limit=limit)
    return [
        {
            "at": iso(delivery.at),
            "group": _group_name(manager, delivery.group),
            "kind": delivery.kind,
            "held_by": delivery.held_by,
            "text": texts.story(f"next_{delivery.kind}", group=_group_name(manager, delivery.group)),
        }
        for delivery in expected.deliveries
    ]


@callback
def async_pending(manager: AlarmsManager, key: AlarmKey) -> list[dict[str, Any]]:
    """Return the notifications of an alarm that wait for their delivery, and why."""
    return [
        {
            "group": _group_name(manager, item.group),
            "kind": item.kind,
            "since": iso(item.at),
            "until": iso(item.due_at),
            "held_by": item.digest or ("retry" if item.attempts else None),
        }
        for item in manager.outbox.queue.of_alarm(key)
        if item.digest or item.attempts
    ]


@callback
def async_suppression(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, instance: Instance, reason: str, texts: StoryTexts
) -> dict[str, Any]:
    """Return a reason for which an alarm is suppressed, as a clause, and until when."""
    if reason.startswith(WINDOW):
        window_id = reason.removeprefix(WINDOW)
        window = manager.suppressor.windows.get(window_id)
        return {
            "reason": "window",
            "window_id": window_id,
            "until": iso(manager.suppressor.closes_at(window_id, manager.processor.now())),
            "text": texts.story("held_window", name=window.name if window else ""),
        }
    if reason.startswith(PARENT):
        return {"reason": "parent", "until": None, "text": _async_cause_text(hass, manager, user, reason, texts)}
    until = instance.flapping.due(manager.processor.settings.flapping_per_hour) if reason == FLAPPING else None
    return {"reason": reason, "until": iso(until), "text": texts.story(f"held_{reason}")}


@callback
def _async_cause_text(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, reason: str, texts: StoryTexts
) -> str:
    cause = manager.processor.get(key_of(reason))
    if cause is None or not (user is None or async_permits(hass, user, cause.key, POLICY_READ)):
        return texts.story("held_parent_other")
    return texts.story("held_parent", name=async_problem_name(hass, cause.rule, cause.key.subject))


@callback
def _async_cause(
    manager: AlarmsManager, instance: Instance, severity: Severity, at: float, causes: Sequence[Member]
) -> str | None:
    """Return the reason that names the root cause that an alarm would have."""
    key = manager.suppressor.cause_of(active_copy(instance, severity, at), causes)
    return reason_of(key) if key else None


def _surroundings(manager: AlarmsManager, instance: Instance, cause: str | None) -> Surroundings:
    return Surroundings(
        settings=manager.processor.settings,
        policy=manager.outbox.policy,
        group=manager.notifier.group,
        reasons=partial(manager.suppressor.reasons_at, instance),
        next_change=manager.suppressor.next_change,
        local=lambda at: dt_util.as_local(dt_util.utc_from_timestamp(at)),
        cause=cause,
    )


@callback
def _async_held_back(
    hass: HomeAssistant,
    manager: AlarmsManager,
    user: User | None,
    instance: Instance,
    expected: Forecast,
    texts: StoryTexts,
) -> list[dict[str, Any]]:
    """Return what holds back the alarm when it becomes active, and then its notifications."""
    held: list[dict[str, Any]] = []
    if (alarm := expected.active) is None:
        return held
    if alarm.out_of_service:
        held.append({"reason": "out_of_service", "until": None, "text": texts.story("held_out_of_service")})
    if alarm.snoozed_until is not None:
        held.append({"reason": "snoozed", "until": iso(alarm.snoozed_until), "text": texts.story("held_snoozed")})
    held += [async_suppression(hass, manager, user, instance, each, texts) for each in alarm.suppressed_by]
    for delivery in expected.deliveries:
        if delivery.held_by:
            text = texts.story(f"held_{delivery.held_by}")
            held.append({"reason": delivery.held_by, "until": iso(delivery.at), "text": text})
    return [each for number, each in enumerate(held) if each not in held[:number]]


@callback
def _async_delivery(
    hass: HomeAssistant, manager: AlarmsManager, delivery: ExpectedDelivery, now: float, texts: StoryTexts
) -> dict[str, Any]:
    group = manager.notifier.group(delivery.group)
    name = _group_name(manager, delivery.group)
    text = texts.story(f"next_{delivery.kind}" if delivery.targets else "next_nobody", group=name)
    time = clock_text(delivery.at, now)
    if delivery.held_by:
        since = clock_text(delivery.since, now)
        text = texts.story(f"at_held_{delivery.held_by}", time=time, text=text, since=since)
    else:
        text = texts.story("at", time=time, text=text)
    return {
        "at": iso(delivery.at),
        "since": iso(delivery.since),
        "group_id": delivery.group,
        "group": name,
        "targets": [async_target_title(hass, group.targets[each]) for each in sorted(delivery.targets)]
        if group
        else [],
        "fallback": [async_target_title(hass, target) for target in group.fallback.values()] if group else [],
        "kind": delivery.kind,
        "held_by": delivery.held_by,
        "text": text,
    }


def _group_name(manager: AlarmsManager, group_id: str) -> str:
    group = manager.notifier.group(group_id)
    return group.title if group else group_id


def _sentences(
    instance: Instance,
    expected: Forecast,
    held_back: list[dict[str, Any]],
    notified: list[dict[str, Any]],
    at: float,
    texts: StoryTexts,
) -> list[str]:
    """Return the explanation as sentences: whether it is raised, what holds it back, who is notified."""
    if expected.raised_at is None:
        sentences = [texts.story("never_raised")]
    else:
        sentences = [texts.story("raised_at", time=clock_text(expected.raised_at, at))]
    for each in held_back:
        sentences.append(texts.story("held_back", text=each["text"]))
    if not any(step.groups for step in instance.rule.escalation.steps):
        return [*sentences, texts.story("no_steps")]
    return [*sentences, *(each["text"] for each in notified)] if notified else [*sentences, texts.story("nobody")]
