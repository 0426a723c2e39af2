"""Activity of alarms: a sentence for each transition, in place of the changes of the rule's entities.

Many alarms that are suppressed together, or no longer are, for one reason have one sentence with their number.
"""

from collections.abc import Hashable, Mapping

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..activity import activity_texts, async_log
from ..coalescing import CoalescedCall
from .button import ACKNOWLEDGE_ALL
from .engine.flapping import FLAPPING
from .engine.models import Change, Transition
from .engine.root_cause import PARENT, key_of
from .engine.rule import Rule
from .engine.suppression import BY_HAND, WINDOW
from .manager import AlarmsManager
from .runtime.display_name import async_name
from .runtime.events import SIGNAL_ALARM, AlarmEvent
from .runtime.permissions import async_rule_entity, is_of_rule
from .todo import KEY as ALARM_LIST

_SUPPRESSION = frozenset({Change.SUPPRESSED, Change.UNSUPPRESSED})


def is_described(entity: er.RegistryEntry) -> bool:
    """Return whether the sentences describe the changes of an entity of ours."""
    return is_of_rule(entity) or entity.translation_key in (ALARM_LIST, ACKNOWLEDGE_ALL)


@callback
def async_start_activity(hass: HomeAssistant, manager: AlarmsManager) -> CALLBACK_TYPE:
    """Start writing transitions into the logbook; return a callback that ends that."""
    pending: dict[Hashable, list[AlarmEvent]] = {}

    @callback
    def write() -> None:
        for events in pending.values():
            _async_log(hass, manager, events)
        pending.clear()

    write_soon = CoalescedCall(hass, write)

    @callback
    def collect(event: AlarmEvent) -> None:
        if event.transition and _is_logged(manager, event.transition):
            pending.setdefault(_happening(event.transition), []).append(event)
            write_soon()

    disconnect = async_dispatcher_connect(hass, SIGNAL_ALARM, collect)

    @callback
    def stop() -> None:
        disconnect()
        write_soon.cancel()
        write()

    return stop


def _is_logged(manager: AlarmsManager, transition: Transition) -> bool:
    """Skip suppression of inactive alarms, except suppression by a person."""
    if transition.change not in _SUPPRESSION or transition.detail == BY_HAND:
        return True
    alarm = manager.alarm(transition.key)
    return alarm is not None and alarm.active


def _happening(transition: Transition) -> Hashable:
    """Return a key that transitions share which have one sentence; flapping is that of each alarm alone."""
    if transition.change in _SUPPRESSION and transition.detail != FLAPPING:
        return transition.change, transition.detail, transition.by
    return id(transition)


@callback
def _async_log(hass: HomeAssistant, manager: AlarmsManager, events: list[AlarmEvent]) -> None:
    """Write a sentence about an alarm, or one about many with their number."""
    texts = activity_texts(hass, "alarm_logbook")
    event = events[0]
    if (transition := event.transition) is None:
        return
    if len(events) == 1:
        name, entity_id = async_name(hass, event.rule, transition.key.subject), transition.key.subject
        message, reason = _async_sentence(hass, event.rule, transition, texts)
    else:
        name, entity_id, reason = _async_reason_of_many(hass, manager, transition, texts)
        message = texts.get(f"{transition.change}_many", "{count}").format(count=len(events))
    if transition.by.name:
        message += " " + texts.get("by", "({who})").format(who=transition.by.name)
    reason = transition.by.comment or reason
    entity_id = entity_id or async_rule_entity(hass, event.rule.rule_id) or ""
    async_log(hass, name, f"{message}: {reason}" if reason else message, entity_id, is_described)


@callback
def _async_sentence(
    hass: HomeAssistant, rule: Rule, transition: Transition, texts: Mapping[str, str]
) -> tuple[str, str]:
    """Return the sentence of a transition of one alarm, and its reason."""
    severities = activity_texts(hass, "severity")
    severity = severities.get(transition.severity.word, transition.severity.word)
    message = texts.get(transition.change, transition.change.value).format(rule=rule.name, severity=severity)
    return message, _reason(transition, texts) or transition.reason or transition.value


@callback
def _async_reason_of_many(
    hass: HomeAssistant, manager: AlarmsManager, transition: Transition, texts: Mapping[str, str]
) -> tuple[str, str, str]:
    """Return the root cause or the window for which many alarms are suppressed: its name, entity and text."""
    detail = transition.detail
    if detail.startswith(PARENT) and (cause := manager.processor.get(key_of(detail))):
        subject = cause.key.subject
        entity_id = subject or async_rule_entity(hass, cause.rule.rule_id) or ""
        reason = texts.get("because_alarm", "{rule}").format(rule=cause.rule.name)
        return async_name(hass, cause.rule, subject), entity_id, reason
    if window := manager.suppressor.windows.get(detail.removeprefix(WINDOW)):
        return window.name, "", _reason(transition, texts)
    return _async_device_name(hass, transition.key.rule_id), "", _reason(transition, texts)


def _reason(transition: Transition, texts: Mapping[str, str]) -> str:
    kind = transition.detail.partition(":")[0] if transition.change in _SUPPRESSION else ""
    return texts.get(f"because_{kind}", "")


@callback
def _async_device_name(hass: HomeAssistant, rule_id: str) -> str:
    """Return the name of the device of all rules."""
    entity = er.async_get(hass).async_get(async_rule_entity(hass, rule_id) or "")
    device = dr.async_get(hass).async_get(entity.device_id) if entity and entity.device_id else None
    return (device and (device.name_by_user or device.name)) or ""
