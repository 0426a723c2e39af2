"""Channel of Home Assistant's phone apps: notifications with buttons, which later ones replace or withdraw.

On an iPhone that allows it, an alarm is a Live Activity beside its notification: a notification can sound and has
buttons, a Live Activity stays on the lock screen. Both have the same tag, so a withdrawal removes both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
import logging
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ....const import DOMAIN
from ....forms import choices
from ....phone_actions import PREFIX, async_phone_actions
from ...engine.escalation import ACTIONABLE, NotificationKind, Sound
from ...engine.models import Severity
from ..message import Message, displayed_messages, obsolete_tags
from .channel import DeliveryContext, NotificationChannel, Target

_FIELD = "phones"

# Logger to which Home Assistant's integration of the apps logs failed pushes instead of raising an error.
_APP_LOG = logging.getLogger("homeassistant.components.mobile_app.notify")
# Messages logged there during one push.
_failures: ContextVar[list[str] | None] = ContextVar("iotbridge_push_failures", default=None)

# Sounds although the phone is silent: the first is for iOS, the others are for Android.
_CRITICAL = {
    "push": {"interruption-level": "critical", "sound": {"name": "default", "critical": 1, "volume": 1.0}},
    "ttl": 0,
    "priority": "high",
    "channel": "alarm_stream",
}
# Replaces the earlier notification without a sound, for iOS and Android.
_SILENT_UPDATE = {"push": {"interruption-level": "passive"}, "alert_once": True}
# Silent without an earlier notification to replace: Android needs a channel of that importance.
_SILENT = {"push": {"interruption-level": "passive"}, "channel": "IoT Bridge", "importance": "low"}

# Icons and colors of Live Activities.
_LIVE = {
    Severity.CRITICAL: ("mdi:alert-octagon", "#DB4437"),
    Severity.WARNING: ("mdi:alert", "#FFA600"),
    Severity.INFO: ("mdi:information", "#039BE5"),
}


class MobileAppChannel(NotificationChannel):
    """Channel that sends push notifications to a phone."""

    kind = "mobile_app"
    can_withdraw = True
    device_action_key = "action"

    @override
    def name_of(self, target: Target) -> str:
        return str(target["action"])

    @override
    async def async_send(self, context: DeliveryContext, target: Target, messages: Sequence[Message]) -> None:
        """Send a push; a refusal by the push service, which Home Assistant only logs, is a failure here."""
        for data, is_required in _pushes(context, target["action"], messages):
            with _captured_failures() as failures:
                await context.async_call(target["action"], data)
            if failures and is_required:  # another push that fails must not repeat what was delivered
                raise HomeAssistantError(failures[0])

    @override
    @callback
    def async_form_fields(self, hass: HomeAssistant, targets: Iterable[Target]) -> dict[vol.Marker, Any]:
        """Return a list of the registered phones and of those that were chosen; without any, no field."""
        registered = [f"notify.{name}" for name in hass.services.async_services_for_domain("notify")]
        actions = {*registered, *(target.get("action", "") for target in targets)}
        names = {
            action: action.removeprefix(PREFIX).replace("_", " ").capitalize()
            for action in sorted(actions)
            if action.startswith(PREFIX)
        }
        return {vol.Optional(_FIELD): choices(names, multiple=True)} if names else {}

    @override
    def to_form(self, targets: Sequence[Target]) -> dict[str, Any]:
        return {_FIELD: [target["action"] for target in targets]} if targets else {}

    @override
    @callback
    def async_from_form(self, hass: HomeAssistant, form: Mapping[str, Any]) -> list[Target]:
        return [{"kind": self.kind, "action": action} for action in form.get(_FIELD, ())]

    @override
    def from_alert_notifier(self, name: str) -> Target | None:
        action = f"notify.{name}"
        return {"kind": self.kind, "action": action} if action.startswith(PREFIX) else None


@callback
def _pushes(context: DeliveryContext, action: str, messages: Sequence[Message]) -> list[tuple[dict[str, Any], bool]]:
    """Return the data of the pushes for messages, and of each whether the delivery fails without it."""
    displayed = displayed_messages(messages)
    withdrawals = [_withdrawal_data(tag) for tag in obsolete_tags(messages, displayed)]
    if not displayed:
        return [(data, number == 0) for number, data in enumerate(withdrawals)]
    message = context.as_one(displayed)
    is_critical = context.breaks_through and message.severity is Severity.CRITICAL
    pushes = [(_push_data(message, breaks_through=is_critical), True), *((data, False) for data in withdrawals)]
    if _has_live_activities(context.hass, action):
        if message.is_last:
            pushes.insert(0, (_withdrawal_data(message.tag), False))
        elif message.acknowledge or message.kind is NotificationKind.ACKNOWLEDGED:
            pushes.append((_live_data(message), False))
    return pushes


def _push_data(message: Message, *, breaks_through: bool) -> dict[str, Any]:
    """Return the data of the app's action; ``breaks_through`` lets an actionable message sound on a silent phone."""
    data: dict[str, Any] = {"tag": message.tag, "group": DOMAIN}
    if message.kind in ACTIONABLE and breaks_through:
        data |= _CRITICAL
    if message.kind is NotificationKind.ACKNOWLEDGED:
        data |= _SILENT_UPDATE
    if message.sound is Sound.SILENT:
        data |= _SILENT
    if message.url:  # for iOS and Android
        data |= {"url": message.url, "clickAction": message.url}
    buttons = {
        message.ack_id: message.acknowledge,
        message.unack_id: message.unacknowledge,
        message.snooze_id: message.snooze,
    }
    if actions := [{"action": button, "title": title} for button, title in buttons.items() if title]:
        data["actions"] = actions
    return {"title": message.title, "message": message.text, "data": data}


@callback
def _has_live_activities(hass: HomeAssistant, action: str) -> bool:
    """Return whether a phone lets Home Assistant start Live Activities; it sent a token for that if it does."""
    entry = hass.config_entries.async_get_entry(async_phone_actions(hass).get(action, ""))
    app_data = entry.data.get("app_data") if entry else None
    return isinstance(app_data, Mapping) and bool(app_data.get("start_live_activity_token"))


def _live_data(message: Message) -> dict[str, Any]:
    """Return the data that starts or updates a Live Activity, silently: the notification beside it sounds."""
    icon, color = _LIVE[message.severity]
    data: dict[str, Any] = {"tag": message.tag, "live_update": True, "silent": True}
    data |= {"notification_icon": icon, "notification_icon_color": color}
    if message.url:
        data["url"] = message.url
    return {"title": message.name, "message": message.text, "data": data}


def _withdrawal_data(tag: str) -> dict[str, Any]:
    """Return the data that removes a notification from the phone."""
    return {"message": "clear_notification", "data": {"tag": tag}}


@contextmanager
def _captured_failures() -> Iterator[list[str]]:
    """Collect the failures that Home Assistant logs for the pushes sent meanwhile.

    When the push service of a phone does not answer or refuses (no internet, too many in a day), the integration of the
    apps catches the error and logs it. Only messages logged by the calls inside are collected, not those of others.
    """
    failures: list[str] = []
    token = _failures.set(failures)
    handler = _FailureHandler()
    _APP_LOG.addHandler(handler)
    try:
        yield failures
    finally:
        _APP_LOG.removeHandler(handler)
        _failures.reset(token)


class _FailureHandler(logging.Handler):
    """Log handler that collects the messages logged in the context of its creation."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._failures = _failures.get()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if self._failures is not None and _failures.get() is self._failures:
            self._failures.append(record.getMessage())
