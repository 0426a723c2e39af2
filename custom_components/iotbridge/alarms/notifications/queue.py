"""What is still to be told, and to whom it still makes sense. Pure: the clock and the groups are the caller's.

Of one alarm and one group only the last news is told. Who knows of the alarm decides about its end: who heard of the
beginning is told that it is over, and who did not is told both together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, zip_longest
from typing import Any, NamedTuple

from ..engine.escalation import CALLS, Manner, News, Notice
from ..engine.models import AlarmKey, Severity
from ..engine.references import Moves, moved_key
from .delivery_policy import Digest, Hold

# Changed rows by id, as a batch for the store has them; None for those that are gone.
type Changes = dict[int, Mapping[str, Any] | None]
# None is: all of the group.
type Heard = frozenset[str] | None

_NOBODY: frozenset[str] = frozenset()
# The first that a group hears of an alarm; all other news go to groups that know, unless an earlier row says otherwise.
_FIRST = frozenset({News.RAISED, News.ESCALATED})
# After these nobody is to be told of the beginning any more: somebody knows, or wants it to be silent.
_SETTLED = frozenset({News.ACKNOWLEDGED, News.WITHDRAWN})
# Retries and storms take five minutes at most, and quiet hours a day: what waits for longer does so by another clock.
_LONGEST_S: Mapping[Digest | None, float] = {None: 300.0, Digest.STORM: 300.0, Digest.QUIET: 26 * 3600.0}


@dataclass(slots=True, kw_only=True, eq=False)
class Row:
    """One thing to tell to one group; a row of the store.

    ``heard`` are the targets that knew of the alarm before, ``sent`` those that got this row. A row that ``is_done`` is
    only kept because not all of the group heard the same. ``times`` is how often the alarm was raised since the others
    heard of it, ``began`` the message of the last of these beginnings where it is not this row's own.
    """

    id: int
    group: str
    news: News
    key: AlarmKey
    episode: int
    severity: Severity
    at: float
    due_at: float
    message: Mapping[str, Any]
    attempts: int = 0
    digest: Digest | None = None
    heard: Heard = None
    sent: frozenset[str] = _NOBODY
    is_done: bool = False
    manner: Manner = Manner.ALOUD
    is_last: bool = False
    began: Mapping[str, Any] | None = None
    times: int = 0

    @classmethod
    def of(cls, notice: Notice, group: str, *, number: int, message: Mapping[str, Any], due_at: float) -> Row:
        """Return a notice as a row of one of its groups."""
        return cls(
            id=number,
            group=group,
            news=notice.news,
            key=notice.key,
            episode=notice.episode,
            severity=notice.severity,
            at=notice.at,
            due_at=due_at,
            message=message,
            heard=heard_before(notice.news),
            manner=notice.manner,
            is_last=notice.is_last,
            times=int(notice.news in CALLS),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        data = {name: getattr(self, name) for name in self.__slots__ if name != "id"}
        return data | {
            "key": list(self.key),
            "severity": int(self.severity),
            "heard": None if self.heard is None else sorted(self.heard),
            "sent": sorted(self.sent),
        }

    @classmethod
    def from_dict(cls, number: int, data: Mapping[str, Any]) -> Row:
        """Read what ``as_dict`` wrote."""
        given = dict(data)
        return cls(
            **given
            | {
                "id": number,
                "news": News(given["news"]),
                "key": AlarmKey(*given["key"]),
                "severity": Severity(given["severity"]),
                "digest": Digest(given["digest"]) if given["digest"] else None,
                "heard": None if given["heard"] is None else frozenset(given["heard"]),
                "sent": frozenset(given["sent"]),
                "manner": Manner(given.get("manner", Manner.ALOUD)),
            }
        )

    def move(self, moves: Moves) -> bool:
        """Follow a rename of entities, of the alarm's own and of targets; return whether the row is another now."""
        before = self.heard, self.sent
        self.heard = None if self.heard is None else _moved_names(self.heard, moves)
        self.sent = _moved_names(self.sent, moves)
        return self.move_subject(moves) or (self.heard, self.sent) != before

    def move_subject(self, moves: Moves) -> bool:
        """Follow a rename of the alarm's own entity alone; return whether the row is another now."""
        before = self.key, self.message, self.began
        self.key = moved_key(self.key, moves)
        self.message = _moved_message(self.message, moves)
        self.began = None if self.began is None else _moved_message(self.began, moves)
        return (self.key, self.message, self.began) != before

    @property
    def is_call(self) -> bool:
        """Tell whether it calls for somebody."""
        return self.news in CALLS

    def is_new_to(self, name: str) -> bool:
        """Tell whether a target is told of an end without having heard of the beginning."""
        return bool(self.times) and not self.is_call and self.heard is not None and name not in self.heard


