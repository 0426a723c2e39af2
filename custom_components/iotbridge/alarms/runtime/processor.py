"""Processor of the alarms: advances an alarm by each input, stores the outcome and dispatches it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ...const import LOGGER
from ..engine.advance import AlarmOutcome, Input, Removed, RuleChanged, Settings, TimeElapsed, due_at, outcomes
from ..engine.clock import Clock
from ..engine.counts import Counts
from ..engine.instance import Instance
from ..engine.models import AlarmKey
from ..engine.references import Moves, moved_key, moved_reason
from ..engine.rule import Rule
from .deadlines import DeadlineScheduler
from .events import SIGNAL_COUNTS, SIGNAL_DELIVERIES, signal_of_rule
from .store import Batch, HistoryQuery
from .writer import Writer

type Dispatch = Callable[[Instance, AlarmOutcome], None]


class AlarmProcessor:
    """Alarms by key; the only place where inputs are applied to them."""

    def __init__(
        self,
        hass: HomeAssistant,
        writer: Writer,
        settings: Settings,
        dispatch: Dispatch,
        clock_changed: Callable[[float], None],
    ) -> None:
        """Take ``dispatch``, which gets every outcome with a change, after it was added to the writer's batch.

        ``clock_changed`` gets the seconds by which the clock was set.
        """
        self._hass = hass
        self.writer = writer
        self.counts = Counts(partial(async_dispatcher_send, hass, SIGNAL_COUNTS))
        self.settings = settings
        self._dispatch = dispatch
        self._clock_changed = clock_changed
        self._instances: dict[AlarmKey, Instance] = {}
        self._by_rule: defaultdict[str, dict[str, Instance]] = defaultdict(dict)
        self._clock = Clock()
        self.is_stopped = False
        self._deadlines = DeadlineScheduler(hass, self.now, self._async_elapse)

    @callback
    def async_stop(self) -> None:
        """Advance no alarm because of the time any more."""
        self.is_stopped = True
        self._deadlines.async_stop()

    async def async_close(self) -> None:
        """Write all alarms, and close the store."""
        self.async_stop()
        self._async_mark_all()
        await self.writer.async_close()

    async def async_flush(self) -> None:
        """Write all alarms."""
        self._async_mark_all()
        await self.writer.async_flush()

    @callback
    def _async_mark_all(self) -> None:
        for instance in self:
            self.writer.async_mark(instance)

    # ----------------------------------------------------------------- inputs

    @callback
    def async_advance(self, instance: Instance, event: Input, now: float | None = None) -> AlarmOutcome:
        """Advance an alarm by an input, and return its outcome; most evaluations change nothing, and are cheap."""
        now = self.now() if now is None else now
        taken = [self._async_take(instance, outcome) for outcome in outcomes(instance, event, now, self.settings)]
        return taken[0]

    @callback
    def _async_take(self, instance: Instance, outcome: AlarmOutcome) -> AlarmOutcome:
        self._deadlines.async_set(instance.key, outcome.due_at)
        if outcome.is_changed:
            self._async_commit(instance, outcome)
        return outcome

    @callback
    def _async_commit(self, instance: Instance, outcome: AlarmOutcome) -> None:
        for transition in outcome.history:
            self.writer.async_record(instance.rule.name, transition)
        self.counts.update(instance.alarm)
        self.async_mark_changed(instance)
        self._dispatch(instance, outcome)

    @callback
    def _async_elapse(self, key: AlarmKey, now: float) -> None:
        if instance := self._instances.get(key):
            self.async_advance(instance, TimeElapsed(), now)

    # ----------------------------------------------------------------- alarms

    def __iter__(self) -> Iterator[Instance]:
        """Iterate over all alarms."""
        return iter(self._instances.values())

    def get(self, key: AlarmKey) -> Instance | None:
        """Return one alarm."""
        return self._instances.get(key)

    def of_rule(self, rule_id: str) -> list[Instance]:
        """Return the alarms of one rule."""
        return list(self._by_rule[rule_id].values())

    @callback
    def async_add(self, instance: Instance) -> None:
        """Add an alarm."""
        self._instances[instance.key] = self._by_rule[instance.key.rule_id][instance.key.subject] = instance
        self.counts.update(instance.alarm)
        self._async_schedule(instance)

    @callback
    def async_restore(self, instance: Instance, restored: Instance) -> None:
        """Restore a blank alarm from the store, and evaluate it again."""
        evaluation = instance.alarm.last_evaluation
        instance.alarm, instance.escalation, instance.flapping = restored.alarm, restored.escalation, restored.flapping
        instance.is_stored = True
        self._async_commit(instance, AlarmOutcome(is_updated=True))
        self.async_advance(instance, evaluation)

    @callback
    def async_remove(self, instance: Instance) -> None:
        """Remove an alarm whose entity or rule was removed; the groups that were informed of it are notified."""
        self.async_advance(instance, Removed())
        self._async_forget(instance)
        self.counts.remove(instance.key)
        if instance.is_stored:
            self.writer.batch.instances[instance.key] = None
            self.writer.async_write()
        async_dispatcher_send(self._hass, signal_of_rule(instance.key.rule_id))

    @callback
    def async_change_rule(self, instance: Instance, rule: Rule) -> None:
        """Apply an edited rule to an alarm."""
        self.async_advance(instance, RuleChanged(rule))

    @callback
    def async_move(self, moves: Moves) -> None:
        """Apply a rename of entities to alarms, to the root causes that they name, and to their history."""
        self.writer.batch.move(moves)
        moved = [instance for instance in self if instance.key.subject in moves]
        self.counts.move({instance.key: moved_key(instance.key, moves) for instance in moved})
        for instance in moved:
            self._async_forget(instance)
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
    def _async_forget(self, instance: Instance) -> None:
        del self._instances[instance.key], self._by_rule[instance.key.rule_id][instance.key.subject]
        self._deadlines.async_set(instance.key, None)
        self.writer.async_unmark(instance.key)

    @callback
    def _async_schedule(self, instance: Instance) -> None:
        self._deadlines.async_set(instance.key, due_at(instance, self.now(), self.settings))

    # ------------------------------------------------------------------- time

    def now(self) -> float:
        """Return the time in seconds since 1970, by a clock that is only set by ``async_set_clock``."""
        return self._clock.now()

    @callback
    def async_after(self, seconds: float) -> float:
        """Return the time after a number of seconds, for an end at a time of the day."""
        self.async_set_clock()
        return self.now() + seconds

    @callback
    def async_set_clock(self) -> None:
        """Adopt the system's clock when it was set, or when the machine slept.

        Holds, escalations and suppressions last as long as before; snoozes end at their time of the day.
        """
        if not (by_s := self._clock.follow()):
            return
        LOGGER.info("The clock was set by %+.0f s, or the machine slept; holds and escalations are moved", by_s)
        self._deadlines.async_clear()
        for instance in self:
            instance.shift(by_s)
            self.async_mark_changed(instance)
            self._async_schedule(instance)
        self._clock_changed(by_s)
        self._deadlines.async_run_due()

    # ------------------------------------------------------------------ store

    @callback
    def async_mark_changed(self, instance: Instance) -> None:
        """Schedule the write of an alarm, in the state that it has by then."""
        self.writer.async_mark(instance)
        self.writer.async_write()

    @callback
    def async_remember(self, name: str, value: Any) -> None:
        """Schedule the write of a value that belongs to no alarm."""
        self.writer.batch.remembered[name] = value
        self.writer.async_write()

    @callback
    def async_write(self, batch: Batch) -> asyncio.Task[None] | None:
        """Schedule the write of a batch, and publish the alarms whose notifications it changes.

        Return the task of the writer, None while it waits for a retry.
        """
        queued = {AlarmKey(*item["key"]) for item in batch.outbox.values() if item}
        delivered = {AlarmKey(record.rule_id, record.subject) for record in batch.deliveries.values()}
        for key in queued | delivered:
            async_dispatcher_send(self._hass, SIGNAL_DELIVERIES, key)
        return self.writer.async_add(batch)

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return the recorded transitions, newest first."""
        return await self.writer.async_history(query)

    async def async_purge(self) -> None:
        """Delete the history beyond its retention."""
        await self.writer.async_purge(self.now())
