"""What happens together is answered once."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback


class CoalescedCall:
    """Does something once, after all that happens now, however often it was asked to."""

    def __init__(self, hass: HomeAssistant, act: Callable[[], object]) -> None:
        """``act`` runs in the event loop."""
        self._loop = hass.loop
        self._act = act
        self._due: asyncio.Handle | None = None

    @callback
    def __call__(self) -> None:
        """Ask for it."""
        if self._due is None:
            self._due = self._loop.call_soon(self._async_do)

    @callback
    def cancel(self) -> None:
        """Take back what was asked for and is not done yet."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    @callback
    def _async_do(self) -> None:
        self._due = None
        self._act()
