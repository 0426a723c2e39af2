"""Activity of alarms: an entry of Home Assistant's logbook for each transition."""

from homeassistant.const import EVENT_LOGBOOK_ENTRY
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from .engine.models import Change, Transition
from .engine.rule import Rule
from .engine.suppression import BY_HAND
from .manager import AlarmsManager
from .runtime.display_name import async_name
from .runtime.events import SIGNAL_ALARM, AlarmEvent
from .runtime.permissions import async_rule_entity

_TEXTS = f"component.{DOMAIN}.selector.alarm_logbook.options."
_SEVERITIES = f"component.{DOMAIN}.selector.severity.options."
_SUPPRESSION = frozenset({Change.SUPPRESSED, Change.UNSUPPRESSED})


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
    """Write an entry for the entity that the alarm watches; for the rule's own entity where it watches none.

    Entries that an integration describes by itself do not appear on pages of other integrations' entities; these do.
    """
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    severity = texts.get(f"{_SEVERITIES}{transition.severity.word}", transition.severity.word)
    message = texts.get(f"{_TEXTS}{transition.change}", transition.change).format(rule=rule.name, severity=severity)
    if transition.by.name:
        message += " " + texts.get(f"{_TEXTS}by", "({who})").format(who=transition.by.name)
    cause = transition.detail.partition(":")[0] if transition.change in _SUPPRESSION else ""
    reason = transition.by.comment or texts.get(f"{_TEXTS}because_{cause}", "") or transition.reason
    entity_id = transition.key.subject or async_rule_entity(hass, rule.rule_id)
    data = {
        "name": async_name(hass, rule, transition.key.subject),
        "message": f"{message}: {reason}" if reason else message,
        "domain": DOMAIN,
        "entity_id": entity_id,
    }
    hass.bus.async_fire(EVENT_LOGBOOK_ENTRY, {key: value for key, value in data.items() if value})
