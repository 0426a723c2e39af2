"""Base of the notification channels: each one delivers to a kind of target, and has the fields that choose them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import voluptuous as vol

from homeassistant.core import Context, HomeAssistant, callback

from ..message import AlarmTexts, Message, digest

# A target as the subentry of its group has it; ``kind`` names its channel.
type Target = Mapping[str, Any]


class InvalidTargetError(ValueError):
    """Invalid target in a form; ``key`` is the error key of the flow."""

    def __init__(self, key: str, **placeholders: str) -> None:
        super().__init__(key)
        self.key = key
        self.placeholders = placeholders


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """Context of a delivery: the texts of the home, and whether critical messages of the group break through."""

    hass: HomeAssistant
    texts: AlarmTexts
    breaks_through: bool

    async def async_call(self, action: str, data: Mapping[str, Any]) -> None:
        """Call an action and wait until it is finished."""
        domain, _, name = action.partition(".")
        await self.hass.services.async_call(domain, name, dict(data), blocking=True, context=Context())

    def as_one(self, messages: Sequence[Message]) -> Message:
        """Return a single message as it is, several as a digest."""
        return messages[0] if len(messages) == 1 else digest(self.texts, messages)


class NotificationChannel(ABC):
    """Channel for one kind of target; it has no state."""

    # As stored in the targets of groups.
    kind: ClassVar[str]
    # Key of a target that names an entity.
    entity_key: ClassVar[str | None] = None
    # Key of a target that names an action which is renamed and removed together with a device.
    device_action_key: ClassVar[str | None] = None
    # Whether a message can be removed from the target; otherwise a withdrawal does nothing.
    can_withdraw: ClassVar[bool] = False
    # Whether a delivery that takes longer than the timeout continues and counts as done; otherwise it is cancelled.
    is_done_at_timeout: ClassVar[bool] = False

    @property
    def reference_key(self) -> str | None:
        """Return the key of a target whose value may be renamed or removed in Home Assistant."""
        return self.entity_key or self.device_action_key

    @abstractmethod
    def name_of(self, target: Target) -> str:
        """Return a name that stays the same as long as the target does: the value of the reference key, if any."""

    def title_of(self, target: Target) -> str:
        """Return a title for a group of this target."""
        return self.name_of(target).partition(".")[2].replace("_", " ")

    @abstractmethod
    async def async_send(self, context: DeliveryContext, target: Target, messages: Sequence[Message]) -> None:
        """Deliver messages to a target, several as a digest; raise an error if it did not get them."""

    @callback
    @abstractmethod
    def async_form_fields(self, hass: HomeAssistant, targets: Iterable[Target]) -> dict[vol.Marker, Any]:
        """Return the fields of the dialog; ``targets`` are all those that the group has."""

    @abstractmethod
    def to_form(self, targets: Sequence[Target]) -> dict[str, Any]:
        """Return the values of the fields for targets of this kind."""

    @callback
    @abstractmethod
    def async_from_form(self, hass: HomeAssistant, form: Mapping[str, Any]) -> list[Target]:
        """Return the targets selected in the fields.

        Raises:
            InvalidTargetError: A value is not valid.

        """

    def from_alert_notifier(self, name: str) -> Target | None:  # noqa: ARG002 - for those that have one
        """Return the target for a notifier in the YAML of ``alert`` or Alert2; None if it is not of this kind."""
        return None
