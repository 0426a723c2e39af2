"""Store of the hosts that have announced themselves at least once, kept across restarts.

Such a host publishes its own discovery message, even while its announce is missing from the broker.
"""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..protocol.topics import HostKey

VERSION = 1
KEY = f"{DOMAIN}.hosts"
SAVE_DELAY_S = 1.0
# More than the inventory holds: made-up hosts that announce themselves must not evict real ones.
MAX_KEPT = 5000


class AnnouncedHosts:
    """Keys of the announced hosts, the most recently seen one last."""

    def __init__(self, hass: HomeAssistant, is_needed: Callable[[HostKey], bool] = lambda _key: False) -> None:
        """Start empty; ``async_load`` reads the file.

        ``is_needed`` returns whether a host must never be evicted; it is true of fewer than MAX_KEPT hosts.
        """
        self._is_needed = is_needed
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, KEY, private=True)
        self._keys: dict[HostKey, None] = {}
        self._is_save_due = False

    def __contains__(self, key: object) -> bool:
        """Return whether a host has ever announced itself."""
        return key in self._keys

    async def async_load(self) -> None:
        """Load the saved keys."""
        data = await self._store.async_load() or {}
        self._keys = {HostKey(prefix, node_id): None for prefix, node_id in data.get("announced", ())}

    @callback
    def add(self, key: HostKey) -> None:
        """Add a host that just announced itself; if the store is full, evict the least recently seen one."""
        if key in self._keys:
            self._move_to_end(key)
            return
        if len(self._keys) >= MAX_KEPT:
            self._evict_oldest()
        self._keys[key] = None
        self._async_save_soon()

    def _evict_oldest(self) -> None:
        for oldest in list(self._keys):
            if not self._is_needed(oldest):
                del self._keys[oldest]
                return
            self._move_to_end(oldest)

    def _move_to_end(self, key: HostKey) -> None:
        del self._keys[key]
        self._keys[key] = None

    @callback
    def discard(self, key: HostKey) -> None:
        """Remove a host that the user removed; one that was only evicted from the inventory stays announced."""
        if key in self._keys:
            del self._keys[key]
            self._async_save_soon()

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    @callback
    def _async_save_soon(self) -> None:
        if not self._is_save_due:
            # Another call would postpone the pending save.
            self._is_save_due = True
            self._store.async_delay_save(self._data, SAVE_DELAY_S)

    @callback
    def _data(self) -> dict[str, Any]:
        self._is_save_due = False
        return {"announced": [[key.prefix, key.node_id] for key in self._keys]}
