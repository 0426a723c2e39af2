"""Learned devices that no longer belong to a subentry, for example after an older backup was restored. Pure."""

from collections.abc import Collection
from typing import NamedTuple

import orjson

from ...protocol.topics import THING_UID_PREFIX

MAX_ORPHANS = 1000
_MAX_CONFIG = 256 * 1024
_MAX_NAME = 100


class _DiscoveryMessage(NamedTuple):
    """Discovery message of a thing: the name of the device, and the topic."""

    name: str
    topic: str


class Orphans:
    """Discovery messages of things at the broker, by the uid of the device."""

    def __init__(self) -> None:
        """Start without messages."""
        self._messages: dict[str, _DiscoveryMessage] = {}

    def record(self, uid: str, topic: str, payload: bytes) -> None:
        """Record a discovery message; an empty one removes its device."""
        if not payload:
            self._messages.pop(uid, None)
        elif uid.startswith(THING_UID_PREFIX) and (uid in self._messages or len(self._messages) < MAX_ORPHANS):
            self._messages[uid] = _DiscoveryMessage(_name_in(payload) or uid, topic)

    def clear(self) -> None:
        """Forget all messages, after a change of the discovery prefix."""
        self._messages.clear()

    def topic(self, uid: str) -> str | None:
        """Return the topic of a device's discovery message; None if there is none."""
        message = self._messages.get(uid)
        return message.topic if message else None

    def without_owner(self, owned: Collection[str]) -> dict[str, str]:
        """Return the names of the devices that are not among the owned ones, by uid."""
        return {uid: message.name for uid, message in self._messages.items() if uid not in owned}


def _name_in(payload: bytes) -> str | None:
    if len(payload) > _MAX_CONFIG:
        return None
    try:
        config = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    device = config.get("device") if isinstance(config, dict) else None
    name = device.get("name") if isinstance(device, dict) else None
    return name[:_MAX_NAME] if isinstance(name, str) else None
