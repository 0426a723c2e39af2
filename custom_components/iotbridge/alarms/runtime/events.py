"""Event bus of the alarms, on Home Assistant's dispatcher.

Entities, triggers, conditions, WebSocket subscriptions and the logbook subscribe here. The subscriptions of automations
and dashboards survive a reload of the config entry, in which the manager is replaced.
"""

from dataclasses import dataclass

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from ...const import DOMAIN
from ..engine.advance import AlarmOutcome
from ..engine.instance import Instance
from ..engine.models import AlarmKey, Transition
from ..engine.rule import Rule


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """Event of an alarm: a transition, or without one another change of its appearance."""

    rule: Rule
    key: AlarmKey
    transition: Transition | None = None


SIGNAL_ALARM: SignalType[AlarmEvent] = SignalType(f"{DOMAIN}_alarm")
# Rules were added, changed or removed.
SIGNAL_RULES: SignalType[()] = SignalType(f"{DOMAIN}_alarm_rules")
# A notification of an alarm was delivered, refused or deferred.
SIGNAL_DELIVERIES: SignalType[AlarmKey] = SignalType(f"{DOMAIN}_alarm_deliveries")
# A count of open alarms changed, or maintenance began or ended.
SIGNAL_COUNTS: SignalType[()] = SignalType(f"{DOMAIN}_alarm_counts")


def signal_of_rule(rule_id: str) -> SignalType[()]:
    """Return the signal for changes of a rule's alarms, so that a thousand rules do not get each other's."""
    return SignalType(f"{DOMAIN}_alarm_rule_{rule_id}")


@callback
def async_publish(hass: HomeAssistant, instance: Instance, outcome: AlarmOutcome) -> None:
    """Publish the outcome of an input."""
    rule, key = instance.rule, instance.key
    if not outcome.transitions and not outcome.is_updated:
        return
    async_dispatcher_send(hass, signal_of_rule(key.rule_id))
    for transition in outcome.transitions:
        async_dispatcher_send(hass, SIGNAL_ALARM, AlarmEvent(rule, key, transition))
    # At a start every alarm is evaluated for the first time, and nearly all of them stay blank.
    if not outcome.transitions and (instance.is_stored or not instance.alarm.is_blank):
        async_dispatcher_send(hass, SIGNAL_ALARM, AlarmEvent(rule, key))
