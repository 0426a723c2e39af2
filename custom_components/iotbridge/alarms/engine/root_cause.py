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
from .kinds import Subjects
from .models import Alarm, AlarmKey, Severity
from .rule import EscalationPolicy, Rule

MAX_DEPTH = 8
# An entity that is lost so long after the first belongs to another outage: devices behind a hub time out later.
OUTAGE_S = 1800.0
# The longest hold of a root cause that another alarm waits for.
PATIENCE_S = 120.0
# Followed by the key of the root cause.
PARENT = "parent:"
# Stands for the broker, which every MQTT device is behind, and which is no device of the registry.
BROKER = "broker"

# Distance of causes; those that are devices in front of the entity are at -1 and below.
_SAME_DEVICE = 1
_HOST = 0
_SAME_BROKER = -MAX_DEPTH - 1
_BROKER = -MAX_DEPTH - 2
_BY_HAND = -MAX_DEPTH - 3
# The entities of one outage are not lost at the same moment.
_TOGETHER_S = 5.0


@dataclass(frozen=True, slots=True)
class Location:
    """Location of an entity: its device and the devices that this one is behind, nearest first.

    An entity that reports the connection to the broker has the device BROKER; behind the broker, BROKER comes last.
    """

    device: str | None = None
    behind: tuple[str, ...] = ()


class Member(NamedTuple):
    """Alarm with its rule and the location of its entity."""

    rule: Rule
    alarm: Alarm
    location: Location

    @property
    def is_absent(self) -> bool:
        """Return whether the alarm reports an absence, or is about to."""
        is_absence = self.rule.condition.traits.is_absence or self.location.device == BROKER
        is_pending = self.alarm.pending is True and self.alarm.last_evaluation.is_active is True
        return is_absence and (self.alarm.active or is_pending)

    @property
    def is_cause(self) -> bool:
        """Return whether the alarm may explain others; it may not while maintenance or a person suppresses it.

        One that does not report an absence explains only alarms of rules that name it. A snoozed one still explains:
        a person who snoozed the cause does not want notifications of its consequences instead.
        """
        is_notified = all(reason.startswith((PARENT, FLAPPING)) for reason in self.alarm.suppressed_by)
        return (self.is_absent or self.alarm.active) and not self.alarm.out_of_service and is_notified

    @property
    def severity(self) -> Severity:
        """Return the severity, or that of the rule while the alarm is pending."""
        return self.alarm.severity if self.alarm.active else self.rule.severity

    @property
    def order(self) -> tuple[bool, int, float, AlarmKey]:
        """Return the sort key of causes: those that notify, the most severe, the earliest come first.

        It does not change during an outage.
        """
        return (not self.rule.escalation.steps, -self.rule.severity, self.alarm.condition_since, self.alarm.key)

    def explains(self, child: Member) -> bool:
        """Return whether every recipient of the child is notified of this alarm: as severe, and no later."""
        patience_s = max(child.rule.timing.hold_s, PATIENCE_S)
        if self.severity < child.severity or not (self.alarm.active or self.rule.timing.hold_s <= patience_s):
            return False
        delays = _delays_by_group(self.rule.escalation)
        return all(
            delays.get(group, inf) <= after_s for group, after_s in _delays_by_group(child.rule.escalation).items()
        )


def parents(members: Iterable[Member], *, broker_lost_at: float | None = None) -> dict[AlarmKey, AlarmKey]:
    """Return the root cause of each alarm that has one.

    A root cause is named by the rule (its subject or the device of its subject), or is on a device that the entity is
    behind, or on the same device: there a lost host explains everything, and one absent entity the other ones. When
    the broker is lost and no alarm reports that, one of the alarms that were lost with it explains the others.
    """
    known = {member.alarm.key: member for member in members}
    causes = _Causes((member for member in known.values() if member.is_cause), broker_lost_at)
    found = {key: parent for key, member in known.items() if (parent := causes.parent_of(member)) is not None}
    return _without_loops(found, known)


def parent_of(child: Member, causes: Iterable[Member], *, broker_lost_at: float | None = None) -> AlarmKey | None:
    """Return the root cause of one alarm, as ``parents`` does for all; ``causes`` are those that are ``is_cause``.

    It takes the place of another state of the same alarm among them.
    """
    known = {cause.alarm.key: cause for cause in causes} | {child.alarm.key: child}
    index = _Causes((member for member in known.values() if member.is_cause), broker_lost_at)
    found: dict[AlarmKey, AlarmKey] = {}
    key = child.alarm.key
    while key not in found and (parent := index.parent_of(known[key])) is not None:
        found[key] = parent
        key = parent
    return _without_loops(found, known).get(child.alarm.key)


def _without_loops(causes: dict[AlarmKey, AlarmKey], known: Mapping[AlarmKey, Member]) -> dict[AlarmKey, AlarmKey]:
    """Remove the cause of one alarm of each loop: those that explain each other are never notified otherwise."""
    for loop in _loops(causes):
        del causes[min(loop, key=lambda key: known[key].order)]
    return causes


