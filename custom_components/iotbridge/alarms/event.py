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
from .entity import IotBridgeRuleEntity, async_follow_rules
from .manager import AlarmsManager
from .runtime.events import SIGNAL_ALARM, AlarmEvent

# What an event tells beside its type; the entity it is about is not named "entity_id", which in an attribute means a
# group of entities. No values of that entity: attributes are for all who may see this one.
TOLD = ("alarm", "subject", "severity", "who", "where", "comment")
# What is kept for an entity that is not there yet; one that the user disabled never comes.
EARLY = 20


@callback
def async_setup_alarm_events(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add an event entity for each rule, now and when a rule is created."""
    happenings = PendingTransitions(alarms)
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_ALARM, happenings.async_happened))

    @callback
    def make(rule: Rule, device: DeviceEntry) -> list[AlarmEventEntity]:
        return [AlarmEventEntity(alarms, rule, device, happenings)]

    entry.async_on_unload(async_follow_rules(hass, entry, alarms, async_add_entities, make))


class PendingTransitions:
    """Hands what happens to the entity of its rule; a new rule may find something bad before its entity is there."""

    def __init__(self, alarms: AlarmsManager) -> None:
        """Know nobody."""
        self._alarms = alarms
        self._entities: dict[str, AlarmEventEntity] = {}
        self._early: defaultdict[str, deque[Transition]] = defaultdict(lambda: deque(maxlen=EARLY))

    @callback
    def async_happened(self, event: AlarmEvent) -> None:
        """Pass a transition to the entity, now or when it is added."""
        if event.transition is None:
            return
        rule_id = event.rule.rule_id
        if entity := self._entities.get(rule_id):
            entity.async_happened(event.transition)
        elif rule_id in self._alarms.rules:
            self._early[rule_id].append(event.transition)

    @callback
    def async_add(self, rule_id: str, entity: AlarmEventEntity) -> CALLBACK_TYPE:
        """Take up an entity and tell it what it missed; return what lets it go."""
        self._entities[rule_id] = entity
        for transition in self._early.pop(rule_id, ()):
            entity.async_happened(transition)

        @callback
        def let_go() -> None:
            del self._entities[rule_id]

        return let_go


class AlarmEventEntity(IotBridgeRuleEntity, EventEntity):
    """Event entity of a rule: the transitions of its alarms."""

    _attr_event_types = [change.value for change in Change]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    def __init__(self, alarms: AlarmsManager, rule: Rule, device: DeviceEntry, happenings: PendingTransitions) -> None:
        """Show nothing yet."""
        super().__init__(alarms, rule, device)
        self._happenings = happenings

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the rule and its alarms."""
        await super().async_added_to_hass()
        self.async_on_remove(self._happenings.async_add(self._rule.rule_id, self))

    @callback
    def async_happened(self, transition: Transition) -> None:
        """Show one thing that happened."""
        told = transition_as_dict(self.hass, self._rule, transition)
        told["subject"] = told["entity_id"]
        self._trigger_event(transition.change, {key: told[key] for key in TOLD})
        self.async_write_ha_state()
