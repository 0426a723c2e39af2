"""Libraries that are installed when a message needs them, not before."""

from collections.abc import Callable, Sequence
from functools import partial
import importlib
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from ... import issues as ir
from ...const import DOMAIN, LOGGER
from ...errors import LibraryMissingError
from ..analysis import understand
from ..model.message import LibraryNeededError, Sample
from ..model.profile import Understanding

AGAIN_S = 3600.0


async def async_install(hass: HomeAssistant, requirement: str) -> None:
    """Install a library and load it, outside the event loop.

    Raises LibraryMissingError when that does not work, as on a machine without internet.
    """
    try:
        await async_process_requirements(hass, DOMAIN, [requirement], is_built_in=False)
        await hass.async_add_executor_job(importlib.import_module, requirement.partition("==")[0])
    except (RequirementsNotFound, ImportError) as error:
        raise LibraryMissingError(requirement) from error


class LibraryInstaller:
    """Installs libraries that messages need, in the background; what does not work is tried again after an hour."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, issues: ir.Issues) -> None:
        """Prepare; ``issues`` is told of what cannot be installed."""
        self._hass = hass
        self._entry = entry
        self._issues = issues
        self._tried_at: dict[str, float] = {}

    @callback
    def async_need(self, requirement: str, installed: Callable[[], None]) -> None:
        """Install a library, and call ``installed`` when it is there."""
        now = time.monotonic()
        if now - self._tried_at.get(requirement, -AGAIN_S) < AGAIN_S:
            return
        self._tried_at[requirement] = now
        self._entry.async_create_background_task(
            self._hass, self._async_install(requirement, installed), f"iotbridge install {requirement}"
        )

    async def _async_install(self, requirement: str, installed: Callable[[], None]) -> None:
        try:
            await async_install(self._hass, requirement)
        except LibraryMissingError as error:
            LOGGER.warning("%s", error)
            self._issues.async_set(ir.LIBRARY_MISSING, requirement, True, library=requirement)
            return
        self._issues.async_set(ir.LIBRARY_MISSING, requirement, False)
        installed()


async def async_understand(
    hass: HomeAssistant, samples: Sequence[Sample], *, topic: str | None = None, depth: int | None = None
) -> Understanding:
    """Do what ``understanding.understand`` does, and install what it needs for that.

    Raises LibraryMissingError.
    """
    installed: set[str] = set()
    while True:
        try:
            # Milliseconds for each device: too long for the event loop.
            return await hass.async_add_executor_job(partial(understand, samples, topic=topic, depth=depth))
        except LibraryNeededError as error:
            if error.requirement in installed:
                raise LibraryMissingError(error.requirement) from error
            installed.add(error.requirement)
            await async_install(hass, error.requirement)
