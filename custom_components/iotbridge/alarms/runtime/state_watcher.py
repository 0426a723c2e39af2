"""Looks at the home for the rules: states, templates, events and messages become verdicts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
import math
import time
from typing import Any

from homeassistant.core import CALLBACK_TYPE, CoreState, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.event import (
    TrackTemplate,
    TrackTemplateResult,
    async_call_later,
    async_track_state_change_event,
    async_track_state_report_event,
    async_track_template_result,
)
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.template import Template, result_as_boolean

from ... import mqtt_client
from ...const import LOGGER
from ..engine import lifecycle
from ..engine.advance import Commanded
from ..engine.evaluation.snapshot import Reason
from ..engine.evaluation.state import MAX_WORD, event_matches, message_matches
from ..engine.instance import Instance
from ..engine.models import AlarmKey, AlarmState, Evaluation
from ..engine.references import Moves, referenced_entities
from ..engine.root_cause import PRESENCE
from ..engine.rule import MOMENTARY, AlarmKind, Rule
from .limit_units import LimitUnits, snapshot_of
from .processor import AlarmProcessor

# After a start, integrations take a while to bring their entities back; until then nobody is missing.
GRACE_S = 30.0
# After a rename, an entity has a state again by then.
RENAME_S = 5.0

# What comes again and again within so short a time is one moment: a flood of messages is no flood of work.
SAME_S = 1.0

type Stop = CALLBACK_TYPE


class StateWatcher:
    """Passes evaluations of the watched entities to the processor."""

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
        whether it is not there any more.
        """
        self._hass = hass
        self._processor = processor
        self._units = units
        self._is_moving = is_moving
        self._is_gone = is_gone
        # Old and new ids of renamed entities, and until when they may have no state because of that.
        self._former: dict[str, float] = {}
        self._renamed: dict[str, float] = {}
        self._by_entity: defaultdict[str, list[Instance]] = defaultdict(list)
        self._is_settled = False
        self._stop_states: list[Stop] = []
        self._stop_rules: dict[str, Stop] = {}
        self._stop: list[Stop] = []
        # When the last moment of each rule was.
        self._moments: dict[str, float] = {}
        # What renders the template of each rule anew, and what judges it by the last result.
        self._templates: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}

    @callback
    def async_start(self) -> None:
        """Begin; what is gone counts when Home Assistant has been up for a while."""
        if self._hass.state is CoreState.running:
            self._async_settled()
            return

        @callback
        def started(_hass: HomeAssistant) -> None:
            self._stop.append(async_call_later(self._hass, GRACE_S, self._async_settled))

        self._stop.append(async_at_started(self._hass, started))

    @callback
    def async_stop(self) -> None:
        """Watch no more."""
        self._units.cancel()
        for stops in (self._stop_states, self._stop):
            while stops:
                stops.pop()()
        while self._stop_rules:
            self._stop_rules.popitem()[1]()

    @callback
    def _async_settled(self, _now: datetime | None = None) -> None:
        self._is_settled = True
        for instance in list(self._processor):
            self.async_look(instance)
        for settle, _ in list(self._templates.values()):
            settle()

    @callback
    def async_look_at_templates(self) -> None:
        """Judge what templates returned once more: what they name may have been absent for so long that it is gone."""
        for _, judge in list(self._templates.values()):
            judge()

    # ------------------------------------------------------------------ states

    @callback
    def async_set_instances(self, instances: Iterable[Instance]) -> None:
        """Watch the entities of these alarms, and no others."""
        self._by_entity.clear()
        silent = set()
        for instance in instances:
            if instance.evaluator is not None:
                self._by_entity[instance.key.subject].append(instance)
                if instance.rule.condition.kind is AlarmKind.NO_DATA:
                    silent.add(instance.key.subject)
        while self._stop_states:
            self._stop_states.pop()()
        if self._by_entity:
            self._stop_states.append(
                async_track_state_change_event(self._hass, list(self._by_entity), self._async_state_changed)
            )
        if silent:
            # A value that stays the same is a sign of life as well.
            self._stop_states.append(async_track_state_report_event(self._hass, list(silent), self._async_reported))

    @callback
    def async_look(self, instance: Instance) -> None:
        """Judge an alarm by the state there is now, however old it is."""
        if instance.evaluator is not None:
            state = self._hass.states.get(instance.key.subject)
            age_s = time.time() - state.last_reported_timestamp if state else 0.0
            self._async_see(instance, state, max(0.0, age_s))

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
            is_report = not is_renamed or instance.rule.condition.kind is not AlarmKind.NO_DATA
            # Another alarm may have the key by now, and this one another.
            is_at_work = instance.key.subject == entity_id and self._processor.get(instance.key) is instance
            if is_at_work and is_report:
                self._async_see(instance, state)

    @callback
    def _async_reported(self, event: Event[Any]) -> None:
        for instance in self._by_entity.get(event.data["entity_id"], ()):
            if instance.rule.condition.kind is AlarmKind.NO_DATA:
                self._async_see(instance, event.data["new_state"])

    @callback
    def _async_see(self, instance: Instance, state: State | None, age_s: float = 0.0) -> None:
        """Judge by a report that is so many seconds old."""
        assert instance.evaluator is not None  # noqa: S101 - only such are watched
        now = self._processor.now()
        seen = None
        if state is not None:
            seen = snapshot_of(self._hass, instance.rule.condition, state, now - age_s)
            if seen.unit is not None and instance.rule.condition.unit is None:
                self._units.async_request(instance.key.rule_id)
        verdict = instance.evaluator.update(seen, now)
        if verdict.is_active and not self._is_settled and instance.rule.condition.kind in PRESENCE:
            verdict = Evaluation(None)
        self._processor.async_advance(instance, verdict, now)

    # ------------------------------------------- templates, events and messages

    @callback
    def async_watch_rule(self, rule: Rule, instance: Instance) -> None:
        """Watch what a rule without entities looks at; for messages, ``async_watch_messages`` has to follow."""
        self.async_unwatch_rule(rule.rule_id)
        kind = rule.condition.kind
        if kind in MOMENTARY:
            self._async_resume_moment(instance)
        if kind is AlarmKind.TEMPLATE:
            self._stop_rules[rule.rule_id] = self._async_watch_template(instance)
        elif kind is AlarmKind.EVENT:
            self._stop_rules[rule.rule_id] = self._async_watch_event(instance)

    async def async_watch_messages(self, rules: Iterable[Rule]) -> None:
        """Subscribe to what the rules for messages among these listen to; the broker may keep them waiting."""
        for rule in rules:
            instance = self._processor.get(AlarmKey(rule.rule_id, ""))
            if instance is not None and rule.condition.kind is AlarmKind.MESSAGE:
                self._stop_rules[rule.rule_id] = await self._async_watch_messages(instance)

    @callback
    def async_unwatch_rule(self, rule_id: str) -> None:
        """Let go of what a rule looks at."""
        self._moments.pop(rule_id, None)
        if stop := self._stop_rules.pop(rule_id, None):
            stop()

    @callback
    def _async_watch_template(self, instance: Instance) -> Stop:
        is_bad: bool | None = None
        waiting: Stop | None = None
        names = referenced_entities({"template": instance.rule.condition.template})

        @callback
        def judge() -> None:
            nonlocal waiting
            if any(map(self._is_between, names)):
                waiting = waiting or async_call_later(self._hass, RENAME_S, settle_later)
                return
            # Before everything is settled, what the template looks at may not be there yet.
            verdict = Evaluation(is_bad if self._is_settled else None, instance.rule.severity)
            if self._is_settled and is_bad is None and any(map(self._is_gone, names)):
                # Nothing will ever be known again of what was raised about it.
                verdict = Evaluation(False, instance.rule.severity, reason_key=Reason.NOT_WATCHED)
            self._processor.async_advance(instance, verdict, self._processor.now())

        @callback
        def rendered(_event: Event[EventStateChangedData] | None, updates: list[TrackTemplateResult]) -> None:
            nonlocal is_bad
            result = updates.pop().result
            is_bad = None if isinstance(result, TemplateError) else result_as_boolean(result)
            if is_bad is None:
                LOGGER.warning("The template of the alarm %s cannot be rendered: %s", instance.rule.name, result)
            judge()

        @callback
        def settle() -> None:
            # A refresh calls back only when the result is another than the last, which was not judged.
            tracked.async_refresh()
            judge()

        @callback
        def settle_later(_now: datetime) -> None:
            nonlocal waiting
            waiting = None
            settle()

        template = Template(instance.rule.condition.template, self._hass)
        tracked = async_track_template_result(self._hass, [TrackTemplate(template, None)], rendered)
        tracked.async_refresh()
        self._templates[instance.rule.rule_id] = settle, judge

        @callback
        def stop() -> None:
            if waiting:
                waiting()
            self._templates.pop(instance.rule.rule_id, None)
            tracked.async_remove()

        return stop

    @callback
    def _async_watch_event(self, instance: Instance) -> Stop:
        condition = instance.rule.condition

        @callback
        def fired(event: Event[Mapping[str, Any]]) -> None:
            if event_matches(condition.event_data, event.data):
                self._async_moment(instance, condition.event_type)

        return self._hass.bus.async_listen(condition.event_type, fired)

    async def _async_watch_messages(self, instance: Instance) -> Stop:
        condition = instance.rule.condition

        @callback
        def received(message: mqtt_client.ReceiveMessage) -> None:
            payload = mqtt_client.payload_of(message)
            if not message.retain and message_matches(condition.contains, payload):
                self._async_moment(instance, message.topic)

        return await mqtt_client.async_subscribe(self._hass, condition.topic, received)

    @callback
    def _async_resume_moment(self, instance: Instance) -> None:
        """Go on waiting for the end of a moment, after a start or a change of its rule."""
        alarm, now = instance.alarm, self._processor.now()
        severity = instance.rule.severity
        change = Commanded(lambda alarm, timing, at: lifecycle.change_severity(alarm, timing, severity, at))
        self._processor.async_advance(instance, change, now)
        if alarm.active:
            self._processor.async_advance(instance, Evaluation(False, alarm.severity, value=alarm.value), now)

    @callback
    def _async_moment(self, instance: Instance, what: str) -> None:
        """Raise for something that has no state of its own; it is over when its time is."""
        now, rule_id = self._processor.now(), instance.key.rule_id
        is_same = 0 <= now - self._moments.get(rule_id, -math.inf) < SAME_S
        if is_same and instance.alarm.underlying_state is not AlarmState.NORMAL:
            return
        self._moments[rule_id] = now
        what = what[:MAX_WORD]
        self._processor.async_advance(instance, Evaluation(True, instance.rule.severity, value=what), now)
        self._processor.async_advance(instance, Evaluation(False, instance.rule.severity, value=what), now)
