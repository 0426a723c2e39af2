"""Libraries that are installed when a message needs them, not before."""

from collections.abc import Sequence
from functools import partial
import importlib

from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from ..const import DOMAIN
from ..errors import LibraryMissingError
from .models import LibraryNeededError, Sample, Understanding
from .understanding import understand


async def async_install(hass: HomeAssistant, requirement: str) -> None:
    """Install a library and load it, outside the event loop.

    Raises LibraryMissingError when that does not work, as on a machine without internet.
    """
    try:
        await async_process_requirements(hass, DOMAIN, [requirement], is_built_in=False)
        await hass.async_add_executor_job(importlib.import_module, requirement.partition("==")[0])
    except (RequirementsNotFound, ImportError) as error:
        raise LibraryMissingError(requirement) from error


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
