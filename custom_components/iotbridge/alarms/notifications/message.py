"""Title and text of a notification, in the language of the home."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
import hashlib
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ..engine.escalation import ACTIONABLE, Notification, NotificationKind, Sound
from ..engine.models import Actor, Alarm, AlarmKey, AlarmState, Severity

ACKNOWLEDGE = "IOTBRIDGE_ACK_"
UNACKNOWLEDGE = "IOTBRIDGE_UNACK_"
SNOOZE = "IOTBRIDGE_SNOOZE_"
SNOOZE_S = 3600.0

# Home Assistant's first page, which everyone has. The root is redirected, and closes the dialog meanwhile.
FIRST_PAGE = "/home/overview"

MAX_CHILDREN = 10
MAX_LINES = 20
# A message that is delivered later than this contains the time of the event.
LATE_S = 300.0

_WORDS = f"component.{DOMAIN}.selector.alarm_text.options."
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Content of a notification. ``name`` is the problem, without the transition; ``at`` is in seconds since 1970.

    ``summary`` is the part of the text about this moment. ``acknowledge``, ``unacknowledge`` and ``snooze`` are the
    texts of the buttons, empty where there is nothing to acknowledge, to take back or to snooze. ``url`` is the path of
    the frontend that opens the alarm, ``details`` the text of a link to it. ``is_last`` marks the end of an alarm.
    ``written`` are the parts of the text that the user of the home wrote, as rendered.
    """

    kind: NotificationKind
    severity: Severity
    name: str
    title: str
    text: str
    tag: str
    at: float
    entity_id: str = ""
    instructions: str = ""
    children: tuple[str, ...] = ()
    acknowledge: str = ""
    unacknowledge: str = ""
    snooze: str = ""
    url: str = ""
    details: str = ""
    summary: str = ""
    sound: Sound = Sound.NORMAL
    is_last: bool = False
    written: tuple[str, ...] = ()

    @property
    def ack_id(self) -> str:
        """Return the id that the phone sends when the button is pressed."""
        return f"{ACKNOWLEDGE}{self.tag}"

    @property
    def unack_id(self) -> str:
        """Return the id that the phone sends when the button is pressed."""
        return f"{UNACKNOWLEDGE}{self.tag}"

    @property
    def snooze_id(self) -> str:
        """Return the id that the phone sends when the button is pressed."""
        return f"{SNOOZE}{self.tag}"

    def as_dict(self) -> dict[str, Any]:
        """Return the message for the store."""
        return {
            **asdict(self),
            "severity": self.severity.word,
            "children": list(self.children),
            "written": list(self.written),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """Read what ``as_dict`` wrote."""
        values = {**data, "kind": NotificationKind(data["kind"]), "severity": Severity[data["severity"].upper()]}
        texts = {"children": tuple(data["children"]), "written": tuple(data.get("written", ()))}
        return cls(**values | texts | {"sound": Sound(data.get("sound", Sound.NORMAL))})


@dataclass(frozen=True, slots=True)
class AlarmTexts:
    """Sentences of notifications in the language of the home, by key."""

    texts: Mapping[str, str]

    def sentence(self, key: str, **placeholders: object) -> str:
        """Return a sentence with its placeholders filled in."""
        return self.texts[f"{_WORDS}{key}"].format(**placeholders)

    def title(self, severity: Severity, name: str) -> str:
        """Return the title of a problem with its severity."""
        return self.sentence(f"title_{severity.word}", name=name)

    def duration(self, seconds: float) -> str:
        """Return a duration in its two largest units: ``2 h 10 min``."""
        count = max(0, int(seconds))
        if count < _MINUTE_S:
            return f"{count} s"
        if count < _HOUR_S:
            return f"{count // _MINUTE_S} min"
        hours, minutes = count // _HOUR_S, count % _HOUR_S // _MINUTE_S
        if count < _DAY_S:
            return f"{hours} h {minutes} min" if minutes else f"{hours} h"
        days, hours = divmod(hours, 24)
        text = self.sentence("day") if days == 1 else self.sentence("days", count=days)
        return f"{text} {hours} h" if hours else text


@callback
def alarm_texts(hass: HomeAssistant) -> AlarmTexts:
    """Return the sentences, which Home Assistant loaded when the integration was set up."""
    return AlarmTexts(async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN))


def tag_of(key: AlarmKey, identity: str = "") -> str:
    """Return the tag by which a notification of an alarm replaces the previous one.

    ``identity`` is that of the alarm, which survives a rename of its entity.
    """
    return f"{DOMAIN}_{key.rule_id}_{hashlib.sha256((identity or key.subject).encode()).hexdigest()[:12]}"


