"""Channel of notify entities."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, override

import voluptuous as vol

from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import selector

from ...engine.escalation import NotificationKind
from ..message import Message
from .channel import DeliveryContext, NotificationChannel, Target

_DOMAIN = "notify"
_FIELD = "entities"
# Looks like an entity id, but is an action.
_NO_ENTITY = "notify.persistent_notification"


class NotifyEntityChannel(NotificationChannel):
    """Channel that sends title and text to a notify entity; what was sent cannot be withdrawn."""

    kind = "notify"
    entity_key = ATTR_ENTITY_ID

    @override
    def name_of(self, target: Target) -> str:
        return str(target[ATTR_ENTITY_ID])

    @override
    async def async_send(self, context: DeliveryContext, target: Target, messages: Sequence[Message]) -> None:
        entity_id, message = target[ATTR_ENTITY_ID], context.as_one(messages)
        state = context.hass.states.get(entity_id)
        # Home Assistant's action reports no error for an entity that is missing or not available.
        if state is None or state.state == STATE_UNAVAILABLE:
            raise HomeAssistantError(context.texts.sentence("not_available", name=entity_id))
        if message.kind is NotificationKind.WITHDRAWN:
            return
        data = {ATTR_ENTITY_ID: entity_id, "title": message.title, "message": message.text}
        if not state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & NotifyEntityFeature.TITLE:
            data = {ATTR_ENTITY_ID: entity_id, "message": f"{message.title}\n{message.text}"}
        await context.async_call(f"{_DOMAIN}.send_message", data)

    @override
    @callback
    def async_form_fields(self, hass: HomeAssistant, targets: Iterable[Target]) -> dict[vol.Marker, Any]:
        entities = selector.EntityWithDeviceFilterSelectorConfig(domain=_DOMAIN)
        config = selector.EntitySelectorConfig(filter=entities, multiple=True)
        return {vol.Optional(_FIELD): selector.EntitySelector(config)}

    @override
    def to_form(self, targets: Sequence[Target]) -> dict[str, Any]:
        return {_FIELD: [target[ATTR_ENTITY_ID] for target in targets]} if targets else {}

    @override
    @callback
    def async_from_form(self, hass: HomeAssistant, form: Mapping[str, Any]) -> list[Target]:
        return [{"kind": self.kind, ATTR_ENTITY_ID: entity_id} for entity_id in form.get(_FIELD, ())]

    @override
    def from_alert_notifier(self, name: str) -> Target | None:
        is_entity = name.startswith(f"{_DOMAIN}.") and name != _NO_ENTITY
        return {"kind": self.kind, ATTR_ENTITY_ID: name} if is_entity else None