def _loops(causes: Mapping[AlarmKey, AlarmKey]) -> list[list[AlarmKey]]:
    """Return the loops of alarms that explain each other."""
    loops, visited = [], set[AlarmKey]()
    for start in causes:
        path: dict[AlarmKey, None] = {}
        key: AlarmKey | None = start
        while key is not None and key not in path and key not in visited:
            path[key] = None
            key = causes.get(key)
        if key is not None and key in path:
            loops.append(list(path)[list(path).index(key) :])
        visited |= path.keys()
    return loops


class _Causes:
    """Alarms that may explain others, by name and device."""

    def __init__(self, causes: Iterable[Member], broker_lost_at: float | None) -> None:
        """Index ``causes``, all of which are ``is_cause``; of those that explain the same, keep the first in order."""
        self._broker_lost_at = broker_lost_at
        # By the entities and devices that rules name as parents.
        self._named: dict[str, Member] = {}
        self._by_device: defaultdict[str, list[Member]] = defaultdict(list)
        lost_with_broker = []
        for cause in sorted(causes, key=lambda cause: cause.order):
            device = cause.location.device
            for name in (cause.alarm.key.subject, device):
                if name:
                    self._named.setdefault(name, cause)
            if cause.is_absent and device is not None:
                known = self._by_device[device]
                if not any(_is_host(cause) == _is_host(other) and _is_one_outage(cause, other) for other in known):
                    known.append(cause)
            if self._is_lost_with_broker(cause):
                lost_with_broker.append(cause)
        self._by_device[BROKER] += lost_with_broker[:1]

    def parent_of(self, child: Member) -> AlarmKey | None:
        """Return the alarm that explains this one, None when there is none."""
        named = [self._named[name] for name in child.rule.parents if name in self._named]
        ranks = [(_BY_HAND, cause.order) for cause in named if cause.alarm.key != child.alarm.key]
        for device in (child.location.device, *child.location.behind):
            for cause in self._by_device.get(device, ()) if device else ():
                is_other = cause.alarm.key != child.alarm.key
                if is_other and cause.explains(child) and (rank := self._rank(child, cause)) is not None:
                    ranks.append((rank, cause.order))
        return min(ranks)[1][-1] if ranks else None

    def _rank(self, child: Member, cause: Member) -> int | None:
        """Return the rank of a cause, None when it is none; the farthest cause explains most, so it ranks first."""
        device = cause.location.device
        if self._is_lost_with_broker(child) and self._is_lost_with_broker(cause):
            return _SAME_BROKER if cause.order < child.order else None
        if device == BROKER:
            return _BROKER if child.is_absent else None
        if device is not None and device in child.location.behind:
            # An entity that still reports from behind a device that seems lost is no part of that outage.
            is_part = child.is_absent and (_is_host(cause) or _is_one_outage(child, cause))
            return -1 - child.location.behind.index(device) if is_part else None
        return _rank_beside(child, cause) if device == child.location.device else None

    def _is_lost_with_broker(self, member: Member) -> bool:
        """Return whether an entity was lost with the broker; one that was lost earlier belongs to another outage."""
        at = self._broker_lost_at
        is_behind = at is not None and BROKER in member.location.behind
        return is_behind and member.is_absent and member.alarm.condition_since >= (at or 0.0) - _TOGETHER_S


def _rank_beside(child: Member, cause: Member) -> int | None:
    """Return the rank of a cause on the same device."""
    if _is_host(child):
        return None
    if _is_host(cause):
        return _HOST
    is_part = child.is_absent and _is_one_outage(child, cause) and cause.order < child.order
    return _SAME_DEVICE if is_part else None


def _is_host(member: Member) -> bool:
    return member.rule.condition.traits.subjects is Subjects.HOSTS


def _is_one_outage(child: Member, cause: Member) -> bool:
    """Return whether two entities were lost in the same outage: an old outage does not explain a new one."""
    return abs(child.alarm.condition_since - cause.alarm.condition_since) <= OUTAGE_S


@lru_cache(1024)
def _delays_by_group(policy: EscalationPolicy) -> dict[str, float]:
    """Return the delay in seconds after which each group is notified of an alarm."""
    delays: dict[str, float] = {}
    for step in policy.steps:
        for group in step.groups:
            delays[group] = min(step.after_s, delays.get(group, inf))
    return delays


def reason_of(key: AlarmKey) -> str:
    """Return the reason for suppression of the alarms that this one explains."""
    return f"{PARENT}{key.rule_id}/{key.subject}"


def key_of(reason: str) -> AlarmKey:
    """Return the key of the alarm that a reason names."""
    rule_id, _, subject = reason.removeprefix(PARENT).partition("/")
    return AlarmKey(rule_id, subject)


def chain(device: str, via: Callable[[str], str | None]) -> Iterator[str]:
    """Yield the devices that a device is behind, nearest first; stop at a loop."""
    visited = {device}
    for _ in range(MAX_DEPTH):
        above = via(device)
        if above is None or above in visited:
            return
        visited.add(above)
        yield above
        device = above
