"""WebSocket commands of power plans, for the page of the dashboard."""

from typing import Any

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ...const import DOMAIN
from ..manager import PowerPlansManager
from ..runtime.events import SIGNAL_PLANS, signal_of_plan
from ..runtime.plan_entities import async_plan_sensor
from .documents import async_plan_document, async_plan_summary
from .targets import async_manager


@callback
def async_setup_plans_websocket(hass: HomeAssistant) -> None:
    """Register the commands once."""
    async_register_command(hass, handle_list)
    async_register_command(hass, handle_follow)


@websocket_command({vol.Required("type"): f"{DOMAIN}/power_plans/list"})
@callback
def handle_list(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the plans that the user may read."""
    manager = async_manager(hass)
    plans = manager.runners if manager else {}
    readable = [plan_id for plan_id in plans if _async_can_read(hass, connection, plan_id)]
    connection.send_result(
        msg["id"], {"plans": [async_plan_summary(hass, manager, plan_id) for plan_id in readable] if manager else []}
    )


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/power_plans/follow",
        vol.Optional("plan_id"): str,
        vol.Optional("entity_id"): str,
    }
)
@callback
def handle_follow(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send a plan with its timeline, now and at each change; null once it is removed.

    The plan is named by its id or its sensor; without one, it is the first that the user may read.
    """
    if (plan_id := _async_find(hass, connection, msg)) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "No such plan")
        return

    @callback
    def send() -> None:
        connection.send_message(event_message(msg["id"], {"plan": _async_document(hass, plan_id)}))

    stop = [
        async_dispatcher_connect(hass, signal_of_plan(plan_id), send),
        async_dispatcher_connect(hass, SIGNAL_PLANS, send),
    ]

    @callback
    def unsubscribe() -> None:
        while stop:
            stop.pop()()

    connection.subscriptions[msg["id"]] = unsubscribe
    connection.send_result(msg["id"])
    send()


@callback
def _async_find(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> str | None:
    manager = async_manager(hass)
    for plan_id in manager.runners if manager else ():
        is_named = msg.get("plan_id") in (None, plan_id) and msg.get("entity_id") in (
            None,
            async_plan_sensor(hass, plan_id),
        )
        if is_named and _async_can_read(hass, connection, plan_id):
            return plan_id
    return None


@callback
def _async_document(hass: HomeAssistant, plan_id: str) -> dict[str, Any] | None:
    manager: PowerPlansManager | None = async_manager(hass)
    return async_plan_document(hass, manager, plan_id) if manager and plan_id in manager.runners else None


@callback
def _async_can_read(hass: HomeAssistant, connection: ActiveConnection, plan_id: str) -> bool:
    entity_id = async_plan_sensor(hass, plan_id)
    user = connection.user
    return user.is_admin or (entity_id is not None and user.permissions.check_entity(entity_id, POLICY_READ))
