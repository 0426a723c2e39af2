"""Hosts that announced themselves at least once, kept over restarts.

Such a host publishes its own discovery message, also while its announce is missing at the broker.
"""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..protocol.topics import HostKey

VERSION = 1
KEY = f"{DOMAIN}.hosts"
SAVE_DELAY_S = 1.0
# Hosts that were not forgotten and are not in the inventory either; the oldest goes first.
MAX_KEPT = 5000


class AnnouncedHosts:
    """The keys of these hosts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare; nothing is read before async_load."""
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, KEY, private=True)
        self._keys: dict[HostKey, None] = {}
        self._is_save_due = False

    def __contains__(self, key: object) -> bool:
        """Return whether a host ever announced itself."""
        return key in self._keys

    async def async_load(self) -> None:
        """Read what was saved."""
        data = await self._store.async_load() or {}
        self._keys = {HostKey(prefix, node_id): None for prefix, node_id in data.get("announced", ())}

    @callback
    def add(self, key: HostKey) -> None:
        """Keep a host."""
        if key in self._keys:
            return
        if len(self._keys) >= MAX_KEPT:
            del self._keys[next(iter(self._keys))]
        self._keys[key] = None
        self._async_save_soon()

    @callback
    def discard(self, key: HostKey) -> None:
        """Drop a host that was forgotten."""
        if key in self._keys:
            del self._keys[key]
            self._async_save_soon()

    async def async_remove(self) -> None:
        """Delete what was saved."""
        await self._store.async_remove()

    @callback
    def _async_save_soon(self) -> None:
        if not self._is_save_due:
            # A later call would put off the first one.
            self._is_save_due = True
            self._store.async_delay_save(self._data, SAVE_DELAY_S)

    @callback
    def _data(self) -> dict[str, Any]:
        self._is_save_due = False
        return {"announced": [[key.prefix, key.node_id] for key in self._keys]}
