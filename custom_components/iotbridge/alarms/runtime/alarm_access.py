"""Access to alarms: queries, and commands such as acknowledge, snooze and suppress."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.core import callback

from ..engine import lifecycle
from ..engine.advance import Command, Commanded
from ..engine.maintenance_window import MaintenanceWindow
from ..engine.models import Actor, Alarm, AlarmKey, Severity
from ..engine.rule import Selection
from ..engine.suppression import BY_HAND
from .delivery_records import DeliveryRecord, EpisodeKey
from .processor import AlarmProcessor
from .store import HistoryQuery
from .suppressor import Suppressor


class AlarmAccess:
    """Queries and commands over the alarms of the processor."""

    processor: AlarmProcessor
    suppressor: Suppressor
    # True where alarms could not be started: nothing is watched.
    is_failed = False

    @property
    def is_running(self) -> bool:
        """Return whether the manager was not stopped yet."""
        return not self.processor.is_stopped

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
        """Return the number of open alarms of a severity, or only of the unacknowledged ones."""
        return self.processor.counts.count(severity, unacknowledged=unacknowledged)

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return the recorded transitions, newest first."""
        return await self.processor.async_history(query)

    async def async_deliveries(self, episodes: Sequence[EpisodeKey]) -> list[DeliveryRecord]:
        """Return the deliveries of some episodes, oldest first."""
        return await self.processor.writer.async_deliveries(episodes) if episodes else []

    async def async_freeze(self, is_frozen: bool) -> None:
        """Freeze the alarm database while it is copied, or end that."""
        await self.processor.writer.async_freeze(is_frozen)

    async def async_remove_damaged(self) -> None:
        """Delete the damaged files that were set aside."""
        await self.processor.writer.async_remove_damaged()

    @callback
    def async_after(self, seconds: float) -> float:
        """Return the time after a number of seconds, in seconds since 1970."""
        return self.processor.async_after(seconds)

    @property
    def is_maintenance_on(self) -> bool:
        """Return whether maintenance suppresses all alarms."""
        return self.suppressor.maintenance

    def is_in_maintenance(self, entity_id: str) -> bool:
        """Return whether maintenance or a window suppresses the alarms of an entity."""
        return self.suppressor.is_in_maintenance(entity_id)

    @property
    def timed_windows(self) -> Mapping[str, MaintenanceWindow]:
        """Return the windows that do not recur, by id."""
        return self.suppressor.timed_windows

    @callback
    def async_set_maintenance(self, is_on: bool, by: Actor) -> None:
        """Suppress all alarms, or end that."""
        self.suppressor.async_set_maintenance(is_on, by)

    @callback
    def async_start_window(
        self, name: str, selection: Selection, until: float, by: Actor, *, rules: tuple[str, ...] = ()
    ) -> str:
        """Suppress the alarms of some entities and rules until a time; return the id of the window."""
        return self.suppressor.async_start_window(name, selection, until, by, rules=rules)

    @callback
    def async_end_window(self, window_id: str, by: Actor) -> None:
        """End a window before its time."""
        self.suppressor.async_end_window(window_id, by)

    @callback
    def async_acknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Acknowledge alarms; return those that were unacknowledged."""
        return self._run(keys, lambda alarm, _, now: lifecycle.acknowledge(alarm, by, now))

    @callback
    def async_unacknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Take back the acknowledgement of active alarms; return those that were acknowledged."""
        return self._run(keys, lambda alarm, _, now: lifecycle.unacknowledge(alarm, by, now))

    @callback
    def async_snooze(self, keys: Iterable[AlarmKey], until: float, by: Actor) -> list[AlarmKey]:
        """Snooze alarms until a time; return those that changed."""
        return self._run(keys, lambda alarm, _, now: lifecycle.snooze(alarm, until, by, now))

    @callback
    def async_unsnooze(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """End the snooze of alarms; return those that changed."""
        return self._run(keys, lambda alarm, timing, now: lifecycle.unsnooze(alarm, timing, now, by))

    @callback
    def async_suppress(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Suppress alarms by hand; return those that changed."""
        return self._run(keys, lambda alarm, _, now: lifecycle.suppress(alarm, BY_HAND, now, by))

    @callback
    def async_unsuppress(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """End the suppression by hand; return the alarms that changed."""
        return self._run(keys, lambda alarm, timing, now: lifecycle.unsuppress(alarm, timing, BY_HAND, now, by))

    @callback
    def async_take_out_of_service(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Take alarms out of service; return those that changed."""
        return self._run(keys, lambda alarm, _, now: lifecycle.take_out_of_service(alarm, by, now))

    @callback
    def async_return_to_service(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Return alarms to service; return those that changed."""
        return self._run(keys, lambda alarm, timing, now: lifecycle.return_to_service(alarm, timing, by, now))

    def _run(self, keys: Iterable[AlarmKey], command: Command) -> list[AlarmKey]:
        """Run a command on alarms; return those that changed."""
        now = self.processor.now()
        instances = filter(None, map(self.processor.get, keys))
        return [
            instance.key
            for instance in instances
            if self.processor.async_advance(instance, Commanded(command), now).transitions
        ]
