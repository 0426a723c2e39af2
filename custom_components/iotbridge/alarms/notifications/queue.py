"""Queue of notifications by group, without superseded ones. Pure: the time and the groups are arguments.

A group gets only the latest notification of an alarm. Targets that were informed of its beginning are notified of the
end; the others get both in one message.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, pairwise, zip_longest
from typing import Any, NamedTuple

from ..engine.escalation import ACTIONABLE, NotificationKind
from ..engine.models import AlarmKey
from ..engine.references import Moves, moved_key
from .delivery_policy import Deferral, DeliveryPolicy, Digest
from .queued_notification import NO_TARGETS, Informed, QueuedNotification

# Changed items by id, as in a batch for the store; None for removed ones.
type Changes = dict[int, Mapping[str, Any] | None]
# After these kinds the beginning is not notified any more: the alarm is acknowledged or muted.
_SETTLED = frozenset({NotificationKind.ACKNOWLEDGED, NotificationKind.WITHDRAWN})
# Retries and storms take at most five minutes, quiet hours a day: a later due time is from before a clock change.
_LONGEST_S: Mapping[Digest | None, float] = {None: 300.0, Digest.STORM: 300.0, Digest.QUIET: 26 * 3600.0}


class Delivery(NamedTuple):
    """Item that is due, and the targets to deliver it to."""

    item: QueuedNotification
    targets: frozenset[str]


@dataclass(slots=True)
class Review:
    """Result of a review of a group: deliveries, single and for a digest, and changes for the store."""

    single: list[Delivery] = field(default_factory=list)
    together: list[Delivery] = field(default_factory=list)
    changes: Changes = field(default_factory=dict)


def grouped_by_targets(deliveries: Sequence[Delivery]) -> list[tuple[frozenset[str], list[QueuedNotification]]]:
    """Return the items grouped by targets; the items of one alarm stay in order."""
    parts: list[tuple[frozenset[str], list[QueuedNotification]]] = []
    latest: dict[AlarmKey, int] = {}
    for item, targets in deliveries:
        start = latest.get(item.key, 0)
        index = next((n for n in range(start, len(parts)) if parts[n][0] == targets), len(parts))
        if index == len(parts):
            parts.append((targets, []))
        parts[index][1].append(item)
        latest[item.key] = index
    return parts


def deferral_by(
    policy: DeliveryPolicy, group: str, now: datetime, *, breaks_through: bool
) -> Callable[[QueuedNotification], Deferral | None]:
    """Return a function that returns the deferral of an item of a group by a policy, None to deliver it now."""

    def defer(item: QueuedNotification) -> Deferral | None:
        return policy.deferral(group, item.severity, now, breaks_through=breaks_through, is_new=item.attempts == 0)

    return defer


def covered_by_fallback(items: Sequence[QueuedNotification]) -> list[QueuedNotification]:
    """Return the items of which the fallback of a group is notified: beginnings, and what follows on them."""
    begun: set[AlarmKey] = set()
    covered: list[QueuedNotification] = []
    for item in items:
        if item.key in begun or item.is_actionable or (item.occurrences and not item.informed):
            begun.add(item.key)
            covered.append(item)
    return covered


class NotificationQueue:
    """Queued notifications by group and alarm, in the order in which they were added."""

    def __init__(self, items: Iterable[QueuedNotification] = (), last_id: int = 0) -> None:
        """Start with the items of the store; new ones get ids above theirs and above ``last_id``."""
        self._groups: dict[str, dict[AlarmKey, list[QueuedNotification]]] = {}
        self.last_id = last_id
        for item in sorted(items, key=lambda item: item.id):
            self.last_id = max(self.last_id, item.id)
            self.add(item)

    def next_id(self) -> int:
        """Return an unused id."""
        self.last_id += 1
        return self.last_id

    def __iter__(self) -> Iterator[QueuedNotification]:
        """Iterate over all items."""
        return (item for alarms in self._groups.values() for items in alarms.values() for item in items)

    def add(self, item: QueuedNotification) -> None:
        """Add an item after the others of its alarm."""
        self._groups.setdefault(item.group, {}).setdefault(item.key, []).append(item)

    def move(self, moves: Moves, move: Callable[[QueuedNotification, Moves], bool]) -> Changes:
        """Apply a rename of entities by calling ``move`` for each item; return the changes for the store."""
        changed = [item for items in self._groups.values() for item in chain(*items.values()) if move(item, moves)]
        for group, items in self._groups.items():
            self._groups[group] = {moved_key(key, moves): waiting for key, waiting in items.items()}
        return {item.id: item.as_dict() for item in changed}

    def add_targets(self, item: QueuedNotification, before: frozenset[str]) -> Changes | None:
        """Include new targets of a group in the notifications of an alarm; return the changes for the store.

        ``item`` notifies them of the alarm; None means that it has to be added. ``before`` are the informed targets.
        """
        items = self._groups.get(item.group, {}).get(item.key)
        if items and not items[-1].is_done:
            if items[-1].is_actionable or items[0].informed is not None:
                return {}  # it goes to the whole group, or only to informed targets
            items[0].informed = before
            return {items[0].id: items[0].as_dict()}
        return {} if items and item.is_done else None

    @property
    def groups(self) -> list[str]:
        """Return the groups that have items."""
        return list(self._groups)

    def of_alarm(self, key: AlarmKey) -> list[QueuedNotification]:
        """Return the items of an alarm that are still to be delivered, those of one group after the other."""
        return [item for alarms in self._groups.values() for item in alarms.get(key, ()) if not item.is_done]

    def waiting(self, group: str) -> list[QueuedNotification]:
        """Return the items of a group that are still to be delivered."""
        return [item for items in self._groups.get(group, {}).values() for item in items if not item.is_done]

    def is_last(self, item: QueuedNotification) -> bool:
        """Return whether an item is still the latest of its alarm."""
        items = self._groups.get(item.group, {}).get(item.key)
        return items is not None and items[-1] is item

    def is_waiting(self, item: QueuedNotification) -> bool:
        """Return whether an item is still to be delivered."""
        return not item.is_done and item in self._groups.get(item.group, {}).get(item.key, ())

    def has_recipients_left(self, item: QueuedNotification, targets: frozenset[str]) -> bool:
        """Return whether informed targets still have to get the end or the acknowledgement of an alarm."""
        items = self._groups[item.group][item.key]
        informed = _informed_before_last(items[: items.index(item) + 1], targets)
        return not item.is_actionable and not (targets if informed is None else informed) <= item.delivered_to

    def due(self, group: str, now: float) -> float | None:
        """Return when a group has to be reviewed."""
        last = [items[-1] for items in self._groups.get(group, {}).values() if not items[-1].is_done]
        return min((now if _is_due(item, now) else item.due_at for item in last), default=None)

    def review(
        self, group: str, now: float, defer: Callable[[QueuedNotification], Deferral | None], targets: frozenset[str]
    ) -> Review:
        """Return the due deliveries of a group, and drop superseded items. ``targets`` are those of the group."""
        review = Review()
        for items in list(self._groups.get(group, {}).values()):
            last = items[-1]
            if last.is_done or not _is_due(last, now):
                continue
            if last.digest is None:
                self._decide(items, defer, targets, review.changes)
            if items and items[-1].digest is not None:
                review.together += _digest_deliveries(items, targets) if _is_due(items[-1], now) else []
            elif not last.is_done:
                review.single.append(Delivery(last, _targets_of(last, last.informed, targets)))
        review.single.sort(key=lambda delivery: (-delivery.item.severity, delivery.item.id))
        return review

    def remove(self, item: QueuedNotification, targets: frozenset[str]) -> Changes:
        """Remove an item that needs no more deliveries; return the changes for the store.

        Where the targets of the group are not informed of the same, the informed ones are kept for the next item.
        """
        items = self._groups[item.group][item.key]
        index = items.index(item)
        is_latest = item is items[-1]
        informed = _informed_before_last(items[: index + 1 if is_latest else index + 2], targets)
        after = _informed_after(informed, item, targets) if is_latest else informed
        changes = self._drop(items, items[:index])
        if len(items) > 1:
            items[1].informed = after
            changes[items[1].id] = items[1].as_dict()
        elif after is not None and not item.is_last:
            item.is_done, item.informed, item.delivered_to, item.message = True, after, NO_TARGETS, {}
            return changes | {item.id: item.as_dict()}
        return changes | self._drop(items, [item])

    def _decide(
        self,
        items: list[QueuedNotification],
        defer: Callable[[QueuedNotification], Deferral | None],
        targets: frozenset[str],
        changes: Changes,
    ) -> None:
        """Decide on the latest item of an alarm, which is due: deliver now, defer to a digest, or drop."""
        last, before = items[-1], items[:-1]
        informed = _informed_before_last(items, targets)
        if last.kind is NotificationKind.CLEARED and _undelivered_raises(recent := _after_settled_episodes(items))[1]:
            informed = _informed_before_last(recent, targets)
        deferred = [item for item in before if item.digest and not item.is_done]
        if deferred and last.kind not in ACTIONABLE | {NotificationKind.WITHDRAWN}:
            # A digest with both shows the beginning and the end.
            last.digest, last.due_at = deferred[-1].digest, deferred[-1].due_at
            changes[last.id] = last.as_dict()
            return
        first_message, occurrences = (
            (last.first_message, last.occurrences) if informed is None else _undelivered_raises(items)
        )
        is_needed = last.is_actionable or occurrences > 0 or informed != NO_TARGETS
        deferral = defer(last) if is_needed and last.kind is not NotificationKind.WITHDRAWN else None
        if deferral and deferred:
            if last.kind is NotificationKind.REPEATED and deferred[-1].is_actionable:
                changes |= self._drop(items, [last])
                return
        else:
            retried = [item.attempts for item in before if not item.is_done]
            last.attempts = max([last.attempts, *retried]) if occurrences else last.attempts
            last.informed, last.occurrences = informed, occurrences
            last.first_message = None if first_message is last.message else first_message
            changes |= self._drop(items, before)
        if deferral:
            last.digest, last.due_at = deferral
        if not is_needed:
            last.is_done, last.message = True, {}
        if last.is_done and last.is_last:
            changes |= self._drop(items, [last])
        elif deferral or before or not is_needed:
            changes[last.id] = last.as_dict()

    def _drop(self, items: list[QueuedNotification], dropped: Iterable[QueuedNotification]) -> Changes:
        changes: Changes = {}
        for item in list(dropped):
            items.remove(item)
            changes[item.id] = None
            if not items:
                del self._groups[item.group][item.key]
                if not self._groups[item.group]:
                    del self._groups[item.group]
        return changes


def _is_due(item: QueuedNotification, now: float) -> bool:
    """Return whether an item is due; a clock that was set back must not delay it."""
    return not now < item.due_at <= now + _LONGEST_S[item.digest]


def _informed_before_last(items: Sequence[QueuedNotification], targets: frozenset[str]) -> Informed:
    """Return the targets informed of the alarm before the last item."""
    informed = items[0].informed
    for item, later in pairwise(items):
        informed = _informed_after(informed, item, targets, later)
    return informed


def _informed_after(
    informed: Informed, item: QueuedNotification, targets: frozenset[str], later: QueuedNotification | None = None
) -> Informed:
    """Return the targets informed of the alarm after an item, for a ``later`` one."""
    if item.is_done:
        return NO_TARGETS if _ends_episode(item, later) else item.informed
    if _ends_episode(item, later):
        return (targets if informed is None else informed) - item.delivered_to
    if not (item.is_actionable or item.occurrences) or (informed is None and item.delivered_to <= targets):
        return informed
    # Fallback targets are not part of the group, and have to be notified of the end all the same.
    known = (targets if informed is None else informed) | item.delivered_to
    return None if targets and known == targets else known


def _ends_episode(item: QueuedNotification, later: QueuedNotification | None) -> bool:
    """Return whether an item ends its episode; one that only awaits acknowledgement ends with the next episode."""
    is_ending = item.kind in {NotificationKind.CLEARED, NotificationKind.WITHDRAWN}
    return item.is_last or (is_ending and later is not None and later.episode != item.episode)


def _after_settled_episodes(items: Sequence[QueuedNotification]) -> Sequence[QueuedNotification]:
    """Return the items after the last episode whose acknowledgement or withdrawal came after its end.

    That happens to latching alarms only. The end was notified before, so it does not stand for the next beginning.
    """
    ends = (item.kind in _SETTLED and _ends_episode(item, later) for item, later in pairwise(items))
    return items[max((number for number, is_end in enumerate(ends, 1) if is_end), default=0) :]


def _undelivered_raises(items: Iterable[QueuedNotification]) -> tuple[Mapping[str, Any] | None, int]:
    """Return the message of the last beginning that not all targets got, and the number of such beginnings."""
    first_message: Mapping[str, Any] | None = None
    occurrences = 0
    for item in items:
        if item.is_done or item.kind in _SETTLED:
            first_message, occurrences = None, 0
        elif item.occurrences and (item.kind is NotificationKind.RAISED or not occurrences):
            first_message, occurrences = item.first_message or item.message, occurrences + item.occurrences
    return first_message, occurrences


def _targets_of(item: QueuedNotification, informed: Informed, targets: frozenset[str]) -> frozenset[str]:
    if item.is_actionable or informed is None:
        return targets - item.delivered_to
    return (targets | informed if item.occurrences else informed) - item.delivered_to


def _digest_deliveries(items: Sequence[QueuedNotification], targets: frozenset[str]) -> list[Delivery]:
    """Return the deliveries of an alarm in a digest; targets that get the beginning in it also get the end."""
    deliveries = []
    informed: Informed = None
    for item, later in zip_longest(items, items[1:]):
        informed = item.informed if item is items[0] or item.is_done else informed
        if not item.is_done:
            deliveries.append(Delivery(item, _targets_of(item, informed, targets)))
        if _ends_episode(item, later):
            informed = NO_TARGETS
        elif item.is_actionable:
            informed = None if informed is None else informed | targets
    return deliveries
