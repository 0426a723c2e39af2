"""Buttons of notifications on phones: acknowledge, take that back, and snooze the alarm of the notification."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from ...const import LOGGER
from ..engine.models import Actor, Alarm, AlarmKey
from ..runtime.permissions import async_permits
from .message import ACKNOWLEDGE, SNOOZE, SNOOZE_S, UNACKNOWLEDGE, tag_of

# Fired by Home Assistant's integration of the phone apps for the buttons of all notifications.
EVENT_BUTTON = "mobile_app_notification_action"
SOURCE = "phone"


class AcknowledgeTarget(Protocol):
    """Recipient of the commands of notification buttons."""

    def alarms(self) -> Iterable[Alarm]:
        """Return all alarms."""

    def async_after(self, seconds: float) -> float:
        """Return the time after a number of seconds, in seconds since 1970."""

    def async_acknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Acknowledge alarms."""

    def async_unacknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        """Take back the acknowledgement of alarms."""

    def async_snooze(self, keys: Iterable[AlarmKey], until: float, by: Actor) -> list[AlarmKey]:
        """Snooze alarms until a time, in seconds since 1970."""


# Command of each button, by the beginning of its id; the tag of the notification follows.
_COMMANDS: Mapping[str, Callable[[AcknowledgeTarget, list[AlarmKey], Actor], object]] = {
    ACKNOWLEDGE: lambda alarms, keys, by: alarms.async_acknowledge(keys, by),
    UNACKNOWLEDGE: lambda alarms, keys, by: alarms.async_unacknowledge(keys, by),
    SNOOZE: lambda alarms, keys, by: alarms.async_snooze(keys, alarms.async_after(SNOOZE_S), by),
}


@callback
def async_listen_buttons(hass: HomeAssistant, alarms: AcknowledgeTarget) -> CALLBACK_TYPE:
    """Run the commands of buttons that are pressed; return the unsubscribe callback."""

    async def async_pressed(event: Event) -> None:
        button = event.data.get("action")
        if not isinstance(button, str):
            return
        beginning = next((each for each in _COMMANDS if button.startswith(each)), None)
        if beginning is None:
            return
        tag = button.removeprefix(beginning)
        user = await _async_user(hass, event)
        selected = [alarm.key for alarm in alarms.alarms() if tag_of(alarm.key, alarm.identity) == tag]
        keys = [key for key in selected if _is_permitted(hass, event, user, key)]
        if not keys:
            if selected:
                LOGGER.warning("A button was pressed by a user who may not control %s", selected[0].subject)
            return
        _COMMANDS[beginning](alarms, keys, Actor(name=_actor_name(event, user), source=SOURCE))

    return hass.bus.async_listen(EVENT_BUTTON, async_pressed)


async def _async_user(hass: HomeAssistant, event: Event) -> User | None:
    return await hass.auth.async_get_user(event.context.user_id) if event.context.user_id else None


def _is_permitted(hass: HomeAssistant, event: Event, user: User | None, key: AlarmKey) -> bool:
    """Return whether a button may act: a phone's event carries its user; one without comes from an automation."""
    if event.context.user_id is None:
        return True
    return user is not None and user.is_active and async_permits(hass, user, key, POLICY_CONTROL)


def _actor_name(event: Event, user: User | None) -> str:
    """Return the name of the user of the phone, or else of the phone."""
    if user is not None and user.name:
        return user.name
    device = event.data.get("device_name") or event.data.get("sourceDeviceName")
    return device if isinstance(device, str) else ""
