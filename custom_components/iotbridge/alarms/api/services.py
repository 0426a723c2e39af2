"""Actions of alarms: resolve targets, check permissions, change or list alarms."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv, target
from homeassistant.util import dt as dt_util

from ...callers import async_user
from ...const import DOMAIN
from ...errors import InvalidCallError
from ..engine.models import Actor, AlarmKey, AlarmState, Change, Severity
from ..engine.rule import Selection
from ..manager import AlarmsManager
from ..runtime.display_name import async_name
from ..runtime.permissions import async_actor, async_permits
from ..runtime.store import HistoryQuery
from .alerts import async_setup_alerts_service
from .explanation import async_explain_at
from .queries import Filter, async_alarms_of, async_history, async_list
from .serialization import alarm_as_dict, alarm_names
from .story_texts import async_story_texts
from .targets import AlarmTarget, async_resolve_target

ATTR_ALARM = "alarm"
ATTR_CHANGE = "change"
ATTR_COMMENT = "comment"
ATTR_DURATION = "duration"
ATTR_END = "end"
ATTR_LANGUAGE = "language"
ATTR_LIMIT = "limit"
ATTR_NAME = "name"
ATTR_SEVERITY = "severity"
ATTR_START = "start"
ATTR_STATE = "state"
ATTR_TIME = "time"
ATTR_UNTIL = "until"
ATTR_WINDOW = "window_id"

SEVERITIES = [severity.word for severity in reversed(Severity)]
MAX_EXPLAINED = 50

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
EXPLAIN_SCHEMA = cv.make_entity_service_schema(
    {
        vol.Optional(ATTR_ALARM, default=[]): cv.entity_ids,
        vol.Optional(ATTR_SEVERITY): vol.In(SEVERITIES),
        vol.Optional(ATTR_TIME): cv.datetime,
        vol.Optional(ATTR_LANGUAGE): cv.string,
    }
)
MAINTENANCE_START_SCHEMA = cv.make_entity_service_schema({vol.Optional(ATTR_NAME): cv.string, **_COMMENT, **_TIME})
MAINTENANCE_END_SCHEMA = vol.Schema(
    {**cv.TARGET_SERVICE_FIELDS, vol.Optional(ATTR_WINDOW): vol.All(cv.ensure_list, [cv.string]), **_COMMENT}
)

type Act = Callable[[AlarmsManager, ServiceCall, list[AlarmKey], Actor], list[AlarmKey]]

# Command of each action, which returns the alarms that it changed.
CHANGES: Mapping[str, Act] = {
    "acknowledge": lambda manager, _call, keys, by: manager.async_acknowledge(keys, by),
    "unacknowledge": lambda manager, _call, keys, by: manager.async_unacknowledge(keys, by),
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

    async def explain(call: ServiceCall) -> ServiceResponse:
        return await async_explain_alarms(hass, manager(), call)

    async def test(call: ServiceCall) -> None:
        await async_test(hass, manager(), call)

    async def maintenance_start(call: ServiceCall) -> ServiceResponse:
        response = await async_start_maintenance(hass, manager(), call)
        return response if call.return_response else None

    async def maintenance_end(call: ServiceCall) -> None:
        await async_end_maintenance(hass, manager(), call)

    async_setup_alerts_service(hass, manager)
    only, optional, none = SupportsResponse.ONLY, SupportsResponse.OPTIONAL, SupportsResponse.NONE
    register = hass.services.async_register
    for name, act in CHANGES.items():
        schema = SNOOZE_SCHEMA if name == "snooze" else CHANGE_SCHEMA
        register(DOMAIN, name, partial(change, act), schema, supports_response=optional)
    register(DOMAIN, "list", list_alarms, LIST_SCHEMA, supports_response=only)
    register(DOMAIN, "history", history, HISTORY_SCHEMA, supports_response=only)
    register(DOMAIN, "explain", explain, EXPLAIN_SCHEMA, supports_response=only)
    register(DOMAIN, "test", test, TEST_SCHEMA, supports_response=none)
    register(DOMAIN, "maintenance_start", maintenance_start, MAINTENANCE_START_SCHEMA, supports_response=optional)
    register(DOMAIN, "maintenance_end", maintenance_end, MAINTENANCE_END_SCHEMA, supports_response=none)


async def async_change(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall, change: Act) -> dict[str, Any]:
    """Run a command on the alarms of a call; return those that it changed.

    Raises InvalidCallError when a target has no alarm, or when the user may not control an alarm's entity.
    """
    keys = _keys(hass, manager, call)
    await async_check_permission(hass, manager, call.context, keys)
    user = await async_user(hass, call.context)
    by = await async_actor(hass, call.context, call.data[ATTR_COMMENT])
    changed = change(manager, call, keys, by)
    alarms = [(manager.rules[key.rule_id], manager.alarm(key)) for key in changed]
    return {"alarms": [alarm_as_dict(hass, rule, alarm, user) for rule, alarm in alarms if alarm is not None]}


async def async_list_alarms(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Return the alarms of a target that the user may read."""
    user = await async_user(hass, call.context)
    return {"alarms": async_list(hass, manager, user, async_resolve_target(hass, call.data), _filter(call))}


