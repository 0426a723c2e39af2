"""Delivery to a notifier group that is not saved yet, by the code that delivers to saved ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ...const import SUBENTRY_NOTIFIER
from ..notifications.message import Message
from ..notifications.notifier import Notifier

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class _Draft:
    """Group that is not saved yet, in the form that a notifier reads."""

    subentries: Mapping[str, ConfigSubentry]


async def async_send_to_draft(hass: HomeAssistant, title: str, data: Mapping[str, Any], message: Message) -> None:
    """Deliver a message to the targets of an unsaved group; raise DeliveryError for those that fail."""
    group = ConfigSubentry(
        data=MappingProxyType(dict(data)), subentry_type=SUBENTRY_NOTIFIER, title=title, unique_id=None
    )
    await Notifier(hass, _Draft({DRAFT: group})).async_send(DRAFT, [message])