def heard_before(news: News) -> Heard:
    """Return who knows of an alarm before a notice of it, as far as the notice itself tells."""
    return _NOBODY if news in _FIRST else None


class Delivery(NamedTuple):
    """A row that is due, and the targets that it goes to."""

    row: Row
    to: frozenset[str]


@dataclass(slots=True)
class Review:
    """What came out of looking at a group: what is to be sent, and what changed in the store."""

    single: list[Delivery] = field(default_factory=list)
    together: list[Delivery] = field(default_factory=list)
    changes: Changes = field(default_factory=dict)


def parts(deliveries: Sequence[Delivery]) -> list[tuple[frozenset[str], list[Row]]]:
    """Return what goes to the same targets together; of one alarm nothing before what happened before it."""
    found: list[tuple[frozenset[str], list[Row]]] = []
    latest: dict[AlarmKey, int] = {}
    for row, to in deliveries:
        begin = latest.get(row.key, 0)
        place = next((n for n in range(begin, len(found)) if found[n][0] == to), len(found))
        if place == len(found):
            found.append((to, []))
        found[place][1].append(row)
        latest[row.key] = place
    return found


class Pending:
    """The rows, by group and alarm, in the order in which they came."""

    def __init__(self, rows: Iterable[Row] = (), last_id: int = 0) -> None:
        """Begin with what is in the store; new rows get numbers after its own and after ``last_id``."""
        self._groups: dict[str, dict[AlarmKey, list[Row]]] = {}
        self.last_id = last_id
        for row in sorted(rows, key=lambda row: row.id):
            self.last_id = max(self.last_id, row.id)
            self.add(row)

    def next_id(self) -> int:
        """Return a number that no row of the store has."""
        self.last_id += 1
        return self.last_id

    def __iter__(self) -> Iterator[Row]:
        """Go through all rows."""
        return (row for alarms in self._groups.values() for rows in alarms.values() for row in rows)

    def add(self, row: Row) -> None:
        """Put a row after those that are there."""
        self._groups.setdefault(row.group, {}).setdefault(row.key, []).append(row)

    def move(self, moves: Moves, move: Callable[[Row, Moves], bool]) -> Changes:
        """Follow a rename of entities by ``move`` of each row; return what changed in the store."""
        changed = [row for rows in self._groups.values() for row in chain(*rows.values()) if move(row, moves)]
        for group, rows in self._groups.items():
            self._groups[group] = {moved_key(key, moves): waiting for key, waiting in rows.items()}
        return {row.id: row.as_dict() for row in changed}

    def introduce(self, row: Row, before: frozenset[str]) -> Changes | None:
        """Return what changes because a group has new targets, to whom ``row`` tells an alarm; None when it does.

        ``before`` are the targets that heard of the alarm.
        """
        rows = self._groups.get(row.group, {}).get(row.key)
        if rows and not rows[-1].is_done:
            if rows[-1].is_call or rows[0].heard is not None:
                return {}  # it goes to the whole group, or only to those who know
            rows[0].heard = before
            return {rows[0].id: rows[0].as_dict()}
        return {} if rows and row.is_done else None

    @property
    def groups(self) -> list[str]:
        """Return the groups for which there is anything."""
        return list(self._groups)

    def waiting(self, group: str) -> list[Row]:
        """Return what is still to be told to a group."""
        return [row for rows in self._groups.get(group, {}).values() for row in rows if not row.is_done]

    def is_last(self, row: Row) -> bool:
        """Tell whether a row is still the last news of its alarm."""
        rows = self._groups.get(row.group, {}).get(row.key)
        return rows is not None and rows[-1] is row

    def is_waiting(self, row: Row) -> bool:
        """Tell whether a row is still to be told."""
        return not row.is_done and row in self._groups.get(row.group, {}).get(row.key, ())

    def is_owed(self, row: Row, everyone: frozenset[str]) -> bool:
        """Tell whether targets that know of an alarm have still to hear that nobody is called any more."""
        rows = self._groups[row.group][row.key]
        heard = _known(rows[: rows.index(row) + 1], everyone)
        return not row.is_call and not (everyone if heard is None else heard) <= row.sent

    def due(self, group: str, now: float) -> float | None:
        """Return when a group is to be looked at."""
        last = [rows[-1] for rows in self._groups.get(group, {}).values() if not rows[-1].is_done]
        return min((now if _is_due(row, now) else row.due_at for row in last), default=None)

    def review(self, group: str, now: float, hold: Callable[[Row], Hold | None], everyone: frozenset[str]) -> Review:
        """Return what is due for a group, and drop what is of no use any more. ``everyone`` are its targets."""
        review = Review()
        for rows in list(self._groups.get(group, {}).values()):
            last = rows[-1]
            if last.is_done or not _is_due(last, now):
                continue
            if last.digest is None:
                self._place(rows, hold, everyone, review.changes)
            if rows and rows[-1].digest is not None:
                review.together += _lines(rows, everyone) if _is_due(rows[-1], now) else []
            elif not last.is_done:
                review.single.append(Delivery(last, _recipients(last, last.heard, everyone)))
        review.single.sort(key=lambda delivery: (-delivery.row.severity, delivery.row.id))
        return review

    def finish(self, row: Row, everyone: frozenset[str]) -> Changes:
        """Note that nobody is to be told this row any more; return what changed in the store.

        Where not all of the group know the same, who does is kept for the next news.
        """
        rows = self._groups[row.group][row.key]
        place = rows.index(row)
        is_latest = row is rows[-1]
        known = _known(rows[: place + 1 if is_latest else place + 2], everyone)
        after = _after(known, row, everyone) if is_latest else known
        changes = self._drop(rows, rows[:place])
        if len(rows) > 1:
            rows[1].heard = after
            changes[rows[1].id] = rows[1].as_dict()
        elif after is not None and not row.is_last:
            row.is_done, row.heard, row.sent, row.message = True, after, _NOBODY, {}
            return changes | {row.id: row.as_dict()}
        return changes | self._drop(rows, [row])

    def _place(
        self, rows: list[Row], hold: Callable[[Row], Hold | None], everyone: frozenset[str], changes: Changes
    ) -> None:
        """Decide about the last news of an alarm, which is due: now, in a digest, or not at all."""
        last, before = rows[-1], rows[:-1]
        heard = _known(rows, everyone)
        held = [row for row in before if row.digest and not row.is_done]
        if held and last.news not in CALLS | {News.WITHDRAWN}:
            # Who is told of both together sees how it began and how it ended.
            last.digest, last.due_at = held[-1].digest, held[-1].due_at
            changes[last.id] = last.as_dict()
            return
        began, times = (last.began, last.times) if heard is None else _untold(rows)
        is_told = last.is_call or times > 0 or heard != _NOBODY
        wait = hold(last) if is_told and last.news is not News.WITHDRAWN else None
        if wait and held:
            if last.news is News.REPEATED and held[-1].is_call:
                changes |= self._drop(rows, [last])
                return
        else:
            retried = [row.attempts for row in before if not row.is_done]
            last.attempts = max([last.attempts, *retried]) if times else last.attempts
            last.heard, last.times = heard, times
            last.began = None if began is last.message else began
            changes |= self._drop(rows, before)
        if wait:
            last.digest, last.due_at = wait
        if not is_told:
            last.is_done, last.message = True, {}
        if last.is_done and last.is_last:
            changes |= self._drop(rows, [last])
        elif wait or before or not is_told:
            changes[last.id] = last.as_dict()

    def _drop(self, rows: list[Row], dropped: Iterable[Row]) -> Changes:
        changes: Changes = {}
        for row in list(dropped):
            rows.remove(row)
            changes[row.id] = None
            if not rows:
                del self._groups[row.group][row.key]
                if not self._groups[row.group]:
                    del self._groups[row.group]
        return changes


