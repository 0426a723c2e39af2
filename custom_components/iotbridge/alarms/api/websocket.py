"""WebSocket commands of alarms, for cards and other clients."""

from typing import Any

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import async_response, websocket_command
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ..engine.instance import Instance
from ..engine.models import AlarmKey, AlarmState, Change
from ..manager import AlarmsManager
from ..notifications.forecast import MAX_DELIVERIES
from ..runtime.events import SIGNAL_ALARM, SIGNAL_RULES, AlarmEvent
from ..runtime.permissions import async_permits
from ..runtime.store import HistoryQuery
from .alarm_rows import async_alarm_rows
from .chain import async_chain
from .episodes import async_episode, async_episodes, async_episodes_of, statistics_of
from .explanation import async_explain_at, async_next
from .open_alarms import OpenAlarmsSubscription
from .queries import Filter, async_history, async_list
from .serialization import alarm_as_dict, transition_as_dict
from .services import SEVERITIES
from .story_texts import async_story_texts
from .targets import async_manager, async_resolve_target

MAX_PAGE = 1000
MAX_OPEN = 500
MAX_EPISODES = 20

_FILTER: dict[Any, Any] = {
    vol.Optional("target", default={}): cv.TARGET_FIELDS,
    vol.Optional("severity", default=[]): [vol.In(SEVERITIES)],
    vol.Optional("state", default=[]): [vol.In([state.value for state in AlarmState])],
}
_LANGUAGE: dict[Any, Any] = {vol.Optional("language"): vol.All(str, vol.Length(max=20))}
_ALARM: dict[Any, Any] = {
    vol.Required("rule_id"): str,
    vol.Optional("entity_id", default=None): vol.Any(None, cv.entity_id),
}


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands once."""
    for command in (
        handle_list,
        handle_history,
        handle_subscribe,
        handle_open,
        handle_details,
        handle_episodes,
        handle_explain,
    ):
        async_register_command(hass, command)


@websocket_command({vol.Required("type"): f"{DOMAIN}/alarms/list", **_FILTER})
@callback
def handle_list(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the alarms that the user may read."""
    if (manager := _manager(hass, connection, msg)) is not None:
        connection.send_result(msg["id"], {"alarms": _listed(hass, connection, manager, msg)})


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/alarms/history",
        vol.Optional("target", default={}): cv.TARGET_FIELDS,
        vol.Optional("start"): cv.datetime,
        vol.Optional("end"): cv.datetime,
        vol.Optional("change", default=[]): [vol.In([change.value for change in Change])],
        vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=MAX_PAGE)),
        vol.Optional("before"): int,
    }
)
@async_response
async def handle_history(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send a page of the history; ``next`` of the result is ``before`` of the next page, None at the end."""
    if (manager := _manager(hass, connection, msg)) is None:
        return
    query = HistoryQuery(
        start=dt_util.as_utc(msg["start"]).timestamp() if "start" in msg else None,
        end=dt_util.as_utc(msg["end"]).timestamp() if "end" in msg else None,
        changes=msg["change"],
        limit=msg["limit"],
        before=msg.get("before"),
    )
    alarm_target = async_resolve_target(hass, msg["target"])
    events, next_before = await async_history(hass, manager, connection.user, alarm_target, query)
    connection.send_result(msg["id"], {"events": events, "next": next_before})


@websocket_command({vol.Required("type"): f"{DOMAIN}/alarms/subscribe", **_FILTER})
@callback
def handle_subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the alarms now and after a change of the rules, and each alarm that changes, with its transition.

    The messages are ``{"alarms": […]}``, which replaces all, and ``{"alarm": {…}, "happened": {…}}``, which replaces
    one; ``happened`` is missing when there was no transition, for example when maintenance starts for a normal alarm.
    The subscription survives a reload of the integration.
    """
    if _manager(hass, connection, msg) is None:
        return

    @callback
    def send_all() -> None:
        if (manager := async_manager(hass)) is not None:
            connection.send_event(msg["id"], {"alarms": _listed(hass, connection, manager, msg)})

    @callback
    def send_one(event: AlarmEvent) -> None:
        manager = async_manager(hass)
        alarm = manager.alarm(event.key) if manager else None
        if (
            alarm is None
            or not async_permits(hass, connection.user, event.key, POLICY_READ)
            or not async_resolve_target(hass, msg["target"]).includes(event.key)
        ):
            return
        transition = {"happened": transition_as_dict(hass, event.rule, event.transition)} if event.transition else {}
        connection.send_event(
            msg["id"], transition | {"alarm": alarm_as_dict(hass, event.rule, alarm, connection.user)}
        )

    stops = (
        async_dispatcher_connect(hass, SIGNAL_ALARM, send_one),
        async_dispatcher_connect(hass, SIGNAL_RULES, send_all),
    )

    @callback
    def stop() -> None:
        for end in stops:
            end()

    connection.subscriptions[msg["id"]] = stop
    connection.send_result(msg["id"])
    send_all()


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/alarms/open",
        vol.Optional("target", default={}): cv.TARGET_FIELDS,
        vol.Optional("limit", default=200): vol.All(int, vol.Range(min=1, max=MAX_OPEN)),
        **_LANGUAGE,
    }
)
@async_response
async def handle_open(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the open alarms with all that a card or a dialog shows of them, and then each change.

    The subscription survives a reload of the integration.
    """
    if _manager(hass, connection, msg) is None:
        return
    subscription = OpenAlarmsSubscription(hass, connection, msg["id"], msg["target"], msg["limit"], msg.get("language"))
    connection.subscriptions[msg["id"]] = subscription.async_stop
    subscription.async_start()
    connection.send_result(msg["id"])
    await subscription.async_send()


@websocket_command(
    {vol.Required("type"): f"{DOMAIN}/alarms/details", vol.Optional("episode"): int, **_ALARM, **_LANGUAGE}
)
@async_response
async def handle_details(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send one alarm with what happened in an episode, what follows, and how often it was raised."""
    if (manager := _manager(hass, connection, msg)) is None:
        return
    if (instance := _instance(hass, connection, manager, msg)) is None:
        return
    texts = await async_story_texts(hass, msg.get("language"))
    episode = msg.get("episode", instance.alarm.episode)
    episodes = await async_episodes_of(manager, instance.key)
    rows = await async_alarm_rows(hass, manager, connection.user, [instance.key], texts)
    result = {
        "alarm": rows.get(instance.key),
        "chain": await async_chain(manager, instance, episode, texts),
        "next": async_next(manager, instance, texts, MAX_DELIVERIES),
        "before": statistics_of(episodes, episode, manager.processor.now()),
        "episodes": [async_episode(hass, manager, transitions) for transitions in episodes[:MAX_EPISODES]],
    }
    connection.send_result(msg["id"], result)


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/alarms/episodes",
        vol.Optional("target", default={}): cv.TARGET_FIELDS,
        vol.Optional("start"): cv.datetime,
        vol.Optional("end"): cv.datetime,
        vol.Optional("limit", default=200): vol.All(int, vol.Range(min=1, max=MAX_PAGE)),
    }
)
@async_response
async def handle_episodes(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the times that alarms were raised in a period, newest first."""
    if (manager := _manager(hass, connection, msg)) is None:
        return
    alarm_target = async_resolve_target(hass, msg["target"])
    period = {name: dt_util.as_utc(msg[name]).timestamp() for name in ("start", "end") if name in msg}
    episodes, is_complete = await async_episodes(hass, manager, connection.user, alarm_target, **period)
    limit = msg["limit"]
    rows = [async_episode(hass, manager, transitions) for transitions in episodes[:limit]]
    connection.send_result(msg["id"], {"episodes": rows, "is_complete": is_complete and len(episodes) <= limit})


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/alarms/explain",
        vol.Optional("severity"): vol.In(SEVERITIES),
        vol.Optional("time"): cv.datetime,
        **_ALARM,
        **_LANGUAGE,
    }
)
@async_response
async def handle_explain(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send who would be notified of an alarm, and why; for a time in the past, who was."""
    if (manager := _manager(hass, connection, msg)) is None:
        return
    if (instance := _instance(hass, connection, manager, msg)) is None:
        return
    texts = await async_story_texts(hass, msg.get("language"))
    severity, time, causes = msg.get("severity"), msg.get("time"), manager.suppressor.causes()
    explanation = await async_explain_at(hass, manager, connection.user, instance, severity, time, texts, causes)
    connection.send_result(msg["id"], explanation)


def _instance(
    hass: HomeAssistant, connection: ActiveConnection, manager: AlarmsManager, msg: dict[str, Any]
) -> Instance | None:
    """Return an alarm; send an error when there is none that the user may read."""
    key = AlarmKey(msg["rule_id"], msg["entity_id"] or "")
    instance = manager.processor.get(key)
    if instance is None or not async_permits(hass, connection.user, key, POLICY_READ):
        connection.send_error(msg["id"], ERR_NOT_FOUND, async_get_exception_message(DOMAIN, "no_alarm"))
        return None
    return instance


def _listed(
    hass: HomeAssistant, connection: ActiveConnection, manager: AlarmsManager, msg: dict[str, Any]
) -> list[dict[str, Any]]:
    criteria = Filter(severities=msg["severity"], states=msg["state"])
    return async_list(hass, manager, connection.user, async_resolve_target(hass, msg["target"]), criteria)


def _manager(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> AlarmsManager | None:
    """Return the manager; send an error when IoT Bridge is not set up."""
    manager = async_manager(hass)
    if manager is None:
        message = async_get_exception_message(DOMAIN, "not_set_up")
        connection.send_error(msg["id"], ERR_NOT_FOUND, message)
    return manager
