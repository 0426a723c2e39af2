"""Alarms by voice and for language models: names, and commands on the alarms that a user may access."""

from collections.abc import Iterable

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback

from ..sentences.document import JOINT, Names
from .engine.models import WAITING, Actor, Alarm, AlarmKey, AlarmState
from .manager import AlarmsManager
from .runtime.display_name import async_name
from .runtime.permissions import async_permits

VOICE = "voice"
ACTIVE = WAITING | {AlarmState.ACKNOWLEDGED}


@callback
def async_rule_names(manager: AlarmsManager) -> Names:
    """Return the names of the rules for the sentences."""
    return {"alarm": [(rule.name, rule_id) for rule_id, rule in manager.rules.items()]}


@callback
def async_list(hass: HomeAssistant, manager: AlarmsManager, user: User | None) -> list[tuple[str, Alarm]]:
    """Return the active alarms that a user may read, with their names, the most severe first."""
    return _alarms(hass, manager, user, POLICY_READ, ACTIVE)


@callback
def async_acknowledge(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, rule_ids: str | None = None
) -> list[str]:
    """Acknowledge the alarms that a user may control, all or those of some rules; return their names."""
    alarms = _alarms(hass, manager, user, POLICY_CONTROL, WAITING, rule_ids)
    changed = manager.async_acknowledge(_keys(alarms), _actor(user))
    return _names(alarms, changed)


@callback
def async_snooze(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, minutes: int, rule_ids: str | None = None
) -> list[str]:
    """Snooze the active alarms that a user may control, all or those of some rules; return their names."""
    alarms = _alarms(hass, manager, user, POLICY_CONTROL, ACTIVE, rule_ids)
    changed = manager.async_snooze(_keys(alarms), manager.async_after(minutes * 60), _actor(user))
    return _names(alarms, changed)


def _alarms(
    hass: HomeAssistant,
    manager: AlarmsManager,
    user: User | None,
    policy: str,
    states: Iterable[AlarmState],
    rule_ids: str | None = None,
) -> list[tuple[str, Alarm]]:
    """Return the alarms in some states that a user may access; a voice satellite has no user and needs no right.

    ``rule_ids`` is an entry of the list of names: the ids of all rules of that name.
    """
    wanted = manager.rules.keys() if rule_ids is None else set(rule_ids.split(JOINT))
    permitted = [
        alarm
        for alarm in manager.alarms()
        if alarm.state in states and alarm.key.rule_id in wanted
        if user is None or async_permits(hass, user, alarm.key, policy)
    ]
    permitted.sort(key=lambda alarm: (-alarm.severity, alarm.key))
    return [(async_name(hass, manager.rules[alarm.key.rule_id], alarm.key.subject), alarm) for alarm in permitted]


def _keys(alarms: Iterable[tuple[str, Alarm]]) -> list[AlarmKey]:
    return [alarm.key for _, alarm in alarms]


def _names(alarms: Iterable[tuple[str, Alarm]], changed: Iterable[AlarmKey]) -> list[str]:
    keys = set(changed)
    return [name for name, alarm in alarms if alarm.key in keys]


def _actor(user: User | None) -> Actor:
    return Actor((user.name or "") if user else "", VOICE)
