"""Home Assistant's phone apps: what their notifications look like, and what their buttons do."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
import logging
from typing import Any, Protocol, override

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from ...const import DOMAIN, LOGGER
from ..engine.escalation import ACTIONABLE, NotificationKind, Sound
from ..engine.models import Actor, Alarm, AlarmKey
from ..runtime.permissions import async_permits
from .message import ACKNOWLEDGE, SNOOZE, SNOOZE_S, Message, tag_of

EVENT_BUTTON = "mobile_app_notification_action"
WHERE = "phone"

# Where Home Assistant's integration of the apps writes what went wrong on the way to a phone; it raises nothing.
_APP_LOG = logging.getLogger("homeassistant.components.mobile_app.notify")
# What was written there while one notification was sent.
_failed: ContextVar[list[str] | None] = ContextVar("iotbridge_phone_failed", default=None)

# Sounds although the phone is silent: the first is for iOS, the others are for Android.
_CRITICAL = {
    "push": {"interruption-level": "critical", "sound": {"name": "default", "critical": 1, "volume": 1.0}},
    "ttl": 0,
    "priority": "high",
    "channel": "alarm_stream",
}
# Takes the place of the one before without a sound: the same.
_SOFT = {"push": {"interruption-level": "passive"}, "alert_once": True}
# Shows without a sound although there is nothing whose place it takes: Android wants a channel of that kind.
_SILENT = {"push": {"interruption-level": "passive"}, "channel": "IoT Bridge", "importance": "low"}


class AcknowledgeTarget(Protocol):
    """Recipient of the commands of notification buttons."""

    def alarms(self) -> Iterable[Alarm]:
        """Return all alarms."""

    def async_acknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Acknowledge alarms."""

    def async_snooze(self, keys: Iterable[AlarmKey], until: float, by: Actor) -> list[AlarmKey]:
        """Snooze alarms until a time, in seconds since 1970."""


def alert_data(message: Message, *, breaks_through: bool) -> dict[str, Any]:
    """Return the data of the app's action; ``breaks_through`` lets a call sound on a silent phone."""
    if message.kind is NotificationKind.WITHDRAWN:
        return withdrawal_data(message.tag)
    data: dict[str, Any] = {"tag": message.tag, "group": DOMAIN}
    if message.kind in ACTIONABLE and breaks_through:
        data |= _CRITICAL
    if message.kind is NotificationKind.ACKNOWLEDGED:
        data |= _SOFT
    if message.sound is Sound.SILENT:
        data |= _SILENT
    buttons = {message.ack_id: message.acknowledge, message.snooze_id: message.snooze}
    if actions := [{"action": action, "title": title} for action, title in buttons.items() if title]:
        data["actions"] = actions
    return {"title": message.title, "message": message.text, "data": data}


def withdrawal_data(tag: str) -> dict[str, Any]:
    """Return the data that takes a notification away."""
    return {"message": "clear_notification", "data": {"tag": tag}}


@contextmanager
def captured_failures() -> Iterator[list[str]]:
    """Collect what Home Assistant says went wrong with the notifications that are sent meanwhile.

    When the service of a phone's maker does not answer or refuses (no internet, too many in a day), the integration of
    the apps catches the error and logs it. Only what is logged by the calls inside is collected, not that of others.
    """
    failed: list[str] = []
    token = _failed.set(failed)
    listener = _Failures()
    _APP_LOG.addHandler(listener)
    try:
        yield failed
    finally:
        _APP_LOG.removeHandler(listener)
        _failed.reset(token)


class _Failures(logging.Handler):
    """Hears what is logged on behalf of whoever made it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._failed = _failed.get()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if self._failed is not None and _failed.get() is self._failed:
            self._failed.append(record.getMessage())


@callback
def async_listen_actions(
    hass: HomeAssistant, alarms: AcknowledgeTarget, after: Callable[[float], float]
) -> CALLBACK_TYPE:
    """Let the buttons of our notifications act; return how to stop. ``after`` tells the time in so many seconds."""

    async def async_pressed(event: Event) -> None:
        action = event.data.get("action")
        if not isinstance(action, str) or not action.startswith((ACKNOWLEDGE, SNOOZE)):
            return
        is_ack = action.startswith(ACKNOWLEDGE)
        tag = action.removeprefix(ACKNOWLEDGE if is_ack else SNOOZE)
        user = await _async_user(hass, event)
        found = [alarm.key for alarm in alarms.alarms() if tag_of(alarm.key, alarm.identity) == tag]
        keys = [key for key in found if _may(hass, event, user, key)]
        if not keys:
            if found:
                LOGGER.warning("A button was pressed by somebody who may not control %s", found[0].subject)
            return
        by = Actor(name=_who(event, user), source=WHERE)
        if is_ack:
            alarms.async_acknowledge(keys, by)
        else:
            alarms.async_snooze(keys, after(SNOOZE_S), by)

    return hass.bus.async_listen(EVENT_BUTTON, async_pressed)


async def _async_user(hass: HomeAssistant, event: Event) -> User | None:
    return await hass.auth.async_get_user(event.context.user_id) if event.context.user_id else None


def _may(hass: HomeAssistant, event: Event, user: User | None, key: AlarmKey) -> bool:
    """Return whether a button may act: a phone's event carries its user; one without comes from an automation."""
    if event.context.user_id is None:
        return True
    return user is not None and user.is_active and async_permits(hass, user, key, POLICY_CONTROL)


def _who(event: Event, user: User | None) -> str:
    """Return the name of the user whose phone it is, or else of the phone."""
    if user is not None and user.name:
        return user.name
    device = event.data.get("device_name") or event.data.get("sourceDeviceName")
    return device if isinstance(device, str) else ""