def compose(
    texts: AlarmTexts,
    notification: Notification,
    alarm: Alarm,
    *,
    name: str,
    text: str,
    now: float,
    instructions: str = "",
    children: Sequence[str] = (),
) -> Message:
    """Return the message of a notification.

    ``name`` is that of the problem ("Attic temperature"), ``text`` its reason ("31 °C, above 28 °C"), ``children`` are
    the names of the alarms that it explains.
    """
    is_actionable = notification.kind in ACTIONABLE
    is_same = alarm.episode == notification.episode
    is_unacknowledged = (
        notification.kind is NotificationKind.CLEARED and is_same and alarm.underlying_state is AlarmState.RETURNED
    )
    is_acknowledged = (
        notification.kind is NotificationKind.ACKNOWLEDGED and alarm.underlying_state is AlarmState.ACKNOWLEDGED
    )
    summary = _summary(texts, notification, alarm, text, now)
    parts = [summary]
    if notification.kind is not NotificationKind.REPEATED and now - notification.at >= LATE_S:
        parts.append(texts.sentence("at_time", time=_clock(notification.at)))
    if is_actionable and children:
        parts.append(texts.sentence("also_affected", names=_listed(texts, children)))
    if is_unacknowledged:
        parts.append(texts.sentence("waits"))
    if is_actionable and instructions:
        parts.append(texts.sentence("instructions", text=instructions))
    return Message(
        kind=notification.kind,
        severity=notification.severity,
        name=name,
        title=texts.title(notification.severity, name)
        if is_actionable
        else texts.sentence(f"title_{notification.kind}", name=name),
        text=_joined(parts),
        tag=tag_of(notification.key, alarm.identity),
        at=notification.at,
        entity_id=notification.key.subject,
        instructions=instructions if is_actionable else "",
        children=tuple(children) if is_actionable else (),
        acknowledge=texts.sentence("acknowledge") if is_actionable or is_unacknowledged else "",
        unacknowledge=texts.sentence("unacknowledge") if is_acknowledged else "",
        snooze=texts.sentence("snooze") if is_actionable else "",
        summary=summary,
        sound=notification.sound,
        is_last=notification.is_last,
    )


def with_link(texts: AlarmTexts, message: Message, rule_entity: str | None) -> Message:
    """Return the message with a link to the alarm: the dialog of the entity of its rule has the details."""
    if rule_entity is None:
        return message
    url = f"{FIRST_PAGE}?more-info-entity-id={rule_entity}&alarm={message.tag}"
    return replace(message, url=url, details=texts.sentence("details"))


def raised_and_cleared(texts: AlarmTexts, messages: Sequence[Message]) -> Message:
    """Return one message for an alarm that was raised and has cleared: its beginnings and its end.

    It is actionable if the alarm still has to be acknowledged.
    """
    *raised_messages, cleared = messages
    raised = raised_messages[-1]
    times = {"began": _clock(raised.at), "over": _clock(cleared.at)}
    if len(raised_messages) > 1:
        period = texts.sentence("passed_often", count=len(raised_messages), **times)
    elif cleared.at - raised.at < 1:
        period = texts.sentence("passed_at_once", **times)
    else:
        period = texts.sentence("passed", duration=texts.duration(cleared.at - raised.at), **times)
    parts = [raised.summary, period]
    if not cleared.acknowledge:
        title = texts.sentence("title_passed", name=cleared.name)
        return replace(cleared, title=title, text=_joined(parts), written=raised.written)
    parts += [texts.sentence("waits")]
    if raised.instructions:
        parts.append(texts.sentence("instructions", text=raised.instructions))
    return replace(
        cleared,
        kind=NotificationKind.RAISED,
        title=texts.title(cleared.severity, cleared.name),
        text=_joined(parts),
        instructions=raised.instructions,
        written=raised.written,
    )


def test_message(texts: AlarmTexts, rule_id: str, name: str, severity: Severity, now: float) -> Message:
    """Return the message that tests the notifications of a rule."""
    return Message(
        kind=NotificationKind.RAISED,
        severity=severity,
        name=name,
        title=texts.sentence("title_test", name=name),
        text=texts.sentence("test"),
        tag=tag_of(AlarmKey(rule_id, "test")),
        at=now,
    )


