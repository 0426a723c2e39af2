"""Queue of notifications by group; it drops superseded ones. Pure: the clock and the groups are the caller's.

A group gets only the latest notification of an alarm. Targets that were informed of its beginning are notified of the
end; the others get both in one notification.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, zip_longest
from typing import Any, NamedTuple

from ..engine.escalation import ACTIONABLE, NotificationKind
from ..engine.models import AlarmKey
from ..engine.references import Moves, moved_key
from .delivery_policy import Deferral, Digest
from .queued_notification import NOBODY, Informed, QueuedNotification

# Changed rows by id, as a batch for the store has them; None for those that are gone.
type Changes = dict[int, Mapping[str, Any] | None]
# After these the beginning is not notified any more: the alarm is acknowledged or suppressed.
_SETTLED = frozenset({NotificationKind.ACKNOWLEDGED, NotificationKind.WITHDRAWN})
# Retries and storms take five minutes at most, and quiet hours a day: what waits for longer does so by another clock.
_LONGEST_S: Mapping[Digest | None, float] = {None: 300.0, Digest.STORM: 300.0, Digest.QUIET: 26 * 3600.0}


class Delivery(NamedTuple):
    """A row that is due, and the targets that it goes to."""

    row: QueuedNotification
    to: frozenset[str]


@dataclass(slots=True)
class Review:
    """Result of the review of a group: the deliveries, single and together, and the changes for the store."""

    single: list[Delivery] = field(default_factory=list)
    together: list[Delivery] = field(default_factory=list)
    changes: Changes = field(default_factory=dict)


def parts(deliveries: Sequence[Delivery]) -> list[tuple[frozenset[str], list[QueuedNotification]]]:
    """Return what goes to the same targets together; of one alarm nothing before what happened before it."""
    found: list[tuple[frozenset[str], list[QueuedNotification]]] = []
    latest: dict[AlarmKey, int] = {}
    for row, to in deliveries:
        begin = latest.get(row.key, 0)
        place = next((n for n in range(begin, len(found)) if found[n][0] == to), len(found))
        if place == len(found):
            found.append((to, []))
        found[place][1].append(row)
        latest[row.key] = place
    return found


class NotificationQueue:
    """The rows, by group and alarm, in the order in which they came."""

    def __init__(self, rows: Iterable[QueuedNotification] = (), last_id: int = 0) -> None:
        """Begin with what is in the store; new rows get numbers after its own and after ``last_id``."""
        self._groups: dict[str, dict[AlarmKey, list[QueuedNotification]]] = {}
        self.last_id = last_id
        for row in sorted(rows, key=lambda row: row.id):
            self.last_id = max(self.last_id, row.id)
            self.add(row)

    def next_id(self) -> int:
        """Return a number that no row of the store has."""
        self.last_id += 1
        return self.last_id

    def __iter__(self) -> Iterator[QueuedNotification]:
        """Go through all rows."""
        return (row for alarms in self._groups.values() for rows in alarms.values() for row in rows)

    def add(self, row: QueuedNotification) -> None:
        """Put a row after those that are there."""
        self._groups.setdefault(row.group, {}).setdefault(row.key, []).append(row)

    def move(self, moves: Moves, move: Callable[[QueuedNotification, Moves], bool]) -> Changes:
        """Follow a rename of entities by ``move`` of each row; return what changed in the store."""
        changed = [row for rows in self._groups.values() for row in chain(*rows.values()) if move(row, moves)]
        for group, rows in self._groups.items():
            self._groups[group] = {moved_key(key, moves): waiting for key, waiting in rows.items()}
        return {row.id: row.as_dict() for row in changed}

    def introduce(self, row: QueuedNotification, before: frozenset[str]) -> Changes | None:
        """Return what changes because a group has new targets, to whom ``row`` tells an alarm; None when it does.

        ``before`` are the targets that heard of the alarm.
        """
        rows = self._groups.get(row.group, {}).get(row.key)
        if rows and not rows[-1].is_done:
            if rows[-1].is_call or rows[0].informed is not None:
                return {}  # it goes to the whole group, or only to those who know
            rows[0].informed = before
            return {rows[0].id: rows[0].as_dict()}
        return {} if rows and row.is_done else None

    @property
    def groups(self) -> list[str]:
        """Return the groups for which there is anything."""
        return list(self._groups)

    def waiting(self, group: str) -> list[QueuedNotification]:
        """Return what is still to be told to a group."""
        return [row for rows in self._groups.get(group, {}).values() for row in rows if not row.is_done]

    def is_last(self, row: QueuedNotification) -> bool:
        """Return whether a row is still the last news of its alarm."""
        rows = self._groups.get(row.group, {}).get(row.key)
        return rows is not None and rows[-1] is row

    def is_waiting(self, row: QueuedNotification) -> bool:
        """Return whether a row is still to be told."""
        return not row.is_done and row in self._groups.get(row.group, {}).get(row.key, ())

    def is_owed(self, row: QueuedNotification, everyone: frozenset[str]) -> bool:
        """Return whether targets that know of an alarm have still to hear that nobody is called any more."""
        rows = self._groups[row.group][row.key]
        heard = _informed_before_last(rows[: rows.index(row) + 1], everyone)
        return not row.is_call and not (everyone if heard is None else heard) <= row.delivered_to

    def due(self, group: str, now: float) -> float | None:
        """Return when a group is to be looked at."""
        last = [rows[-1] for rows in self._groups.get(group, {}).values() if not rows[-1].is_done]
        return min((now if _is_due(row, now) else row.due_at for row in last), default=None)

    def review(
        self, group: str, now: float, hold: Callable[[QueuedNotification], Deferral | None], everyone: frozenset[str]
    ) -> Review:
        """Return what is due for a group, and drop what is of no use any more. ``everyone`` are its targets."""
        review = Review()
        for rows in list(self._groups.get(group, {}).values()):
            last = rows[-1]
            if last.is_done or not _is_due(last, now):
                continue
            if last.digest is None:
                self._place(rows, hold, everyone, review.changes)
            if rows and rows[-1].digest is not None:
                review.together += _digest_deliveries(rows, everyone) if _is_due(rows[-1], now) else []
            elif not last.is_done:
                review.single.append(Delivery(last, _recipients(last, last.informed, everyone)))
        review.single.sort(key=lambda delivery: (-delivery.row.severity, delivery.row.id))
        return review

    def finish(self, row: QueuedNotification, everyone: frozenset[str]) -> Changes:
        """Note that nobody is to be told this row any more; return what changed in the store.

        Where not all of the group know the same, who does is kept for the next news.
        """
        rows = self._groups[row.group][row.key]
        place = rows.index(row)
        is_latest = row is rows[-1]
        known = _informed_before_last(rows[: place + 1 if is_latest else place + 2], everyone)
        after = _informed_after(known, row, everyone) if is_latest else known
        changes = self._drop(rows, rows[:place])
        if len(rows) > 1:
            rows[1].informed = after
            changes[rows[1].id] = rows[1].as_dict()
        elif after is not None and not row.is_last:
            row.is_done, row.informed, row.delivered_to, row.message = True, after, NOBODY, {}
            return changes | {row.id: row.as_dict()}
        return changes | self._drop(rows, [row])

    def _place(
        self,
        rows: list[QueuedNotification],
        hold: Callable[[QueuedNotification], Deferral | None],
        everyone: frozenset[str],
        changes: Changes,
    ) -> None:
        """Decide about the last news of an alarm, which is due: now, in a digest, or not at all."""
        last, before = rows[-1], rows[:-1]
        heard = _informed_before_last(rows, everyone)
        held = [row for row in before if row.digest and not row.is_done]
        if held and last.kind not in ACTIONABLE | {NotificationKind.WITHDRAWN}:
            # Who is told of both together sees how it began and how it ended.
            last.digest, last.due_at = held[-1].digest, held[-1].due_at
            changes[last.id] = last.as_dict()
            return
        began, times = (last.first_message, last.occurrences) if heard is None else _undelivered_raises(rows)
        is_told = last.is_call or times > 0 or heard != NOBODY
        wait = hold(last) if is_told and last.kind is not NotificationKind.WITHDRAWN else None
        if wait and held:
            if last.kind is NotificationKind.REPEATED and held[-1].is_call:
                changes |= self._drop(rows, [last])
                return
        else:
            retried = [row.attempts for row in before if not row.is_done]
            last.attempts = max([last.attempts, *retried]) if times else last.attempts
            last.informed, last.occurrences = heard, times
            last.first_message = None if began is last.message else began
            changes |= self._drop(rows, before)
        if wait:
            last.digest, last.due_at = wait
        if not is_told:
            last.is_done, last.message = True, {}
        if last.is_done and last.is_last:
            changes |= self._drop(rows, [last])
        elif wait or before or not is_told:
            changes[last.id] = last.as_dict()

    def _drop(self, rows: list[QueuedNotification], dropped: Iterable[QueuedNotification]) -> Changes:
        changes: Changes = {}
        for row in list(dropped):
            rows.remove(row)
            changes[row.id] = None
            if not rows:
                del self._groups[row.group][row.key]
                if not self._groups[row.group]:
                    del self._groups[row.group]
        return changes


def _is_due(row: QueuedNotification, now: float) -> bool:
    """Return whether a row's time has come. A clock that was set back must not make anything wait for longer."""
    return not now < row.due_at <= now + _LONGEST_S[row.digest]