def moved_name(name: str, moves: Moves) -> str:
    """Return the name of a target after a rename of entities; the second of the same name has its number."""
    entity_id, number, count = name.partition("#")
    return f"{moves.get(entity_id, entity_id)}{number}{count}"


def _moved_names(names: Iterable[str], moves: Moves) -> frozenset[str]:
    return frozenset(moved_name(name, moves) for name in names)


def _moved_message(message: Mapping[str, Any], moves: Moves) -> Mapping[str, Any]:
    entity_id = message.get("entity_id", "")
    return {**message, "entity_id": moves[entity_id]} if entity_id in moves else message


def _is_due(row: Row, now: float) -> bool:
    """Tell whether a row's time has come. A clock that was set back must not make anything wait for longer."""
    return not now < row.due_at <= now + _LONGEST_S[row.digest]


def _known(rows: Sequence[Row], everyone: frozenset[str]) -> Heard:
    """Return who knows of the alarm before the last of some rows."""
    heard = rows[0].heard
    for row, later in pairwise(rows):
        heard = _after(heard, row, everyone, later)
    return heard


def _after(heard: Heard, row: Row, everyone: frozenset[str], later: Row | None = None) -> Heard:
    """Return who knows of the alarm after those that got a row have read it, for a ``later`` one."""
    if row.is_done:
        return _NOBODY if _is_over(row, later) else row.heard
    if _is_over(row, later):
        return (everyone if heard is None else heard) - row.sent
    if not (row.is_call or row.times) or (heard is None and row.sent <= everyone):
        return heard
    # Who stands in for the group is not of it, and has to hear of the end all the same.
    known = (everyone if heard is None else heard) | row.sent
    return None if everyone and known == everyone else known


