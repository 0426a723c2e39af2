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
from ..engine.models import AlarmState, Change
from ..manager import AlarmsManager
from ..runtime.events import SIGNAL_ALARM, SIGNAL_RULES, AlarmEvent
from ..runtime.permissions import async_permits
from ..runtime.store import HistoryQuery
from .queries import Filter, async_history, async_list
from .serialization import alarm_as_dict, transition_as_dict
from .services import SEVERITIES
from .targets import async_manager, async_resolve_target

MAX_PAGE = 1000

_FILTER: dict[Any, Any] = {
    vol.Optional("target", default={}): cv.TARGET_FIELDS,
    vol.Optional("severity", default=[]): [vol.In(SEVERITIES)],
    vol.Optional("state", default=[]): [vol.In([state.value for state in AlarmState])],
}


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands once."""
    for command in (handle_list, handle_history, handle_subscribe):
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
        connection.send_event(msg["id"], transition | {"alarm": alarm_as_dict(hass, event.rule, alarm)})

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
