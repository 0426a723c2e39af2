"""Watcher of entities and sources: states, templates, events and messages become evaluations of alarms."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
import time
from typing import Any

from homeassistant.core import CALLBACK_TYPE, CoreState, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import (
    async_call_later,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.helpers.start import async_at_started

from ..engine.instance import Instance
from ..engine.models import Evaluation
from ..engine.references import Moves
from ..engine.rule import Rule
from .limit_units import LimitUnits, snapshot_of
from .processor import AlarmProcessor
from .sources import RENAME_S, SOURCES, Source, WatchContext

# After a start, integrations take a while to bring their entities back; until then no entity counts as absent.
GRACE_S = 30.0


class StateWatcher:
    """Passes evaluations of entities, and of the sources of rules without entities, to the processor."""

    def __init__(
        self,
        hass: HomeAssistant,
        processor: AlarmProcessor,
        units: LimitUnits,
        is_moving: Callable[[str], bool],
        is_gone: Callable[[str], bool],
    ) -> None:
        """Prepare; nothing is watched before async_start.

        ``is_moving`` returns whether an entity has another id already, which alarms do not have yet; ``is_gone``
        whether it does not exist any more.
        """
        self._hass = hass
        self._processor = processor
        self._units = units
        self._is_moving = is_moving
        # Old and new ids of renamed entities, and until when they may have no state because of that.
        self._former: dict[str, float] = {}
        self._renamed: dict[str, float] = {}
        self._by_entity: defaultdict[str, list[Instance]] = defaultdict(list)
        self._is_settled = False
        self._stop_states: list[CALLBACK_TYPE] = []
        self._stop: list[CALLBACK_TYPE] = []
        self._context = WatchContext(hass, processor, lambda: self._is_settled, self._is_between, is_gone)
        # The sources of the rules without entities, by rule.
        self._sources: dict[str, Source] = {}

    @callback
    def async_start(self) -> None:
        """Begin; absence counts when Home Assistant has been up for a while."""
        if self._hass.state is CoreState.running:
            self._async_settled()
            return

        @callback
        def started(_hass: HomeAssistant) -> None:
            self._stop.append(async_call_later(self._hass, GRACE_S, self._async_settled))

        self._stop.append(async_at_started(self._hass, started))

    @callback
    def async_stop(self) -> None:
        """Stop watching."""
        self._units.cancel()
        for stops in (self._stop_states, self._stop):
            while stops:
                stops.pop()()
        while self._sources:
            self._sources.popitem()[1].async_stop()

    @callback
    def _async_settled(self, _now: datetime | None = None) -> None:
        self._is_settled = True
        for instance in list(self._processor):
            self.async_evaluate(instance)
        for source in list(self._sources.values()):
            source.async_settle()

    # ---------------------------------------------------------------- entities

    @callback
    def async_set_instances(self, instances: Iterable[Instance]) -> None:
        """Watch the entities of these alarms, and no others."""
        self._by_entity.clear()
        reporting = set()
        for instance in instances:
            if instance.evaluator is not None:
                self._by_entity[instance.key.subject].append(instance)
                if instance.rule.condition.traits.is_report_driven:
                    reporting.add(instance.key.subject)
        while self._stop_states:
            self._stop_states.pop()()
        if self._by_entity:
            self._stop_states.append(
                async_track_state_change_event(self._hass, list(self._by_entity), self._async_state_changed)
            )
        if reporting:
            # A value that stays the same is a sign of life as well.
            self._stop_states.append(
                async_track_state_report_event(self._hass, list(reporting), self._async_state_reported)
            )

    @callback
    def async_evaluate(self, instance: Instance) -> None:
        """Evaluate an alarm by the state there is now, however old it is."""
        if instance.evaluator is not None:
            state = self._hass.states.get(instance.key.subject)
            age_s = time.time() - state.last_reported_timestamp if state else 0.0
            self._async_update(instance, state, max(0.0, age_s))

    @callback
    def async_move(self, moves: Moves) -> None:
        """Follow a rename of entities: the state that one gets under its new id is no report."""
        now = self._processor.now()
        until = now + RENAME_S
        for deadlines in (self._former, self._renamed):
            for entity_id in [entity_id for entity_id, at in deadlines.items() if at <= now]:
                del deadlines[entity_id]
        for entity_id in moves.values():
            self._former.pop(entity_id, None)
            if self._hass.states.get(entity_id) is None:
                self._renamed[entity_id] = until
        self._former |= dict.fromkeys(moves, until)

    def _is_between(self, entity_id: str) -> bool:
        """Return whether an entity has no state because it was renamed in this moment."""
        until = max(self._former.get(entity_id, 0.0), self._renamed.get(entity_id, 0.0))
        is_renamed = self._is_moving(entity_id) or self._processor.now() < until
        return is_renamed and self._hass.states.get(entity_id) is None

    @callback
    def _async_state_changed(self, event: Event[EventStateChangedData]) -> None:
        entity_id, state = event.data["entity_id"], event.data["new_state"]
        if state is None and self._is_moving(entity_id):
            return
        is_renamed = self._renamed.pop(entity_id, None) is not None and state is not None
        for instance in self._by_entity.get(entity_id, ()):
            is_report = not is_renamed or not instance.rule.condition.traits.is_report_driven
            # Another alarm may have the key by now, and this one another.
            is_current = instance.key.subject == entity_id and self._processor.get(instance.key) is instance
            if is_current and is_report:
                self._async_update(instance, state)

    @callback
    def _async_state_reported(self, event: Event[Any]) -> None:
        for instance in self._by_entity.get(event.data["entity_id"], ()):
            if instance.rule.condition.traits.is_report_driven:
                self._async_update(instance, event.data["new_state"])

    @callback
    def _async_update(self, instance: Instance, state: State | None, age_s: float = 0.0) -> None:
        """Evaluate a report that is so many seconds old."""
        assert instance.evaluator is not None  # noqa: S101 - only such are watched
        now, condition = self._processor.now(), instance.rule.condition
        snapshot = None
        if state is not None:
            snapshot = snapshot_of(self._hass, condition, state, now - age_s)
            if snapshot.unit is not None and condition.unit is None:
                self._units.async_request(instance.key.rule_id)
        evaluation = instance.evaluator.update(snapshot, now)
        if evaluation.is_active and not self._is_settled and condition.traits.is_absence:
            evaluation = Evaluation(None)
        self._processor.async_advance(instance, evaluation, now)

    # ---------------------------------------------------------------- sources

    @callback
    def async_watch_rule(self, rule: Rule, instance: Instance) -> None:
        """Watch the source of a rule without entities; ``async_connect`` has to follow."""
        self.async_unwatch_rule(rule.rule_id)
        self._sources[rule.rule_id] = SOURCES[rule.condition.kind](self._context, instance)

    async def async_connect(self, rules: Iterable[Rule]) -> None:
        """Connect the sources of rules; the broker may keep them waiting."""
        for rule in rules:
            if source := self._sources.get(rule.rule_id):
                await source.async_connect()

    @callback
    def async_unwatch_rule(self, rule_id: str) -> None:
        """Stop watching the source of a rule."""
        if source := self._sources.pop(rule_id, None):
            source.async_stop()

    @callback
    def async_evaluate_sources(self) -> None:
        """Evaluate the last results of all sources once more."""
        for source in list(self._sources.values()):
            source.async_evaluate()
