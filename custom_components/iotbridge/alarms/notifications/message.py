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
SNOOZE = "IOTBRIDGE_SNOOZE_"
SNOOZE_S = 3600.0

MAX_CHILDREN = 10
MAX_LINES = 20
# From then on a message says when it happened: it was held back, or could not be delivered.
LATE_S = 300.0

_WORDS = f"component.{DOMAIN}.selector.alarm_text.options."
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Content of a notification. ``name`` is the problem, without the transition; ``at`` is in seconds since 1970.

    ``said`` is the part of the text about this moment. ``acknowledge`` and ``snooze`` are the texts of the buttons,
    empty where there is nothing to acknowledge or to snooze.
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
    snooze: str = ""
    summary: str = ""
    sound: Sound = Sound.NORMAL

    @property
    def ack_id(self) -> str:
        """Return the action that the phone sends when the button is pressed."""
        return f"{ACKNOWLEDGE}{self.tag}"

    @property
    def snooze_id(self) -> str:
        """Return the action that the phone sends when the button is pressed."""
        return f"{SNOOZE}{self.tag}"

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        return {**asdict(self), "severity": self.severity.word, "children": list(self.children)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """Read what ``as_dict`` wrote."""
        given = {**data, "kind": NotificationKind(data["kind"]), "severity": Severity[data["severity"].upper()]}
        return cls(**given | {"children": tuple(data["children"]), "sound": Sound(data.get("sound", Sound.NORMAL))})


@dataclass(frozen=True, slots=True)
class AlarmTexts:
    """Our sentences in the language of the home, by key."""

    texts: Mapping[str, str]

    def sentence(self, key: str, **placeholders: object) -> str:
        """Return a sentence, filled in."""
        return self.texts[f"{_WORDS}{key}"].format(**placeholders)

    def title(self, severity: Severity, name: str) -> str:
        """Return what is wrong and how bad it is."""
        return self.sentence(f"title_{severity.word}", name=name)

    def duration(self, seconds: float) -> str:
        """Return how long something lasted, to the two greatest units: ``2 h 10 min``."""
        count = max(0, int(seconds))
        if count < _MINUTE_S:
            return f"{count} s"
        if count < _HOUR_S:
            return f"{count // _MINUTE_S} min"
        hours, minutes = count // _HOUR_S, count % _HOUR_S // _MINUTE_S
        if count < _DAY_S:
            return f"{hours} h {minutes} min" if minutes else f"{hours} h"
        days, hours = divmod(hours, 24)
        spoken = self.sentence("day") if days == 1 else self.sentence("days", count=days)
        return f"{spoken} {hours} h" if hours else spoken


@callback
def alarm_texts(hass: HomeAssistant) -> AlarmTexts:
    """Return the sentences. Home Assistant has read them when the integration was set up."""
    return AlarmTexts(async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN))


def tag_of(key: AlarmKey, identity: str = "") -> str:
    """Return what makes a later notification of an alarm take the place of an earlier one.

    ``identity`` is that of the alarm, which outlives a rename of its entity.
    """
    return f"{DOMAIN}_{key.rule_id}_{hashlib.sha256((identity or key.subject).encode()).hexdigest()[:12]}"


def compose(
    words: AlarmTexts,
    notice: Notification,
    alarm: Alarm,
    *,
    name: str,
    text: str,
    now: float,
    instructions: str = "",
    children: Sequence[str] = (),
) -> Message:
    """Say what a notice is about.

    ``name`` is what people call it ("Attic temperature"), ``text`` what is wrong with it ("31 °C, above 28 °C"),
    ``children`` are the names of what else does not work because of it.
    """
    is_call = notice.kind in ACTIONABLE
    is_same = alarm.episode == notice.episode
    waits = notice.kind is NotificationKind.CLEARED and is_same and alarm.beneath is AlarmState.RETURNED
    said = _what_happened(words, notice, alarm, text, now)
    parts = [said]
    if notice.kind is not NotificationKind.REPEATED and now - notice.at >= LATE_S:
        parts.append(words.sentence("at_time", time=_clock(notice.at)))
    if is_call and children:
        parts.append(words.sentence("also_affected", names=_listed(words, children)))
    if waits:
        parts.append(words.sentence("waits"))
    if is_call and instructions:
        parts.append(words.sentence("instructions", text=instructions))
    return Message(
        kind=notice.kind,
        severity=notice.severity,
        name=name,
        title=words.title(notice.severity, name) if is_call else words.sentence(f"title_{notice.kind}", name=name),
        text=_joined(parts),
        tag=tag_of(notice.key, alarm.identity),
        at=notice.at,
        entity_id=notice.key.subject,
        instructions=instructions if is_call else "",
        children=tuple(children) if is_call else (),
        acknowledge=words.sentence("acknowledge") if is_call or waits else "",
        snooze=words.sentence("snooze") if is_call else "",
        summary=said,
        sound=notice.sound,
    )


def raised_and_cleared(words: AlarmTexts, messages: Sequence[Message]) -> Message:
    """Say in one message that something was so and is over: beginnings and then the end, to who heard of none.

    One that still waits to be acknowledged is a call.
    """
    *begun, over = messages
    began = begun[-1]
    times = {"began": _clock(began.at), "over": _clock(over.at)}
    if len(begun) > 1:
        when = words.sentence("passed_often", count=len(begun), **times)
    elif over.at - began.at < 1:
        when = words.sentence("passed_at_once", **times)
    else:
        when = words.sentence("passed", duration=words.duration(over.at - began.at), **times)
    parts = [began.summary, when]
    if not over.acknowledge:
        return replace(over, title=words.sentence("title_passed", name=over.name), text=_joined(parts))
    parts += [words.sentence("waits")]
    if began.instructions:
        parts.append(words.sentence("instructions", text=began.instructions))
    return replace(
        over,
        kind=NotificationKind.RAISED,
        title=words.title(over.severity, over.name),
        text=_joined(parts),
        instructions=began.instructions,
    )


