"""Coalescing of calls: many requests within one pass of the event loop run a callback once."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback


class CoalescedCall:
    """Callable that runs a callback once in the next pass of the event loop, however often it is called before."""

    # Home Assistant runs listeners without this mark, which its decorator sets on functions, in a thread.
    _hass_callback = True

    def __init__(self, hass: HomeAssistant, action: Callable[[], object]) -> None:
        """``action`` runs in the event loop."""
        self._loop = hass.loop
        self._act = action
        self._due: asyncio.Handle | None = None

    @callback
    def __call__(self) -> None:
        """Schedule the callback, unless it is scheduled already."""
        if self._due is None:
            self._due = self._loop.call_soon(self._async_do)

    @callback
    def cancel(self) -> None:
        """Cancel the scheduled callback, if there is one."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    @callback
    def _async_do(self) -> None:
        self._due = None
        self._act()