async def async_list_history(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Return the history of the alarms of a target."""
    query = HistoryQuery(
        start=_timestamp(call.data.get(ATTR_START)),
        end=_timestamp(call.data.get(ATTR_END)),
        changes=call.data[ATTR_CHANGE],
        limit=call.data[ATTR_LIMIT],
    )
    events, _ = await async_history(
        hass, manager, await async_user(hass, call.context), async_resolve_target(hass, call.data), query
    )
    return {"events": events}


async def async_explain_alarms(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Return who would be notified of the alarms of a target that the user may read, and why; of the first 50."""
    user = await async_user(hass, call.context)
    keys = _keys(hass, manager, call, Filter(subjects=call.data[ATTR_ALARM]))
    readable = [key for key in keys if user is None or async_permits(hass, user, key, POLICY_READ)]
    texts = await async_story_texts(hass, call.data.get(ATTR_LANGUAGE))
    severity, time = call.data.get(ATTR_SEVERITY), call.data.get(ATTR_TIME)
    causes = manager.suppressor.causes()
    explained = []
    for instance in filter(None, map(manager.processor.get, readable[:MAX_EXPLAINED])):
        explanation = await async_explain_at(hass, manager, user, instance, severity, time, texts, causes)
        explained.append({**alarm_names(hass, instance.rule, instance.key), **explanation})
        await asyncio.sleep(0)  # a forecast takes a while
    return {"alarms": explained}


async def async_test(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> None:
    """Send the test message of every rule that the target selects or that watches its entities."""
    alarm_target = async_resolve_target(hass, call.data)
    keys = [alarm.key for _, alarm in async_alarms_of(manager, alarm_target)]
    rules = {key.rule_id for key in keys} | (alarm_target.rules & manager.rules.keys())
    if not rules:
        raise _no_alarm(hass, call)
    await async_check_permission(hass, manager, call.context, [*keys, *(AlarmKey(rule_id, "") for rule_id in rules)])
    for rule_id in sorted(rules):
        await manager.async_test(rule_id)


async def async_start_maintenance(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> dict[str, Any]:
    """Start maintenance windows for a target; entities that are added to an area or a label later are included."""
    until = _until(manager, call)
    keys = _keys(hass, manager, call)
    await async_check_permission(hass, manager, call.context, keys)
    by = await async_actor(hass, call.context, call.data[ATTR_COMMENT])
    alarm_target = async_resolve_target(hass, call.data)
    name = call.data.get(ATTR_NAME) or by.comment or by.name
    windows = [
        manager.async_start_window(name, selection, until, by, rules=rules)
        for selection, rules in _selections(call, alarm_target, keys)
    ]
    return {"window_id": windows}


async def async_end_maintenance(hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall) -> None:
    """End the maintenance windows of a target, or those with the given ids; a recurring one opens again next time."""
    alarm_target, window_ids = async_resolve_target(hass, call.data), call.data.get(ATTR_WINDOW)
    if alarm_target.is_everything and window_ids is None and not target.TargetSelection(call.data).has_any_target:
        raise InvalidCallError("maintenance_which")
    ended: list[str] = []
    keys: set[AlarmKey] = set()
    for window_id, (window, subjects) in manager.suppressor.open_windows(manager.processor.now()).items():
        if window.until is None and window_ids is None:
            continue  # a recurring one is only ended when it is named
        window_target = AlarmTarget(subjects, frozenset(window.rules), is_everything=False)
        alarm_keys = {alarm.key for _, alarm in async_alarms_of(manager, window_target)}
        if window_id in window_ids if window_ids is not None else any(alarm_target.includes(key) for key in alarm_keys):
            ended.append(window_id)
            keys |= alarm_keys
    if not ended:
        raise InvalidCallError("maintenance_none")
    await async_check_permission(hass, manager, call.context, keys)
    by = await async_actor(hass, call.context, call.data[ATTR_COMMENT])
    for window_id in ended:
        manager.async_end_window(window_id, by)


def _selections(
    call: ServiceCall, alarm_target: AlarmTarget, keys: Iterable[AlarmKey]
) -> list[tuple[Selection, tuple[str, ...]]]:
    """Return a target as selections: a selection intersects its lists, a target unites them.

    ``keys`` are the selected alarms, which are used where the target is everything.
    """
    selection = target.TargetSelection(call.data)
    rules = tuple(sorted(alarm_target.rules))
    if alarm_target.is_everything:
        subjects = {key.subject for key in keys if key.subject}
        return [
            (
                Selection(entities=tuple(sorted(subjects))),
                tuple(sorted({key.rule_id for key in keys if not key.subject})),
            )
        ]
    if getattr(selection, "exclude", None) is not None:  # Home Assistant 2026.11 and later
        return [(Selection(entities=tuple(sorted(alarm_target.subjects))), rules)]
    by_registry = [
        Selection(devices=tuple(sorted(selection.device_ids))),
        Selection(areas=tuple(sorted(selection.area_ids))),
        Selection(floors=tuple(sorted(selection.floor_ids))),
        Selection(labels=tuple(sorted(selection.label_ids))),
    ]
    selections: list[tuple[Selection, tuple[str, ...]]] = [(part, ()) for part in by_registry if part != Selection()]
    if selection.entity_ids or rules:
        selections.append((Selection(entities=tuple(sorted(selection.entity_ids))), rules))
    return selections


def _keys(
    hass: HomeAssistant, manager: AlarmsManager, call: ServiceCall, criteria: Filter | None = None
) -> list[AlarmKey]:
    """Return the alarms that a call selects; ``criteria`` are those of its fields if not given.

    Raises InvalidCallError when the target has no alarm, or when an entity of it has none. An area needs only one alarm
    among its entities, and the filter may leave out all alarms.
    """
    alarm_target = async_resolve_target(hass, call.data)
    alarms = [alarm for _, alarm in async_alarms_of(manager, alarm_target)]
    if not alarms and not alarm_target.is_everything:
        raise _no_alarm(hass, call)
    selection = target.TargetSelection(call.data)
    subjects = {alarm.key.subject for alarm in alarms}
    for entity_id in sorted(selection.entity_ids):
        if alarm_target.is_everything or entity_id in subjects:
            continue
        of_entity = async_resolve_target(hass, {"entity_id": [entity_id]})
        if not of_entity.rules and not of_entity.subjects & subjects:
            raise InvalidCallError("not_an_alarm", target=entity_id)
    criteria = criteria or _filter(call)
    return [alarm.key for alarm in alarms if criteria.includes(alarm)]


def _no_alarm(hass: HomeAssistant, call: ServiceCall) -> InvalidCallError:
    entity_ids = sorted(target.TargetSelection(call.data).entity_ids)
    if entity_ids:
        names = (state.name if (state := hass.states.get(entity_id)) else entity_id for entity_id in entity_ids)
        return InvalidCallError("not_an_alarm", target=", ".join(names))
    return InvalidCallError("no_alarm")


def _filter(call: ServiceCall) -> Filter:
    return Filter(
        severities=call.data.get(ATTR_SEVERITY, ()),
        states=call.data.get(ATTR_STATE, ()),
        subjects=call.data.get(ATTR_ALARM, ()),
    )


async def async_check_permission(
    hass: HomeAssistant, manager: AlarmsManager, context: Context, keys: Iterable[AlarmKey]
) -> None:
    """Raise InvalidCallError with the alarms whose entities the user behind a context may not control."""
    user = await async_user(hass, context)
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
    """Return the end from the duration or the time of a call, in seconds since 1970 by the clock of the alarms."""
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
