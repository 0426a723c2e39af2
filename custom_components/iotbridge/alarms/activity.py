"""Activity of alarms: a sentence for each transition, in place of the changes of the rule's entities."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..activity import activity_texts, async_log
from .button import ACKNOWLEDGE_ALL
from .engine.models import Change, Transition
from .engine.rule import Rule
from .engine.suppression import BY_HAND
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

    @callback
    def log(event: AlarmEvent) -> None:
        if event.transition and _is_logged(manager, event.transition):
            _async_log(hass, event.rule, event.transition)

    return async_dispatcher_connect(hass, SIGNAL_ALARM, log)


def _is_logged(manager: AlarmsManager, transition: Transition) -> bool:
    """Skip suppression of inactive alarms, except suppression by a person."""
    if transition.change not in _SUPPRESSION or transition.detail == BY_HAND:
        return True
    alarm = manager.alarm(transition.key)
    return alarm is not None and alarm.active


@callback
def _async_log(hass: HomeAssistant, rule: Rule, transition: Transition) -> None:
    """Write a sentence about the entity that the alarm watches; about the rule's device where it watches none."""
    texts, severities = activity_texts(hass, "alarm_logbook"), activity_texts(hass, "severity")
    severity = severities.get(transition.severity.word, transition.severity.word)
    message = texts.get(transition.change, transition.change.value).format(rule=rule.name, severity=severity)
    if transition.by.name:
        message += " " + texts.get("by", "({who})").format(who=transition.by.name)
    cause = transition.detail.partition(":")[0] if transition.change in _SUPPRESSION else ""
    reason = transition.by.comment or texts.get(f"because_{cause}", "") or transition.reason or transition.value
    entity_id = transition.key.subject or async_rule_entity(hass, rule.rule_id) or ""
    name = async_name(hass, rule, transition.key.subject)
    async_log(hass, name, f"{message}: {reason}" if reason else message, entity_id, is_described)
