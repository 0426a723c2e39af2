"""Channels: the kinds of notification targets, one row and one file each."""

from collections.abc import Iterable

from .action import ActionChannel
from .channel import NotificationChannel, Target
from .mobile_app import MobileAppChannel
from .notify_entity import NotifyEntityChannel
from .persistent import PersistentChannel

# In the order of the dialog's fields, and of the targets that it stores.
_ROWS: tuple[NotificationChannel, ...] = (
    MobileAppChannel(),
    NotifyEntityChannel(),
    PersistentChannel(),
    ActionChannel(),
)

CHANNELS = {channel.kind: channel for channel in _ROWS}
# By kind, the key of a target whose value may be renamed or removed in Home Assistant.
REFERENCE_KEYS = {kind: key for kind, channel in CHANNELS.items() if (key := channel.reference_key)}


def entities_of(targets: Iterable[Target]) -> list[str]:
    """Return the entities that targets name."""
    return _values(targets, {kind: channel.entity_key for kind, channel in CHANNELS.items()})


def device_actions_of(targets: Iterable[Target]) -> list[str]:
    """Return the actions that targets name and that a device brings, such as those of phones."""
    return _values(targets, {kind: channel.device_action_key for kind, channel in CHANNELS.items()})


def _values(targets: Iterable[Target], keys: dict[str, str | None]) -> list[str]:
    return [target[key] for target in targets if (key := keys.get(target.get("kind", "")))]
