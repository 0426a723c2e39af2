"""WebSocket command of the dashboard: a subscription to hosts, things and the connection of the broker."""

from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import async_response, websocket_command
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from .. import mqtt_client
from ..const import DOMAIN
from .inventory import LastSeen, async_inventory

SEEN_INTERVAL = timedelta(seconds=10)
# A start of Home Assistant changes thousands of entities; the inventory is made once for those of a second.
_COLLECT_S = 1.0


@callback
def async_setup_dashboard_websocket(hass: HomeAssistant, last_seen: LastSeen) -> None:
    """Register the command once; ``last_seen`` returns nothing while no entry is loaded."""

    @websocket_command({vol.Required("type"): f"{DOMAIN}/dashboard/subscribe"})
    @async_response
    async def handle_subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
        administrators = [] if connection.user.is_admin else await _async_administrators(hass)
        subscription = DashboardSubscription(hass, connection, msg["id"], last_seen, administrators)
        connection.subscriptions[msg["id"]] = subscription.async_stop
        connection.send_result(msg["id"])
        subscription.async_start()

    async_register_command(hass, handle_subscribe)


async def _async_administrators(hass: HomeAssistant) -> list[str]:
    """Return the names of the people who may send every command."""
    users = await hass.auth.async_get_users()
    return sorted(
        user.name for user in users if user.is_active and user.is_admin and not user.system_generated and user.name
    )


class DashboardSubscription:
    """Subscription of one client.

    The messages are ``{"inventory": {…}}``, first and after a change of the registries that changes it, and
    ``{"seen": {…}, "broker": true}`` with the hosts heard since the previous one.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        connection: ActiveConnection,
        number: int,
        last_seen: LastSeen,
        administrators: list[str],
    ) -> None:
        """Send nothing yet; ``number`` is that of the client's message, ``administrators`` are for others to ask."""
        self._hass = hass
        self._connection = connection
        self._number = number
        self._last_seen = last_seen
        self._administrators = administrators
        self._inventory: dict[str, Any] = {}
        self._seen: dict[str, int] = {}
        self._broker: bool | None = None
        self._timer: CALLBACK_TYPE | None = None
        self._stops: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Send everything, and subscribe to changes."""

        @callback
        def send_inventory(_now: datetime) -> None:
            self._timer = None
            self._async_send_inventory()

        @callback
        def registry_changed(_event: Event[Any]) -> None:
            if self._timer is None:
                self._timer = async_call_later(self._hass, _COLLECT_S, send_inventory)

        @callback
        def connection_changed(_is_connected: bool) -> None:
            self._async_send_seen()

        @callback
        def sweep(_now: datetime) -> None:
            self._async_send_seen()

        self._async_send_inventory()
        self._async_send_seen()
        self._stops = [
            self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, registry_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, registry_changed),
            mqtt_client.async_subscribe_connection_status(self._hass, connection_changed),
            async_track_time_interval(self._hass, sweep, SEEN_INTERVAL, name="iotbridge dashboard"),
        ]

    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        while self._stops:
            self._stops.pop()()
        if self._timer:
            self._timer()
            self._timer = None

    @callback
    def _async_send_inventory(self) -> None:
        inventory = async_inventory(self._hass, self._connection.user)
        is_restricted = any(host["is_restricted"] for host in inventory["hosts"])
        inventory["administrators"] = self._administrators if is_restricted else []
        if inventory != self._inventory:
            self._inventory = inventory
            self._connection.send_event(self._number, {"inventory": inventory})

    @callback
    def _async_send_seen(self) -> None:
        """Send the hosts heard since the last message, of those that the user may read."""
        readable = {host["device_id"] for host in self._inventory["hosts"]}
        seen = {
            device_id: at
            for device_id, at in self._last_seen().items()
            if device_id in readable and self._seen.get(device_id) != at
        }
        broker = mqtt_client.async_is_connected(self._hass)
        if seen or broker is not self._broker:
            self._seen |= seen
            self._broker = broker
            self._connection.send_event(self._number, {"seen": seen, "broker": broker})
