"""Libraries that are installed on demand, when a message needs one to be decoded."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
import importlib
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.requirements import (
    RequirementsNotFound,
    async_clear_install_history,
    async_process_requirements,
)
from homeassistant.util.hass_dict import HassKey

from ... import issues as ir
from ...const import DOMAIN, LOGGER
from ...errors import LibraryMissingError
from ..analysis import analyse
from ..model.known_systems import System
from ..model.message import LibraryNeededError, Path, Sample
from ..model.profile import Analysis, Profile

RETRY_AFTER_S = 3600.0
# Time of the last failed installation of each library, by a monotonic clock.
FAILED_AT: HassKey[dict[str, float]] = HassKey(f"{DOMAIN}_libraries_failed_at")


async def async_install(hass: HomeAssistant, requirement: str) -> None:
    """Install a library and import it, outside the event loop.

    Raises LibraryMissingError if that fails, as on a machine without internet, and without another attempt if it
    failed within the last hour.
    """
    if _has_failed_recently(hass, requirement):
        raise LibraryMissingError(requirement)
    # Core remembers failed installations until it is restarted, and does not retry them.
    async_clear_install_history(hass)
    try:
        await async_process_requirements(hass, DOMAIN, [requirement], is_built_in=False)
        await hass.async_add_executor_job(importlib.import_module, requirement.partition("==")[0])
    except (RequirementsNotFound, ImportError) as error:
        hass.data.setdefault(FAILED_AT, {})[requirement] = time.monotonic()
        raise LibraryMissingError(requirement) from error


@callback
def _has_failed_recently(hass: HomeAssistant, requirement: str) -> bool:
    return time.monotonic() - hass.data.get(FAILED_AT, {}).get(requirement, -RETRY_AFTER_S) < RETRY_AFTER_S


class LibraryInstaller:
    """Installs libraries in the background; a failed installation is retried after an hour."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, issues: ir.Issues) -> None:
        """``issues`` receives the libraries that cannot be installed."""
        self._hass = hass
        self._entry = entry
        self._issues = issues
        self._installing: set[str] = set()

    @callback
    def async_need(self, requirement: str, on_installed: Callable[[], None]) -> None:
        """Install a library, and call ``on_installed`` afterwards."""
        if requirement in self._installing or _has_failed_recently(self._hass, requirement):
            return
        self._installing.add(requirement)
        self._entry.async_create_background_task(
            self._hass, self._async_install(requirement, on_installed), f"iotbridge install {requirement}"
        )

    async def _async_install(self, requirement: str, on_installed: Callable[[], None]) -> None:
        try:
            await async_install(self._hass, requirement)
        except LibraryMissingError as error:
            LOGGER.warning("%s", error)
            self._issues.async_set(ir.LIBRARY_MISSING, requirement, True, library=requirement)
            return
        finally:
            self._installing.discard(requirement)
        self._issues.async_set(ir.LIBRARY_MISSING, requirement, False)
        on_installed()


async def async_analyse(
    hass: HomeAssistant,
    samples: Sequence[Sample],
    *,
    topic: str | None = None,
    depth: int | None = None,
    systems: Iterable[System] = (),
    device_member: Path | None = None,
    name_member: Path | None = None,
) -> Analysis:
    """Run ``analysis.analyse``, and install the libraries it needs.

    Raises LibraryMissingError.
    """
    installed: set[str] = set()
    while True:
        try:
            # Milliseconds for each device: too long for the event loop.
            return await hass.async_add_executor_job(
                partial(
                    analyse,
                    samples,
                    topic=topic,
                    depth=depth,
                    systems=systems,
                    device_member=device_member,
                    name_member=name_member,
                )
            )
        except LibraryNeededError as error:
            if error.requirement in installed:
                raise LibraryMissingError(error.requirement) from error
            installed.add(error.requirement)
            await async_install(hass, error.requirement)


async def async_analyse_for(hass: HomeAssistant, samples: Sequence[Sample], profile: Profile) -> Analysis:
    """Run the analysis for the messages of a known thing. Raises LibraryMissingError."""
    return await async_analyse(
        hass,
        samples,
        topic=profile.topic,
        depth=profile.depth,
        device_member=profile.device_member,
        name_member=profile.name_member,
    )
