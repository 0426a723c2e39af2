"""Outbox of notifications: stores them, retries failed deliveries and falls back to other targets."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ...issues import NOTIFIER_FAILING, Issues
from ...parsing import parse_or_log
from ..engine.escalation import Notification, NotificationKind
from ..engine.instance import Instance
from ..engine.models import AlarmState
from ..engine.references import Moves
from ..runtime.store import Batch
from .delivery_log import async_delivery_records
from .delivery_policy import DeliveryPolicy, Digest
from .message import Message, alarm_texts, raised_and_cleared
from .notifier import DeliveryError, Notifier
from .queue import (
    Changes,
    Delivery,
    NotificationQueue,
    Review,
    covered_by_fallback,
    deferral_by,
    grouped_by_targets,
)
from .queued_notification import QueuedNotification, moved_target
from .retry_policy import RETRIES, is_exhausted, retry_delay_s

# Undelivered ends of alarms, and all notifications for a removed group, are dropped after this time.
KEEP_CLEARED_S = 24 * 3600.0
# Longer waits would last too long when the machine sleeps meanwhile.
MAX_WAIT_S = 60.0

type Render = Callable[[Notification], Message | None]
type Items = Sequence[QueuedNotification]


class Outbox:
    """Delivers queued notifications: in order within a group, groups independently of each other."""

    def __init__(
        self,
        hass: HomeAssistant,
        notifier: Notifier,
        policy: DeliveryPolicy,
        write: Callable[[Batch], asyncio.Future[None] | None],
        render: Render,
        issues: Issues,
    ) -> None:
        """Take ``render``, which returns None for an unknown alarm; ``write`` returns None while the disk fails.

        Times are the system's: quiet hours follow the clock on the wall, also after it was set or the machine slept.
        """
        self._hass = hass
        self._notifier = notifier
        self.policy = policy
        self._write = write
        self._last_write: asyncio.Future[None] | None = None
        self._render = render
        self._issues = issues
        # From the time, so that new ids are unused even while the store cannot be read.
        self.queue = NotificationQueue(last_id=int(_now() * 1000))
        self._unwritten: list[QueuedNotification] = []
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        # Targets that failed despite all retries.
        self._failing: dict[str, set[str]] = {}
        self._is_stopped = False

    @callback
    def async_load(self, stored: Mapping[int, Mapping[str, Any]]) -> None:
        """Load undelivered items from the store, at the start or when the store becomes readable."""
        now = dt_util.now()
        loaded = list(self.queue)
        for number, data in stored.items():
            parse = partial(QueuedNotification.from_dict, number, data)
            if (item := parse_or_log("A stored notification", parse)) is None:
                continue
            if item.digest:
                # The quiet hours may have changed.
                item.due_at = min(item.due_at, self.policy.quiet_until(item.severity, now) or now.timestamp())
            elif item.attempts:
                item.due_at = now.timestamp()  # the target may work again
            loaded.append(item)
        self.queue = NotificationQueue(loaded, self.queue.last_id)
        self._async_start_all()

    async def async_stop(self) -> None:
        """Start no more deliveries, and wait for the running ones, so that these are recorded."""
        self._is_stopped = True
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @callback
    def async_add(self, notifications: Sequence[Notification], batch: Batch) -> None:
        """Add notifications to a batch; they are delivered when it has been written."""
        for notification in notifications:
            for group in notification.groups:
                if item := self._queue_item(notification, group):
                    self._unwritten.append(item)
                    batch.outbox[item.id] = item.as_dict()

    @callback
    def async_notify_new_targets(self, group: str, before: frozenset[str], instances: Iterable[Instance]) -> None:
        """Notify new targets of a group of the unacknowledged alarms; for the others they do not get the end.

        ``before`` are the former targets.
        """
        batch = Batch()
        queued = {(item.group, item.key) for item in self._unwritten if item.is_actionable}
        for instance in instances:
            alarm = instance.alarm
            notification = Notification(
                kind=NotificationKind.RAISED,
                key=alarm.key,
                episode=alarm.episode,
                groups=(group,),
                severity=alarm.severity,
                at=alarm.raised_at or _now(),
            )
            item = self._queue_item(notification, group)
            if item is None or (group, alarm.key) in queued:
                continue
            item.informed, item.is_done = before, alarm.state is not AlarmState.UNACKNOWLEDGED
            if not item.is_done:
                item.delivered_to = before
            changes = self.queue.add_targets(item, before)
            if changes is None:
                self._unwritten.append(item)
                changes = {item.id: item.as_dict()}
            batch.outbox |= changes
        self._write(batch)

    def _queue_item(self, notification: Notification, group: str) -> QueuedNotification | None:
        """Return the item of a notification for a group, None when its alarm is unknown."""
        if (message := self._render(notification)) is None:
            return None
        number, content = self.queue.next_id(), message.as_dict()
        return QueuedNotification.from_notification(notification, group, number=number, message=content, due_at=_now())

    @callback
    def async_deliver(self, written: Batch | None = None) -> None:
        """Deliver the due items; ``written`` is the batch that was stored, all batches if it is not given."""
        unwritten = []
        for item in self._unwritten:
            if written is None or item.id in written.outbox:
                self.queue.add(item)
            else:
                unwritten.append(item)
        self._unwritten = unwritten
        self._async_start_all()

    @callback
    def async_move(self, moves: Moves, *, with_targets: bool = True) -> None:
        """Apply a rename of entities to the subjects of alarms, and ``with_targets`` to the targets."""
        for group, names in self._failing.items() if with_targets else ():
            self._failing[group] = {moved_target(name, moves) for name in names}
        move = QueuedNotification.move if with_targets else QueuedNotification.move_subject
        unwritten: Changes = {item.id: item.as_dict() for item in self._unwritten if move(item, moves)}
        self._save(unwritten | self.queue.move(moves, move))

    @callback
    def _async_start_all(self) -> None:
        for group in self.queue.groups:
            self._async_start_group(group)

    @callback
    def _async_start_group(self, group: str) -> None:
        """Start the deliveries of a group, or schedule them for when they are due."""
        if cancel := self._timers.pop(group, None):
            cancel()
        now = _now()
        self._update_quiet_ends(group)
        due = self.queue.due(group, now)
        if due is None or group in self._busy or self._is_stopped:
            return
        if due > now:
            wait_s = min(due - now, MAX_WAIT_S)
            self._timers[group] = async_call_later(self._hass, wait_s, partial(self._async_timer_fired, group))
            return
        self._busy.add(group)
        task = self._hass.async_create_task(self._async_run_group(group), f"iotbridge deliver {group}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _update_quiet_ends(self, group: str) -> None:
        """Update the end of quiet hours for which items are deferred: the clock may have been set."""
        now = dt_util.now()
        for item in self.queue.waiting(group):
            if item.digest is Digest.QUIET and not item.attempts:
                item.due_at = min(item.due_at, self.policy.quiet_until(item.severity, now) or now.timestamp())

    @callback
    def _async_timer_fired(self, group: str, _now: datetime) -> None:
        self._timers.pop(group, None)
        self._async_start_group(group)

    async def _async_run_group(self, group: str) -> None:
        is_done = False
        try:
            while not self._is_stopped:
                review = self._review(group)
                for delivery in review.single:
                    if self.queue.is_last(delivery.item) and not self._is_stopped:
                        await self._async_deliver_due(group, [delivery])
                if review.together:
                    await self._async_deliver_due(group, review.together)
                elif not review.single:
                    break
            is_done = True
        finally:
            self._busy.discard(group)
            if self._notifier.group(group) is None and not self.queue.waiting(group):
                self._set_failing(group, set(), "")
            if not is_done and not self._is_stopped:
                # Home Assistant logs an unexpected error; the group has to be retried all the same.
                self._timers[group] = async_call_later(self._hass, MAX_WAIT_S, partial(self._async_timer_fired, group))
        self._async_start_group(group)

    def _review(self, group: str) -> Review:
        now = dt_util.now()
        target_group = self._notifier.group(group)
        breaks_through = target_group is not None and target_group.breaks_through
        defer = deferral_by(self.policy, group, now, breaks_through=breaks_through)
        review = self.queue.review(group, now.timestamp(), defer, self._targets(group))
        self._save(review.changes)
        return review

    async def _async_deliver_due(self, group: str, deliveries: Sequence[Delivery]) -> None:
        """Deliver due items and record that; a target that has some of them already gets only the others."""
        retry_at: float | None = None
        for targets, items in grouped_by_targets(deliveries):
            if retry_at is None:
                retry_at = await self._async_send(group, items, targets)
                continue
            # An end must not be delivered before its beginning.
            for item in items:
                item.due_at = retry_at
            self._save({item.id: item.as_dict() for item in items})
        if self._last_write:
            # One write at a time: if Home Assistant is killed now, only these are delivered twice.
            await asyncio.wait({self._last_write})

    async def _async_send(self, group: str, items: Items, targets: frozenset[str]) -> float | None:
        """Send items to targets; return when to retry, None when there is nothing to retry."""
        target_group = self._notifier.group(group)
        names = targets & (target_group.targets.keys() | target_group.fallback.keys()) if target_group else targets
        if not names and (self._targets(group) or not any(item.is_actionable for item in items)):
            self._remove(items)  # the targets were removed from the group
            return None
        try:
            await self._async_send_to(group, items, names)
        except DeliveryError as error:
            _mark_delivered(items, names - error.failed.keys() if names else names)
            return await self._async_schedule_retry(group, items, error)
        _mark_delivered(items, names)
        self._remove(items)
        self._async_mark_working(group, names)
        return None

    async def _async_send_to(self, group: str, items: Items, names: frozenset[str]) -> None:
        """Send to each target what it does not have yet; raise DeliveryError when some failed."""
        by_novelty: dict[tuple[bool, ...], set[str]] = {} if names else {(False,) * len(items): set()}
        for name in sorted(names):
            by_novelty.setdefault(tuple(item.is_new_to(name) for item in items), set()).add(name)
        errors: list[DeliveryError] = []
        for are_new, recipients in by_novelty.items():
            try:
                await self._notifier.async_send(group, self._messages(items, are_new), only=recipients)
            except DeliveryError as error:
                errors.append(error)
        failure = errors[0].joined(errors[1:]) if errors else None
        records = async_delivery_records(self._hass, self._notifier.group(group), items, names, failure)
        self._write(Batch(deliveries=records))
        if failure:
            raise failure

    async def _async_schedule_retry(self, group: str, items: Items, error: DeliveryError) -> float | None:
        """Schedule a retry; after all retries notify the fallback and create a repair."""
        now = _now()
        if self._hass.state is CoreState.running:  # before that, targets may not be loaded yet
            for item in items:
                item.attempts += 1
        failing = self._failing.get(group, set())
        if failing & error.failed.keys() or any(is_exhausted(item.attempts) for item in items):
            self._set_failing(group, failing | error.failed.keys(), error.reasons)
            self._remove(await self._async_fall_back(group, items))
            for item in items:
                item.attempts = max(item.attempts, RETRIES)
        is_removed = self._notifier.group(group) is None
        waiting = [item for item in items if self.queue.is_waiting(item)]
        expired = [
            item for item in waiting if (is_removed or not item.is_actionable) and now - item.at > KEEP_CLEARED_S
        ]
        self._remove(expired)
        waiting = [item for item in waiting if self.queue.is_waiting(item)]
        retry_at = now + retry_delay_s(max((item.attempts for item in waiting), default=0))
        for item in waiting:
            item.due_at = retry_at
        self._save({item.id: item.as_dict() for item in waiting})
        return retry_at if waiting else None

    async def _async_fall_back(self, group: str, items: Items) -> Items:
        """Notify the fallback of a group; return the items that are done because a fallback target got them.

        Targets of the group that were informed of a beginning still get its end, as soon as they work again.
        """
        target_group, covered = self._notifier.group(group), covered_by_fallback(items)
        if target_group is None or not target_group.fallback or not covered:
            return ()
        names = frozenset(target_group.fallback)
        try:
            await self._async_send_to(group, covered, names)
        except DeliveryError as error:
            names -= error.failed.keys()
        _mark_delivered(covered, names)
        targets = self._targets(group)
        return [item for item in covered if not self.queue.has_recipients_left(item, targets)] if names else ()

    @callback
    def _async_mark_working(self, group: str, names: frozenset[str]) -> None:
        """Record that targets work; deliver the items that waited for them."""
        failing = self._failing.get(group)
        if failing is None or not failing & names:
            return
        self._set_failing(group, failing - names, "")
        if group not in self._failing:
            for item in self.queue.waiting(group):
                if item.attempts:
                    item.due_at = min(item.due_at, _now())

    def _set_failing(self, group: str, names: set[str], reasons: str) -> None:
        if names:
            self._failing[group] = names
        elif self._failing.pop(group, None) is None:
            return
        target_group = self._notifier.group(group)
        placeholders = {"name": target_group.title if target_group else group, "reasons": reasons} if names else {}
        if reasons or not names:
            self._issues.async_set(NOTIFIER_FAILING, group, bool(names), **placeholders)

    def _messages(self, items: Items, are_new: Sequence[bool]) -> list[Message]:
        """Return the messages of items; for a recipient to whom an end is new, the beginning comes first."""
        messages: list[Message] = []
        for item, is_new in zip(items, are_new, strict=True):
            if is_new and item.first_message:
                messages += [Message.from_dict(item.first_message)] * item.occurrences
            messages.append(self._message(item))
        if len(items) == 1 and len(messages) > 1:
            return [raised_and_cleared(alarm_texts(self._hass), messages)]
        return messages

    def _message(self, item: QueuedNotification) -> Message:
        """Return the message as of now; the stored one if the alarm is unknown by now."""
        notification = Notification(
            kind=item.kind,
            key=item.key,
            episode=item.episode,
            groups=(item.group,),
            severity=item.severity,
            at=item.at,
            sound=item.sound,
            is_last=item.is_last,
        )
        return self._render(notification) or Message.from_dict(item.message)

    def _targets(self, group: str) -> frozenset[str]:
        target_group = self._notifier.group(group)
        return frozenset(target_group.targets) if target_group else frozenset()

    def _remove(self, items: Items) -> None:
        changes: Changes = {}
        for item in items:
            changes |= self.queue.remove(item, self._targets(item.group))
        self._save(changes)

    def _save(self, changes: Changes) -> None:
        if changes:
            self._last_write = self._write(Batch(outbox=dict(changes)))


def _now() -> float:
    return dt_util.utcnow().timestamp()


def _mark_delivered(items: Items, names: frozenset[str]) -> None:
    for item in items:
        item.delivered_to |= names
