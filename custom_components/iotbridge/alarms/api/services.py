"""Actions of alarms: resolve targets, check permissions, change or list alarms."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import UnknownUser
from homeassistant.helpers import config_validation as cv, target
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...errors import InvalidCallError
from ..engine.models import Actor, AlarmKey, AlarmState, Change, Severity
from ..engine.rule import Selection
from ..manager import AlarmsManager
from ..runtime.display_name import async_name
from ..runtime.entity_selector import async_matching
from ..runtime.permissions import async_actor, async_permits
from ..runtime.store import HistoryQuery
from .queries import Filter, async_found, async_history, async_list
from .serialization import alarm_as_dict
from .targets import AlarmTarget, async_resolve_target

ATTR_ALARM = "alarm"
ATTR_CHANGE = "change"
ATTR_COMMENT = "comment"
ATTR_DURATION = "duration"
ATTR_END = "end"
ATTR_LIMIT = "limit"
ATTR_NAME = "name"
ATTR_SEVERITY = "severity"
ATTR_START = "start"
ATTR_STATE = "state"
ATTR_UNTIL = "until"
ATTR_WINDOW = "window_id"

SEVERITIES = [severity.word for severity in reversed(Severity)]

_FILTER = {
    vol.Optional(ATTR_SEVERITY, default=[]): vol.All(cv.ensure_list, [vol.In(SEVERITIES)]),
    vol.Optional(ATTR_STATE, default=[]): vol.All(cv.ensure_list, [vol.In([state.value for state in AlarmState])]),
    vol.Optional(ATTR_ALARM, default=[]): cv.entity_ids,
}
_COMMENT = {vol.Optional(ATTR_COMMENT, default=""): cv.string}
_TIME = {
    vol.Optional(ATTR_DURATION): cv.positive_time_period,
    vol.Optional(ATTR_UNTIL): cv.datetime,
}

CHANGE_SCHEMA = cv.make_entity_service_schema({**_FILTER, **_COMMENT})
SNOOZE_SCHEMA = cv.make_entity_service_schema({**_FILTER, **_COMMENT, **_TIME})
TEST_SCHEMA = cv.make_entity_service_schema({})
LIST_SCHEMA = vol.Schema({**cv.TARGET_SERVICE_FIELDS, **_FILTER})
HISTORY_SCHEMA = vol.Schema(
    {
        **cv.TARGET_SERVICE_FIELDS,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_CHANGE, default=[]): vol.All(cv.ensure_list, [vol.In([change.value for change in Change])]),
        vol.Optional(ATTR_LIMIT, default=100): vol.All(vol.Coerce(int), vol.Range(min=1, max=1000)),
    }
)
MAINTENANCE_START_SCHEMA = cv.make_entity_service_schema({vol.Optional(ATTR_NAME): cv.string, **_COMMENT, **_TIME})
MAINTENANCE_END_SCHEMA = vol.Schema(
    {**cv.TARGET_SERVICE_FIELDS, vol.Optional(ATTR_WINDOW): vol.All(cv.ensure_list, [cv.string]), **_COMMENT}
)

type Act = Callable[[AlarmsManager, ServiceCall, list[AlarmKey], Actor], list[AlarmKey]]

# What each action does to the alarms that are meant; it returns those that it changed.
CHANGES: Mapping[str, Act] = {
    "acknowledge": lambda manager, _call, keys, by: manager.async_acknowledge(keys, by),
    "snooze": lambda manager, call, keys, by: manager.async_snooze(keys, _until(manager, call), by),
    "unsnooze": lambda manager, _call, keys, by: manager.async_unsnooze(keys, by),
    "suppress": lambda manager, _call, keys, by: manager.async_suppress(keys, by),
    "unsuppress": lambda manager, _call, keys, by: manager.async_unsuppress(keys, by),
    "out_of_service": lambda manager, _call, keys, by: manager.async_take_out_of_service(keys, by),
    "in_service": lambda manager, _call, keys, by: manager.async_return_to_service(keys, by),
}


@callback
def async_setup_alarm_services(hass: HomeAssistant, manager: Callable[[], AlarmsManager]) -> None:
    """Register the actions of alarms; ``manager`` returns that of the loaded entry or raises InvalidCallError."""

    async def change(act: Act, call: ServiceCall) -> ServiceResponse:
        response = await async_change(hass, manager(), call, act)
        return response if call.return_response else None

    async def list_alarms(call: ServiceCall) -> ServiceResponse:
        return await async_list_alarms(hass, manager(), call)

    async def history(call: ServiceCall) -> ServiceResponse:
        return await async_list_history(hass, manager(), call)

    async def test(call: ServiceCall) -> None:
        await async_test(hass, manager(), call)

    async def maintenance_start(call: ServiceCall) -> ServiceResponse:
        response = await async_start_maintenance(hass, manager(), call)
        return response if call.return_response else None

    async def maintenance_end(call: ServiceCall) -> None:
        await async_end_maintenance(hass, manager(), call)

    only, optional, none = SupportsResponse.ONLY, SupportsResponse.OPTIONAL, SupportsResponse.NONE
    register = hass.services.async_register
    for name, act in CHANGES.items():
        schema = SNOOZE_SCHEMA if name == "snooze" else CHANGE_SCHEMA
        register(DOMAIN, name, partial(change, act), schema, supports_response=optional)
    register(DOMAIN, "list", list_alarms, LIST_SCHEMA, supports_response=only)
    register(DOMAIN, "history", history, HISTORY_SCHEMA, supports_response=only)
    register(DOMAIN, "test", test, TEST_SCHEMA, supports_response=none)
    register(DOMAIN, "maintenance_start", maintenance_start, MAINTENANCE_START_SCHEMA, supports_response=optional)
    register(DOMAIN, "maintenance_end", maintenance_end, MAINTENANCE_END_SCHEMA, supports_response=none)


async def async_change(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall, change: Act) -> dict[str, Any]:
    """Do one thing to all alarms that are meant; return those that it changed, as they are now.

    Raises InvalidCallError when a target has no alarm, or when the user may not control what an alarm is about.
    """
    keys = _keys(hass, manager, call)
    await _check_permission(hass, manager, call, keys)
    by = await async_actor(hass, call.context, call.data[ATTR_COMMENT])
    done = change(manager, call, keys, by)
    alarms = [(manager.rules[key.rule_id], manager.alarm(key)) for key in done]
    return {"alarms": [alarm_as_dict(hass, rule, alarm) for rule, alarm in alarms if alarm is not None]}


async def async_list_alarms(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Return the alarms that are meant and that the user may see."""
    user = await _user(hass, call)
    return {"alarms": async_list(hass, manager, user, async_resolve_target(hass, call.data), _filter(call))}


