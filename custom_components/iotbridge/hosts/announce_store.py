"""Hosts that announced themselves at least once, kept over restarts.

Such a host publishes its own discovery message, also while its announce is missing at the broker.
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
# More than the inventory has: strangers that announce themselves must not drop what is kept of hosts.
MAX_KEPT = 5000


class AnnouncedHosts:
    """The keys of these hosts, the one that was heard last at the end."""

    def __init__(self, hass: HomeAssistant, is_needed: Callable[[HostKey], bool] = lambda _key: False) -> None:
        """Prepare; nothing is read before async_load.

        ``is_needed`` returns whether a host must stay whatever others do; it is so for less than MAX_KEPT hosts.
        """
        self._is_needed = is_needed
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
        """Keep a host that announced itself now; the one that was not heard for the longest time makes room."""
        if key in self._keys:
            self._move_to_end(key)
            return
        if len(self._keys) >= MAX_KEPT:
            self._make_room()
        self._keys[key] = None
        self._async_save_soon()

    def _make_room(self) -> None:
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
        """Drop a host that the user forgot; one that only made room for others is still known to announce itself."""
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
