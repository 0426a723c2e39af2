"""Makes known what happens to alarms: to whoever follows it, and in the logbook.

Automations and dashboards outlive a reload of the entry and with it the manager, so they follow a signal, not him.
"""

from homeassistant.const import EVENT_LOGBOOK_ENTRY
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util.signal_type import SignalType

from ...const import DOMAIN
from ..engine.instance import Instance
from ..engine.models import AlarmKey, Change, Transition
from ..engine.rule import Rule
from ..manager import AlarmsManager
from ..runtime.display_name import async_name
from ..runtime.permissions import async_rule_entity
from .targets import MANAGER

SIGNAL_TRANSITION: SignalType[Rule, Transition] = SignalType(f"{DOMAIN}_alarm_happened")
# An alarm looks different though nothing happened to it that is told.
SIGNAL_UPDATED: SignalType[Rule, AlarmKey] = SignalType(f"{DOMAIN}_alarm_shown")
SIGNAL_RULES: SignalType[()] = SignalType(f"{DOMAIN}_alarm_rules")

_WORDS = f"component.{DOMAIN}.selector.alarm_logbook.options."
_SEVERITIES = f"component.{DOMAIN}.selector.severity.options."
_QUIET = frozenset({Change.SUPPRESSED, Change.UNSUPPRESSED})


@callback
def async_publish_signals(hass: HomeAssistant, manager: AlarmsManager) -> CALLBACK_TYPE:
    """Pass on what happens from now on; return what ends it."""
    hass.data[MANAGER] = manager

    @callback
    def happened(rule: Rule, transition: Transition) -> None:
        async_dispatcher_send(hass, SIGNAL_TRANSITION, rule, transition)
        if _is_told(manager, transition):
            _async_log(hass, rule, transition)

    @callback
    def shown(instance: Instance) -> None:
        # At a start these are all alarms, and nearly all of them are as if nothing had ever happened.
        if instance.is_stored or not instance.alarm.is_blank:
            async_dispatcher_send(hass, SIGNAL_UPDATED, instance.rule, instance.key)

    @callback
    def rules_changed() -> None:
        async_dispatcher_send(hass, SIGNAL_RULES)

    stops = (manager.async_listen(happened), manager.async_listen_rules(rules_changed))
    manager.processor.on_shown.append(shown)

    @callback
    def stop() -> None:
        del hass.data[MANAGER]
        manager.processor.on_shown.remove(shown)
        for end in stops:
            end()

    return stop


def _is_told(manager: AlarmsManager, transition: Transition) -> bool:
    """Leave out that an alarm is silent which has nothing to say, unless somebody did it to that very alarm."""
    if transition.change not in _QUIET or transition.detail == "by_hand":
        return True
    alarm = manager.alarm(transition.key)
    return alarm is not None and alarm.active


@callback
def _async_log(hass: HomeAssistant, rule: Rule, transition: Transition) -> None:
    """Write into the logbook of the entity that the alarm is about; without one, into that of the rule.

    What integrations describe themselves is not shown on the pages of other integrations' entities; this is.
    """
    words = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    severity = words.get(f"{_SEVERITIES}{transition.severity.word}", transition.severity.word)
    message = words.get(f"{_WORDS}{transition.change}", transition.change).format(rule=rule.name, severity=severity)
    if transition.by.name:
        message += " " + words.get(f"{_WORDS}by", "({who})").format(who=transition.by.name)
    reason = transition.detail.partition(":")[0] if transition.change in _QUIET else ""
    why = transition.by.comment or words.get(f"{_WORDS}because_{reason}", "") or transition.reason
    entity_id = transition.key.subject or async_rule_entity(hass, rule.rule_id)
    data = {
        "name": async_name(hass, rule, transition.key.subject),
        "message": f"{message}: {why}" if why else message,
        "domain": DOMAIN,
        "entity_id": entity_id,
    }
    hass.bus.async_fire(EVENT_LOGBOOK_ENTRY, {key: value for key, value in data.items() if value})
