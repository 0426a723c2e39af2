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

# After a start, integrations take a while to load their entities; until then no entity counts as absent.
SETTLE_AFTER_S = 30.0


class StateWatcher:
    """Passes evaluations of entities, and of the sources of rules without entities, to the processor."""

    def __init__(
        self,
        hass: HomeAssistant,
        processor: AlarmProcessor,
        units: LimitUnits,
        is_renamed: Callable[[str], bool],
        is_missing: Callable[[str], bool],
    ) -> None:
        """Prepare; nothing is watched before async_start.

        ``is_renamed`` returns whether an entity has a new id that alarms do not have yet; ``is_missing`` whether it was
        removed.
        """
        self._hass = hass
        self._processor = processor
        self._units = units
        self._is_renamed = is_renamed
        # Old and new ids of renamed entities, with the time until which they may lack a state because of that.
        self._former: dict[str, float] = {}
        self._renamed: dict[str, float] = {}
        self._by_entity: defaultdict[str, list[Instance]] = defaultdict(list)
        self._is_settled = False
        self._stop_states: list[CALLBACK_TYPE] = []
        self._stop: list[CALLBACK_TYPE] = []
        self._context = WatchContext(hass, processor, lambda: self._is_settled, self._is_being_renamed, is_missing)
        # The sources of the rules without entities, by rule.
        self._sources: dict[str, Source] = {}

    @callback
    def async_start(self) -> None:
        """Start; absence counts once Home Assistant has been running for a while."""
        if self._hass.state is CoreState.running:
            self._async_settled()
            return

        @callback
        def started(_hass: HomeAssistant) -> None:
            self._stop.append(async_call_later(self._hass, SETTLE_AFTER_S, self._async_settled))

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
        """Replace the watched entities by those of these alarms."""
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
            # A report of an unchanged value counts as well.
            self._stop_states.append(
                async_track_state_report_event(self._hass, list(reporting), self._async_state_reported)
            )

    @callback
    def async_evaluate(self, instance: Instance) -> None:
        """Evaluate an alarm by the present state, of any age."""
        if instance.evaluator is not None:
            state = self._hass.states.get(instance.key.subject)
            age_s = time.time() - state.last_reported_timestamp if state else 0.0
            self._async_update(instance, state, max(0.0, age_s))

    @callback
    def async_move(self, moves: Moves) -> None:
        """Apply a rename of entities: the first state under the new id is no report."""
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

    def _is_being_renamed(self, entity_id: str) -> bool:
        """Return whether an entity has no state because it is being renamed."""
        until = max(self._former.get(entity_id, 0.0), self._renamed.get(entity_id, 0.0))
        was_renamed = self._is_renamed(entity_id) or self._processor.now() < until
        return was_renamed and self._hass.states.get(entity_id) is None

    @callback
    def _async_state_changed(self, event: Event[EventStateChangedData]) -> None:
        entity_id, state = event.data["entity_id"], event.data["new_state"]
        if state is None and self._is_renamed(entity_id):
            return
        was_renamed = self._renamed.pop(entity_id, None) is not None and state is not None
        for instance in self._by_entity.get(entity_id, ()):
            is_report = not was_renamed or not instance.rule.condition.traits.is_report_driven
            # The alarm may have another key by now, or another alarm this one.
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
        """Evaluate a report of a given age in seconds."""
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
        """Start the source of a rule without entities; ``async_connect`` has to follow."""
        self.async_unwatch_rule(rule.rule_id)
        self._sources[rule.rule_id] = SOURCES[rule.condition.kind](self._context, instance)

    async def async_connect(self, rules: Iterable[Rule]) -> None:
        """Connect the sources of rules; this may have to wait for the broker."""
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
        """Evaluate the last results of all sources again."""
        for source in list(self._sources.values()):
            source.async_evaluate()
