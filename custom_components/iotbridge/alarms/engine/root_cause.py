"""Root causes of alarms: a host for what runs on it, a broker for all behind it, a device for devices behind it.

Pure: the caller supplies the topology of the home.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import NamedTuple

from .flapping import FLAPPING
from .models import Alarm, AlarmKey, Severity
from .rule import AlarmKind, EscalationPolicy, Rule

# Rules that say: this is not there. Such an alarm speaks for all that lies behind it.
PRESENCE = frozenset({AlarmKind.HOST_LOST, AlarmKind.NO_DATA, AlarmKind.UNAVAILABLE})
MAX_DEPTH = 8
# What goes so long after the first is another outage: devices behind a hub are missed after a while only.
OUTAGE_S = 1800.0
# How long an alarm waits for the hold of another that will explain it.
PATIENCE_S = 120.0
# The reason of an alarm that another one explains; its key follows.
PARENT = "parent:"
# What everything that speaks MQTT is behind, whatever else it is behind: no device of the registry.
BROKER = "broker"

# How near causes are; what is behind a device is at -1 and below.
_SAME_DEVICE = 1
_HOST = 0
_SAME_BROKER = -MAX_DEPTH - 1
_BROKER = -MAX_DEPTH - 2
_BY_HAND = -MAX_DEPTH - 3
# Of one outage the parts are not seen in the same moment.
_TOGETHER_S = 5.0


@dataclass(frozen=True, slots=True)
class Location:
    """Location of an entity: its device and the devices that this one is behind, nearest first.

    An entity that reports the connection to the broker has the device BROKER; behind the broker, BROKER comes last.
    """

    device: str | None = None
    behind: tuple[str, ...] = ()


class Member(NamedTuple):
    """An alarm, and where its entity belongs."""

    rule: Rule
    alarm: Alarm
    place: Location

    @property
    def is_absent(self) -> bool:
        """Return whether it says that something is gone, or is about to say so."""
        is_absence = self.rule.condition.kind in PRESENCE or self.place.device == BROKER
        is_pending = self.alarm.pending is True and self.alarm.last_evaluation.is_active is True
        return is_absence and (self.alarm.active or is_pending)

    @property
    def is_cause(self) -> bool:
        """Return whether it may speak for others: one that is to be silent itself does not.

        One that does not say that something is gone speaks only for rules that name it. Who puts it aside has seen it,
        and does not want to hear of all that it explains instead.
        """
        is_heard = all(reason.startswith((PARENT, FLAPPING)) for reason in self.alarm.suppressed_by)
        return (self.is_absent or self.alarm.active) and not self.alarm.out_of_service and is_heard

    @property
    def severity(self) -> Severity:
        """Return how bad it is, or will be."""
        return self.alarm.severity if self.alarm.active else self.rule.severity

    @property
    def order(self) -> tuple[bool, int, float, AlarmKey]:
        """Return what tells who speaks for many: whom people are told of, the worst, the first.

        It stays the same as long as all are gone.
        """
        return (not self.rule.escalation.steps, -self.rule.severity, self.alarm.condition_since, self.alarm.key)

    def explains(self, child: Member) -> bool:
        """Return whether who is to be told of a child hears of this one instead: as grave, and no later."""
        patience_s = max(child.rule.timing.hold_s, PATIENCE_S)
        if self.severity < child.severity or not (self.alarm.active or self.rule.timing.hold_s <= patience_s):
            return False
        told = _told(self.rule.escalation)
        return all(told.get(group, inf) <= after_s for group, after_s in _told(child.rule.escalation).items())


def parents(members: Iterable[Member], *, broker_gone_at: float | None = None) -> dict[AlarmKey, AlarmKey]:
    """Return of each alarm that another one explains by which; all others stand for themselves.

    A parent is named by hand (its subject or the device of its subject), or is on a device that this one is behind,
    or on the same device: there a lost host is the cause of everything, and of several that are gone one speaks.
    When the broker is not there and no alarm says so, one of those that went with it speaks for all.
    """
    known = {member.alarm.key: member for member in members}
    causes = _Causes((member for member in known.values() if member.is_cause), broker_gone_at)
    found = {key: parent for key, member in known.items() if (parent := causes.parent_of(member)) is not None}
    for loop in _loops(found):
        # Named by hand, two may explain each other. Somebody has to say it.
        del found[min(loop, key=lambda key: known[key].order)]
    return found


def _loops(found: Mapping[AlarmKey, AlarmKey]) -> list[list[AlarmKey]]:
    """Return the alarms that explain themselves, one after the other."""
    loops, seen = [], set[AlarmKey]()
    for start in found:
        path: dict[AlarmKey, None] = {}
        key: AlarmKey | None = start
        while key is not None and key not in path and key not in seen:
            path[key] = None
            key = found.get(key)
        if key is not None and key in path:
            loops.append(list(path)[list(path).index(key) :])
        seen |= path.keys()
    return loops


class _Causes:
    """The alarms that may explain others, by where they are."""

    def __init__(self, causes: Iterable[Member], broker_gone_at: float | None) -> None:
        """``causes`` are all that ``is_cause``; of those that explain the same, the first in order is kept."""
        self._broker_gone_at = broker_gone_at
        # By the names that rules give their parents: entities and devices.
        self._named: dict[str, Member] = {}
        self._by_device: defaultdict[str, list[Member]] = defaultdict(list)
        went = []
        for cause in sorted(causes, key=lambda cause: cause.order):
            device = cause.place.device
            for name in (cause.alarm.key.subject, device):
                if name:
                    self._named.setdefault(name, cause)
            if cause.is_absent and device is not None:
                known = self._by_device[device]
                if not any(_is_host(cause) == _is_host(other) and _is_one_outage(cause, other) for other in known):
                    known.append(cause)
            if self._went_with_broker(cause):
                went.append(cause)
        self._by_device[BROKER] += went[:1]

    def parent_of(self, child: Member) -> AlarmKey | None:
        """Return the alarm that explains this one; None when it stands for itself."""
        named = [self._named[name] for name in child.rule.parents if name in self._named]
        ranks = [(_BY_HAND, cause.order) for cause in named if cause.alarm.key != child.alarm.key]
        for device in (child.place.device, *child.place.behind):
            for cause in self._by_device.get(device, ()) if device else ():
                is_other = cause.alarm.key != child.alarm.key
                if is_other and cause.explains(child) and (rank := self._rank(child, cause)) is not None:
                    ranks.append((rank, cause.order))
        return min(ranks)[1][-1] if ranks else None

    def _rank(self, child: Member, cause: Member) -> int | None:
        """Return how near a cause is, None when it is none; the farthest cause explains most, so it ranks first."""
        device = cause.place.device
        if self._went_with_broker(child) and self._went_with_broker(cause):
            return _SAME_BROKER if cause.order < child.order else None
        if device == BROKER:
            return _BROKER if child.is_absent else None
        if device is not None and device in child.place.behind:
            # What still speaks from behind a device that seems gone is no part of that outage.
            is_part = child.is_absent and (_is_host(cause) or _is_one_outage(child, cause))
            return -1 - child.place.behind.index(device) if is_part else None
        return _rank_beside(child, cause) if device == child.place.device else None

    def _went_with_broker(self, member: Member) -> bool:
        """Return whether something is gone since the broker is; what was gone before is another outage."""
        at = self._broker_gone_at
        is_behind = at is not None and BROKER in member.place.behind
        return is_behind and member.is_absent and member.alarm.condition_since >= (at or 0.0) - _TOGETHER_S


def _rank_beside(child: Member, cause: Member) -> int | None:
    """Return how near a cause on the same device is."""
    if _is_host(child):
        return None
    if _is_host(cause):
        return _HOST
    is_part = child.is_absent and _is_one_outage(child, cause) and cause.order < child.order
    return _SAME_DEVICE if is_part else None


def _is_host(member: Member) -> bool:
    return member.rule.condition.kind is AlarmKind.HOST_LOST


def _is_one_outage(one: Member, other: Member) -> bool:
    """Return whether two went within one outage: what broke long ago explains nothing new."""
    return abs(one.alarm.condition_since - other.alarm.condition_since) <= OUTAGE_S


@lru_cache(1024)
def _told(policy: EscalationPolicy) -> dict[str, float]:
    """Return how many seconds after it was raised each group is told of an alarm."""
    told: dict[str, float] = {}
    for step in policy.steps:
        for group in step.groups:
            told[group] = min(step.after_s, told.get(group, inf))
    return told


def reason_of(key: AlarmKey) -> str:
    """Return the reason of the alarms that this one explains."""
    return f"{PARENT}{key.rule_id}/{key.subject}"


def key_of(reason: str) -> AlarmKey:
    """Return the alarm that a reason is about."""
    rule_id, _, subject = reason.removeprefix(PARENT).partition("/")
    return AlarmKey(rule_id, subject)


def chain(device: str, via: Callable[[str], str | None]) -> Iterator[str]:
    """Return the devices that a device is behind, nearest first; a loop ends it."""
    seen = {device}
    for _ in range(MAX_DEPTH):
        above = via(device)
        if above is None or above in seen:
            return
        seen.add(above)
        yield above
        device = above
