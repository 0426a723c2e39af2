"""To-do list of the alarms: a tick acknowledges an alarm, taking it away takes the acknowledgement back."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import override

from homeassistant.components.homeassistant.exposed_entities import KNOWN_ASSISTANTS
from homeassistant.components.todo.const import TodoItemStatus, TodoListEntityFeature
from homeassistant.components.todo.entity import TodoItem, TodoListEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, intent
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ..coalescing import CoalescedCall
from ..const import DOMAIN
from ..entity import IotBridgeEntity
from ..errors import InvalidCallError
from ..texts import Texts, texts_below
from .api.services import ATTR_ALARM
from .engine.models import Alarm, AlarmKey, AlarmState
from .engine.rule import Rule
from .entity import IotBridgeAlarmsEntity
from .flow.summaries import condition_text
from .manager import AlarmsManager
from .notifications.message import alarm_texts, tag_of
from .runtime.display_name import async_problem_name
from .runtime.events import SIGNAL_ALARM, SIGNAL_COUNTS, SIGNAL_RULES, AlarmEvent
from .runtime.permissions import async_rule_entity

KEY = "alarms"
# The states of the alarms that the list has, and whether they are ticked.
STATUSES: Mapping[AlarmState, TodoItemStatus] = {
    AlarmState.UNACKNOWLEDGED: TodoItemStatus.NEEDS_ACTION,
    AlarmState.RETURNED: TodoItemStatus.NEEDS_ACTION,
    AlarmState.ACKNOWLEDGED: TodoItemStatus.COMPLETED,
}
# Context of the running action on the list, until it is used. Intents and tools of language models call the methods of
# the entity directly, so the context that Home Assistant keeps at the entity is that of the last action.
_CALLER: ContextVar[list[Context]] = ContextVar("iotbridge_todo_caller")


@callback
def async_setup_alarm_list(
    hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the list."""
    async_add_entities([AlarmList(hass, entry, alarms)])


class AlarmList(IotBridgeAlarmsEntity, IotBridgeEntity, TodoListEntity):
    """List of the alarms that are open or not acknowledged yet; snoozed and suppressed ones are left out.

    Home Assistant asks for no permission to read items, so they have no values of entities.
    """

    # The description is supported because the dialog of an item sends it back, which core refuses otherwise.
    _attr_supported_features = TodoListEntityFeature.UPDATE_TODO_ITEM | TodoListEntityFeature.SET_DESCRIPTION_ON_ITEM

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, alarms: AlarmsManager) -> None:
        """Add the list to the device of the bridge."""
        super().__init__(entry, KEY)
        self._alarms = alarms
        self._keys: dict[str, AlarmKey] = {}
        registry = er.async_get(hass)
        self._is_new = registry.async_get_entity_id(Platform.TODO, DOMAIN, f"{entry.entry_id}_{KEY}") is None

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the alarms; simultaneous changes are coalesced."""
        if self._is_new:
            self._async_hide_from_assistants()
        changed = CoalescedCall(self.hass, self._async_changed)
        self.async_on_remove(changed.cancel)

        @callback
        def alarm_changed(_event: AlarmEvent) -> None:
            changed()

        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_ALARM, alarm_changed))
        for signal in (SIGNAL_COUNTS, SIGNAL_RULES):
            self.async_on_remove(async_dispatcher_connect(self.hass, signal, changed))
        self._async_update_items()

    @override
    @callback
    def async_set_context(self, context: Context) -> None:
        """Keep the context for the action that runs now."""
        super().async_set_context(context)
        _CALLER.set([context])

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Refuse an item of a person's own."""
        raise _refusal(InvalidCallError("alarm_list_fixed"))

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Refuse to delete items."""
        raise _refusal(InvalidCallError("alarm_list_fixed"))

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Acknowledge the alarm of an item, or take that back, as the action of that name does for its caller.

        The texts are ignored then: cards send them back, and they may have changed meanwhile.
        """
        before = next((listed for listed in self.todo_items or () if listed.uid == item.uid), None)
        if before is None:
            raise InvalidCallError("no_alarm")
        if item.status == before.status:
            if (item.summary, item.description) != (before.summary, before.description):
                raise InvalidCallError("alarm_list_fixed")
            return
        if not (caller := _CALLER.get([])):
            raise _refusal(InvalidCallError("alarm_list_no_caller"))
        key = self._keys[item.uid or ""]
        data = {ATTR_ENTITY_ID: async_rule_entity(self.hass, key.rule_id)}
        if key.subject:
            data[ATTR_ALARM] = key.subject
        action = "acknowledge" if item.status == TodoItemStatus.COMPLETED else "unacknowledge"
        await self.hass.services.async_call(DOMAIN, action, data, blocking=True, context=caller.pop())

    @callback
    def _async_hide_from_assistants(self) -> None:
        """Hide the list from assistants, which would see it by default; a user can expose it again."""
        registry = er.async_get(self.hass)
        for assistant in KNOWN_ASSISTANTS:
            registry.async_update_entity_options(self.entity_id, assistant, {"should_expose": False})

    @callback
    def _async_changed(self) -> None:
        self._async_update_items()
        self.async_write_ha_state()

    @callback
    def _async_update_items(self) -> None:
        if not self._alarms.is_started:
            # Items that are missing until the alarms are restored would be new ones for automations.
            return
        alarms = [
            (rule, alarm)
            for alarm in self._alarms.alarms()
            if alarm.state in STATUSES and (rule := self._alarms.rules.get(alarm.key.rule_id))
        ]
        alarms.sort(key=lambda pair: (-pair[1].severity, -(pair[1].raised_at or 0.0), pair[1].key))
        self._keys = {tag_of(alarm.key, alarm.identity): alarm.key for _, alarm in alarms}
        self._attr_todo_items = [_item(self.hass, rule, alarm) for rule, alarm in alarms]


@callback
def _item(hass: HomeAssistant, rule: Rule, alarm: Alarm) -> TodoItem:
    return TodoItem(
        uid=tag_of(alarm.key, alarm.identity),
        summary=async_problem_name(hass, rule, alarm.key.subject),
        status=STATUSES[alarm.state],
        description=_description(hass, rule, alarm),
    )


@callback
def _description(hass: HomeAssistant, rule: Rule, alarm: Alarm) -> str:
    """Return the severity and limit, the times and the instructions, a line each."""
    texts = alarm_texts(hass)
    translations = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    own = Texts(own=texts_below(translations, f"component.{DOMAIN}.selector.wizard.options."), device_classes={})
    condition = rule.condition
    if alarm.severity > rule.severity:
        condition = replace(
            condition,
            above=condition.above if condition.worse_above is None else condition.worse_above,
            below=condition.below if condition.worse_below is None else condition.worse_below,
        )
    lines = [f"{texts.title(alarm.severity, condition_text(own, condition))}."]
    if alarm.raised_at is not None:
        lines.append(texts.sentence("list_since", time=_time(alarm.raised_at)))
    if alarm.state is AlarmState.RETURNED and alarm.cleared_at is not None:
        lines.append(texts.sentence("list_cleared", time=_time(alarm.cleared_at)))
    if rule.instructions:
        lines.append(texts.sentence("instructions", text=rule.instructions))
    return "\n".join(lines)


def _time(at: float) -> str:
    return dt_util.as_local(dt_util.utc_from_timestamp(at)).strftime("%Y-%m-%d %H:%M")


def _refusal(error: InvalidCallError) -> intent.IntentHandleError:
    """Return the error for intents and tools, which alone call these methods without an action."""
    return intent.IntentHandleError(str(error))
