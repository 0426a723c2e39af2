"""Access to alarms: queries, listeners, and commands such as acknowledge, snooze and suppress."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback

from ..engine import lifecycle
from ..engine.models import Actor, Alarm, AlarmKey, Severity, Timing, Transition
from .processor import AlarmProcessor, Listener
from .store import HistoryQuery
from .suppressor import BY_HAND, Suppressor


class AlarmAccess:
    """Queries and commands over the alarms of the processor."""

    processor: AlarmProcessor
    suppressor: Suppressor
    _rule_listeners: defaultdict[str, list[Callable[[], None]]]
    _rules_listeners: list[Callable[[], None]]
    # Set where alarms could not be started: nothing is watched.
    is_failed = False

    def children(self, key: AlarmKey) -> list[Alarm]:
        """Return the alarms that this one explains."""
        return [instance.alarm for instance in self.suppressor.children(key)]

    def alarms(self, rule_id: str | None = None) -> list[Alarm]:
        """Return all alarms, or those of one rule."""
        return [i.alarm for i in (self.processor if rule_id is None else self.processor.of_rule(rule_id))]

    def alarm(self, key: AlarmKey) -> Alarm | None:
        """Return one alarm."""
        instance = self.processor.get(key)
        return instance.alarm if instance else None

    def count(self, severity: Severity, *, unacknowledged: bool) -> int:
        """Return how many alarms of a severity are active, or of these nobody has acknowledged."""
        return self.processor.counts.count(severity, unacknowledged=unacknowledged)

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return what happened, newest first."""
        return await self.processor.async_history(query)

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call the listener with everything that happens."""
        return self.processor.async_listen(listener)

    @callback
    def async_listen_rule(self, rule_id: str, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when something of a rule changed."""
        self._rule_listeners[rule_id].append(listener)
        return partial(self._rule_listeners[rule_id].remove, listener)

    @callback
    def async_listen_rules(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when rules were added, changed or removed."""
        self._rules_listeners.append(listener)
        return partial(self._rules_listeners.remove, listener)

    @callback
    def _async_tell_rule(self, rule_id: str) -> None:
        for listener in list(self._rule_listeners[rule_id]):
            listener()

    @callback
    def _async_tell_rules(self) -> None:
        for listener in list(self._rules_listeners):
            listener()

    @callback
    def async_listen_counts(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when a count is another, or maintenance began or ended."""
        return self.processor.counts.listen(listener)

    @callback
    def async_acknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Note that somebody knows of these alarms; return those that were waiting for that."""
        return self._changed(keys, lambda alarm, _, now: lifecycle.acknowledge(alarm, by, now))

    @callback
    def async_snooze(self, keys: Iterable[AlarmKey], until: float, by: Actor) -> list[AlarmKey]:
        """Snooze alarms until a time."""
        return self._changed(keys, lambda alarm, _, now: lifecycle.snooze(alarm, until, by, now))

    @callback
    def async_unsnooze(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """End the snooze of alarms."""
        return self._changed(keys, lambda alarm, timing, now: lifecycle.unsnooze(alarm, timing, now, by))

    @callback
    def async_suppress(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Suppress alarms by hand."""
        return self._changed(keys, lambda alarm, _, now: lifecycle.suppress(alarm, BY_HAND, now, by))

    @callback
    def async_unsuppress(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """End the silence by hand."""
        return self._changed(keys, lambda alarm, timing, now: lifecycle.unsuppress(alarm, timing, BY_HAND, now, by))

    @callback
    def async_take_out_of_service(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Switch alarms off until somebody switches them on."""
        return self._changed(keys, lambda alarm, _, now: lifecycle.take_out_of_service(alarm, by, now))

    @callback
    def async_return_to_service(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Switch alarms on again."""
        return self._changed(keys, lambda alarm, timing, now: lifecycle.return_to_service(alarm, timing, by, now))

    def _changed(
        self, keys: Iterable[AlarmKey], act: Callable[[Alarm, Timing, float], Sequence[Transition]]
    ) -> list[AlarmKey]:
        """Do something to alarms; return those that it changed."""
        now = self.processor.now()
        done = []
        for key in keys:
            instance = self.processor.get(key)
            if instance is not None and (happened := act(instance.alarm, instance.timing, now)):
                self.processor.async_commit(instance, happened)
                done.append(key)
        return done