def _informed_before_last(rows: Sequence[QueuedNotification], everyone: frozenset[str]) -> Informed:
    """Return who knows of the alarm before the last of some rows."""
    heard = rows[0].informed
    for row, later in pairwise(rows):
        heard = _informed_after(heard, row, everyone, later)
    return heard


def _informed_after(
    heard: Informed, row: QueuedNotification, everyone: frozenset[str], later: QueuedNotification | None = None
) -> Informed:
    """Return who knows of the alarm after those that got a row have read it, for a ``later`` one."""
    if row.is_done:
        return NOBODY if _is_over(row, later) else row.informed
    if _is_over(row, later):
        return (everyone if heard is None else heard) - row.delivered_to
    if not (row.is_call or row.occurrences) or (heard is None and row.delivered_to <= everyone):
        return heard
    # Who stands in for the group is not of it, and has to hear of the end all the same.
    known = (everyone if heard is None else heard) | row.delivered_to
    return None if everyone and known == everyone else known


def _is_over(row: QueuedNotification, later: QueuedNotification | None) -> bool:
    """Return whether a row ends its episode: one that only waits for an acknowledgement ends with the next episode."""
    is_quiet = row.kind in {NotificationKind.CLEARED, NotificationKind.WITHDRAWN}
    return row.is_last or (is_quiet and later is not None and later.episode != row.episode)


