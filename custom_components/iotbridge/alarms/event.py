"""Event entity of an alarm rule: each transition of its alarms."""

from collections import defaultdict, deque
from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.serialization import transition_as_dict
from .engine.models import Change, Transition
from .engine.rule import Rule
from .entity import IotBridgeRuleEntity, async_track_rules
from .manager import AlarmsManager
from .runtime.events import SIGNAL_ALARM, AlarmEvent

# Attributes of an event. The entity of the alarm is not called "entity_id", which as an attribute denotes a group of
# entities. Its value is left out: everyone who may see the event entity may see its attributes.
EVENT_KEYS = ("alarm", "subject", "severity", "who", "where", "comment")
# Transitions that are kept for an entity that is not added yet; one that the user disabled is never added.
MAX_PENDING = 20


@callback
def async_setup_alarm_events(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add an event entity for each rule, now and when a rule is created."""
    pending_transitions = PendingTransitions(alarms)
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_ALARM, pending_transitions.async_dispatch))

    @callback
    def make(rule: Rule, device: DeviceEntry) -> list[AlarmEventEntity]:
        return [AlarmEventEntity(alarms, rule, device, pending_transitions)]

    entry.async_on_unload(async_track_rules(hass, entry, alarms, async_add_entities, make))


class PendingTransitions:
    """Dispatcher of transitions to the entity of their rule; a new rule may raise alarms before its entity is added."""

    def __init__(self, alarms: AlarmsManager) -> None:
        """Start without entities."""
        self._alarms = alarms
        self._entities: dict[str, AlarmEventEntity] = {}
        self._pending: defaultdict[str, deque[Transition]] = defaultdict(lambda: deque(maxlen=MAX_PENDING))

    @callback
    def async_dispatch(self, event: AlarmEvent) -> None:
        """Pass a transition to the entity, now or when it is added."""
        if event.transition is None:
            return
        rule_id = event.rule.rule_id
        if entity := self._entities.get(rule_id):
            entity.async_trigger(event.transition)
        elif rule_id in self._alarms.rules:
            self._pending[rule_id].append(event.transition)

    @callback
    def async_add(self, rule_id: str, entity: AlarmEventEntity) -> CALLBACK_TYPE:
        """Add an entity and pass the transitions before that; return a callback that removes it."""
        self._entities[rule_id] = entity
        for transition in self._pending.pop(rule_id, ()):
            entity.async_trigger(transition)

        @callback
        def remove() -> None:
            del self._entities[rule_id]

        return remove


class AlarmEventEntity(IotBridgeRuleEntity, EventEntity):
    """Event entity of a rule: the transitions of its alarms."""

    _attr_event_types = [change.value for change in Change]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    def __init__(
        self, alarms: AlarmsManager, rule: Rule, device: DeviceEntry, pending_transitions: PendingTransitions
    ) -> None:
        """Start without an event."""
        super().__init__(alarms, rule, device)
        self._pending_transitions = pending_transitions

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the rule and its transitions."""
        await super().async_added_to_hass()
        self.async_on_remove(self._pending_transitions.async_add(self._rule.rule_id, self))

    @callback
    def async_trigger(self, transition: Transition) -> None:
        """Trigger the event of a transition."""
        attributes = transition_as_dict(self.hass, self._rule, transition)
        attributes["subject"] = attributes["entity_id"]
        self._trigger_event(transition.change, {key: attributes[key] for key in EVENT_KEYS})
        self.async_write_ha_state()
