"""Subscription to the open alarms: everything once, and then what changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later

from ...const import DOMAIN, LOGGER
from ..engine.models import AlarmKey
from ..manager import AlarmsManager
from ..runtime.events import SIGNAL_ALARM, SIGNAL_COUNTS, SIGNAL_DELIVERIES, SIGNAL_RULES, AlarmEvent
from ..runtime.permissions import async_permits
from .alarm_rows import async_alarm_rows, async_children, is_open, order_of
from .open_windows import async_open_windows
from .story_texts import async_story_texts
from .targets import async_manager, async_resolve_target

# At most four messages a second, however many alarms change.
_COLLECT_S = 0.25
# Interval in which all rows are made again while entities are renamed or moved, hundreds within seconds: each row has a
# forecast. The first of these changes is sent at once.
_ALL_COOLDOWN_S = 5.0


class OpenAlarmsSubscription:
    """Subscription of one connection; sends a row again only when it has changed, and no more rows than its limit."""

    def __init__(
        self,
        hass: HomeAssistant,
        connection: ActiveConnection,
        message_id: int,
        target: Mapping[str, Any],
        limit: int,
        language: str | None,
    ) -> None:
        """``target`` is that of an action; it is resolved each time, because entities come and go."""
        self._hass = hass
        self._connection = connection
        self._message_id = message_id
        self._target = target
        self._limit = limit
        self._language = language
        self._rows: dict[AlarmKey, dict[str, Any]] = {}
        self._outdated: set[AlarmKey] = set()
        self._are_all_outdated = False
        self._sent: dict[str, dict[str, Any]] = {}
        self._sent_windows: list[dict[str, Any]] | None = None
        self._sent_total = -1
        self._timer: CALLBACK_TYPE | None = None
        self._is_sending = False
        self._is_stopped = False
        self._stops: list[CALLBACK_TYPE] = []
        self._mark_all = Debouncer(
            hass, LOGGER, cooldown=_ALL_COOLDOWN_S, immediate=True, function=self._async_mark_all
        )

    @callback
    def async_start(self) -> None:
        """Subscribe to everything that a row shows."""
        self._stops = [
            async_dispatcher_connect(self._hass, SIGNAL_ALARM, self._async_alarm_changed),
            async_dispatcher_connect(self._hass, SIGNAL_DELIVERIES, self._async_deliveries_changed),
            async_dispatcher_connect(self._hass, SIGNAL_COUNTS, self._async_schedule),
            async_dispatcher_connect(self._hass, SIGNAL_RULES, self._async_all_changed),
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_names_changed),
        ]

    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        self._is_stopped = True
        self._mark_all.async_shutdown()
        for stop in self._stops:
            stop()
        if self._timer:
            self._timer()
            self._timer = None

    @callback
    def _async_alarm_changed(self, event: AlarmEvent) -> None:
        self._async_deliveries_changed(event.key)

    @callback
    def _async_deliveries_changed(self, key: AlarmKey) -> None:
        self._outdated.add(key)
        self._async_schedule()

    @callback
    def _async_entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            self._async_all_changed()

    @callback
    def _async_names_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Make the rows again when an entity has changed that has an alarm, or that is ours, which links lead to."""
        if (manager := async_manager(self._hass)) is None:
            return  # all is sent after a reload
        entity_ids = {event.data["entity_id"], event.data.get("old_entity_id")}
        entry = er.async_get(self._hass).async_get(event.data["entity_id"])
        is_ours = entry is not None and entry.platform == DOMAIN
        if is_ours or any(alarm.key.subject in entity_ids for alarm in manager.alarms()):
            self._async_all_changed()

    @callback
    def _async_all_changed(self) -> None:
        """Schedule a message, for which new alarms get a row, and schedule that all rows are made again."""
        self._mark_all.async_schedule_call()
        self._async_schedule()

    @callback
    def _async_mark_all(self) -> None:
        self._are_all_outdated = True
        self._async_schedule()

    @callback
    def _async_schedule(self) -> None:
        if self._timer is None and not self._is_stopped:
            self._timer = async_call_later(self._hass, _COLLECT_S, self._async_send_later)

    async def _async_send_later(self, _now: datetime) -> None:
        self._timer = None
        await self.async_send()

    async def async_send(self) -> None:
        """Send what has changed since the last time; while IoT Bridge is reloaded, nothing."""
        if self._is_sending:
            self._async_schedule()
            return
        self._is_sending = True
        try:
            if (manager := async_manager(self._hass)) is not None:
                await self._async_send(manager)
        finally:
            self._is_sending = False

    async def _async_send(self, manager: AlarmsManager) -> None:
        user = self._connection.user
        texts = await async_story_texts(self._hass, self._language)
        keys = self._async_keys(manager)
        shown = keys[: self._limit]
        outdated, self._outdated = self._outdated, set()
        are_all_outdated, self._are_all_outdated = self._are_all_outdated, False
        needed = [key for key in shown if are_all_outdated or key in outdated or key not in self._rows]
        try:
            rows = self._rows | await async_alarm_rows(self._hass, manager, user, needed, texts)
        except BaseException:
            self._outdated |= outdated  # for the next attempt
            self._are_all_outdated |= are_all_outdated
            raise
        self._rows = {key: rows[key] for key in shown if key in rows}
        complete = {
            row["id"]: {**row, "children": async_children(self._hass, manager, user, alarm)}
            for key, row in self._rows.items()
            if (alarm := manager.alarm(key)) is not None
        }
        windows = async_open_windows(self._hass, manager, user, texts)
        if self._is_stopped:
            return  # the connection was closed meanwhile
        event: dict[str, Any] = {
            "alarms": [row for row_id, row in complete.items() if self._sent.get(row_id) != row],
            "removed": sorted(self._sent.keys() - complete.keys()),
            "total": len(keys),
        }
        if windows != self._sent_windows:
            event["maintenance"] = windows
        if event["alarms"] or event["removed"] or "maintenance" in event or len(keys) != self._sent_total:
            self._sent, self._sent_windows, self._sent_total = complete, windows, len(keys)
            self._connection.send_event(self._message_id, event)

    @callback
    def _async_keys(self, manager: AlarmsManager) -> list[AlarmKey]:
        """Return the open alarms of the target that the user may read, the most urgent first."""
        alarm_target = async_resolve_target(self._hass, self._target)
        alarms = [
            alarm
            for alarm in manager.alarms()
            if is_open(alarm)
            and alarm.key.rule_id in manager.rules
            and alarm_target.includes(alarm.key)
            and async_permits(self._hass, self._connection.user, alarm.key, POLICY_READ)
        ]
        return [alarm.key for alarm in sorted(alarms, key=order_of)]