def _undelivered_raises(rows: Iterable[QueuedNotification]) -> tuple[Mapping[str, Any] | None, int]:
    """Return the last beginning that was not told to all, and how many there were; no more than the rows know."""
    began: Mapping[str, Any] | None = None
    times = 0
    for row in rows:
        if row.is_done or row.kind in _SETTLED:
            began, times = None, 0
        elif row.occurrences and (row.kind is NotificationKind.RAISED or not times):
            began, times = row.first_message or row.message, times + row.occurrences
    return began, times


def _recipients(row: QueuedNotification, heard: Informed, everyone: frozenset[str]) -> frozenset[str]:
    if row.is_call or heard is None:
        return everyone - row.delivered_to
    return (everyone | heard if row.occurrences else heard) - row.delivered_to


def _digest_deliveries(rows: Sequence[QueuedNotification], everyone: frozenset[str]) -> list[Delivery]:
    """Return what a digest says of an alarm: the end goes also to those who learn of the beginning in it."""
    deliveries = []
    heard: Informed = None
    for row, later in zip_longest(rows, rows[1:]):
        heard = row.informed if row is rows[0] or row.is_done else heard
        if not row.is_done:
            deliveries.append(Delivery(row, _recipients(row, heard, everyone)))
        if _is_over(row, later):
            heard = NOBODY
        elif row.is_call:
            heard = None if heard is None else heard | everyone
    return deliveries