def digest(texts: AlarmTexts, messages: Sequence[Message]) -> Message:
    """Return several messages as one, with a line for each alarm, the most severe first."""
    by_tag: dict[str, list[Message]] = {}
    for message in messages:
        by_tag.setdefault(message.tag, []).append(message)
    alarms = sorted(by_tag.values(), key=lambda alarm: (-max(m.severity for m in alarm), alarm[0].at))
    lines = [_line(texts, alarm) for alarm in alarms]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [texts.sentence("and_more", count=len(lines) - MAX_LINES)]
    actionable = [message for message in messages if message.kind in ACTIONABLE]
    worst = max(message.severity for message in actionable or messages)
    first = alarms[0][0]
    title = texts.title(worst, first.name) if len(alarms) == 1 else texts.sentence("title_digest", count=len(alarms))
    at = max(message.at for message in messages)
    return Message(
        kind=NotificationKind.RAISED if actionable else NotificationKind.CLEARED,
        severity=worst,
        name=title,
        title=title,
        text="\n".join(lines),
        tag=f"{DOMAIN}_digest_{int(at)}_{first.tag[-12:]}",
        at=at,
        entity_id=first.entity_id if len(alarms) == 1 else "",
        url=first.url if len(alarms) == 1 else "",
        details=first.details if len(alarms) == 1 else "",
        sound=Sound.NORMAL if any(message.sound is Sound.NORMAL for message in messages) else Sound.SILENT,
    )


def displayed_messages(messages: Iterable[Message]) -> list[Message]:
    """Return the messages to display: neither withdrawals nor those that only remove an earlier one."""
    return [
        message
        for message in messages
        if message.kind is not NotificationKind.WITHDRAWN and message.sound is not Sound.NONE
    ]


def obsolete_tags(messages: Iterable[Message], displayed: Sequence[Message]) -> list[str]:
    """Return the tags of earlier notifications to remove; a single displayed message replaces that of its own tag.

    The end of an alarm that a digest reports must not leave the buttons of the earlier notification behind.
    """
    last = {message.tag: message for message in messages}
    ended = [tag for tag, message in last.items() if message.kind not in ACTIONABLE and not message.acknowledge]
    return [tag for tag in ended if len(displayed) != 1 or tag != displayed[0].tag]


def _summary(texts: AlarmTexts, notification: Notification, alarm: Alarm, text: str, now: float) -> str:
    is_same = alarm.episode == notification.episode
    since = alarm.raised_at if is_same and alarm.raised_at is not None else notification.at
    match notification.kind:
        case NotificationKind.RAISED:
            summary = text
        case NotificationKind.WORSENED:
            summary = texts.sentence("worsened", text=text)
        case NotificationKind.UNACKNOWLEDGED:
            summary = texts.sentence("unacknowledged", text=text)
        case NotificationKind.REPEATED | NotificationKind.ESCALATED:
            summary = texts.sentence(notification.kind, duration=texts.duration(now - since), text=text)
        case NotificationKind.ACKNOWLEDGED:
            summary = _acknowledged(texts, alarm.acknowledged_by)
        case NotificationKind.CLEARED if is_same and alarm.cleared_at is not None:
            # A condition that is no longer met has no reason; an alarm that ends otherwise has one.
            summary = alarm.reason or texts.sentence("cleared_after", duration=texts.duration(alarm.cleared_at - since))
        case NotificationKind.CLEARED:
            summary = texts.sentence("cleared")
        case NotificationKind.WITHDRAWN:
            summary = ""
    return summary


def _acknowledged(texts: AlarmTexts, by: Actor) -> str:
    sentence = texts.sentence("acknowledged_by", who=by.name) if by.name else texts.sentence("acknowledged")
    return f"{sentence}\n{by.comment}" if by.comment else sentence


def _line(texts: AlarmTexts, messages: Sequence[Message]) -> str:
    """Return the line of one alarm; when it was raised repeatedly, the count and what followed the last time."""
    raised = [index for index, message in enumerate(messages) if message.kind is NotificationKind.RAISED]
    is_repeated = len(raised) > 1
    events = (
        [texts.sentence("line_often", count=len(raised), time=_clock(messages[raised[-1]].at))] if is_repeated else []
    )
    following = messages[raised[-1] + 1 :] if is_repeated else messages
    events += [texts.sentence(f"line_{message.kind}", time=_clock(message.at)) for message in following]
    head = texts.title(max(message.severity for message in messages), messages[0].name)
    return f"{head} ({', '.join(events)})"


def _joined(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part)


def _listed(texts: AlarmTexts, names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_CHILDREN])
    remaining = len(names) - MAX_CHILDREN
    return f"{shown}, {texts.sentence('and_more', count=remaining)}" if remaining > 0 else shown


def _clock(at: float) -> str:
    return dt_util.as_local(datetime.fromtimestamp(at, dt_util.UTC)).strftime("%H:%M")
