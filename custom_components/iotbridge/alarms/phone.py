"""Home Assistant's phone apps: what their notifications look like, and what their buttons do."""

from collections.abc import Iterable
from typing import Any, Protocol

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from .message import ACKNOWLEDGE, SNOOZE, SNOOZE_S, Message, tag_of
from .models import Alarm, AlarmKey, By
from .telling import CALLS, News

EVENT_BUTTON = "mobile_app_notification_action"
WHERE = "phone"

# Sounds although the phone is silent: the first is for iOS, the others are for Android.
_CRITICAL = {
    "push": {"interruption-level": "critical", "sound": {"name": "default", "critical": 1, "volume": 1.0}},
    "ttl": 0,
    "priority": "high",
    "channel": "alarm_stream",
}
# Takes the place of the one before without a sound: the same.
_SOFT = {"push": {"interruption-level": "passive"}, "alert_once": True}


class Alarms(Protocol):
    """What the buttons act on."""

    def alarms(self) -> Iterable[Alarm]:
        """Return all alarms."""

    def async_acknowledge(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """Note that somebody knows."""

    def async_shelve(self, keys: Iterable[AlarmKey], until: float, by: By) -> list[AlarmKey]:
        """Put alarms aside until a time."""


def alert(message: Message, *, breaks_through: bool) -> dict[str, Any]:
    """Return the data of the app's action; ``breaks_through`` lets a call sound on a silent phone."""
    if message.news is News.WITHDRAWN:
        return withdrawal(message.tag)
    data: dict[str, Any] = {"tag": message.tag, "group": DOMAIN}
    if message.news in CALLS and breaks_through:
        data |= _CRITICAL
    if message.news is News.ACKNOWLEDGED:
        data |= _SOFT
    if message.acknowledge:
        data["actions"] = [
            {"action": message.ack_id, "title": message.acknowledge},
            {"action": message.snooze_id, "title": message.snooze},
        ]
    return {"title": message.title, "message": message.text, "data": data}


def withdrawal(tag: str) -> dict[str, Any]:
    """Return the data that takes a notification away."""
    return {"message": "clear_notification", "data": {"tag": tag}}


@callback
def async_listen_actions(hass: HomeAssistant, alarms: Alarms) -> CALLBACK_TYPE:
    """Let the buttons of our notifications act; return how to stop."""

    async def async_pressed(event: Event) -> None:
        action = event.data.get("action")
        if not isinstance(action, str) or not action.startswith((ACKNOWLEDGE, SNOOZE)):
            return
        is_ack = action.startswith(ACKNOWLEDGE)
        tag = action.removeprefix(ACKNOWLEDGE if is_ack else SNOOZE)
        keys = [alarm.key for alarm in alarms.alarms() if tag_of(alarm.key) == tag]
        if not keys:
            return
        by = By(who=await _async_who(hass, event), where=WHERE)
        if is_ack:
            alarms.async_acknowledge(keys, by)
        else:
            alarms.async_shelve(keys, dt_util.utcnow().timestamp() + SNOOZE_S, by)

    return hass.bus.async_listen(EVENT_BUTTON, async_pressed)


async def _async_who(hass: HomeAssistant, event: Event) -> str:
    """Return the name of the user whose phone it is, or else of the phone."""
    user = await hass.auth.async_get_user(event.context.user_id) if event.context.user_id else None
    if user is not None and user.name:
        return user.name
    device = event.data.get("device_name") or event.data.get("sourceDeviceName")
    return device if isinstance(device, str) else ""
