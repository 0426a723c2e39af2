"""All alarms at work: what happens to one is written down, told and shown from here, once and in order."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from homeassistant.core import CALLBACK_TYPE, HassJobType, HomeAssistant, callback
from homeassistant.util.logging import catch_log_exception

from ...const import LOGGER
from ..engine import escalation as tellings, lifecycle
from ..engine.clock import Clock
from ..engine.counts import Counts
from ..engine.escalation import Notification, NotificationKind
from ..engine.evaluation.snapshot import Reason
from ..engine.flapping import DEFAULT_PER_HOUR, FLAPPING
from ..engine.instance import Instance
from ..engine.models import Alarm, AlarmKey, Evaluation, Severity, Timing, Transition
from ..engine.references import Moves, moved_key, moved_reason
from ..engine.rule import Rule
from .database import Loaded
from .deadlines import DeadlineScheduler
from .store import AlarmStore, Batch, HistoryQuery
from .writer import Writer

type Listener = Callable[[Rule, Transition], None]


class NotificationSink(Protocol):
    """Sink that takes notifications and delivers them."""

    def async_add(self, notices: Sequence[Notification], batch: Batch) -> None:
        """Put notifications into a batch; they are sent when it was written."""

    def async_wake(self, written: Batch) -> None:
        """Send what is due of that which is written."""


class AlarmProcessor:
    """The alarms by key."""

    def __init__(self, hass: HomeAssistant, store: AlarmStore) -> None:
        """Prepare; ``async_open`` reads what is kept."""
        self._hass = hass
        self.writer = Writer(hass, store, self._take_dirty, self._async_wake)
        self._instances: dict[AlarmKey, Instance] = {}
        self._by_rule: defaultdict[str, dict[str, Instance]] = defaultdict(dict)
        self._clock = Clock()
        self._agenda = DeadlineScheduler(hass, self.now, self._async_tick)
        self._dirty: dict[AlarmKey, Instance] = {}
        self.counts = Counts()
        self._listeners: list[Callable[[Rule, Transition], Any]] = []
        self.outbox: NotificationSink | None = None
        # Puts the reason of an evaluation into words.
        self.explain: Callable[[Evaluation], str] | None = None
        self.flapping_per_hour = DEFAULT_PER_HOUR
        # Told by how many seconds the clock was set.
        self.on_clock: list[Callable[[float], None]] = []
        # Told of alarms that begin or cease to be bad, whether that is news or not.
        self.on_pending: Callable[[Instance], None] | None = None
        # Told of alarms that look different though nothing happened that is told.
        self.on_shown: list[Callable[[Instance], None]] = []

    async def async_open(self) -> Loaded:
        """Read what is kept."""
        return await self.writer.async_open()

    async def async_close(self) -> None:
        """Write what is still to be written, and let go of the file."""
        self._agenda.async_clear()
        self._dirty |= self._instances
        await self.writer.async_close()

    async def async_flush(self) -> None:
        """Write everything there is to write."""
        self._dirty |= self._instances
        await self.writer.async_flush()

    def now(self) -> float:
        """Return the time in seconds since 1970, by a clock that is only set by ``async_set_clock``."""
        return self._clock.now()

    @callback
    def async_after(self, seconds: float) -> float:
        """Return the time in so many seconds, for what ends at a time of the day."""
        self.async_set_clock()
        return self.now() + seconds

    @callback
    def async_set_clock(self) -> None:
        """Follow the system's clock when it was set, or when the machine slept.

        Holds, escalations and silences take as long as before; snoozes end at their time of the day.
        """
        if not (by_s := self._clock.follow()):
            return
        LOGGER.info("The clock was set by %+.0f s, or the machine slept; holds and escalations go on", by_s)
        self._agenda.async_clear()
        for instance in self:
            instance.shift(by_s)
            self.async_mark_changed(instance)
            self._async_schedule(instance)
        for moved in self.on_clock:
            moved(by_s)
        self._agenda.async_look()

    def __iter__(self) -> Iterator[Instance]:
        """Go through all alarms."""
        return iter(self._instances.values())

    def get(self, key: AlarmKey) -> Instance | None:
        """Return one alarm."""
        return self._instances.get(key)

    def of_rule(self, rule_id: str) -> list[Instance]:
        """Return the alarms of one rule."""
        return list(self._by_rule[rule_id].values())

    @callback
    def async_add(self, instance: Instance) -> None:
        """Take up an alarm."""
        self._instances[instance.key] = self._by_rule[instance.key.rule_id][instance.key.subject] = instance
        self.counts.take(instance.alarm)
        self._async_schedule(instance)

    @callback
    def async_restore(self, instance: Instance, restored: Instance) -> None:
        """Let an alarm to which nothing has happened yet be what it was before the start."""
        last = instance.alarm.last_evaluation
        instance.alarm, instance.escalation, instance.flapping = restored.alarm, restored.escalation, restored.flapping
        instance.is_stored = True
        self.counts.take(instance.alarm)
        self.async_store_silently(instance)
        self.async_evaluate(instance, last, self.now())
        self._async_schedule(instance)

    @callback
    def async_remove(self, instance: Instance) -> None:
        """Let go of an alarm whose entity or rule is gone; whoever was told of it is told that it is over."""
        alarm = instance.alarm
        alarm.suppressed_by, alarm.snoozed_until, alarm.out_of_service, alarm.pending = (), None, False, None
        if alarm.announced:
            gone = Timing(latching=False)
            reason = self.explain(Evaluation(False, reason_key=Reason.NOT_WATCHED)) if self.explain else ""
            self.async_commit(instance, lifecycle.evaluate(alarm, gone, Evaluation(False, reason=reason), self.now()))
        else:
            self._async_record(instance, (), tellings.withdraw(instance.escalation, alarm, self.now()))
        del self._instances[instance.key], self._by_rule[instance.key.rule_id][instance.key.subject]
        self.counts.forget(instance.key)
        self._agenda.async_set(instance.key, None)
        self._dirty.pop(instance.key, None)
        if instance.is_stored:
            self.writer.batch.instances[instance.key] = None
            self.writer.async_write()

    @callback
    def async_follow(self, instance: Instance, rule: Rule) -> None:
        """Go on with a rule that was changed; whoever it would have told by now is told."""
        policy = instance.rule.escalation
        instance.follow(rule)
        if rule.escalation != policy:
            self._async_record(
                instance, (), tellings.replan(instance.escalation, rule.escalation, instance.alarm, self.now())
            )

    @callback
    def async_move(self, moves: Moves) -> None:
        """Follow a rename of entities: alarms, what they say of each other, and what happened to them."""
        self.writer.batch.move(moves)
        moved = [instance for instance in self if instance.key.subject in moves]
        self.counts.move({instance.key: moved_key(instance.key, moves) for instance in moved})
        for instance in moved:
            del self._instances[instance.key], self._by_rule[instance.key.rule_id][instance.key.subject]
            self._agenda.async_set(instance.key, None)
            self._dirty.pop(instance.key, None)
            self.writer.batch.instances[instance.key] = None
        for instance in moved:
            instance.alarm.move(moved_key(instance.key, moves))
            self.async_add(instance)
        for instance in self:
            reasons = tuple(moved_reason(reason, moves) for reason in instance.alarm.suppressed_by)
            if instance.key.subject in moves.values() or reasons != instance.alarm.suppressed_by:
                instance.alarm.suppressed_by = reasons
                self.async_mark_changed(instance)
        self.writer.async_write()

    @callback
    def async_evaluate(self, instance: Instance, verdict: Evaluation, now: float) -> None:
        """Take a verdict. Most change nothing, and cost nothing more."""
        alarm = instance.alarm
        before, pending = _Before(alarm), (alarm.pending, alarm.active)
        if verdict.reason_key and verdict.is_active is not alarm.active and self.explain:
            verdict = replace(verdict, reason=self.explain(verdict), reason_key="")
        self._async_follow_up(instance, before, lifecycle.evaluate(alarm, instance.timing, verdict, now), now)
        if (alarm.pending, alarm.active) != pending:
            # The beginning of a hold must be known after a restart.
            self.async_mark_changed(instance)
            self._async_schedule(instance)
            if self.on_pending:
                self.on_pending(instance)
        elif alarm.pending is not None or instance.evaluator is not None:
            self._async_schedule(instance)

    @callback
    def async_change_severity(self, instance: Instance, now: float) -> None:
        """Follow the severity of a rule that was edited, where no verdict will bring it."""
        before = _Before(instance.alarm)
        happened = lifecycle.change_severity(instance.alarm, instance.timing, instance.rule.severity, now)
        self._async_follow_up(instance, before, happened, now)

    @callback
    def _async_follow_up(self, instance: Instance, before: _Before, happened: Sequence[Transition], now: float) -> None:
        """Do what follows from what happened, and from what is no news: it came or went while it was to be quiet."""
        alarm = instance.alarm
        if happened:
            self.async_commit(instance, happened)
        elif before.shown != _shown(alarm):
            self.counts.take(alarm)
            self.async_store_silently(instance)
        if alarm.episode != before.episode:
            self._async_count_episode(instance, now)

    @callback
    def async_store_silently(self, instance: Instance) -> None:
        """Keep and show what is no news."""
        self.async_mark_changed(instance)
        for shown in list(self.on_shown):
            shown(instance)

    @callback
    def async_commit(self, instance: Instance, happened: Sequence[Transition]) -> None:
        """Write down, tell and show what happened to an alarm."""
        notices: list[Notification] = []
        for transition in happened:
            notices += tellings.notify(instance.escalation, instance.rule.escalation, instance.alarm, transition)
        self._async_record(instance, happened, notices)

    @callback
    def _async_record(
        self, instance: Instance, happened: Sequence[Transition], notices: Sequence[Notification]
    ) -> None:
        for transition in happened:
            self.writer.async_note(instance.rule.name, transition)
        if notices and self.outbox:
            self.outbox.async_add(notices, self.writer.batch)
            self.writer.async_hurry()
        self.counts.take(instance.alarm)
        self.async_mark_changed(instance)
        self._async_schedule(instance)
        for transition in happened:
            for listener in list(self._listeners):
                listener(instance.rule, transition)

    @callback
    def async_mark_changed(self, instance: Instance) -> None:
        """Have an alarm written, as it will be when its turn comes."""
        self._dirty[instance.key] = instance
        self.writer.async_write()

    @callback
    def async_remember(self, name: str, value: Any) -> None:
        """Have anything else written."""
        self.writer.batch.remembered[name] = value
        self.writer.async_write()

    @callback
    def async_write(self, batch: Batch) -> asyncio.Task[None] | None:
        """Have what others did written with the rest; return what writes it, None when that has to wait."""
        self.writer.batch.outbox |= batch.outbox
        self.writer.batch.instances |= batch.instances
        return self.writer.async_write()

    @callback
    def _async_wake(self, batch: Batch) -> None:
        if self.outbox:
            self.outbox.async_wake(batch)

    def _take_dirty(self, batch: Batch) -> None:
        """Put what changed into the batch; what is as if nothing had ever happened needs no place."""
        for key, instance in self._dirty.items():
            # At a start these are all alarms, and nearly all of them are blank: that must cost nothing.
            is_blank = instance.alarm.is_blank and not (instance.evaluator and instance.evaluator.as_dict())
            if is_blank and not instance.is_stored:
                continue
            instance.is_stored = not is_blank
            batch.instances[key] = None if is_blank else instance.as_dict()
        self._dirty.clear()

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return what happened, newest first."""
        return await self.writer.async_history(query)

    async def async_purge(self) -> None:
        """Forget what is older than a year."""
        await self.writer.async_purge(self.now())

    @callback
    def _async_schedule(self, instance: Instance) -> None:
        now = self.now()
        times = [
            lifecycle.due(instance.alarm, instance.timing),
            tellings.due(instance.escalation, instance.rule.escalation),
            instance.evaluator.due(now) if instance.evaluator else None,
            instance.flapping.due(self.flapping_per_hour),
        ]
        self._agenda.async_set(instance.key, min((at for at in times if at is not None), default=None))

    @callback
    def _async_tick(self, key: AlarmKey, now: float) -> None:
        if (instance := self._instances.get(key)) is None:
            return
        if instance.evaluator:
            self.async_evaluate(instance, instance.evaluator.evaluate(now), now)
        before = _Before(instance.alarm)
        self._async_follow_up(instance, before, lifecycle.tick(instance.alarm, instance.timing, now), now)
        if instance.flapping.calm(now, self.flapping_per_hour):
            self.async_commit(instance, lifecycle.unsuppress(instance.alarm, instance.timing, FLAPPING, now))
        if notices := tellings.tick(instance.escalation, instance.rule.escalation, instance.alarm, now):
            later = [notice.groups for notice in notices if notice.kind is NotificationKind.ESCALATED]
            self._async_record(
                instance, [lifecycle.escalated(instance.alarm, groups, now) for groups in later], notices
            )
        self._async_schedule(instance)

    @callback
    def _async_count_episode(self, instance: Instance, now: float) -> None:
        """Count how often an alarm comes; one that comes and goes is told once, and then no more until it is calm."""
        if not instance.alarm.announced and FLAPPING not in instance.alarm.suppressed_by:
            if instance.alarm.suppressed_by:
                # For who asks later; an outage of a thousand entities is no thousand events.
                self.writer.async_note(instance.rule.name, lifecycle.raised_while_suppressed(instance.alarm, now))
            return
        if not instance.flapping.note(now, self.flapping_per_hour):
            return
        told = tuple(instance.escalation.informed)
        self.async_commit(instance, lifecycle.suppress(instance.alarm, FLAPPING, now))
        if told:
            alarm = instance.alarm
            note = Notification(
                kind=NotificationKind.RAISED,
                key=alarm.key,
                episode=alarm.episode,
                groups=told,
                severity=alarm.severity,
                at=now,
            )
            self._async_record(instance, (), (note,))

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call the listener with everything that happens; one that fails is logged and keeps nobody from hearing it."""
        heard = catch_log_exception(listener, lambda *told: f"{listener} failed, told of {told}", HassJobType.Callback)
        self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)


class _Before:
    """Episode and appearance of an alarm before a change, for comparison."""

    __slots__ = ("episode", "shown")

    def __init__(self, alarm: Alarm) -> None:
        self.episode = alarm.episode
        self.shown = _shown(alarm)


def _shown(alarm: Alarm) -> tuple[bool, bool, Severity]:
    return (alarm.active, alarm.last_evaluation.is_active is None, alarm.severity)