def test_message(words: AlarmTexts, rule_id: str, name: str, severity: Severity, now: float) -> Message:
    """Return what is sent to try the notifications of a rule."""
    return Message(
        kind=NotificationKind.RAISED,
        severity=severity,
        name=name,
        title=words.sentence("title_test", name=name),
        text=words.sentence("test"),
        tag=tag_of(AlarmKey(rule_id, "test")),
        at=now,
    )


def digest(words: AlarmTexts, messages: Sequence[Message]) -> Message:
    """Return several messages as one, with a line for each alarm, the worst first.

    Those of one alarm come in the order in which it happened.
    """
    by_tag: dict[str, list[Message]] = {}
    for message in messages:
        by_tag.setdefault(message.tag, []).append(message)
    alarms = sorted(by_tag.values(), key=lambda about: (-max(m.severity for m in about), about[0].at))
    lines = [_line(words, about) for about in alarms]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [words.sentence("and_more", count=len(lines) - MAX_LINES)]
    calls = [message for message in messages if message.kind in ACTIONABLE]
    worst = max(message.severity for message in calls or messages)
    first = alarms[0][0]
    title = words.title(worst, first.name) if len(alarms) == 1 else words.sentence("title_digest", count=len(alarms))
    at = max(message.at for message in messages)
    return Message(
        kind=NotificationKind.RAISED if calls else NotificationKind.CLEARED,
        severity=worst,
        name=title,
        title=title,
        text="\n".join(lines),
        tag=f"{DOMAIN}_digest_{int(at)}_{first.tag[-12:]}",
        at=at,
        entity_id=first.entity_id if len(alarms) == 1 else "",
        sound=Sound.NORMAL if any(message.sound is Sound.NORMAL for message in messages) else Sound.SILENT,
    )


def displayed_messages(messages: Iterable[Message]) -> list[Message]:
    """Return the messages to display: neither withdrawals nor those that only remove an earlier one."""
    return [each for each in messages if each.kind is not NotificationKind.WITHDRAWN and each.sound is not Sound.NONE]


def obsolete_tags(messages: Iterable[Message], displayed: Sequence[Message]) -> list[str]:
    """Return the tags of earlier notifications to remove; a single displayed message replaces that of its own tag.

    The end of an alarm that a digest reports must not leave the buttons of the earlier notification behind.
    """
    last = {each.tag: each for each in messages}
    ended = [tag for tag, each in last.items() if each.kind not in ACTIONABLE and not each.acknowledge]
    return [tag for tag in ended if len(displayed) != 1 or tag != displayed[0].tag]


def _what_happened(words: AlarmTexts, notice: Notification, alarm: Alarm, text: str, now: float) -> str:
    is_same = alarm.episode == notice.episode
    since = alarm.raised_at if is_same and alarm.raised_at is not None else notice.at
    match notice.kind:
        case NotificationKind.RAISED:
            said = text
        case NotificationKind.WORSENED:
            said = words.sentence("worsened", text=text)
        case NotificationKind.REPEATED | NotificationKind.ESCALATED:
            said = words.sentence(notice.kind, duration=words.duration(now - since), text=text)
        case NotificationKind.ACKNOWLEDGED:
            said = _acknowledged(words, alarm.acknowledged_by)
        case NotificationKind.CLEARED if is_same and alarm.cleared_at is not None:
            # A condition that is over has no reason; an alarm that ends for another reason has.
            said = alarm.reason or words.sentence("cleared_after", duration=words.duration(alarm.cleared_at - since))
        case NotificationKind.CLEARED:
            said = words.sentence("cleared")
        case NotificationKind.WITHDRAWN:
            said = ""
    return said


def _acknowledged(words: AlarmTexts, by: Actor) -> str:
    said = words.sentence("acknowledged_by", who=by.name) if by.name else words.sentence("acknowledged")
    return f"{said}\n{by.comment}" if by.comment else said


def _line(words: AlarmTexts, about: Sequence[Message]) -> str:
    """Return what happened to one alarm; when it was raised often, only how often and what came after the last time."""
    raised = [place for place, message in enumerate(about) if message.kind is NotificationKind.RAISED]
    is_often = len(raised) > 1
    said = [words.sentence("line_often", count=len(raised), time=_clock(about[raised[-1]].at))] if is_often else []
    after = about[raised[-1] + 1 :] if is_often else about
    said += [words.sentence(f"line_{message.kind}", time=_clock(message.at)) for message in after]
    head = words.title(max(message.severity for message in about), about[0].name)
    return f"{head} ({', '.join(said)})"


def _joined(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part)


def _listed(words: AlarmTexts, names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_CHILDREN])
    left = len(names) - MAX_CHILDREN
    return f"{shown}, {words.sentence('and_more', count=left)}" if left > 0 else shown


def _clock(at: float) -> str:
    return dt_util.as_local(datetime.fromtimestamp(at, dt_util.UTC)).strftime("%H:%M")