def _is_over(row: Row, later: Row | None) -> bool:
    """Tell whether nothing is left to say after a row: what was only to be acknowledged is over when it comes again."""
    is_quiet = row.news in {News.CLEARED, News.WITHDRAWN}
    return row.is_last or (is_quiet and later is not None and later.episode != row.episode)


def _untold(rows: Iterable[Row]) -> tuple[Mapping[str, Any] | None, int]:
    """Return the last beginning that was not told to all, and how many there were; no more than the rows know."""
    began: Mapping[str, Any] | None = None
    times = 0
    for row in rows:
        if row.is_done or row.news in _SETTLED:
            began, times = None, 0
        elif row.times and (row.news is News.RAISED or not times):
            began, times = row.began or row.message, times + row.times
    return began, times


def _recipients(row: Row, heard: Heard, everyone: frozenset[str]) -> frozenset[str]:
    if row.is_call or heard is None:
        return everyone - row.sent
    return (everyone | heard if row.times else heard) - row.sent


def _lines(rows: Sequence[Row], everyone: frozenset[str]) -> list[Delivery]:
    """Return what a digest says of an alarm: the end goes also to those who learn of the beginning in it."""
    deliveries = []
    heard: Heard = None
    for row, later in zip_longest(rows, rows[1:]):
        heard = row.heard if row is rows[0] or row.is_done else heard
        if not row.is_done:
            deliveries.append(Delivery(row, _recipients(row, heard, everyone)))
        if _is_over(row, later):
            heard = _NOBODY
        elif row.is_call:
            heard = None if heard is None else heard | everyone
    return deliveries
