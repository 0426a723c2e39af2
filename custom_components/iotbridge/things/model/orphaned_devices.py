"""Devices that were learned once and that no subentry has any more, as after an older backup was restored. Pure."""

from collections.abc import Collection
from typing import NamedTuple

import orjson

from .mapping import UID_PREFIX

MAX_ORPHANS = 1000
_MAX_CONFIG = 256 * 1024
_MAX_NAME = 100


class _Found(NamedTuple):
    """Discovery message of a thing: the name of the device, and the topic."""

    name: str
    topic: str


class Orphans:
    """The discovery messages of things at the broker, by the uid of the device."""

    def __init__(self) -> None:
        """Start with none heard."""
        self._found: dict[str, _Found] = {}

    def heard(self, uid: str, topic: str, payload: bytes) -> None:
        """Note a discovery message; an empty one takes its device away."""
        if not payload:
            self._found.pop(uid, None)
        elif uid.startswith(UID_PREFIX) and (uid in self._found or len(self._found) < MAX_ORPHANS):
            self._found[uid] = _Found(_name_in(payload) or uid, topic)

    def clear(self) -> None:
        """Note that discovery messages are looked for elsewhere, or no more."""
        self._found.clear()

    def topic(self, uid: str) -> str | None:
        """Return the topic of the discovery message of a device; None where there is none any more."""
        found = self._found.get(uid)
        return found.topic if found else None

    def without_owner(self, owned: Collection[str]) -> dict[str, str]:
        """Return the names of devices that are not among the owned ones, by uid."""
        return {uid: found.name for uid, found in self._found.items() if uid not in owned}


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
