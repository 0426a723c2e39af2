"""Channel of any action of Home Assistant, with templates in its data."""

from collections.abc import Iterable, Mapping, Sequence
import re
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import selector
from homeassistant.helpers.template import Template, is_template_string

from ...engine.escalation import NotificationKind
from ..message import Message
from .channel import DeliveryContext, InvalidTargetError, NotificationChannel, Target

_FIELD = "actions"
_ACTION = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
# For an action without data: the data of a notify action.
_DEFAULT_DATA = {"title": "{{ title }}", "message": "{{ message }}"}


class ActionChannel(NotificationChannel):
    """Channel that calls an action once for each message or digest; nothing is withdrawn."""

    kind = "action"
    # A script may speak or wait for minutes. It has started: a retry would run it twice.
    is_done_at_timeout = True

    @override
    def name_of(self, target: Target) -> str:
        return str(target["action"])

    @override
    async def async_send(self, context: DeliveryContext, target: Target, messages: Sequence[Message]) -> None:
        message = context.as_one(messages)
        if message.kind is NotificationKind.WITHDRAWN:
            return
        variables = {
            "title": message.title,
            "message": message.text,
            "severity": message.severity.word,
            "alarm": message.name,
            "entity_id": message.entity_id,
            "kind": str(message.kind),
        }
        await context.async_call(
            target["action"], _rendered(context.hass, target.get("data") or _DEFAULT_DATA, variables)
        )

    @override
    @callback
    def async_form_fields(self, hass: HomeAssistant, targets: Iterable[Target]) -> dict[vol.Marker, Any]:
        services = hass.services.async_services_internal()
        action = selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=sorted(f"{domain}.{name}" for domain, names in services.items() for name in names),
                custom_value=True,
                mode=selector.SelectSelectorMode.DROPDOWN,
            )
        )
        config = selector.ObjectSelectorConfig(
            multiple=True,
            translation_key="actions",
            label_field="action",
            fields={
                "action": selector.ObjectSelectorField(selector=action.serialize()["selector"], required=True),
                "data": selector.ObjectSelectorField(selector=selector.ObjectSelector().serialize()["selector"]),
            },
        )
        return {vol.Optional(_FIELD): selector.ObjectSelector(config)}

    @override
    def to_form(self, targets: Sequence[Target]) -> dict[str, Any]:
        rows = [{"action": target["action"], "data": target["data"]} for target in targets]
        return {_FIELD: rows} if rows else {}

    @override
    @callback
    def async_from_form(self, hass: HomeAssistant, form: Mapping[str, Any]) -> list[Target]:
        return [self._target(hass, row) for row in form.get(_FIELD) or ()]

    def _target(self, hass: HomeAssistant, row: Mapping[str, Any]) -> Target:
        action, data = (row.get("action") or "").strip(), row.get("data") or {}
        if not _ACTION.fullmatch(action) or not hass.services.has_service(*action.split(".")):
            raise InvalidTargetError("action_unknown", action=action)
        if not isinstance(data, Mapping):
            raise InvalidTargetError("data_invalid")
        return {"kind": self.kind, "action": action, "data": dict(data)}

    @override
    def from_alert_notifier(self, name: str) -> Target | None:
        return {"kind": self.kind, "action": f"notify.{name}", "data": {}} if "." not in name else None


def _rendered(hass: HomeAssistant, value: Any, variables: Mapping[str, Any]) -> Any:
    """Return data with all templates in them rendered."""
    if isinstance(value, Mapping):
        return {key: _rendered(hass, item, variables) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rendered(hass, item, variables) for item in value]
    if isinstance(value, str) and is_template_string(value):
        return Template(value, hass).async_render(variables)
    return value
