"""Outbox of notifications: keeps them in the store, retries failed deliveries and falls back to other targets."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ...issues import NOTIFIER_FAILING, Issues
from ..engine.escalation import Notification, NotificationKind
from ..engine.instance import Instance
from ..engine.models import AlarmKey, AlarmState
from ..engine.parsing import parse_or_log
from ..engine.references import Moves
from ..runtime.store import Batch
from .delivery_policy import Deferral, DeliveryPolicy, Digest
from .message import Message, alarm_texts, raised_and_cleared
from .notifier import DeliveryError, Notifier
from .queue import Changes, Delivery, NotificationQueue, Review, parts
from .queued_notification import QueuedNotification, moved_name

# How long to wait after each failure. Then the fallback is used, and all are tried after the last of these.
RETRY_S = (10.0, 60.0, 300.0)
# What could not be told for so long is of no use any more: the end of an alarm, and anything for a group that is gone.
KEEP_END_S = 24 * 3600.0
# A machine that slept must not wait for so much longer.
LOOK_S = 60.0

type Describe = Callable[[Notification], Message | None]


class Outbox:
    """Delivers queued notifications: in order within a group, groups independently of each other."""

    def __init__(
        self,
        hass: HomeAssistant,
        notifier: Notifier,
        policy: DeliveryPolicy,
        write: Callable[[Batch], asyncio.Future[None] | None],
        describe: Describe,
        issues: Issues,
    ) -> None:
        """Take ``describe``, which returns None for an unknown alarm; ``write`` returns None if there is no file.

        The clock is the system's: quiet hours are those of the people, also after it was set or the machine slept.
        """
        self._hass = hass
        self._notifier = notifier
        self._policy = policy
        self._write = write
        self._noted: asyncio.Future[None] | None = None
        self._describe = describe
        self._issues = issues
        # By the time: also where it is not known which numbers the store has, no new one is among them.
        self._pending = NotificationQueue(last_id=int(_now() * 1000))
        self._unwritten: list[QueuedNotification] = []
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        # The targets that did not work although they were tried again and again.
        self._failing: dict[str, set[str]] = {}
        self._is_stopped = False

    # ------------------------------------------------------------------ life

    @callback
    def async_load(self, rows: Mapping[int, Mapping[str, Any]]) -> None:
        """Deliver what was not delivered before Home Assistant stopped, also when the store is read late."""
        now = dt_util.now()
        loaded = list(self._pending)
        for number, data in rows.items():
            read = partial(QueuedNotification.from_dict, number, data)
            if (row := parse_or_log("What was to be told", read)) is None:
                continue
            if row.digest:
                # The quiet hours may be others now.
                row.due_at = min(row.due_at, self._policy.quiet_until(row.severity, now) or now.timestamp())
            elif row.attempts:
                row.due_at = now.timestamp()  # it may work again
            loaded.append(row)
        self._pending = NotificationQueue(loaded, self._pending.last_id)
        self._async_look()

    async def async_stop(self) -> None:
        """Begin nothing more, and wait for what is being told: it must be noted that it was."""
        self._is_stopped = True
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @callback
    def async_add(self, notices: Sequence[Notification], batch: Batch) -> None:
        """Put notices into a batch; they are told when it was written."""
        for notice in notices:
            for group in notice.groups:
                if row := self._row(notice, group):
                    self._unwritten.append(row)
                    batch.outbox[row.id] = row.as_dict()

    @callback
    def async_introduce(self, group: str, before: frozenset[str], instances: Iterable[Instance]) -> None:
        """Notify new targets of a group of the alarms that are unacknowledged now; not of the end of others.

        ``before`` are the targets that it had.
        """
        batch = Batch()
        for instance in instances:
            alarm = instance.alarm
            notice = Notification(
                kind=NotificationKind.RAISED,
                key=alarm.key,
                episode=alarm.episode,
                groups=(group,),
                severity=alarm.severity,
                at=alarm.raised_at or _now(),
            )
            row = self._row(notice, group)
            about = (group, alarm.key)
            if row is None or any(each.is_call and (each.group, each.key) == about for each in self._unwritten):
                continue
            row.informed, row.is_done = before, alarm.state is not AlarmState.UNACKNOWLEDGED
            if not row.is_done:
                row.delivered_to = before
            changes = self._pending.introduce(row, before)
            if changes is None:
                self._unwritten.append(row)
                changes = {row.id: row.as_dict()}
            batch.outbox |= changes
        self._write(batch)

    def _row(self, notice: Notification, group: str) -> QueuedNotification | None:
        """Return a notice as a row of a group, None when nothing is known of its alarm."""
        if (message := self._describe(notice)) is None:
            return None
        number = self._pending.next_id()
        return QueuedNotification.of(notice, group, number=number, message=message.as_dict(), due_at=_now())

    @callback
    def async_wake(self, written: Batch | None = None) -> None:
        """Deliver what is due. ``written`` is the batch that is safe now; all that was added if it is not given."""
        left = []
        for row in self._unwritten:
            if written is None or row.id in written.outbox:
                self._pending.add(row)
            else:
                left.append(row)
        self._unwritten = left
        self._async_look()

    @callback
    def async_move(self, moves: Moves, *, with_targets: bool = True) -> None:
        """Follow a rename of the entities that alarms are about, and ``with_targets`` of those that are told."""
        for group, names in self._failing.items() if with_targets else ():
            self._failing[group] = {moved_name(name, moves) for name in names}
        move = QueuedNotification.move if with_targets else QueuedNotification.move_subject
        unwritten: Changes = {row.id: row.as_dict() for row in self._unwritten if move(row, moves)}
        self._save(unwritten | self._pending.move(moves, move))

    # ------------------------------------------------------------------ when

    @callback
    def _async_look(self) -> None:
        for group in self._pending.groups:
            self._async_start(group)

    @callback
    def _async_start(self, group: str) -> None:
        """Begin to tell a group, or wait until there is something to tell."""
        if cancel := self._timers.pop(group, None):
            cancel()
        now = _now()
        self._follow_clock(group)
        due = self._pending.due(group, now)
        if due is None or group in self._busy or self._is_stopped:
            return
        if due > now:
            wait_s = min(due - now, LOOK_S)
            self._timers[group] = async_call_later(self._hass, wait_s, partial(self._async_timer, group))
            return
        self._busy.add(group)
        task = self._hass.async_create_task(self._async_work(group), f"iotbridge tell {group}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _follow_clock(self, group: str) -> None:
        """Let nothing wait for the end of quiet hours that are none any more since the clock was set."""
        now = dt_util.now()
        for row in self._pending.waiting(group):
            if row.digest is Digest.QUIET and not row.attempts:
                row.due_at = min(row.due_at, self._policy.quiet_until(row.severity, now) or now.timestamp())

    @callback
    def _async_timer(self, group: str, _now: datetime) -> None:
        self._timers.pop(group, None)
        self._async_start(group)

    async def _async_work(self, group: str) -> None:
        is_done = False
        try:
            while not self._is_stopped:
                review = self._review(group)
                for delivery in review.single:
                    if self._pending.is_last(delivery.row) and not self._is_stopped:
                        await self._async_tell(group, [delivery])
                if review.together:
                    await self._async_tell(group, review.together)
                elif not review.single:
                    break
            is_done = True
        finally:
            self._busy.discard(group)
            if self._notifier.group(group) is None and not self._pending.waiting(group):
                self._set_failing(group, set(), "")
            if not is_done and not self._is_stopped:
                # An error that nobody expects is logged by Home Assistant; the group must not be silent for ever.
                self._timers[group] = async_call_later(self._hass, LOOK_S, partial(self._async_timer, group))
        self._async_start(group)

    def _review(self, group: str) -> Review:
        now = dt_util.now()
        found = self._notifier.group(group)

        def hold(row: QueuedNotification) -> Deferral | None:
            return self._policy.hold(
                group,
                row.severity,
                now,
                breaks_through=found is not None and found.breaks_through,
                is_new=row.attempts == 0,
            )

        review = self._pending.review(group, now.timestamp(), hold, self._everyone(group))
        self._save(review.changes)
        return review

    # ------------------------------------------------------------------- how

    async def _async_tell(self, group: str, deliveries: Sequence[Delivery]) -> None:
        """Deliver due notifications and record it; a target that has some of them already gets only the others."""
        waits_until: float | None = None
        for to, rows in parts(deliveries):
            if waits_until is None:
                waits_until = await self._async_send(group, rows, to)
                continue
            # An end must not be told while its beginning could not be.
            for row in rows:
                row.due_at = waits_until
            self._save({row.id: row.as_dict() for row in rows})
        if self._noted:
            # One after the other: if Home Assistant is killed now, this is all that is told once more.
            await asyncio.wait({self._noted})

    async def _async_send(self, group: str, rows: Sequence[QueuedNotification], to: frozenset[str]) -> float | None:
        """Send some rows to some targets; return when to try again, None when there is nothing left to try."""
        found = self._notifier.group(group)
        names = to & (found.targets.keys() | found.fallback.keys()) if found else to
        if not names and (self._everyone(group) or not any(row.is_call for row in rows)):
            self._finish(rows)  # whom it concerned is not in the group any more
            return None
        try:
            await self._async_say(group, rows, names)
        except DeliveryError as error:
            _sent(rows, names - error.failed.keys() if names else names)
            return await self._async_failed(group, rows, error)
        _sent(rows, names)
        self._finish(rows)
        self._async_works(group, names)
        return None

    async def _async_say(self, group: str, rows: Sequence[QueuedNotification], names: frozenset[str]) -> None:
        """Deliver to each target what is new to it; raise DeliveryError when some did not take it."""
        by_news: dict[tuple[bool, ...], set[str]] = {} if names else {(False,) * len(rows): set()}
        for name in sorted(names):
            by_news.setdefault(tuple(row.is_new_to(name) for row in rows), set()).add(name)
        errors: list[DeliveryError] = []
        for news, those in by_news.items():
            try:
                await self._notifier.async_send(group, self._messages(rows, news), only=those)
            except DeliveryError as error:
                errors.append(error)
        if errors:
            raise errors[0].joined(errors[1:])

    async def _async_failed(self, group: str, rows: Sequence[QueuedNotification], error: DeliveryError) -> float | None:
        """Try again later. When that has been done, the fallback is told, and the user that something is wrong."""
        now = _now()
        if self._hass.state is CoreState.running:  # before that, who is to be told may not be there yet
            for row in rows:
                row.attempts += 1
        failing = self._failing.get(group, set())
        if failing & error.failed.keys() or any(row.attempts > len(RETRY_S) for row in rows):
            self._set_failing(group, failing | error.failed.keys(), error.reasons)
            self._finish(await self._async_fall_back(group, rows))
            for row in rows:
                row.attempts = max(row.attempts, len(RETRY_S))
        is_gone = self._notifier.group(group) is None
        left = [row for row in rows if self._pending.is_waiting(row)]
        self._finish([row for row in left if (is_gone or not row.is_call) and now - row.at > KEEP_END_S])
        left = [row for row in left if self._pending.is_waiting(row)]
        again = now + RETRY_S[min(max([1, *(row.attempts for row in left)]), len(RETRY_S)) - 1]
        for row in left:
            row.due_at = again
        self._save({row.id: row.as_dict() for row in left})
        return again if left else None

    async def _async_fall_back(self, group: str, rows: Sequence[QueuedNotification]) -> Sequence[QueuedNotification]:
        """Notify the fallback of a group; return the rows that are done because one of its targets got them.

        Whoever of the group heard of a beginning is told of its end, as soon as that works again.
        """
        found = self._notifier.group(group)
        begun: set[AlarmKey] = set()
        told: list[QueuedNotification] = []
        for row in rows:
            if row.key in begun or row.is_call or (row.occurrences and not row.informed):
                begun.add(row.key)
                told.append(row)
        if found is None or not found.fallback or not told:
            return ()
        names = frozenset(found.fallback)
        try:
            await self._async_say(group, told, names)
        except DeliveryError as error:
            names -= error.failed.keys()
        _sent(told, names)
        return [row for row in told if not self._pending.is_owed(row, self._everyone(group))] if names else ()

    @callback
    def _async_works(self, group: str, names: frozenset[str]) -> None:
        """Note that targets work; what waited for them to work again is told now."""
        failing = self._failing.get(group)
        if failing is None or not failing & names:
            return
        self._set_failing(group, failing - names, "")
        if group not in self._failing:
            for row in self._pending.waiting(group):
                if row.attempts:
                    row.due_at = min(row.due_at, _now())

    def _set_failing(self, group: str, names: set[str], reasons: str) -> None:
        if names:
            self._failing[group] = names
        elif self._failing.pop(group, None) is None:
            return
        found = self._notifier.group(group)
        told = {"name": found.title if found else group, "reasons": reasons} if names else {}
        if reasons or not names:
            self._issues.async_set(NOTIFIER_FAILING, group, bool(names), **told)

    def _messages(self, rows: Sequence[QueuedNotification], news: Sequence[bool]) -> list[Message]:
        """Return what to say of rows; before the end that is ``news`` to somebody comes how it began."""
        said: list[Message] = []
        for row, is_new in zip(rows, news, strict=True):
            began = [Message.from_dict(row.first_message)] * row.occurrences if is_new and row.first_message else []
            said += [*began, self._message(row)]
        return [raised_and_cleared(alarm_texts(self._hass), said)] if len(rows) == 1 and len(said) > 1 else said

    def _message(self, row: QueuedNotification) -> Message:
        """Return what to say now, or what was said when it happened if nothing is known of the alarm any more."""
        notice = Notification(
            kind=row.kind,
            key=row.key,
            episode=row.episode,
            groups=(row.group,),
            severity=row.severity,
            at=row.at,
            sound=row.sound,
            is_last=row.is_last,
        )
        return self._describe(notice) or Message.from_dict(row.message)

    def _everyone(self, group: str) -> frozenset[str]:
        found = self._notifier.group(group)
        return frozenset(found.targets) if found else frozenset()

    def _finish(self, rows: Sequence[QueuedNotification]) -> None:
        changes: Changes = {}
        for row in rows:
            changes |= self._pending.finish(row, self._everyone(row.group))
        self._save(changes)

    def _save(self, changes: Changes) -> None:
        if changes:
            self._noted = self._write(Batch(outbox=dict(changes)))


def _now() -> float:
    return dt_util.utcnow().timestamp()


def _sent(rows: Sequence[QueuedNotification], names: frozenset[str]) -> None:
    for row in rows:
        row.delivered_to |= names
