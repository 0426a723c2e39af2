"""Sources of rules without entities: a template, the event bus, messages on MQTT; one class for each such kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
import math
from typing import Any, override

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import (
    TrackTemplate,
    TrackTemplateResult,
    async_call_later,
    async_track_template_result,
)
from homeassistant.helpers.template import Template

from ... import mqtt_client
from ...const import LOGGER
from ..engine import lifecycle
from ..engine.advance import Commanded
from ..engine.evaluation.state import MAX_VALUE, event_matches, message_matches
from ..engine.instance import Instance
from ..engine.kinds import AlarmKind
from ..engine.models import NOT_WATCHED, AlarmState, Evaluation
from ..engine.references import referenced_entities
from .processor import AlarmProcessor
from .template_result import TemplateResult

# Time within which a renamed entity gets its state under the new id.
RENAME_S = 5.0
# Moments within this time count as one, so that a flood of messages causes little work.
SAME_S = 1.0


class Source:
    """Base of the sources of one rule's evaluations, which go to the processor."""

    async def async_connect(self) -> None:
        """Subscribe where that may have to wait for the broker."""

    @callback
    def async_settle(self) -> None:
        """Evaluate again after the start, where entities matter: Home Assistant has loaded them."""

    @callback
    def async_evaluate(self) -> None:
        """Evaluate the last result again, where entities matter: absent ones may count as removed by now."""

    @callback
    def async_stop(self) -> None:
        """Stop watching."""


@dataclass(frozen=True, slots=True)
class WatchContext:
    """Surroundings of a source.

    ``is_settled`` returns whether entities that do not exist count as absent; ``is_being_renamed`` whether an entity
    has no state because of a rename; ``is_missing`` whether it was removed.
    """

    hass: HomeAssistant
    processor: AlarmProcessor
    is_settled: Callable[[], bool]
    is_being_renamed: Callable[[str], bool]
    is_missing: Callable[[str], bool]


class TemplateSource(Source):
    """Source of a rule whose template is rendered whenever it changes."""

    def __init__(self, context: WatchContext, instance: Instance) -> None:
        """Render the template and track it."""
        self._context = context
        self._instance = instance
        self._result: TemplateResult | None = None
        self._waiting: CALLBACK_TYPE | None = None
        self._names = referenced_entities({"template": instance.rule.condition.template})
        template = Template(instance.rule.condition.template, context.hass)
        self._tracked = async_track_template_result(context.hass, [TrackTemplate(template, None)], self._async_rendered)
        self._tracked.async_refresh()

    @override
    @callback
    def async_settle(self) -> None:
        """Render the template again."""
        # A refresh calls back only when the result differs from the last, which was not evaluated.
        self._tracked.async_refresh()
        self.async_evaluate()

    @override
    @callback
    def async_evaluate(self) -> None:
        """Evaluate the last result."""
        context, severity = self._context, self._instance.rule.severity
        if any(map(context.is_being_renamed, self._names)):
            self._waiting = self._waiting or async_call_later(context.hass, RENAME_S, self._async_settle_later)
            return
        # Before everything is settled, the entities of the template may not exist yet.
        is_settled = context.is_settled()
        evaluation = self._result.evaluation(severity) if is_settled and self._result else Evaluation(None, severity)
        if is_settled and evaluation.is_active is None and any(map(context.is_missing, self._names)):
            # The template cannot be rendered again for the removed entity.
            evaluation = Evaluation(False, severity, reason_key=NOT_WATCHED)
        context.processor.async_advance(self._instance, evaluation)

    @override
    @callback
    def async_stop(self) -> None:
        """Stop tracking."""
        if self._waiting:
            self._waiting()
        self._tracked.async_remove()

    @callback
    def _async_settle_later(self, _now: datetime) -> None:
        self._waiting = None
        self.async_settle()

    @callback
    def _async_rendered(self, _event: Event[EventStateChangedData] | None, updates: list[TrackTemplateResult]) -> None:
        was_clear = self._result is None or self._result.is_true is not None
        self._result = result = TemplateResult(updates.pop().result)
        if was_clear and result.is_true is None:
            LOGGER.warning(
                "The template of the alarm %s is neither true nor false: %s", self._instance.rule.name, result.text
            )
        self.async_evaluate()


class MomentSource(Source):
    """Base of sources of moments instead of states; the alarm clears after its clear time."""

    def __init__(self, context: WatchContext, instance: Instance) -> None:
        """Resume the time of an alarm that is active, after a start or a change of its rule."""
        self._context = context
        self._instance = instance
        self._last_at = -math.inf
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._is_stopped = False
        self._async_resume()

    @override
    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        self._is_stopped = True
        if self._unsubscribe:
            self._unsubscribe()

    @callback
    def _async_resume(self) -> None:
        instance, processor = self._instance, self._context.processor
        alarm, now, severity = instance.alarm, processor.now(), instance.rule.severity
        change = Commanded(lambda alarm, timing, at: lifecycle.change_severity(alarm, timing, severity, at))
        processor.async_advance(instance, change, now)
        if alarm.active:
            processor.async_advance(instance, Evaluation(False, alarm.severity, value=alarm.value), now)

    @callback
    def _async_raise(self, value: str) -> None:
        """Raise the alarm, and start to clear it."""
        instance, processor = self._instance, self._context.processor
        now = processor.now()
        is_same = 0 <= now - self._last_at < SAME_S
        if is_same and instance.alarm.underlying_state is not AlarmState.NORMAL:
            return
        self._last_at = now
        value, severity = value[:MAX_VALUE], instance.rule.severity
        processor.async_advance(instance, Evaluation(True, severity, value=value), now)
        processor.async_advance(instance, Evaluation(False, severity, value=value), now)


class EventSource(MomentSource):
    """Source of events on Home Assistant's bus."""

    def __init__(self, context: WatchContext, instance: Instance) -> None:
        """Subscribe to the event."""
        super().__init__(context, instance)
        self._unsubscribe = context.hass.bus.async_listen(instance.rule.condition.event_type, self._async_fired)

    @callback
    def _async_fired(self, event: Event[Mapping[str, Any]]) -> None:
        condition = self._instance.rule.condition
        if event_matches(condition.event_data, event.data):
            self._async_raise(condition.event_type)


class MessageSource(MomentSource):
    """Source of MQTT messages."""

    @override
    async def async_connect(self) -> None:
        topic = self._instance.rule.condition.topic
        self._unsubscribe = await mqtt_client.async_subscribe(self._context.hass, topic, self._async_received)
        if self._is_stopped:  # meanwhile: the broker may be slow
            self._unsubscribe()

    @callback
    def _async_received(self, message: mqtt_client.ReceiveMessage) -> None:
        payload = mqtt_client.payload_of(message)
        if not message.retain and message_matches(self._instance.rule.condition.contains, payload):
            self._async_raise(message.topic)


# One row for each kind without entities.
SOURCES: Mapping[AlarmKind, Callable[[WatchContext, Instance], Source]] = {
    AlarmKind.TEMPLATE: TemplateSource,
    AlarmKind.EVENT: EventSource,
    AlarmKind.MESSAGE: MessageSource,
}
