"""Which alarm is the cause of which: a host and what runs on it, a broker and all behind it, devices behind a device.

Pure: what it needs to know of the home is given to it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .models import Alarm, AlarmKey
from .rule import Kind, Rule

# Rules that say: this is not there. Such an alarm speaks for all that lies behind it.
PRESENCE = frozenset({Kind.HOST_LOST, Kind.NO_DATA, Kind.UNAVAILABLE})
MAX_DEPTH = 8
# The reason of an alarm that another one explains; its key follows.
PARENT = "parent:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entity belongs: its device and the devices that this one is behind, nearest first."""

    device: str | None = None
    behind: tuple[str, ...] = ()


def is_gone(rule: Rule, alarm: Alarm) -> bool:
    """Tell whether an alarm says that something is gone, or is about to say so."""
    is_pending = alarm.pending is True and alarm.last.is_bad is True
    return rule.condition.kind in PRESENCE and (alarm.active or is_pending)


def is_cause(rule: Rule, alarm: Alarm) -> bool:
    """Tell whether an alarm may speak for others: one that is to be silent itself does not.

    One that does not say that something is gone speaks only for rules that name it.
    """
    is_silent = alarm.out_of_service or alarm.shelved_until is not None
    is_bad = is_gone(rule, alarm) or alarm.active
    return is_bad and not is_silent and all(reason.startswith(PARENT) for reason in alarm.suppressed_by)


def parent_of(
    rule: Rule, alarm: Alarm, causes: Iterable[tuple[Rule, Alarm]], place: Callable[[str], Place]
) -> AlarmKey | None:
    """Return the alarm that explains this one; None when it stands for itself.

    A parent is named by hand (its subject or the device of its subject), or is on a device that this one is behind, or
    on the same device: there a lost host is the cause of everything, and of several that are gone the first.
    """
    here = place(alarm.key.subject)
    best: tuple[int, AlarmKey] | None = None
    for other_rule, other in causes:
        if other.key == alarm.key:
            continue
        there = place(other.key.subject)
        rank = _rank(rule, alarm, here, other_rule, other, there)
        if rank is not None and (best is None or (rank, other.key) < best):
            best = (rank, other.key)
    return best[1] if best else None


def _rank(rule: Rule, alarm: Alarm, here: Place, other_rule: Rule, other: Alarm, there: Place) -> int | None:
    """Return how near a cause is, None when it is none; the farthest cause explains most, so it ranks first."""
    if other.key.subject in rule.parents or (there.device is not None and there.device in rule.parents):
        return -MAX_DEPTH
    if other_rule.condition.kind not in PRESENCE:
        return None
    if there.device is not None and there.device in here.behind:
        # What still speaks from behind a device that seems gone is no part of that outage.
        return -1 - here.behind.index(there.device) if is_gone(rule, alarm) else None
    if there.device is None or there.device != here.device:
        return None
    kinds = (rule.condition.kind, other_rule.condition.kind)
    if kinds[1] is Kind.HOST_LOST and kinds[0] is not Kind.HOST_LOST:
        return 0
    # Of several that are gone the first speaks; one that is not gone needs no explanation.
    is_like = is_gone(rule, alarm) and kinds[0] is not Kind.HOST_LOST
    return 1 if is_like and _order(other) < _order(alarm) else None


def _order(alarm: Alarm) -> tuple[float, AlarmKey]:
    """Return what tells which was gone first; it stays the same as long as both are gone."""
    return (alarm.bad_since, alarm.key)


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
