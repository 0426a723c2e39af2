"""Channel of persistent notifications, which Home Assistant's own interface shows."""

from collections.abc import Iterable, Mapping, Sequence
import re
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import selector

from ....markdown import escaped
from ..message import Message, displayed_messages, obsolete_tags
from .channel import DeliveryContext, NotificationChannel, Target

_DOMAIN = "persistent_notification"
_FIELD = "persistent"
# In YAML; the action has two names.
_ALERT_NOTIFIERS = frozenset({_DOMAIN, f"notify.{_DOMAIN}"})


class PersistentChannel(NotificationChannel):
    """Channel that shows notifications in Home Assistant; a later one of an alarm replaces the earlier one."""

    kind = "persistent"
    can_withdraw = True

    @override
    def name_of(self, target: Target) -> str:
        return _DOMAIN

    @override
    def title_of(self, target: Target) -> str:
        return "home assistant"

    @override
    async def async_send(self, context: DeliveryContext, target: Target, messages: Sequence[Message]) -> None:
        displayed = displayed_messages(messages)
        if displayed:
            message = context.as_one(displayed)
            link = f"\n\n[{message.details}]({message.url})" if message.url else ""
            data = {"notification_id": message.tag, "title": message.title, "message": f"{_as_markdown(message)}{link}"}
            await context.async_call(f"{_DOMAIN}.create", data)
        for tag in obsolete_tags(messages, displayed):
            await context.async_call(f"{_DOMAIN}.dismiss", {"notification_id": tag})

    @override
    @callback
    def async_form_fields(self, hass: HomeAssistant, targets: Iterable[Target]) -> dict[vol.Marker, Any]:
        return {vol.Required(_FIELD, default=False): selector.BooleanSelector()}

    @override
    def to_form(self, targets: Sequence[Target]) -> dict[str, Any]:
        return {_FIELD: bool(targets)}

    @override
    @callback
    def async_from_form(self, hass: HomeAssistant, form: Mapping[str, Any]) -> list[Target]:
        return [{"kind": self.kind}] if form[_FIELD] else []

    @override
    def from_alert_notifier(self, name: str) -> Target | None:
        return {"kind": self.kind} if name in _ALERT_NOTIFIERS else None


def _as_markdown(message: Message) -> str:
    """Return the text with everything escaped but what the user wrote: values and names are those of strangers."""
    if not message.written:
        return _escaped_lines(message.text)
    parts = re.split(f"({'|'.join(map(re.escape, message.written))})", message.text)
    return "".join(part if part in message.written else _escaped_lines(part) for part in parts)


def _escaped_lines(text: str) -> str:
    return re.sub(r"\S.*\S|\S", lambda line: escaped(line[0]), text)