async def async_list_history(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Return what happened to the alarms that are meant."""
    query = HistoryQuery(
        start=_timestamp(call.data.get(ATTR_START)),
        end=_timestamp(call.data.get(ATTR_END)),
        changes=call.data[ATTR_CHANGE],
        limit=call.data[ATTR_LIMIT],
    )
    events, _ = await async_history(
        hass, manager, await _user(hass, call), async_resolve_target(hass, call.data), query
    )
    return {"events": events}


async def async_test(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> None:
    """Send the test message of every rule that is meant, or that watches what is meant."""
    meant = async_resolve_target(hass, call.data)
    keys = [alarm.key for _, alarm in async_found(manager, meant)]
    rules = {key.rule_id for key in keys} | (meant.rules & manager.rules.keys())
    if not rules:
        raise _no_alarm(hass, call)
    await _check_permission(hass, manager, call, [*keys, *(AlarmKey(rule_id, "") for rule_id in rules)])
    for rule_id in sorted(rules):
        await manager.async_test(rule_id)


async def async_start_maintenance(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Silence the alarms of what is meant for a time; what comes to an area or a label later is silent, too."""
    until = _until(manager, call)
    keys = _keys(hass, manager, call)
    await _check_permission(hass, manager, call, keys)
    by = await async_actor(hass, call.context, call.data[ATTR_COMMENT])
    meant = async_resolve_target(hass, call.data)
    name = call.data.get(ATTR_NAME) or by.comment or by.name
    windows = [
        manager.async_start_window(name, selection, until, by, rules=rules)
        for selection, rules in _selections(call, meant, keys)
    ]
    return {"window_id": windows}


async def async_end_maintenance(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> None:
    """End the timed maintenance of what is meant, or that with the id that the start returned."""
    meant, named = async_resolve_target(hass, call.data), call.data.get(ATTR_WINDOW)
    if meant.is_everything and named is None and not target.TargetSelection(call.data).has_any_target:
        raise InvalidCallError("maintenance_which")
    ended: list[str] = []
    keys: set[AlarmKey] = set()
    for window_id, window in manager.timed_windows.items():
        subjects = async_matching(hass, window.selection) if window.selection != Selection() else frozenset()
        concerned = AlarmTarget(subjects, frozenset(window.rules), is_everything=False)
        inside = {alarm.key for _, alarm in async_found(manager, concerned)}
        if window_id in named if named is not None else any(meant.includes(key) for key in inside):
            ended.append(window_id)
            keys |= inside
    if not ended:
        raise InvalidCallError("maintenance_none")
    await _check_permission(hass, manager, call, keys)
    by = await async_actor(hass, call.context, call.data[ATTR_COMMENT])
    for window_id in ended:
        manager.async_end_window(window_id, by)


def _selections(
    call: ServiceCall, meant: AlarmTarget, keys: Iterable[AlarmKey]
) -> list[tuple[Selection, tuple[str, ...]]]:
    """Return what is meant as selections: the lists of one narrow each other, a target means all it names.

    ``keys`` are the alarms that are meant: everything is what has an alarm now.
    """
    selection = target.TargetSelection(call.data)
    rules = tuple(sorted(meant.rules))
    if meant.is_everything:
        subjects = {key.subject for key in keys if key.subject}
        return [
            (
                Selection(entities=tuple(sorted(subjects))),
                tuple(sorted({key.rule_id for key in keys if not key.subject})),
            )
        ]
    if getattr(selection, "exclude", None) is not None:  # Home Assistant 2026.11 and later
        return [(Selection(entities=tuple(sorted(meant.subjects))), rules)]
    given = [
        Selection(devices=tuple(sorted(selection.device_ids))),
        Selection(areas=tuple(sorted(selection.area_ids))),
        Selection(floors=tuple(sorted(selection.floor_ids))),
        Selection(labels=tuple(sorted(selection.label_ids))),
    ]
    found: list[tuple[Selection, tuple[str, ...]]] = [(one, ()) for one in given if one != Selection()]
    if selection.entity_ids or rules:
        found.append((Selection(entities=tuple(sorted(selection.entity_ids))), rules))
    return found


def _keys(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> list[AlarmKey]:
    """Return the alarms that are meant.

    An area full of lamps is fine as long as there is an alarm in it; an entity or device that was named and has none
    is a mistake. That none of them is in the state that was asked for is not.
    """
    meant = async_resolve_target(hass, call.data)
    found = [alarm for _, alarm in async_found(manager, meant)]
    if not found and not meant.is_everything:
        raise _no_alarm(hass, call)
    selection = target.TargetSelection(call.data)
    subjects = {alarm.key.subject for alarm in found}
    for entity_id in sorted(selection.entity_ids):
        if meant.is_everything or entity_id in subjects:
            continue
        of_entity = async_resolve_target(hass, {"entity_id": [entity_id]})
        if not of_entity.rules and not of_entity.subjects & subjects:
            raise InvalidCallError("not_an_alarm", target=entity_id)
    wanted = _filter(call)
    return [alarm.key for alarm in found if wanted.includes(alarm)]


def _no_alarm(hass: HomeAssistant, call: ServiceCall) -> InvalidCallError:
    named = sorted(target.TargetSelection(call.data).entity_ids)
    if named:
        names = (state.name if (state := hass.states.get(entity_id)) else entity_id for entity_id in named)
        return InvalidCallError("not_an_alarm", target=", ".join(names))
    return InvalidCallError("no_alarm")


def _filter(call: ServiceCall) -> Filter:
    return Filter(
        severities=call.data.get(ATTR_SEVERITY, ()),
        states=call.data.get(ATTR_STATE, ()),
        subjects=call.data.get(ATTR_ALARM, ()),
    )


async def _user(hass: HomeAssistant, call: ServiceCall) -> User | None:
    """Return who calls; None for an automation, whose author was allowed to."""
    if call.context.user_id is None:
        return None
    user = await hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    return user


async def _check_permission(
    hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall, keys: Iterable[AlarmKey]
) -> None:
    """Let users change the alarms of what they may control; name the others."""
    user = await _user(hass, call)
    if user is None:
        return
    refused = {
        async_name(hass, manager.rules[key.rule_id], key.subject)
        for key in keys
        if not async_permits(hass, user, key, POLICY_CONTROL)
    }
    if refused:
        raise InvalidCallError("alarm_not_permitted", alarms=", ".join(sorted(refused)))


def _until(manager: AlarmsManager, call: ServiceCall) -> float:
    """Return the end that was given, in seconds since 1970 by the clock of alarms, which nobody sets."""
    duration, until = call.data.get(ATTR_DURATION), call.data.get(ATTR_UNTIL)
    if duration is not None and until is None:
        seconds = duration.total_seconds()
    elif until is not None and duration is None:
        seconds = (dt_util.as_utc(until) - dt_util.utcnow()).total_seconds()
    else:
        raise InvalidCallError("how_long")
    if seconds <= 0:
        raise InvalidCallError("until_past")
    return manager.async_after(seconds)


def _timestamp(at: Any) -> float | None:
    return None if at is None else dt_util.as_utc(at).timestamp()
